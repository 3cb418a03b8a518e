"""The doctor finds what was broken on purpose, and nothing where nothing is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatelog.catalog.entities import Configuration
from gatelog.clock import SystemClock
from gatelog.server.data_folder import DataFolder
from gatelog.server.doctor import Finding, examine
from gatelog.workspace.space import open_workspace


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a few rows in its journal and store."""
    with DataFolder(tmp_path / "data") as folder:
        folder.admin_key("")
    workspace = open_workspace(tmp_path / "data" / "workspace", tmp_path / "data" / "journal", Configuration, SystemClock())
    workspace.start()
    workspace.append_rows("Notes_CL", [{"Text_s": f"note {number}"} for number in range(100)])
    workspace.ingest.wait_until_caught_up(10)
    workspace.stop()
    return tmp_path / "data"


def findings(data: Path) -> dict[str, Finding]:
    return {finding.part: finding for finding in examine(data, "http://127.0.0.1:9")}


def test_a_healthy_folder(data: Path) -> None:
    found = findings(data)
    assert {name: finding.state for name, finding in found.items() if finding.state == "failure"} == {}
    assert "100 sealed rows" in found["store"].words and "chain unbroken" in found["journal"].words


def test_a_readable_key(data: Path) -> None:
    os.chmod(data / "admin.key", 0o644)
    assert findings(data)["admin.key"] == Finding(
        "admin.key", "failure", "others on this machine can read it", f"chmod 600 {data / 'admin.key'}"
    )


def test_a_changed_journal(data: Path) -> None:
    segment = max(data.glob("journal/*/*.gj"), key=lambda path: path.stat().st_size)
    content = bytearray(segment.read_bytes())
    content[200] ^= 0xFF
    segment.write_bytes(content)
    assert findings(data)["journal"].state == "failure"


def test_a_corrupt_part(data: Path) -> None:
    [part] = data.glob("workspace/**/*.duckdb")
    content = bytearray(part.read_bytes())
    content[12288:] = b"\xaa" * (len(content) - 12288)
    part.write_bytes(content)
    assert findings(data)["store"].state == "failure"


def test_no_folder(tmp_path: Path) -> None:
    assert findings(tmp_path / "nothing")["data folder"].advice.startswith("start gatelog once")


def test_a_running_one_that_does_not_answer(data: Path) -> None:
    with DataFolder(data):
        assert findings(data)["management plane"].state == "failure"
