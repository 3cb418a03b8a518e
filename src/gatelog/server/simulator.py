"""The demo's simulator process: `python -m gatelog _simulator PORT`."""

from __future__ import annotations

from gatelog import config
from gatelog.server.lifeline import hold_lifeline, say_ready
from gatelog.simulator import SimulatorSettings
from gatelog.simulator import run as run_simulator


def run(port: int) -> int:
    """Answer as an Azure OpenAI account until told to stop; bearer tokens of this data folder's issuer are accepted."""
    settings = config.load({})
    ready = config.ready_descriptor()
    hold_lifeline()
    run_simulator(
        SimulatorSettings(port=port, issuer_keys=settings.data / "issuer.json"),
        ready=lambda _port: say_ready(ready),
    )
    return 0
