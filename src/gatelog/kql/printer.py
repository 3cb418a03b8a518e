"""The syntax tree back to text; parsing the text gives the same tree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gatelog.kql import ast
from gatelog.kql.literals import datetime_text, timespan_text
from gatelog.schema.types import KqlType

_PLAIN = re.compile(r"[A-Za-z_$][\w$]*\Z", re.ASCII)
_RESERVED = frozenset(
    "and or by on in has contains between matches true false typeof dynamic print range datatable union search find externaldata "
    "evaluate let set declare alias restrict with to limit of from step asc desc nulls view datetime date timespan time guid "
    "bool boolean int long real double decimal kind hint where summarize take default".split()
)


def name_text(name: str) -> str:
    """A name, in brackets when it must be."""
    return name if _PLAIN.match(name) and name not in _RESERVED else f"[{string_text(name)}]"


def string_text(value: str) -> str:
    """A string literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def options_text(options: Mapping[str, str]) -> str:
    """`kind=inner hint.strategy=shuffle `, or nothing."""
    return "".join(f"{key}={name_text(value) if not value[:1].isdigit() else value} " for key, value in options.items())


def list_text(nodes: Sequence[ast.Expression]) -> str:
    """`a, b = c`."""
    return ", ".join(text_of(node) for node in nodes)


def columns_text(columns: Sequence[tuple[str, KqlType]]) -> str:
    """`(a:long, b:string)`."""
    return "(" + ", ".join(f"{name_text(name)}:{kind}" for name, kind in columns) + ")"


def text_of(node: ast.Node) -> str:
    """A node as KQL."""
    writer = _WRITERS.get(type(node))
    if writer is not None:
        return str(writer(node))
    if isinstance(node, ast.Operator):
        return node.text()
    raise TypeError(f"{type(node).__name__} has no text")


def inner_text(node: ast.Expression) -> str:
    """A node as an operand: in parentheses unless it binds tighter than any operator."""
    text = text_of(node)
    if isinstance(node, (ast.Binary, ast.In, ast.Between, ast.Unary, ast.Pipeline)):
        return f"({text})"
    return text


def _literal(node: ast.Literal) -> str:
    return value_text(node.value, node.type)


def value_text(value: Any, kind: KqlType) -> str:
    """A constant."""
    if kind is KqlType.DYNAMIC:
        return f"dynamic({'null' if value is None else value})"
    if value is None:
        return f"{kind}(null)"
    match kind:
        case KqlType.STRING:
            return string_text(value)
        case KqlType.BOOL:
            return "true" if value else "false"
        case KqlType.LONG:
            return str(value) if value >= 0 else f"long({value})"
        case KqlType.REAL:
            return f"real({value!r})"
        case KqlType.DECIMAL:
            return f"decimal({Decimal(value)})"
        case KqlType.DATETIME:
            return f"datetime({datetime_text(value)})"
        case KqlType.TIMESPAN:
            return f"timespan({timespan_text(value)})"
        case _:
            return f"{kind}({value})"


def _typeof(node: ast.TypeOf) -> str:
    if node.type is not None:
        return f"typeof({node.type})"
    return f"typeof{columns_text(node.columns)}" if node.columns else "typeof(*)"


def _call(node: ast.Call) -> str:
    return f"{node.name}({list_text(node.arguments)})"


def _binary(node: ast.Binary) -> str:
    return f"{inner_text(node.left)} {node.operator} {inner_text(node.right)}"


def _in(node: ast.In) -> str:
    return f"{inner_text(node.left)} {node.operator} ({list_text(node.items)})"


def _between(node: ast.Between) -> str:
    return f"{inner_text(node.left)} {node.operator} ({text_of(node.low)} .. {text_of(node.high)})"


def _named(node: ast.Named) -> str:
    names = ", ".join(name_text(name) for name in node.names)
    return f"{f'({names})' if node.grouped else names} = {text_of(node.value)}"


def _pipeline(node: ast.Pipeline) -> str:
    return " | ".join([text_of(node.source), *(operator.text() for operator in node.operators)])


def _parameter(node: ast.Parameter) -> str:
    if node.tabular:
        columns = [f"{name_text(name)}:{kind}" for name, kind in node.columns] + (["*"] if node.open else [])
        return f"{name_text(node.name)}:({', '.join(columns)})"
    default = f" = {text_of(node.default)}" if node.default is not None else ""
    return f"{name_text(node.name)}:{node.type}{default}"


def _lambda(node: ast.Lambda) -> str:
    parts = [text_of(statement) for statement in node.statements] + ([text_of(node.body)] if node.body else [])
    parameters = ", ".join(_parameter(parameter) for parameter in node.parameters)
    return f"{'view ' if node.view else ''}({parameters}) {{ {'; '.join(parts)} }}"


def _set(node: ast.SetOption) -> str:
    if node.value is True:
        return f"set {name_text(node.name)}"
    value = string_text(node.value) if isinstance(node.value, str) else str(node.value).lower()
    return f"set {name_text(node.name)} = {value}"


def _query(node: ast.Query) -> str:
    return ";\n".join(text_of(statement) for statement in node.statements)


_WRITERS: dict[type, Any] = {
    ast.Literal: _literal,
    ast.TypeOf: _typeof,
    ast.Name: lambda node: f"[{string_text(node.name)}]" if node.quoted else name_text(node.name),
    ast.Star: lambda node: node.pattern,
    ast.Call: _call,
    ast.Unary: lambda node: f"{node.operator}{inner_text(node.operand)}",
    ast.Binary: _binary,
    ast.In: _in,
    ast.Between: _between,
    ast.Member: lambda node: f"{inner_text(node.operand)}.{name_text(node.name)}",
    ast.Index: lambda node: f"{inner_text(node.operand)}[{text_of(node.index)}]",
    ast.Named: _named,
    ast.Pipeline: _pipeline,
    ast.Lambda: _lambda,
    ast.Let: lambda node: f"let {name_text(node.name)} = {text_of(node.value)}",
    ast.SetOption: _set,
    ast.DeclareParameters: lambda node: f"declare query_parameters({', '.join(map(_parameter, node.parameters))})",
    ast.ExpressionStatement: lambda node: text_of(node.value),
    ast.Query: _query,
}
