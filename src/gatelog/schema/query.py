"""What the KQL compiler hands to a storage engine, and what the engine gives back.

A `Query` is a short program: steps run in order, each makes one named relation out of scans and earlier steps, either by
SQL in the engine's dialect or by a kernel (a Python function over Arrow tables) where SQL says it badly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of a stored table. The engine offers it to the steps as a relation called `name`."""

    name: str
    """What the SQL calls it (`scan1`)."""
    table: str
    columns: tuple[str, ...]
    """Physical columns that the query needs; the relation has exactly these, shredded ones included."""
    time_from: int | None = None
    """Inclusive lower bound of the time column in ns since 1970, from the query's filters; parts before it are skipped."""
    time_to: int | None = None
    """Inclusive upper bound."""
    terms: tuple[tuple[str, str], ...] = ()
    """(physical column, lower-case term) pairs that every row must contain as whole terms: an index may use them to skip
    rows; the SQL still filters."""


@dataclass(frozen=True, slots=True)
class SqlStep:
    """A relation made by the engine."""

    name: str
    sql: str
    """One SELECT without a WITH clause of its own; it names scans and earlier steps."""
    ctes: tuple[tuple[str, str, bool], ...] = ()
    """(name, SELECT, materialized) in order; the engine puts them, after its scans, into one WITH clause."""
    parameters: tuple[Any, ...] = ()
    """Values of `$1 ...` shared by sql and ctes; user text reaches the engine only through these or quoted literals."""
    inputs: tuple[str, ...] = ()
    """Earlier steps that the SQL names."""


@dataclass(frozen=True, slots=True)
class KernelStep:
    """A relation made by Python from earlier relations."""

    name: str
    inputs: tuple[str, ...]
    run: Callable[[Sequence[pa.Table]], pa.Table]
    """Pure: Arrow tables of the inputs, in order, to one Arrow table."""


Step = SqlStep | KernelStep


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """A scalar function that the engine lacks: it calls `run` for each row (or each Arrow chunk)."""

    name: str
    parameters: tuple[str, ...]
    """SQL types of the engine."""
    returns: str
    run: Callable[..., Any]
    arrow: bool = False
    """True: `run` takes and gives Arrow arrays."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of an answer."""

    name: str
    """As the user sees it; two columns may share a name."""
    type: KqlType
    position: int
    """Index of the column in the step's relation (physical names there are the compiler's own)."""
    tick: int = 0
    """datetime only: the seventh digit of the fraction, the same in every row (a TIMESTAMP holds six; endofday() has 9)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One result table of a query."""

    name: str
    """`PrimaryResult`, or the name that `as`/`fork` gave."""
    step: str
    columns: tuple[ResultColumn, ...] | None
    """None: known only when the step has run (pivot, bag_unpack); see `open_columns`."""
    open_columns: Callable[[pa.Table], tuple[ResultColumn, ...]] | None = None
    visualization: Mapping[str, Any] = field(default_factory=dict)
    """`render` properties, Kusto's names (`Visualization`, `Title`, `XColumn`, ...); empty: no render."""


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query."""

    scans: tuple[Scan, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    functions: tuple[ScalarFunction, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """`set` statements of the text: `notruncation` -> True, `truncationmaxrecords` -> 1000, `servertimeout` -> ticks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a query is stopped. 0 means no limit."""

    rows: int = 500_000
    bytes: int = 64 * 1024 * 1024
    seconds: float = 240.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ResultTable:
    """One table of an answer; `data` has one Arrow column for each of `columns`, in order."""

    name: str
    columns: tuple[ResultColumn, ...]
    data: pa.Table
    visualization: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """An answer: one table for each output."""

    tables: tuple[ResultTable, ...]
    seconds: float = 0.0
    rows_scanned: int = 0
    truncated: str = ""
    """Which limit cut the answer, in words; empty: complete."""


class Runner(Protocol):
    """Whoever can run a compiled query: a storage engine, or a test's in-memory one."""

    def fetch(self, query: Query, limits: Limits) -> Result:
        """Run to the end in the calling thread. Raises the engine's errors (see `gatelog.storage.errors`)."""
        ...
