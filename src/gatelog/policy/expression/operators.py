"""Operators: which overload C# picks for two operand types, and the Python for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import tree_sitter

from gatelog.policy.dotnet import numbers as n
from gatelog.policy.dotnet.metadata import (
    BOOL,
    CHAR,
    DECIMAL,
    DOUBLE,
    FLOAT,
    INT,
    INTEGERS,
    LONG,
    NULL,
    NUMERIC,
    STRING,
    UINT,
    ULONG,
    Type,
    nullable,
)
from gatelog.policy.dotnet.runtime import cat, same_reference
from gatelog.policy.expression.bound import NOTHING, Compilation, Expr, friendly, value_expr
from gatelog.policy.expression.conversions import as_integer, implicit, is_nullable, literal, numeric, underlying, wrapped
from gatelog.policy.expression.members import render, string_of

_COMPARISONS: Final = {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


def binary(c: Compilation, node: tree_sitter.Node, operator: str, left: Expr, right: Expr) -> Expr:
    """`left operator right`."""
    found = (
        _strings(c, operator, left, right)
        or _booleans(c, operator, left, right)
        or _numbers(c, operator, left, right)
        or _enums(c, operator, left, right)
        or _user_defined(c, operator, left, right)
        or _lifted(c, node, operator, left, right)
        or _references(c, operator, left, right)
    )
    if found is None:
        raise c.error(
            node,
            f"Operator '{operator}' cannot be applied to operands of type '{friendly(left.type)}' and '{friendly(right.type)}'",
        )
    return found


def _strings(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    if operator == "+" and STRING in (left.type, right.type) and left.is_value and right.is_value:
        own = _user_defined(c, operator, left, right) if left.type != right.type else None
        if own is not None:
            return own
        if isinstance(left.const, str) and isinstance(right.const, str) and left.type == right.type == STRING:
            return literal(c, left.const + right.const, STRING)
        parts = [*_parts(c, left), *_parts(c, right)]
        return value_expr(c.call(cat, *parts), STRING, nonnull=True, payload=tuple(parts))
    if operator in ("==", "!="):
        both = {left.type, right.type}
        if both <= {STRING, NULL} and STRING in both:
            if NULL in both and NOTHING not in (left.const, right.const):
                return literal(c, (left.const == right.const) == (operator == "=="), BOOL)
            word = ("is" if operator == "==" else "is not") if NULL in both else operator
            return value_expr(f"({left.code} {word} {right.code})", BOOL)
    return None


def _parts(c: Compilation, expr: Expr) -> list[str]:
    """The operands of a concatenation, with nested concatenations flattened."""
    if expr.type == STRING and isinstance(expr.payload, tuple):
        return [str(part) for part in expr.payload]
    return [string_of(c, expr)]


def _booleans(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    if left.type != BOOL or right.type != BOOL:
        return None
    if operator in ("&&", "||"):
        return value_expr(f"({left.code} {'and' if operator == '&&' else 'or'} {right.code})", BOOL)
    if operator in ("==", "!=", "&", "|", "^"):
        return value_expr(f"({left.code} {operator} {right.code})", BOOL)
    return None


def promoted(left: Type, right: Type) -> Type | None:
    """Binary numeric promotion (C# 7, 7.3.6.2)."""
    both = (left, right)
    if DECIMAL in both:
        return None if DOUBLE in both or FLOAT in both else DECIMAL
    for kind in (DOUBLE, FLOAT):
        if kind in both:
            return kind
    if ULONG in both:
        other = left if right == ULONG else right
        return None if other in INTEGERS and INTEGERS[other][0] < 0 else ULONG
    if LONG in both:
        return LONG
    if UINT in both:
        other = left if right == UINT else right
        return LONG if other in INTEGERS and INTEGERS[other][0] < 0 else UINT
    return INT


def _numbers(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    if left.type not in NUMERIC or right.type not in NUMERIC:
        return None
    if operator in ("<<", ">>"):
        return _shift(c, operator, left, right)
    kind = promoted(left.type, right.type)
    kind = _fitted(left, right, kind)
    if kind is None:
        return None
    if operator in _COMPARISONS:
        if left.type == right.type == CHAR:
            return value_expr(f"({left.code} {operator} {right.code})", BOOL)
        one, two = (_comparable(c, e, kind) for e in (left, right))
        return value_expr(f"({one} {operator} {two})", BOOL)
    if operator in ("+", "-", "*", "/", "%"):
        return arithmetic(c, operator, left, right, kind)
    if operator in ("&", "|", "^") and kind in INTEGERS:
        code = f"({as_integer(c, left)} {operator} {as_integer(c, right)})"
        return value_expr(code if kind == INT else wrapped(c, code, kind), kind)
    return None


def _fitted(left: Expr, right: Expr, kind: Type | None) -> Type | None:
    """A non-negative int constant goes along with unsigned operands."""
    for constant, other in ((left, right), (right, left)):
        if type(constant.const) is int and constant.const >= 0 and other.type in (UINT, ULONG):
            return other.type
    return kind


def _comparable(c: Compilation, expr: Expr, kind: Type) -> str:
    if kind in INTEGERS or expr.type == kind:
        return as_integer(c, expr)
    return numeric(c, expr, kind).code


def arithmetic(c: Compilation, operator: str, left: Expr, right: Expr, kind: Type) -> Expr:
    if kind == DECIMAL:
        one, two = numeric(c, left, kind), numeric(c, right, kind)
        return value_expr(c.call(n.decimal_operation, repr(operator), one.code, two.code), kind)
    one_code, two_code = as_integer(c, left), as_integer(c, right)
    if kind == FLOAT:
        return value_expr(c.call(n.add_single, repr(operator), one_code, two_code), kind)
    if kind == DOUBLE:
        one_code, two_code = numeric(c, left, kind).code, numeric(c, right, kind).code
        if operator == "/":
            return value_expr(c.call(n.divide_double, one_code, two_code), kind)
        if operator == "%":
            return value_expr(c.call(n.remainder_double, one_code, two_code), kind)
        return value_expr(f"({one_code} {operator} {two_code})", kind)
    if operator in ("/", "%"):
        if type(right.const) is int and right.const > 0 and kind == INT and operator == "%":
            code = c.call(n.remainder, one_code, two_code)
            return value_expr(code, kind)
        code = c.call(n.divide if operator == "/" else n.remainder, one_code, two_code)
        return value_expr(wrapped(c, code, kind), kind)
    if isinstance(left.const, int) and isinstance(right.const, int) and kind == INT:
        result = {"+": left.const + right.const, "-": left.const - right.const, "*": left.const * right.const}[operator]
        return literal(c, n.to_int(result), INT)
    return value_expr(wrapped(c, f"{one_code} {operator} {two_code}", kind), kind)


def _shift(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    if right.type not in INTEGERS and right.type != CHAR:
        return None
    kind = left.type if left.type in (LONG, ULONG, UINT) else INT
    mask = 63 if kind in (LONG, ULONG) else 31
    return value_expr(wrapped(c, f"{as_integer(c, left)} {operator} ({as_integer(c, right)} & {mask})", kind), kind)


def _enums(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    for one, two in ((left, right), (right, left)):
        if not c.library.is_enum(one.type):
            continue
        other = implicit(c, two, one.type)
        if other is None:
            continue
        if operator in _COMPARISONS:
            return value_expr(f"({left.code} {operator} {right.code})", BOOL)
        if operator in ("|", "&", "^"):
            code = c.call(c.library.enum_makers[one.type.name], f"{left.code} {operator} {right.code}")
            return value_expr(code, one.type)
        if operator == "-" and left.type == right.type:
            return value_expr(f"(int({left.code}) - int({right.code}))", INT)
    return None


def _user_defined(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    for owner in dict.fromkeys((*c.library.bases(left.type), *c.library.bases(right.type))):
        for member, _ in c.library.own_members(owner, "operator"):
            if member.name != operator or len(member.parameters) != 2:
                continue
            if NULL in (left.type, right.type) and c.library.is_value(owner):
                continue
            one = implicit(c, left, member.parameters[0].type)
            two = implicit(c, right, member.parameters[1].type)
            if one is not None and two is not None:
                return value_expr(render(c, member, {}, [one.code, two.code]), member.type)
    return None


def _lifted(c: Compilation, node: tree_sitter.Node, operator: str, left: Expr, right: Expr) -> Expr | None:
    """Operators on nullable value types."""
    kinds = (left.type, right.type)
    if not any(is_nullable(k) for k in kinds):
        return None
    if NULL in kinds:
        if operator not in ("==", "!="):
            return None
        some = left if right.type == NULL else right
        return value_expr(f"({some.code} {'is' if operator == '==' else 'is not'} None)", BOOL)
    if any(not is_nullable(k) and not c.library.is_value(k) for k in kinds):
        return None
    one, two = c.name("t"), c.name("t")
    inner = binary(c, node, operator, value_expr(one, underlying(left.type)), value_expr(two, underlying(right.type)))
    setup = f"({one} := {left.code}), ({two} := {right.code})"
    missing = f"({one} is None or {two} is None)"
    if operator in ("==", "!="):
        same = f"({one} is {two})" if operator == "==" else f"({one} is not {two})"
        return value_expr(f"({setup}, {same} if {missing} else {inner.code})[-1]", BOOL)
    if operator in _COMPARISONS:
        return value_expr(f"({setup}, False if {missing} else {inner.code})[-1]", BOOL)
    return value_expr(f"({setup}, None if {missing} else {inner.code})[-1]", nullable(inner.type))


def _references(c: Compilation, operator: str, left: Expr, right: Expr) -> Expr | None:
    """`==` and `!=` on references; for two strings behind `object`, their text."""
    if operator not in ("==", "!="):
        return None
    if NULL in (left.type, right.type):
        if c.library.is_value(left.type) or c.library.is_value(right.type):
            return None
        return value_expr(f"({left.code} {'is' if operator == '==' else 'is not'} {right.code})", BOOL)
    if c.library.is_value(left.type) or c.library.is_value(right.type):
        return None
    if not (
        c.library.converts(left.type, right.type) or c.library.converts(right.type, left.type) or _interfaces(c, left, right)
    ):
        return None
    code = c.call(same_reference, left.code, right.code)
    return value_expr(code if operator == "==" else f"(not {code})", BOOL)


def _interfaces(c: Compilation, *sides: Expr) -> bool:
    definitions = (c.library.definition(side.type) for side in sides)
    return any(d is not None and d.kind == "interface" for d in definitions)


def unary(c: Compilation, node: tree_sitter.Node, operator: str, operand: Expr) -> Expr:
    """`!x`, `-x`, `+x`, `~x`."""
    kind = operand.type
    if operator == "!" and kind == BOOL:
        return value_expr(f"(not {operand.code})", BOOL)
    if is_nullable(kind) and operator != "!":
        temp = c.name("t")
        inner = unary(c, node, operator, value_expr(temp, kind.args[0]))
        return value_expr(f"(None if ({temp} := {operand.code}) is None else {inner.code})", nullable(inner.type))
    found = _unary_number(c, operator, operand) if kind in NUMERIC else _unary_user(c, operator, operand)
    if found is None:
        raise c.error(node, f"Operator '{operator}' cannot be applied to operand of type '{friendly(kind)}'")
    return found


def _unary_number(c: Compilation, operator: str, operand: Expr) -> Expr | None:
    kind = operand.type
    if operator == "-" and kind in (DOUBLE, DECIMAL, FLOAT):
        if operand.const is not NOTHING:
            return literal(c, type(operand.const)(-operand.const), kind)
        return value_expr(c.call(n.Single, f"-{operand.code}") if kind == FLOAT else f"(-{operand.code})", kind)
    if operator == "+" and kind in (DOUBLE, DECIMAL, FLOAT):
        return operand
    if operator not in "-+~" or kind not in (*INTEGERS, CHAR):
        return None
    target = kind if kind in (LONG, ULONG, UINT) else INT
    if operator == "-" and kind == UINT:
        if operand.const == 2147483648:
            return literal(c, -2147483648, INT)
        target = LONG
    if operator == "-" and isinstance(operand.const, int) and target == INT:
        return literal(c, -operand.const, INT)
    if operator == "-" and kind == ULONG and operand.const == 2**63:
        return literal(c, n.Int64(-(2**63)), LONG)
    return value_expr(wrapped(c, f"{operator}{as_integer(c, operand)}", target), target)


def _unary_user(c: Compilation, operator: str, operand: Expr) -> Expr | None:
    for owner in c.library.bases(operand.type):
        for member, _ in c.library.own_members(owner, "operator"):
            if member.name == operator and len(member.parameters) == 1:
                return value_expr(render(c, member, {}, [operand.code]), member.type)
    return None


def step(c: Compilation, node: tree_sitter.Node, operator: str, operand: Expr) -> Expr:
    """`x + 1` or `x - 1` for `++` and `--`, in the type of `x`."""
    one = literal(c, 1, INT)
    kind = underlying(operand.type)
    if kind not in NUMERIC:
        raise c.error(node, f"Operator '{operator}' cannot be applied to operand of type '{friendly(operand.type)}'")
    result = binary(c, node, operator[0], replace(operand, const=NOTHING), one)
    return numeric(c, result, kind) if not is_nullable(operand.type) else result
