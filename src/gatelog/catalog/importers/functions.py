"""The functions of ARM templates that give the same value everywhere.

What only a running Azure knows (`reference`, `listKeys`) is refused by name. `uniqueString` and `guid` give other texts than
Azure, whose algorithm is not published; they depend on their arguments alone, as there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urljoin

from gatelog.catalog.importers.expressions import TemplateError


def _concat(*parts: Any) -> Any:
    if parts and all(isinstance(part, list) for part in parts):
        return [item for part in parts for item in part]
    return "".join(_string(part) for part in parts)


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else str(value)


def _format(template: str, *values: Any) -> str:
    text = template.replace("{{", "\0").replace("}}", "\1")
    for index, value in enumerate(values):
        text = text.replace("{" + str(index) + "}", _string(value))
    return text.replace("\0", "{").replace("\1", "}")


def _union(*parts: Any) -> Any:
    if all(isinstance(part, dict) for part in parts):
        merged: dict[str, Any] = {}
        for part in parts:
            for name, value in part.items():
                both = isinstance(value, dict) and isinstance(merged.get(name), dict)
                merged[name] = _union(merged[name], value) if both else value
        return merged
    found: list[Any] = []
    for part in parts:
        found += [item for item in part if item not in found]
    return found


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict):
        return str(part).lower() in {name.lower() for name in whole}
    return str(part) in whole if isinstance(whole, str) else part in whole


def _split(text: str, marks: Any) -> list[str]:
    marks = [marks] if isinstance(marks, str) else marks
    return reduce(lambda parts, mark: [piece for part in parts for piece in part.split(mark)], marks, [text])


def _unique(*parts: Any) -> str:
    digest = hashlib.sha256("-".join(map(_string, parts)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def _guid(*parts: Any) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "-".join(map(_string, parts))))


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _length(value: Any) -> int:
    return len(value)


def _substring(text: str, start: int, length: int | None = None) -> str:
    return text[start:] if length is None else text[start : start + length]


def _take(value: Any, count: int) -> Any:
    return value[: max(count, 0)]


def _skip(value: Any, count: int) -> Any:
    return value[max(count, 0) :]


def _create_object(*parts: Any) -> dict[str, Any]:
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _bool(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("true", "1")


def _equals(left: Any, right: Any) -> bool:
    return bool(left == right)


def _range(start: int, count: int) -> list[int]:
    if count > 10_000:
        raise TemplateError("range: expected at most 10,000 numbers")
    return list(range(start, start + count))


def _items(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value[name]} for name in sorted(value)]


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "concat": _concat,
        "format": _format,
        "string": _string,
        "int": lambda value: int(value),
        "bool": _bool,
        "json": lambda text: json.loads(text),
        "null": lambda: None,
        "true": lambda: True,
        "false": lambda: False,
        "tolower": lambda text: text.lower(),
        "toupper": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
        "replace": lambda text, old, new: text.replace(old, new),
        "split": _split,
        "join": lambda items, mark: mark.join(map(_string, items)),
        "substring": _substring,
        "startswith": lambda text, part: text.lower().startswith(part.lower()),
        "endswith": lambda text, part: text.lower().endswith(part.lower()),
        "indexof": lambda text, part: text.lower().find(part.lower()) if isinstance(text, str) else text.index(part),
        "lastindexof": lambda text, part: text.lower().rfind(part.lower()),
        "padleft": lambda text, width, mark=" ": _string(text).rjust(width, mark),
        "length": _length,
        "empty": lambda value: value is None or len(value) == 0,
        "contains": _contains,
        "first": lambda value: value[0] if value else "",
        "last": lambda value: value[-1] if value else "",
        "take": _take,
        "skip": _skip,
        "union": _union,
        "intersection": lambda left, right: [item for item in left if item in right],
        "createarray": lambda *items: list(items),
        "array": lambda value: value if isinstance(value, list) else [value],
        "createobject": _create_object,
        "items": _items,
        "objectkeys": lambda value: sorted(value),
        "shallowmerge": lambda parts: {name: item for part in parts for name, item in part.items()},
        "flatten": lambda parts: [item for part in parts for item in part],
        "range": _range,
        "coalesce": _coalesce,
        "equals": _equals,
        "not": lambda value: not value,
        "and": lambda *values: all(values),
        "or": lambda *values: any(values),
        "less": lambda left, right: left < right,
        "lessorequals": lambda left, right: left <= right,
        "greater": lambda left, right: left > right,
        "greaterorequals": lambda left, right: left >= right,
        "add": lambda left, right: left + right,
        "sub": lambda left, right: left - right,
        "mul": lambda left, right: left * right,
        "div": lambda left, right: left // right,
        "mod": lambda left, right: left % right,
        "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
        "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
        "base64": lambda text: base64.b64encode(text.encode()).decode(),
        "base64tostring": lambda text: base64.b64decode(text).decode(),
        "uri": urljoin,
        "uricomponent": lambda text: quote(text, safe=""),
        "uricomponenttostring": unquote,
        "uniquestring": _unique,
        "guid": _guid,
    }
)
"""Name in lower case -> function of evaluated arguments."""

ONLY_IN_AZURE = frozenset(
    {"reference", "listkeys", "listsecrets", "list", "listaccountsas", "getsecret", "pickzones", "providers"}
)
"""Functions whose value only a running Azure knows."""
