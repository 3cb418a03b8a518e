"""Liquid templates of set-body: python-liquid with what the gateway's own dialect (DotLiquid, C# naming) does differently.

Differences that are bridged: filter names in Pascal case (`Upcase`), `context` and `body` as roots, `JSONArrayFor`, the
`date` filter with .NET formats, XML bodies as objects. Rendering is bounded in loops, nesting and output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError
from lxml import etree

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.slots import text_of
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

_ARRAY_FOR: Final = re.compile(r"\{%(-?)\s*JSONArrayFor\s+(.*?)\s*(-?)%\}", re.IGNORECASE | re.DOTALL)
_END_ARRAY_FOR: Final = re.compile(r"\{%(-?)\s*endJSONArrayFor\s*(-?)%\}", re.IGNORECASE)
_ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)?")
_XSI_NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class _Bounded(Environment):
    """Templates come from whoever may write policies: they end, and they end small."""

    loop_iteration_limit = 100_000
    local_namespace_limit = 1_000_000
    output_stream_limit = 8 * 1024 * 1024
    context_depth_limit = 30
    block_nesting_limit = 100


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A compiled template."""

    _bound: BoundTemplate

    def render(self, exchange: Exchange, body: bytes | None, *, nil: str = "blank", dates: bool = True) -> str:
        """The text for one call. Raises DotNetException when the template fails on this body."""
        try:
            text: str = self._bound.render(context=_context(exchange), body=_body(body, nil, dates))
        except LiquidError as error:
            raise DotNetException("InvalidOperationException", f"Liquid error: {error}") from error
        return text


def compile_template(text: str) -> Template:
    """Raises ValueError with the reason when the template is not valid."""
    environment = _Bounded()
    environment.add_filter("date", _date)
    for name in list(environment.filters):
        pascal = "".join(word.capitalize() for word in name.split("_"))
        environment.filters[pascal] = environment.filters[name]
    try:
        bound = environment.from_string(_bridged(text))
        unknown = [name for name in bound.filter_names() if name not in environment.filters]
    except LiquidError as error:
        raise ValueError(str(error)) from None
    if unknown:
        raise ValueError(f"unknown filter '{unknown[0]}'")
    return Template(bound)


def _bridged(text: str) -> str:
    text = _ARRAY_FOR.sub(r"{%\1 for \2 \3%}", text)
    return _END_ARRAY_FOR.sub(r"{%\1 unless forloop.last %},{% endunless %}{% endfor \2%}", text)


class _Fields(dict[str, Any]):
    """An object of a body: names are looked up as written, then without case, as DotLiquid does for XML."""

    def __missing__(self, name: str) -> Any:
        lowered = name.lower() if isinstance(name, str) else name
        for key, value in self.items():
            if key.lower() == lowered:
                return value
        raise KeyError(name)


# what templates see


def _context(exchange: Exchange) -> dict[str, Any]:
    return {
        "RequestId": exchange.id,
        "Request": _request(exchange.request, exchange),
        "Response": _response(exchange.response),
        "Variables": {name: _plain(value) for name, value in exchange.variables.items()},
        "Api": _entity(exchange.api, "Id", "Name", "Path", "Revision", "Version"),
        "Operation": _entity(exchange.operation, "Id", "Name", "Method", "UrlTemplate"),
        "Product": _entity(exchange.product, "Id", "Name"),
        "Subscription": _entity(exchange.subscription, "Id", "Name"),
        "User": _entity(exchange.user, "Id", "Email", "FirstName", "LastName"),
        "LastError": _entity(exchange.last_error, "Source", "Reason", "Message", "Scope", "Section", "Path", "PolicyId"),
    }


def _entity(value: Any, *names: str) -> dict[str, Any] | None:
    if value is None:
        return None
    return {name: getattr(value, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()) for name in names}


def _request(request: Request, exchange: Exchange) -> dict[str, Any]:
    return {
        "Method": request.method,
        "Url": _url(request.url),
        "OriginalUrl": _url(exchange.original_url),
        "Headers": _headers(request.headers),
        "MatchedParameters": dict(exchange.matched_parameters),
        "IpAddress": exchange.client_ip,
    }


def _response(response: Response | None) -> dict[str, Any] | None:
    if response is None:
        return None
    return {"StatusCode": response.status, "StatusReason": response.reason, "Headers": _headers(response.headers)}


def _url(url: Url) -> dict[str, Any]:
    query = f"?{url.query}" if url.query else ""
    return {"Scheme": url.scheme, "Host": url.host, "Port": url.port, "Path": url.path, "QueryString": query}


def _headers(headers: Headers) -> dict[str, str]:
    return {name: ",".join(headers.all(name)) for name, _ in headers}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Message):
        return _response(value.message)
    text = text_of(value)
    try:
        return json.loads(text) if text[:1] in ("{", "[") else text
    except ValueError:
        return text


# the body


def _body(body: bytes | None, nil: str, dates: bool) -> Any:
    text = (body or b"").decode("utf-8-sig", "replace").strip()
    if text[:1] in ("{", "["):
        try:
            document = json.loads(text, object_hook=_Fields)
            return _with_dates(document) if dates else document
        except ValueError as error:
            raise DotNetException("JsonReaderException", f"the body is not valid JSON: {error}") from error
    if text[:1] == "<":
        return _xml(text, nil)
    return text


def _with_dates(value: Any) -> Any:
    """JSON as Newtonsoft reads it: ISO times are dates, which print in the general form of en-US."""
    if isinstance(value, dict):
        return _Fields({name: _with_dates(item) for name, item in value.items()})
    if isinstance(value, list):
        return [_with_dates(item) for item in value]
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return _general(_moment(value))
    return value


def _moment(text: str) -> datetime:
    match = re.fullmatch(r"(.*?\.\d{6})\d(.*)", text)
    return datetime.fromisoformat(match[1] + match[2] if match else text)


def _general(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year} {_hour12(moment)}:{moment:%M:%S} {_half(moment)}"


def _xml(text: str, nil: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise DotNetException("XmlException", f"the body is not valid XML: {error}") from error
    return _Fields({etree.QName(root).localname: _element(root, nil)})


def _element(element: Any, nil: str) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    if element.get(_XSI_NIL) == "true":
        return None if nil == "null" else ""
    if not children and not element.attrib:
        return element.text or ""
    result = _Fields({etree.QName(name).localname: value for name, value in element.attrib.items()})
    for child in children:
        name, value = etree.QName(child).localname, _element(child, nil)
        if name in result:
            held = result[name]
            result[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            result[name] = value
    return result


# the date filter

_NET_PARTS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "yyyy": lambda moment: f"{moment.year:04}",
    "yy": lambda moment: f"{moment.year % 100:02}",
    "MMMM": lambda moment: moment.strftime("%B"),
    "MMM": lambda moment: moment.strftime("%b"),
    "MM": lambda moment: f"{moment.month:02}",
    "M": lambda moment: str(moment.month),
    "dddd": lambda moment: moment.strftime("%A"),
    "ddd": lambda moment: moment.strftime("%a"),
    "dd": lambda moment: f"{moment.day:02}",
    "d": lambda moment: str(moment.day),
    "HH": lambda moment: f"{moment.hour:02}",
    "H": lambda moment: str(moment.hour),
    "hh": lambda moment: f"{int(_hour12(moment)):02}",
    "h": lambda moment: _hour12(moment),
    "mm": lambda moment: f"{moment.minute:02}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02}",
    "s": lambda moment: str(moment.second),
    "fff": lambda moment: f"{moment.microsecond // 1000:03}",
    "tt": lambda moment: _half(moment),
    "zzz": lambda moment: re.sub(r"(\d\d)$", r":\1", moment.strftime("%z") or "+0000"),
    "K": lambda moment: "Z" if moment.tzinfo else "",
}
_NET_TOKEN: Final = re.compile(r"'[^']*'|\\.|" + "|".join(sorted(_NET_PARTS, key=len, reverse=True)))


def _hour12(moment: datetime) -> str:
    return str(moment.hour % 12 or 12)


def _half(moment: datetime) -> str:
    return "AM" if moment.hour < 12 else "PM"


def _net_token(token: str, moment: datetime) -> str:
    if token[0] == "'":
        return token[1:-1]
    return token[1:] if token[0] == "\\" else _NET_PARTS[token](moment)


def _date(value: Any, form: str = "") -> str:
    """DotLiquid's `date`: .NET formats, and those with a percent sign as in Ruby."""
    text = str(value)
    for pattern in (None, "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y"):
        try:
            moment = _moment(text) if pattern is None else datetime.strptime(text, pattern)
            break
        except ValueError:
            continue
    else:
        return text
    if not form:
        return _general(moment)
    if "%" in form:
        return moment.strftime(form)
    return _NET_TOKEN.sub(lambda match: _net_token(match[0], moment), form)
