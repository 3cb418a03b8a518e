"""Backup and restore of a data folder: tables, journal, configuration and keys.

While gatelog runs, its workspace process alone may read the tables; a backup is asked for with a file in the workspace's folder
(`backup.request`), which housekeeping finds, and which it answers with another (`backup.answer`). No segment of the journal is
removed meanwhile, so tables and journal of a backup fit together.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from pathlib import Path
from uuid import uuid4

import msgspec

from gatelog.clock import SystemClock
from gatelog.errors import GatelogError
from gatelog.storage.duckdb.store import DuckDbStorage
from gatelog.storage.duckdb.upkeep import restore as restore_tables
from gatelog.storage.errors import StorageError, StoreInUse

REQUEST, ANSWER = "backup.request", "backup.answer"


class BackupFailed(GatelogError):
    """A backup or a restore could not be made: why."""


class _Request(msgspec.Struct):
    id: str
    target: str


class _Answer(msgspec.Struct):
    id: str
    error: str = ""


def back_up(data: Path, target: Path, seconds: float = 600.0) -> int:
    """Copy a data folder into a new or empty one, while gatelog runs or not; returns the bytes. Raises `BackupFailed`."""
    if target.exists() and any(target.iterdir()):
        raise BackupFailed(f"{target} is not empty; choose a new folder")
    target = target.absolute()
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        store = DuckDbStorage(data / "workspace", SystemClock())
    except StoreInUse:
        _ask(data / "workspace", target, seconds)
    except StorageError as error:
        raise BackupFailed(str(error)) from error
    else:
        try:
            copy_everything(store, data, target)
        finally:
            store.close()
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())


def restore(source: Path, data: Path) -> None:
    """Copy a backup into a data folder that is new or empty. Raises `BackupFailed`."""
    if data.exists() and any(path.name != "gatelog.lock" for path in data.iterdir()):
        raise BackupFailed(f"{data} is not empty; move it away before restoring")
    try:
        restore_tables(source / "workspace", data / "workspace")
        for path in sorted(source.iterdir()):
            if path.is_dir() and path.name != "workspace":
                shutil.copytree(path, data / path.name)
            elif path.is_file():
                shutil.copy2(path, data / path.name)
    except (OSError, StorageError) as error:
        raise BackupFailed(str(error)) from error


def copy_everything(store: DuckDbStorage, data: Path, target: Path) -> None:
    """Tables first, then the journal with everything that came after them, then configuration and keys."""
    store.backup(target / "workspace")
    if (data / "journal").exists():
        shutil.copytree(data / "journal", target / "journal")
    for path in sorted(data.iterdir()):
        if path.suffix == ".sqlite":
            _copy_database(path, target / path.name)
        elif path.is_file() and path.suffix not in (".lock", ".sqlite-wal", ".sqlite-shm"):
            shutil.copy2(path, target / path.name)


def answer_request(store: object, workspace: Path) -> None:
    """Make the backup that was asked for, if one was (called by housekeeping)."""
    try:
        request = msgspec.json.decode((workspace / REQUEST).read_bytes(), type=_Request)
    except (FileNotFoundError, msgspec.DecodeError):
        return
    error = ""
    try:
        if not isinstance(store, DuckDbStorage):
            raise BackupFailed("tables that are in ClickHouse are backed up with ClickHouse's own BACKUP")
        copy_everything(store, workspace.parent, Path(request.target))
    except (OSError, sqlite3.Error, shutil.Error, GatelogError) as failure:
        error = str(failure)
    (workspace / REQUEST).unlink(missing_ok=True)
    _write(workspace / ANSWER, msgspec.json.encode(_Answer(request.id, error)))


def _ask(workspace: Path, target: Path, seconds: float) -> None:
    """Have the running workspace process make the backup."""
    identity = str(uuid4())
    (workspace / ANSWER).unlink(missing_ok=True)
    _write(workspace / REQUEST, msgspec.json.encode(_Request(identity, str(target))))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (workspace / ANSWER).exists():
            answer = msgspec.json.decode((workspace / ANSWER).read_bytes(), type=_Answer)
            if answer.id == identity:
                if answer.error:
                    raise BackupFailed(answer.error)
                return
        time.sleep(0.1)
    (workspace / REQUEST).unlink(missing_ok=True)
    raise BackupFailed(f"the running gatelog did not answer within {seconds:g} seconds")


def _copy_database(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as original, sqlite3.connect(target) as copy:
        original.backup(copy)
    original.close()
    copy.close()


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    os.replace(temporary, path)
