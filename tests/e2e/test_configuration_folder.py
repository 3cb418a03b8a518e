"""`gatelog serve --config DIR`: files are the configuration, a second after they were saved."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

POLICY = """<policies><inbound><return-response><set-status code="{status}" reason="Here" /></return-response></inbound>
<backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"""


def write(folder: Path, status: int) -> None:
    api = folder / "apis" / "hello"
    operation = api / "operations" / "hi"
    operation.mkdir(parents=True, exist_ok=True)
    (api / "api.yaml").write_text("displayName: Hello\npath: hello\nprotocols: [http]\nsubscriptionRequired: false\n")
    (operation / "operation.yaml").write_text("displayName: Hi\nmethod: GET\nurlTemplate: /\n")
    (api / "policy.xml").write_text(POLICY.format(status=status))


def command(folder: Path, data: Path) -> list[str]:
    words = ["serve", "--json", "--config", str(folder), "--data", str(data), "--gateway", "127.0.0.1:0", "--api", "127.0.0.1:0"]
    return [sys.executable, "-m", "gatelog", *words]


@contextmanager
def serving(folder: Path, data: Path) -> Iterator[dict[str, str]]:
    process = subprocess.Popen(command(folder, data), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        process.stdout.close()


def wait_for_status(url: str, status: int) -> None:
    deadline = time.monotonic() + 15
    while (got := httpx.get(url).status_code) != status:
        assert time.monotonic() < deadline, got
        time.sleep(0.1)


def test_files_are_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    write(folder, 201)
    with serving(folder, tmp_path / "data") as facts:
        url = facts["gateway"] + "/hello/"
        wait_for_status(url, 201)
        write(folder, 202)
        wait_for_status(url, 202)
        (folder / "apis" / "hello" / "policy.xml").write_text("<policies><inbound><no-such-policy /></inbound></policies>")
        time.sleep(2.5)
        assert httpx.get(url).status_code == 202, "a bad document must change nothing"
        write(folder, 203)
        wait_for_status(url, 203)


def test_a_start_with_a_bad_folder_names_path_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    write(folder, 200)
    (folder / "apis" / "hello" / "policy.xml").write_text(
        "<policies>\n  <inbound>\n    <no-such-policy />\n  </inbound>\n</policies>"
    )
    done = subprocess.run(command(folder, tmp_path / "data"), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "configuration/apis/hello/policy.xml:3:" in done.stderr and "no-such-policy" in done.stderr
