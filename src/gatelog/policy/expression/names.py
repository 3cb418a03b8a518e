"""Type names in expressions."""

from __future__ import annotations

import tree_sitter

from gatelog.policy.dotnet.metadata import KEYWORDS, Type, array_of, nullable
from gatelog.policy.expression.bound import Compilation


def named_type(c: Compilation, name: str, arguments: tuple[Type, ...]) -> Type | None:
    full = c.library.resolve(name, len(arguments))
    return Type(full, arguments) if full is not None else None


def resolve_type(c: Compilation, node: tree_sitter.Node) -> Type:
    """The type that a type node names, or the refusal."""
    if node.type == "nullable_type":
        inside = resolve_type(c, node.named_children[0])
        return nullable(inside) if c.library.is_value(inside) else inside
    if node.type == "array_type":
        rank = node.child_by_field_name("rank")
        if rank is not None and c.text(rank).count(","):
            raise c.error(node, "Usage of multidimensional arrays is not supported within expressions")
        return array_of(resolve_type(c, node.named_children[0]))
    if node.type == "predefined_type":
        return Type(KEYWORDS[c.text(node)])
    name, arguments = _written(c, node)
    found = named_type(c, name, arguments)
    if found is None:
        raise c.error(node, f"Usage of type '{name}' is not supported within expressions")
    return found


def _written(c: Compilation, node: tree_sitter.Node) -> tuple[str, tuple[Type, ...]]:
    if node.type == "generic_name":
        listed = next(child for child in node.named_children if child.type == "type_argument_list")
        arguments = tuple(resolve_type(c, child) for child in listed.named_children if child.type != "comment")
        return c.text(node.named_children[0]), arguments
    if node.type == "qualified_name":
        qualifier = c.text(node.named_children[0])
        name, arguments = _written(c, node.named_children[-1])
        return f"{qualifier}.{name}", arguments
    return c.text(node).removeprefix("@").replace(" ", ""), ()


def type_list(c: Compilation, node: tree_sitter.Node, text: str) -> tuple[Type, ...]:
    """Type arguments from their text: `string, List<int?>`."""
    found: list[Type] = []
    depth = start = 0
    for index, char in enumerate(text + ","):
        depth += (char in "<[") - (char in ">]")
        if char == "," and depth == 0:
            found.append(_type_text(c, node, text[start:index].strip()))
            start = index + 1
    return tuple(found)


def _type_text(c: Compilation, node: tree_sitter.Node, text: str) -> Type:
    if text.endswith("?"):
        inside = _type_text(c, node, text[:-1].strip())
        return nullable(inside) if c.library.is_value(inside) else inside
    if text.endswith("[]"):
        return array_of(_type_text(c, node, text[:-2].strip()))
    name, bracket, rest = text.partition("<")
    arguments = type_list(c, node, rest.rstrip()[:-1]) if bracket else ()
    found = named_type(c, name.strip(), arguments)
    if found is None:
        raise c.error(node, f"Usage of type '{name.strip()}' is not supported within expressions")
    return found
