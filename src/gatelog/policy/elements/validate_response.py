"""`validate-headers` and `validate-status-code`: what a response may look like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gatelog.policy.elements.messages import response_of
from gatelog.policy.elements.validation import ACTION, settle
from gatelog.policy.parts import attribute, nodes
from gatelog.policy.slots import LINE, STATUS, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange

_STANDARD: Final = frozenset(
    {
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "server",
        "transfer-encoding",
        "vary",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRule(Part):
    """What happens for one header."""

    name: Slot[str] = attribute(LINE, required=True, doc="the header's name")
    action: Slot[str] = attribute(ACTION, required=True, doc="what happens when it is there")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateHeaders(Statement):
    """Refuse response headers. gatelog's operations define no response headers, so those of HTTP itself count as specified
    and every other one that no rule names as unspecified."""

    specified_header_action: Slot[str] = attribute(ACTION, required=True, doc="for headers of the definition")
    unspecified_header_action: Slot[str] = attribute(ACTION, required=True, doc="for headers outside of it")
    errors_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the messages, one a line")
    rules: tuple[HeaderRule, ...] = nodes("header", HeaderRule, doc="for one header")

    def run(self, exchange: Exchange) -> Steps:
        settle(exchange, self.place, list(self._findings(exchange)), self.errors_variable_name, "HeaderValidationFailed")
        return None

    def _findings(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        rules = {rule.name(exchange).lower(): rule.action(exchange) for rule in self.rules}
        for name, _ in response_of(exchange, self.place).headers:
            lowered = name.lower()
            if lowered in rules:
                yield rules[lowered], f"The response header '{name}' is not allowed"
            elif lowered not in _STANDARD:
                yield self.unspecified_header_action(exchange), f"Unspecified response header '{name}' is not allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule(Part):
    """What happens for one status code."""

    code: Slot[int] = attribute(STATUS, required=True, doc="the status code")
    action: Slot[str] = attribute(ACTION, required=True, doc="what happens when the response has it")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateStatusCode(Statement):
    """Refuse status codes that the operation's definition does not name."""

    unspecified_status_code_action: Slot[str] = attribute(ACTION, required=True, doc="for status codes outside of the definition")
    errors_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the messages, one a line")
    rules: tuple[StatusRule, ...] = nodes("status-code", StatusRule, doc="for one status code")

    def run(self, exchange: Exchange) -> Steps:
        settle(exchange, self.place, list(self._findings(exchange)), self.errors_variable_name, "StatusCodeValidationFailed")
        return None

    def _findings(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        status = response_of(exchange, self.place).status
        rules = {rule.code(exchange): rule.action(exchange) for rule in self.rules}
        if status in rules:
            yield rules[status], f"The response status code {status} is not allowed"
        elif str(status) not in _defined(exchange):
            yield self.unspecified_status_code_action(exchange), f"Unspecified response status code {status} is not allowed"


def _defined(exchange: Exchange) -> set[str]:
    if exchange.operation is None:
        return set()
    codes = {name.partition(":")[0] for name in exchange.operation.schemas}
    return codes | {str(example.status) for example in exchange.operation.examples}
