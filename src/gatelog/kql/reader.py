"""Tokens, one after the other, and the small parts that every operator is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gatelog.kql.errors import SYNTAX, Finding, Span, nearest
from gatelog.kql.lexer import END, LONG, NAME, OPERATOR, REAL, STRING, TIMESPAN, TYPED, Token, string_value, tokenize
from gatelog.kql.syntax import TYPE_NAMES
from gatelog.schema.types import KqlType

T = TypeVar("T")


class TokenReader:
    """Walks over the tokens of one query and reads the small parts: names, types, lists, operator parameters."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._position = 0
        self._depth = 0
        self.findings: list[Finding] = []
        self.token = self._tokens[0]

    # -- tokens

    def advance(self) -> Token:
        """The current token; the parser stands behind it."""
        token = self.token
        if token.kind != END:
            self._position += 1
            self.token = self._tokens[self._position]
        return token

    def peek(self, ahead: int = 1) -> Token:
        """The token `ahead` places on."""
        return self._tokens[min(self._position + ahead, len(self._tokens) - 1)]

    @property
    def end(self) -> int:
        """Offset behind the last token read."""
        return self._tokens[self._position - 1].end if self._position else 0

    def at(self, *texts: str) -> bool:
        """Is the current token one of these operators or words?"""
        token = self.token
        return token.text in texts and token.kind in (OPERATOR, NAME)

    def accept(self, text: str) -> bool:
        """Step over `text` if it stands here."""
        if self.token.text == text and self.token.kind in (OPERATOR, NAME):
            self.advance()
            return True
        return False

    def accept_words(self, *words: str) -> bool:
        """Step over a sequence of words if it stands here."""
        if all(self.peek(index).text == word for index, word in enumerate(words)):
            for _ in words:
                self.advance()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Step over `text`, which must stand here."""
        if not self.at(text):
            raise self.unexpected(f"'{text}'")
        return self.advance()

    def unexpected(self, expected: str) -> Finding:
        """The finding that the current token is not what was expected."""
        token = self.token
        found = "the end of the query" if token.kind == END else f"'{token.text[:40]}'"
        return Finding(SYNTAX, f"expected {expected}, found {found}", (token.start, token.end))

    def fail(self, message: str, span: Span) -> Finding:
        """A syntax finding elsewhere."""
        return Finding(SYNTAX, message, span)

    # -- names and small parts

    def at_name(self) -> bool:
        """Does a name, plain or quoted, stand here?"""
        if self.token.kind == NAME:
            return True
        return self.at("[") and self.peek().kind == STRING and self.peek(2).text == "]"

    def name(self, what: str = "a name") -> str:
        """A name, plain or in brackets."""
        if self.token.kind == NAME:
            return self.advance().text
        if self.at_name():
            self.advance()
            value = string_value(self.advance().text)
            self.advance()
            return value
        raise self.unexpected(what)

    def names(self) -> tuple[str, ...]:
        """One or more names."""
        return tuple(self.separated(self.name))

    def pattern(self) -> str:
        """A name that may have wildcards: `a*`, `*b`, `*`."""
        if self.at("["):
            return self.name().replace("*", "\x00")
        parts: list[str] = []
        end = -1
        while (self.token.kind in (NAME, LONG) or self.at("*")) and (end < 0 or self.token.start == end):
            if parts and self.token.kind != OPERATOR and not parts[-1].endswith("*"):
                break
            token = self.advance()
            parts.append(token.text)
            end = token.end
        if not parts:
            raise self.unexpected("a name or a name with *")
        return "".join(parts)

    def separated(self, item: Callable[[], T]) -> list[T]:
        """`item, item, ...`; at least one."""
        items = [item()]
        while self.accept(","):
            items.append(item())
        return items

    def type_name(self) -> KqlType:
        """A type."""
        token = self.token
        kind = TYPE_NAMES.get(token.text.lower()) if token.kind == NAME else None
        if kind is None:
            hint = nearest(token.text, TYPE_NAMES) if token.kind == NAME else ""
            raise Finding(SYNTAX, f"expected a type, found '{token.text}'", (token.start, token.end), hint)
        self.advance()
        return kind

    def columns(self) -> tuple[tuple[str, KqlType], ...]:
        """`(a:long, b:string)`."""
        self.expect("(")
        items: list[tuple[str, KqlType]] = []
        while not self.at(")"):
            name = self.name("a column name")
            self.expect(":")
            items.append((name, self.type_name()))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(items)

    def options(self, *allowed: str) -> dict[str, str]:
        """Operator parameters (`kind=inner hint.strategy=shuffle`); hints of any name, and the names that are allowed."""
        found: dict[str, str] = {}
        while self.token.kind == NAME:
            name = self.token.text
            if name == "hint" and self.peek().text == ".":
                self.advance()
                self.advance()
                name = f"hint.{self.name()}"
            elif name in allowed and self.peek().text == "=":
                self.advance()
            else:
                break
            self.expect("=")
            found[name] = self._option_value()
        return found

    def _option_value(self) -> str:
        token = self.token
        if token.kind == STRING:
            return string_value(self.advance().text)
        if self.at_name():
            return self.name()
        if token.kind in (LONG, REAL, TIMESPAN, TYPED):
            return self.advance().text
        raise self.unexpected("the value of the parameter")
