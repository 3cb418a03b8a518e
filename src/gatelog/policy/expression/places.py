"""Assignment: variables, elements and properties, simple and compound, `++` and `--`."""

from __future__ import annotations

from dataclasses import replace

import tree_sitter

from gatelog.policy.dotnet.metadata import Member, Type, substitute
from gatelog.policy.expression import operators
from gatelog.policy.expression.bound import NOTHING, Compilation, Expr, closed, friendly, value_expr
from gatelog.policy.expression.conversions import explicit, implicit
from gatelog.policy.expression.members import Argument, arguments_of, receiver_code, render, resolve, supported


def convert(c: Compilation, node: tree_sitter.Node, value: Expr, kind: Type) -> Expr:
    found = implicit(c, value, kind)
    if found is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to '{friendly(kind)}'")
    return found


def assignment(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`place = value`, `place += value`, ..."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    assert left is not None and right is not None
    operator_node = node.child_by_field_name("operator")
    operator = c.text(operator_node) if operator_node is not None else "="
    if operator not in ("=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>="):
        raise c.error(node, f"Operator '{operator}' is not supported within expressions")
    if left.type == "identifier":
        return _variable(c, node, left, operator, c.value(right))
    if any(child.start_byte in c.source.conditional for child in left.children[1:]):
        raise c.error(node, "The left-hand side of an assignment must be a variable, property or indexer")
    if left.type == "element_access_expression":
        return _element(c, node, left, operator, right)
    if left.type == "member_access_expression":
        return _member(c, node, left, operator, c.value(right))
    raise c.error(node, "The left-hand side of an assignment must be a variable, property or indexer")


def combined(c: Compilation, node: tree_sitter.Node, operator: str, current: Expr, value: Expr) -> Expr:
    """The new value of a compound assignment, in the place's type."""
    result = operators.binary(c, node, operator[:-1], replace(current, const=NOTHING), value)
    found = implicit(c, result, current.type) or explicit(c, result, current.type)
    if found is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(result.type)}' to '{friendly(current.type)}'")
    return found


def _variable(c: Compilation, node: tree_sitter.Node, left: tree_sitter.Node, operator: str, value: Expr) -> Expr:
    name = c.text(left)
    variable = c.scope.find(name)
    if variable is None or variable.readonly or variable.signature is not None:
        word = "cannot be assigned" if variable is not None or name == "context" else "does not exist in the current context"
        raise c.error(node, f"The name '{name}' {word}")
    if operator == "=":
        value = convert(c, node, value, variable.type)
    else:
        value = combined(c, node, operator, value_expr(variable.code, variable.type), value)
    c.assigned(variable)
    return value_expr(f"({variable.code} := {value.code})", variable.type)


def _element(c: Compilation, node: tree_sitter.Node, left: tree_sitter.Node, operator: str, right: tree_sitter.Node) -> Expr:
    receiver_node, subscript = left.child_by_field_name("expression"), left.child_by_field_name("subscript")
    assert receiver_node is not None
    receiver = closed(c.bind(receiver_node), c.library)
    keys = arguments_of(c, subscript)
    if operator == "=":
        return _set(c, node, receiver, keys, c.value(right))
    target, key = c.name("t"), c.name("t")
    held = value_expr(target, receiver.type)
    held_keys = [Argument(replace(keys[0].expr, code=key, const=NOTHING), "", keys[0].node)]
    chosen = resolve(c, node, indexers(c, held), held_keys, (), "this[]", receiver.type)
    kind = substitute(chosen.member.type, chosen.bindings)
    codes = [receiver_code(c, held), *[a.code for a in chosen.arguments]]
    current = value_expr(render(c, chosen.member, chosen.bindings, codes), kind)
    value = combined(c, node, operator, current, c.value(right))
    stored = _set(c, node, held, held_keys, value)
    return value_expr(f"(({target} := {receiver.code}), ({key} := {keys[0].expr.code}), {stored.code})[-1]", stored.type)


def indexers(c: Compilation, receiver: Expr) -> list[tuple[Member, dict[str, Type]]]:
    return [(m, b) for m, b in c.library.find(receiver.type, "this") if m.kind == "indexer"]


def _set(c: Compilation, node: tree_sitter.Node, receiver: Expr, keys: list[Argument], value: Expr) -> Expr:
    """`receiver[keys] = value`; the code's value is the assigned value."""
    candidates = indexers(c, receiver)
    if not candidates:
        raise c.error(node, f"Cannot apply indexing with [] to an expression of type '{friendly(receiver.type)}'")
    chosen = resolve(c, node, candidates, keys, (), "this[]", receiver.type)
    member = chosen.member
    if member.setter is None:
        raise c.error(node, f"Indexer of type '{friendly(receiver.type)}' cannot be assigned within expressions")
    kind = substitute(member.type, chosen.bindings)
    converted = convert(c, node, value, kind)
    code = c.call(member.setter, receiver_code(c, receiver), *[a.code for a in chosen.arguments], converted.code)
    return value_expr(code, kind)


def set_element(c: Compilation, node: tree_sitter.Node, receiver: Expr, keys: list[Argument], value: Expr) -> str:
    return _set(c, node, receiver, keys, value).code


def set_member(c: Compilation, node: tree_sitter.Node, receiver: Expr, name: str, value: Expr) -> str:
    """`receiver.name = value`."""
    for member, bindings in c.library.find(receiver.type, name):
        if member.kind == "property" and member.setter is not None and not member.static:
            converted = convert(c, node, value, substitute(member.type, bindings))
            return c.call(member.setter, receiver_code(c, receiver), converted.code)
    raise supported(c, node, name, receiver.type)


def _member(c: Compilation, node: tree_sitter.Node, left: tree_sitter.Node, operator: str, value: Expr) -> Expr:
    receiver_node, name_node = left.child_by_field_name("expression"), left.child_by_field_name("name")
    assert receiver_node is not None and name_node is not None
    receiver = closed(c.bind(receiver_node), c.library)
    if not receiver.is_value:
        raise c.error(node, f"'{c.text(left)}' cannot be assigned within expressions")
    if operator != "=":
        value = combined(c, node, operator, closed(c.bind(left), c.library), value)
    return value_expr(set_member(c, node, receiver, c.text(name_node), value), value.type)


def stepping(c: Compilation, node: tree_sitter.Node, place: tree_sitter.Node, operator: str, *, after: bool) -> Expr:
    """`++x`, `x++` and the like."""
    if place.type != "identifier":
        return _step_place(c, node, place, operator, after=after)
    variable = c.scope.find(c.text(place))
    if variable is None or variable.readonly:
        raise c.error(node, f"The name '{c.text(place)}' cannot be assigned")
    current = value_expr(variable.code, variable.type)
    moved = operators.step(c, node, operator, current)
    c.assigned(variable)
    code = f"({variable.code} := {moved.code})"
    if after:
        temp = c.name("t")
        code = f"(({temp} := {variable.code}), {code}, {temp})[-1]"
    return value_expr(code, variable.type)


def _step_place(c: Compilation, node: tree_sitter.Node, place: tree_sitter.Node, operator: str, *, after: bool) -> Expr:
    """`list[i]++`: set the element to itself plus one."""
    if place.type != "element_access_expression":
        raise c.error(node, f"Operator '{operator}' is supported for variables and elements only")
    receiver_node, subscript = place.child_by_field_name("expression"), place.child_by_field_name("subscript")
    assert receiver_node is not None
    receiver = closed(c.bind(receiver_node), c.library)
    keys = arguments_of(c, subscript)
    target, key = c.name("t"), c.name("t")
    held = value_expr(target, receiver.type)
    held_keys = [Argument(replace(keys[0].expr, code=key, const=NOTHING), "", keys[0].node)]
    chosen = resolve(c, node, indexers(c, held), held_keys, (), "this[]", receiver.type)
    kind = substitute(chosen.member.type, chosen.bindings)
    codes = [receiver_code(c, held), *[a.code for a in chosen.arguments]]
    current = value_expr(render(c, chosen.member, chosen.bindings, codes), kind)
    old = c.name("t")
    stored = _set(c, node, held, held_keys, operators.step(c, node, operator, value_expr(old, kind)))
    lead = f"({target} := {receiver.code}), ({key} := {keys[0].expr.code}), ({old} := {current.code})"
    return value_expr(f"({lead}, {stored.code}, {old})[{-1 if after else -2}]", kind)
