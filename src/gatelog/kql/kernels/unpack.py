"""The members of a bag as columns: the last step of bag_unpack and pivot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from gatelog.kql.errors import DUPLICATE, Finding, report
from gatelog.schema.query import ResultColumn
from gatelog.schema.types import KqlType

_ARROW = {
    KqlType.BOOL: pa.bool_(),
    KqlType.INT: pa.int32(),
    KqlType.LONG: pa.int64(),
    KqlType.REAL: pa.float64(),
}
_TYPE = b"kql"


@dataclass(frozen=True, slots=True)
class Unpacking:
    """Takes a table whose last column holds bags; gives the other columns and one for each member."""

    columns: tuple[ResultColumn, ...]
    type: KqlType | None
    filler: int | None
    conflict: str

    def run(self, tables: Sequence[pa.Table]) -> pa.Table:
        """The answer; fields carry the KQL type of unpacked columns."""
        (table,) = tables
        bags = [orjson.loads(text) if text else None for text in table.column(table.num_columns - 1).to_pylist()]
        names: dict[str, None] = {}
        for bag in bags:
            if isinstance(bag, dict):
                names.update(dict.fromkeys(bag))
        ordered = list(names) if self.type is not None else sorted(names)
        known = {column.name for column in self.columns}
        clashes = [name for name in ordered if name in known]
        if clashes and self.conflict == "error":
            raise report("", [Finding(DUPLICATE, f"bag_unpack: a column with the name '{clashes[0]}' exists already", (0, 0))])
        if self.conflict == "keep_source":
            ordered = [name for name in ordered if name not in known]
        arrays = [table.column(index) for index in range(table.num_columns - 1)]
        fields = [pa.field(f"r{index}", array.type) for index, array in enumerate(arrays)]
        for name in ordered:
            values = [bag.get(name) if isinstance(bag, dict) else None for bag in bags]
            kind, array = self._array(values)
            arrays.append(array)
            fields.append(pa.field(name, array.type, metadata={_TYPE: kind.value.encode()}))
        return pa.table(arrays, schema=pa.schema(fields)) if arrays else table.select([])

    def _array(self, values: list[Any]) -> tuple[KqlType, pa.Array]:
        kind = self.type or _type_of(values)
        if kind is KqlType.STRING:
            return kind, pa.array([_text(value) for value in values], pa.string())
        if kind is KqlType.DYNAMIC:
            return kind, pa.array([None if value is None else orjson.dumps(value).decode() for value in values], pa.string())
        if kind in _ARROW:
            filled = [self.filler if value is None else value for value in values]
            return kind, pa.array([float(v) if kind is KqlType.REAL and v is not None else v for v in filled], _ARROW[kind])
        return KqlType.DYNAMIC, pa.array(
            [None if value is None else orjson.dumps(value).decode() for value in values], pa.string()
        )

    def columns_of(self, table: pa.Table) -> tuple[ResultColumn, ...]:
        """The columns of an answer that `run` made."""
        found = []
        unpacked = []
        for index, field in enumerate(table.schema):
            if index < len(self.columns):
                found.append(self.columns[index])
            else:
                unpacked.append(ResultColumn(field.name, KqlType(field.metadata[_TYPE].decode()), index))
        if self.conflict == "replace_source":
            names = {column.name for column in unpacked}
            found = [column for column in found if column.name not in names]
        return (*found, *unpacked)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _type_of(values: list[Any]) -> KqlType:
    kinds = {_kind(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else KqlType.DYNAMIC


def _kind(value: Any) -> KqlType:
    if isinstance(value, bool):
        return KqlType.BOOL
    if isinstance(value, int):
        return KqlType.LONG
    if isinstance(value, float):
        return KqlType.REAL
    return KqlType.STRING if isinstance(value, str) else KqlType.DYNAMIC
