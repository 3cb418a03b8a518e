"""Nodes to statements: fills each element class from its node, by the parts that the class declares.

Everything wrong is collected, so that one save reports all problems; what only the configuration can tell (a named value,
a fragment, a logger that nobody declared) is an error or a warning depending on whether the configuration is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gatelog.errors import Problem
from gatelog.policy import parts
from gatelog.policy.csharp_text import split_expressions, starts_expression
from gatelog.policy.expression import ExpressionError
from gatelog.policy.expression import compile as compile_expression
from gatelog.policy.reader import Characters, Node
from gatelog.policy.reads import DEFERRED, REQUEST_BODY, RESPONSE_BODY, reads_of
from gatelog.policy.slots import ANY, TEXT, Computed, Constant, Joined, Kind, Slot
from gatelog.policy.source import NAMED_VALUE, Source
from gatelog.policy.statement import Place, Statement

ERROR: Final = "error"
WARNING: Final = "warning"
_PLACEHOLDER: Final = re.compile(r"[A-Z][A-Z0-9_-]*|__\w+__|[$#%]?\{[^{}]*\}#?|<+[^<>]*>+|\[[^\[\]]*\]|%\w+%|#\w+#")
"""How documents that are templates themselves write what is to be filled in."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a document and how much it matters."""

    problem: Problem
    severity: str = ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNames:
    """Ids that a document may refer to; None: not known, a reference is neither right nor wrong."""

    loggers: frozenset[str] | None = None
    backends: frozenset[str] | None = None
    certificates: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One element of the policy language."""

    type: type[Statement]
    sections: frozenset[str]
    """Sections in which it may stand."""
    alias: str = ""
    """The name of the row whose page documents this one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What compiling needs to know besides the text."""

    statements: Mapping[str, Row]
    refused: Mapping[str, str]
    """Element -> why it is refused, in words."""
    read_fragment: Callable[[str], tuple[Node, ...] | None]
    """Fragment id -> the nodes inside of its root; None when there is no such fragment."""
    fragments_known: bool
    named_values_known: bool
    known: KnownNames
    strict: bool


@dataclass(slots=True)
class Binder:
    """Binds the nodes of one section of one document."""

    setting: Setting
    scope: str
    section: str
    """Empty: a fragment by itself, where the section is not known."""
    findings: list[Finding]
    needs: set[str] = field(default_factory=set)
    references: set[tuple[str, str]] = field(default_factory=set)
    path: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()
    """Fragments being included, outermost first."""
    _statement: type[Statement] | None = None

    # findings

    def report(self, message: str, at: tuple[int, int], source: Source, severity: str = ERROR, hint: str = "") -> None:
        problem = Problem(message, place=source.path, line=at[0], column=at[1], code="ValidationError", hint=hint)
        self.findings.append(Finding(problem, severity))

    def problem(self, node: Node, message: str, severity: str = ERROR, hint: str = "") -> None:
        """Report something wrong with an element."""
        self.report(message, (node.line, node.column), node.source, severity, hint)

    # statements

    def bind_statements(self, nodes: Iterable[Node], allowed: frozenset[str] = frozenset()) -> tuple[Statement, ...]:
        counts: dict[str, int] = {}
        bound: list[Statement] = []
        for node in nodes:
            counts[node.name] = counts.get(node.name, 0) + 1
            if allowed and node.name not in allowed:
                self.problem(node, f"'{node.name}' is not allowed here; expected one of {_listed(allowed)}")
            elif (statement := self.bind_statement(node, counts[node.name])) is not None:
                bound.append(statement)
        return tuple(bound)

    def bind_statement(self, node: Node, position: int) -> Statement | None:
        row = self.setting.statements.get(node.name)
        if row is None:
            reason = self.setting.refused.get(node.name)
            if reason:
                self.problem(node, f"'{node.name}' is not supported: {reason}")
            else:
                self.problem(node, f"'{node.name}' is not a policy element", hint=_near(node.name, self.setting.statements))
            return None
        if self.section and self.section not in row.sections:
            where = _listed(row.sections)
            self.problem(
                node, f"Policy is not allowed in the specified section: '{node.name}' in '{self.section}', only in {where}"
            )
            return None
        step = f"{node.name}[{position}]"
        place = self._place(node, step)
        outer, self.path, self._statement = (self.path, self._statement), (*self.path, step), row.type
        self._note_needs(row.type)
        statement = row.type.bind(self, node, place)
        self.path, self._statement = outer
        return statement

    def _note_needs(self, cls: type[Statement]) -> None:
        if cls.reads_request_body:
            self.needs.add(REQUEST_BODY)
        if cls.reads_response_body and self.section in ("outbound", ""):
            self.needs.add(RESPONSE_BODY)

    def _place(self, node: Node, step: str) -> Place:
        policy_id = node.attributes["id"].value if "id" in node.attributes else ""
        path = "/".join((*self.path, step)).replace("[1]", "")
        return Place(node.name, self.scope, self.section, path, policy_id, node.source.path, node.line, node.column)

    # parts of an element

    def values(self, cls: type[Any], node: Node) -> dict[str, Any] | None:
        """The fields of a class from a node; None when something in it is wrong."""
        before = sum(finding.severity == ERROR for finding in self.findings)
        declared = parts.parts_of(cls)
        values = {name: self._part(part, node) for name, part in declared.items()}
        self._refuse_unknown(node, declared.values())
        after = sum(finding.severity == ERROR for finding in self.findings)
        return values if after == before else None

    def bind_part(self, cls: type[Any], node: Node, step: str = "") -> Any:
        """A child element (a part, or a statement that belongs to another); None when something in it is wrong."""
        outer = self.path
        place = self._place(node, step or node.name)
        self.path = (*self.path, step) if step else self.path
        if issubclass(cls, Statement):
            bound = cls.bind(self, node, place)
        else:
            values = self.values(cls, node)
            bound = None if values is None else cls(**values)
        self.path = outer
        return bound

    def _part(self, part: parts.Part, node: Node) -> Any:
        if isinstance(part, parts.Attribute):
            return self._attribute(part, node)
        if isinstance(part, parts.Content):
            return self._content(part.kind, node, required=part.required)
        if isinstance(part, parts.Texts):
            return self._texts(part, node)
        if isinstance(part, parts.Nodes):
            return self._nodes(part, node)
        if isinstance(part, parts.Statements):
            if part.required and not node.elements:
                self.problem(node, f"'{node.name}' is empty; expected a policy inside of it")
            return self.bind_statements(node.elements, part.allowed)
        return node.inner

    def _attribute(self, part: parts.Attribute, node: Node) -> Any:
        written = node.attributes.get(part.name)
        if written is not None:
            return self.slot(part.kind, written, f"attribute '{part.name}' of '{node.name}'", expressions=part.expressions)
        if part.required:
            self.problem(node, f"The required attribute '{part.name}' is missing: '{node.name}'")
        return None if part.default is None else Constant(part.kind.parse(part.default))

    def _content(self, kind: Kind[Any], node: Node, *, required: bool) -> Any:
        pieces = [child for child in node.children if isinstance(child, Characters)]
        inhabited = [piece for piece in pieces if piece.value.strip()]
        if not inhabited:
            if required:
                self.problem(node, f"'{node.name}' is empty; expected text")
            return Constant(kind.parse(pieces[0].value)) if pieces and not required else None
        if len(inhabited) > 1:
            if any(starts_expression(piece.value.lstrip()) for piece in inhabited):
                self.problem(node, f"'{node.name}' mixes an expression with other text; the whole value must be one expression")
                return None
            merged = "".join(piece.value for piece in pieces)
            first = pieces[0]
            inhabited = [Characters(merged, first.source, first.indexes, first.offsets)]
        return self.slot(kind, inhabited[0], f"text of '{node.name}'", joins=kind is not ANY and kind is not TEXT)

    def _texts(self, part: parts.Texts, node: Node) -> Any:
        found = [self._content(part.kind, child, required=False) for child in self._at(part.path, node)]
        slots = [Constant(part.kind.parse("")) if slot is None else slot for slot in found]
        if part.required and not slots:
            self.problem(node, f"'{node.name}' needs the element '{part.path}'")
        if part.many:
            return tuple(slots)
        if len(slots) > 1:
            self.problem(node, f"'{node.name}' has more than one '{part.path}'")
        return slots[0] if slots else None

    def _nodes(self, part: parts.Nodes, node: Node) -> Any:
        counts: dict[str, int] = {}
        bound: list[Any] = []
        children = self._at(part.path, node)
        for child in children:
            counts[child.name] = counts.get(child.name, 0) + 1
            value = self.bind_part(part.type, child, f"{child.name}[{counts[child.name]}]")
            if value is not None:
                bound.append(value)
        if part.required and not children:
            self.problem(node, f"'{node.name}' needs the element '{part.path}'")
        if part.many:
            return tuple(bound)
        if len(children) > 1:
            self.problem(node, f"'{node.name}' has more than one '{part.path}'")
        return bound[0] if bound else None

    @staticmethod
    def _at(path: str, node: Node) -> list[Node]:
        found = [node]
        for step in path.split("/"):
            found = [child for parent in found for child in parent.elements if child.name == step]
        return found

    def _refuse_unknown(self, node: Node, declared: Iterable[parts.Part]) -> None:
        listed = list(declared)
        if any(isinstance(part, parts.Markup) for part in listed):
            return
        attributes = {part.name for part in listed if isinstance(part, parts.Attribute)}
        for name, value in node.attributes.items():
            if name not in attributes and name != "id":
                hint = _near(name, attributes)
                message = f"'{name}' is not an attribute of '{node.name}'"
                self.report(message, value.place(), node.source, hint=hint)
        if not any(isinstance(part, parts.Statements) for part in listed):
            self._refuse_children(node, [part.path for part in listed if isinstance(part, parts.Texts | parts.Nodes)])
        if not any(isinstance(part, parts.Content) for part in listed):
            self.refuse_text(node)

    def _refuse_children(self, node: Node, paths: Sequence[str]) -> None:
        first = {path.split("/")[0] for path in paths}
        for child in node.elements:
            if child.name not in first:
                expected = f"; expected one of {_listed(first)}" if first else "; it has no elements inside"
                self.problem(child, f"'{child.name}' is not allowed inside of '{node.name}'{expected}")
                continue
            deeper = [path.partition("/")[2] for path in paths if path.startswith(child.name + "/")]
            if deeper and child.name not in paths:
                self._refuse_children(child, deeper)

    def refuse_text(self, node: Node) -> None:
        """Report text where only elements belong."""
        for text in node.texts:
            at = text.place(len(text.value) - len(text.value.lstrip()))
            shown = text.value.strip()[:40]
            self.report(f"found the text '{shown}' inside of '{node.name}'; expected an element", at, node.source)

    # slots

    def slot(
        self, kind: Kind[Any], written: Characters, what: str, *, expressions: bool = True, joins: bool = True
    ) -> Slot[Any] | None:
        """A value as it was written: compiled when it is an expression, converted when it is a literal. `joins`: a text
        may have expressions inside of it (bodies do not: what looks like one there is text)."""
        stripped = written.value.strip()
        if starts_expression(stripped):
            if not expressions:
                self.report(f"the {what} must be a literal; expressions are not allowed", written.place(), written.source)
                return None
            return self._expression(kind, written, what)
        if joins and expressions and "@" in stripped and len(pieces := split_expressions(written.value)) > 1:
            return self._joined(kind, pieces, written, what)
        names = NAMED_VALUE.findall(written.value)
        if names:
            self._unknown_named_values(names, written)
            return Constant(written.value)
        try:
            return Constant(kind.parse(written.value))
        except ValueError as error:
            if not self.setting.named_values_known and _PLACEHOLDER.fullmatch(stripped):
                text = f"the {what} is the placeholder '{stripped}'; {error} once it is filled in"
                self.report(text, written.place(), written.source, WARNING)
                return Constant(written.value)
            self.report(f"the {what} is '{stripped}'; {error}", written.place(), written.source)
            return None

    def _joined(self, kind: Kind[Any], pieces: Sequence[str], written: Characters, what: str) -> Slot[Any] | None:
        """Text with expressions inside of it."""
        slots: list[Slot[Any] | None] = []
        at = 0
        for piece in pieces:
            part = Characters(piece, written.source, *written.run_from(at))
            slots.append(self.slot(TEXT, part, what))
            at += len(piece)
        return None if None in slots else Joined(tuple(slot for slot in slots if slot is not None), kind.convert)

    def _unknown_named_values(self, names: Sequence[str], written: Characters) -> None:
        severity = ERROR if self.setting.named_values_known else WARNING
        for name in dict.fromkeys(names):
            at = written.place(written.value.index("{{" + name))
            self.report(
                f"Cannot find a property '{name}': the named value '{{{{{name}}}}}' is not defined", at, written.source, severity
            )

    def _expression(self, kind: Kind[Any], written: Characters, what: str) -> Slot[Any] | None:
        lead = len(written.value) - len(written.value.lstrip())
        text = written.value.strip()
        names = NAMED_VALUE.findall(text)
        if names:
            self._unknown_named_values(names, written)
            if self.setting.named_values_known:
                return None
            text = NAMED_VALUE.sub("0", text)
        try:
            expression = compile_expression(text)
        except ExpressionError as error:
            at = written.place(lead + _offset(text, error.line, error.column)) if not names else written.place(lead)
            self.report(f"{error.message}: the {what}", at, written.source, WARNING if names else ERROR, error.problems[0].hint)
            return Constant(None) if names else None
        self._note_reads(text)
        return Computed(expression, kind.convert)

    def _note_reads(self, text: str) -> None:
        reads = reads_of(text)
        if REQUEST_BODY in reads:
            self.needs.add(REQUEST_BODY)
        if RESPONSE_BODY in reads and self.section != "on-error":
            deferred = self._statement is not None and self._statement.defers and not self.setting.strict
            self.needs.add(DEFERRED if deferred else RESPONSE_BODY)

    # references

    def refer(self, kind: str, name: str, node: Node) -> None:
        """Note a reference to a configured thing (`backend`, `logger`, `certificate`) and check that it exists."""
        self.references.add((kind, name))
        known: frozenset[str] | None = getattr(self.setting.known, f"{kind}s")
        if known is not None and name not in known:
            self.problem(node, f"the {kind} '{name}' is not defined", hint=_near(name, known))


def _offset(text: str, line: int, column: int) -> int:
    """Index of a line and column (from 1) in a text."""
    lines = text.split("\n")
    return sum(len(entry) + 1 for entry in lines[: line - 1]) + column - 1


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _near(name: str, candidates: Iterable[str]) -> str:
    ranked = sorted((_distance(name, candidate), candidate) for candidate in candidates)
    return f"did you mean '{ranked[0][1]}'?" if ranked and ranked[0][0] <= max(2, len(name) // 4) else ""


def _distance(a: str, b: str) -> int:
    """Edits between two short words (Levenshtein)."""
    if abs(len(a) - len(b)) > 6:
        return 99
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]
