"""Where an embedded expression ends: just enough of C#'s lexical rules to find the bracket that closes `@(` or `@{`.

Documents carry expressions raw (`"` inside an attribute in `"`) or escaped (`&quot;`); both are read through entities here.
"""

from __future__ import annotations

import html
import re
from typing import Final

ENTITY: Final = re.compile(r"&(?:quot|apos|lt|gt|amp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
MAX_DEPTH: Final = 40
"""Interpolated strings inside of each other."""
MAX_UNCLOSED: Final = 20
_CLOSERS: Final = {"(": ")", "{": "}", "[": "]"}


def decoded(entity: str) -> str:
    """The character of an XML entity reference."""
    return html.unescape(entity)


class _Scanner:
    """A cursor over text in which an entity counts as the character that it stands for."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.comments: list[tuple[int, int]] = []
        self.depth = 0

    def take(self) -> str:
        """The next character, or '' at the end."""
        if self.at >= len(self.text):
            return ""
        char = self.text[self.at]
        if char == "&" and (match := ENTITY.match(self.text, self.at)):
            self.at = match.end()
            return decoded(match[0])
        self.at += 1
        return char

    def peek(self) -> str:
        at = self.at
        char = self.take()
        self.at = at
        return char

    def skip_past(self, mark: str) -> None:
        found = self.text.find(mark, self.at)
        self.at = len(self.text) if found < 0 else found + len(mark)

    def code(self, closer: str) -> bool:
        """Read code up to and with `closer`; false when the text ends first."""
        expected = [closer]
        before = ""
        while char := self.take():
            if char == expected[-1]:
                expected.pop()
                if not expected:
                    return True
            elif char in _CLOSERS:
                expected.append(_CLOSERS[char])
            elif char in "\"'":
                if not self._quoted(char, before):
                    return False
            elif char == "/" and self.peek() in "/*" and self.peek():
                self._comment()
            elif char == "<" and self.text.startswith("!--", self.at):
                start = self.at - 1
                self.skip_past("-->")
                self.comments.append((start, self.at))
            before = (before + char)[-2:] if char in "@$" else ""
        return False

    def _comment(self) -> None:
        self.skip_past("\n" if self.take() == "/" else "*/")

    def _quoted(self, quote: str, before: str) -> bool:
        if quote == "'":
            return self._plain("'", escapes=True)
        if "$" in before:
            return self._interpolated(verbatim="@" in before)
        return self._verbatim() if "@" in before else self._plain('"', escapes=True)

    def _plain(self, quote: str, *, escapes: bool) -> bool:
        while char := self.take():
            if char == quote:
                return True
            if char == "\\" and escapes:
                self.take()
            elif char == "\n":
                return False
        return False

    def _verbatim(self) -> bool:
        while char := self.take():
            if char == '"':
                if self.peek() != '"':
                    return True
                self.take()
        return False

    def _interpolated(self, *, verbatim: bool) -> bool:
        while char := self.take():
            if char == '"':
                if not (verbatim and self.peek() == '"'):
                    return True
                self.take()
            elif char == "\\" and not verbatim:
                self.take()
            elif char == "{":
                if self.peek() == "{":
                    self.take()
                elif not self._hole():
                    return False
            elif char == "\n" and not verbatim:
                return False
        return False

    def _hole(self) -> bool:
        """The code inside of `{}` in an interpolated string, which may hold such strings itself."""
        self.depth += 1
        closed = self.depth <= MAX_DEPTH and self.code("}")
        self.depth -= 1
        return closed


def starts_expression(text: str, at: int = 0) -> bool:
    """Whether an expression begins at this offset."""
    return text.startswith(("@(", "@{"), at)


def expression_end(text: str, at: int) -> tuple[int, list[tuple[int, int]]] | None:
    """Offset after the bracket that closes the expression beginning at `at`, with the XML comments inside of it;
    None when no bracket closes it."""
    scanner = _Scanner(text, at + 2)
    return (scanner.at, scanner.comments) if scanner.code(_CLOSERS[text[at + 1]]) else None


def split_expressions(text: str) -> list[str]:
    """Decoded text in pieces: literals and the expressions between them.

    >>> split_expressions('a-@(b(")"))-c')
    ['a-', '@(b(")"))', '-c']
    """
    pieces: list[str] = []
    last = at = unclosed = 0
    while unclosed < MAX_UNCLOSED and (found := _next_start(text, at)) >= 0:
        scanned = expression_end(text, found)
        if scanned is None:
            at = found + 2
            unclosed += 1
            continue
        pieces += [text[last:found], text[found : scanned[0]]]
        last = at = scanned[0]
    pieces.append(text[last:])
    return [piece for piece in pieces if piece]


def _next_start(text: str, at: int) -> int:
    starts = [start for start in (text.find("@(", at), text.find("@{", at)) if start >= 0]
    return min(starts, default=-1)
