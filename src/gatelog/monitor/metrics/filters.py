"""The metrics API's `$filter`: `ModelName eq 'gpt-4o' or ModelName eq 'gpt-4' and StatusCode eq '*'`.

`eq '*'` splits by the dimension; several values of one dimension are joined by `or`, conditions on several dimensions by `and`
(learn.microsoft.com/rest/api/monitor/metrics/list).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatelog.monitor.metrics.series import Comparison, MetricError

_TOKEN = re.compile(r"\s*(?:(?P<value>'(?:[^']|'')*')|(?P<word>[A-Za-z_][\w. /-]*?)(?=\s|$|\))|(?P<mark>[()]))")
_OPERATORS = ("eq", "ne", "startswith", "sw")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter text means."""

    split_by: tuple[str, ...] = ()
    conditions: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int


def read_filter(text: str) -> Filter:
    """Raises `MetricError` that names the column and what was expected."""
    tokens = _tokens(text)
    split_by: dict[str, None] = {}
    found: dict[tuple[str, str], list[str]] = {}
    at = 0
    while at < len(tokens):
        if tokens[at].text in ("(", ")") or tokens[at].text.lower() in ("and", "or"):
            at += 1
            continue
        dimension, operator, value = _comparison(text, tokens, at)
        if value == "*" and operator == "eq":
            split_by[dimension] = None
        else:
            found.setdefault((dimension, operator), []).append(value)
        at += 3
    conditions = tuple(Comparison(dimension, operator, tuple(values)) for (dimension, operator), values in found.items())
    return Filter(tuple(split_by), conditions)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise MetricError(f"$filter, column {at + 1}: expected DIMENSION eq 'VALUE', found {text[at : at + 20].strip()!r}")
        tokens.append(_Token(match[0].strip(), match.end() - len(match[0].lstrip())))
        at = match.end()
    return tokens


def _comparison(text: str, tokens: list[_Token], at: int) -> tuple[str, str, str]:
    name = tokens[at]
    if at + 2 >= len(tokens) or tokens[at + 1].text.lower() not in _OPERATORS or not tokens[at + 2].text.startswith("'"):
        raise MetricError(
            f"$filter, column {name.start + 1}: expected DIMENSION eq 'VALUE', found {text[name.start : name.start + 30]!r}"
        )
    operator = tokens[at + 1].text.lower()
    value = tokens[at + 2].text[1:-1].replace("''", "'")
    return name.text, "startswith" if operator == "sw" else operator, value
