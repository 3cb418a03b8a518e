"""The ledger: which tables, offsets and sealed rows are in force. SQLite, one small file, one transaction for each change."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gatelog.schema.table import Table
from gatelog.storage.definitions import decode_table, encode_table
from gatelog.storage.errors import NewerStore, StoreUnusable

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, definition BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS offsets (reader TEXT, stream TEXT, position BLOB NOT NULL, PRIMARY KEY (reader, stream));
CREATE TABLE IF NOT EXISTS receipts (id TEXT PRIMARY KEY, content TEXT NOT NULL);
"""


class Ledger:
    """The file `ledger.sqlite` of a store. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Raises `NewerStore` and `StoreUnusable`."""
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise StoreUnusable(f"cannot open {path}: {error}") from error
        version = int(self.fact("version") or VERSION)
        if version > VERSION:
            self.close()
            raise NewerStore(f"{path} has version {version}, this gatelog reads up to {VERSION}: install the newer one again")
        self._set([("version", str(VERSION))])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def fact(self, name: str) -> str | None:
        """One named text."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    @property
    def sealed(self) -> int:
        """Rows up to this number are in the parts."""
        return int(self.fact("sealed") or 0)

    @property
    def sealing(self) -> tuple[str, ...]:
        """Months whose files may hold rows behind `sealed`, left by a seal that did not end."""
        return tuple((self.fact("sealing") or "").split())

    def begin_seal(self, months: Iterable[str]) -> None:
        """Note which files are about to get rows."""
        self._set([("sealing", " ".join(months))])

    def end_seal(self, sealed: int, offsets: Mapping[tuple[str, str], bytes]) -> None:
        """Rows up to `sealed` and the offsets behind them are in force, in one transaction."""
        rows = [(reader, stream, position) for (reader, stream), position in offsets.items()]
        with self._lock, self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)", rows)
            facts = [("sealed", str(sealed)), ("sealing", "")]
            self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts)

    def offsets(self) -> dict[tuple[str, str], bytes]:
        """(reader, stream) -> position."""
        with self._lock:
            rows = self._connection.execute("SELECT reader, stream, position FROM offsets").fetchall()
        return {(reader, stream): position for reader, stream, position in rows}

    def forget_offsets(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remove the positions of streams that no longer exist."""
        with self._lock, self._connection:
            self._connection.executemany("DELETE FROM offsets WHERE reader = ? AND stream = ?", list(keys))

    def tables(self) -> list[Table]:
        """Every defined table."""
        with self._lock:
            rows = self._connection.execute("SELECT name, definition FROM tables ORDER BY rowid").fetchall()
        return [decode_table(name, definition) for name, definition in rows]

    def put_table(self, table: Table) -> None:
        """Store a definition."""
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT INTO tables VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
                (table.name, encode_table(table)),
            )

    def put_receipt(self, identity: str, content: str) -> None:
        """Store what was purged."""
        with self._lock, self._connection:
            self._connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?)", (identity, content))

    def receipt(self, identity: str) -> str | None:
        """A stored receipt."""
        with self._lock:
            row = self._connection.execute("SELECT content FROM receipts WHERE id = ?", (identity,)).fetchone()
        return None if row is None else row[0]

    def backup(self, path: Path) -> None:
        """A consistent copy."""
        with self._lock, sqlite3.connect(path) as copy:
            self._connection.backup(copy)
        copy.close()

    def _set(self, facts: list[tuple[str, Any]]) -> None:
        with self._lock, self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts)
