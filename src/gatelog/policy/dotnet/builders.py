"""StringBuilder, StringReader and StringWriter."""

from __future__ import annotations

from typing import Any

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet import strings
from gatelog.policy.dotnet.numbers import Char
from gatelog.policy.dotnet.runtime import MAX_TEXT, Instance, cat, to_text


class StringBuilder(Instance):
    """A text that grows; pieces are joined when somebody looks."""

    __slots__ = ("_pieces", "_size")
    NAME = "System.Text.StringBuilder"

    def __init__(self, value: str | None = None) -> None:
        self._pieces = [value] if value else []
        self._size = len(value or "")

    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = [cat(*self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def _set(self, text: str) -> StringBuilder:
        self._pieces = [text]
        self._size = len(text)
        return self

    def append(self, value: Any) -> StringBuilder:
        text = to_text(value)
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise ex.spent("builds a string that is too long")
        self._pieces.append(text)
        return self

    def append_line(self, value: str | None = None) -> StringBuilder:
        return self.append((value or "") + "\n")

    def insert(self, index: int, value: Any) -> StringBuilder:
        return self._set(strings.insert(self.text(), index, to_text(value)))

    def remove(self, start: int, count: int) -> StringBuilder:
        return self._set(strings.remove(self.text(), start, count))

    def replace(self, old: str | None, new: str | None) -> StringBuilder:
        return self._set(strings.replace(self.text(), old, new))

    def clear(self) -> StringBuilder:
        return self._set("")

    def length(self) -> int:
        return strings.length(self.text())

    def set_length(self, value: int) -> int:
        if value < 0:
            raise ex.out_of_range("value")
        text = self.text()
        self._set(strings.substring(text, 0, value) if value <= strings.length(text) else strings.pad_right(text, value, "\0"))
        return value

    def char_at(self, index: int) -> Char:
        return strings.char_at(self.text(), index)

    def set_char(self, index: int, value: str) -> str:
        text = self.text()
        if not 0 <= index < strings.length(text):
            raise ex.out_of_range("index")
        self._set(strings.insert(strings.remove(text, index, 1), index, value))
        return value


class StringReader(Instance):
    """Reads lines of a string."""

    __slots__ = ("_at", "_text")
    NAME = "System.IO.StringReader"

    def __init__(self, text: str | None) -> None:
        if text is None:
            raise ex.argument_null("s")
        self._text = text
        self._at = 0

    def read_line(self) -> str | None:
        if self._at >= len(self._text):
            return None
        rest = self._text[self._at :]
        cut = min((i for i in (rest.find("\n"), rest.find("\r")) if i >= 0), default=len(rest))
        self._at += cut + (2 if rest[cut : cut + 2] == "\r\n" else 1)
        return rest[:cut]

    def read_to_end(self) -> str:
        rest = self._text[self._at :]
        self._at = len(self._text)
        return rest

    def peek(self) -> int:
        return ord(self._text[self._at]) if self._at < len(self._text) else -1

    def read(self) -> int:
        found = self.peek()
        self._at += 1
        return found


class StringWriter(StringBuilder):
    """Writes into a string."""

    __slots__ = ()
    NAME = "System.IO.StringWriter"

    def write(self, value: Any) -> None:
        self.append(value)

    def write_line(self, value: Any = None) -> None:
        self.append(to_text(value) + "\n")
