"""An object against a table: the row, or every reason why it is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gatelog.schema.table import Table
from gatelog.schema.values import converted


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not go in."""

    line: int
    reason: str
    row: Any
    """The object, or the text that is none."""


@dataclass(slots=True)
class Sorted:
    """Objects sorted into good and bad."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored_fields: dict[str, int] = field(default_factory=dict)
    """Fields that the table does not have -> how often."""


def reasons_against(table: Table, row: Mapping[str, Any]) -> list[str]:
    """Why an object cannot be a row of a table; empty: it can."""
    reasons = []
    for name, value in row.items():
        column = table.column(name)
        if column is not None and value is not None and converted(value, column.type) is None:
            shown = orjson.dumps(value, default=str).decode()
            shown = shown if len(shown) <= 60 else shown[:57] + "..."
            reasons.append(f"column {name!r}: expected {column.type.value}, found {shown}")
    return reasons


def sort_rows(table: Table | None, numbered: Iterable[tuple[int, Any]]) -> Sorted:
    """Objects for a table (None: a table that will be made from them)."""
    found = Sorted()
    for line, row in numbered:
        if not isinstance(row, Mapping) or not row:
            found.rejected.append(Rejected(line, "expected a JSON object with at least one field", row))
            continue
        reasons = reasons_against(table, row) if table is not None else []
        if reasons:
            found.rejected.append(Rejected(line, "; ".join(reasons), row))
            continue
        if table is not None and not table.open and table.column("AdditionalFields") is None:
            unknown = [name for name in row if table.column(name) is None]
            for name in unknown:
                found.ignored_fields[name] = found.ignored_fields.get(name, 0) + 1
            row = {name: value for name, value in row.items() if name not in unknown} if unknown else row
        found.rows.append(row)
    return found
