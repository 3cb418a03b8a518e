"""Expressions: one function for each kind of syntax node, each giving a typed piece of Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import tree_sitter

from gatelog.policy.dotnet.metadata import ANONYMOUS, BOOL, NULL, OBJECT, STRING, VOID, Type
from gatelog.policy.dotnet.runtime import as_type, is_instance, raise_value
from gatelog.policy.expression import literals, operators
from gatelog.policy.expression.bound import NOTHING, Compilation, Expr, Group, closed, friendly, null_expr, type_expr, value_expr
from gatelog.policy.expression.conversions import default_value, delegate_shape, explicit, implicit, literal, underlying
from gatelog.policy.expression.members import (
    arguments_of,
    call_method,
    invoke,
    read_property,
    receiver_code,
    string_of,
    supported,
)
from gatelog.policy.expression.names import named_type, resolve_type, type_list
from gatelog.policy.expression.objects import (
    anonymous,
    array_creation,
    creation,
    implicit_array,
    initializer,
)
from gatelog.policy.expression.places import assignment, stepping


def field_of(node: tree_sitter.Node, name: str) -> tree_sitter.Node:
    found = node.child_by_field_name(name)
    assert found is not None, f"{node.type} without {name}"
    return found


def inner(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type != "comment"]


def identifier(c: Compilation, node: tree_sitter.Node) -> Expr:
    name = c.text(node).removeprefix("@")
    variable = c.scope.find(name)
    if variable is not None:
        if variable.signature is not None:
            return Expr(variable.code, OBJECT, kind="group", payload=variable)
        if variable.const is not NOTHING:
            return literal(c, variable.const, variable.type)
        c.used(variable)
        return value_expr(variable.code, variable.type)
    if name == "context":
        return value_expr("c", Type("Microsoft.Azure.ApiManagement.IProxyRequestContext"), nonnull=True)
    full = c.library.resolve(name)
    if full is not None:
        return type_expr(Type(full))
    if c.library.is_namespace(name):
        return Expr("", VOID, kind="namespace", payload=name)
    if name in c.library.arities:
        raise c.error(node, f"Using the generic type '{name}' requires type arguments")
    if name[:1].isupper():
        raise c.error(node, f"Usage of type '{name}' is not supported within expressions")
    raise c.error(node, f"The name '{name}' does not exist in the current context")


def predefined(c: Compilation, node: tree_sitter.Node) -> Expr:
    return type_expr(resolve_type(c, node))


def member_access(c: Compilation, node: tree_sitter.Node) -> Expr:
    name_node = field_of(node, "name")
    receiver = c.bind(field_of(node, "expression"))
    if is_conditional(c, node):
        receiver = _held(c, node, receiver)
    return member_of(c, node, receiver, name_node)


def is_called(node: tree_sitter.Node) -> bool:
    """Whether a call follows directly: members that cannot be called are then no candidates (C# 7, 7.4)."""
    parent = node.parent
    return parent is not None and parent.type == "invocation_expression" and parent.child_by_field_name("function") == node


def member_of(c: Compilation, node: tree_sitter.Node, receiver: Expr, name_node: tree_sitter.Node) -> Expr:
    name, arguments = _name_and_arguments(c, name_node)
    if receiver.kind == "namespace":
        return _in_namespace(c, node, f"{receiver.payload}.{name}", arguments)
    if receiver.kind == "type":
        return _static_member(c, node, receiver.type, name, arguments)
    if receiver.kind in ("group", "lambda", "null"):
        raise c.error(node, f"Operator '.' cannot be applied to operand of type '{receiver.kind}'")
    kind = receiver.type
    if kind.name == ANONYMOUS:
        return _anonymous_field(c, node, receiver, name)
    found = read_property(c, node, receiver, kind, name)
    if found is not None and not (is_called(node) and delegate_shape(found.type) is None):
        return found
    if any(m.kind == "method" and m.name == name for m, _ in c.library.find(kind, name)) or c.library.extensions(name):
        return Expr(receiver.code, OBJECT, kind="group", payload=Group(name, receiver, kind, arguments), guards=receiver.guards)
    raise supported(c, node, name, kind)


def _name_and_arguments(c: Compilation, node: tree_sitter.Node) -> tuple[str, tuple[Type, ...]]:
    written = c.source.generics.get(node.start_byte)
    if written is not None:
        return written[0], type_list(c, node, written[1])
    if node.type != "generic_name":
        return c.text(node).removeprefix("@"), ()
    listed = next(child for child in node.named_children if child.type == "type_argument_list")
    return c.text(node.named_children[0]), tuple(resolve_type(c, n) for n in inner(listed))


def _in_namespace(c: Compilation, node: tree_sitter.Node, full: str, arguments: tuple[Type, ...]) -> Expr:
    found = named_type(c, full, arguments)
    if found is not None:
        return type_expr(found)
    if c.library.is_namespace(full):
        return Expr("", VOID, kind="namespace", payload=full)
    raise c.error(node, f"Usage of type '{full}' is not supported within expressions")


def _static_member(c: Compilation, node: tree_sitter.Node, owner: Type, name: str, arguments: tuple[Type, ...]) -> Expr:
    definition = c.library.definition(owner)
    if definition is not None and definition.kind == "enum":
        values = dict(definition.values)
        if name in values:
            return value_expr(c.constant(c.library.enum_makers[owner.name](values[name])), owner, nonnull=True)
    found = read_property(c, node, None, owner, name)
    if found is not None:
        return found
    if any(m.kind == "method" and m.name == name for m, _ in c.library.find(owner, name)):
        return Expr("", OBJECT, kind="group", payload=Group(name, None, owner, arguments))
    nested = c.library.resolve(f"{owner.name}.{name}")
    if nested is not None:
        return type_expr(Type(nested))
    raise supported(c, node, name, owner)


def _anonymous_field(c: Compilation, node: tree_sitter.Node, receiver: Expr, name: str) -> Expr:
    fields = {receiver.type.args[i].name[1:]: receiver.type.args[i + 1] for i in range(0, len(receiver.type.args), 2)}
    if name in fields:
        return value_expr(f"{receiver_code(c, receiver)}.fields[{name!r}]", fields[name], guards=receiver.guards)
    if any(m.kind == "method" for m, _ in c.library.find(OBJECT, name)):
        return Expr(receiver.code, OBJECT, kind="group", payload=Group(name, receiver, receiver.type), guards=receiver.guards)
    raise supported(c, node, name, Type("<anonymous type>"))


def is_conditional(c: Compilation, node: tree_sitter.Node) -> bool:
    """Whether a member or element access was written with `?`."""
    return any(child.start_byte in c.source.conditional for child in node.children[1:])


def _held(c: Compilation, node: tree_sitter.Node, receiver: Expr) -> Expr:
    """The receiver of a `?.`, evaluated once; the rest of the chain runs only when it is not null."""
    if not receiver.is_value:
        raise c.error(node, "Operator '?' cannot be applied here")
    if c.library.is_value(receiver.type):
        raise c.error(node, f"Operator '?' cannot be applied to operand of type '{friendly(receiver.type)}'")
    temp = c.name("t")
    guards = (*receiver.guards, f"({temp} := {receiver.code})")
    return Expr(temp, underlying(receiver.type), nonnull=True, guards=guards)


def conditional_access(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`?.` as the grammar finds it, in the holes of interpolated strings."""
    held = _held(c, node, c.bind(field_of(node, "condition")))
    binding = inner(node)[-1]
    if binding.type == "member_binding_expression":
        return member_of(c, node, held, field_of(binding, "name"))
    if binding.type == "element_binding_expression":
        return element_of(c, node, held, binding)
    raise c.error(node, f"'{c.text(binding)}' is not supported after '?'")


def element_access(c: Compilation, node: tree_sitter.Node) -> Expr:
    receiver = c.bind(field_of(node, "expression"))
    if not receiver.is_value:
        raise c.error(node, f"'{c.text(node)}' is not an indexed value")
    if is_conditional(c, node):
        receiver = _held(c, node, receiver)
    return element_of(c, node, receiver, field_of(node, "subscript"))


def element_of(c: Compilation, node: tree_sitter.Node, receiver: Expr, subscript: tree_sitter.Node) -> Expr:
    arguments = arguments_of(c, subscript)
    candidates = [(m, b) for m, b in c.library.find(receiver.type, "this") if m.kind == "indexer"]
    if not candidates:
        raise c.error(node, f"Cannot apply indexing with [] to an expression of type '{friendly(receiver.type)}'")
    return invoke(c, node, receiver, candidates, arguments, (), "this[]", receiver.type)


def invocation(c: Compilation, node: tree_sitter.Node) -> Expr:
    function = field_of(node, "function")
    arguments_node = field_of(node, "arguments")
    if function.type in ("identifier", "generic_name") and c.text(function) == "nameof":
        return literal(c, c.text(arguments_node)[1:-1].rpartition(".")[2].strip(), STRING)
    target = c.bind(function)
    arguments = arguments_of(c, arguments_node)
    if target.kind == "group" and isinstance(target.payload, Group):
        group = target.payload
        receiver = replace(group.receiver, guards=target.guards) if group.receiver is not None else None
        return call_method(c, node, receiver, group.owner, group.name, group.arguments, arguments)
    if target.kind == "group":
        return _call_local(c, node, target, [a.expr for a in arguments])
    shape = delegate_shape(target.type)
    if shape is None or not target.is_value:
        raise c.error(node, f"'{c.text(function)}' cannot be called")
    codes = _converted(c, node, [a.expr for a in arguments], shape[0])
    return value_expr(f"{receiver_code(c, target)}({', '.join(codes)})", shape[1] or VOID, guards=target.guards)


def _call_local(c: Compilation, node: tree_sitter.Node, target: Expr, arguments: list[Expr]) -> Expr:
    parameters, result = target.payload.signature
    codes = _converted(c, node, arguments, tuple(kind for _, kind in parameters))
    return value_expr(f"{target.code}({', '.join(codes)})", result)


def _converted(c: Compilation, node: tree_sitter.Node, arguments: list[Expr], kinds: tuple[Type, ...]) -> list[str]:
    if len(arguments) != len(kinds):
        raise c.error(node, f"No overload takes {len(arguments)} arguments")
    found = [implicit(c, a, k) for a, k in zip(arguments, kinds, strict=True)]
    if any(f is None for f in found):
        raise c.error(node, "the arguments do not fit the parameters")
    return [f.code for f in found if f is not None]


def cast(c: Compilation, node: tree_sitter.Node) -> Expr:
    target = resolve_type(c, field_of(node, "type"))
    value = c.value(field_of(node, "value"))
    found = explicit(c, value, target)
    if found is None:
        raise c.error(node, f"Cannot convert type '{friendly(value.type)}' to '{friendly(target)}'")
    return replace(found, payload=None)


def as_expression(c: Compilation, node: tree_sitter.Node) -> Expr:
    value = c.value(field_of(node, "left"))
    target = resolve_type(c, field_of(node, "right"))
    if c.library.is_value(target):
        raise c.error(node, "The as operator must be used with a reference type or nullable type")
    if c.library.converts(value.type, target):
        return value_expr(value.code, target)
    return value_expr(c.call(as_type, value.code, c.constant(target)), target)


def is_expression(c: Compilation, node: tree_sitter.Node) -> Expr:
    value = c.value(field_of(node, "left"))
    target = resolve_type(c, field_of(node, "right"))
    return value_expr(c.call(is_instance, value.code, c.constant(target)), BOOL)


def is_pattern(c: Compilation, node: tree_sitter.Node) -> Expr:
    return value_expr(pattern_test(c, c.value(field_of(node, "expression")), field_of(node, "pattern")), BOOL)


def pattern_test(c: Compilation, value: Expr, pattern: tree_sitter.Node) -> str:
    """Python code that tests `value` (evaluated once) against a pattern."""
    if pattern.type == "declaration_pattern":
        target = resolve_type(c, field_of(pattern, "type"))
        name = field_of(pattern, "name")
        temp = c.name("t")
        test = c.call(is_instance, f"({temp} := {value.code})", c.constant(target))
        if name.type == "discard" or c.text(name) == "_":
            return test
        variable = c.declare(pattern, c.text(name), target)
        return f"({test} and [{variable.code} := {temp}] is not None)"
    if pattern.type == "constant_pattern":
        inside = inner(pattern)[0]
        constant = c.bind(inside)
        if constant.kind == "type":
            return c.call(is_instance, value.code, c.constant(constant.type))
        if constant.type == NULL:
            return f"({value.code} is None)"
        if constant.type == value.type or constant.type == STRING == value.type:
            return f"({value.code} == {constant.code})"
        return c.call(c.library.equals, value.code, constant.code)
    if pattern.type == "negated_pattern":
        return f"(not {pattern_test(c, value, inner(pattern)[0])})"
    if pattern.type in ("type_pattern",):
        return c.call(is_instance, value.code, c.constant(resolve_type(c, inner(pattern)[0])))
    if pattern.type == "var_pattern":
        variable = c.declare(pattern, c.text(inner(pattern)[-1]), value.type)
        return f"([{variable.code} := {value.code}] is not None)"
    if pattern.type == "discard":
        return "True"
    raise c.error(pattern, f"pattern '{c.text(pattern)}' is not supported within expressions")


def conditional(c: Compilation, node: tree_sitter.Node) -> Expr:
    test = condition(c, field_of(node, "condition"))
    yes, no = c.value(field_of(node, "consequence")), c.value(field_of(node, "alternative"))
    kind = common_type(c, yes, no)
    if kind is None:
        raise c.error(
            node,
            "Type of conditional expression cannot be determined because there is no implicit conversion between "
            f"'{friendly(yes.type)}' and '{friendly(no.type)}'",
        )
    one, two = implicit(c, yes, kind), implicit(c, no, kind)
    assert one is not None and two is not None
    return value_expr(f"({one.code} if {test} else {two.code})", kind, nonnull=one.nonnull and two.nonnull)


def common_type(c: Compilation, left: Expr, right: Expr) -> Type | None:
    """The type of `x ? left : right`."""
    if left.kind in ("throw", "default"):
        return right.type
    if right.kind in ("throw", "default") or left.type == right.type:
        return left.type if left.type != NULL else None
    to_right = left.type != NULL and implicit(c, right, left.type) is not None
    to_left = right.type != NULL and implicit(c, left, right.type) is not None
    if to_right and to_left:
        constant = left.const is not NOTHING and right.const is NOTHING
        return right.type if constant else left.type
    return left.type if to_right else right.type if to_left else None


def condition(c: Compilation, node: tree_sitter.Node) -> str:
    """Code of a Boolean condition."""
    value = c.value(node)
    found = implicit(c, value, BOOL)
    if found is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to 'bool'")
    return found.code


def binary(c: Compilation, node: tree_sitter.Node) -> Expr:
    operator_node = field_of(node, "operator")
    operator = c.text(operator_node)
    left = c.value(field_of(node, "left"))
    if operator == "??":
        return coalesce(c, node, left, c.value(field_of(node, "right")))
    right_node = field_of(node, "right")
    right = c.value(right_node)
    for side in (left, right):
        if side.kind in ("lambda", "group") or side.type == VOID:
            raise c.error(node, f"Operator '{operator}' cannot be applied to operand of type '{side.kind}'")
    return operators.binary(c, node, operator, left, right)


def coalesce(c: Compilation, node: tree_sitter.Node, left: Expr, right: Expr) -> Expr:
    """`left ?? right`."""
    if left.type != NULL and c.library.is_value(left.type):
        raise c.error(
            node, f"Operator '??' cannot be applied to operands of type '{friendly(left.type)}' and '{friendly(right.type)}'"
        )
    temp = c.name("t")
    for kind in (underlying(left.type), left.type, right.type):
        if kind == NULL:
            continue
        other = implicit(c, right, kind)
        here = implicit(c, value_expr(temp, underlying(left.type)), kind) if other is not None else None
        if other is not None and here is not None:
            code = f"({here.code} if ({temp} := {left.code}) is not None else {other.code})"
            return value_expr(code, kind, nonnull=other.nonnull)
    raise c.error(
        node, f"Operator '??' cannot be applied to operands of type '{friendly(left.type)}' and '{friendly(right.type)}'"
    )


def prefix(c: Compilation, node: tree_sitter.Node) -> Expr:
    operator = c.text(node.children[0])
    operand_node = inner(node)[-1]
    if operator in ("++", "--"):
        return stepping(c, node, operand_node, operator, after=False)
    return operators.unary(c, node, operator, c.value(operand_node))


def postfix(c: Compilation, node: tree_sitter.Node) -> Expr:
    operator = c.text(node.children[-1])
    if operator == "!":
        return c.bind(inner(node)[0])
    return stepping(c, node, inner(node)[0], operator, after=True)


def parenthesized(c: Compilation, node: tree_sitter.Node) -> Expr:
    found = closed(c.bind(inner(node)[0]), c.library)
    return replace(found, payload=None) if found.kind == "value" else found


def interpolated(c: Compilation, node: tree_sitter.Node) -> Expr:
    """`$"..{x,5:N2}.."`."""
    verbatim = "@" in c.text(node)[:2]
    parts: list[str] = []
    for child in node.named_children:
        if child.type in ("string_content", "string_literal_content", "escape_sequence", "interpolation_brace"):
            parts.append(_text_part(c, c.text(child), verbatim))
        elif child.type == "interpolation":
            parts.append(_hole(c, child))
    if not parts:
        return literal(c, "", STRING)
    return value_expr(c.call(c.library.cat, *parts), STRING, nonnull=True)


def _text_part(c: Compilation, text: str, verbatim: bool) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    return literal(c, text.replace('""', '"') if verbatim else literals.unescape(text), STRING).code


def _hole(c: Compilation, node: tree_sitter.Node) -> str:
    value: Expr | None = None
    alignment = "0"
    pattern = ""
    for child in inner(node):
        if child.type == "interpolation_alignment_clause":
            width = c.value(inner(child)[0])
            alignment = width.code
        elif child.type == "interpolation_format_clause":
            pattern = c.text(child)[1:]
        elif child.type != "interpolation_brace":
            value = c.value(child)
    assert value is not None
    if alignment == "0" and not pattern:
        return string_of(c, value)
    return c.call(c.library.format_hole, value.code, alignment, repr(pattern))


def default(c: Compilation, node: tree_sitter.Node) -> Expr:
    kind = node.child_by_field_name("type")
    if kind is None:
        return Expr("None", NULL, kind="default")
    return default_value(c, resolve_type(c, kind))


def lambda_expression(c: Compilation, node: tree_sitter.Node) -> Expr:
    if any(child.type == "modifier" and c.text(child) == "async" for child in node.children):
        raise c.error(node, "Usage of 'async' is not supported within expressions")
    return Expr("", OBJECT, kind="lambda", payload=node)


def throw(c: Compilation, node: tree_sitter.Node) -> Expr:
    value = c.value(inner(node)[0])
    return Expr(c.call(raise_value, value.code), NULL, kind="throw")


def typeof(c: Compilation, node: tree_sitter.Node) -> Expr:
    raise c.error(node, "Usage of 'typeof' is not supported within expressions")


def tuple_expression(c: Compilation, node: tree_sitter.Node) -> Expr:
    raise c.error(node, "Usage of tuples is not supported within expressions")


BINDERS: Final[dict[str, Callable[[Compilation, tree_sitter.Node], Expr]]] = {
    "identifier": identifier,
    "predefined_type": predefined,
    "generic_name": lambda c, n: type_expr(resolve_type(c, n)),
    "nullable_type": lambda c, n: type_expr(resolve_type(c, n)),
    "array_type": lambda c, n: type_expr(resolve_type(c, n)),
    "qualified_name": lambda c, n: type_expr(resolve_type(c, n)),
    "member_access_expression": member_access,
    "conditional_access_expression": conditional_access,
    "element_access_expression": element_access,
    "invocation_expression": invocation,
    "cast_expression": cast,
    "as_expression": as_expression,
    "is_expression": is_expression,
    "is_pattern_expression": is_pattern,
    "conditional_expression": conditional,
    "binary_expression": binary,
    "prefix_unary_expression": prefix,
    "postfix_unary_expression": postfix,
    "parenthesized_expression": parenthesized,
    "checked_expression": lambda c, n: c.bind(inner(n)[0]),
    "interpolated_string_expression": interpolated,
    "default_expression": default,
    "lambda_expression": lambda_expression,
    "throw_expression": throw,
    "assignment_expression": assignment,
    "object_creation_expression": creation,
    "implicit_object_creation_expression": typeof,
    "anonymous_object_creation_expression": anonymous,
    "array_creation_expression": array_creation,
    "implicit_array_creation_expression": implicit_array,
    "initializer_expression": initializer,
    "integer_literal": literals.integer,
    "real_literal": literals.real,
    "character_literal": literals.character,
    "string_literal": literals.string,
    "verbatim_string_literal": literals.verbatim,
    "boolean_literal": literals.boolean,
    "null_literal": lambda _c, _n: null_expr(),
    "typeof_expression": typeof,
    "tuple_expression": tuple_expression,
}


def bind(c: Compilation, node: tree_sitter.Node) -> Expr:
    """Bind any expression."""
    binder = BINDERS.get(node.type)
    if binder is None:
        raise c.error(node, f"'{node.type.replace('_', ' ')}' is not supported within expressions")
    return binder(c, node)
