"""Starts, asks and stops a `gatelog demo` as a person's script would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 90


@dataclass(frozen=True)
class Demo:
    """A running demo and what its first line of JSON said."""

    process: subprocess.Popen[str]
    data: Path
    gateway: str
    api: str
    portal: str
    subscription_key: str
    admin_key: str

    def query(self, kql: str, parameters: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """The first table of an answer, as dictionaries, by the Kusto v1 API."""
        body = {"db": "gatelog", "csl": kql, "properties": {"Parameters": dict(parameters or {})}}
        answer = httpx.post(
            f"{self.api}/v1/rest/query", json=body, headers={"Authorization": f"Bearer {self.admin_key}"}, timeout=60
        )
        assert answer.status_code == 200, answer.text
        table = answer.json()["Tables"][0]
        names = [column["ColumnName"] for column in table["Columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["Rows"]]

    def wait_for(
        self, kql: str, is_enough: Callable[[list[dict[str, Any]]], bool], seconds: float = 10.0
    ) -> list[dict[str, Any]]:
        """Ask again and again until the answer is enough; a table that does not exist yet is an empty answer."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                rows = self.query(kql)
            except AssertionError as refused:
                if "is not in this workspace" not in str(refused):
                    raise
                rows = []
            if rows and is_enough(rows):
                return rows
            assert time.monotonic() < deadline, f"after {seconds} s: {rows}"
            time.sleep(0.05)

    def management(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call of the management API."""
        return httpx.request(method, self.api + path, headers={"Authorization": f"Bearer {self.admin_key}"}, timeout=30, **more)


@contextmanager
def running_demo(data: Path, *flags: str) -> Iterator[Demo]:
    """`gatelog demo --json` on free ports; stopped with SIGINT, and it must end well."""
    command = [
        sys.executable,
        "-m",
        "gatelog",
        "demo",
        "--json",
        "--data",
        str(data),
        "--gateway",
        "127.0.0.1:0",
        "--api",
        "127.0.0.1:0",
        *flags,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        facts = json.loads(line)
        yield Demo(process, data, **{name: facts[name] for name in ("gateway", "api", "portal", "subscription_key", "admin_key")})
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            status = process.wait(30)
        except subprocess.TimeoutExpired:
            kill_tree(process.pid)
            raise
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    assert status in (0, -signal.SIGKILL), status


def descendants(pid: int) -> list[int]:
    """Every process below one, children before grandchildren."""
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents: dict[int, list[int]] = {}
    for child, parent in zip(map(int, found[::2]), map(int, found[1::2]), strict=True):
        parents.setdefault(parent, []).append(child)
    below: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        below += children
        waiting += children
    return below


def kill_tree(pid: int) -> None:
    """kill -9 of a process and everything below it, at once."""
    for victim in [pid, *descendants(pid)]:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
