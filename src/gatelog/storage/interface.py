"""The storage seam: what ingest and queries ask of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gatelog.schema.query import Limits, Query, Result
from gatelog.schema.table import Schema, Table
from gatelog.storage.errors import StopReason


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of several tables together with the reader's new position: all of it becomes durable, or none."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    """Table -> rows. Keys are column names as users see them; missing keys are null (or '' for string).
    datetime: int ns since 1970; timespan: int ticks; dynamic: JSON text; decimal: `decimal.Decimal`."""
    reader: str = ""
    """Who read the journal."""
    offsets: Mapping[str, bytes] = field(default_factory=dict)
    """Journal stream -> opaque position after this batch (the reader's own encoding)."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a purge (the operators of the Log Analytics purge API)."""

    column: str
    operator: str
    """`==`, `!=`, `<`, `<=`, `>`, `>=`, `=~`, `in`, `in~`, `between`."""
    value: Any
    """As in `Batch` (datetime: ns since 1970); a list for `in`, `in~` and `between`."""


class Run(Protocol):
    """A query that is running."""

    def stop(self, reason: StopReason) -> None:
        """End it, from any thread."""
        ...


class Storage(Protocol):
    """A place for rows. Every method may be called from any thread."""

    def schema(self) -> Schema:
        """The tables as they are now, with columns that arrived and paths that are shredded."""
        ...

    def define(self, table: Table) -> None:
        """Create the table, or add the columns that it does not have yet. Never drops."""
        ...

    def append(self, batch: Batch) -> None:
        """Make the batch durable and visible, exactly once: a batch whose offsets are not ahead of the stored ones is ignored."""
        ...

    def offsets(self, reader: str) -> Mapping[str, bytes]:
        """The positions that `append` stored last."""
        ...

    def fetch(self, query: Query, limits: Limits, started: Callable[[Run], None] | None = None) -> Result:
        """Run a query in the calling thread, over one snapshot of all tables; `started` gets the run, for whoever may stop it."""
        ...

    def durable_offsets(self, reader: str) -> Mapping[str, bytes]:
        """The positions that a restart would go on from: the journal keeps what lies behind them."""
        ...

    def forget(self, reader: str, streams: Iterable[str]) -> None:
        """Positions that nobody will ask for again may go."""
        ...

    def flush(self) -> None:
        """Make everything that was appended durable in the engine itself."""
        ...

    def drop_old(self) -> int:
        """Let parts go whose rows have all outlived their retention; returns how many. Queries see no such rows anyway."""
        ...

    def purge(self, table: str, filters: Sequence[Filter]) -> int:
        """Delete the rows that match all filters, so that their bytes are gone; returns how many."""
        ...

    def statistics(self) -> Mapping[str, Any]:
        """Numbers for metrics and `gatelog doctor`."""
        ...

    def close(self) -> None:
        """Flush and release."""
        ...
