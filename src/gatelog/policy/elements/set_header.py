"""`set-header`: set, add or delete a header of the request or the response."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.binding import Binder
from gatelog.policy.elements.messages import message_of
from gatelog.policy.parts import attribute, texts
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Constant, Slot, one_of
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange
from gatelog.record.headers import Headers

EXISTS_ACTION = one_of("override", "skip", "append", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHeader(Statement):
    """Set, add or delete a header: of the request in inbound and backend, of the response in outbound and on-error."""

    name: Slot[str] = attribute(LINE, required=True, doc="the header's name")
    exists_action: Slot[str] = attribute(EXISTS_ACTION, default="override", doc="what to do when the header is there already")
    values: tuple[Slot[str], ...] = texts("value", doc="one header line for each")

    def check(self, binder: Binder, node: Node) -> None:
        deletes = isinstance(self.exists_action, Constant) and self.exists_action.value == "delete"
        if not self.values and isinstance(self.exists_action, Constant) and not deletes:
            binder.problem(node, "'set-header' needs the element 'value' unless exists-action is 'delete'")

    def run(self, exchange: Exchange) -> Steps:
        self.apply(message_of(exchange, self.place).headers, exchange)
        return None

    def apply(self, headers: Headers, exchange: Exchange) -> None:
        """Change the headers of a message."""
        name = self.name(exchange)
        action = self.exists_action(exchange)
        if action == "delete":
            headers.remove(name)
        elif action == "append":
            for value in self.values:
                headers.append(name, value(exchange))
        elif action == "override" or name not in headers:
            headers.set(name, *[value(exchange) for value in self.values])
