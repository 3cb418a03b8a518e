"""DuckDbStorage: rows on one machine, hot in memory and sealed in monthly files."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling, PythonUDFType

from gatelog.clock import Clock
from gatelog.schema.query import Limits, Query, Result, ScalarFunction
from gatelog.schema.table import Column, Schema, Table
from gatelog.schema.types import KqlType
from gatelog.storage.columns import SEQUENCE, physical_columns, to_arrow
from gatelog.storage.duckdb.fetch import QueryRun, View
from gatelog.storage.duckdb.hot import Generation, Snapshot
from gatelog.storage.duckdb.ledger import Ledger
from gatelog.storage.duckdb.parts import Parts
from gatelog.storage.duckdb.seal import Sealer, SealPolicy
from gatelog.storage.duckdb.shred import Shredder
from gatelog.storage.duckdb.terms import Indexer, TermIndex
from gatelog.storage.duckdb.upkeep import PartReport, backup, check, count_matches, outlived, rewrite_without
from gatelog.storage.errors import StorageError, StoreInUse, StoreUnusable
from gatelog.storage.interface import Batch, Filter


@dataclass(frozen=True, slots=True)
class DuckDbOptions:
    """How a store behaves."""

    memory_bytes: int = 0
    """For all queries together; 0: half of the machine's."""
    threads: int = 0
    """0: one for each core."""
    seal: SealPolicy = SealPolicy()
    retention: Mapping[str, int] | None = None
    """Table -> ns that rows are kept; `*` for tables that are not named; 0: for ever."""


class DuckDbStorage:
    """The storage seam on DuckDB. One process at a time may have a folder open."""

    def __init__(self, directory: Path, clock: Clock, options: DuckDbOptions = DuckDbOptions()) -> None:
        """Open a folder, or make it. Raises `StoreInUse`, `NewerStore`, `StoreUnusable`."""
        self._clock = clock
        self._options = options
        self._lock_file = _lock(directory)
        try:
            self._ledger = Ledger(directory / "ledger.sqlite")
            self._connection = _connect(directory, options)
            self._parts = Parts(directory, self._connection)
            self._parts.open_all()
        except (StorageError, duckdb.Error):
            os.close(self._lock_file)
            raise
        sealed = self._ledger.sealed
        self._parts.undo_after(self._ledger.sealing, sealed)
        self._snapshot = Snapshot(sealed, (Generation(last=sealed),))
        self._offsets = self._ledger.offsets()
        self._tables = {table.name: table for table in self._ledger.tables()}
        self._schema = Schema(self._tables.values())
        self._shredder = Shredder(self._connection)
        self._index = TermIndex(directory)
        for month in self._parts.view():
            self._index.open(month)
        self._functions: dict[str, ScalarFunction] = {}
        self._runs: set[QueryRun] = set()
        self._change = threading.Condition()
        self._exclusive = False
        """A purge puts a file in place of another: queries wait."""
        self._hidden: list[tuple[str, str, frozenset[QueryRun]]] = []
        """(month, table, queries that may still read it) to be dropped."""
        self._append_lock = threading.Lock()
        self.refused_values = 0
        """Values that did not fit their column and became null."""
        self.unknown_fields = 0
        """Fields of rows that their table does not have."""
        self._sealer = Sealer(self, options.seal, clock)
        self._indexer = Indexer(self._index, self._parts, self._connection, self._indexed_columns)

    def schema(self) -> Schema:
        """The tables as they are now."""
        return self._schema

    def define(self, table: Table) -> None:
        """Create the table, or add the columns that it lacks. Raises `StorageError` for a name taken in other case."""
        with self._append_lock:
            known = self._tables.get(table.name)
            twin = next((name for name in self._tables if name.lower() == table.name.lower() and name != table.name), None)
            if twin is not None:
                raise StorageError(f"table {table.name!r} differs from {twin!r} only by case; choose another name")
            after = _merged(known, table)
            if after == known:
                return
            self._ledger.put_table(after)
            self._tables = {**self._tables, table.name: after}
            self._schema = Schema(self._tables.values())

    def append(self, batch: Batch) -> None:
        """Make a batch visible at once; durable at the next seal, at once if it comes from no journal."""
        with self._append_lock:
            ahead = [
                (batch.reader, stream)
                for stream, position in batch.offsets.items()
                if position > self._offsets.get((batch.reader, stream), b"")
            ]
            if batch.offsets and not ahead:
                return
            self._sealer.wait_for_room()
            self._take(batch)
        if not batch.offsets:
            self._sealer.seal_now()

    def offsets(self, reader: str) -> Mapping[str, bytes]:
        """The positions of the rows that queries see."""
        return {stream: position for (who, stream), position in self._offsets.items() if who == reader}

    def durable_offsets(self, reader: str) -> Mapping[str, bytes]:
        """The positions of the rows that are sealed: what a restart will go on from."""
        return {stream: position for (who, stream), position in self._ledger.offsets().items() if who == reader}

    def forget(self, reader: str, streams: Iterable[str]) -> None:
        """Remove the positions of streams that have ended; hot rows are sealed first, or they would bring theirs back."""
        keys = [(reader, stream) for stream in streams]
        with self._append_lock:
            self._sealer.seal_now()
            self._ledger.forget_offsets(keys)
            self._offsets = {key: position for key, position in self._offsets.items() if key not in keys}

    def fetch(self, query: Query, limits: Limits, started: Callable[[QueryRun], None] | None = None) -> Result:
        """Run a query over one snapshot; `started` gets the run, whose `stop` ends it from another thread."""
        self._offer(query.functions)
        with self._change:
            self._change.wait_for(lambda: not self._exclusive)
            cursor = self._connection.cursor()
            run = QueryRun(cursor, self._view(), query, limits)
            self._runs.add(run)
        try:
            if started is not None:
                started(run)
            return run.run()
        finally:
            with self._change:
                self._runs.discard(run)
                self._change.notify_all()
            cursor.close()

    def close(self) -> None:
        """Seal what is hot, end the threads, close the files."""
        self._indexer.stop()
        self._sealer.stop()
        for run in list(self._runs):
            run.stop("cancelled")
        self._shredder.close()
        self._parts.close()
        self._connection.close()
        self._ledger.close()
        os.close(self._lock_file)

    def flush(self) -> None:
        """Seal what is hot and return when it is on disk."""
        self._sealer.seal_now()

    def drop_old(self) -> int:
        """Hide what has outlived its retention; drop it once no query reads it any more."""
        for month, table in outlived(self._parts, self._options.retention or {}, self._clock.now()):
            self._parts.hide_table(month, table)
            self._hidden.append((month, table, frozenset(self._runs)))
        free = [entry for entry in self._hidden if not entry[2] & self._runs]
        for month, table, _ in free:
            with self._sealer.paused(), self._indexer.busy:
                try:
                    self._parts.drop_table(month, table)
                except duckdb.Error as error:
                    raise StorageError(f"cannot drop {table} of {month}: {str(error).splitlines()[0]}") from error
                self._index.remove(month)
        self._hidden = [entry for entry in self._hidden if entry not in free]
        return len(free)

    def purge(self, table: str, filters: Sequence[Filter]) -> int:
        """Seal, then rewrite every file that holds matching rows; queries wait meanwhile."""
        definition = self._tables.get(table)
        if definition is None:
            raise StorageError(f"table {table!r} is not in this workspace")
        self.flush()
        with self._sealer.paused(), self._indexer.busy, self._alone():
            try:
                self._parts.add_columns(definition)
                found = count_matches(self._connection, self._parts, definition, filters)
                for month in found:
                    self._index.remove(month)
                    rewrite_without(self._connection, self._parts, month, definition, filters)
            except duckdb.Error as error:
                raise StorageError(f"cannot purge {table}: {str(error).splitlines()[0]}") from error
        return sum(found.values())

    def backup(self, target: Path) -> int:
        """Copy the sealed rows and the ledger into an empty folder while queries run; returns the bytes."""
        self.flush()
        with self._sealer.paused():
            return backup(self._parts, self._ledger.backup, target)

    def check(self) -> list[PartReport]:
        """Read everything and report what cannot be read."""
        return check(self._connection, self._parts)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No query runs inside; those that do have half a minute to end."""
        with self._change:
            self._exclusive = True
            if not self._change.wait_for(lambda: not self._runs, 30):
                for run in self._runs:
                    run.stop("cancelled")
            self._change.wait_for(lambda: not self._runs)
        try:
            yield
        finally:
            with self._change:
                self._exclusive = False
                self._change.notify_all()

    def statistics(self) -> Mapping[str, Any]:
        """Numbers for metrics and `gatelog doctor`."""
        snapshot = self._snapshot
        return {
            "hot_rows": sum(generation.rows for generation in snapshot.generations),
            "hot_bytes": sum(generation.size for generation in snapshot.generations),
            "sealed_rows": sum(table.rows for part in self._parts.view().values() for table in part.tables.values()),
            "parts": len(self._parts.view()),
            "quarantined_parts": dict(self._parts.quarantined),
            "refused_values": self.refused_values,
            "unknown_fields": self.unknown_fields,
            "queries_running": len(self._runs),
            "seals": self._sealer.seals,
            "seal_error": self._sealer.error,
        }

    @property
    def snapshot(self) -> Snapshot:
        """What a query that starts now sees."""
        return self._snapshot

    def replace_snapshot(self, change: Callable[[Snapshot], Snapshot]) -> Snapshot:
        """Change what queries see, in one step (for the sealer)."""
        with self._change:
            self._snapshot = change(self._snapshot)
            self._change.notify_all()
            return self._snapshot

    @property
    def parts(self) -> Parts:
        """The files (for the sealer and the doctor)."""
        return self._parts

    @property
    def ledger(self) -> Ledger:
        """What is in force (for the sealer and the doctor)."""
        return self._ledger

    def _take(self, batch: Batch) -> None:
        """Add a batch to the hot rows."""
        number = self._snapshot.generations[-1].last
        arrived = {}
        now = self._clock.now()
        for name, rows in batch.rows.items():
            table = self._tables.get(name)
            if table is None:
                raise StorageError(f"table {name!r} is not defined")
            if not rows:
                continue
            known = {column.name for column in table.columns}
            self.unknown_fields += len(frozenset().union(*rows) - known)
            dated = [row if row.get(table.time_column) is not None else {**row, table.time_column: now} for row in rows]
            arrow, refused = to_arrow(table, dated, number + 1)
            try:
                arrived[name] = self._shredder.add(table, arrow)
            except duckdb.Error as error:
                raise StorageError(f"cannot take rows of {name}: {str(error).splitlines()[0]}") from error
            self.refused_values += refused
            number += len(rows)
        offsets = {(batch.reader, stream): position for stream, position in batch.offsets.items()}
        moment = self._clock.monotonic()
        self.replace_snapshot(
            lambda snapshot: snapshot.with_last(snapshot.generations[-1].with_batch(arrived, offsets, number, moment))
        )
        self._offsets = {**self._offsets, **offsets}
        self._sealer.consider()

    def _view(self) -> View:
        """Snapshot first, parts second: a part may hold more than the snapshot says, never less."""
        snapshot = self._snapshot
        retention = self._options.retention or {}
        now = self._clock.now()
        ages = {name: retention.get(name, retention.get("*", 0)) for name in self._tables}
        return View(
            self._schema, snapshot, self._parts.view(), {name: now - age for name, age in ages.items() if age}, self._index
        )

    def _indexed_columns(self, table: str) -> list[str]:
        """Body columns that hold their own text."""
        definition = self._tables.get(table)
        columns = physical_columns(definition) if definition is not None else ()
        return [column.name for column in columns if column.body and column.type is KqlType.STRING and not column.same_as]

    def index_terms(self) -> int:
        """Index what is sealed now instead of in the background; returns the number of runs."""
        return self._indexer.index_all(self._ledger.sealed)

    def _offer(self, functions: tuple[ScalarFunction, ...]) -> None:
        """Register the scalar functions that the engine does not know yet."""
        for function in functions:
            if self._functions.get(function.name) == function:
                continue
            with self._change:
                known = self._functions.get(function.name)
                if known == function:
                    continue
                if known is not None:
                    self._connection.remove_function(function.name)
                self._connection.create_function(
                    function.name,
                    function.run,
                    list(function.parameters),
                    function.returns,
                    type=PythonUDFType.ARROW if function.arrow else PythonUDFType.NATIVE,
                    null_handling=FunctionNullHandling.SPECIAL,
                )
                self._functions = {**self._functions, function.name: function}


def _merged(known: Table | None, wanted: Table) -> Table:
    """The known table with the columns that it lacks; names that the engine would fold together get a number."""
    columns: list[Column] = list(known.columns) if known is not None else []
    names = {column.name for column in columns}
    stored = {SEQUENCE, *(column.name.lower() for column in physical_columns(known))} if known is not None else {SEQUENCE}
    for column in wanted.columns:
        if column.name in names:
            continue
        physical, number = column.stored_as, 1
        while physical.lower() in stored:
            number += 1
            physical = f"{column.name}${number}"
        kept = column if physical == column.stored_as else replace(column, physical=physical)
        columns.append(kept)
        names.add(column.name)
        stored |= {physical.lower(), *(name.lower() for name in kept.shredded.values())}
    if known is None:
        return replace(wanted, columns=tuple(columns))
    return replace(known, columns=tuple(columns))


def _lock(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusable(f"cannot write to {directory}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StoreInUse(f"another process has the store {directory} open") from error
    return lock


def _half_of_the_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _connect(directory: Path, options: DuckDbOptions) -> duckdb.DuckDBPyConnection:
    """An in-memory database that may touch nothing but the store's folder."""
    connection = duckdb.connect(":memory:")
    folder = str(directory.absolute()).replace("'", "''")
    settings = [
        f"SET temp_directory = '{folder}/spill'",
        f"SET allowed_directories = ['{folder}']",
        "SET enable_external_access = false",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET preserve_insertion_order = true",
        f"SET memory_limit = '{options.memory_bytes or _half_of_the_machine()}B'",
        *([f"SET threads = {options.threads}"] if options.threads else []),
        "SET lock_configuration = true",
    ]
    for setting in settings:
        connection.execute(setting)
    return connection
