"""The data folder belongs to one gatelog and keeps the administration key to itself."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gatelog.server.data_folder import DataFolder, DataFolderUnusable, read_admin_key


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        key = folder.admin_key("")
        assert folder.admin_key("") == key
    assert read_admin_key(tmp_path / "data") == key
    assert stat.S_IMODE((tmp_path / "data" / "admin.key").stat().st_mode) == 0o600


def test_a_wanted_key_wins_and_is_not_written(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        assert folder.admin_key("chosen") == "chosen"
    assert read_admin_key(tmp_path) == ""


def test_a_second_gatelog_is_refused(tmp_path: Path) -> None:
    with (
        DataFolder(tmp_path),
        pytest.raises(DataFolderUnusable, match="another gatelog uses the data folder"),
        DataFolder(tmp_path),
    ):
        raise AssertionError("entered a folder that is locked")
    with DataFolder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderUnusable, match="cannot write to the data folder .*; choose another with --data DIR"):
        DataFolder(tmp_path / "file" / "data").__enter__()
