"""How a simulated account is to behave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gatelog.simulator.deployments import DEPLOYMENTS, Deployment

DEMO_KEY = "simulator-key"


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how often; rates from 0 to 1."""

    latency: float = 0.0
    """Seconds before every answer, on top of its own time."""
    error_rate: float = 0.0
    """Share of calls that get a 500."""
    throttle_rate: float = 0.0
    """Share of calls that get a 429 with Retry-After: 1."""
    cut_rate: float = 0.0
    """Share of streams that break off in the middle."""
    garbage_rate: float = 0.0
    """Share of answers whose body is not JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """One simulated Azure OpenAI account."""

    host: str = "127.0.0.1"
    port: int = 0
    """0: a free port."""
    api_keys: tuple[str, ...] = (DEMO_KEY,)
    issuer_keys: Path | None = None
    """Key file of the local issuer whose bearer tokens are accepted (`DATA/issuer.json`); None: keys only."""
    deployments: tuple[Deployment, ...] = DEPLOYMENTS
    seed: int = 1
    """The same seed gives the same answer to the same request."""
    first_token: float = 0.04
    """Seconds until the first token."""
    per_token: float = 0.004
    """Seconds between tokens; a not streamed answer waits for all of them."""
    knows_stream_options: bool = True
    """False: `stream_options` is refused, as by Azure's API versions before 2024-09-01."""
    tokens_per_minute: int = 0
    """Enforced on every standard deployment that has no limit of its own; 0: none."""
    faults: Faults = Faults()
    region: str = "East US"
    max_body_bytes: int = 64 << 20
