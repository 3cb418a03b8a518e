"""Members: looking them up in the whitelist, choosing an overload (C# 7, 7.5), inferring type arguments, writing the call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import tree_sitter

from gatelog.policy.dotnet.metadata import (
    NULL,
    NUMERIC,
    OBJECT,
    STRING,
    VOID,
    WIDENING,
    Member,
    Parameter,
    Type,
    array_of,
    substitute,
)
from gatelog.policy.dotnet.runtime import make_array, nn
from gatelog.policy.expression.bound import Compilation, Expr, LambdaMismatch, closed, friendly, value_expr
from gatelog.policy.expression.conversions import (
    DELEGATES,
    delegate_shape,
    implicit,
    is_nullable,
    is_open,
    literal,
    unify,
)

_SLOT: Final = re.compile(r"\{(\d+|c)\}")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call."""

    expr: Expr
    name: str = ""
    node: tree_sitter.Node | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An applicable overload with its arguments converted."""

    member: Member
    bindings: dict[str, Type]
    arguments: tuple[Expr, ...]
    """One for each parameter."""
    sources: tuple[tuple[Expr, Type], ...]
    """Each written argument with the parameter type that it goes to."""
    expanded: bool
    defaults: int


def arguments_of(c: Compilation, node: tree_sitter.Node | None) -> list[Argument]:
    """The arguments between brackets."""
    found: list[Argument] = []
    for child in node.named_children if node is not None else ():
        if child.type == "comment":
            continue
        if child.type != "argument":
            raise c.error(child, "argument expected")
        label = child.child_by_field_name("name")
        value = [n for n in child.named_children if n.type != "comment"][-1]
        words = {n.type for n in child.children if not n.is_named}
        if "ref" in words or "in" in words:
            raise c.error(child, "Usage of 'ref' is not supported within expressions")
        if "out" not in words and value.type == "declaration_expression":
            expr = _product(c, value)
        elif "out" in words:
            expr = Expr("", NULL, kind="out", payload=value)
        else:
            expr = c.value(value)
        found.append(Argument(expr, c.text(label) if label else "", child))
    return found


def _product(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`f(a * b)`, which the grammar takes for a variable `b` of the pointer type `a*`."""
    kind, name = node.child_by_field_name("type"), node.child_by_field_name("name")
    if kind is None or name is None or kind.type != "pointer_type":
        raise c.error(node, "a declaration is not expected here")
    return c.binary(node, "*", _operand(c, kind.named_children[0]), c.value(name))


def _operand(c: Compilation, node: tree_sitter.Node) -> Expr:
    """A dotted name that was read as a type, as the value that it is."""
    if node.type != "qualified_name":
        return c.value(node)
    left, right = node.named_children[0], node.named_children[-1]
    receiver = _operand(c, left)
    found = read_property(c, node, receiver, receiver.type, c.text(right))
    if found is None:
        raise supported(c, node, c.text(right), receiver.type)
    return found


def needs_null_test(c: Compilation, receiver: Expr) -> bool:
    return not receiver.nonnull and not c.library.is_value(receiver.type) and not is_nullable(receiver.type)


def receiver_code(c: Compilation, receiver: Expr) -> str:
    return c.call(nn, receiver.code) if needs_null_test(c, receiver) else receiver.code


def supported(c: Compilation, node: tree_sitter.Node, name: str, owner: Type) -> Exception:
    """The refusal of a member that is not on the list."""
    return c.error(node, f"Usage of member '{name}' of type '{friendly(owner)}' is not supported within expressions")


def render(c: Compilation, member: Member, bindings: dict[str, Type], codes: Sequence[str]) -> str:
    """The Python for one use of `member`."""
    if isinstance(member.does, str):
        return _SLOT.sub(lambda found: "c" if found[1] == "c" else codes[int(found[1])], member.does)
    lead: list[str] = ["c"] if member.context else []
    if member.typed:
        own = tuple(bindings[v] for v in member.variables) or tuple(bindings.values())
        lead.append(c.constant(own))
    return c.call(member.does, *lead, *codes)


def read_property(c: Compilation, node: tree_sitter.Node, receiver: Expr | None, owner: Type, name: str) -> Expr | None:
    """A property, constant or field, or None when `name` is none."""
    for member, bindings in c.library.find(owner, name):
        if member.kind == "property" and member.static == (receiver is None):
            codes = [] if receiver is None else [receiver_code(c, receiver)]
            kind = substitute(member.type, bindings)
            const: Any = member.setter if member.static else None
            if const is not None:
                return literal(c, const, kind)
            code = render(c, member, bindings, codes)
            return value_expr(code, kind, guards=receiver.guards if receiver else (), nonnull=member.some)
    return None


def invoke(
    c: Compilation,
    node: tree_sitter.Node,
    receiver: Expr | None,
    candidates: Sequence[tuple[Member, dict[str, Type]]],
    arguments: list[Argument],
    type_arguments: tuple[Type, ...],
    name: str,
    owner: Type,
) -> Expr:
    """Call the best of `candidates`."""
    chosen = resolve(c, node, candidates, arguments, type_arguments, name, owner)
    member = chosen.member
    codes = [expr.code for expr in chosen.arguments if expr.kind != "out"]
    if receiver is not None:
        codes.insert(0, receiver_code(c, receiver))
    kind = substitute(member.type, chosen.bindings)
    if is_open(kind, {}):
        raise c.error(node, f"The type arguments for method '{name}' cannot be inferred from the usage")
    code = render(c, member, chosen.bindings, codes)
    outs = [expr for expr in chosen.arguments if expr.kind == "out"]
    if outs:
        code = _with_outs(c, code, outs)
    guards = receiver.guards if receiver is not None else ()
    return value_expr(code, kind, guards=guards, nonnull=member.kind == "new" or member.some)


def _with_outs(c: Compilation, code: str, outs: list[Expr]) -> str:
    temp = c.name("t")
    parts = [f"({temp} := {code})"]
    for index, out in enumerate(outs):
        if out.code:
            parts.append(f"({out.code} := {temp}[{index + 1}])")
    return f"({', '.join(parts)}, {temp}[0])[-1]"


def resolve(
    c: Compilation,
    node: tree_sitter.Node,
    candidates: Sequence[tuple[Member, dict[str, Type]]],
    arguments: list[Argument],
    type_arguments: tuple[Type, ...],
    name: str,
    owner: Type,
) -> Candidate:
    """Overload resolution."""
    outer, c.trial = c.trial, c.trial + 1
    try:
        best = _best(c, candidates, arguments, type_arguments)
    finally:
        c.trial = outer
    if best is None:
        raise c.error(node, _mismatch(arguments, name, owner, candidates))
    outer, c.trial = c.trial, 0
    try:
        return _settled(c, best, arguments, type_arguments)
    finally:
        c.trial = outer


def _best(
    c: Compilation,
    candidates: Sequence[tuple[Member, dict[str, Type]]],
    arguments: list[Argument],
    type_arguments: tuple[Type, ...],
) -> Candidate | None:
    best: Candidate | None = None
    for member, bindings in candidates:
        for expanded in (False, True):
            hoisted = len(c.hoisted)
            found = _applicable(c, member, bindings, arguments, type_arguments, expanded)
            del c.hoisted[hoisted:]
            if found is not None:
                best = found if best is None or _better(c, found, best) else best
                break
    return best


def _settled(c: Compilation, best: Candidate, arguments: list[Argument], type_arguments: tuple[Type, ...]) -> Candidate:
    """The chosen overload with its lambdas written and its out variables declared."""
    if any(a.expr.kind in ("lambda", "group", "out") for a in arguments):
        again = _applicable(c, best.member, best.bindings, arguments, type_arguments, best.expanded, final=True)
        best = again if again is not None else best
    return best


def _mismatch(arguments: list[Argument], name: str, owner: Type, candidates: Sequence[Any]) -> str:
    if not candidates:
        return f"Usage of member '{name}' of type '{friendly(owner)}' is not supported within expressions"
    kinds = ", ".join(friendly(a.expr.type) if a.expr.kind in ("value", "null") else a.expr.kind for a in arguments)
    return f"No overload of '{friendly(owner)}.{name}' that is supported within expressions takes arguments ({kinds})"


def _assign(member: Member, arguments: list[Argument], expanded: bool) -> list[tuple[Argument, Parameter]] | None:
    """Which argument goes to which parameter."""
    parameters = member.parameters
    has_params = bool(parameters) and parameters[-1].mode == "params"
    if expanded and not has_params:
        return None
    fixed = parameters[:-1] if expanded else parameters
    pairs: list[tuple[Argument, Parameter]] = []
    for index, argument in enumerate(arguments):
        if argument.name:
            parameter = next((p for p in parameters if p.name == argument.name), None)
        elif index < len(fixed):
            parameter = fixed[index]
        else:
            parameter = parameters[-1] if expanded else None
        if parameter is None:
            return None
        pairs.append((argument, parameter))
    given = {p.name for _, p in pairs}
    if any(p.name not in given and p.default is ... for p in fixed):
        return None
    return pairs


def _applicable(
    c: Compilation,
    member: Member,
    bindings: dict[str, Type],
    arguments: list[Argument],
    type_arguments: tuple[Type, ...],
    expanded: bool,
    final: bool = False,
) -> Candidate | None:
    pairs = _assign(member, arguments, expanded)
    if pairs is None or (type_arguments and len(type_arguments) != len(member.variables)):
        return None
    targets = [(a, p, p.type.args[0] if expanded and p is member.parameters[-1] else p.type) for a, p in pairs]
    bindings = dict(bindings)
    if type_arguments:
        bindings.update(zip(member.variables, type_arguments, strict=True))
    elif member.variables and not _infer(c, [(a, t) for a, _, t in targets], bindings):
        return None
    if any(is_open(t, bindings) for _, _, t in targets if t.name not in ("System.Object",)):
        return None
    converted: list[tuple[Parameter, Expr]] = []
    sources: list[tuple[Expr, Type]] = []
    for argument, parameter, target in targets:
        kind = substitute(target, bindings)
        found = _convert_argument(c, argument, parameter, kind, final)
        if found is None:
            return None
        converted.append((parameter, found))
        sources.append((argument.expr, kind))
    values, defaults = _fill(c, member, bindings, converted, expanded)
    return Candidate(member, bindings, values, tuple(sources), expanded, defaults)


def _convert_argument(c: Compilation, argument: Argument, parameter: Parameter, kind: Type, final: bool) -> Expr | None:
    if (argument.expr.kind == "out") != (parameter.mode == "out"):
        return None
    if argument.expr.kind != "out":
        return implicit(c, argument.expr, kind)
    return _out_argument(c, argument.expr.payload, kind, final)


def _out_argument(c: Compilation, node: tree_sitter.Node, kind: Type, final: bool) -> Expr | None:
    """The variable that an `out` argument fills; declared here when the overload is certain."""
    if node.type == "declaration_expression":
        name = node.child_by_field_name("name")
        if name is None or not final:
            return Expr("", kind, kind="out", payload=node)
        known = c.scope.names.get(c.text(name))
        if known is not None and known.type == kind and known.code == getattr(c, "last_out", None):
            return Expr(known.code, kind, kind="out")
        return Expr(c.declare(node, c.text(name), kind).code, kind, kind="out")
    if c.text(node) == "_":
        return Expr("", kind, kind="out")
    variable = c.scope.find(c.text(node)) if node.type == "identifier" else None
    if variable is None:
        raise c.error(node, "an out argument must be a local variable")
    if variable.type != kind:
        return None
    c.assigned(variable)
    return Expr(variable.code, kind, kind="out")


def _fill(
    c: Compilation, member: Member, bindings: dict[str, Type], converted: list[tuple[Parameter, Expr]], expanded: bool
) -> tuple[tuple[Expr, ...], int]:
    """One expression for each parameter: given, collected into a params array, or its default."""
    values: list[Expr] = []
    defaults = 0
    for parameter in member.parameters:
        given = [expr for p, expr in converted if p is parameter]
        if expanded and parameter is member.parameters[-1]:
            element = substitute(parameter.type.args[0], bindings)
            items = ", ".join(e.code for e in given)
            code = c.call(make_array, c.constant(element), f"[{items}]")
            values.append(value_expr(code, array_of(element), nonnull=True))
        elif given:
            values.append(given[0])
        else:
            defaults += 1
            kind = substitute(parameter.type, bindings)
            values.append(default_argument(c, parameter.default, kind))
    return tuple(values), defaults


def default_argument(c: Compilation, value: Any, kind: Type) -> Expr:
    if value is None and c.library.is_value(kind):
        return value_expr(c.constant(c.library.default_of(kind)), kind)
    return literal(c, value, kind)


def _infer(c: Compilation, pairs: list[tuple[Argument, Type]], bindings: dict[str, Type]) -> bool:
    """Type inference: first from values, then from lambdas whose inputs are known."""
    waiting: list[tuple[Expr, Type]] = []
    for argument, pattern in pairs:
        expr = argument.expr
        if expr.kind in ("lambda", "group"):
            waiting.append((expr, pattern))
        elif expr.kind in ("value", "null") and not unify(pattern, expr.type, bindings, c):
            return False
    while waiting:
        ready = next((w for w in waiting if _inputs_known(w[1], bindings)), None)
        if ready is None:
            return False
        waiting.remove(ready)
        if not _infer_lambda(c, ready[0], ready[1], bindings):
            return False
    return True


def _inputs_known(pattern: Type, bindings: dict[str, Type]) -> bool:
    shape = delegate_shape(pattern)
    return shape is not None and not any(is_open(p, bindings) for p in shape[0])


def _infer_lambda(c: Compilation, expr: Expr, pattern: Type, bindings: dict[str, Type]) -> bool:
    shape = delegate_shape(pattern)
    assert shape is not None
    parameters = tuple(substitute(p, bindings) for p in shape[0])
    result = shape[1]
    if result is None or result == VOID or not is_open(result, bindings):
        return True
    hoisted = len(c.hoisted)
    try:
        _, found = c.bind_lambda(expr, parameters, None)
    except LambdaMismatch:
        return False
    finally:
        del c.hoisted[hoisted:]
    return found != VOID and unify(result, found, bindings, c)


def _better(c: Compilation, left: Candidate, right: Candidate) -> bool:
    """Whether `left` is the better function member (C# 7, 7.5.3.2)."""
    wins = losses = 0
    for (expr, first), (_, second) in zip(left.sources, right.sources, strict=False):
        order = _compare(c, expr, first, second)
        wins += order > 0
        losses += order < 0
    if wins or losses:
        return wins > 0 and losses == 0
    if bool(left.member.variables) != bool(right.member.variables):
        return not left.member.variables
    if left.expanded != right.expanded:
        return not left.expanded
    return left.defaults < right.defaults


def _compare(c: Compilation, expr: Expr, first: Type, second: Type) -> int:
    """1 when the conversion of `expr` to `first` is better than to `second`, -1 when worse."""
    if first == second:
        return 0
    if expr.kind == "value" and expr.type in (first, second):
        return 1 if expr.type == first else -1
    if expr.kind in ("lambda", "group") and first.name in DELEGATES and second.name in DELEGATES:
        return _compare_delegates(c, expr, first, second)
    down = _converts(c, first, second)
    up = _converts(c, second, first)
    if down != up:
        return 1 if down else -1
    if first in NUMERIC and second in NUMERIC and first.short[0] != second.short[0]:
        return 1 if second.short.startswith("U") else -1 if first.short.startswith("U") else 0
    return 0


def _compare_delegates(c: Compilation, expr: Expr, first: Type, second: Type) -> int:
    one, two = delegate_shape(first), delegate_shape(second)
    if one is None or two is None or one[0] != two[0] or one[1] == two[1]:
        return 0
    try:
        hoisted = len(c.hoisted)
        _, found = c.bind_lambda(expr, one[0], None)
        del c.hoisted[hoisted:]
    except LambdaMismatch:
        return 0
    return _compare(c, value_expr("", found), one[1] or OBJECT, two[1] or OBJECT)


def _converts(c: Compilation, source: Type, target: Type) -> bool:
    return (
        target in WIDENING.get(source, ())
        or c.library.converts(source, target)
        or (is_nullable(target) and not is_nullable(source) and _converts(c, source, target.args[0]))
    )


def call_method(
    c: Compilation,
    node: tree_sitter.Node,
    receiver: Expr | None,
    owner: Type,
    name: str,
    type_arguments: tuple[Type, ...],
    arguments: list[Argument],
) -> Expr:
    """`receiver.name<...>(...)` or `owner.name<...>(...)`: own members first, then extension methods."""
    own = [
        (member, bindings)
        for member, bindings in c.library.find(owner, name)
        if member.kind == "method"
        and member.name == name
        and (member.static and not member.extension) == (receiver is None)
        or (receiver is None and member.extension and member.name == name)
    ]
    if receiver is None:
        return invoke(c, node, None, own, arguments, type_arguments, name, owner)
    own = [(m, b) for m, b in own if not m.extension]
    extensions = c.library.extensions(name)
    if own:
        try:
            return invoke(c, node, receiver, own, arguments, type_arguments, name, owner)
        except Exception as error:
            if not extensions or not hasattr(error, "problems"):
                raise
            first = error
    whole = [Argument(replace(receiver, guards=()), "", node), *arguments]
    if not extensions:
        raise supported(c, node, name, owner)
    try:
        found = invoke(c, node, None, [(m, {}) for m in extensions], whole, type_arguments, name, owner)
    except Exception as error:
        if own and hasattr(error, "problems"):
            raise first from None
        raise
    return replace(found, guards=receiver.guards)


def string_of(c: Compilation, expr: Expr) -> str:
    """Code for the text of an operand of string concatenation (null is empty)."""
    expr = closed(expr, c.library)
    if expr.type == STRING:
        return expr.code if expr.nonnull else f"({expr.code} or '')"
    if expr.type == NULL:
        return "''"
    return c.call(c.library.to_text, expr.code)
