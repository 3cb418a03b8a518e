"""Hot rows: visible, not yet sealed. Arrow chunks in immutable snapshots, so a query keeps what it started with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from gatelog.storage.columns import PhysicalColumn, project

_LARGE_CHUNK = 512
"""Rows of a chunk that is not copied again."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Rows that will be sealed together."""

    chunks: Mapping[str, tuple[pa.Table, ...]] = field(default_factory=dict)
    """Table -> chunks in the order of arrival."""
    rows: int = 0
    """Of the longest table."""
    size: int = 0
    """Bytes in memory."""
    last: int = 0
    """Number of the last row."""
    offsets: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    """(reader, stream) -> position that these rows reach."""
    since: int = 0
    """Monotonic ns of its first batch."""

    def with_batch(
        self, tables: Mapping[str, pa.Table], offsets: Mapping[tuple[str, str], bytes], last: int, now: int
    ) -> Generation:
        """This generation and one more batch."""
        chunks = dict(self.chunks)
        for name, table in tables.items():
            chunks[name] = _merge((*chunks.get(name, ()), table))
        return Generation(
            chunks,
            max((sum(chunk.num_rows for chunk in parts) for parts in chunks.values()), default=0),
            self.size + sum(table.nbytes for table in tables.values()),
            last,
            {**self.offsets, **offsets},
            self.since or now,
        )


def _merge(chunks: tuple[pa.Table, ...]) -> tuple[pa.Table, ...]:
    """Join the last chunks while they are of a size, so that a few remain and each row is copied a few times only."""
    while len(chunks) > 1 and _belong_together(*chunks[-2:]):
        chunks = (*chunks[:-2], pa.concat_tables(chunks[-2:]).combine_chunks())
    return chunks


def _belong_together(one: pa.Table, other: pa.Table) -> bool:
    return bool(one.num_rows <= min(2 * other.num_rows, _LARGE_CHUNK) and one.schema == other.schema)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one query sees: sealed rows up to a number, and the generations behind them."""

    sealed: int
    generations: tuple[Generation, ...]
    """Oldest first; the last one still grows (in later snapshots)."""

    def hot_table(self, name: str, columns: Sequence[PhysicalColumn]) -> pa.Table | None:
        """The hot rows of a table with these columns; None when there are none."""
        parts = [project(chunk, columns) for generation in self.generations for chunk in generation.chunks.get(name, ())]
        return pa.concat_tables(parts) if parts else None

    def with_last(self, generation: Generation) -> Snapshot:
        """The last generation replaced."""
        return replace(self, generations=(*self.generations[:-1], generation))

    def opened(self) -> Snapshot:
        """A new, empty last generation: the ones before no longer change."""
        return replace(self, generations=(*self.generations, Generation(last=self.generations[-1].last)))

    def without_first(self) -> Snapshot:
        """The first generation has been sealed."""
        return Snapshot(self.generations[0].last, self.generations[1:])
