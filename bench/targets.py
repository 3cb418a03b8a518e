"""What is measured: each target starts as processes of its own, says its port and its process ids, and is stopped again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PATH = "/openai/deployments/gpt-35-turbo/chat/completions?api-version=2024-02-01"
GATE_CORE, OTHER_CORE = "0", "1"


@dataclass
class Bench:
    """One run's folder, the model's port and the shape of its streams."""

    folder: Path
    chunks: int = 50
    pause: float = 0.01
    upstream_port: int = 0


@dataclass
class Target:
    """A running proxy."""

    name: str
    logging: str
    """What it records, in words."""
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    path: str = PATH

    def cpu_seconds(self) -> float:
        """User and system time of its processes and their children so far."""
        ticks = sum(_ticks(pid) for process in self.processes for pid in _family(process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory of its processes."""
        pages = sum(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for process in self.processes for pid in _family(process.pid)
        )
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        """End its processes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60.0) -> None:
    """Until somebody listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def start(command: list[str], core: str, folder: Path, name: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A process on one core, its output in a file."""
    pinned = ["taskset", "-c", core, *command] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else command
    with (folder / f"{name}.out").open("wb") as output:
        return subprocess.Popen(pinned, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})


def nginx(bench: Bench, template: str, port: int, core: str, **values: str) -> subprocess.Popen[bytes]:
    """nginx with one of the templates in `mock/`."""
    text = (HERE / "mock" / template).read_text()
    given = {"FOLDER": str(bench.folder), "UPSTREAM_PORT": str(bench.upstream_port), "PORT": str(port), **values}
    for key in sorted(given, key=len, reverse=True):
        text = text.replace(key, given[key])
    path = bench.folder / f"{port}-{template}"
    path.write_text(text)
    process = start(["nginx", "-c", str(path)], core, bench.folder, f"{port}-{template}")
    wait_for(port, 10)
    return process


def model(bench: Bench) -> Target:
    """The mock model."""
    bench.upstream_port = free_port()
    process = nginx(bench, "upstream.conf", bench.upstream_port, OTHER_CORE, CHUNKS=str(bench.chunks), PAUSE=str(bench.pause))
    return Target("direct", "no proxy", bench.upstream_port, [process])


def nginx_plain(bench: Bench, streams: bool = False) -> Target:
    port = free_port()
    process = nginx(bench, "nginx.conf", port, GATE_CORE, BUFFERING="off" if streams else "on")
    return Target("nginx", "nothing", port, [process])


def nginx_lua(bench: Bench, streams: bool = False) -> Target:
    port = free_port()
    process = nginx(bench, "nginx-lua.conf", port, GATE_CORE, BUFFERING="off" if streams else "on")
    return Target("nginx + Lua", "both bodies", port, [process])


def gatelog(bench: Bench, policy: str = "demo", workers: int = 1) -> Target:
    port = free_port()
    folder = bench.folder / f"gatelog-{port}"
    folder.mkdir()
    token = _signing_key(folder / "keys.json")
    processes = [
        start(
            [
                sys.executable,
                str(HERE / "worker.py"),
                policy,
                f"http://127.0.0.1:{bench.upstream_port}",
                str(port),
                str(folder),
                str(n),
            ],
            GATE_CORE if workers == 1 else "0,1",
            bench.folder,
            f"gatelog-{port}-{n}",
        )
        for n in range(workers)
    ]
    wait_for(port)
    headers = {"Authorization": f"Bearer {token}"} if policy == "event-hub" else {}
    suffix = "" if workers == 1 else f", {workers} workers"
    return Target(f"gatelog, {policy} policy{suffix}", "both bodies, headers, tokens", port, processes, headers)


def litellm(bench: Bench) -> Target:
    port = free_port()
    upstream = f"http://127.0.0.1:{bench.upstream_port}"
    config = {
        "model_list": [
            {
                "model_name": "gpt-35-turbo",
                "litellm_params": {"model": "openai/gpt-35-turbo", "api_base": f"{upstream}/v1", "api_key": "x"},
            }
        ]
    }
    path = bench.folder / "litellm.json"
    path.write_text(json.dumps(config))
    command = [str(ROOT / ".venv-peers/bin/litellm"), "--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
    process = start(
        command,
        GATE_CORE,
        bench.folder,
        "litellm",
        {"LITELLM_LOG": "ERROR", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"},
    )
    wait_for(port, 90)
    return Target("LiteLLM proxy", "nothing", port, [process], path="/v1/chat/completions")


def portkey(bench: Bench) -> Target:
    port = free_port()
    command = [
        "node",
        str(HERE / ".peers/node_modules/@portkey-ai/gateway/build/start-server.js"),
        f"--port={port}",
        "--headless",
    ]
    process = start(command, GATE_CORE, bench.folder, "portkey")
    wait_for(port, 60)
    headers = {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{bench.upstream_port}/v1",
        "Authorization": "Bearer x",
    }
    return Target("Portkey", "nothing", port, [process], headers, "/v1/chat/completions")


PEERS: dict[str, tuple[Callable[[Bench], Target], Path]] = {
    "litellm": (litellm, ROOT / ".venv-peers/bin/litellm"),
    "portkey": (portkey, HERE / ".peers/node_modules/@portkey-ai/gateway"),
}
"""The peers that `peers.sh` installs, and what shows that it has."""


def _signing_key(path: Path) -> str:
    """A key for the tokens of the Event Hub policy, and one token."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    path.write_text(json.dumps([{**public, "kid": "bench", "use": "sig", "alg": "RS256"}]))
    claims = {
        "iss": "https://sts.example/bench/",
        "aud": "https://cognitiveservices.azure.com",
        "appid": "bench",
        "exp": int(time.time()) + 86_400,
    }
    return str(jwt.encode(claims, key, "RS256", headers={"kid": "bench"}))


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(child) for child in children.read_text().split()]
    except FileNotFoundError:
        return [pid]
    return [pid, *(member for child in found for member in _family(child))]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
