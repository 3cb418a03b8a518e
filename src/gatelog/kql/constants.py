"""Tokens of constants to values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatelog.kql import ast
from gatelog.kql.errors import SYNTAX, Finding
from gatelog.kql.lexer import LONG, REAL, TIMESPAN, Token
from gatelog.kql.literals import datetime_text, datetime_ticks, decimal_value, guid_text, timespan_text, timespan_ticks
from gatelog.kql.syntax import TYPE_NAMES
from gatelog.schema.types import KqlType


def json_constant(node: ast.Literal) -> Any:
    if node.value is None:
        return None
    if node.type is KqlType.DATETIME:
        return datetime_text(node.value)
    if node.type is KqlType.TIMESPAN:
        return timespan_text(node.value)
    if node.type is KqlType.DECIMAL:
        return str(node.value)
    return node.value


def literal(token: Token) -> ast.Literal:
    """A number, a timespan, or `type(text)`."""
    span = (token.start, token.end)
    if token.kind == LONG:
        value = int(token.text, 16) if token.text[:2] in ("0x", "0X") else int(token.text)
        if value > 0xFFFFFFFFFFFFFFFF or (value > 0x7FFFFFFFFFFFFFFF and token.text[:2] not in ("0x", "0X")):
            raise Finding(SYNTAX, f"the number {token.text} does not fit into a long", span)
        return ast.Literal(span, KqlType.LONG, value - (1 << 64) if value > 0x7FFFFFFFFFFFFFFF else value)
    if token.kind == REAL:
        return ast.Literal(span, KqlType.REAL, float(token.text))
    if token.kind == TIMESPAN:
        return ast.Literal(span, KqlType.TIMESPAN, timespan_ticks(token.text))
    name, _, rest = token.text.partition("(")
    kind = TYPE_NAMES[name.strip().lower()]
    content = rest[:-1].strip()
    if content[:1] in ("'", '"') and len(content) >= 2:
        content = content[1:-1]
    if content.lower() == "null":
        return ast.Literal(span, kind, None)
    value = _READERS[kind](content)
    if value is None:
        raise Finding(SYNTAX, f"'{content}' is not a {kind}", span)
    return ast.Literal(span, kind, value)


def _read_integer(text: str, bits: int) -> int | None:
    try:
        value = int(text, 16) if text[:2].lower() == "0x" else int(text)
    except ValueError:
        return None
    return value if -(1 << (bits - 1)) <= value < 1 << (bits - 1) else None


def _read_real(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_bool(text: str) -> bool | None:
    return {"true": True, "false": False, "1": True, "0": False}.get(text.lower())


_READERS: dict[KqlType, Callable[[str], Any]] = {
    KqlType.BOOL: _read_bool,
    KqlType.INT: lambda text: _read_integer(text, 32),
    KqlType.LONG: lambda text: _read_integer(text, 64),
    KqlType.REAL: _read_real,
    KqlType.DECIMAL: decimal_value,
    KqlType.DATETIME: datetime_ticks,
    KqlType.TIMESPAN: timespan_ticks,
    KqlType.GUID: guid_text,
}
