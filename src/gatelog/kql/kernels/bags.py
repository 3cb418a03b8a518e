"""Functions over property bags and over dynamic values of any shape, as JSON text in and out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from gatelog.kql.kernels.json_text import array, bag, dump, load, text_of, write

_PATH = re.compile(r"""\.?\[\s*(?:'(?P<one>[^']*)'|"(?P<two>[^"]*)"|(?P<place>-?\d+))\s*\]|\.?(?P<name>[^.\[\]]+)""")


def type_name(text: str | None) -> str:
    """gettype() of a dynamic."""
    value = load(text)
    if value is None:
        return "null"
    names = {bool: "bool", int: "long", float: "double", str: "string", list: "array", dict: "dictionary"}
    return names[type(value)]


def canonical(text: str | None) -> str | None:
    """JSON text with the keys of every bag in order; a plain value as its text."""
    value = load(text)
    return dump(_sorted(value)) if isinstance(value, list | dict) else text_of(value)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def keys(text: str | None) -> str | None:
    """The root keys of a bag."""
    slots = bag(text)
    return None if slots is None else orjson.dumps(list(slots)).decode()


def has_key(text: str | None, key: str) -> bool | None:
    """Whether a bag has a root key, or what a path that starts with $ leads to; null for what is no bag."""
    value: Any = bag(text)
    if value is None:
        return None
    for step in (json_path(key) or [key]) if key.startswith("$") else [key]:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def merge(*texts: str | None) -> str | None:
    """One bag of all slots; the leftmost bag wins."""
    merged: dict[str, Any] = {}
    found = False
    for text in texts:
        slots = bag(text)
        found = found or slots is not None
        for key, value in (slots or {}).items():
            merged.setdefault(key, value)
    return dump(merged) if found else None


def set_key(text: str | None, path: str, value: str | None) -> str | None:
    """The bag with one slot set; a path that starts with $ reaches into bags inside."""
    root = bag(text)
    if root is None:
        return None
    steps = json_path(path) if path.startswith("$") else [path]
    if not steps or not all(isinstance(step, str) for step in steps):
        return None
    slots = root
    for step in steps[:-1]:
        inner = slots.get(str(step))
        if not isinstance(inner, dict):
            inner = {}
            slots[str(step)] = inner
        slots = inner
    slots[str(steps[-1])] = load(value)
    return dump(root)


def remove_keys(text: str | None, names: str | None) -> str | None:
    """The bag without some slots; a name that starts with $ is a path."""
    root, wanted = bag(text), array(names)
    if root is None or wanted is None:
        return None
    for name in wanted:
        steps = json_path(str(name)) if str(name).startswith("$") else [str(name)]
        _remove(root, steps or [])
    return dump(root)


def _remove(value: Any, steps: Sequence[str | int]) -> None:
    for step in steps[:-1]:
        value = _member(value, step)
    if steps and isinstance(value, dict):
        value.pop(steps[-1], None)


def _member(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return value[step]
    return None


def pack(*pairs: str | None) -> str | None:
    """A bag from keys and JSON values in turn."""
    slots: dict[str, Any] = {}
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        slots[key or ""] = load(value)
    return dump(slots)


def bag_zip(names: str | None, values: str | None) -> str | None:
    """A bag from an array of keys and an array of values; a missing value is null, keys that are no text are left out."""
    wanted, given = array(names), array(values) or []
    if wanted is None:
        return None
    pairs = [(key, given[place] if place < len(given) else None) for place, key in enumerate(wanted)]
    return dump({key: value for key, value in pairs if isinstance(key, str)})


def tree_path(text: str | None) -> str | None:
    """The paths of everything inside a dynamic; items of an array share the path [0]."""
    value = load(text)
    if not isinstance(value, list | dict):
        return None
    paths: dict[str, None] = {}
    _collect(value, "", paths)
    return dump(list(paths))


def _collect(value: Any, prefix: str, paths: dict[str, None]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{prefix}['{key}']"
            if not isinstance(inner, dict) or not inner:
                paths[path] = None
            _collect(inner, path, paths)
    elif isinstance(value, list):
        for inner in value:
            path = f"{prefix}[0]"
            if not isinstance(inner, dict) or not inner or prefix:
                paths[path] = None
            _collect(inner, path, paths)


def json_path(path: str) -> list[str | int] | None:
    """The steps of a JSON path such as `$.a['b'][0]`; None when it is not of that form."""
    if not path.startswith("$"):
        return None
    steps: list[str | int] = []
    place = 1
    while place < len(path):
        found = _PATH.match(path, place)
        if found is None:
            return None
        if found["place"] is not None:
            steps.append(int(found["place"]))
        else:
            steps.append(next(part for part in (found["one"], found["two"], found["name"]) if part is not None))
        place = found.end()
    return steps


def extract(path: str, text: str) -> str | None:
    """The value at a JSON path, as JSON text; None when the text is no JSON or has no such path."""
    steps = json_path(path)
    if steps is None or not text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    for step in steps:
        value = _member(value, step)
    return dump(value)


def schema(texts: list[str] | None) -> str | None:
    """buildschema(): the types found at each place of several dynamic values."""
    kinds: dict[str, Any] = {}
    for text in texts or []:
        _learn(load(text), kinds)
    return write(_summary(kinds)) if kinds else None


def _learn(value: Any, kinds: dict[str, Any]) -> None:
    if isinstance(value, dict):
        slots = kinds.setdefault("{", {})
        for key, inner in value.items():
            _learn(inner, slots.setdefault(key, {}))
    elif isinstance(value, list):
        items = kinds.setdefault("[", {})
        for inner in value:
            _learn(inner, items)
    elif value is not None:
        kinds[type_name(write(value))] = True


def _summary(kinds: dict[str, Any]) -> Any:
    found: list[Any] = [name for name in kinds if name not in ("{", "[")]
    if "[" in kinds:
        found.append({"`indexer`": _summary(kinds["["])})
    if "{" in kinds:
        found.append({key: _summary(inner) for key, inner in kinds["{"].items()})
    return found[0] if len(found) == 1 else found


def make_bag(texts: list[str] | None, limit: int = 1_048_576) -> str:
    """make_bag(): all slots of several bags; the first value of a key stays."""
    merged: dict[str, Any] = {}
    for text in texts or []:
        for key, value in (bag(text) or {}).items():
            if key not in merged and len(merged) < limit:
                merged[key] = value
    return write(merged)
