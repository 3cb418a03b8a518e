"""Reading JSON that others wrote: nothing here raises, what is missing or of another type is simply absent."""

from __future__ import annotations

from typing import Any

import orjson

JsonObject = dict[str, Any]


def read_object(body: bytes | str) -> JsonObject | None:
    """The JSON object in `body`; None when it is anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def text_of(value: object) -> str:
    """The value when it is a string, else ''."""
    return value if isinstance(value, str) else ""


def number_of(value: object) -> int:
    """The value when it is a number, else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if value == value and abs(value) < 2**63 else 0


def objects_of(value: object) -> list[JsonObject]:
    """The objects in an array; an object by itself counts as an array of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def object_of(value: object) -> JsonObject:
    """The value when it is an object, else {}."""
    return value if isinstance(value, dict) else {}
