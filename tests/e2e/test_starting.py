"""Starting and stopping: what a person sees when something is in the way, and that nothing is lost however it ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from running import Demo, descendants, kill_tree, running_demo


def gatelog(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gatelog", *words], capture_output=True, text=True, timeout=60, check=False)


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = gatelog("demo", "--data", str(tmp_path), "--gateway", f"127.0.0.1:{port}")
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == f"gatelog: 127.0.0.1:{port} is in use; stop the program that listens there, or choose another with --gateway HOST:PORT"
    )


def test_an_unwritable_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = gatelog("serve", "--data", str(tmp_path / "file" / "data"))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "choose another with --data DIR" in done.stderr


def test_a_second_gatelog_is_refused(demo: Demo) -> None:
    done = gatelog("serve", "--data", str(demo.data), "--gateway", "127.0.0.1:0", "--api", "127.0.0.1:0")
    assert done.returncode == 2 and "another gatelog uses the data folder" in done.stderr


def test_health(demo: Demo) -> None:
    assert httpx.get(f"{demo.api}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{demo.api}/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/subscriptions", "/v1/dashboards", "/api/tokens"])
def test_every_management_endpoint_needs_the_key(demo: Demo, path: str) -> None:
    assert httpx.get(demo.api + path).status_code == 401


def call(demo: Demo, text: str) -> int:
    url = f"{demo.gateway}/openai/deployments/text-turbo/chat/completions?api-version=2024-10-21"
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 3}
    return httpx.post(url, json=body, headers={"api-key": demo.subscription_key}, timeout=30).status_code


def test_a_second_start_keeps_data_and_keys(tmp_path: Path) -> None:
    with running_demo(tmp_path) as first:
        before = first.wait_for("ApiManagementGatewayLogs | count", lambda rows: rows[0]["Count"] >= 9)[0]["Count"]
        keys = (first.subscription_key, first.admin_key)
    with running_demo(tmp_path) as second:
        assert (second.subscription_key, second.admin_key) == keys
        second.wait_for("ApiManagementGatewayLogs | count", lambda rows: rows[0]["Count"] >= before + 9)


def test_kill_9_of_the_whole_tree_loses_and_doubles_nothing(tmp_path: Path) -> None:
    answered: list[str] = []
    with running_demo(tmp_path, "--workers", "2") as demo:
        stop = threading.Event()

        def send(worker: int) -> None:
            number = 0
            while not stop.is_set():
                mark = f"killtest-{worker}-{number}"
                number += 1
                try:
                    if call(demo, mark) == 200:
                        answered.append(mark)
                except httpx.HTTPError:
                    return

        threads = [threading.Thread(target=send, args=(worker,)) for worker in range(6)]
        for thread in threads:
            thread.start()
        while len(answered) < 60:
            stop.wait(0.05)
        assert len(descendants(demo.process.pid)) == 4
        kill_tree(demo.process.pid)
        stop.set()
        for thread in threads:
            thread.join()
    with running_demo(tmp_path) as demo:
        counted = demo.wait_for(
            "ApiManagementGatewayLogs | where RequestBody has 'killtest' and ResponseCode == 200"
            " | extend mark = tostring(parse_json(RequestBody).messages[0].content) | summarize n = count() by mark",
            lambda rows: len(rows) >= len(answered),
        )
        seen = {row["mark"]: row["n"] for row in counted}
        assert [mark for mark in answered if seen.get(mark) != 1] == []


def test_a_killed_worker_comes_back(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        workers = [pid for pid in descendants(demo.process.pid) if b"_gateway" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        for pid in workers:
            kill_tree(pid)
        for _ in range(200):
            try:
                if call(demo, "after") == 200:
                    break
            except httpx.HTTPError:
                threading.Event().wait(0.05)
        assert call(demo, "after") == 200
