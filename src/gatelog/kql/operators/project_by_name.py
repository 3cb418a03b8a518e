"""project-away, project-keep, project-reorder, project-rename: columns chosen by names with wildcards."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation
from gatelog.kql.bound import Column, Ref
from gatelog.kql.errors import DUPLICATE, UNKNOWN_NAME, Finding, nearest
from gatelog.kql.operators.extend import defined
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Extend
from gatelog.kql.printer import name_text


def matches(pattern: str, name: str) -> bool:
    """Does a name match `a*b`?"""
    if "*" not in pattern:
        return pattern.replace("\0", "*") == name
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, name, re.DOTALL) is not None


def pattern_text(pattern: str) -> str:
    """A pattern as KQL."""
    return pattern if "*" in pattern else name_text(pattern.replace("\0", "*"))


def chosen(relation: Relation, pattern: str, node: ast.Node) -> list[Column]:
    """The columns that a pattern names. Raises Finding for a plain name that is not there."""
    found = [column for column in relation.columns if matches(pattern, column.name)]
    if not found and "*" not in pattern:
        raise unknown(relation, pattern, node)
    return found


def unknown(relation: Relation, name: str, node: ast.Node) -> Finding:
    """The finding that a column is not there."""
    hint = nearest(name, [column.name for column in relation.columns])
    return Finding(UNKNOWN_NAME, f"column '{name}' is not known here", node.span, hint)


@dataclass(frozen=True, slots=True)
class ProjectAway(ast.Operator):
    """`project-away a, b*`."""

    patterns: tuple[str, ...]

    def text(self) -> str:
        return f"project-away {', '.join(map(pattern_text, self.patterns))}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        gone = {column for pattern in self.patterns for column in chosen(relation, pattern, self)}
        return replace(relation, columns=tuple(column for column in relation.columns if column not in gone))


@dataclass(frozen=True, slots=True)
class ProjectKeep(ast.Operator):
    """`project-keep a, b*`."""

    patterns: tuple[str, ...]

    def text(self) -> str:
        return f"project-keep {', '.join(map(pattern_text, self.patterns))}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        kept = {column for pattern in self.patterns for column in chosen(relation, pattern, self)}
        return replace(relation, columns=tuple(column for column in relation.columns if column in kept), bag=None)


@dataclass(frozen=True, slots=True)
class ProjectReorder(ast.Operator):
    """`project-reorder a, b* asc`."""

    patterns: tuple[tuple[str, str], ...]

    def text(self) -> str:
        return "project-reorder " + ", ".join(f"{pattern_text(pattern)} {order}".strip() for pattern, order in self.patterns)

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        front: list[Column] = []
        for pattern, order in self.patterns:
            found = [column for column in chosen(relation, pattern, self) if column not in front]
            if order:
                found.sort(
                    key=lambda column: _granny(column.name) if order.startswith("granny") else column.name,
                    reverse=order.endswith("desc"),
                )
            front += found
        rest = [column for column in relation.columns if column not in front]
        return replace(relation, columns=(*front, *rest))


def _granny(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]


@dataclass(frozen=True, slots=True)
class ProjectRename(ast.Operator):
    """`project-rename new = old`."""

    pairs: tuple[tuple[str, str], ...]

    def text(self) -> str:
        return "project-rename " + ", ".join(f"{name_text(new)} = {name_text(old)}" for new, old in self.pairs)

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        columns = list(relation.columns)
        assignments = []
        for new, old in self.pairs:
            index = next((i for i, column in enumerate(relation.columns) if column.name == old), -1)
            if index < 0:
                raise unknown(relation, old, self)
            expression = Ref(columns[index].type, relation.columns[index])
            columns[index] = defined(new, expression)
            assignments.append((columns[index], expression))
        names = [column.name for column in columns]
        for name in names:
            if names.count(name) > 1:
                raise Finding(DUPLICATE, f"a column with the name '{name}' is already declared", self.span)
        return replace(relation, plan=Extend(relation.plan, tuple(assignments)), columns=tuple(columns))


def parse_away(parser: Parser, start: int) -> ProjectAway:
    patterns = tuple(parser.separated(parser.pattern))
    return ProjectAway((start, parser.end), patterns)


def parse_keep(parser: Parser, start: int) -> ProjectKeep:
    patterns = tuple(parser.separated(parser.pattern))
    return ProjectKeep((start, parser.end), patterns)


def parse_reorder(parser: Parser, start: int) -> ProjectReorder:
    def one() -> tuple[str, str]:
        pattern = parser.pattern()
        for order in ("granny-asc", "granny-desc"):
            if parser.accept_words("granny", "-", order[7:]):
                return pattern, order
        order = parser.advance().text if parser.at("asc", "desc") else ""
        return pattern, order

    patterns = tuple(parser.separated(one))
    return ProjectReorder((start, parser.end), patterns)


def parse_rename(parser: Parser, start: int) -> ProjectRename:
    def one() -> tuple[str, str]:
        new = parser.name("the new name")
        parser.expect("=")
        return new, parser.name("the old name")

    pairs = tuple(parser.separated(one))
    return ProjectRename((start, parser.end), pairs)
