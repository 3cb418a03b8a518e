"""`xsl-transform`: an XML body through an XSLT 1.0 stylesheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from lxml import etree

from gatelog.policy.binding import Binder
from gatelog.policy.elements.messages import message_of
from gatelog.policy.parts import attribute, content, nodes
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Part, Place, Statement, Steps
from gatelog.record.exchange import Exchange

_STYLESHEET: Final = re.compile(r"<(?:[\w-]+:)?(stylesheet|transform)\b.*</(?:[\w-]+:)?\1\s*>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Part):
    """A parameter of the stylesheet."""

    name: Slot[str] = attribute(LINE, required=True, doc="the parameter's name")
    value: Slot[str] | None = content(LINE, doc="its value, a text")


@dataclass(frozen=True, slots=True, kw_only=True)
class XslTransform(Statement):
    """Put an XML body through the stylesheet that stands inside the element. The stylesheet reads no files and no network."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True
    stylesheet: str = ""

    parameters: tuple[Parameter, ...] = nodes("parameter", Parameter, doc="a parameter of the stylesheet")

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> XslTransform | None:
        match = _STYLESHEET.search(node.inner)
        if match is None:
            binder.problem(node, "'xsl-transform' needs the element 'xsl:stylesheet'")
            return None
        try:
            _compiled(match[0])
        except etree.LxmlError as error:
            binder.problem(node, f"the stylesheet of 'xsl-transform' is not valid: {error}")
            return None
        kept = tuple(child for child in node.elements if child.name not in ("stylesheet", "transform"))
        bare = Node(node.name, node.attributes, kept, node.line, node.column, node.source)
        values = binder.values(cls, bare)
        return None if values is None else cls(place=place, stylesheet=match[0], **values)

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        if not message.body:
            return None
        given = {
            entry.name(exchange): etree.XSLT.strparam(entry.value(exchange) if entry.value else "") for entry in self.parameters
        }
        try:
            source = etree.fromstring(message.body, etree.XMLParser(resolve_entities=False, no_network=True))
            result = _compiled(self.stylesheet)(source, **given)
        except etree.LxmlError as error:
            raise self.error("TransformationFailed", f"the body cannot be transformed: {error}") from error
        message.body = bytes(result)
        message.headers.remove("Content-Length")
        return None


def _compiled(stylesheet: str) -> Any:
    """Compiled for each use: an lxml transformation belongs to the thread that made it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    document = etree.fromstring(stylesheet.encode(), parser)
    return etree.XSLT(document, access_control=etree.XSLTAccessControl.DENY_ALL)  # type: ignore[attr-defined]
