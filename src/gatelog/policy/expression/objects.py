"""`new`: objects, arrays, anonymous objects, and their initialisers."""

from __future__ import annotations

import tree_sitter

from gatelog.policy.dotnet.metadata import ANONYMOUS, INT, NULL, Type, array_of
from gatelog.policy.dotnet.runtime import Anonymous, make_array, zeroed
from gatelog.policy.expression.bound import Compilation, Expr, friendly, value_expr
from gatelog.policy.expression.conversions import default_value, delegate_shape, implicit
from gatelog.policy.expression.members import arguments_of, call_method, invoke
from gatelog.policy.expression.names import resolve_type


def _items(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type != "comment"]


def creation(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`new T(...) { ... }`."""
    type_node = node.child_by_field_name("type")
    assert type_node is not None
    filling = node.child_by_field_name("initializer")
    if type_node.type == "array_type":
        return _array(c, node, type_node, filling)
    kind = resolve_type(c, type_node)
    arguments = arguments_of(c, node.child_by_field_name("arguments"))
    shape = delegate_shape(kind)
    if shape is not None and len(arguments) == 1:
        found = implicit(c, arguments[0].expr, kind)
        if found is not None:
            return found
    candidates = [(m, b) for m, b in c.library.own_members(kind, "new") if m.kind == "new"]
    if not candidates and c.library.is_value(kind) and not arguments:
        return default_value(c, kind)
    if not candidates:
        raise c.error(node, f"Usage of constructor of type '{friendly(kind)}' is not supported within expressions")
    made = invoke(c, node, None, candidates, arguments, (), ".ctor", kind)
    made = value_expr(made.code, kind, nonnull=True)
    return _filled(c, node, made, filling) if filling is not None else made


def _filled(c: Compilation, node: tree_sitter.Node, made: Expr, filling: tree_sitter.Node) -> Expr:
    """Run an object or collection initialiser on a new object."""
    temp = c.name("t")
    held = value_expr(temp, made.type, nonnull=True)
    steps = [f"({temp} := {made.code})"]
    for item in _items(filling):
        steps.append(_initialize(c, held, item))
    return value_expr(f"({', '.join(steps)}, {temp})[-1]", made.type, nonnull=True)


def _initialize(c: Compilation, held: Expr, item: tree_sitter.Node) -> str:
    if item.type == "assignment_expression":
        left, right = item.child_by_field_name("left"), item.child_by_field_name("right")
        assert left is not None and right is not None
        value = c.value(right)
        if left.type in ("element_binding_expression", "bracketed_argument_list", "implicit_element_access"):
            keys = arguments_of(c, left if left.type != "implicit_element_access" else left.named_children[0])
            return c.set_element(item, held, keys, value)
        return c.set_member(item, held, c.text(left), value)
    arguments = arguments_of(c, None)
    values = _items(item) if item.type == "initializer_expression" else [item]
    for value_node in values:
        arguments.append(c.argument(c.value(value_node), value_node))
    return call_method(c, item, held, held.type, "Add", (), arguments).code


def anonymous(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`new { a = 1, b.c }`."""
    fields: list[tuple[str, Expr]] = []
    name = ""
    children = node.children
    for index, child in enumerate(children):
        if not child.is_named or child.type == "comment":
            continue
        following = children[index + 1].type if index + 1 < len(children) else ""
        if child.type == "identifier" and following == "=":
            name = c.text(child)
            continue
        if child.type == "assignment_expression":
            name = c.text(child.named_children[0])
            child = child.named_children[-1]
        value = c.value(child)
        if value.type == NULL:
            raise c.error(child, "Cannot assign <null> to anonymous type property")
        fields.append((name or c.text(child).rpartition(".")[2], value))
        name = ""
    inside = ", ".join(f"{key!r}: {value.code}" for key, value in fields)
    kinds = tuple(part for key, value in fields for part in (Type(f".{key}"), value.type))
    return value_expr(c.call(Anonymous, "{" + inside + "}"), Type(ANONYMOUS, kinds), nonnull=True)


def array_creation(c: Compilation, node: tree_sitter.Node) -> Expr:
    type_node = node.child_by_field_name("type")
    assert type_node is not None
    filling = next((n for n in node.named_children if n.type == "initializer_expression"), None)
    return _array(c, node, type_node, filling)


def _array(c: Compilation, node: tree_sitter.Node, type_node: tree_sitter.Node, filling: tree_sitter.Node | None) -> Expr:
    kind = resolve_type(c, type_node)
    element = kind.args[0]
    if filling is not None:
        return elements(c, node, [c.value(n) for n in _items(filling)], element)
    rank = type_node.child_by_field_name("rank")
    sizes = _items(rank) if rank is not None else []
    size = implicit(c, c.value(sizes[0]), INT) if len(sizes) == 1 else None
    if size is None:
        raise c.error(node, "Array creation must have array size or array initializer")
    return value_expr(c.call(zeroed, c.constant(element), size.code, default_value(c, element).code), kind, nonnull=True)


def elements(c: Compilation, node: tree_sitter.Node, values: list[Expr], element: Type) -> Expr:
    """An array of these values."""
    codes: list[str] = []
    for value in values:
        found = implicit(c, value, element)
        if found is None:
            raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to '{friendly(element)}'")
        codes.append(found.code)
    return value_expr(c.call(make_array, c.constant(element), f"[{', '.join(codes)}]"), array_of(element), nonnull=True)


def implicit_array(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`new[] { ... }`: the best common type of the elements."""
    filling = next(n for n in node.named_children if n.type == "initializer_expression")
    values = [c.value(n) for n in _items(filling)]
    best = best_type(c, values)
    if best is None:
        raise c.error(node, "No best type found for implicitly-typed array")
    return elements(c, node, values, best)


def best_type(c: Compilation, values: list[Expr]) -> Type | None:
    for candidate in dict.fromkeys(v.type for v in values if v.type != NULL):
        if all(implicit(c, v, candidate) is not None for v in values):
            return candidate
    return None


def initializer(c: Compilation, node: tree_sitter.Node) -> Expr:
    raise c.error(node, "an initialiser is not expected here")
