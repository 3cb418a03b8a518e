"""Workspace: journal, ingest and storage behind one object, for the server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import orjson

from gatelog.catalog.entities import Configuration
from gatelog.clock import Clock
from gatelog.journal.writer import JournalWriter
from gatelog.llm.prices import PriceList
from gatelog.record.events import Event, RowsEvent, encode
from gatelog.schema.query import Limits, Query, Result
from gatelog.schema.table import Schema, Table
from gatelog.schema.tables import BUILT_IN
from gatelog.storage import open_storage
from gatelog.storage.interface import Filter, Storage
from gatelog.workspace.housekeeping import Housekeeping
from gatelog.workspace.ingest import READER, Ingest, IngestPolicy
from gatelog.workspace.purging import PurgeRequest, Purging


@dataclass(frozen=True, slots=True)
class WorkspaceOptions:
    """How a workspace is opened."""

    store: str = ""
    """Storage URL; empty: DuckDB in the workspace's folder."""
    memory_bytes: int = 0
    retention: Mapping[str, int] | None = None
    """Table -> ns; `*` for the others."""
    ingest: IngestPolicy = IngestPolicy()
    prices: PriceList | None = None
    """What tokens cost, for the column Cost of GatelogCalls; None: it stays empty."""
    journal_keep_bytes: int = 64 << 20
    """Closed journal segments that stay, compressed, although every reader has them."""
    housekeeping_seconds: float = 5.0


class PurgeReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What one purge did."""

    id: str
    table: str
    filters: list[dict[str, Any]]
    rows: int
    journal_segments: int
    """Closed journal segments that went with it; the ones that are being written go when they are closed and read."""
    finished: int
    """ns since 1970."""
    error: str = ""
    """Why it could not be done; empty: it was."""


class Workspace:
    """The tables of one workspace: rows come from the journal, answers go out. Methods may be called from any thread."""

    def __init__(
        self,
        directory: Path,
        storage: Storage,
        ingest: Ingest,
        housekeeping: Housekeeping,
        journal: JournalWriter,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self.storage = storage
        self.ingest = ingest
        self.housekeeping = housekeeping
        self._journal = journal
        self._clock = clock
        self._writing = threading.Lock()
        self._noting = threading.Lock()
        self.purging = Purging(directory / "purge-requests.jsonl", storage.schema, self._purge, self._note_failure)

    def start(self) -> None:
        """Start ingesting."""
        self.ingest.start()
        self.housekeeping.start()
        self.purging.start({receipt.id for receipt in self.purges()})

    def stop(self) -> None:
        """Stop ingesting, seal what is hot, close."""
        self.purging.stop()
        with self._writing:
            self._journal.close()
        self.housekeeping.stop()
        self.ingest.stop()
        self.storage.close()

    def schema(self) -> Schema:
        """The tables as they are now."""
        return self.storage.schema()

    def define(self, table: Table) -> None:
        """Create a table or add its new columns."""
        self.storage.define(table)

    def query(self, query: Query, limits: Limits) -> Result:
        """Run a compiled query in the calling thread. Raises the errors of `gatelog.storage.errors`."""
        return self.storage.fetch(query, limits)

    def fetch(self, query: Query, limits: Limits) -> Result:
        """The same as `query`: a workspace is a `gatelog.schema.query.Runner`."""
        return self.storage.fetch(query, limits)

    def append_event(self, *events: Event) -> None:
        """Record events of this process, durable when it returns. Raises `JournalFailure`."""
        with self._writing:
            for event in events:
                self._journal.append(encode(event))
            self._journal.flush()

    def append_rows(self, table: str, rows: Sequence[Mapping[str, Any]], source: str = "", batch: str = "") -> None:
        """Record rows (JSON values) for a table; they are visible a moment later. Raises `JournalFailure`."""
        for some in _pieces(rows):
            self.append_event(RowsEvent(time=self._clock.now(), table=table, rows=orjson.dumps(some), source=source, batch=batch))

    def purge(self, table: str, filters: Sequence[Filter]) -> PurgeReceipt:
        """Delete matching rows for good, in tables and closed journal segments; blocking. Raises `StorageError`."""
        return self._purge(str(uuid4()), table, filters)

    def _purge(self, identity: str, table: str, filters: Sequence[Filter]) -> PurgeReceipt:
        self.ingest.wait_until_caught_up(60)
        rows = self.storage.purge(table, filters)
        removed = self.housekeeping.remove_read_segments()
        shown = [{"column": one.column, "operator": one.operator, "value": one.value} for one in filters]
        receipt = PurgeReceipt(
            id=identity, table=table, filters=shown, rows=rows, journal_segments=removed, finished=self._clock.now()
        )
        self._note(receipt)
        return receipt

    def _note_failure(self, request: PurgeRequest, reason: str) -> None:
        self._note(
            PurgeReceipt(
                id=request.id, table=request.table, filters=request.filters, rows=0, journal_segments=0,
                finished=self._clock.now(), error=reason,
            )
        )  # fmt: skip

    def _note(self, receipt: PurgeReceipt) -> None:
        with self._noting, (self._directory / "purges.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(receipt) + b"\n")

    def purges(self) -> list[PurgeReceipt]:
        """The receipts of every purge that has ended, oldest first."""
        try:
            lines = (self._directory / "purges.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line, type=PurgeReceipt) for line in lines]

    def statistics(self) -> Mapping[str, Any]:
        """Numbers for metrics and doctor."""
        return {
            "ingest": self.ingest.statistics(),
            "storage": self.storage.statistics(),
            "journal_kept_bytes": self.housekeeping.last.kept_bytes,
        }


def _pieces(rows: Sequence[Mapping[str, Any]], size: int = 1000) -> Iterable[Sequence[Mapping[str, Any]]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def open_workspace(
    directory: Path,
    journal: Path,
    configuration: Callable[[], Configuration],
    clock: Clock,
    options: WorkspaceOptions | None = None,
) -> Workspace:
    """Open the tables in `directory`, fed from the journal. Raises `StorageError` and `JournalFailure`."""
    options = options or WorkspaceOptions()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    storage = open_storage(options.store, directory, clock, options.memory_bytes, options.retention or {})
    for table in BUILT_IN:
        storage.define(table)
    writer = JournalWriter(journal, READER, clock)
    policy = options.ingest if options.store in ("", "duckdb:") else replace(options.ingest, busy_seconds=0.5)
    ingest = Ingest(journal, storage, configuration, policy, options.prices)
    housekeeping = Housekeeping(directory, journal, storage, clock, options.journal_keep_bytes, options.housekeeping_seconds)
    return Workspace(directory, storage, ingest, housekeeping, writer, clock)
