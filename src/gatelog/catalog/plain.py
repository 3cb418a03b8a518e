"""Values from JSON and YAML documents as plain JSON: text keys, no exotic types, not nested without end."""

from __future__ import annotations

import math
from typing import Any

DEEPEST = 100
"""Levels of lists and objects; every walk over a document may then be recursive."""


def plain(value: Any, depth: int = 0) -> Any:
    """The value with keys as text. Raises ValueError for what JSON cannot say, and for too many levels."""
    if depth > DEEPEST:
        raise ValueError(f"nested more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"values of YAML type {type(value).__name__} are not supported")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, str | int | float):
        return str(key)
    raise ValueError("expected texts as keys")
