"""`validate-parameters`: query, path and header parameters against the operation's definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from gatelog.policy.elements.validation import ACTION, settle
from gatelog.policy.parts import attribute, node, nodes
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange

_FORMS: Final = {
    "integer": re.compile(r"[+-]?\d+"),
    "number": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRule(Part):
    """What happens for one parameter."""

    name: Slot[str] = attribute(LINE, required=True, doc="the parameter's name")
    action: Slot[str] = attribute(ACTION, required=True, doc="what happens when it is wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRules(Part):
    """What happens for the parameters of one place."""

    specified_parameter_action: Slot[str] | None = attribute(ACTION, doc="for parameters of the definition")
    unspecified_parameter_action: Slot[str] | None = attribute(ACTION, doc="for parameters outside of it")
    rules: tuple[ParameterRule, ...] = nodes("parameter", ParameterRule, doc="for one parameter")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateParameters(Statement):
    """Check path and query parameters against the operation's definition."""

    specified_parameter_action: Slot[str] = attribute(ACTION, required=True, doc="for parameters of the definition")
    unspecified_parameter_action: Slot[str] = attribute(ACTION, required=True, doc="for parameters outside of it")
    errors_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the messages, one a line")
    headers: ParameterRules | None = node("headers", ParameterRules, doc="for headers; gatelog's operations define none")
    query: ParameterRules | None = node("query", ParameterRules, doc="for query parameters")
    path: ParameterRules | None = node("path", ParameterRules, doc="for path parameters")

    def run(self, exchange: Exchange) -> Steps:
        if exchange.operation is not None:
            findings = list(self._findings(exchange))
            settle(exchange, self.place, findings, self.errors_variable_name, "ParameterValidationFailed")
        return None

    def _findings(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        in_path = set(re.findall(r"\{\*?([^{}]+)\}", exchange.operation.url_template.partition("?")[0]))
        sent = dict(parse_qsl(exchange.original_url.query, keep_blank_values=True))
        defined = {parameter.name: parameter for parameter in exchange.operation.parameters}
        for name, parameter in defined.items():
            place, rules = ("path", self.path) if name in in_path else ("query", self.query)
            value = exchange.matched_parameters.get(name, sent.get(name))
            for text in _wrong(parameter, value):
                action = self._action(exchange, rules, name, specified=True)
                yield action, f"The value of the parameter '{name}' in the {place} is not valid: {text}"
        hidden = exchange.api.key_query.lower() if exchange.api is not None else ""
        for name in sent:
            if name not in defined and name.lower() != hidden:
                action = self._action(exchange, self.query, name, specified=False)
                yield action, f"Unspecified query parameter '{name}' is not allowed"

    def _action(self, exchange: Exchange, rules: ParameterRules | None, name: str, *, specified: bool) -> str:
        if rules is not None:
            for rule in rules.rules:
                if rule.name(exchange).lower() == name.lower():
                    return rule.action(exchange)
            own = rules.specified_parameter_action if specified else rules.unspecified_parameter_action
            if own is not None:
                return own(exchange)
        return (self.specified_parameter_action if specified else self.unspecified_parameter_action)(exchange)


def _wrong(parameter: Any, value: str | None) -> Iterator[str]:
    if value is None:
        if parameter.required and not parameter.default:
            yield "it is required"
        return
    form = _FORMS.get(parameter.type)
    if form is not None and not form.fullmatch(value):
        yield f"'{value}' is not a value of the type {parameter.type}"
    if parameter.values and value not in parameter.values:
        yield f"'{value}' is not one of {', '.join(parameter.values)}"
