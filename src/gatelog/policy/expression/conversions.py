"""Conversions (C# 7, chapter 6): what may become what, and the Python that does it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.metadata import (
    BOOL,
    BYTE,
    CHAR,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    INTEGERS,
    LONG,
    NULL,
    NUMERIC,
    OBJECT,
    SBYTE,
    SHORT,
    STRING,
    UINT,
    ULONG,
    USHORT,
    VOID,
    WIDENING,
    Type,
    nullable,
    substitute,
)
from gatelog.policy.dotnet.runtime import cast_reference, checked_nullable, unbox
from gatelog.policy.expression.bound import NOTHING, Compilation, Expr, LambdaMismatch, null_expr, value_expr

DELEGATES: Final = frozenset({"System.Func", "System.Action", "System.Predicate", "System.Comparison", "System.Converter"})
_CLASSES: Final[dict[Type, type]] = {
    LONG: n.Int64, ULONG: n.UInt64, UINT: n.UInt32, SHORT: n.Int16, USHORT: n.UInt16, BYTE: n.Byte, SBYTE: n.SByte,
}  # fmt: skip
_WRAPS: Final[dict[Type, Callable[[int], int]]] = {
    INT: n.to_int, LONG: n.to_long, ULONG: n.to_ulong, UINT: n.to_uint, SHORT: n.to_short, USHORT: n.to_ushort,
    BYTE: n.to_byte, SBYTE: n.to_sbyte,
}  # fmt: skip


def is_numeric(kind: Type, c: Compilation) -> bool:
    return kind in NUMERIC or c.library.is_enum(kind)


def underlying(kind: Type) -> Type:
    """The type inside a nullable, else the type itself."""
    return kind.args[0] if kind.name == "System.Nullable" else kind


def is_nullable(kind: Type) -> bool:
    return kind.name == "System.Nullable"


def literal(c: Compilation, value: Any, kind: Type) -> Expr:
    """A compile-time constant."""
    if value is None:
        return null_expr()
    if kind == INT or kind == BOOL or kind == STRING:
        if isinstance(value, str) and not value.isascii():
            return value_expr(c.constant(value), kind, nonnull=True, const=value)
        code = repr(value) if not isinstance(value, int) or value >= 0 else f"({value!r})"
        return value_expr(code, kind, nonnull=True, const=value)
    return value_expr(c.constant(value), kind, nonnull=True, const=value)


def make_integer(kind: Type, value: int) -> Any:
    """`value` as a runtime value of an integer type."""
    return _CLASSES[kind](value) if kind in _CLASSES else value


def as_integer(c: Compilation, expr: Expr) -> str:
    """Code for the plain Python int behind an integer, char or enum."""
    return f"ord({expr.code})" if expr.type == CHAR else expr.code


def wrapped(c: Compilation, code: str, kind: Type) -> str:
    """Code that brings the Python int `code` into the range of `kind`."""
    if kind == INT:
        return f"((({code}) + 2147483648 & 4294967295) - 2147483648)"
    return c.call(_WRAPS[kind], code)


def numeric(c: Compilation, expr: Expr, target: Type) -> Expr:
    """A conversion between two numeric types, widening or not."""
    source = expr.type
    if source == target:
        return expr
    if expr.const is not NOTHING:
        folded = _fold(expr.const, target)
        if folded is not None:
            return literal(c, folded, target)
    if target == CHAR:
        code = as_integer(c, expr) if source in INTEGERS or c.library.is_enum(source) else c.call(n.trunc, f"float({expr.code})")
        return value_expr(c.call(n.to_char, code), CHAR)
    if target == DOUBLE:
        return value_expr(f"float({as_integer(c, expr)})", DOUBLE)
    if target == FLOAT:
        return value_expr(c.call(n.Single, as_integer(c, expr)), FLOAT)
    if target == DECIMAL:
        if source in (DOUBLE, FLOAT):
            return value_expr(c.call(n.double_to_decimal, expr.code, "15" if source == DOUBLE else "7"), DECIMAL)
        return value_expr(c.call(Decimal, as_integer(c, expr)), DECIMAL)
    return _to_integer(c, expr, target)


def _to_integer(c: Compilation, expr: Expr, target: Type) -> Expr:
    source = expr.type
    if c.library.is_enum(target):
        return value_expr(c.call(enum_of(c, target), as_integer(c, expr)), target)
    if source == DECIMAL:
        low, high = INTEGERS[target]
        code = c.call(n.decimal_to_integer, expr.code, str(low), str(high), repr(target.short if target != INT else "an Int32"))
        return value_expr(code if target == INT else c.call(_CLASSES[target], code), target)
    if source in (DOUBLE, FLOAT):
        return value_expr(c.call(n.double_to_integer, expr.code, c.constant(_WRAPS[target])), target)
    code = as_integer(c, expr)
    if target in WIDENING.get(source, ()):
        return value_expr(f"int({code})" if target == INT else c.call(_CLASSES[target], code), target)
    return value_expr(wrapped(c, code, target), target)


def enum_of(c: Compilation, kind: Type) -> Callable[[int], Any]:
    """The function that makes a value of an enum type."""
    return c.library.enum_makers[kind.name]


def _fold(value: Any, target: Type) -> Any:
    if isinstance(value, n.Char):
        value = ord(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return float(value) if isinstance(value, float) and target == DOUBLE else None
    if target in INTEGERS and INTEGERS[target][0] <= value <= INTEGERS[target][1]:
        return make_integer(target, int(value))
    if target == DOUBLE:
        return float(value)
    return Decimal(value) if target == DECIMAL else None


def implicit(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    """`expr` converted implicitly to `target`, or None when there is no such conversion."""
    if expr.kind in ("lambda", "group"):
        return _to_delegate(c, expr, target)
    if expr.kind == "throw":
        return value_expr(expr.code, target)
    if expr.kind == "default":
        return default_value(c, target)
    source = expr.type
    if source == target:
        return expr
    if source == NULL:
        return None if c.library.is_value(target) else value_expr("None", target, const=None)
    if source == VOID or target == VOID:
        return None
    return _numeric_implicit(c, expr, target) or _reference_or_user(c, expr, target)


def _numeric_implicit(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    source = expr.type
    if target in WIDENING.get(source, ()):
        return numeric(c, expr, target)
    if expr.const is not NOTHING and type(expr.const) is int and source == INT:
        if target in INTEGERS and INTEGERS[target][0] <= expr.const <= INTEGERS[target][1]:
            return numeric(c, expr, target)
        if expr.const == 0 and c.library.is_enum(target):
            return numeric(c, expr, target)
    if expr.const is not NOTHING and source == LONG and target == ULONG and expr.const >= 0:
        return numeric(c, expr, target)
    if is_nullable(target):
        inner = target.args[0]
        if is_nullable(source):
            return _lifted(c, expr, source.args[0], inner, implicit)
        found = implicit(c, expr, inner) if source != NULL else None
        return value_expr(found.code, target, nonnull=True) if found else None
    return None


def _lifted(
    c: Compilation, expr: Expr, source: Type, inner: Type, how: Callable[[Compilation, Expr, Type], Expr | None]
) -> Expr | None:
    temp = c.name("t")
    found = how(c, value_expr(temp, source), inner)
    if found is None:
        return None
    return value_expr(f"(None if ({temp} := {expr.code}) is None else {found.code})", nullable(inner))


def _reference_or_user(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    source = expr.type
    if c.library.converts(source, target) or (
        is_nullable(source) and not c.library.is_value(target) and c.library.converts(source.args[0], target)
    ):
        return value_expr(expr.code, target, nonnull=expr.nonnull)
    return user_defined(c, expr, target, ("implicit",))


def user_defined(c: Compilation, expr: Expr, target: Type, kinds: tuple[str, ...]) -> Expr | None:
    """A conversion that one of the two types declares."""
    owners = dict.fromkeys((*c.library.bases(underlying(expr.type)), underlying(target)))
    best: tuple[int, Expr] | None = None
    for owner in owners:
        for kind in kinds:
            for member, _ in c.library.own_members(owner, kind):
                found = _apply_operator(c, expr, target, member, explicit="explicit" in kinds)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
    return best[1] if best else None


def _apply_operator(c: Compilation, expr: Expr, target: Type, member: Any, *, explicit: bool) -> tuple[int, Expr] | None:
    parameter = member.parameters[0].type
    if expr.type == parameter:
        argument, distance = expr, 0
    elif c.library.converts(expr.type, parameter):
        argument, distance = value_expr(expr.code, parameter), 1
    elif expr.type in NUMERIC and parameter in WIDENING.get(expr.type, ()):
        argument, distance = numeric(c, expr, parameter), 2
    elif is_nullable(expr.type) and not is_nullable(parameter):
        lifted = _lifted(c, expr, expr.type.args[0], target, lambda k, e, t: user_defined(k, e, t, ("implicit",)))
        return (9, lifted) if lifted else None
    else:
        return None
    result = value_expr(c.call(member.does, argument.code), member.type)
    if member.type == target:
        return distance, result
    if is_nullable(target) and member.type == target.args[0]:
        return distance + 4, value_expr(result.code, target)
    if c.library.converts(member.type, target):
        return distance + 5, value_expr(result.code, target)
    if member.type in NUMERIC and target in WIDENING.get(member.type, ()):
        return distance + 6, numeric(c, result, target)
    if explicit and member.type in NUMERIC and target in NUMERIC:
        return distance + 12, numeric(c, result, target)
    return None


def explicit(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    """A cast `(target)expr`, or None when C# has none."""
    found = implicit(c, expr, target)
    if found is not None:
        return found
    source = expr.type
    if is_numeric(source, c) and is_numeric(target, c):
        return numeric(c, expr, target)
    if is_nullable(source) and not is_nullable(target):
        inner = explicit(c, value_expr(c.call(checked_nullable, expr.code), source.args[0]), target)
        if inner is not None:
            return inner
    if is_nullable(target) and not is_nullable(source) and is_numeric(source, c):
        inner = explicit(c, expr, target.args[0])
        return value_expr(inner.code, target) if inner else None
    if is_nullable(target) and is_nullable(source):
        return _lifted(c, expr, source.args[0], target.args[0], explicit)
    return user_defined(c, expr, target, ("explicit", "implicit")) or _downcast(c, expr, target)


def _downcast(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    source = expr.type
    inner = underlying(target)
    if c.library.is_value(inner) and not c.library.is_value(source):
        if source == OBJECT or c.library.converts(inner, source):
            flag = "True" if is_nullable(target) else "False"
            return value_expr(c.call(unbox, expr.code, c.constant(inner), flag), target)
        return None
    if c.library.is_value(source) or c.library.is_value(target):
        return None
    if c.library.converts(target, source) or _is_interface(c, source) or _is_interface(c, target):
        return value_expr(c.call(cast_reference, expr.code, c.constant(target)), target, nonnull=expr.nonnull)
    return None


def _is_interface(c: Compilation, kind: Type) -> bool:
    definition = c.library.definition(kind)
    return definition is not None and definition.kind == "interface"


def default_value(c: Compilation, kind: Type) -> Expr:
    """`default(kind)`."""
    if not c.library.is_value(kind):
        return value_expr("None", kind, const=None)
    return value_expr(c.constant(c.library.default_of(kind)), kind, nonnull=True)


def delegate_shape(kind: Type) -> tuple[tuple[Type, ...], Type | None] | None:
    """Parameter types and result of a delegate type."""
    if kind.name == "System.Func":
        return kind.args[:-1], kind.args[-1]
    if kind.name == "System.Action":
        return kind.args, VOID
    if kind.name == "System.Predicate":
        return kind.args, BOOL
    if kind.name == "System.Comparison":
        return (kind.args[0], kind.args[0]), INT
    if kind.name == "System.Converter":
        return kind.args[:1], kind.args[1]
    return None


def _to_delegate(c: Compilation, expr: Expr, target: Type) -> Expr | None:
    shape = delegate_shape(target)
    if shape is None:
        return None
    try:
        found, _ = c.bind_lambda(expr, shape[0], shape[1])
    except LambdaMismatch:
        return None
    return value_expr(found.code, target, nonnull=True)


def unify(pattern: Type, actual: Type, bindings: dict[str, Type], c: Compilation) -> bool:
    """Bind the type parameters in `pattern` from `actual` (or one of its bases)."""
    if pattern.name.startswith("!"):
        name = pattern.name[1:]
        known = bindings.get(name)
        if actual == NULL:
            return True
        if known is None or (known != actual and _wider(c, known, actual)):
            bindings[name] = actual
        return True
    if not pattern.args:
        return True
    for step in c.library.bases(actual):
        if step.name == pattern.name and len(step.args) == len(pattern.args):
            return all(unify(p, a, bindings, c) for p, a in zip(pattern.args, step.args, strict=True))
    return False


def _wider(c: Compilation, known: Type, actual: Type) -> bool:
    """Whether a second bound replaces the first: it is the more general one."""
    return actual in WIDENING.get(known, ()) or c.library.converts(known, actual) or actual == nullable(known)


def is_open(kind: Type, bindings: dict[str, Type]) -> bool:
    """Whether type parameters are left in `kind`."""
    filled = substitute(kind, bindings)
    return filled.name.startswith("!") or any(is_open(a, bindings) for a in filled.args)
