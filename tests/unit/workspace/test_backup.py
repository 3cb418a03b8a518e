"""A backup, made while the workspace runs and while it does not, holds everything once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gatelog.catalog.entities import Configuration
from gatelog.clock import SystemClock
from gatelog.kql.api import compile
from gatelog.schema.query import Limits
from gatelog.workspace.backup import BackupFailed, back_up, restore
from gatelog.workspace.space import Workspace, WorkspaceOptions, open_workspace


def opened(data: Path) -> Workspace:
    workspace = open_workspace(
        data / "workspace", data / "journal", Configuration, SystemClock(), WorkspaceOptions(housekeeping_seconds=0.05)
    )
    workspace.start()
    return workspace


def count(workspace: Workspace) -> object:
    assert workspace.ingest.wait_until_caught_up(10)
    query = compile("App_CL | summarize count()", workspace.schema(), 0)
    return workspace.query(query, Limits()).tables[0].data.column(0)[0].as_py()


def filled(data: Path) -> Workspace:
    workspace = opened(data)
    workspace.append_rows("App_CL", [{"a": 1}])
    assert count(workspace) == 1
    workspace.storage.flush()
    workspace.append_rows("App_CL", [{"a": 2}])
    (data / "admin.key").write_text("key")
    with sqlite3.connect(data / "catalog.sqlite") as catalog:
        catalog.execute("CREATE TABLE resources (id)")
    catalog.close()
    return workspace


@pytest.mark.parametrize("running", [True, False])
def test_everything_is_in_the_backup(tmp_path: Path, running: bool) -> None:
    workspace = filled(tmp_path / "data")
    if not running:
        workspace.stop()
    assert back_up(tmp_path / "data", tmp_path / "copy", 20) > 0
    if running:
        workspace.append_rows("App_CL", [{"a": 3}])
        assert count(workspace) == 3
        workspace.stop()
    restore(tmp_path / "copy", tmp_path / "new")
    assert (tmp_path / "new" / "admin.key").read_text() == "key" and (tmp_path / "new" / "catalog.sqlite").exists()
    again = opened(tmp_path / "new")
    assert count(again) == 2
    again.stop()


def test_full_folders_and_other_folders_are_refused(tmp_path: Path) -> None:
    filled(tmp_path / "data").stop()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "x").write_text("")
    with pytest.raises(BackupFailed, match="not empty"):
        back_up(tmp_path / "data", tmp_path / "copy")
    with pytest.raises(BackupFailed, match="not empty"):
        restore(tmp_path / "copy", tmp_path / "data")
    with pytest.raises(BackupFailed, match="no backup"):
        restore(tmp_path / "copy", tmp_path / "new")
