"""Newtonsoft's JSON tree: JObject, JArray, JProperty, JValue.

A container starts as the plain Python data of a parser (`raw`) and wraps children only where an expression touches them, so that
reading one field of a body costs one lookup. The first change wraps all children of that container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan, parse_iso
from gatelog.policy.dotnet.guids import Guid
from gatelog.policy.dotnet.numbers import Int64
from gatelog.policy.dotnet.runtime import Array, Enum, Instance, equals, hash_of, to_text, type_of
from gatelog.policy.dotnet.uris import Uri

LINQ: Final = "Newtonsoft.Json.Linq."
TOKEN_TYPES: Final = (
    "None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float", "String", "Boolean", "Null", "Undefined",
    "Date", "Raw", "Bytes", "Guid", "Uri", "TimeSpan",
)  # fmt: skip
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT|/Date\(")


class JToken(Instance):
    """Root of the tree's nodes."""

    __slots__ = ("parent",)
    NAME = LINQ + "JToken"
    parent: JContainer | None

    kind: str

    def deep_clone(self) -> JToken:
        raise NotImplementedError


class JContainer(JToken):
    """A node with children."""

    __slots__ = ()
    NAME = LINQ + "JContainer"

    def children(self) -> list[JToken]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[JToken]:
        return iter(self.children())

    def __len__(self) -> int:
        return len(self.children())


class JValue(JToken):
    """A primitive: `kind` is its JTokenType, `value` a value of .NET."""

    __slots__ = ("kind", "value")
    NAME = LINQ + "JValue"

    def __init__(self, value: Any, kind: str) -> None:
        self.parent = None
        self.value = value
        self.kind = kind

    def text(self) -> str:
        return to_text(self.value)

    def same_value(self, other: JValue) -> bool:
        return values_equal(self, other)

    def hash_code(self) -> int:
        return hash_of(self.value)

    def deep_clone(self) -> JValue:
        return JValue(self.value, self.kind)


class JRaw(JValue):
    """JSON text that is written as it stands."""

    __slots__ = ()
    NAME = LINQ + "JRaw"


class JProperty(JContainer):
    """A name with its value; a view of its object once it has been added to one."""

    __slots__ = ("_value", "name")
    NAME = LINQ + "JProperty"
    kind = "Property"

    def __init__(self, name: str, value: JToken | None, parent: JObject | None = None) -> None:
        self.name = name
        self.parent = parent
        self._value = token = value if value is not None else JValue(None, "Null")
        if parent is None:
            if token.parent is not None:
                self._value = token = token.deep_clone()
            token.parent = self

    @property
    def value(self) -> JToken:
        owner = self.parent
        if isinstance(owner, JObject):
            found = owner.get(self.name)
            if found is not None:
                return found
        return self._value

    def set_value(self, value: JToken | None) -> None:
        if isinstance(self.parent, JObject):
            self.parent.put(self.name, value)
        else:
            self._value = adopted(value if value is not None else JValue(None, "Null"))
            self._value.parent = self

    def children(self) -> list[JToken]:
        return [self.value]

    def text(self) -> str:
        return str(WRITERS.indented(self))

    def deep_clone(self) -> JProperty:
        return JProperty(self.name, self.value.deep_clone())


class JObject(JContainer):
    """An object; `raw` is the parser's dict, `items` the wrapped children."""

    __slots__ = ("items", "raw")
    NAME = LINQ + "JObject"
    kind = "Object"

    def __init__(self, raw: dict[str, Any] | None = None) -> None:
        self.parent = None
        self.raw = raw
        """Data that is not wrapped yet; None: everything is in `items`."""
        self.items: dict[str, JToken] = {}

    def get(self, name: str) -> JToken | None:
        """The child, or None when there is no such property."""
        found = self.items.get(name)
        if found is not None or self.raw is None or name not in self.raw:
            return found
        token = wrap(self.raw[name])
        token.parent = self
        self.items[name] = token
        return token

    def names(self) -> list[str]:
        return list(self.items if self.raw is None else self.raw)

    def own(self) -> dict[str, JToken]:
        """Every child, wrapped, in order."""
        if self.raw is not None:
            children = [(name, self.get(name)) for name in self.raw]
            self.items = {name: child for name, child in children if child is not None}
            self.raw = None
        return self.items

    def put(self, name: str, value: JToken | None) -> None:
        token = adopted(value if value is not None else JValue(None, "Null"))
        self.own()[name] = token
        token.parent = self

    def add(self, name: str, value: JToken | None) -> None:
        if name in self.own():
            raise ex.argument(
                f"Can not add property {name} to Newtonsoft.Json.Linq.JObject. "
                "Property with the same name already exists on object."
            )
        self.put(name, value)

    def remove(self, name: str) -> bool:
        found = self.own().pop(name, None)
        if found is not None:
            found.parent = None
        return found is not None

    def properties(self) -> list[JProperty]:
        return [JProperty(name, self.get(name), self) for name in self.names()]

    def children(self) -> list[JToken]:
        return list(self.properties())

    def __len__(self) -> int:
        return len(self.items if self.raw is None else self.raw)

    def text(self) -> str:
        return str(WRITERS.indented(self))

    def deep_clone(self) -> JObject:
        copy = JObject()
        for name, token in self.own().items():
            copy.put(name, token.deep_clone())
        return copy


class JArray(JContainer):
    """An array."""

    __slots__ = ("items", "raw")
    NAME = LINQ + "JArray"
    kind = "Array"

    def __init__(self, raw: list[Any] | None = None) -> None:
        self.parent = None
        self.raw = raw
        self.items: list[JToken | None] = [None] * len(raw) if raw is not None else []

    def get(self, index: int) -> JToken:
        if not 0 <= index < len(self.items):
            raise ex.out_of_range(
                "index", "Index was out of range. Must be non-negative and less than the size of the collection."
            )
        found = self.items[index]
        if found is None:
            assert self.raw is not None
            found = wrap(self.raw[index])
            found.parent = self
            self.items[index] = found
        return found

    def own(self) -> list[Any]:
        if self.raw is not None:
            self.items = [self.get(index) for index in range(len(self.items))]
            self.raw = None
        return self.items

    def append(self, value: JToken | None) -> None:
        token = adopted(value if value is not None else JValue(None, "Null"))
        token.parent = self
        self.own().append(token)

    def insert(self, index: int, value: JToken | None) -> None:
        if not 0 <= index <= len(self.items):
            raise ex.out_of_range(
                "index", "Index was out of range. Must be non-negative and less than the size of the collection."
            )
        token = adopted(value if value is not None else JValue(None, "Null"))
        token.parent = self
        self.own().insert(index, token)

    def put(self, index: int, value: JToken | None) -> None:
        self.get(index)
        token = adopted(value if value is not None else JValue(None, "Null"))
        token.parent = self
        self.own()[index] = token

    def children(self) -> list[JToken]:
        return list(self.own())

    def __len__(self) -> int:
        return len(self.items)

    def text(self) -> str:
        return str(WRITERS.indented(self))

    def deep_clone(self) -> JArray:
        copy = JArray()
        for token in self.children():
            copy.append(token.deep_clone())
        return copy


class Writers:
    """How containers print themselves; the writer module fills it in, which stands above this one."""

    __slots__ = ("indented",)

    def __init__(self) -> None:
        self.indented: Any = repr


WRITERS: Final = Writers()


def adopted(token: JToken) -> JToken:
    """A token that gets a parent: one that already has a parent is copied, as Newtonsoft does."""
    return token.deep_clone() if token.parent is not None else token


def wrap(raw: Any) -> JToken:
    """A token over parsed data."""
    if isinstance(raw, str):
        return string_token(raw)
    if isinstance(raw, bool):
        return JValue(raw, "Boolean")
    if isinstance(raw, dict):
        return JObject(raw)
    if isinstance(raw, list):
        return JArray(raw)
    if raw is None:
        return JValue(None, "Null")
    if isinstance(raw, int):
        return JValue(Int64(raw), "Integer") if -(2**63) <= raw < 2**63 else JValue(BigInteger(raw), "Integer")
    if isinstance(raw, float):
        return JValue(raw, "Float")
    token = raw
    assert isinstance(token, JToken)
    return token


class BigInteger(Instance):
    """System.Numerics.BigInteger: what a JSON integer beyond 64 bits becomes."""

    __slots__ = ("number",)
    NAME = "System.Numerics.BigInteger"

    def __init__(self, number: int) -> None:
        self.number = number

    def text(self) -> str:
        return str(self.number)

    def same_value(self, other: BigInteger) -> bool:
        return self.number == other.number


def string_token(text: str) -> JValue:
    """A string of JSON text: exact ISO timestamps become dates (DateParseHandling.DateTime)."""
    if len(text) > 18 and _DATE.match(text):
        date = parse_iso(text)
        if date is not None:
            return JValue(date, "Date")
    return JValue(text, "String")


_KINDS: Final[dict[type, str]] = {
    str: "String", bool: "Boolean", float: "Float", Decimal: "Float", DateTime: "Date", DateTimeOffset: "Date",
    TimeSpan: "TimeSpan", Guid: "Guid", Uri: "Uri", bytearray: "Bytes", BigInteger: "Integer",
}  # fmt: skip


def value_token(value: Any) -> JValue:
    """`new JValue(object)`."""
    if value is None:
        return JValue(None, "Null")
    kind = _KINDS.get(type(value))
    if kind is None and isinstance(value, float):
        kind = "Float"
    if kind is None and isinstance(value, Enum | int):
        kind = "Integer"
    if kind is None and isinstance(value, JValue):
        return JValue(value.value, value.kind)
    if kind is None:
        raise ex.argument(f"Could not determine JSON object type for type {full_type_name(value)}.")
    return JValue(value, kind)


def full_type_name(value: Any) -> str:
    return str(type_of(value))


def content_token(value: Any) -> JToken:
    """What `new JProperty(name, object)`, `new JArray(object)` and `Add(object)` make of a value."""
    if isinstance(value, JToken):
        return value
    return value_token(value)


def property_content(name: str, value: Any) -> JProperty:
    """`new JProperty(name, content)`: a sequence becomes an array."""
    if name is None:
        raise ex.argument_null("name")
    if type(value) is str:
        return JProperty(name, JValue(value, "String"))
    if isinstance(value, JProperty):
        raise ex.argument("Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JProperty.")
    if is_multi(value):
        array = JArray()
        fill_array(array, value)
        return JProperty(name, array)
    return JProperty(name, content_token(value))


def is_multi(value: Any) -> bool:
    """Whether content is a sequence of content (strings, tokens and bytes are not)."""
    return isinstance(value, Array) or (
        isinstance(value, Instance) and not isinstance(value, JToken) and hasattr(value, "__iter__")
    )


def fill_array(array: JArray, content: Any) -> None:
    if is_multi(content):
        for item in content:
            fill_array(array, item)
    else:
        array.append(content_token(content))


def fill_object(target: JObject, content: Any) -> None:
    """`JObject.Add(content)`: properties, or sequences of them."""
    if type(content) is JProperty:
        if content.parent is not None:
            target.add(content.name, content.value)
            return
        if content.name in target.own():
            target.add(content.name, None)
        token = content._value
        token.parent = content.parent = target
        target.items[content.name] = token
    elif is_multi(content):
        for item in content:
            fill_object(target, item)
    else:
        name = full_type_name(content) if isinstance(content, JToken) else LINQ + "JValue"
        raise ex.argument(f"Can not add {name} to Newtonsoft.Json.Linq.JObject.")


def compare_values(left: JValue, right: JValue) -> int:
    """`JValue.CompareTo`."""
    one, two = plain(left), plain(right)
    if one is None or two is None:
        return (one is not None) - (two is not None)
    if isinstance(one, str) or isinstance(two, str):
        a, b = to_text(one), to_text(two)
        return (a > b) - (a < b)
    return int((one > two) - (one < two))


def plain(token: JValue) -> Any:
    """The value as something that Python can compare."""
    value = token.value
    if isinstance(value, DateTime | DateTimeOffset):
        return value.ticks
    return value.number if isinstance(value, BigInteger) else value


_NUMBERS: Final = frozenset({"Integer", "Float"})


def values_equal(left: JValue, right: JValue) -> bool:
    """Whether two primitives are the same: type and value."""
    if left is right:
        return True
    if left.kind != right.kind:
        return False
    if left.kind in _NUMBERS:
        return bool(plain(left) == plain(right))
    return left.value is None and right.value is None or equals(left.value, right.value)


def deep_equals(left: JToken | None, right: JToken | None) -> bool:
    """`JToken.DeepEquals`."""
    if left is None or right is None:
        return left is right
    if isinstance(left, JValue) and isinstance(right, JValue):
        return values_equal(left, right)
    if isinstance(left, JObject) and isinstance(right, JObject):
        one, two = left.own(), right.own()
        return one.keys() == two.keys() and all(deep_equals(v, two[k]) for k, v in one.items())
    if isinstance(left, JArray) and isinstance(right, JArray):
        return len(left) == len(right) and all(deep_equals(a, b) for a, b in zip(left.own(), right.own(), strict=True))
    if isinstance(left, JProperty) and isinstance(right, JProperty):
        return left.name == right.name and deep_equals(left.value, right.value)
    return False


def parent_of(token: JToken) -> JToken | None:
    """`JToken.Parent`: a property's value hangs below its property."""
    owner = token.parent
    if isinstance(owner, JObject) and not isinstance(token, JProperty):
        name = next((n for n, t in owner.items.items() if t is token), None)
        return JProperty(name, token, owner) if name is not None else None
    return owner


def path_of(token: JToken) -> str:
    """`JToken.Path`: `a.b[0]['odd name']`."""
    if isinstance(token, JProperty):
        lead = path_of(token.parent) if token.parent is not None else ""
        return _join_name(lead, token.name)
    owner = token.parent
    if owner is None:
        return ""
    if isinstance(owner, JArray):
        index = next(i for i, t in enumerate(owner.items) if t is token)
        return f"{path_of(owner)}[{index}]"
    if isinstance(owner, JObject):
        name = next(n for n, t in owner.items.items() if t is token)
        return _join_name(path_of(owner), name)
    return path_of(owner)


def _join_name(lead: str, name: str) -> str:
    if re.search(r"[ .'/\"\[\]()\t\n\r\f\b\\]", name):
        return f"{lead}['{name}']"
    return f"{lead}.{name}" if lead else name
