"""Shredding: the JSON text of chosen paths of a document, as KQL's parse_json(...)path would give it."""

from __future__ import annotations

from typing import Any

import orjson

from gatelog.schema.table import JsonPath


def shred(text: str, paths: tuple[JsonPath, ...]) -> tuple[str | None, ...]:
    """JSON text of each path; None where the path is missing, null, or the document is no JSON."""
    try:
        document = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict | list):
        return (None,) * len(paths)
    return tuple(_text(_at(document, path)) for path in paths)


def _at(value: Any, path: JsonPath) -> Any:
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
