"""The catalog in PostgreSQL, for several nodes. Needs the extra `gatelog[postgres]`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from gatelog.catalog.resource import Resource
from gatelog.catalog.store.interface import Change, Conflict, Store
from gatelog.catalog.store.migration_files import migrations
from gatelog.catalog.store.rows import from_row, to_row
from gatelog.catalog.vault import Vault
from gatelog.errors import GatelogError

try:
    import psycopg
except ImportError:  # the extra is not installed
    psycopg = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_LOCK = 0x67617465
"""Advisory lock that makes writers serial, and the first start of several nodes too."""

_Result = TypeVar("_Result")


class PostgresStore:
    """Two tables, `gatelog_resources` and `gatelog_state`, in the database that the URL names."""

    def __init__(self, url: str, vault: Vault) -> None:
        if psycopg is None:
            raise GatelogError("a postgresql:// catalog needs psycopg: pip install 'gatelog[postgres]'")
        self._url = url
        self._vault = vault
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False
        self._run(self._migrate)

    def _run(self, work: Callable[[Cursor], _Result]) -> _Result:
        """Do `work` in one transaction; a connection that the server has dropped is made anew, once."""
        with self._lock:
            if self._closed:
                raise GatelogError("the catalog is closed")
            for attempt in (1, 2):
                if self._connection is None or self._connection.closed:
                    self._connection = self._connect()
                try:
                    with self._connection.transaction(), self._connection.cursor() as cursor:
                        return work(cursor)
                except psycopg.OperationalError as error:
                    self._connection.close()
                    if attempt == 2:
                        raise GatelogError(f"the catalog's database does not answer: {_first_line(error)}") from None
            raise AssertionError("unreachable")

    def _connect(self) -> Connection:
        try:
            return psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise GatelogError(f"the catalog's database does not answer: {_first_line(error)}") from None

    def _migrate(self, cursor: Cursor) -> None:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("SELECT to_regclass('gatelog_state') IS NOT NULL")
        layout = 0
        if _only(cursor):
            cursor.execute("SELECT coalesce(max(value), 0) FROM gatelog_state WHERE name = 'layout'")
            layout = int(str(_only(cursor)))
        steps = migrations("postgres")
        if layout > steps[-1][0]:
            raise GatelogError(f"the catalog has layout {layout}, newer than {steps[-1][0]}: a newer gatelog wrote it")
        for number, script in steps:
            if number > layout:
                cursor.execute(script.encode())
                cursor.execute(
                    "INSERT INTO gatelog_state VALUES ('layout', %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (number,),
                )

    def read(self) -> tuple[int, list[Resource]]:
        def work(cursor: Cursor) -> tuple[int, list[tuple[str, str, str, bytes | None]]]:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            version = _version(cursor)
            cursor.execute("SELECT id, properties, envelope, sealed FROM gatelog_resources ORDER BY key")
            return version, cursor.fetchall()

        version, rows = self._run(work)
        return version, [from_row(*row, self._vault) for row in rows]

    def apply(self, changes: Sequence[Change], based_on: int | None = None) -> int:
        rows = [(change, to_row(change.resource, self._vault) if change.resource else None) for change in changes]

        def work(cursor: Cursor) -> int:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            version = _version(cursor)
            if based_on is not None and based_on != version:
                raise Conflict("", str(based_on), str(version))
            for change, row in rows:
                key = change.id.lower()
                cursor.execute("SELECT etag FROM gatelog_resources WHERE key = %s", (key,))
                found = cursor.fetchone()
                etag = str(found[0]) if found else None
                if change.expected is not True and change.expected != etag:
                    raise Conflict(change.id, change.expected or None, etag)
                cursor.execute("DELETE FROM gatelog_resources WHERE key = %s", (key,))
                if row is not None:
                    cursor.execute("INSERT INTO gatelog_resources VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
            cursor.execute("UPDATE gatelog_state SET value = %s WHERE name = 'version'", (version + 1,))
            return version + 1

        return self._run(work)

    def version(self) -> int:
        return self._run(_version)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()


def _version(cursor: Cursor) -> int:
    cursor.execute("SELECT value FROM gatelog_state WHERE name = 'version'")
    return int(str(_only(cursor)))


def _only(cursor: Cursor) -> object:
    row = cursor.fetchone()
    return row[0] if row else None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


_: type[Store] = PostgresStore
