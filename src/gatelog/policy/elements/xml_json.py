"""`json-to-xml` and `xml-to-json`: one format of a body into the other, with Newtonsoft.Json's conventions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from lxml import etree

from gatelog.policy.effects import PolicyError
from gatelog.policy.elements.messages import message_of
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, TEXT, Slot, one_of
from gatelog.policy.statement import Place, Statement, Steps
from gatelog.record.exchange import Exchange, Request, Response

_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")


class _Converter(Statement):
    """When a conversion applies."""

    __slots__ = ()

    apply: Slot[str]
    consider_accept_header: Slot[bool]

    def applies(self, exchange: Exchange, message: Request | Response, sent: str, wanted: str) -> bool:
        """Whether the body has the format `sent` (or is to be read so in any case) and the caller takes `wanted`."""
        if self.apply(exchange) != "always" and sent not in (message.headers.get("Content-Type") or "").lower():
            return False
        accept = (exchange.request.headers.get("Accept") or "*/*").lower()
        return not self.consider_accept_header(exchange) or wanted in accept or "*/*" in accept or "application/*" in accept

    def put(self, message: Request | Response, body: bytes, content_type: str) -> None:
        """Replace the body."""
        message.body = body
        message.headers.set("Content-Type", content_type)
        message.headers.remove("Content-Length")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonToXml(_Converter):
    """Turn a JSON body into XML: properties become elements, arrays repeated elements, `@name` attributes, `#text` text. A
    document without a single root property gets the root `Document`."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True

    apply: Slot[str] = attribute(one_of("always", "content-type-json"), required=True, doc="when to convert")
    consider_accept_header: Slot[bool] = attribute(BOOLEAN, default="true", doc="only when the request accepts XML")
    parse_date: Slot[bool] = attribute(BOOLEAN, default="true", doc="accepted; dates keep their text")
    namespace_separator: Slot[str] = attribute(TEXT, default="_", doc="accepted; prefixes are not used")
    namespace_prefix: Slot[str] = attribute(TEXT, default="xmlns", doc="accepted; prefixes are not used")
    attribute_block_name: Slot[str] | None = attribute(TEXT, doc="property whose own properties become attributes")

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        if message.body and self.applies(exchange, message, "json", "xml"):
            block = self.attribute_block_name(exchange) if self.attribute_block_name else ""
            root = _root(_json(message.body, self.place), block)
            self.put(message, etree.tostring(root, encoding="utf-8", xml_declaration=True), "application/xml")
        return None


def _json(body: bytes, place: Place) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise PolicyError(place.element, "InvalidBody", f"the body is not valid JSON: {error}") from error


def _root(document: Any, block: str) -> etree._Element:
    if isinstance(document, dict) and len(document) == 1:
        ((name, value),) = document.items()
        if not isinstance(value, list):
            return _built(name, value, block)
    if isinstance(document, list):
        document = {"Item": document}
    return _built("Document", document, block)


def _built(name: str, value: Any, block: str) -> etree._Element:
    element = etree.Element(_xml_name(name))
    if isinstance(value, dict):
        for key, inner in value.items():
            _add(element, key, inner, block)
    elif value is not None:
        element.text = _text(value)
    return element


def _add(element: etree._Element, key: str, value: Any, block: str) -> None:
    if key.startswith("@"):
        element.set(_xml_name(key[1:]), _text(value))
    elif block and key == block and isinstance(value, dict):
        for name, inner in value.items():
            element.set(_xml_name(name), _text(inner))
    elif key == "#text":
        element.text = _text(value)
    else:
        for item in value if isinstance(value, list) else [value]:
            element.append(_built(key, item, block))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _xml_name(name: str) -> str:
    """Characters that XML names cannot have are written `_xHHHH_`, as .NET's XmlConvert does."""
    if _NAME.fullmatch(name):
        return name
    pieces = []
    for index, char in enumerate(name):
        legal = re.fullmatch(r"[A-Za-z_]" if index == 0 else r"[\w.-]", char)
        pieces.append(char if legal else f"_x{ord(char):04X}_")
    return "".join(pieces) or "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlToJson(_Converter):
    """Turn an XML body into JSON. `direct`: attributes as `@name`, text beside them as `#text`; `javascript-friendly`: the
    same without the marks `@` and `#`."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True

    kind: Slot[str] = attribute(one_of("javascript-friendly", "direct"), required=True, doc="shape of the JSON")
    apply: Slot[str] = attribute(one_of("always", "content-type-xml"), required=True, doc="when to convert")
    consider_accept_header: Slot[bool] = attribute(BOOLEAN, default="true", doc="only when the request accepts JSON")
    always_array_child_elements: Slot[bool] = attribute(BOOLEAN, default="false", doc="child elements are always arrays")

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        if message.body and self.applies(exchange, message, "xml", "json"):
            root = self._parsed(message.body)
            marks = ("@", "#") if self.kind(exchange) == "direct" else ("", "")
            value = _value(root, marks, self.always_array_child_elements(exchange))
            text = json.dumps({etree.QName(root).localname: value}, ensure_ascii=False, separators=(",", ":"))
            self.put(message, text.encode(), "application/json")
        return None

    def _parsed(self, body: bytes) -> etree._Element:
        try:
            return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            raise self.error("InvalidBody", f"the body is not valid XML: {error}") from error


def _value(element: etree._Element, marks: tuple[str, str], arrays: bool) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    text = (element.text or "").strip()
    if not children and not element.attrib:
        return element.text
    result: dict[str, Any] = {f"{marks[0]}{etree.QName(name).localname}": value for name, value in element.attrib.items()}
    if text:
        result[f"{marks[1]}text"] = text
    for child in children:
        name, value = etree.QName(child).localname, _value(child, marks, arrays)
        if name not in result:
            result[name] = [value] if arrays else value
        elif isinstance(result[name], list):
            result[name].append(value)
        else:
            result[name] = [result[name], value]
    return result
