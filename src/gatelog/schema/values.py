"""JSON values -> values as storage keeps them, by KQL type; what does not fit is None."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import orjson

from gatelog.schema.types import KqlType

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TIMESPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?")


def looks_like_guid(text: str) -> bool:
    """D form, in any case."""
    return _GUID.fullmatch(text) is not None


def type_of(value: Any) -> KqlType:
    """The type that a JSON value has by itself; text that is a moment is a datetime."""
    if isinstance(value, bool):
        return KqlType.BOOL
    if isinstance(value, int):
        return KqlType.LONG if -(1 << 63) <= value < 1 << 63 else KqlType.REAL
    if isinstance(value, float):
        return KqlType.REAL
    if isinstance(value, str):
        return KqlType.DATETIME if _TIME.match(value) and _time(value) is not None else KqlType.STRING
    return KqlType.DYNAMIC


def converted(value: Any, kind: KqlType) -> Any:
    """A JSON value as storage wants it; None when it does not fit."""
    if value is None:
        return None
    return _CONVERT[kind](value)


def _time(value: Any) -> int | None:
    """Nanoseconds of an ISO 8601 text; text without a zone is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    nanoseconds = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    return nanoseconds if -(1 << 63) <= nanoseconds < 1 << 63 else None


def _timespan(value: Any) -> int | None:
    """Ticks of `[-][d.]hh:mm[:ss[.fffffff]]`."""
    found = _TIMESPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds or 0)
    ticks = whole * 10_000_000 + int((fraction or "0").ljust(7, "0"))
    return -ticks if sign else ticks


def _whole(value: Any) -> int | None:
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if re.fullmatch(r"[-+]?\d{1,19}", text) else None
    return int(value) if isinstance(value, int) else None


def _real(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        return None


def _bool(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _guid(value: Any) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_CONVERT: Mapping[KqlType, Callable[[Any], Any]] = {
    KqlType.BOOL: _bool,
    KqlType.INT: _whole,
    KqlType.LONG: _whole,
    KqlType.REAL: _real,
    KqlType.DECIMAL: _decimal,
    KqlType.STRING: _text,
    KqlType.DATETIME: _time,
    KqlType.TIMESPAN: _timespan,
    KqlType.GUID: _guid,
    KqlType.DYNAMIC: _json,
}
