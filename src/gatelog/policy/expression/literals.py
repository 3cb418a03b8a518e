"""Literals, and the parts of interpolated strings."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import tree_sitter

from gatelog.policy.dotnet.metadata import BOOL, CHAR, DECIMAL, DOUBLE, FLOAT, INT, LONG, STRING, UINT, ULONG
from gatelog.policy.dotnet.numbers import Char, Int64, Single, UInt32, UInt64
from gatelog.policy.dotnet.runtime import joined
from gatelog.policy.expression.bound import Compilation, Expr
from gatelog.policy.expression.conversions import literal

_ESCAPES: Final = {
    "'": "'",
    '"': '"',
    "\\": "\\",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{1,4}|.)", re.DOTALL)


def unescape(text: str) -> str:
    """The characters that a regular string literal stands for."""

    def one(found: re.Match[str]) -> str:
        inside = found[1]
        return chr(int(inside[1:], 16)) if inside[0] in "uUx" and len(inside) > 1 else _ESCAPES.get(inside, inside)

    return joined(_ESCAPE.sub(one, text)) if "\\" in text else text


def integer(c: Compilation, node: tree_sitter.Node) -> Expr:
    text = c.text(node).replace("_", "").lower()
    suffix = re.search(r"(ul|lu|u|l)?$", text)
    letters = suffix[0] if suffix else ""
    digits = text[: len(text) - len(letters)]
    value = int(digits, 16) if digits.startswith("0x") else int(digits[2:], 2) if digits.startswith("0b") else int(digits)
    if value >= 2**64:
        raise c.error(node, "Integral constant is too large")
    if "u" in letters:
        small = "l" not in letters and value < 2**32
        return literal(c, UInt32(value), UINT) if small else literal(c, UInt64(value), ULONG)
    if not letters and value < 2**31:
        return literal(c, value, INT)
    if not letters and value < 2**32:
        return literal(c, UInt32(value), UINT)
    return literal(c, Int64(value), LONG) if value < 2**63 else literal(c, UInt64(value), ULONG)


def real(c: Compilation, node: tree_sitter.Node) -> Expr:
    text = c.text(node).replace("_", "").lower()
    if text.endswith("m"):
        return literal(c, Decimal(text[:-1]), DECIMAL)
    if text.endswith("f"):
        return literal(c, Single(float(text[:-1])), FLOAT)
    return literal(c, float(text.removesuffix("d")), DOUBLE)


def character(c: Compilation, node: tree_sitter.Node) -> Expr:
    return literal(c, Char(unescape(c.text(node)[1:-1])), CHAR)


def string(c: Compilation, node: tree_sitter.Node) -> Expr:
    return literal(c, unescape(c.text(node)[1:-1]), STRING)


def verbatim(c: Compilation, node: tree_sitter.Node) -> Expr:
    return literal(c, c.text(node)[2:-1].replace('""', '"'), STRING)


def boolean(c: Compilation, node: tree_sitter.Node) -> Expr:
    return literal(c, c.text(node) == "true", BOOL)
