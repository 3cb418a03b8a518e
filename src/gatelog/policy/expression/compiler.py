"""Text to function: bind, write the Python of one function, and compile it once."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gatelog.policy.dotnet import runtime
from gatelog.policy.dotnet.exceptions import DotNetException, spent
from gatelog.policy.dotnet.library import LIBRARY
from gatelog.policy.dotnet.metadata import Type
from gatelog.policy.expression.bound import Compilation, Function, friendly
from gatelog.policy.expression.context import Context
from gatelog.policy.expression.conversions import explicit
from gatelog.policy.expression.expressions import bind
from gatelog.policy.expression.lambdas import try_lambda
from gatelog.policy.expression.members import Argument
from gatelog.policy.expression.operators import binary
from gatelog.policy.expression.places import set_element, set_member
from gatelog.policy.expression.statements import block
from gatelog.policy.expression.syntax import ExpressionError, Source
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `evaluate` runs it. `type` is the static type of its result (`object` when it varies)."""

    text: str
    run: Callable[[Context], Any] = field(repr=False, compare=False)
    type: Type
    python: str = field(repr=False, compare=False)
    """The generated function, for those who want to look."""


def compile(text: str) -> Expression:
    """Compile `@(...)` or `@{...}` (the bare inner forms are accepted). Raises `ExpressionError` with line and column."""
    try:
        return _compile(Source(text))
    except RecursionError:
        raise ExpressionError("the expression is nested too deep") from None


def _compile(source: Source) -> Expression:
    c = Compilation(source, LIBRARY)
    c.bind = lambda node: bind(c, node)
    c.block = lambda node: block(c, node)
    c.bind_lambda = lambda expr, parameters, returns: try_lambda(c, expr, parameters, returns)
    c.binary = lambda node, operator, left, right: binary(c, node, operator, left, right)
    c.cast = lambda expr, kind: explicit(c, expr, kind)
    c.argument = lambda expr, node: Argument(expr, "", node)
    c.set_element = lambda node, held, keys, value: set_element(c, node, held, keys, value)
    c.set_member = lambda node, held, name, value: set_member(c, node, held, name, value)
    c.function = Function()
    lines, reachable = block(c, source.body)
    if reachable:
        raise ExpressionError("Not all code paths return a value", *source.place(source.body.end_byte - 1))
    budget = [f"b = {c.constant(runtime.new_budget)}()"] if c.metered else []
    python = "\n".join(["def expression(c):", *("    " + line for line in [*budget, *lines])]) + "\n"
    names = dict(c.constants)
    names["__builtins__"] = {"ord": ord, "int": int, "float": float, "str": str, "len": len}
    exec(compile_python(python), names)
    found = dict.fromkeys(c.function.found)
    kind = next(iter(found)) if len(found) == 1 else LIBRARY.parse("object")
    return Expression(source.text, names["expression"], kind, python)


def compile_python(python: str) -> Any:
    """The code object of generated Python."""
    return builtins.compile(python, "<expression>", "exec")


def evaluate(expression: Expression, context: Context | Exchange) -> Any:
    """The expression's value for this call. Raises `DotNetException`."""
    scope = context if isinstance(context, Context) else Context(context)
    try:
        return expression.run(scope)
    except RecursionError:
        raise DotNetException(
            "InsufficientExecutionStackException", "Insufficient stack to continue executing the program safely.", fatal=True
        ) from None
    except MemoryError:
        raise spent("needs too much memory") from None


def to_text(value: Any) -> str:
    """`value.ToString()` with culture en-US; null is empty text."""
    return runtime.to_text(value)


def type_name(value: Any) -> str:
    """The value's .NET type without namespace: `Int32`, `String`, `JObject`, `List<String>`; `null` for null."""
    return "null" if value is None else friendly_short(runtime.type_of(value))


def friendly_short(kind: Type) -> str:
    if kind.name == "[]":
        return friendly_short(kind.args[0]) + "[]"
    inside = f"<{', '.join(friendly_short(a) for a in kind.args)}>" if kind.args else ""
    return kind.short + inside


__all__ = ["Expression", "compile", "evaluate", "friendly", "to_text", "type_name"]
