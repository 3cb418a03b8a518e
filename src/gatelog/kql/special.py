"""Functions that need the binder itself: they look at columns, tables or the query's now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gatelog.kql import ast
from gatelog.kql.bound import Apply, Bound, Column, Const, Ref, ScalarQuery
from gatelog.kql.errors import NOT_ALLOWED, Finding
from gatelog.kql.scopes import Scope
from gatelog.kql.sql.expressions import arithmetic, convert
from gatelog.schema.types import KqlType

if TYPE_CHECKING:
    from gatelog.kql.expression_binder import ExpressionBinder


def _now(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 0, 1)
    if not node.arguments:
        return Const(KqlType.DATETIME, binder.now)
    return arithmetic(
        "+", Const(KqlType.DATETIME, binder.now), binder.typed(node.arguments[0], scope, KqlType.TIMESPAN), node.span
    )


def _ago(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 1, 1)
    return arithmetic(
        "-", Const(KqlType.DATETIME, binder.now), binder.typed(node.arguments[0], scope, KqlType.TIMESPAN), node.span
    )


def _toscalar(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 1, 1)
    argument = node.arguments[0]
    if not binder.is_table(argument, scope.environment):
        return binder.expression(argument, scope)
    relation = binder.relation(argument, scope.environment)
    if not relation.columns:
        raise Finding(NOT_ALLOWED, "toscalar() needs a table with a column", node.span)
    column = relation.columns[0]
    return ScalarQuery(column.type, relation.plan, column)


def _ingestion_time(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 0, 0)
    return Const(KqlType.DATETIME, None)


def _column_ifexists(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 2, 2)
    name = binder.constant(node.arguments[0], scope, "the name of the column")
    column = scope.find(str(name.value)) or (scope.inner.find(str(name.value)) if scope.inner else None)
    if column is not None:
        return Ref(column.type, column)
    return binder.expression(node.arguments[1], scope)


def _parse_json(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 1, 1)
    argument = binder.expression(node.arguments[0], scope)
    if argument.type is KqlType.DYNAMIC:
        return Apply(KqlType.DYNAMIC, "parse_json", _reparse, (argument,), "maybe")
    return convert(argument, KqlType.DYNAMIC)


def _reparse(emit: Any, operand: Any) -> str:
    return str(emit.sql.reparse(operand.text))


def _pack_all(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    binder.count(node, 0, 1)
    ignore = node.arguments and binder.constant(node.arguments[0], scope, "ignore_null_empty").value is True
    return pack_columns(scope.columns, bool(ignore))


def _bag_pack_columns(binder: ExpressionBinder, node: ast.Call, scope: Scope) -> Bound:
    columns = []
    for argument in node.arguments:
        bound = binder.expression(argument, scope)
        if not isinstance(bound, Ref):
            raise Finding(NOT_ALLOWED, "bag_pack_columns() takes names of columns", argument.span)
        columns.append(bound.column)
    if not columns:
        raise Finding(NOT_ALLOWED, "bag_pack_columns() needs a column", node.span)
    return pack_columns(columns, False)


def pack_columns(columns: Sequence[Column], ignore: bool) -> Bound:
    """A bag of columns under their names."""
    from_columns: list[Bound] = []
    for column in columns:
        from_columns += [Const(KqlType.STRING, column.name), Ref(column.type, column)]
    return Apply(KqlType.DYNAMIC, "pack_all", _pack_ignoring if ignore else _pack, tuple(from_columns), "never")


def _pack(emit: Any, *operands: Any) -> str:
    return str(emit.sql.pack(emit, operands, False))


def _pack_ignoring(emit: Any, *operands: Any) -> str:
    return str(emit.sql.pack(emit, operands, True))


SPECIAL: dict[str, Callable[[ExpressionBinder, ast.Call, Scope], Bound]] = {
    "now": _now,
    "ago": _ago,
    "toscalar": _toscalar,
    "ingestion_time": _ingestion_time,
    "column_ifexists": _column_ifexists,
    "columnifexists": _column_ifexists,
    "pack_all": _pack_all,
    "bag_pack_columns": _bag_pack_columns,
    **dict.fromkeys(("parse_json", "todynamic", "toobject", "parsejson"), _parse_json),
}
