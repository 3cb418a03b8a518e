"""What can be wrong with a query.

InvalidDocument
└── KqlError    every finding with its span and Kusto's code: SYN0002 syntax, SEM0100 unknown name, SEM0260 unknown function, ...
"""

from __future__ import annotations

import bisect
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatelog.errors import InvalidDocument, Problem

Span = tuple[int, int]
"""(start, end) offsets in the query text."""


@dataclass(frozen=True, slots=True)
class KqlProblem(Problem):
    """One finding in a query."""

    start: int = 0
    """Offset of the offending text, in characters."""
    length: int = 0


class KqlError(InvalidDocument):
    """A query was refused; `problems` lists every finding in the order of the text."""

    problems: tuple[KqlProblem, ...]


class Finding(Exception):
    """A problem on its way to the place that collects them."""

    def __init__(self, code: str, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.span, self.hint = code, message, span, hint


SYNTAX = "SYN0002"
UNKNOWN_NAME = "SEM0100"
UNKNOWN_FUNCTION = "SEM0260"
ARGUMENTS = "SEM0219"
TYPES = "SEM0025"
NOT_ALLOWED = "SEM0001"
DUPLICATE = "SEM0003"
NOT_SUPPORTED = "SEM0999"
"""This engine refuses what it cannot answer exactly."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`near: 'A', 'B'`, or nothing when no known name resembles `name`."""
    names: dict[str, str] = {}
    for item in known:
        names.setdefault(item.lower(), item)
    close = difflib.get_close_matches(name.lower(), list(names), n=3, cutoff=0.6)
    return "near: " + ", ".join(f"'{names[item]}'" for item in close) if close else ""


def report(text: str, findings: Sequence[Finding]) -> KqlError:
    """The error that carries `findings` with lines and columns of `text`."""
    starts = [0]
    for index, character in enumerate(text):
        if character == "\n":
            starts.append(index + 1)
    problems = []
    for finding in sorted(findings, key=lambda item: item.span):
        start = min(finding.span[0], len(text))
        line = bisect.bisect_right(starts, start)
        problems.append(
            KqlProblem(
                finding.message,
                line=line,
                column=start - starts[line - 1] + 1,
                code=finding.code,
                hint=finding.hint,
                start=start,
                length=max(0, finding.span[1] - start),
            )
        )
    return KqlError(problems)
