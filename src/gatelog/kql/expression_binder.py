"""Scalar expressions: names to columns and variables, calls to rows of the catalogue, operators to typed SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatelog.kql import ast
from gatelog.kql.arguments import CONVERSIONS, NUMERIC, RANK, common_type, fit, folded
from gatelog.kql.bound import Apply, Bound, Column, Const, InQuery, Path, Ref
from gatelog.kql.catalog.refused import PREFIXES, REFUSED
from gatelog.kql.catalog.rows import UNKNOWN, Aggregate, Catalogue, Function, Parameter, Signature
from gatelog.kql.errors import (
    ARGUMENTS,
    NOT_ALLOWED,
    NOT_SUPPORTED,
    TYPES,
    UNKNOWN_FUNCTION,
    UNKNOWN_NAME,
    Finding,
    Span,
    nearest,
)
from gatelog.kql.folding import converted_constant
from gatelog.kql.naming import default_name
from gatelog.kql.scopes import Environment, FunctionVariable, Item, Relation, ScalarVariable, Scope
from gatelog.kql.special import SPECIAL
from gatelog.kql.sql.expressions import arithmetic, between, compare, convert, in_list, logical, negate, predicate, sub_element
from gatelog.schema.types import KqlType


class ExpressionBinder:
    """Binds scalar expressions; tables and user functions are the subclass's."""

    def __init__(self, catalogue: Catalogue, now: int, dialect: str, stored: Mapping[str, str]) -> None:
        self.catalogue = catalogue
        self.now = now
        self.dialect = dialect
        self.stored = stored
        self.findings: list[Finding] = []

    def relation(self, node: ast.Expression | ast.Operator, environment: Environment) -> Relation:
        """The table that an expression stands for."""
        raise NotImplementedError

    def is_table(self, node: ast.Expression, environment: Environment) -> bool:
        """Does an expression stand for a table?"""
        raise NotImplementedError

    def function(self, name: str, environment: Environment) -> FunctionVariable | None:
        """The user function of that name."""
        raise NotImplementedError

    def invoke_scalar(self, function: FunctionVariable, node: ast.Call, scope: Scope) -> Bound:
        """The value of a user function."""
        raise NotImplementedError

    def expressions(self, nodes: Sequence[ast.Expression], scope: Scope) -> list[Bound]:
        """Several expressions; all findings are noted before the last one is raised."""
        bound: list[Bound] = []
        failed: Finding | None = None
        for node in nodes:
            try:
                bound.append(self.expression(node, scope))
            except Finding as finding:
                if failed is not None:
                    self.findings.append(failed)
                failed = finding
        if failed is not None:
            raise failed
        return bound

    def expression(self, node: ast.Expression, scope: Scope) -> Bound:
        """A typed expression."""
        bind = _BINDERS.get(type(node))
        if bind is None:
            raise Finding(NOT_ALLOWED, "a scalar expression is expected here", node.span)
        bound: Bound = bind(self, node, scope)
        return bound

    def typed(self, node: ast.Expression, scope: Scope, kind: KqlType) -> Bound:
        """An expression of a given type."""
        return self.coerce(self.expression(node, scope), kind, node.span)

    def predicate(self, node: ast.Expression, scope: Scope) -> Bound:
        """A condition."""
        bound = self.expression(node, scope)
        if bound.type is KqlType.DYNAMIC:
            return convert(bound, KqlType.BOOL)
        if bound.type is not KqlType.BOOL:
            raise Finding(TYPES, f"a condition must be bool, found {bound.type}", node.span)
        return bound

    def constant(self, node: ast.Expression, scope: Scope, what: str) -> Bound:
        """An expression whose value is known now."""
        bound = self.expression(node, scope)
        if bound.value is UNKNOWN:
            raise Finding(NOT_ALLOWED, f"{what} must be a constant", node.span)
        return bound

    def coerce(self, bound: Bound, kind: KqlType, span: Span) -> Bound:
        """The expression as another type, where KQL converts by itself."""
        if bound.type is kind:
            return bound
        allowed = bound.type is KqlType.DYNAMIC or (
            bound.type in RANK and kind in RANK and (RANK[bound.type] < RANK[kind] or bound.value is not UNKNOWN)
        )
        if not allowed and bound.value is None:
            return Const(kind, None)
        if not allowed and bound.type is KqlType.STRING and bound.value is not UNKNOWN:
            found = converted_constant(bound.value, bound.type, kind)
            if found is not None:
                return Const(kind, found)
        if not allowed:
            raise Finding(TYPES, f"expected {kind}, found {bound.type}", span)
        return convert(bound, kind)

    def _literal(self, node: ast.Literal, scope: Scope) -> Bound:
        return Const(node.type, node.value)

    def _typeof(self, node: ast.TypeOf, scope: Scope) -> Bound:
        return Const(KqlType.STRING, node.type)

    def _name(self, node: ast.Name, scope: Scope) -> Bound:
        column = scope.find(node.name)
        if column is not None:
            return Ref(column.type, column)
        found = scope.environment.find(node.name)
        if isinstance(found, ScalarVariable):
            return found.value
        if isinstance(found, FunctionVariable) and not found.node.parameters:
            return self.invoke_scalar(found, ast.Call(node.span, node.name, ()), scope)
        if found is not None:
            raise Finding(NOT_ALLOWED, f"'{node.name}' is not a scalar", node.span)
        if scope.inner is not None and scope.inner.find(node.name) is not None:
            raise Finding(NOT_ALLOWED, f"'{node.name}' must stand in an aggregate or behind 'by'", node.span)
        known = [column.name for column in scope.columns] + list(scope.environment.known())
        raise Finding(
            UNKNOWN_NAME,
            f"'{node.name}' is no column, table, variable or function here",
            node.span,
            nearest(node.name, known),
        )

    def _member(self, node: ast.Member, scope: Scope) -> Bound:
        side = self._side(node, scope)
        if side is not None:
            return side
        base = self.expression(node.operand, scope)
        return self._path(base, node.name, node.span)

    def _side(self, node: ast.Member, scope: Scope) -> Bound | None:
        if not isinstance(node.operand, ast.Name):
            return None
        name = node.operand.name
        special = scope.special.get(f"{name}.{node.name}")
        if special is not None:
            return Ref(special.type, special)
        if scope.sides is None or name not in ("$left", "$right"):
            return None
        columns = scope.sides[0 if name == "$left" else 1]
        for column in columns:
            if column.name == node.name:
                return Ref(column.type, column)
        side = "left" if name == "$left" else "right"
        hint = nearest(node.name, [column.name for column in columns])
        raise Finding(UNKNOWN_NAME, f"column '{node.name}' is not on the {side} side of the join", node.span, hint)

    def _index(self, node: ast.Index, scope: Scope) -> Bound:
        base = self.expression(node.operand, scope)
        index = self.expression(node.index, scope)
        value = index.value
        if (
            isinstance(value, (str, int))
            and not isinstance(value, bool)
            and index.type in (KqlType.STRING, KqlType.LONG, KqlType.INT)
        ):
            return self._path(base, value, node.span)
        if base.type is not KqlType.DYNAMIC:
            raise Finding(TYPES, f"[] needs a dynamic value, found {base.type}", node.span)
        if index.type is KqlType.DYNAMIC:
            index = convert(index, KqlType.STRING)
        if index.type not in (KqlType.STRING, KqlType.LONG, KqlType.INT):
            raise Finding(TYPES, f"an index is a string or a number, found {index.type}", node.index.span)
        return sub_element(base, index)

    def _path(self, base: Bound, step: str | int, span: Span) -> Bound:
        if base.type is not KqlType.DYNAMIC:
            raise Finding(UNKNOWN_NAME, f"'{step}' cannot be read from a {base.type}, only from dynamic", span)
        if isinstance(base, Path):
            return Path(KqlType.DYNAMIC, base.base, (*base.steps, step))
        return Path(KqlType.DYNAMIC, base, (step,))

    def _unary(self, node: ast.Unary, scope: Scope) -> Bound:
        operand = self.expression(node.operand, scope)
        if operand.type is KqlType.DYNAMIC:
            operand = convert(operand, KqlType.REAL)
        if operand.type not in (*NUMERIC, KqlType.TIMESPAN):
            raise Finding(TYPES, f"'{node.operator}' is not defined for {operand.type}", node.span)
        return negate(operand) if node.operator == "-" else operand

    def _binary(self, node: ast.Binary, scope: Scope) -> Bound:
        operator = node.operator
        if isinstance(node.left, ast.Star):
            return self._any_column(node, scope)
        if operator in ("and", "or"):
            return self._logical(node, scope)
        left, right = self.expressions((node.left, node.right), scope)
        if operator in ("+", "-", "*", "/", "%"):
            return arithmetic(operator, left, right, node.span)
        if operator in ("==", "!=", "<", "<=", ">", ">="):
            return compare(operator, left, right, node.span)
        return predicate(operator, left, right, node.span)

    def _logical(self, node: ast.Binary, scope: Scope) -> Bound:
        """`a or b or c ...`, however long, without a stack frame for each."""
        operands: list[ast.Expression] = []
        left: ast.Expression = node
        while isinstance(left, ast.Binary) and left.operator == node.operator:
            operands.append(left.right)
            left = left.left
        operands.append(left)
        operands.reverse()
        bound = [self._as_bool(item, operand) for item, operand in zip(self.expressions(operands, scope), operands, strict=True)]
        return logical(node.operator, *bound)

    def _as_bool(self, bound: Bound, node: ast.Expression) -> Bound:
        if bound.type is KqlType.BOOL:
            return bound
        if bound.type is KqlType.DYNAMIC:
            return convert(bound, KqlType.BOOL)
        raise Finding(TYPES, f"'and' and 'or' need bool, found {bound.type}", node.span)

    def _any_column(self, node: ast.Binary, scope: Scope) -> Bound:
        """`* contains "x"`: some column."""
        right = self.expression(node.right, scope)
        found: Bound | None = None
        for column in scope.columns:
            ref: Bound = Ref(column.type, column)
            if node.operator in ("==", "!="):
                if column.type is not right.type:
                    continue
                part = compare(node.operator, ref, right, node.span)
            else:
                part = predicate(
                    node.operator, ref if column.type is KqlType.STRING else convert(ref, KqlType.STRING), right, node.span
                )
            found = part if found is None else logical("or", found, part)
        return found if found is not None else Const(KqlType.BOOL, False)

    def _between(self, node: ast.Between, scope: Scope) -> Bound:
        left, low, high = self.expressions((node.left, node.low, node.high), scope)
        if left.type is KqlType.DATETIME and high.type is KqlType.TIMESPAN:
            high = arithmetic("+", low, high, node.span)
        return between(node.operator, left, low, high, node.span)

    def _in(self, node: ast.In, scope: Scope) -> Bound:
        left = self.expression(node.left, scope) if not isinstance(node.left, ast.Star) else None
        if left is None:
            raise Finding(NOT_SUPPORTED, f"'* {node.operator}' is not supported", node.span)
        if (
            len(node.items) == 1
            and self.is_table(node.items[0], scope.environment)
            and not self._names_column(node.items[0], scope)
        ):
            return self._in_table(node, left, scope)
        items = self.expressions(node.items, scope)
        return in_list(node.operator, left, items, node.span)

    def _names_column(self, node: ast.Expression, scope: Scope) -> bool:
        return isinstance(node, ast.Name) and scope.find(node.name) is not None

    def _in_table(self, node: ast.In, left: Bound, scope: Scope) -> Bound:
        relation = self.relation(node.items[0], scope.environment)
        if not relation.columns:
            raise Finding(NOT_ALLOWED, "the table behind 'in' has no column", node.items[0].span)
        if node.operator in ("has_any", "has_all", "!has_any", "!has_all"):
            raise Finding(NOT_SUPPORTED, f"'{node.operator}' over a table is not supported; use a list", node.span)
        column = relation.columns[0]
        plan = relation.plan
        if column.type is KqlType.DYNAMIC and left.type is not KqlType.DYNAMIC:
            raise Finding(NOT_SUPPORTED, "'in' over a dynamic column of a table is not supported", node.span)
        if left.type is KqlType.DYNAMIC:
            left = convert(left, column.type)
        if left.type is not column.type and not (left.type in RANK and column.type in RANK):
            raise Finding(TYPES, f"'in' compares {left.type} with {column.type}", node.span)
        return InQuery(KqlType.BOOL, left, plan, column, node.operator.endswith("~"), node.operator.startswith("!"))

    # -- calls

    def _call(self, node: ast.Call, scope: Scope) -> Bound:
        function = self.function(node.name, scope.environment)
        if function is not None:
            return self.invoke_scalar(function, node, scope)
        special = SPECIAL.get(node.name)
        if special is not None:
            return special(self, node, scope)
        if scope.aggregates is not None:
            aggregate = self.catalogue.aggregates.get(node.name)
            if aggregate is not None:
                return self._collect(aggregate, node, scope)
        row = self.catalogue.functions.get(node.name)
        if row is None:
            raise self._unknown_function(node, scope.environment)
        if row.window and not scope.serialized:
            raise Finding(NOT_ALLOWED, f"{node.name}() needs serialized rows: use sort or serialize before", node.span)
        if row.columns:
            raise Finding(
                NOT_ALLOWED, f"{node.name}() gives several columns and must stand alone in extend or project", node.span
            )
        return self.apply(row, node, scope)

    def _unknown_function(self, node: ast.Call, environment: Environment) -> Finding:
        span = node.name_span if node.name_span != ast.NOWHERE else node.span
        if node.name in self.catalogue.aggregates or node.name in ("arg_max", "arg_min", "take_any", "any"):
            return Finding(NOT_ALLOWED, f"the aggregate {node.name}() cannot be used here", span)
        reason = REFUSED.get(node.name) or next((why for prefix, why in PREFIXES.items() if node.name.startswith(prefix)), None)
        if reason is not None:
            return Finding(NOT_SUPPORTED, f"the function {node.name}() is not supported: {reason}", span)
        if node.name in ("database", "workspace", "cluster", "app") or "." in node.name:
            return Finding(NOT_SUPPORTED, "queries across workspaces are not supported", span)
        known = [*self.catalogue.functions, *self.catalogue.aggregates, *SPECIAL, *environment.known(), *self.stored]
        return Finding(UNKNOWN_FUNCTION, f"function '{node.name}' is not known", span, nearest(node.name, known))

    def apply(self, row: Function, node: ast.Call, scope: Scope) -> Bound:
        """A call of a catalogue function."""
        arguments = self.expressions(node.arguments, scope)
        signature, operands = self.match(row.name, row.signatures, arguments, node)
        result = self.result_type(signature, operands)
        if row.name in CONVERSIONS and operands[0].value is not UNKNOWN and operands[0].type is KqlType.STRING:
            return convert(operands[0], result)
        if row.fold is not None and row.deterministic and operands:
            values = [operand.value for operand in operands]
            if all(value is not UNKNOWN and value is not None for value in values):
                constant = folded(row.fold, values)
                if constant is not None:
                    return Const(result, constant)
        render = signature.duckdb if self.dialect == "duckdb" else signature.clickhouse
        nulls = signature.nulls or row.nulls
        return Apply(result, row.name, render, operands, nulls, row.window, signature.python, row.tick, node.span)

    def result_type(self, signature: Signature, operands: Sequence[Bound]) -> KqlType:
        """The type that a signature gives for these operands."""
        rule = signature.result
        if isinstance(rule, KqlType):
            return rule
        if callable(rule):
            return rule(operands)
        if rule == "widest":
            return common_type([operand.type for operand in operands])
        return operands[int(rule.removeprefix("arg"))].type

    def match(
        self, name: str, signatures: Sequence[Signature], arguments: Sequence[Bound], node: ast.Call
    ) -> tuple[Signature, tuple[Bound, ...]]:
        """The first signature that takes the arguments, and the arguments as it wants them."""
        problem: Finding | None = None
        for signature in signatures:
            try:
                return signature, self._fit(name, signature.parameters, arguments, node)
            except Finding as finding:
                problem = problem if problem is not None and problem.code == TYPES else finding
        raise problem or Finding(ARGUMENTS, f"{name}() cannot be called", node.span)

    def _fit(self, name: str, parameters: Sequence[Parameter], arguments: Sequence[Bound], node: ast.Call) -> tuple[Bound, ...]:
        least = sum(not parameter.optional for parameter in parameters)
        most = len(parameters) if not (parameters and parameters[-1].repeated) else len(arguments) + 1
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"at least {least}" if most > len(parameters) else f"{least} to {most}"
            raise Finding(ARGUMENTS, f"{name}() takes {wanted} arguments, found {len(arguments)}", node.span)
        operands = []
        for index, argument in enumerate(arguments):
            parameter = parameters[min(index, len(parameters) - 1)]
            span = node.arguments[index].span if index < len(node.arguments) else node.span
            operands.append(fit(name, parameter, argument, span))
        return tuple(operands)

    def _collect(self, row: Aggregate, node: ast.Call, scope: Scope) -> Bound:
        assert scope.aggregates is not None and scope.inner is not None
        expression = self.aggregate(row, node, scope.inner)
        column = Column("", expression.type, row.nulls != "never", depends=(expression,))
        scope.aggregates.append((column, expression))
        return Ref(column.type, column)

    def aggregate(self, row: Aggregate, node: ast.Call, scope: Scope) -> Apply:
        """A call of an aggregate over the rows of `scope`."""
        arguments = self.expressions(node.arguments, scope)
        signature, operands = self.match(row.name, row.signatures, arguments, node)
        render = signature.duckdb if self.dialect == "duckdb" else signature.clickhouse
        return Apply(
            self.result_type(signature, operands), row.name, render, operands, row.nulls, python=signature.python, span=node.span
        )

    def count(self, node: ast.Call, least: int, most: int) -> None:
        if not least <= len(node.arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise Finding(ARGUMENTS, f"{node.name}() takes {wanted} arguments, found {len(node.arguments)}", node.span)

    # -- items of extend, project, print, summarize

    def items(self, nodes: Sequence[ast.Expression], scope: Scope) -> list[Item]:
        """Expressions with their names; calls that give several columns become several items."""
        found: list[Item] = []
        failed: Finding | None = None
        for node in nodes:
            try:
                found.extend(self._item(node, scope))
            except Finding as finding:
                if failed is not None:
                    self.findings.append(failed)
                failed = finding
        if failed is not None:
            raise failed
        return found

    def _item(self, node: ast.Expression, scope: Scope) -> list[Item]:
        names: tuple[str, ...] = ()
        value = node
        if isinstance(node, ast.Named):
            names, value = node.names, node.value
        if isinstance(value, ast.Call):
            row = self.catalogue.functions.get(value.name)
            if row is not None and row.columns and scope.environment.find(value.name) is None:
                return self._several(row, value, names, scope)
        if len(names) > 1:
            raise Finding(NOT_ALLOWED, "several names need a function that gives several columns", node.span)
        expression = self.expression(value, scope)
        plain = isinstance(value, ast.Name) and isinstance(expression, Ref)
        default = None if names else default_name(value, self.catalogue, columns={column.name for column in scope.columns})
        return [Item(names[0] if names else None, default, expression, node.span, plain and not names)]

    def _several(self, row: Function, node: ast.Call, names: tuple[str, ...], scope: Scope) -> list[Item]:
        whole = self.apply(row, node, scope)
        base = default_name(node.arguments[0], self.catalogue) if node.arguments else ""
        items = []
        for index, (suffix, kind) in enumerate(row.columns):
            part: Bound = Path(KqlType.DYNAMIC, whole, (index,))
            explicit = names[index] if index < len(names) else None
            default = f"{row.name}_{base or ''}_{suffix}"
            items.append(Item(explicit, default, part if kind is KqlType.DYNAMIC else convert(part, kind), node.span))
        return items


_BINDERS: dict[type, Any] = {
    ast.Literal: ExpressionBinder._literal,
    ast.TypeOf: ExpressionBinder._typeof,
    ast.Name: ExpressionBinder._name,
    ast.Member: ExpressionBinder._member,
    ast.Index: ExpressionBinder._index,
    ast.Unary: ExpressionBinder._unary,
    ast.Binary: ExpressionBinder._binary,
    ast.Between: ExpressionBinder._between,
    ast.In: ExpressionBinder._in,
    ast.Call: ExpressionBinder._call,
}
