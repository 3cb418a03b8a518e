"""The errors of gatelog: one root, each carrying what its reader needs.

    GatelogError
    └── InvalidDocument    something a person wrote is wrong: where it stands, what was expected
Every package derives its own errors from these and draws its tree in its docstring.
Messages are lower-case without a full stop and name the thing that is wrong, never the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GatelogError(Exception):
    """Root of everything gatelog raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a document."""

    message: str
    """What was found and what was expected: `column 'Foo' is not in AzureDiagnostics; near: 'FooType'`."""
    place: str = ""
    """File, resource id or JSON path (`apis/openai/policy.xml`, `$.properties.path`); empty when there is one document only."""
    line: int = 0
    """1-based; 0 when the document has no lines."""
    column: int = 0
    """1-based; 0 when unknown."""
    code: str = "InvalidDocument"
    """Machine-readable kind: an ARM error code, a Kusto semantic code (`SEM0100`), ..."""
    hint: str = ""
    """What to do next, if there is something obvious."""

    def __str__(self) -> str:
        where = self.place
        if self.line:
            where = f"{where}:{self.line}:{self.column}" if where else f"line {self.line}, column {self.column}"
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class InvalidDocument(GatelogError):
    """A document was refused whole; `problems` lists every finding, in document order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
