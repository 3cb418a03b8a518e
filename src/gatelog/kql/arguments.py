"""Which types the parameters of functions take, and what arguments become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gatelog.kql.bound import Bound
from gatelog.kql.catalog.rows import UNKNOWN, Parameter
from gatelog.kql.errors import ARGUMENTS, TYPES, Finding, Span
from gatelog.kql.sql.expressions import convert
from gatelog.schema.types import KqlType

NUMERIC = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)
RANK = {kind: index for index, kind in enumerate(NUMERIC)}
"""Numeric types from narrow to wide."""
CONVERSIONS = frozenset(("toint", "tolong", "toreal", "todecimal", "tobool", "todatetime", "totimespan", "toguid"))
"""Functions that fold like a conversion."""


def folded(fold: Callable[..., Any], values: Sequence[Any]) -> Any:
    try:
        return fold(*values)
    except (ValueError, ArithmeticError, IndexError, OverflowError, TypeError):
        return None


def common_type(kinds: Sequence[KqlType]) -> KqlType:
    """The widest of several types; dynamic when they do not fit."""
    distinct = list(dict.fromkeys(kinds))
    if len(distinct) == 1:
        return distinct[0]
    concrete = [kind for kind in distinct if kind is not KqlType.DYNAMIC]
    if concrete and all(kind in RANK for kind in concrete):
        return max(concrete, key=RANK.__getitem__)
    if len(concrete) == 1:
        return concrete[0]
    return KqlType.DYNAMIC


_FITS: dict[str, tuple[tuple[KqlType, ...], KqlType | None]] = {
    "any": (tuple(KqlType), None),
    "column": (tuple(KqlType), None),
    "type": (tuple(KqlType), None),
    "string": ((KqlType.STRING, KqlType.DYNAMIC), KqlType.STRING),
    "text": (tuple(KqlType), KqlType.STRING),
    "int": ((KqlType.INT, KqlType.LONG, KqlType.DYNAMIC), KqlType.INT),
    "long": ((KqlType.INT, KqlType.LONG, KqlType.DYNAMIC), KqlType.LONG),
    "real": ((*NUMERIC, KqlType.DYNAMIC), KqlType.REAL),
    "decimal": (NUMERIC, KqlType.DECIMAL),
    "number": ((*NUMERIC,), None),
    "summable": ((*NUMERIC, KqlType.TIMESPAN, KqlType.DYNAMIC), None),
    "bool": ((KqlType.BOOL, KqlType.DYNAMIC), KqlType.BOOL),
    "guid": ((KqlType.GUID, KqlType.DYNAMIC), KqlType.GUID),
    "datetime": ((KqlType.DATETIME, KqlType.DYNAMIC), KqlType.DATETIME),
    "timespan": ((KqlType.TIMESPAN, KqlType.DYNAMIC), KqlType.TIMESPAN),
    "dynamic": ((KqlType.DYNAMIC,), KqlType.DYNAMIC),
    "json": (tuple(KqlType), KqlType.DYNAMIC),
}


def fit(name: str, parameter: Parameter, argument: Bound, span: Span) -> Bound:
    """An argument as its parameter wants it."""
    takes, wants = _FITS[parameter.kind]
    if parameter.literal and argument.value is UNKNOWN:
        raise Finding(ARGUMENTS, f"{name}(): '{parameter.name}' must be a constant", span)
    if argument.type not in takes:
        expected = parameter.kind if parameter.kind not in ("number", "summable") else "a number"
        raise Finding(TYPES, f"{name}(): '{parameter.name}' must be {expected}, found {argument.type}", span)
    if parameter.kind == "summable" and argument.type is KqlType.DYNAMIC:
        raise Finding(TYPES, f"{name}(): '{parameter.name}' must be a number or timespan, found dynamic: convert it first", span)
    if parameter.kind == "type" and not isinstance(argument.value, KqlType):
        raise Finding(ARGUMENTS, f"{name}(): '{parameter.name}' must be typeof(...)", span)
    if wants is None or argument.type is wants:
        return argument
    return convert(argument, wants)
