"""The expression language of ARM templates (learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions).

A text that starts with `[` and ends with `]` is an expression; `[[` stands for a plain bracket.
    expression = literal | call { '.' name | '[' expression ']' }
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatelog.errors import GatelogError

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w$]*)|(?P<sign>[()\[\].,]))")
_DEEPEST = 60


class TemplateError(GatelogError):
    """A template expression cannot be evaluated."""


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """`inner.name` or `inner[key]`."""

    inner: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number."""

    value: str | int | float


Node = Call | Member | Literal
Invoke = Callable[[str, tuple[Node, ...], Callable[[Node], Any]], Any]
"""Evaluates a call: name, unevaluated arguments, and how to evaluate one (`if` must not evaluate both branches)."""


def parse(text: str) -> Node:
    """The syntax tree of what stands between the brackets. Raises `TemplateError`."""
    tokens = _tokens(text)
    node, position = _expression(tokens, 0, text)
    if position != len(tokens):
        raise TemplateError(f"expected the end of the expression at {tokens[position][1]!r} in [{text}]")
    return node


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise TemplateError(f"unexpected character {text[position:].strip()[:1]!r} in [{text[:120]}]")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        position = match.end()
    return tokens


def _expression(tokens: list[tuple[str, str]], position: int, text: str, depth: int = 0) -> tuple[Node, int]:
    if depth > _DEEPEST:
        raise TemplateError(f"nested too deeply: [{text[:80]}...]")
    if position >= len(tokens):
        raise TemplateError(f"the expression ends too early: [{text[:120]}]")
    kind, word = tokens[position]
    node: Node
    if kind == "text":
        node, position = Literal(word[1:-1].replace("''", "'")), position + 1
    elif kind == "number":
        node, position = Literal(float(word) if "." in word else int(word)), position + 1
    elif kind == "name" and tokens[position + 1 : position + 2] == [("sign", "(")]:
        arguments, position = _arguments(tokens, position + 2, text, depth)
        node = Call(word, arguments)
    else:
        raise TemplateError(f"expected a function call or a literal, found {word!r} in [{text[:120]}]")
    return _members(node, tokens, position, text, depth)


def _arguments(tokens: list[tuple[str, str]], position: int, text: str, depth: int) -> tuple[tuple[Node, ...], int]:
    arguments: list[Node] = []
    while tokens[position : position + 1] != [("sign", ")")]:
        if arguments:
            if tokens[position : position + 1] != [("sign", ",")]:
                raise TemplateError(f"expected , or ) in [{text[:120]}]")
            position += 1
        node, position = _expression(tokens, position, text, depth + 1)
        arguments.append(node)
    return tuple(arguments), position + 1


def _members(node: Node, tokens: list[tuple[str, str]], position: int, text: str, depth: int) -> tuple[Node, int]:
    while position < len(tokens):
        if tokens[position] == ("sign", ".") and tokens[position + 1 : position + 2] and tokens[position + 1][0] == "name":
            node, position = Member(node, Literal(tokens[position + 1][1])), position + 2
        elif tokens[position] == ("sign", "["):
            key, position = _expression(tokens, position + 1, text, depth + 1)
            if tokens[position : position + 1] != [("sign", "]")]:
                raise TemplateError(f"expected ] in [{text[:120]}]")
            node, position = Member(node, key), position + 1
        else:
            break
    return node, position


def evaluate(node: Node, invoke: Invoke) -> Any:
    """The value of an expression."""
    match node:
        case Literal(value):
            return value
        case Call(name, arguments):
            return invoke(name, arguments, lambda argument: evaluate(argument, invoke))
        case Member(inner, key):
            return _member(evaluate(inner, invoke), evaluate(key, invoke))


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        lowered = {str(name).lower(): item for name, item in value.items()}
        if str(key).lower() in lowered:
            return lowered[str(key).lower()]
        raise TemplateError(f"there is no {key!r}; there are {', '.join(map(str, value)) or 'none'}")
    if isinstance(value, list) and isinstance(key, int) and -1 < key < len(value):
        return value[key]
    raise TemplateError(f"{key!r} cannot be taken from {type(value).__name__}")


def expand(value: Any, invoke: Invoke) -> Any:
    """A JSON value with every expression in it evaluated."""
    if isinstance(value, str):
        if value.startswith("[["):
            return value[1:]
        if value.startswith("[") and value.endswith("]"):
            return evaluate(parse(value[1:-1]), invoke)
        return value
    if isinstance(value, dict):
        return {name: expand(item, invoke) for name, item in value.items()}
    if isinstance(value, list):
        return [expand(item, invoke) for item in value]
    return value
