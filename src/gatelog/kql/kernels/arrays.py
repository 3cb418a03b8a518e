"""Functions over dynamic arrays, as JSON text in and out."""

from __future__ import annotations

from collections.abc import Callable

import orjson


def numbers(text: str | None) -> list[float | int | None] | None:
    """The items of a JSON array, null for what is not a number; None when it is no array."""
    if text is None or not text.startswith("["):
        return None
    return [item if isinstance(item, (int, float)) and not isinstance(item, bool) else None for item in orjson.loads(text)]


def elementwise(apply: Callable[[float], float]) -> Callable[[str | None], str | None]:
    """A kernel that maps every number of an array and keeps null."""

    def run(text: str | None) -> str | None:
        items = numbers(text)
        if items is None:
            return None
        return orjson.dumps([None if item is None else apply(item) for item in items]).decode()

    return run
