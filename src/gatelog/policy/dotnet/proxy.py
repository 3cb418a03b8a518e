"""The context object's behaviour: bodies, headers, queries, variables of one call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, quote_plus

import orjson

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import Dictionary, List, Pair, zero_of
from gatelog.policy.dotnet.dates import EPOCH, TICKS, UTC, DateTime, TimeSpan
from gatelog.policy.dotnet.json_reader import parse_bytes
from gatelog.policy.dotnet.json_tokens import JToken, wrap
from gatelog.policy.dotnet.metadata import BYTE, OBJECT, STRING, Type, array_of
from gatelog.policy.dotnet.runtime import Array, Enum, Instance, is_instance, to_text, type_of
from gatelog.policy.dotnet.uris import Uri, read
from gatelog.policy.dotnet.xml_linq import parse_xml_bytes
from gatelog.record.exchange import TraceRecord, Url
from gatelog.record.headers import Headers

NS: Final = "Microsoft.Azure.ApiManagement."
STRINGS: Final = array_of(STRING)


class Scope(Protocol):
    """What the context object offers to this module (`expression.context.Context`)."""

    exchange: Any
    clock: Any
    service: Any


class Message(Instance):
    """IRequest or IResponse over the record's value; `parsed` keeps the body's parsed JSON as long as the bytes are the same."""

    __slots__ = ("certificate", "consumed", "ip", "matched", "message", "original_url", "parsed", "source")

    def __init__(self, message: Any) -> None:
        self.message = message
        self.consumed = False
        self.parsed: Any = ...
        self.source: bytes | None = None
        self.ip = ""
        self.matched: Any = None
        self.original_url: Any = None
        self.certificate: Any = None

    @property
    def type(self) -> Type:
        return Type(NS + ("IResponse" if hasattr(self.message, "status") else "IRequest"))


class Body(Instance):
    """IMessageBody."""

    __slots__ = ("owner",)
    NAME = NS + "IMessageBody"

    def __init__(self, owner: Message) -> None:
        self.owner = owner


class StringMap(Instance):
    """IReadOnlyDictionary<string, string> over a Python dict."""

    __slots__ = ("data",)
    args = (STRING, STRING)

    def __init__(self, data: dict[str, str]) -> None:
        self.data = data

    @property
    def type(self) -> Type:
        return Type("System.Collections.Generic.Dictionary", self.args)

    def get(self, key: str) -> str:
        if key is None:
            raise ex.argument_null("key")
        if key not in self.data:
            raise ex.DotNetException("KeyNotFoundException", "The given key was not present in the dictionary.")
        return self.data[key]

    def contains(self, key: str) -> bool:
        return key in self.data

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Pair]:
        return iter([Pair(self.args, k, v) for k, v in self.data.items()])

    def key_collection(self) -> List:
        return List(STRING, list(self.data))

    def value_collection(self) -> List:
        return List(STRING, list(self.data.values()))


class HeaderMap(Instance):
    """Headers as expressions see them: IReadOnlyDictionary<string, string[]>, names without case."""

    __slots__ = ("headers",)
    NAME = NS + "Headers"
    args = (STRING, STRINGS)

    def __init__(self, headers: Headers) -> None:
        self.headers = headers

    def grouped(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for name, value in self.headers:
            found.setdefault(names.setdefault(name.lower(), name), []).append(value)
        return found

    def get(self, name: str) -> Array:
        if name is None:
            raise ex.argument_null("key")
        found = self.headers.all(name)
        if not found:
            raise ex.DotNetException("KeyNotFoundException", "The given key was not present in the dictionary.")
        return Array(STRING, found)

    def contains(self, name: str) -> bool:
        if name is None:
            raise ex.argument_null("key")
        return name in self.headers

    def try_get(self, name: str) -> tuple[bool, Any]:
        found = self.headers.all(name)
        return bool(found), Array(STRING, found) if found else None

    def __len__(self) -> int:
        return len(self.grouped())

    def __iter__(self) -> Iterator[Pair]:
        return iter([Pair(self.args, name, Array(STRING, values)) for name, values in self.grouped().items()])

    def key_collection(self) -> List:
        return List(STRING, list(self.grouped()))

    def value_collection(self) -> List:
        return List(STRINGS, [Array(STRING, values) for values in self.grouped().values()])


class VariableMap(Instance):
    """context.Variables."""

    __slots__ = ("data",)
    NAME = NS + "Variables"
    args = (STRING, OBJECT)

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Pair]:
        return iter([Pair(self.args, k, v) for k, v in self.data.items()])


def body_of(owner: Message) -> Body | None:
    """`Body` is null when the message has none; a body that was consumed is still there, and refuses to be read."""
    return Body(owner) if owner.message.body or owner.consumed else None


def take(body: Body, keep: bool) -> bytes:
    """The body's bytes; without `keep` they are gone afterwards and the message goes on empty."""
    data = body.owner.message.body
    if data is None:
        if not body.owner.consumed:
            return b""
        raise ex.invalid_operation("The message body has already been consumed.")
    if not keep:
        body.owner.consumed = True
        body.owner.message.body = None
    return bytes(data)


def parsed_json(body: Body, data: bytes, expected: str) -> JToken | None:
    """The body as tokens; the parse is done once for the same bytes."""
    owner = body.owner
    if owner.parsed is not ... and owner.source is data:
        raw = owner.parsed
    else:
        raw = ...
        try:
            raw = orjson.loads(data) if not re.search(rb"\d{19}", data) else ...
        except orjson.JSONDecodeError:
            raw = ...
        owner.parsed, owner.source = raw, data
    if raw is not ... and (expected == "JToken" or isinstance(raw, dict if expected == "JObject" else list)):
        return wrap(raw)
    return parse_bytes(data, expected)


_TEXT_CHARSET: Final = re.compile(r"charset=\"?([\w-]+)", re.IGNORECASE)


def text_of(body: Body, data: bytes) -> str:
    """The body as text, in the charset of its Content-Type (UTF-8 when none is named)."""
    if data.isascii():
        return data.decode()
    found = _TEXT_CHARSET.search(body.owner.message.headers.get("Content-Type") or "")
    name = (found[1] if found else "utf-8").lower()
    try:
        return data.decode({"utf-8": "utf-8-sig"}.get(name, name), "replace")
    except LookupError:
        return data.decode("utf-8-sig", "replace")


def body_as(args: tuple[Type, ...], body: Body | None, keep: bool = False) -> Any:
    """`Body.As<T>(preserveContent)`."""
    if body is None:
        raise ex.null_reference()
    kind = args[0]
    name = kind.name.rpartition(".")[2]
    data = body.owner.message.body if keep and body.owner.message.body is not None else take(body, keep)
    if name in ("JObject", "JToken", "JArray"):
        return parsed_json(body, data, name) if data.strip() else None
    if kind == STRING:
        return text_of(body, data)
    if kind == array_of(BYTE):
        return bytearray(data)
    if name in ("XNode", "XElement", "XDocument"):
        return parse_xml_bytes(data, name)
    raise ex.not_supported(f"The type '{kind.name}' is not supported for a message body.")


def body_form(body: Body | None, keep: bool = False) -> Dictionary:
    """`AsFormUrlEncodedContent`: each name with the list of its values."""
    if body is None:
        raise ex.null_reference()
    text = text_of(body, take(body, keep))
    values = Type("System.Collections.Generic.List", (STRING,))
    made = Dictionary((STRING, values))
    for name, value in parse_qsl(text, keep_blank_values=True):
        if made.contains(name):
            made.get(name).items.append(value)
        else:
            made.put(name, List(STRING, [value]))
    return made


def to_form(values: Any) -> str:
    return "&".join(f"{quote_plus(pair.key)}={quote_plus(item)}" for pair in values for item in pair.value)


def to_query_string(values: Any) -> str:
    text = to_form(values)
    return f"?{text}" if text else ""


def headers_of(message: Message) -> HeaderMap:
    return HeaderMap(message.message.headers)


def header_text(headers: HeaderMap, name: str, default: str | None = None) -> str | None:
    """All values of a header joined with commas, or the default."""
    found = headers.headers.all(name)
    if not found:
        return default
    return found[0] if len(found) == 1 else ",".join(found)


def query(url: Url) -> Dictionary:
    """`Url.Query`: names without case, each with its values."""
    made = Dictionary((STRING, STRINGS), lambda v: v.lower())
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if made.contains(name):
            made.get(name).items.append(value)
        else:
            made.put(name, Array(STRING, [value]))
    return made


def query_string(url: Url) -> str:
    return f"?{url.query}" if url.query else ""


def to_uri(url: Url) -> Uri:
    return read(str(url))


def values_text(values: Any, name: str, default: str | None = None) -> str | None:
    """`GetValueOrDefault` on a map to string arrays: values joined with commas."""
    if values is None:
        raise ex.null_reference()
    if isinstance(values, HeaderMap):
        return header_text(values, name, default)
    found = values.entries.get(values.key(name))
    return ",".join(found[1].items) if found is not None else default


def pair_value(values: Any, name: Any, default: Any = None) -> Any:
    if values is None:
        raise ex.null_reference()
    if isinstance(values, StringMap):
        return values.data.get(name, default)
    found = values.entries.get(values.key(name))
    return found[1] if found is not None else default


def variable(variables: VariableMap, name: str) -> Any:
    return variables.data.get(name)


def variable_known(variables: VariableMap, name: str) -> bool:
    if name is None:
        raise ex.argument_null("key")
    return name in variables.data


def try_variable(variables: VariableMap, name: str) -> tuple[bool, Any]:
    return name in variables.data, variables.data.get(name)


def variable_typed(args: tuple[Type, ...], variables: VariableMap, name: str, *default: Any) -> Any:
    """`Variables.GetValueOrDefault<T>`: a value of another type is an InvalidCastException."""
    value = variables.data.get(name)
    if value is None:
        return default[0] if default else zero_of(args[0])
    if is_instance(value, args[0]) or args[0] == OBJECT:
        return value
    if isinstance(value, Enum):
        return int(value)
    raise ex.invalid_cast(f"Unable to cast object of type '{type_of(value)}' to type '{args[0]}'.")


def variable_names(variables: VariableMap) -> List:
    return List(STRING, list(variables.data))


def variable_values(variables: VariableMap) -> List:
    return List(OBJECT, list(variables.data.values()))


def elapsed(c: Scope) -> TimeSpan:
    return TimeSpan(max(c.clock.monotonic() - c.exchange.started_monotonic, 0) // 100)


def timestamp(c: Scope) -> DateTime:
    return DateTime(EPOCH + c.exchange.started // 100, UTC)


def trace(c: Scope, message: Any) -> None:
    c.exchange.trace_records.append(TraceRecord(source="context.Trace", severity="verbose", message=to_text(message)))


def service_url(api: Any) -> Url | None:
    uri = read(api.service_url, relative=True) if api.service_url else None
    if uri is None or not uri.absolute:
        return None
    return Url(uri.scheme, uri.host, uri.port, uri.path or "/", uri.query[1:])


def protocols(api: Any) -> List:
    return List(STRING, list(api.protocols))


class Named(Instance):
    """IGroup or IUserIdentity."""

    __slots__ = ("id", "name", "provider")

    def __init__(self, name: str, provider: str = "") -> None:
        self.id = self.name = name
        self.provider = provider


def groups(owner: Any) -> List:
    return List(Type(NS + "IGroup"), [Named(g) for g in owner.groups])


def identities(user: Any) -> List:
    found = getattr(user, "identities", ())
    return List(Type(NS + "IUserIdentity"), [Named(i, p) for i, p in found])


def product_state(product: Any) -> Any:
    return STATES.make(1 if product.published else 0)


class States:
    """Makes ProductState values; the assembled library fills it in."""

    __slots__ = ("make",)

    def __init__(self) -> None:
        self.make: Any = int


STATES: Final = States()


def product_apis(c: Scope, product: Any) -> List:
    own = c.exchange.api
    return List(Type(NS + "IApi"), [own] if own is not None and own.id in product.api_ids else [])


def subscription_key(c: Scope, subscription: Any) -> str:
    """The key that the caller used, as far as the request still shows it; else the primary key."""
    return str(subscription.primary_key)


def _seconds(value: int) -> DateTime:
    return DateTime(EPOCH + value * TICKS, UTC)


def created_date(subscription: Any) -> DateTime:
    return _seconds(subscription.created)


def start_date(subscription: Any) -> DateTime | None:
    return _seconds(subscription.start) if subscription.start else None


def end_date(subscription: Any) -> DateTime | None:
    return _seconds(subscription.end) if subscription.end else None


def registered(user: Any) -> DateTime:
    return _seconds(user.registered)
