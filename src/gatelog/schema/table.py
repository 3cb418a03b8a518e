"""Column, Table and Schema: what a query may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gatelog.schema.types import KqlType

JsonPath = tuple[str | int, ...]
"""Keys and array indexes below a JSON document: `("usage", "total_tokens")`, `("choices", 0)`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as users see it."""

    name: str
    """Compared with case: AzureDiagnostics has `clientIP_s` and `clientIp_s`."""
    type: KqlType
    doc: str = ""
    """One sentence for docs and completion."""
    physical: str = ""
    """Name in the storage engine when it differs (engines fold case); empty: the same."""
    body: bool = False
    """Holds long text: stored compressed, hidden from roles that may not read prompts."""
    shredded: Mapping[JsonPath, str] = field(default_factory=dict)
    """JSON paths of this string column that are also stored by themselves -> physical column with that value's JSON text
    (null where the path is missing or the document does not parse)."""
    same_as: str = ""
    """Column that nearly always holds the same text: engines may store the text once."""

    @property
    def stored_as(self) -> str:
        """Name in the storage engine."""
        return self.physical or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in the order that `getschema` prints."""

    name: str
    columns: tuple[Column, ...]
    doc: str = ""
    time_column: str = "TimeGenerated"
    """The column that time ranges, retention and parts go by."""
    open: bool = False
    """Unknown fields of arriving rows become new columns (`_s`, `_d`, `_b`, `_g`, `_t`)."""
    category: str = ""
    """Resource-log category that feeds the table, when there is one."""

    def column(self, name: str) -> Column | None:
        """The column of that exact name."""
        return next((column for column in self.columns if column.name == name), None)


class Schema:
    """An immutable set of tables by name: a snapshot, so one query sees one shape of the data."""

    __slots__ = ("_tables",)

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {table.name: table for table in tables}

    def get(self, name: str) -> Table | None:
        """The table of that exact name."""
        return self._tables.get(name)

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __len__(self) -> int:
        return len(self._tables)
