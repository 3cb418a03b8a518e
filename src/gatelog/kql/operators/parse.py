"""parse, parse-where (learn.microsoft.com/kusto/query/parse-operator).

simple: all columns of a row, or none; relaxed: each column by itself; regex: the texts between columns are regular expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, scope_of
from gatelog.kql.bound import Bound, Column
from gatelog.kql.catalog.rows import Fragment
from gatelog.kql.errors import NOT_ALLOWED, TYPES, Finding
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Hints, Plan
from gatelog.kql.printer import inner_text, name_text, options_text, string_text
from gatelog.kql.sql.expressions import convert
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel
from gatelog.schema.types import KqlType

_NUMBERS = {
    KqlType.INT: r"([-+]?\d+)",
    KqlType.LONG: r"([-+]?\d+)",
    KqlType.REAL: r"([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)",
    KqlType.DECIMAL: r"([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)",
    KqlType.BOOL: r"(true|false|True|False|0|1)",
}
_LITERAL = re.compile(r"([\\.^$|?*+()\[\]{}])")


@dataclass(frozen=True, slots=True)
class Target:
    """A column to be filled."""

    name: str
    type: KqlType


Piece = str | Target | None
"""A text to find, a column, or `*`."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression; `groups`: which of its groups each column is; `count`: how many it has."""

    pattern: str
    groups: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class ParsePlan(Plan):
    """Columns cut out of a text by one regular expression."""

    input: Plan
    operand: Bound
    expression: Expression
    columns: tuple[Column, ...]
    whole: bool
    """All columns or none."""
    only_matches: bool

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return (self.operand,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input, hints)
        rel = to.seal(rel) if rel.windowed or rel.limit else to.ready(rel, [self.operand])
        operand = to.render(self.operand, rel).text
        groups = Column("", KqlType.STRING)
        rel = to.seal(rel, {groups: to.sql.groups(operand, self.expression.pattern, self.expression.count)})
        held = rel.names[groups]
        converted = {
            column: to.convert(Fragment(to.sql.group(held, self.expression.groups[index]), KqlType.STRING), column.type).text
            for index, column in enumerate(self.columns)
        }
        found = f"{held} IS NOT NULL"
        typed = [column for column in self.columns if column.type is not KqlType.STRING]
        if self.whole and typed:
            to.needed.add(groups)
            rel = to.seal(rel, {column: converted[column] for column in typed})
            converted.update({column: rel.names[column] for column in typed})
        return self._outcome(to, rel, converted, found, typed)

    def _outcome(self, to: Lowering, rel: Rel, converted: dict[Column, str], found: str, typed: list[Column]) -> Rel:
        condition = " AND ".join([found, *(f"{converted[column]} IS NOT NULL" for column in typed if self.whole)])
        texts = {}
        for column in self.columns:
            text = f"CASE WHEN {condition} THEN {converted[column]} END"
            texts[column] = f"coalesce({text}, '')" if column.type is KqlType.STRING else f"({text})"
        rel = replace(rel, names={**rel.names, **texts}, computed=rel.computed | set(texts))
        if self.only_matches:
            rel = rel.filtered(condition)
        return rel


def expression_of(pieces: tuple[Piece, ...], mode: str, flags: str, node: ast.Node) -> Expression:
    """The regular expression of a pattern. In regex mode columns are greedy, as in Kusto."""
    greedy = mode == "regex"
    parts: list[str] = []
    groups: list[int] = []
    count = 0
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if piece is None:
            parts.append("" if last else ".*" if greedy else ".*?")
        elif isinstance(piece, str):
            parts.append(f"(?:{piece})" if greedy else _LITERAL.sub(r"\\\1", piece))
            count += _group_count(piece, node) if greedy else 0
        else:
            before_star = not last and pieces[index + 1] is None
            parts.append(_column_pattern(piece.type, mode, before_star, greedy or last))
            groups.append(count)
            count += 1
    if greedy:
        letters = "".join(dict.fromkeys(flag for flag in flags if flag in "imsU"))
        return Expression((f"(?{letters})" if letters else "") + "".join(parts), tuple(groups), count)
    start = "" if pieces[0] is None else "^"
    end = "" if pieces[-1] is None else "$"
    return Expression(f"(?s){start}{''.join(parts)}{end}", tuple(groups), count)


def _column_pattern(kind: KqlType, mode: str, before_star: bool, greedy: bool) -> str:
    number = _NUMBERS.get(kind)
    if number is not None and mode == "relaxed":
        return f"{number[:-1]}|)" if before_star else "(.*?)"
    if number is not None:
        return number
    return "(.*)" if greedy else "(.*?)"


def _group_count(pattern: str, node: ast.Node) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise Finding(NOT_ALLOWED, f"the regular expression {pattern!r} is not valid: {error}", node.span) from error


@dataclass(frozen=True, slots=True)
class Parse(ast.Operator):
    """`parse kind=regex flags=i x with * "a" b:long "c" *`."""

    options: tuple[tuple[str, str], ...]
    operand: ast.Expression
    pieces: tuple[Piece, ...]
    keyword: str = "parse"

    def text(self) -> str:
        pieces = " ".join(map(_piece_text, self.pieces))
        return f"{self.keyword} {options_text(dict(self.options))}{inner_text(self.operand)} with {pieces}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        options = dict(self.options)
        mode = options.get("kind", "simple").lower()
        if mode not in ("simple", "regex", "relaxed"):
            raise Finding(NOT_ALLOWED, f"'{mode}' is no kind of {self.keyword}", self.span)
        operand = binder.expression(self.operand, scope_of(relation, environment))
        if operand.type is KqlType.DYNAMIC:
            operand = convert(operand, KqlType.STRING)
        if operand.type is not KqlType.STRING:
            raise Finding(TYPES, f"{self.keyword} needs a string, found {operand.type}", self.operand.span)
        targets = [piece for piece in self.pieces if isinstance(piece, Target)]
        columns = tuple(Column(target.name, target.type, depends=(operand,)) for target in targets)
        expression = expression_of(self.pieces, mode, options.get("flags", ""), self)
        plan = ParsePlan(relation.plan, operand, expression, columns, mode != "relaxed", self.keyword == "parse-where")
        return with_columns(relation, plan, columns)


def with_columns(relation: Relation, plan: Plan, columns: tuple[Column, ...]) -> Relation:
    """The relation with columns of a new plan: in place of a column of the same name, or at the end."""
    found = list(relation.columns)
    for column in columns:
        index = next((i for i, old in enumerate(found) if old.name == column.name), -1)
        if index < 0:
            found.append(column)
        else:
            found[index] = column
    return replace(relation, plan=plan, columns=tuple(found))


def _piece_text(piece: Piece) -> str:
    if piece is None:
        return "*"
    if isinstance(piece, str):
        return string_text(piece)
    return f"{name_text(piece.name)}:{piece.type}"


def _parse(parser: Parser, start: int, keyword: str) -> Parse:
    options = parser.options("kind", "flags")
    operand = parser.expression()
    parser.expect("with")
    pieces: list[Piece] = []
    while True:
        if parser.accept("*"):
            pieces.append(None)
        elif parser.token.kind == "string":
            literal = parser.expression(9)
            pieces.append(str(literal.value) if isinstance(literal, ast.Literal) else "")
        elif parser.at_name():
            name = parser.name()
            kind = parser.type_name() if parser.accept(":") else KqlType.STRING
            pieces.append(Target(name, kind))
        else:
            break
    if not pieces:
        raise parser.unexpected("a text, a column or *")
    return Parse((start, parser.end), tuple(options.items()), operand, tuple(pieces), keyword)


def parse_parse(parser: Parser, start: int) -> Parse:
    return _parse(parser, start, "parse")


def parse_parse_where(parser: Parser, start: int) -> Parse:
    return _parse(parser, start, "parse-where")
