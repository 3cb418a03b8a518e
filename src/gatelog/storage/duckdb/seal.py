"""The sealer: moves hot rows into parts, by size and by age, in a thread of its own."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from gatelog.clock import Clock
from gatelog.schema.table import Schema, Table
from gatelog.storage.columns import SEQUENCE, physical_columns, project
from gatelog.storage.duckdb.hot import Generation, Snapshot
from gatelog.storage.duckdb.ledger import Ledger
from gatelog.storage.duckdb.parts import Parts
from gatelog.storage.errors import StorageError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SealPolicy:
    """When hot rows are sealed."""

    rows: int = 8191
    """Of one table."""
    bytes: int = 64 << 20
    seconds: float = 30.0
    hot_bytes: int = 512 << 20
    """Appending waits while more than this is hot."""


class Sealed(Protocol):
    """What the sealer needs of the store."""

    @property
    def snapshot(self) -> Snapshot: ...

    @property
    def parts(self) -> Parts: ...

    @property
    def ledger(self) -> Ledger: ...

    def schema(self) -> Schema: ...

    def replace_snapshot(self, change: _Change) -> Snapshot: ...


class _Change(Protocol):
    def __call__(self, snapshot: Snapshot, /) -> Snapshot: ...


class Sealer:
    """Seals generations one after the other. A failure leaves them hot, and it tries again."""

    def __init__(self, store: Sealed, policy: SealPolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._work = threading.Condition()
        self._sealing = threading.Lock()
        self._stopped = False
        self.seals = 0
        self.error = ""
        """Why the last attempt failed; empty: it did not."""
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def consider(self) -> None:
        """Rows have come: seal if there are enough."""
        if self._is_due():
            with self._work:
                self._work.notify_all()

    def wait_for_room(self) -> None:
        """Block while too much is hot and sealing works."""
        with self._work:
            while self._hot_bytes() > self._policy.hot_bytes and not self._stopped:
                self._work.notify_all()
                self._work.wait(0.05)

    def seal_now(self) -> None:
        """Seal everything that is hot. Raises `StorageError` when that is not possible."""
        with self._sealing:
            self._seal_all()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is sealed inside."""
        with self._sealing:
            yield

    def stop(self) -> None:
        """Seal the rest and end the thread."""
        with self._work:
            self._stopped = True
            self._work.notify_all()
        self._thread.join()
        try:
            self.seal_now()
        except StorageError as error:
            log.error("hot rows could not be sealed at the end", extra={"error": str(error)})

    def _hot_bytes(self) -> int:
        return sum(generation.size for generation in self._store.snapshot.generations)

    def _is_due(self) -> bool:
        last = self._store.snapshot.generations[-1]
        if not last.since:
            return False
        age = (self._clock.monotonic() - last.since) / 1e9
        return last.rows >= self._policy.rows or last.size >= self._policy.bytes or age >= self._policy.seconds

    def _run(self) -> None:
        while True:
            with self._work:
                if not self._stopped and not self._is_due():
                    self._work.wait(min(self._policy.seconds, 5.0) if not self.error else 1.0)
                if self._stopped:
                    return
                due = self._is_due() or bool(self.error)
            if due:
                try:
                    self.seal_now()
                except StorageError as error:
                    log.error("hot rows could not be sealed", extra={"error": str(error)})
                    with self._work:
                        self._work.wait(1.0)
            with self._work:
                self._work.notify_all()

    def _seal_all(self) -> None:
        """Close the growing generation, then seal all but the new, empty one."""
        if self._store.snapshot.generations[-1].since:
            self._store.replace_snapshot(Snapshot.opened)
        while len(self._store.snapshot.generations) > 1:
            self._seal(self._store.snapshot)
            self._store.replace_snapshot(Snapshot.without_first)
            self.seals += 1

    def _seal(self, snapshot: Snapshot) -> None:
        generation = snapshot.generations[0]
        parts, ledger = self._store.parts, self._store.ledger
        try:
            if ledger.sealing:
                parts.undo_after(ledger.sealing, snapshot.sealed)
            pieces = list(_pieces(generation, self._store.schema()))
            ledger.begin_seal(sorted({month for month, _, _ in pieces}))
            for month, table, rows in pieces:
                parts.insert(month, table.name, physical_columns(table), rows)
            ledger.end_seal(generation.last, generation.offsets)
        except (duckdb.Error, sqlite3.Error, OSError, pa.ArrowException) as error:
            self.error = str(error).split("\n", 1)[0]
            raise StorageError(f"cannot seal rows: {self.error}") from error
        self.error = ""


def _pieces(generation: Generation, schema: Schema) -> Iterator[tuple[str, Table, pa.Table]]:
    """(month, table, rows) for each file that a generation touches."""
    for name, chunks in generation.chunks.items():
        table = schema.get(name)
        if table is None or not chunks:
            continue
        columns = physical_columns(table)
        numbers = pa.concat_tables([chunk.select([SEQUENCE]) for chunk in chunks])
        rows = pa.concat_tables([project(chunk, columns) for chunk in chunks])
        rows = rows.append_column(SEQUENCE, numbers.column(0))
        for month, some in _by_month(rows, table).items():
            yield month, table, some


def _by_month(rows: pa.Table, table: Table) -> Mapping[str, pa.Table]:
    time_column = table.column(table.time_column)
    assert time_column is not None, f"{table.name} has no column {table.time_column}"
    times = rows.column(time_column.stored_as)
    bounds = pc.min_max(times).as_py()
    if bounds["min"].strftime("%Y%m") == bounds["max"].strftime("%Y%m"):
        return {bounds["min"].strftime("%Y%m"): rows}
    months = pc.strftime(times, format="%Y%m")
    return {month: rows.filter(pc.equal(months, month)) for month in sorted(pc.unique(months).to_pylist())}
