"""`set-body`: the body of the request or the response, from text, an expression or a Liquid template."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from gatelog.policy.binding import Binder
from gatelog.policy.elements.messages import message_of
from gatelog.policy.parts import attribute, content
from gatelog.policy.reader import Node
from gatelog.policy.slots import ANY, BOOLEAN, Constant, Slot, one_of, text_of
from gatelog.policy.statement import Place, Statement, Steps
from gatelog.record.exchange import Exchange

if TYPE_CHECKING:
    from gatelog.policy.liquid import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBody(Statement):
    """Set the body: of the request in inbound and backend, of the response in outbound and on-error."""

    reads_response_body: ClassVar[bool] = True
    liquid: Template | None = None

    template: Slot[str] | None = attribute(one_of("liquid"), expressions=False, doc="the text is a Liquid template")
    xsi_nil: Slot[str] = attribute(one_of("blank", "null"), default="blank", doc="what elements with `xsi:nil` are to Liquid")
    parse_date: Slot[bool] = attribute(BOOLEAN, default="true", doc="Liquid sees ISO dates of a JSON body as dates")
    value: Slot[Any] | None = content(ANY, doc="the body: text, an expression, or a template")

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> SetBody | None:
        if "template" not in node.attributes:
            values = binder.values(cls, node)
            return None if values is None else cls(place=place, **values)
        return cls._with_template(binder, node, place)

    @classmethod
    def _with_template(cls, binder: Binder, node: Node, place: Place) -> SetBody | None:
        """Names in double braces belong to Liquid here, so the text is not looked through for named values."""
        bare = Node(node.name, node.attributes, (), node.line, node.column, node.source)
        values = binder.values(cls, bare)
        if values is None:
            return None
        text = "".join(piece.value for piece in node.texts)
        try:
            # the template engine takes 15 MB and few policies use it
            template = importlib.import_module("gatelog.policy.liquid").compile_template(text)
        except ValueError as error:
            binder.problem(node, f"the Liquid template is not valid: {error}")
            return None
        values["value"] = Constant(text)
        return cls(place=place, liquid=template, **values)

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        message.body = self.text(exchange, message.body)
        message.headers.remove("Content-Length")
        return None

    def text(self, exchange: Exchange, body: bytes | None) -> bytes:
        """The new body, made when `body` is the old one."""
        if self.liquid is not None:
            return self.liquid.render(exchange, body, nil=self.xsi_nil(exchange), dates=self.parse_date(exchange)).encode()
        if self.value is None:
            return b""
        value = self.value(exchange)
        return bytes(value) if isinstance(value, bytes | bytearray) else text_of(value).encode("utf-8", "replace")
