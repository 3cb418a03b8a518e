"""search, find (learn.microsoft.com/kusto/query/search-operator): the rows of many tables that hold a term."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope
from gatelog.kql.bound import Bound, Column, Const, Ref
from gatelog.kql.errors import NOT_SUPPORTED, UNKNOWN_NAME, Finding
from gatelog.kql.operators.extend import defined
from gatelog.kql.operators.union import matching, parse_table, united
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Extend, Filter
from gatelog.kql.printer import inner_text, name_text, options_text, text_of
from gatelog.kql.special import pack_columns
from gatelog.kql.sql.expressions import convert, logical, predicate
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Search(ast.Operator):
    """`search kind=case_sensitive in (A, B) "term" and x > 1`."""

    options: tuple[tuple[str, str], ...]
    tables: tuple[ast.Expression, ...]
    condition: ast.Expression

    def text(self) -> str:
        tables = f"in ({', '.join(map(inner_text, self.tables))}) " if self.tables else ""
        return f"search {options_text(dict(self.options))}{tables}{text_of(self.condition)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return self._found(binder, [replace(relation, name="search_arg0")], environment)

    def source(self, binder: Binder, environment: Environment) -> Relation:
        return self._found(binder, all_tables(binder, self.tables, environment), environment)

    def _found(self, binder: Binder, relations: list[Relation], environment: Environment) -> Relation:
        exact = dict(self.options).get("kind", "default").lower() == "case_sensitive"
        parts = [filtered(binder, relation, self.condition, environment, exact) for relation in relations]
        labels = [relation.name or f"search_arg{index}" for index, relation in enumerate(relations)]
        held = [(part, label) for part, label in zip(parts, labels, strict=True) if part is not None]
        if not held:
            raise Finding(UNKNOWN_NAME, "no table has the columns that the condition names", self.condition.span)
        return united([part for part, _ in held], "outer", "$table", [label for _, label in held])


def all_tables(binder: Binder, tables: tuple[ast.Expression, ...], environment: Environment) -> list[Relation]:
    """The tables that are named, or every table."""
    if tables:
        return [relation for table in tables for relation in matching(binder, table, environment)]
    found = [binder.scan(table.name) for table in binder.schema]
    relations = [relation for relation in found if relation is not None]
    if not relations:
        raise Finding(UNKNOWN_NAME, "there is no table to search", (0, 0))
    return relations


def filtered(
    binder: Binder, relation: Relation, condition: ast.Expression, environment: Environment, exact: bool
) -> Relation | None:
    """The rows of a table that meet a condition; None when it lacks a column that the condition names."""
    scope = Scope(environment, relation.columns)
    try:
        bound = search_condition(binder, condition, scope, exact)
    except Finding as finding:
        if finding.code != UNKNOWN_NAME or len(binder.schema) <= 1:
            raise
        if _has_or(condition):
            message = (
                f"some tables lack a column of a condition with 'or': {finding.message}; name the tables that have all of them"
            )
            raise Finding(NOT_SUPPORTED, message, condition.span) from finding
        return None
    return replace(relation, plan=Filter(relation.plan, bound))


def _has_or(node: object) -> bool:
    if isinstance(node, ast.Binary) and node.operator == "or":
        return True
    if isinstance(node, tuple):
        return any(map(_has_or, node))
    return is_dataclass(node) and any(_has_or(getattr(node, field.name)) for field in fields(node))


def search_condition(binder: Binder, node: ast.Expression, scope: Scope, exact: bool) -> Bound:
    """A condition in which a bare text stands for `* has "text"`."""
    if isinstance(node, ast.Literal) and node.type is KqlType.STRING:
        return any_column(str(node.value), scope, exact)
    if isinstance(node, ast.Star):
        return Const(KqlType.BOOL, True)
    if isinstance(node, ast.Binary) and node.operator in ("and", "or"):
        left = search_condition(binder, node.left, scope, exact)
        right = search_condition(binder, node.right, scope, exact)
        return logical(node.operator, left, right)
    if isinstance(node, ast.Binary) and node.operator == ":" and isinstance(node.right, ast.Literal):
        left = binder.expression(node.left, scope)
        return _term(left if left.type is KqlType.STRING else convert(left, KqlType.STRING), str(node.right.value), exact)
    return binder.predicate(node, scope)


def _term(operand: Bound, text: str, exact: bool) -> Bound:
    """A term, where `*` at an end stands for anything."""
    core = text.strip("*")
    if not core:
        return Const(KqlType.BOOL, True)
    if "*" in core:
        raise Finding(NOT_SUPPORTED, "a wildcard inside a search term is not supported", (0, 0))
    starts, ends = text.startswith("*"), text.endswith("*")
    operator = "contains" if starts and ends else "hassuffix" if starts else "hasprefix" if ends else "has"
    return predicate(f"{operator}_cs" if exact else operator, operand, Const(KqlType.STRING, core), (0, 0))


def any_column(text: str, scope: Scope, exact: bool) -> Bound:
    """Some column holds the term."""
    found: Bound | None = None
    for column in scope.columns:
        ref: Bound = Ref(column.type, column)
        part = _term(ref if column.type is KqlType.STRING else convert(ref, KqlType.STRING), text, exact)
        found = part if found is None else logical("or", found, part)
    return found if found is not None else Const(KqlType.BOOL, False)


@dataclass(frozen=True, slots=True)
class Find(ast.Operator):
    """`find withsource=name in (A, B) where condition project a, b`."""

    options: tuple[tuple[str, str], ...]
    tables: tuple[ast.Expression, ...]
    condition: ast.Expression
    columns: tuple[tuple[str, KqlType | None], ...]
    packs: bool = False
    """Whether `pack_all()` stands behind the columns."""

    def text(self) -> str:
        tables = f"in ({', '.join(map(inner_text, self.tables))}) " if self.tables else ""
        parts = [name_text(name) + (f":{kind}" if kind else "") for name, kind in self.columns]
        parts += ["pack_all()"] if self.packs else []
        project = f" project {', '.join(parts)}" if parts else ""
        return f"find {options_text(dict(self.options))}{tables}where {text_of(self.condition)}{project}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if not self.columns and not self.packs:
            raise Finding(NOT_SUPPORTED, "find behind a pipe needs a project clause: 'find ... project a, b'", self.span)
        return self._found(binder, [replace(relation, name=relation.name or "find_arg0")], environment)

    def source(self, binder: Binder, environment: Environment) -> Relation:
        return self._found(binder, all_tables(binder, self.tables, environment), environment)

    def _found(self, binder: Binder, relations: list[Relation], environment: Environment) -> Relation:
        parts, labels = [], []
        for index, relation in enumerate(relations):
            part = filtered(binder, relation, self.condition, environment, False)
            if part is not None:
                parts.append(part)
                labels.append(relation.name or f"find_arg{index}")
        if not parts:
            raise Finding(UNKNOWN_NAME, "no table has the columns that the condition names", self.condition.span)
        chosen = self if self.columns or self.packs else self._smart(parts)
        source = dict(self.options).get("withsource", "source_")
        found = united([chosen._packed(chosen._projected(part), part) for part in parts], "outer", source, labels)
        return replace(found, columns=chosen._in_order(found.columns))

    def _in_order(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """The name of the table, the columns as written (those split by type together), the bag."""
        places = {name: index for index, (name, _) in enumerate(self.columns)}
        bag = len(places)

        def place(column: Column) -> int:
            return places.get(column.name, places.get(column.name.rpartition("_")[0], bag))

        return (columns[0], *sorted(columns[1:], key=place))

    def _smart(self, parts: list[Relation]) -> Find:
        """With the columns that every table has, then those that the condition names, then a bag of the others."""
        kinds: dict[str, set[KqlType]] = {}
        for column in (column for part in parts for column in part.columns):
            kinds.setdefault(column.name, set()).add(column.type)
        common = [column.name for column in parts[0].columns if all(part.column(column.name) for part in parts)]
        named = [name for name in _names(self.condition) if name in kinds and name not in common]
        shown = list(dict.fromkeys([*common, *named]))
        for name in shown:
            if len(kinds[name]) > 1:
                raise Finding(
                    NOT_SUPPORTED, f"find over tables where '{name}' has several types needs a project clause", self.span
                )
        return replace(self, columns=tuple((name, None) for name in shown), packs=len(shown) < len(kinds))

    def _packed(self, projected: Relation, whole: Relation) -> Relation:
        """With a bag of the columns that are not shown, as `pack_`."""
        if not self.packs:
            return projected
        shown = {name for name, _ in self.columns}
        bag = pack_columns([column for column in whole.columns if column.name not in shown], False)
        column = defined("pack_", bag)
        return replace(projected, plan=Extend(projected.plan, ((column, bag),)), columns=(*projected.columns, column))

    def _projected(self, relation: Relation) -> Relation:
        columns, assignments = [], []
        for name, kind in self.columns:
            column = relation.column(name)
            if column is None:
                continue
            if kind is not None and column.type is not kind:
                expression = convert(Ref(column.type, column), kind)
                column = defined(name, expression)
                assignments.append((column, expression))
            columns.append(column)
        return Relation(Extend(relation.plan, tuple(assignments)), tuple(columns), name=relation.name)


def _names(node: object) -> Iterator[str]:
    """The names in an expression, in order."""
    if isinstance(node, ast.Name):
        yield node.name
    elif isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from _names(getattr(node, field.name))


def _tables(parser: Parser) -> tuple[ast.Expression, ...]:
    if not parser.accept("in"):
        return ()
    parser.expect("(")
    tables = tuple(parser.separated(lambda: parse_table(parser)))
    parser.expect(")")
    return tables


def parse_search(parser: Parser, start: int) -> Search:
    options = parser.options("kind")
    tables = _tables(parser)
    condition = parser.expression()
    return Search((start, parser.end), tuple(options.items()), tables, condition)


def parse_find(parser: Parser, start: int) -> Find:
    options = parser.options("withsource", "datascope")
    tables = _tables(parser)
    parser.expect("where")
    condition = parser.expression()
    columns: list[tuple[str, KqlType | None]] = []
    packs = False
    if not parser.accept("project-smart") and parser.accept("project"):
        while True:
            name = parser.name("a column")
            if name == "pack_all" and parser.accept("("):
                parser.expect(")")
                packs = True
                break
            columns.append((name, parser.type_name() if parser.accept(":") else None))
            if not parser.accept(","):
                break
    return Find((start, parser.end), tuple(options.items()), tables, condition, tuple(columns), packs)
