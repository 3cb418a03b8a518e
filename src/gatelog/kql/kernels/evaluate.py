"""Bound expressions evaluated in Python, row by row: for operators whose rows depend on what came before (scan).

Values are those of constants (`catalog.rows.Operand.value`): datetime and timespan are ticks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gatelog.kql.bound import Apply, Bound, Column, Const, Ref
from gatelog.kql.catalog.rows import Catalogue
from gatelog.kql.errors import NOT_SUPPORTED, Finding
from gatelog.kql.folding import computed, converted_constant
from gatelog.schema.types import KqlType

Row = Mapping[Column, Any]
Evaluate = Callable[[Row], Any]


def compiled(expression: Bound, catalogue: Catalogue) -> Evaluate:
    """A function from a row to the value. Raises Finding for what can only be computed in SQL."""
    if isinstance(expression, Const):
        value = expression.constant
        return lambda row: value
    if isinstance(expression, Ref):
        column = expression.column
        return lambda row: row[column]
    if isinstance(expression, Apply):
        operands = [compiled(argument, catalogue) for argument in expression.arguments]
        return _applied(expression, operands, catalogue)
    raise Finding(NOT_SUPPORTED, "this expression cannot be used in scan", (0, 0))


def _applied(node: Apply, operands: Sequence[Evaluate], catalogue: Catalogue) -> Evaluate:
    name = node.name
    kinds = tuple(argument.type for argument in node.arguments)
    if name in ("+", "-", "*", "/", "%"):
        return _arithmetic(node, operands, (kinds[0], kinds[1]))
    special = _SPECIAL.get(name)
    if special is not None:
        return lambda row: special([operand(row) for operand in operands])
    if name in ("iff", "case"):
        return _case(operands)
    if name == "convert":
        source, target = kinds[0], node.type
        return lambda row: converted_constant(operands[0](row), source, target)
    function = catalogue.functions.get(name)
    fold = function.fold if function is not None else None
    if fold is None:
        raise Finding(NOT_SUPPORTED, f"{name}() cannot be used in scan", (0, 0))

    def call(row: Row) -> Any:
        values = [operand(row) for operand in operands]
        return None if any(value is None for value in values) else fold(*values)

    return call


def _arithmetic(node: Apply, operands: Sequence[Evaluate], kinds: tuple[KqlType, KqlType]) -> Evaluate:
    left, right = operands
    operator, result = node.name, node.type

    def run(row: Row) -> Any:
        a, b = left(row), right(row)
        if a is None or b is None or (operator in "/%" and b == 0 and result is not KqlType.REAL):
            return None
        return computed(operator, a, b, result, kinds)

    return run


def _case(operands: Sequence[Evaluate]) -> Evaluate:
    def run(row: Row) -> Any:
        for condition, value in zip(operands[:-1:2], operands[1:-1:2], strict=True):
            if condition(row):
                return value(row)
        return operands[-1](row)

    return run


def _equal(values: list[Any]) -> bool | None:
    a, b = values
    return None if a is None and b is None else bool(a == b)


def _different(values: list[Any]) -> bool | None:
    a, b = values
    return None if a is None and b is None else bool(a != b)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[list[Any]], bool | None]:
    return lambda values: None if None in values else compare(values[0], values[1])


def _and(values: list[Any]) -> bool | None:
    return False if False in values else None if None in values else True


def _or(values: list[Any]) -> bool | None:
    return True if True in values else None if None in values else False


def _not(values: list[Any]) -> bool | None:
    return None if values[0] is None else not values[0]


def _term(text: str, needle: str) -> bool:
    return re.search(rf"(?i)(?<![^\W_]){re.escape(needle)}(?![^\W_])", text) is not None


_SPECIAL: dict[str, Callable[[list[Any]], Any]] = {
    "==": _equal,
    "!=": _different,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "and": _and,
    "or": _or,
    "not": _not,
    "in": lambda values: values[0] in values[1:],
    "negate": lambda values: None if values[0] is None else -values[0],
    "isnull": lambda values: values[0] is None,
    "isnotnull": lambda values: values[0] is not None,
    "isempty": lambda values: values[0] is None or values[0] == "",
    "isnotempty": lambda values: not (values[0] is None or values[0] == ""),
    "coalesce": lambda values: next((value for value in values if value is not None and value != ""), values[-1]),
    "=~": lambda values: values[0].lower() == values[1].lower(),
    "!~": lambda values: values[0].lower() != values[1].lower(),
    "has": lambda values: _term(values[0], values[1]),
    "!has": lambda values: not _term(values[0], values[1]),
    "contains": lambda values: values[1].lower() in values[0].lower(),
    "!contains": lambda values: values[1].lower() not in values[0].lower(),
    "startswith": lambda values: values[0].lower().startswith(values[1].lower()),
    "endswith": lambda values: values[0].lower().endswith(values[1].lower()),
}
