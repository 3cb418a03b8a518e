"""Calls from plain, JSON-like descriptions, so that an expression can be tried without a gateway."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from gatelog.clock import FixedClock
from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.date_parse import parse_offset, parse_span
from gatelog.policy.dotnet.dates import EPOCH, UTC, DateTime
from gatelog.policy.dotnet.guids import parse as parse_guid
from gatelog.policy.dotnet.hashing import Certificate
from gatelog.policy.dotnet.json_reader import parse as parse_json
from gatelog.policy.dotnet.json_tokens import wrap
from gatelog.policy.dotnet.jwt import Jwt
from gatelog.policy.dotnet.metadata import STRING
from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.dotnet.runtime import Array
from gatelog.policy.dotnet.uris import read
from gatelog.policy.expression.context import Context
from gatelog.record.exchange import Exchange, LastError, Request, Response, Url
from gatelog.record.headers import Headers

Plain = Mapping[str, Any]
MOMENT: Final = "2024-06-05T15:04:09Z"
"""`Now` and `Timestamp` when the description names none."""


@dataclass(frozen=True, slots=True)
class Described:
    """An entity (API, product, ...) whose fields come from a description."""

    id: str = ""
    name: str = ""
    path: str = ""
    revision: str = "1"
    version: str = ""
    is_current: bool = True
    service_url: str = ""
    protocols: tuple[str, ...] = ("https",)
    key_header: str = "Ocp-Apim-Subscription-Key"
    key_query: str = "subscription-key"
    method: str = ""
    url_template: str = ""
    approval_required: bool = False
    subscription_required: bool = True
    subscriptions_limit: int | None = None
    published: bool = True
    groups: tuple[str, ...] = ()
    api_ids: frozenset[str] = frozenset()
    primary_key: str = field(default="", repr=False)
    secondary_key: str = field(default="", repr=False)
    created: int = 0
    start: int = 0
    end: int = 0
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    note: str = ""
    registered: int = 0
    identities: tuple[tuple[str, str], ...] = ()
    gateway_id: str = "managed"
    instance_id: str = ""
    region: str = ""


def refuse(place: str, message: str) -> InvalidDocument:
    return InvalidDocument([Problem(message, place=place)])


def moment_of(text: str) -> int:
    """Nanoseconds since 1970 of an ISO timestamp."""
    return (parse_offset(text).utc_ticks - EPOCH) * 100


def seconds_of(text: Any) -> int:
    return moment_of(str(text)) // 1_000_000_000 if text else 0


def url_of(text: str) -> Url:
    uri = read(text)
    return Url(uri.scheme, uri.host, uri.port, uri.path or "/", uri.query[1:])


def headers_of(plain: Any) -> Headers:
    """Names to a value or a list of values."""
    pairs: list[tuple[str, str]] = []
    for name, values in (plain or {}).items():
        pairs.extend((name, str(value)) for value in (values if isinstance(values, list | tuple) else [values]))
    return Headers(pairs)


def body_of(plain: Any, place: str) -> bytes | None:
    """Text, bytes, `{"Base64": "..."}`, or None."""
    if plain is None or isinstance(plain, bytes):
        return plain
    if isinstance(plain, str):
        return plain.encode()
    if isinstance(plain, Mapping) and set(plain) == {"Base64"}:
        return base64.b64decode(plain["Base64"])
    raise refuse(place, "a body is text, bytes, {'Base64': text} or null")


def response_of(plain: Plain | None, place: str = "Response") -> Response | None:
    if plain is None:
        return None
    status = int(plain.get("StatusCode", 200))
    return Response(
        status, plain.get("StatusReason", ""), headers_of(plain.get("Headers")), body_of(plain.get("Body", ""), place)
    )


_TYPED: Final[dict[str, Callable[[Any], Any]]] = {
    "String": str,
    "Boolean": bool,
    "Int32": int,
    "Int64": lambda v: n.Int64(int(v)),
    "Int16": lambda v: n.Int16(int(v)),
    "UInt16": lambda v: n.UInt16(int(v)),
    "UInt32": lambda v: n.UInt32(int(v)),
    "UInt64": lambda v: n.UInt64(int(v)),
    "Byte": lambda v: n.Byte(int(v)),
    "SByte": lambda v: n.SByte(int(v)),
    "Double": float,
    "Single": lambda v: n.Single(float(v)),
    "Decimal": lambda v: Decimal(str(v)),
    "Char": n.Char,
    "Guid": parse_guid,
    "TimeSpan": parse_span,
    "Uri": lambda v: read(v, relative=True),
    "DateTime": lambda v: date_of(v),
    "DateTimeOffset": parse_offset,
    "JToken": lambda v: token_of(v),
    "JObject": lambda v: token_of(v),
    "JArray": lambda v: token_of(v),
    "Byte[]": lambda v: bytearray(base64.b64decode(v)),
    "String[]": lambda v: Array(STRING, list(v)),
    "Jwt": Jwt.parse,
    "IResponse": lambda v: Message(response_of(v)),
}


def date_of(text: str) -> DateTime:
    """A DateTime: UTC with `Z`, else unspecified."""
    found = parse_offset(text)
    return DateTime(found.utc_ticks, UTC) if text.endswith("Z") else DateTime(found.ticks)


def token_of(value: Any) -> Any:
    return parse_json(value) if isinstance(value, str) else wrap(value)


def value_of(plain: Any, place: str = "Variables") -> Any:
    """A typed value: JSON's own (whole numbers are Int32, other numbers Double) or `{"Type": ..., "Value": ...}`."""
    if isinstance(plain, Mapping) and set(plain) == {"Type", "Value"}:
        make = _TYPED.get(plain["Type"])
        if make is None:
            raise refuse(place, f"type {plain['Type']!r} cannot be described; known: {', '.join(_TYPED)}")
        return make(plain["Value"]) if plain["Value"] is not None else None
    if isinstance(plain, Mapping | list):
        return wrap(dict(plain) if isinstance(plain, Mapping) else plain)
    if type(plain) is int and not -(2**31) <= plain < 2**31:
        return n.Int64(plain)
    return plain


_FIELDS: Final = {
    "Id": "id",
    "Name": "name",
    "Path": "path",
    "Revision": "revision",
    "Version": "version",
    "IsCurrentRevision": "is_current",
    "ServiceUrl": "service_url",
    "Protocols": "protocols",
    "Method": "method",
    "UrlTemplate": "url_template",
    "ApprovalRequired": "approval_required",
    "SubscriptionRequired": "subscription_required",
    "SubscriptionLimit": "subscriptions_limit",
    "Groups": "groups",
    "PrimaryKey": "primary_key",
    "SecondaryKey": "secondary_key",
    "Key": "primary_key",
    "Email": "email",
    "FirstName": "first_name",
    "LastName": "last_name",
    "Note": "note",
    "Region": "region",
    "GatewayId": "gateway_id",
    "InstanceId": "instance_id",
    "ServiceId": "id",
    "ServiceName": "name",
    "Identities": "identities",
}
_DATES: Final = {"CreatedDate": "created", "StartDate": "start", "EndDate": "end", "RegistrationDate": "registered"}


def entity(plain: Plain | None, place: str) -> Described | None:
    """An entity's fields under the names that expressions use."""
    if plain is None:
        return None
    found: dict[str, Any] = {}
    for name, value in plain.items():
        if name in _DATES:
            found[_DATES[name]] = seconds_of(value)
        elif name == "State":
            found["published"] = value == "Published"
        elif name == "SubscriptionKeyParameterNames":
            found.update(key_header=value.get("Header", ""), key_query=value.get("Query", ""))
        elif name == "Gateway":
            found.update(gateway_id=value.get("Id", "managed"), instance_id=value.get("InstanceId", ""))
        elif name == "Identities":
            found["identities"] = tuple((item.get("Id", ""), item.get("Provider", "")) for item in value)
        elif name == "Groups":
            found["groups"] = tuple(item["Name"] if isinstance(item, Mapping) else item for item in value)
        elif name in _FIELDS:
            found[_FIELDS[name]] = tuple(value) if isinstance(value, list) else value
        else:
            raise refuse(f"{place}.{name}", f"unknown field; known: {', '.join([*_FIELDS, *_DATES])}")
    return Described(**found)


def last_error(plain: Plain | None) -> LastError | None:
    if plain is None:
        return None
    return LastError(
        source=plain.get("Source", ""),
        reason=plain.get("Reason", ""),
        message=plain.get("Message", ""),
        scope=plain.get("Scope", ""),
        section=plain.get("Section", ""),
        path=plain.get("Path", ""),
        policy_id=plain.get("PolicyId", ""),
    )


_KNOWN: Final = frozenset(
    {
        "Request",
        "Response",
        "Variables",
        "Api",
        "Operation",
        "Product",
        "Subscription",
        "User",
        "Deployment",
        "LastError",
        "RequestId",
        "Timestamp",
        "Elapsed",
        "Tracing",
        "Now",
    }
)


def describe(description: Plain | None = None) -> Context:
    """A context object from a description (docs/policies/expressions.md lists every field). Raises `InvalidDocument`."""
    plain = description or {}
    for name in plain:
        if name not in _KNOWN:
            raise refuse(name, f"unknown field of a context; known: {', '.join(sorted(_KNOWN))}")
    asked = plain.get("Request") or {}
    url = url_of(asked.get("Url", "https://localhost/"))
    request = Request(
        asked.get("Method", "GET"), url, headers_of(asked.get("Headers")), body_of(asked.get("Body", ""), "Request.Body")
    )
    elapsed = parse_span(plain["Elapsed"]).ticks * 100 if "Elapsed" in plain else 0
    started = moment_of(plain.get("Timestamp", plain.get("Now", MOMENT)))
    exchange = Exchange(
        id=plain.get("RequestId", str(uuid.UUID(int=0))),
        started=started,
        started_monotonic=0,
        client_ip=asked.get("IpAddress", ""),
        original_url=url_of(asked.get("OriginalUrl", asked.get("Url", "https://localhost/"))),
        request=request,
        service=entity(plain.get("Deployment") or {}, "Deployment"),
        api=entity(plain.get("Api"), "Api"),
        operation=entity(plain.get("Operation"), "Operation"),
        product=entity(plain.get("Product"), "Product"),
        subscription=entity(plain.get("Subscription"), "Subscription"),
        user=entity(plain.get("User"), "User"),
        matched_parameters=dict(asked.get("MatchedParameters") or {}),
        response=response_of(plain.get("Response")),
        variables={name: value_of(value, f"Variables.{name}") for name, value in (plain.get("Variables") or {}).items()},
        last_error=last_error(plain.get("LastError")),
        tracing=bool(plain.get("Tracing", False)),
    )
    clock = DescribedClock(moment_of(plain["Now"]) if "Now" in plain else started + elapsed, elapsed)
    scope = Context(exchange, clock)
    if asked.get("Certificate"):
        scope.request.certificate = Certificate.read(asked["Certificate"].encode())
    return scope


class DescribedClock(FixedClock):
    """Stands at `Now`, `Elapsed` after the call began."""

    def __init__(self, now: int, elapsed: int) -> None:
        super().__init__(now)
        self._elapsed = elapsed

    def monotonic(self) -> int:
        return self._elapsed
