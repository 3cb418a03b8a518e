"""Default names of columns, and how equal names are told apart.

As Microsoft's analyser has it: `strlen(s)` -> strlen_s, `tostring(d.a)` -> d_a, `d["x"].y` -> d_x_y, anything else ColumnN.
"""

from __future__ import annotations

from collections.abc import Container

from gatelog.kql import ast
from gatelog.kql.bound import Bound
from gatelog.kql.catalog.rows import Catalogue
from gatelog.schema.types import KqlType

_NOTHING = Bound(KqlType.DYNAMIC)


def default_name(
    node: ast.Expression, catalogue: Catalogue, aggregates: bool = False, columns: Container[str] = ()
) -> str | None:
    """The name that an expression gives its column; None: ColumnN."""
    if isinstance(node, ast.Name):
        return node.name
    if isinstance(node, ast.Member):
        base = default_name(node.operand, catalogue)
        return node.name if base is None else f"{base}_{node.name}"
    if isinstance(node, ast.Index):
        return _index_name(node, catalogue)
    if isinstance(node, ast.Call):
        return _call_name(node, catalogue, aggregates, columns)
    return None


def _index_name(node: ast.Index, catalogue: Catalogue) -> str | None:
    base = default_name(node.operand, catalogue)
    if base is None:
        return str(node.index.value) if isinstance(node.index, ast.Literal) else None
    if isinstance(node.index, ast.Literal):
        return f"{base}_{node.index.value}"
    return f"{base}_"


def _call_name(node: ast.Call, catalogue: Catalogue, aggregates: bool = False, columns: Container[str] = ()) -> str | None:
    row = catalogue.functions.get(node.name)
    if node.name in ("column_ifexists", "columnifexists"):
        name = node.arguments[0] if node.arguments else None
        return str(name.value) if isinstance(name, ast.Literal) and str(name.value) in columns else None
    if node.name == "ingestion_time":
        return "$IngestionTime"
    if aggregates and node.name in catalogue.aggregates:
        row = None
    first = default_name(node.arguments[0], catalogue) if node.arguments else None
    if row is None:
        return _aggregate_name(node, catalogue, first)
    match row.naming:
        case "through":
            return first
        case "only":
            return first if len(node.arguments) == 1 else None
        case "prefix":
            return f"{row.label or row.name}_{first or ''}"
        case "suffix":
            return f"{first or ''}_{row.label}"
        case "fixed":
            return row.label
        case _:
            return None


def _aggregate_name(node: ast.Call, catalogue: Catalogue, first: str | None) -> str | None:
    row = catalogue.aggregates.get(node.name)
    if row is None:
        return None
    if row.naming == "through":
        return first
    constants = [argument for argument in node.arguments if isinstance(argument, ast.Literal)]
    suffix = ""
    if row.suffix is not None:
        operands = [argument if isinstance(argument, ast.Literal) else _NOTHING for argument in node.arguments]
        suffix = row.suffix(operands) if constants else ""
    return f"{row.prefix or row.name}_{first or ''}{suffix}"


def free_name(name: str, taken: Container[str]) -> str:
    """`name`, or `name1`, `name2` ... when it is taken."""
    if name not in taken:
        return name
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def column_number(taken: Container[str], start: int = 1) -> tuple[str, int]:
    """The next free `ColumnN`, and the number after it."""
    while f"Column{start}" in taken:
        start += 1
    return f"Column{start}", start + 1
