"""Casts of tokens, `Value<T>()`, `ToObject<T>()`, JsonConvert: tokens to .NET values and back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet import json_reader
from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.collections import Dictionary, HashSet, List, zero_of
from gatelog.policy.dotnet.converting import change_type
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.guids import Guid
from gatelog.policy.dotnet.json_tokens import (
    LINQ,
    BigInteger,
    JArray,
    JObject,
    JProperty,
    JToken,
    JValue,
    value_token,
)
from gatelog.policy.dotnet.json_writer import compact, indented
from gatelog.policy.dotnet.metadata import (
    BOOL,
    BYTE,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    INTEGERS,
    OBJECT,
    STRING,
    Type,
    array_of,
    display,
)
from gatelog.policy.dotnet.numeric_format import round_trip_text
from gatelog.policy.dotnet.runtime import (
    Anonymous,
    Enum,
    Instance,
    cast_reference,
    is_instance,
    iterate,
    make_array,
    to_text,
    type_of,
)
from gatelog.policy.dotnet.uris import Uri

DATE: Final = Type("System.DateTime")
OFFSET: Final = Type("System.DateTimeOffset")
SPAN: Final = Type("System.TimeSpan")
GUID: Final = Type("System.Guid")
URI: Final = Type("System.Uri")
BYTES: Final = array_of(BYTE)

_NUMBERS: Final = ("Integer", "Float", "String", "Comment", "Raw", "Boolean")
_ALLOWED: Final[dict[Type, tuple[str, ...]]] = {
    BOOL: _NUMBERS,
    STRING: ("Date", "Integer", "Float", "String", "Comment", "Raw", "Boolean", "Bytes", "Guid", "TimeSpan", "Uri"),
    DATE: ("Date", "String", "Comment", "Raw"),
    OFFSET: ("Date", "String", "Comment", "Raw"),
    SPAN: ("String", "Comment", "Raw", "TimeSpan"),
    GUID: ("String", "Comment", "Raw", "Guid", "Bytes"),
    URI: ("String", "Comment", "Raw", "Uri"),
    BYTES: ("String", "Comment", "Raw", "Bytes", "Integer"),
}


def cast(kind: Type, allow_null: bool = False) -> Callable[[JToken | None], Any]:
    """The explicit conversion `(T)token`."""
    nullable = allow_null or kind in (STRING, URI, BYTES)
    allowed = _ALLOWED.get(kind, _NUMBERS)

    def run(token: JToken | None) -> Any:
        if token is None:
            if nullable:
                return None
            raise ex.argument_null("value")
        value = token.value if isinstance(token, JProperty) else token
        if not isinstance(value, JValue) or value.kind not in allowed and not (nullable and value.kind in ("Null", "Undefined")):
            raise ex.argument(f"Can not convert {value_kind(value)} to {_title(kind)}.")
        if value.value is None:
            return None
        return _converted(value.value, kind)

    return run


def value_kind(token: JToken) -> str:
    if isinstance(token, JValue) and token.kind == "Date":
        return "Date"
    return token.kind


def _title(kind: Type) -> str:
    return "byte array" if kind == BYTES else kind.short


def _converted(value: Any, kind: Type) -> Any:
    """A token's value as `kind`, the way the conversion operators use Convert with the invariant culture."""
    if isinstance(value, BigInteger):
        value = value.number if kind != STRING else value.text()
    if kind == STRING:
        return invariant_text(value)
    if kind == DATE and isinstance(value, DateTimeOffset):
        return DateTime(value.utc_ticks, 1)
    if kind == OFFSET and isinstance(value, DateTime):
        return DateTimeOffset(value.ticks)
    if kind == BYTES and isinstance(value, str):
        return bytearray(base64.b64decode(value))
    return change_type(value, kind)


def invariant_text(value: Any) -> str:
    """`Convert.ToString(value, InvariantCulture)`."""
    if isinstance(value, bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, DateTime):
        return _invariant_date(value)
    if isinstance(value, DateTimeOffset):
        return f"{_invariant_date(DateTime(value.ticks))} {value.text().rsplit(' ', 1)[1]}"
    return to_text(value)


def _invariant_date(value: DateTime) -> str:
    year, month, day = value.date_parts()
    seconds = value.ticks // n_ticks() % 86400
    return f"{month:02d}/{day:02d}/{year:04d} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def n_ticks() -> int:
    return 10_000_000


def to_json(value: Any) -> Callable[[Any], JToken]:
    """The implicit conversion from a value."""
    return lambda given: JValue(None, value) if given is None else value_token(given)


def convert_token(token: JToken | None, kind: Type) -> Any:
    """`Extensions.Value<T>()`: null gives the default, tokens pass, values are converted."""
    if token is None:
        return zero_of(kind)
    if is_instance(token, kind) and kind.name.startswith(LINQ):
        return token
    if not isinstance(token, JValue):
        if isinstance(token, JProperty):
            return convert_token(token.value, kind)
        raise ex.invalid_cast(f"Cannot cast {display(token.type)} to {display(kind)}.")
    if token.value is None:
        if zero_of(kind) is not None:
            raise ex.invalid_cast("Null object cannot be converted to a value type.")
        return None
    inner = kind.args[0] if kind.name == "System.Nullable" else kind
    if type_of(token.value) == inner or inner == OBJECT:
        return token.value
    if inner == STRING:
        return invariant_text(token.value)
    return _converted(token.value, inner)


def extension_value(args: tuple[Type, ...], token: Any) -> Any:
    return convert_token(token, args[-1])


def value_at(args: tuple[Type, ...], token: Any, key: Any) -> Any:
    """`token.Value<T>(key)`."""
    return convert_token(child(token, key), args[0])


def values_of(args: tuple[Type, ...], source: Any) -> list[Any]:
    return [convert_token(item, args[0]) for item in iterate(source)]


def child(token: JToken, key: Any) -> JToken | None:
    """`token[object key]`."""
    if isinstance(token, JObject):
        if type(key) is not str:
            raise ex.argument(f"Accessed JObject values with invalid key value: {key_text(key)}. Object property name expected.")
        return token.get(key)
    if isinstance(token, JArray):
        if type(key) is not int:
            raise ex.argument(f"Accessed JArray values with invalid key value: {key_text(key)}. Array position index expected.")
        return token.get(key)
    raise ex.invalid_operation(f"Cannot access child value on {display(token.type)}.")


def put_child(token: JToken, key: Any, value: JToken | None) -> JToken | None:
    """`token[object key] = value`."""
    if isinstance(token, JObject):
        if type(key) is not str:
            raise ex.argument(f"Set JObject values with invalid key value: {key_text(key)}. Object property name expected.")
        token.put(key, value)
    elif isinstance(token, JArray):
        if type(key) is not int:
            raise ex.argument(f"Set JArray values with invalid key value: {key_text(key)}. Array position index expected.")
        token.put(key, value)
    else:
        raise ex.invalid_operation(f"Cannot set child value on {display(token.type)}.")
    return value


def key_text(key: Any) -> str:
    if key is None:
        return "null"
    return f'"{key}"' if isinstance(key, str) else to_text(key)


_SIMPLE: Final = frozenset({*INTEGERS, BOOL, STRING, DOUBLE, FLOAT, DECIMAL, DATE, OFFSET, SPAN, GUID, URI})


def to_object(args: tuple[Type, ...], token: JToken) -> Any:
    """`token.ToObject<T>()`; primitives take the road of the casts."""
    kind = args[0]
    inner = kind.args[0] if kind.name == "System.Nullable" else kind
    if inner in _SIMPLE:
        return cast(inner, kind is not inner)(token)
    return deserialize(token, kind)


def deserialize(token: JToken | None, kind: Type) -> Any:
    """A token as a value of `kind`."""
    if kind.name == "System.Nullable":
        return None if token is None or is_null(token) else deserialize(token, kind.args[0])
    if token is None:
        return zero_of(kind)
    if kind == OBJECT or kind.name == "System.Object":
        return token.value if isinstance(token, JValue) else token
    if kind.name.startswith(LINQ):
        return cast_reference(token, kind)
    if kind.args:
        return _collection(token, kind)
    if is_null(token):
        if zero_of(kind) is None:
            return None
        raise ex.DotNetException(
            "JsonSerializationException", f"Error converting value {{null}} to type '{display(kind)}'. Path ''."
        )
    return _primitive(token, kind)


def is_null(token: JToken) -> bool:
    return isinstance(token, JValue) and token.value is None


def _primitive(token: JToken, kind: Type) -> Any:
    if not isinstance(token, JValue):
        start = "StartObject" if isinstance(token, JObject) else "StartArray"
        raise ex.DotNetException(
            "JsonReaderException", f"Error reading {kind.short.lower()}. Unexpected token: {start}. Path ''."
        )
    if type_of(token.value) == kind:
        return token.value
    try:
        if kind == STRING:
            return json_scalar_text(token.value)
        return _converted(token.value, kind)
    except ex.DotNetException:
        if isinstance(token.value, str):
            shown = f"Could not convert string to {'integer' if kind == INT else kind.short}: {token.value}."
            raise ex.DotNetException("JsonReaderException", f"{shown} Path ''.") from None
        raise


def json_scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    return round_trip_text(value) if isinstance(value, float) else invariant_text(value)


_LISTS: Final = ("List", "IList", "IEnumerable", "ICollection", "IReadOnlyList", "IReadOnlyCollection")


def _collection(token: JToken, kind: Type) -> Any:
    if is_null(token):
        return None
    if kind == BYTES:
        return (
            _converted(token.value, BYTES)
            if isinstance(token, JValue)
            else bytearray(deserialize(t, INT) for t in iterate(token))
        )
    if kind.name == "[]" and isinstance(token, JArray):
        return make_array(kind.args[0], [deserialize(item, kind.args[0]) for item in token.children()])
    if kind.short in _LISTS and isinstance(token, JArray):
        return List(kind.args[0], [deserialize(item, kind.args[0]) for item in token.children()])
    if kind.short in ("HashSet", "ISet") and isinstance(token, JArray):
        return HashSet(kind.args[0], [deserialize(item, kind.args[0]) for item in token.children()])
    if kind.short in ("Dictionary", "IDictionary") and isinstance(token, JObject):
        made = Dictionary(kind.args)
        for name in token.names():
            made.put(
                name if kind.args[0] == STRING else change_type(name, kind.args[0]), deserialize(token.get(name), kind.args[1])
            )
        return made
    wanted = 'a JSON object (e.g. {"name":"value"})' if "Dictionary" in kind.short else "a JSON array (e.g. [1,2,3])"
    found = "object" if isinstance(token, JObject) else "array" if isinstance(token, JArray) else "primitive"
    raise ex.DotNetException(
        "JsonSerializationException",
        f"Cannot deserialize the current JSON {found} into type '{display(kind)}' "
        f"because the type requires {wanted} to deserialize correctly.",
    )


def from_object(value: Any) -> JToken:
    """`JToken.FromObject`."""
    if value is None:
        raise ex.argument_null("o")
    return serialize(value)


def object_from(value: Any) -> JToken:
    """`JObject.FromObject`."""
    token = from_object(value)
    if not isinstance(token, JObject):
        raise ex.argument(f"Object serialized to {token.kind}. JObject instance expected.")
    return token


def array_from(value: Any) -> JToken:
    token = from_object(value)
    if not isinstance(token, JArray):
        raise ex.argument(f"Object serialized to {token.kind}. JArray instance expected.")
    return token


def serialize(value: Any) -> JToken:
    """Any value as a token, as the serializer would write it."""
    if isinstance(value, JToken):
        return value.deep_clone()
    if value is None:
        return JValue(None, "Null")
    if isinstance(value, Anonymous):
        return _object((name, item) for name, item in value.fields.items())
    if isinstance(value, Dictionary):
        return _object((_key_name(key), item) for key, item in value.entries.values())
    if isinstance(value, n.Char):
        return JValue(str(value), "String")
    if isinstance(value, Enum):
        return JValue(n.Int64(int(value)), "Integer")
    if isinstance(
        value, bytearray | str | bool | int | float | Decimal | DateTime | DateTimeOffset | TimeSpan | Guid | Uri | BigInteger
    ):
        return value_token(value)
    parts = getattr(value, "json_fields", None)
    if parts is not None:
        return _object(parts())
    if isinstance(value, Instance) and hasattr(value, "__iter__"):
        made = JArray()
        for item in iterate(value):
            made.append(serialize(item))
        return made
    if isinstance(value, Instance) and hasattr(value, "items"):
        return _object((f"Item{i + 1}", item) for i, item in enumerate(value.items))
    if isinstance(value, Instance) and hasattr(value, "key"):
        return _object((("Key", value.key), ("Value", value.value)))  # type: ignore[attr-defined]
    raise ex.DotNetException(
        "JsonSerializationException", f"values of type '{display(type_of(value))}' cannot be serialized here"
    )


def _key_name(key: Any) -> str:
    return invariant_text(key) if not isinstance(key, float) else round_trip_text(key)


def _object(fields: Any) -> JObject:
    made = JObject()
    for name, item in fields:
        made.put(name, serialize(item))
    return made


def serialize_text(value: Any, formatting: int = 0) -> str:
    """`JsonConvert.SerializeObject`."""
    token = value if isinstance(value, JToken) else serialize(value)
    return indented(token) if formatting else compact(token)


def deserialize_text(args: tuple[Type, ...], text: str | None) -> Any:
    """`JsonConvert.DeserializeObject<T>`."""
    if text is None:
        raise ex.argument_null("value")
    if not text.strip():
        return None
    token = json_reader.parse(text)
    return deserialize(token, args[0] if args else OBJECT)


def deserialize_any(text: str | None) -> Any:
    return deserialize_text((), text)


def parse_decimal(text: str) -> Decimal:
    try:
        return n.fit_decimal(Decimal(text))
    except InvalidOperation:
        raise ex.format_error() from None


def token_text(token: JToken, formatting: int, _converters: Any = None) -> str:
    """`token.ToString(Formatting)`: JSON text, quotes around strings too."""
    return indented(token) if formatting else compact(token)
