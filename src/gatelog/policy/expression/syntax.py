"""Expression text to a syntax tree: tree-sitter's C# grammar over `return <expression>;` or a method body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import tree_sitter
import tree_sitter_c_sharp

from gatelog.errors import InvalidDocument, Problem

LANGUAGE: Final = tree_sitter.Language(tree_sitter_c_sharp.language())
MAX_LENGTH: Final = 256 * 1024
"""Characters of one expression."""
MAX_DEPTH: Final = 180
"""Nesting of syntax nodes."""


class ExpressionError(InvalidDocument):
    """An expression was refused when it was compiled."""

    def __init__(self, message: str, line: int = 1, column: int = 1, hint: str = "") -> None:
        super().__init__([Problem(message, line=line, column=column, code="ExpressionError", hint=hint)])
        self.message = message
        self.line = line
        self.column = column


_SKIP: Final = r'@"(?:""|[^"])*"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\])+\'|//[^\n]*|/\*.*?\*/'
_TYPES: Final = r"[\w.,\[\]?\s]"
_GENERIC_CALL: Final = re.compile(
    rf"{_SKIP}|(?<=\.)(\s*)(\w+)\s*<({_TYPES}*(?:<{_TYPES}*(?:<{_TYPES}*>{_TYPES}*)*>{_TYPES}*)*)>(?=\s*\()", re.DOTALL
)


def _without_generics(text: str, generics: dict[int, tuple[str, str]], shift: int) -> str:
    """The text with `.Name<T>(` spelled as one plain identifier of the same length: after a cast the grammar takes `<` for an
    operator. `generics` remembers, by byte, what stood there."""

    def one(found: re.Match[str]) -> str:
        if found[2] is None or not found[3].strip():
            return found[0]
        start = len(text[: found.start(2)].encode("utf-8", "surrogatepass")) + shift
        generics[start] = (found[2], found[3])
        name = found[0][len(found[1]) :]
        return found[1] + re.sub(r"\W", "_", name)

    return _GENERIC_CALL.sub(one, text)


_AFTER_VALUE: Final = r"(?<=[\w)\]}\x22])"
_CONDITIONAL: Final = re.compile(
    rf"{_SKIP}|{_AFTER_VALUE}(\s*)\?(?=\.\s*[^\W\d])|{_AFTER_VALUE}(\s*)\?(?=\[\s*[^\s\],])", re.DOTALL
)
_NULLABLE_ARRAY: Final = re.compile(r"\bnew\s+[\w.]+\s*$")


def _without_conditional(text: str, conditional: set[int], shift: int) -> str:
    """The text with `?.` and `?[` spelled ` .` and ` [`: the grammar reads `a + b?.c` as `(a + b)?.c`. `conditional` remembers
    the bytes of the dots and brackets that stood behind a question mark. (Holes of interpolated strings are left alone.)"""

    def one(found: re.Match[str]) -> str:
        if found[1] is None and found[2] is None:
            return found[0]
        if found[2] is not None and _NULLABLE_ARRAY.search(text, 0, found.start()):
            return found[0]
        conditional.add(len(text[: found.end()].encode("utf-8", "surrogatepass")) + shift)
        return found[0][:-1] + " "

    return _CONDITIONAL.sub(one, text)


class Source:
    """The text of one expression, its tree, and where a node stands in the text."""

    def __init__(self, text: str) -> None:
        inner, is_block, start = _inside(text)
        if len(inner) > MAX_LENGTH:
            raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
        prefix, suffix = ("object f(){", "\n}") if is_block else ("object f(){return (", "\n);}")
        self.text = text
        self.is_block = is_block
        self._shift = len(prefix.encode()) - len(text[:start].encode())
        self.generics: dict[int, tuple[str, str]] = {}
        """Generic calls by the byte of their name: name and type arguments."""
        inner = _without_generics(inner, self.generics, len(prefix))
        self.conditional: set[int] = set()
        """Bytes of the dots and brackets that stood behind a question mark."""
        inner = _without_conditional(inner, self.conditional, len(prefix))
        self.bytes = (prefix + inner + suffix).encode("utf-8", "surrogatepass")
        self._original = text.encode("utf-8", "surrogatepass")
        root = tree_sitter.Parser(LANGUAGE).parse(self.bytes).root_node
        self._check(root)
        self.body = self._body(root)

    def _body(self, root: tree_sitter.Node) -> tree_sitter.Node:
        function = next((n for n in walk(root, 4) if n.type == "local_function_statement"), None)
        block = function.child_by_field_name("body") if function is not None else None
        following = [n for n in root.named_children if n.type not in ("comment",)]
        if block is None or len(following) != 1:
            raise ExpressionError("the expression is not complete: check its braces and quotes", *self.place(len(self.bytes)))
        return block

    def _check(self, root: tree_sitter.Node) -> None:
        if not root.has_error:
            return
        for node in walk(root):
            if node.is_missing:
                raise ExpressionError(f"{node.type} expected", *self.place(node.start_byte))
            if node.type == "ERROR":
                found = node.text.decode("utf-8", "replace")[:40] if node.text else ""
                raise ExpressionError(f"invalid expression term '{found}'", *self.place(node.start_byte))
        broken = next(n for n in walk(root) if n.has_error and not any(child.has_error for child in n.children))
        raise ExpressionError("syntax error: an expression, operator or bracket is missing here", *self.place(broken.start_byte))

    def place(self, byte: int) -> tuple[int, int]:
        """Line and column, both from 1, of a byte of the wrapped text."""
        before = self._original[: max(byte - self._shift, 0)].decode("utf-8", "replace")
        line = before.count("\n") + 1
        return line, len(before) - (before.rfind("\n") + 1) + 1

    def string(self, node: tree_sitter.Node) -> str:
        return self.bytes[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def error(self, node: tree_sitter.Node, message: str) -> ExpressionError:
        return ExpressionError(message, *self.place(node.start_byte))


def _inside(text: str) -> tuple[str, bool, int]:
    """What stands between the brackets, whether it is a block, and where it starts."""
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped.startswith("@{") and stripped.endswith("}"):
        return stripped[2:-1], True, lead + 2
    if stripped.startswith("@(") and stripped.endswith(")"):
        return stripped[2:-1], False, lead + 2
    if stripped.startswith("{") and stripped.endswith("}"):
        return stripped[1:-1], True, lead + 1
    if stripped.startswith(("@{", "@(")):
        raise ExpressionError("the expression is not closed")
    if not stripped:
        raise ExpressionError("the expression is empty")
    return stripped, False, lead


def walk(node: tree_sitter.Node, depth: int = 0) -> Iterator[tree_sitter.Node]:
    """All nodes below, in document order; refuses trees that are nested too deep."""
    stack = [(node, 0)]
    while stack:
        current, level = stack.pop()
        yield current
        if level > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deep")
        if not depth or level < depth:
            stack.extend((child, level + 1) for child in reversed(current.children))
