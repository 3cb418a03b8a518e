"""A SELECT in the making: a source, conditions, and the text of each column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatelog.kql.bound import Column

ATOM = re.compile(r"[A-Za-z_][\w]*(\[\d+\])?\Z")


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order."""

    column: Column
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Rel:
    """What an operator hands to the next one."""

    source: str
    """The FROM clause."""
    names: Mapping[Column, str]
    """Column -> SQL text over the source."""
    where: tuple[str, ...] = ()
    order: tuple[SortKey, ...] = ()
    """The order of the rows, when they have one; its columns are in `names`."""
    total: bool = False
    """The order leaves no ties."""
    computed: frozenset[Column] = frozenset()
    """Columns whose text is an expression: they must be computed before anything else reads them."""
    windowed: bool = False
    """Some text looks at other rows: a filter may not come before it."""
    uses: frozenset[str] = frozenset()
    """Steps and shared relations that the source names."""
    limit: str = ""
    partition: Column | None = None
    """Inside partition and mv-apply: every operator works on the rows of one value of this column at a time."""

    def filtered(self, condition: str) -> Rel:
        """With one more condition."""
        return replace(self, where=(*self.where, condition))
