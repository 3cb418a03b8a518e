"""Policy documents of all scopes to one pipeline; `check` and `references` for one document by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.binding import ERROR, WARNING, Binder, Finding, KnownNames, Row, Setting
from gatelog.policy.elements.cors import Cors
from gatelog.policy.elements.parent_scope import Base
from gatelog.policy.elements.response_cache import CacheStore
from gatelog.policy.elements.semantic_cache import SemanticCacheStore
from gatelog.policy.elements.table import REFUSED, STATEMENTS
from gatelog.policy.pipeline import Pipeline
from gatelog.policy.reader import Node, read
from gatelog.policy.reads import DEFERRED, REQUEST_BODY, RESPONSE_BODY
from gatelog.policy.source import Source
from gatelog.policy.statement import Statement, substitute_all, walk

Mode = Literal["safe", "strict"]
SECTIONS: Final = ("inbound", "backend", "outbound", "on-error")
SCOPES: Final = ("global", "workspace", "product", "api", "operation")
DEFAULT_GLOBAL: Final = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"
"""What applies to all APIs while nobody wrote a global document."""


@dataclass(frozen=True, slots=True)
class PolicySource:
    """The policy document of one scope."""

    scope: str
    """`global`, `workspace`, `product`, `api` or `operation`."""
    xml: str
    path: str = ""
    """Where it came from, for messages."""


@dataclass(frozen=True, slots=True)
class Section:
    """One compiled section of one document."""

    statements: tuple[Statement, ...]
    needs: frozenset[str] = frozenset()
    references: frozenset[tuple[str, str]] = frozenset()

    def over(self, parent: Section) -> Section:
        """This section with the parent's in place of `<base/>`."""
        spliced = substitute_all(self.statements, Base, parent.statements)
        if spliced is self.statements:
            return self
        return Section(spliced, self.needs | parent.needs, self.references | parent.references)


_INHERITED: Final = "inherited"


@dataclass(frozen=True, slots=True)
class Document:
    """A compiled document; a section that it does not have is inherited."""

    sections: Mapping[str, Section]

    def over(self, parent: Document) -> Document:
        """The effective document when `parent` is the next broader scope."""
        joined = dict(parent.sections)
        for name, section in self.sections.items():
            joined[name] = section.over(parent.sections.get(name, Section(())))
        return Document(joined)


@dataclass(slots=True)
class Compiler:
    """Compiles documents against one configuration, each text once.

    `named_values` and `fragments` None mean that they are not known: names that would need them are warnings in `check`
    and stay unresolved. `mode`: `safe` lets log statements over a stream's body run after the stream and turns their
    failures into error events; `strict` does what Azure does.
    """

    fragments: Mapping[str, str] | None = field(default_factory=dict)
    named_values: Mapping[str, str] | None = field(default_factory=dict)
    known: KnownNames = KnownNames()
    mode: Mode = "safe"
    statements: Mapping[str, Row] = field(default_factory=lambda: STATEMENTS)
    _documents: dict[tuple[str, str, str], Document] = field(default_factory=dict)
    _fragment_nodes: dict[str, tuple[Node, ...] | None] = field(default_factory=dict)

    def pipeline(self, sources: Sequence[PolicySource]) -> Pipeline:
        """One pipeline of the documents, given from broad to narrow. Raises InvalidDocument with every problem of all."""
        given = list(sources)
        if not any(source.scope == "global" for source in given):
            given.insert(0, PolicySource("global", DEFAULT_GLOBAL))
        effective = Document({"backend": self.document(PolicySource("global", DEFAULT_GLOBAL)).sections["backend"]})
        problems: list[Problem] = []
        for source in given:
            try:
                effective = self.document(source).over(effective)
            except InvalidDocument as error:
                problems += error.problems
        if problems:
            raise InvalidDocument(problems)
        return _pipeline(effective)

    def document(self, source: PolicySource) -> Document:
        """One compiled document. Raises InvalidDocument with all its problems."""
        key = (source.scope, source.xml, source.path)
        if key not in self._documents:
            findings: list[Finding] = []
            document = self._bind(source, findings)
            problems = [finding.problem for finding in findings if finding.severity == ERROR]
            if problems:
                raise InvalidDocument(problems)
            self._documents[key] = document
        return self._documents[key]

    def check(self, xml: str, path: str = "") -> tuple[list[Finding], frozenset[tuple[str, str]]]:
        """Everything wrong in a document (`<policies>`, `<fragment>`, or statements by themselves), and its references."""
        findings: list[Finding] = []
        try:
            roots = read(xml, self.named_values, path)
        except InvalidDocument as error:
            return [Finding(problem) for problem in error.problems], frozenset()
        references: set[tuple[str, str]] = {("named-value", name) for name in Source(xml).names}
        if not roots:
            return [Finding(Problem("the document is empty; expected '<policies>'", place=path, line=1, column=1))], frozenset()
        if len(roots) == 1 and roots[0].name == "policies":
            sections = self._sections(roots[0], "", findings)
            references.update(*(section.references for section in sections.values()))
        elif all(root.name in SECTIONS for root in roots):
            for root in roots:
                references |= self._section(root, "", findings).references
        else:
            inner = roots[0].elements if len(roots) == 1 and roots[0].name == "fragment" else roots
            binder = self._binder("", "", findings)
            binder.bind_statements(inner)
            references |= binder.references
        findings.sort(key=lambda finding: (finding.problem.line, finding.problem.column))
        return findings, frozenset(references)

    def _bind(self, source: PolicySource, findings: list[Finding]) -> Document:
        roots = read(source.xml, self.named_values, source.path)
        if len(roots) != 1 or roots[0].name != "policies":
            found = f"found '<{roots[0].name}>'" if roots else "the document is empty"
            line, column = (roots[0].line, roots[0].column) if roots else (1, 1)
            text = f"{found}; expected one root element '<policies>'"
            findings.append(Finding(Problem(text, place=source.path, line=line, column=column, code="ValidationError")))
            return Document({})
        return Document(self._sections(roots[0], source.scope, findings))

    def _sections(self, root: Node, scope: str, findings: list[Finding]) -> dict[str, Section]:
        sections: dict[str, Section] = {}
        reporter = self._binder(scope, "", findings)
        reporter.refuse_text(root)
        for node in root.elements:
            if node.name not in SECTIONS:
                expected = ", ".join(f"'{name}'" for name in SECTIONS)
                reporter.problem(node, f"'{node.name}' is not a section; expected one of {expected}")
            elif node.name in sections:
                reporter.problem(node, f"the section '{node.name}' is given twice")
            else:
                sections[node.name] = self._section(node, scope, findings)
        return sections

    def _section(self, node: Node, scope: str, findings: list[Finding]) -> Section:
        binder = self._binder(scope, node.name, findings)
        binder.refuse_text(node)
        statements = binder.bind_statements(node.elements)
        return Section(statements, frozenset(binder.needs), frozenset(binder.references))

    def _binder(self, scope: str, section: str, findings: list[Finding]) -> Binder:
        setting = Setting(
            statements=self.statements,
            refused=REFUSED,
            read_fragment=self._fragment,
            fragments_known=self.fragments is not None,
            named_values_known=self.named_values is not None,
            known=self.known,
            strict=self.mode == "strict",
        )
        return Binder(setting, scope, section, findings)

    def _fragment(self, name: str) -> tuple[Node, ...] | None:
        if name not in self._fragment_nodes:
            text = (self.fragments or {}).get(name)
            self._fragment_nodes[name] = None if text is None else _fragment_nodes(name, text, self.named_values)
        return self._fragment_nodes[name]


def _fragment_nodes(name: str, text: str, named_values: Mapping[str, str] | None) -> tuple[Node, ...]:
    roots = read(text, named_values, f"fragment '{name}'")
    if len(roots) != 1 or roots[0].name != "fragment":
        raise InvalidDocument([Problem("expected one root element '<fragment>'", place=f"fragment '{name}'", line=1, column=1)])
    return roots[0].elements


def _pipeline(document: Document) -> Pipeline:
    sections = [document.sections.get(name, Section(())) for name in SECTIONS]
    spliced = [substitute_all(section.statements, Base, ()) for section in sections]
    needs = frozenset[str]().union(*(section.needs for section in sections))
    cors = next((statement for statement in walk(spliced[0]) if isinstance(statement, Cors)), None)
    return Pipeline(
        inbound=spliced[0],
        backend=spliced[1],
        outbound=spliced[2],
        on_error=spliced[3],
        after_store=_after_store(spliced[2]),
        needs_request_body=REQUEST_BODY in needs,
        buffers_response=RESPONSE_BODY in needs,
        has_deferred=DEFERRED in needs,
        cors=cors,
        references=frozenset[tuple[str, str]]().union(*(section.references for section in sections)),
    )


def _after_store(outbound: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """What of outbound comes after the element that keeps answers; all of it when there is none."""
    for index, statement in enumerate(outbound):
        if any(isinstance(inner, CacheStore | SemanticCacheStore) for inner in walk((statement,))):
            return outbound[index + 1 :]
    return outbound


def compile_pipeline(
    sources: Sequence[PolicySource],
    *,
    fragments: Mapping[str, str] | None = None,
    named_values: Mapping[str, str] | None = None,
    known: KnownNames | None = None,
    mode: Mode = "safe",
) -> Pipeline:
    """One pipeline of the documents, given from broad to narrow. Raises InvalidDocument with every problem.

    Whoever compiles many pipelines against one configuration keeps a `Compiler`.
    """
    return Compiler(fragments or {}, named_values or {}, known or KnownNames(), mode).pipeline(sources)


def check(
    xml: str,
    *,
    fragments: Mapping[str, str] | None = None,
    named_values: Mapping[str, str] | None = None,
    known: KnownNames | None = None,
    path: str = "",
) -> list[Finding]:
    """What is wrong in one document. With `named_values` or `fragments` None, names that nobody can know are warnings."""
    return Compiler(fragments, named_values, known or KnownNames()).check(xml, path)[0]


__all__ = ["ERROR", "WARNING", "Compiler", "Finding", "KnownNames", "Pipeline", "PolicySource", "check", "compile_pipeline"]
