"""Text to `schema.query.Query`: parse, bind, mark what is needed, lower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, ScalarVariable, Scope
from gatelog.kql.bound import Const
from gatelog.kql.catalog.registry import CATALOGUE
from gatelog.kql.errors import ARGUMENTS, NOT_ALLOWED, NOT_SUPPORTED, Finding, KqlError, report
from gatelog.kql.folding import converted_constant
from gatelog.kql.kernels.unpack import Unpacking
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.kql.operators.table import OPERATORS, SOURCES
from gatelog.kql.parser import parse_text
from gatelog.kql.plan import mark
from gatelog.kql.sql.lowering import DIALECTS, Lowering
from gatelog.schema.query import Output, Query, ResultColumn
from gatelog.schema.table import Schema
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of one compilation."""

    allow_external_data: bool = False
    """`externaldata` may read local files."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query with what the text itself asked for."""

    query: Query
    tree: ast.Query
    settings: Mapping[str, Any] = field(default_factory=dict)
    """`set` statements: notruncation, truncationmaxrecords, servertimeout ..."""


def parse(text: str) -> ast.Query:
    """The syntax tree of a query. Raises KqlError."""
    return parse_text(text, OPERATORS, SOURCES)


def compile_query(
    text: str,
    schema: Schema,
    now: int,
    *,
    dialect: str = "duckdb",
    parameters: Mapping[str, str] | None = None,
    functions: Mapping[str, str] | None = None,
    time_range: tuple[int, int] | None = None,
    options: Options | None = None,
) -> Compiled:
    """As `gatelog.kql.compile`, with the tree and the settings."""
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}")
    tree = parse(text)
    binder = Binder(schema, CATALOGUE, now // 100 + EPOCH_TICKS, dialect, parse, functions or {}, time_range)
    settings: dict[str, Any] = {}
    answers: list[tuple[str, Relation]] = []
    environment = Environment()
    for statement in tree.statements:
        try:
            if isinstance(statement, ast.ExpressionStatement):
                binder.outputs.clear()
                relation = _answer(binder, statement.value, environment)
                answers += binder.outputs or [("PrimaryResult", relation)]
            else:
                _declare(binder, statement, environment, settings, parameters or {})
        except Finding as finding:
            binder.findings.append(finding)
        except RecursionError as error:
            raise _too_deep(text) from error
    if not answers and not binder.findings:
        binder.findings.append(Finding(NOT_ALLOWED, "the query has no result: it ends without an expression", (0, len(text))))
    if binder.findings:
        raise report(text, binder.findings)
    try:
        return Compiled(_lower(answers, binder, dialect, settings), tree, settings)
    except Finding as finding:
        raise report(text, [finding]) from finding
    except RecursionError as error:
        raise _too_deep(text) from error


def _too_deep(text: str) -> KqlError:
    return report(text, [Finding(NOT_SUPPORTED, "the query is nested too deep, or one expression is too long", (0, len(text)))])


def _answer(binder: Binder, node: ast.Expression, environment: Environment) -> Relation:
    if isinstance(node, (ast.Pipeline, ast.Name, ast.Call)) and (
        isinstance(node, ast.Pipeline) or binder.is_table(node, environment) or isinstance(node, ast.Name)
    ):
        return binder.relation(node, environment)
    if isinstance(node, ast.Call):
        return binder.relation(node, environment)
    raise Finding(NOT_ALLOWED, "a query must be a table: did you mean 'print'?", node.span)


def _declare(
    binder: Binder, statement: ast.Statement, environment: Environment, settings: dict[str, Any], parameters: Mapping[str, str]
) -> None:
    if isinstance(statement, ast.Let):
        environment.names[statement.name] = binder.variable(statement, environment)
    elif isinstance(statement, ast.SetOption):
        settings[statement.name] = statement.value
    elif isinstance(statement, ast.DeclareParameters):
        for parameter in statement.parameters:
            environment.names[parameter.name] = _parameter(binder, parameter, parameters)
    elif isinstance(statement, ast.Other):
        raise Finding(NOT_SUPPORTED, f"the statement '{statement.keyword}' is not supported", statement.span)


def _parameter(binder: Binder, parameter: ast.Parameter, given: Mapping[str, str]) -> ScalarVariable:
    assert parameter.type is not None
    text = given.get(parameter.name)
    if text is None:
        if parameter.default is None:
            raise Finding(ARGUMENTS, f"the query parameter '{parameter.name}' has no value", parameter.span)
        return ScalarVariable(binder.typed(parameter.default, Scope(Environment()), parameter.type))
    return ScalarVariable(Const(parameter.type, parameter_value(text, parameter)))


def parameter_value(text: str, parameter: ast.Parameter) -> Any:
    """The value of a query parameter: a KQL literal of its type, or its bare text."""
    assert parameter.type is not None
    try:
        tree = parse(f"print {text}")
        statement = tree.statements[0]
        node = getattr(getattr(getattr(statement, "value", None), "source", None), "items", (None,))[0]
    except KqlError:
        node = None
    if isinstance(node, ast.Literal) and node.type is parameter.type:
        return node.value
    if parameter.type is KqlType.STRING:
        return node.value if isinstance(node, ast.Literal) and node.type is KqlType.STRING else text
    source = node.type if isinstance(node, ast.Literal) else KqlType.STRING
    value = converted_constant(node.value if isinstance(node, ast.Literal) else text, source, parameter.type)
    if value is None:
        raise Finding(ARGUMENTS, f"the value of query parameter '{parameter.name}' is not a {parameter.type}", parameter.span)
    return value


def _open_output(to: Lowering, name: str, relation: Relation, visualization: Mapping[str, Any]) -> Output:
    """An answer whose last columns are the members of a bag."""
    assert relation.bag is not None
    columns = tuple(ResultColumn(column.name, column.type, i, column.tick) for i, column in enumerate(relation.columns))
    unpack = Unpacking(columns, relation.bag_type, relation.bag_filler, relation.bag_conflict)
    step = to.kernel([(to.lower(relation.plan), (*relation.columns, relation.bag))], unpack.run)
    return Output(name, step, None, unpack.columns_of, visualization)


def _lower(answers: list[tuple[str, Relation]], binder: Binder, dialect: str, settings: Mapping[str, Any]) -> Query:
    to = Lowering(CATALOGUE, binder.now, dialect)
    for _, relation in answers:
        mark(to, relation.plan, relation.columns if relation.bag is None else (*relation.columns, relation.bag))
    outputs = []
    for index, (name, relation) in enumerate(answers):
        step = to.fresh("q")
        visualization = binder.visualization if not index else {}
        if relation.bag is not None:
            outputs.append(_open_output(to, name, relation, visualization))
            continue
        to.finish(to.lower(relation.plan), relation.columns, step)
        columns = tuple(
            ResultColumn(column.name, column.type, position, column.tick) for position, column in enumerate(relation.columns)
        )
        outputs.append(Output(name, step, columns, visualization=visualization))
    return Query(tuple(to.scans), tuple(to.steps), tuple(outputs), tuple(to.functions.values()), settings)
