"""What generated code and the library need of any value: its type, text, equality, hash, null tests, unboxing, budgets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.metadata import (
    ANONYMOUS,
    BOOL,
    BYTE,
    CHAR,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    OBJECT,
    SBYTE,
    SHORT,
    STRING,
    UINT,
    ULONG,
    USHORT,
    Type,
    array_of,
    display,
)
from gatelog.policy.dotnet.numbers import Byte, Char, Int16, Int64, SByte, Single, UInt16, UInt32, UInt64, wrap
from gatelog.policy.dotnet.numeric_format import decimal_text, double_text, single_text

MAX_TEXT: Final = 64 * 1024 * 1024
"""Characters of one string that an expression may build."""
MAX_ITEMS: Final = 2_000_000
"""Elements of one collection."""
STEPS: Final = 2_000_000
"""Loop rounds and lambda calls of one evaluation."""
SECONDS: Final = 5.0
"""Wall time of one evaluation."""
_SLICE: Final = 128

_PRIMITIVES: Final[dict[type, Type]] = {
    int: INT, str: STRING, bool: BOOL, float: DOUBLE, Char: CHAR, Int64: LONG, UInt64: ULONG, UInt32: UINT, Int16: SHORT,
    UInt16: USHORT, Byte: BYTE, SByte: SBYTE, Single: FLOAT, Decimal: DECIMAL, bytearray: array_of(BYTE),
}  # fmt: skip


class Instance:
    """Root of the library's own objects. Subclasses name their .NET type and print, compare and hash as it does."""

    __slots__ = ()
    NAME = "System.Object"

    @property
    def type(self) -> Type:
        return Type(self.NAME)

    def text(self) -> str:
        return display(self.type)


class Enum(int):
    """A value of an enum type."""

    kind: Type
    names: dict[int, str]
    flags: bool

    def text(self) -> str:
        if int(self) in self.names:
            return self.names[int(self)]
        if not self.flags:
            return str(int(self))
        left, found = int(self), []
        for value in sorted(self.names, reverse=True):
            if value and left & value == value:
                found.append(self.names[value])
                left &= ~value
        return ", ".join(reversed(found)) if not left else str(int(self))


def type_of(value: Any) -> Type:
    """The run-time type of a value that is not null."""
    found = _PRIMITIVES.get(type(value))
    if found is not None:
        return found
    if isinstance(value, Enum):
        return value.kind
    if isinstance(value, ex.DotNetException):
        return Type(value.full_name)
    if isinstance(value, Instance):
        return value.type
    return OBJECT


def to_text(value: Any) -> str:
    """The text of any value in a concatenation: `ToString()`, and nothing for null."""
    form = _TEXT.get(type(value))
    if form is not None:
        return form(value)
    if isinstance(value, Enum | Instance):
        return value.text()
    if isinstance(value, ex.DotNetException):
        return f"{value.full_name}: {value.message}"
    return OBJECT.name


_TEXT: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "",
    str: lambda v: v,
    Char: str,
    int: int.__repr__,
    bool: lambda v: "True" if v else "False",
    float: double_text,
    Single: single_text,
    Decimal: decimal_text,
    bytearray: lambda _: "System.Byte[]",
    **dict.fromkeys((Int64, UInt64, UInt32, Int16, UInt16, Byte, SByte), int.__repr__),
}


def string_value(value: Any) -> str:
    """`value.ToString()` on a receiver that may be null."""
    if value is None:
        raise ex.null_reference()
    return to_text(value)


def nn(value: Any) -> Any:
    """The receiver, which must not be null."""
    if value is None:
        raise ex.null_reference()
    return value


def cat(*parts: str) -> str:
    """String concatenation under the allocation cap."""
    text = "".join(parts)
    if len(text) > MAX_TEXT:
        raise ex.spent("builds a string that is too long")
    return text


def checked_nullable(value: Any) -> Any:
    """`(T)nullable`, `nullable.Value`."""
    if value is None:
        raise ex.invalid_operation("Nullable object must have a value.")
    return value


def unbox(value: Any, kind: Type, allow_null: bool) -> Any:
    """`(T)object` for a value type: exactly this type, nothing converted."""
    if value is None:
        if allow_null:
            return None
        raise ex.null_reference()
    found = type_of(value)
    if found != kind and not (isinstance(value, Enum) and kind == INT):
        raise ex.invalid_cast()
    return value


Assignable = Callable[[Type, Type], bool]


class Casts:
    """Run-time type tests; the library's subtype relation is put in when the whitelist is assembled."""

    __slots__ = ("assignable",)

    def __init__(self) -> None:
        self.assignable: Assignable = lambda source, target: source == target


CASTS: Final = Casts()


def is_instance(value: Any, kind: Type) -> bool:
    """`value is T`."""
    if value is None:
        return False
    if isinstance(value, ex.DotNetException):
        return kind == OBJECT or value.is_a(kind.name)
    if kind.name == "System.Nullable":
        kind = kind.args[0]
    found = type_of(value)
    return found == kind or CASTS.assignable(found, kind)


def cast_reference(value: Any, kind: Type) -> Any:
    """`(T)reference`."""
    if value is None or is_instance(value, kind):
        return value
    raise ex.invalid_cast(f"Unable to cast object of type '{display(type_of(value))}' to type '{display(kind)}'.")


def as_type(value: Any, kind: Type) -> Any:
    """`value as T`."""
    return value if is_instance(value, kind) else None


def same_reference(left: Any, right: Any) -> bool:
    """`==` on references: identity, but text for strings (literals are interned in .NET)."""
    if type(left) is str and type(right) is str:
        return left == right
    return left is right and (left is None or type(left) not in _PRIMITIVES or type(left) is bytearray)


def equals(left: Any, right: Any) -> bool:
    """`object.Equals(left, right)`: same type and same value, or the same reference."""
    if left is right:
        return left is not None and left == left or left is None or isinstance(left, float)
    if left is None or right is None:
        return False
    one, two = type(left), type(right)
    if one is not two:
        return False
    if one in _PRIMITIVES:
        return one is not bytearray and bool(left == right or (isinstance(left, float) and left != left and right != right))
    if isinstance(left, Enum):
        return left.kind == right.kind and int(left) == int(right)
    same = getattr(left, "same_value", None)
    return bool(same(right)) if same is not None else False


class Key:
    """A value as the key of a hash table: equal when .NET's `Equals` says so."""

    __slots__ = ("hash", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.hash = hash_of(value)

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and equals(self.value, other.value)


def key_of(value: Any) -> Any:
    """A Python dictionary key that stands for `value`."""
    return value if type(value) is str or type(value) is int else Key(value)


def hash_of(value: Any) -> int:
    """`GetHashCode()`: numbers, bool and char as .NET Framework does; strings by its 64-bit-process algorithm."""
    if value is None:
        return 0
    own = getattr(value, "hash_code", None)
    if own is not None:
        return wrap(int(own()), 32)
    if type(value) is str:
        return string_hash(value)
    return _primitive_hash(value)


def _primitive_hash(value: Any) -> int:
    if type(value) is Char:
        return ord(value) | (ord(value) << 16)
    if type(value) in (Int64, UInt64):
        bits = int(value) & 0xFFFFFFFFFFFFFFFF
        return wrap((bits & 0xFFFFFFFF) ^ (bits >> 32), 32)
    if isinstance(value, Int16 | SByte):
        low = int(value) & (0xFFFF if isinstance(value, Int16) else 0xFF)
        return wrap(low | (low << (16 if isinstance(value, Int16) else 8)), 32)
    if isinstance(value, int):
        return wrap(int(value), 32)
    return wrap(hash(value), 32)


def string_hash(text: str) -> int:
    """`string.GetHashCode()` of .NET Framework in a 64-bit process."""
    data = text.encode("utf-16-le", "surrogatepass")
    one = two = 5381
    for at in range(0, len(data) - 1, 4):
        one = ((one << 5) + one) & 0xFFFFFFFF ^ (data[at] | data[at + 1] << 8)
        if at + 2 >= len(data):
            break
        two = ((two << 5) + two) & 0xFFFFFFFF ^ (data[at + 2] | data[at + 3] << 8)
    return wrap(one + two * 1566083941, 32)


def iterate(value: Any) -> Iterator[Any]:
    """The elements of anything enumerable, each knowing its type."""
    if isinstance(value, str):
        return map(Char, units(value))
    if isinstance(value, bytearray):
        return map(Byte, value)
    if value is None:
        raise ex.null_reference()
    return iter(value)


def units(text: str) -> str:
    """A string as UTF-16 code units, one Python character each."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(c if c <= "\uffff" else _pair(ord(c)) for c in text)


def _pair(code: int) -> str:
    code -= 0x10000
    return chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))


def joined(text: str) -> str:
    """UTF-16 code units back to a Python string: surrogate pairs become one character."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") if _paired(text) else _join_pairs(text)


def _paired(text: str) -> bool:
    try:
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return False
    return True


def _join_pairs(text: str) -> str:
    out: list[str] = []
    for char in text:
        if out and "\udc00" <= char <= "\udfff" and "\ud800" <= out[-1] <= "\udbff":
            high = ord(out.pop())
            char = chr(0x10000 + ((high - 0xD800) << 10) + (ord(char) - 0xDC00))
        out.append(char)
    return "".join(out)


class Array(Instance):
    """T[]; byte[] is Python's bytearray instead."""

    __slots__ = ("element", "items")

    def __init__(self, element: Type, items: list[Any]) -> None:
        self.element = element
        self.items = items

    @property
    def type(self) -> Type:
        return array_of(self.element)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class Anonymous(Instance):
    """`new { a = 1 }`."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    @property
    def type(self) -> Type:
        return Type(ANONYMOUS, tuple(part for name, value in self.fields.items() for part in (Type(f".{name}"), type_of(value))))

    def text(self) -> str:
        return "{ " + ", ".join(f"{name} = {to_text(value)}" for name, value in self.fields.items()) + " }"

    def same_value(self, other: Anonymous) -> bool:
        return list(self.fields) == list(other.fields) and all(equals(v, other.fields[k]) for k, v in self.fields.items())

    def hash_code(self) -> int:
        return hash(tuple(hash_of(v) for v in self.fields.values()))


def make_array(element: Type, items: Iterable[Any]) -> Any:
    """An array of these elements."""
    if element == BYTE:
        return bytearray(items)
    return Array(element, items if isinstance(items, list) else list(items))


def new_budget() -> list[Any]:
    """The budget of one evaluation: steps left in this slice, steps left in all, when time is up."""
    return [_SLICE, STEPS, time.monotonic() + SECONDS]


def tick(budget: list[Any]) -> None:
    """Take one step."""
    budget[0] -= 1
    if budget[0] < 0:
        refill(budget)


def refill(budget: list[Any]) -> None:
    budget[1] -= _SLICE
    budget[0] = _SLICE
    if budget[1] < 0:
        raise ex.spent("takes too many steps")
    if time.monotonic() > budget[2]:
        raise ex.spent("takes too much time")


def zeroed(element: Type, size: int, zero: Any) -> Any:
    """`new T[size]`."""
    if size < 0:
        raise overflow_size()
    if size > MAX_ITEMS:
        raise ex.spent("makes an array that is too long")
    return bytearray(size) if element == BYTE else Array(element, [zero] * size)


def overflow_size() -> ex.DotNetException:
    return ex.overflow()


def raise_value(value: Any) -> Any:
    """`throw value`."""
    raise nn(value)
