"""The catalog in an SQLite file: write-ahead log, so that readers never wait for a writer."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Change, Conflict, Store
from gatelog.catalog.store.migration_files import migrations
from gatelog.catalog.store.rows import from_row, to_row
from gatelog.catalog.vault import Vault
from gatelog.errors import GatelogError

_WAIT = 10.0
"""Seconds that a writer waits for another process's write."""


class SqliteStore:
    """One file. Several processes may have it open; writes are serial."""

    def __init__(self, path: Path, vault: Vault) -> None:
        self._path = path
        self._vault = vault
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._migrate()

    def _migrate(self) -> None:
        """Bring the file to the newest layout. Refuses a file that a newer gatelog wrote."""
        steps = migrations("sqlite")
        with self._transaction() as cursor:
            (layout,) = cursor.execute("PRAGMA user_version").fetchone()
            if layout > steps[-1][0]:
                raise GatelogError(f"{self._path} has layout {layout}, newer than {steps[-1][0]}: a newer gatelog wrote it")
            for number, script in steps:
                if number > layout:
                    for statement in _statements(script):
                        cursor.execute(statement)
                    cursor.execute(f"PRAGMA user_version = {number}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            cursor = self._connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def read(self) -> tuple[int, list[Resource]]:
        with self._lock:
            cursor = self._connection.cursor()
            cursor.execute("BEGIN")
            version = _version(cursor)
            rows = cursor.execute("SELECT id, properties, envelope, sealed FROM resources ORDER BY key").fetchall()
            cursor.execute("COMMIT")
        return version, [from_row(key, text, outer, sealed, self._vault) for key, text, outer, sealed in rows]

    def apply(self, changes: Sequence[Change], based_on: int | None = None) -> int:
        rows = [(change, to_row(change.resource, self._vault) if change.resource else None) for change in changes]
        with self._transaction() as cursor:
            version = _version(cursor)
            if based_on is not None and based_on != version:
                raise Conflict("", str(based_on), str(version))
            for change, row in rows:
                key = change.id.lower()
                found = cursor.execute("SELECT etag FROM resources WHERE key = ?", (key,)).fetchone()
                etag = found[0] if found else None
                if change.expected is not True and change.expected != etag:
                    raise Conflict(change.id, change.expected or None, etag)
                if row is None:
                    cursor.execute("DELETE FROM resources WHERE key = ?", (key,))
                else:
                    cursor.execute("INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            cursor.execute("UPDATE state SET value = ? WHERE name = 'version'", (version + 1,))
        return version + 1

    def version(self) -> int:
        with self._lock:
            return _version(self._connection.cursor())

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _version(cursor: sqlite3.Cursor) -> int:
    (version,) = cursor.execute("SELECT value FROM state WHERE name = 'version'").fetchone()
    return int(version)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would end the transaction."""
    buffer = ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if sqlite3.complete_statement(buffer):
            yield buffer
            buffer = ""


_: type[Store] = SqliteStore
