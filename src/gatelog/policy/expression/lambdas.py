"""Lambdas and method groups as Python callables, and local functions."""

from __future__ import annotations

import tree_sitter

from gatelog.policy.dotnet.metadata import OBJECT, VOID, Type, generic
from gatelog.policy.dotnet.runtime import tick
from gatelog.policy.expression.bound import (
    Compilation,
    Expr,
    Function,
    Group,
    LambdaMismatch,
    Scope,
    Variable,
    closed,
    value_expr,
    visible,
)
from gatelog.policy.expression.conversions import implicit
from gatelog.policy.expression.members import Argument, call_method
from gatelog.policy.expression.syntax import ExpressionError


def bind_lambda(c: Compilation, expr: Expr, parameters: tuple[Type, ...], returns: Type | None) -> tuple[Expr, Type]:
    """A lambda or method group as a callable over `parameters`; `returns` None: infer. Raises `LambdaMismatch`."""
    c.metered = True
    if expr.kind == "group":
        return _method_group(c, expr, parameters, returns)
    node: tree_sitter.Node = expr.payload
    names = lambda_parameters(c, node, parameters)
    if len(names) != len(parameters):
        raise LambdaMismatch
    outer_function, outer_scope, outer_hoisted = c.function, c.scope, c.hoisted
    function = Function(outer_function, returns)
    c.function, c.scope, c.hoisted = function, Scope(outer_scope), []
    try:
        variables = [c.declare(node, name, kind) for name, kind in zip(names, parameters, strict=True)]
        body = node.child_by_field_name("body")
        assert body is not None
        lines, code, result = _body(c, body, returns)
    finally:
        c.function, c.scope, c.hoisted = outer_function, outer_scope, outer_hoisted
    codes = [v.code for v in variables] + [f"{code}={code}" for code in sorted(function.held)]
    code = code or ("None" if not lines else "")
    if not lines and not function.rebound:
        call = f"({c.constant(tick)}(b), {code})[1]"
        return value_expr(f"(lambda {', '.join(codes)}: {call})", _shape(parameters, result)), result
    name = c.name("g")
    c.hoisted.extend(definition(c, name, codes, function, [*lines, f"return {code}"] if code else lines))
    return value_expr(name, _shape(parameters, result)), result


def try_lambda(c: Compilation, expr: Expr, parameters: tuple[Type, ...], returns: Type | None) -> tuple[Expr, Type]:
    """`bind_lambda`, but while overloads are tried each body is bound once for the same types around it."""
    node = expr.payload
    body = node.child_by_field_name("body") if expr.kind == "lambda" else None
    if not c.trial or body is None or body.type == "block":
        return bind_lambda(c, expr, parameters, returns)
    key = (node.start_byte, node.end_byte, parameters, visible(c.scope))
    found = c.lambda_types.get(key)
    if found is None:
        _, found = bind_lambda(c, expr, parameters, None)
        c.lambda_types[key] = found
    if found == VOID and returns not in (None, VOID):
        return bind_lambda(c, expr, parameters, returns)
    if returns not in (None, VOID) and implicit(c, value_expr("x", found), found if returns is None else returns) is None:
        raise LambdaMismatch
    return value_expr("x", _shape(parameters, returns or found)), returns or found


def lambda_parameters(c: Compilation, node: tree_sitter.Node, types: tuple[Type, ...]) -> list[str]:
    parameters = node.child_by_field_name("parameters")
    if parameters is None:
        raise LambdaMismatch
    if parameters.type in ("identifier", "implicit_parameter"):
        return [c.text(parameters)]
    found: list[str] = []
    for child in parameters.named_children:
        name = child.child_by_field_name("name") if child.type == "parameter" else child
        found.append(c.text(name if name is not None else child))
    return found


def _body(c: Compilation, body: tree_sitter.Node, returns: Type | None) -> tuple[list[str], str, Type]:
    """Lines before the result, its code (empty: the lines return), and its type."""
    if body.type == "block":
        lines, reachable = c.block(body)
        found = c.function.found
        if returns not in (None, VOID) and reachable:
            raise LambdaMismatch
        result = returns or (_common(c, found) if found else VOID)
        if returns == VOID and any(k != VOID for k in found):
            raise LambdaMismatch
        return lines, "", result
    value = closed(c.bind(body), c.library)
    if value.kind == "throw":
        return c.hoisted, value.code, returns or VOID
    if returns is None or returns == VOID:
        return c.hoisted, value.code, value.type if returns is None else VOID
    converted = implicit(c, value, returns)
    if converted is None:
        raise LambdaMismatch
    return c.hoisted, converted.code, returns


def _common(c: Compilation, found: list[Type]) -> Type:
    best = found[0]
    for kind in found[1:]:
        if implicit(c, value_expr("x", best), kind) is not None and implicit(c, value_expr("x", kind), best) is None:
            best = kind
    return best


def _shape(parameters: tuple[Type, ...], result: Type) -> Type:
    return generic("System.Func", *parameters, result) if result != VOID else generic("System.Action", *parameters)


def definition(c: Compilation, name: str, parameters: list[str], function: Function, lines: list[str]) -> list[str]:
    """The lines of a nested Python function."""
    head = [f"def {name}({', '.join(parameters)}):"]
    outer = sorted(function.rebound - set(parameters))
    inside = ([f"nonlocal {', '.join(outer)}"] if outer else []) + [f"{c.constant(tick)}(b)"] + lines
    return head + ["    " + line for line in inside]


def _method_group(c: Compilation, expr: Expr, parameters: tuple[Type, ...], returns: Type | None) -> tuple[Expr, Type]:
    group = expr.payload
    if isinstance(group, Variable):
        return _local_group(c, group, parameters, returns)
    assert isinstance(group, Group)
    names = [c.name("a") for _ in parameters]
    arguments = [Argument(value_expr(n, kind)) for n, kind in zip(names, parameters, strict=True)]
    try:
        call = call_method(c, c.source.body, group.receiver, group.owner, group.name, group.arguments, arguments)
    except ExpressionError:
        raise LambdaMismatch from None
    if returns in (None, VOID):
        result = call
    else:
        assert returns is not None
        converted = implicit(c, call, returns)
        if converted is None:
            raise LambdaMismatch
        result = converted
    return value_expr(f"(lambda {', '.join(names)}: {result.code})", _shape(parameters, result.type)), result.type


def _local_group(c: Compilation, variable: Variable, parameters: tuple[Type, ...], returns: Type | None) -> tuple[Expr, Type]:
    assert variable.signature is not None
    own, result = variable.signature
    kinds = tuple(kind for _, kind in own)
    if kinds != parameters or (returns is not None and returns not in (result, OBJECT)):
        raise LambdaMismatch
    return value_expr(variable.code, _shape(parameters, result)), result
