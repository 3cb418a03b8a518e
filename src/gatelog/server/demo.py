"""`gatelog demo`: the simulator as the backend, a first configuration, and a little traffic so that nothing is empty."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from gatelog.catalog.control import Control
from gatelog.catalog.folder import apply_folder
from gatelog.catalog.resource import SERVICE
from gatelog.config import Address
from gatelog.server.catalog import open_catalog
from gatelog.server.ports import AddressInUse, claim
from gatelog.server.serve import Endpoints, Prepared
from gatelog.server.supervise import Part, gatelog_part

log = logging.getLogger("gatelog.server")

SIMULATOR = Address("127.0.0.1", 8090)
SUBSCRIPTION = "aoai-test"
_PLACEHOLDER = "@SIMULATOR@"
_CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A prepared demo."""

    simulator: Part
    subscription_key: str


def prepare_demo(prepared: Prepared) -> Demo:
    """Choose the simulator's port and, at the first start, write the demo's configuration into the catalog."""
    port_file = prepared.settings.data / "simulator.port"
    port = _simulator_port(port_file)
    with open_catalog(prepared.settings, prepared.endpoints.gateway) as control:
        if control.snapshot().get(f"{SERVICE}/subscriptions/{SUBSCRIPTION}") is None:
            _configure(control, f"http://{SIMULATOR.host}:{port}")
        subscription = control.snapshot().catalog.subscription(SUBSCRIPTION)
        key = subscription.primary_key if subscription else ""
    port_file.write_text(f"{port}\n", encoding="ascii")
    return Demo(gatelog_part("simulator", "_simulator", str(port)), key)


def _simulator_port(port_file: Path) -> int:
    """The port of the last time, else the usual one, else any that is free."""
    if port_file.exists():
        wanted = Address(SIMULATOR.host, int(port_file.read_text(encoding="ascii")))
        return claim(wanted, "--data with a fresh folder; the simulator keeps its port;").port
    try:
        return claim(SIMULATOR, "").port
    except AddressInUse:
        return claim(Address(SIMULATOR.host, 0), "").port


def _configure(control: Control, simulator_url: str) -> None:
    """Apply the configuration folder that ships with the package, with the simulator's address filled in."""
    with TemporaryDirectory() as folder, as_file(files("gatelog.server").joinpath("demo_configuration")) as shipped:
        for source in shipped.rglob("*"):
            if source.is_file():
                target = Path(folder) / "demo" / source.relative_to(shipped)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(source.read_text(encoding="utf-8").replace(_PLACEHOLDER, simulator_url), encoding="utf-8")
        apply_folder(control, Path(folder) / "demo")


API_VERSION = "2024-10-21"


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of the demo's traffic."""

    path: str
    body: Mapping[str, Any]


def _chat(deployment: str, text: str, **more: Any) -> _Call:
    messages = [{"role": "system", "content": "Answer in two sentences."}, {"role": "user", "content": text}]
    path = f"/openai/deployments/{deployment}/chat/completions?api-version={API_VERSION}"
    return _Call(path, {"messages": messages, "max_tokens": 120, **more})


CALLS = (
    _chat("text-turbo", "What does an API gateway do for a team that calls language models?"),
    _chat("text-turbo", "Name three questions that a token usage report answers.", stream=True),
    _chat("gpt-4o", "Explain write-ahead logging to a new colleague.", stream=True),
    _chat("gpt-4o-mini", "Which fields of a request log help to charge costs back?"),
    _chat("gpt-4o-ptu", "What is a provisioned throughput unit?"),
    _Call(
        f"/openai/deployments/text-turbo/completions?api-version={API_VERSION}",
        {"prompt": "A good log line says", "max_tokens": 40},
    ),
    _Call(
        f"/openai/deployments/text-embedding-3-small/embeddings?api-version={API_VERSION}",
        {"input": ["the gate and its log", "every word on the record"]},
    ),
    _Call("/openai/v1/responses", {"model": "gpt-4o", "input": "Say hello to a developer who reads logs."}),
    _chat("no-such-deployment", "This one shows what a failure looks like."),
)
"""What `send_traffic` sends: each operation, streams, several models, and a failure."""


def send_traffic(endpoints: Endpoints, subscription_key: str) -> int:
    """Send `CALLS` through the gateway; how many were answered (an error of the backend is an answer)."""
    answered = 0
    with httpx.Client(
        base_url=endpoints.gateway, headers={"api-key": subscription_key}, timeout=_CALL_SECONDS, verify=False
    ) as client:
        for call in CALLS:
            try:
                client.post(call.path, json=call.body)
                answered += 1
            except httpx.HTTPError as error:
                log.warning("demo call %s failed: %s", call.path, error)
    return answered
