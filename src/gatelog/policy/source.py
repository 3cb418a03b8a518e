"""The text of a policy document with its named values put in, and where each character stood before that."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

NAMED_VALUE: Final = re.compile(r"\{\{([A-Za-z0-9._-]+)\}\}")
"""How a document names a value: `{{name}}`, anywhere in the text."""


class Source:
    """Document text after substitution; offsets of it lead back to line and column of the text that a person wrote.

    Named values are put in as text before anything is parsed. A name without a value stays as it is written: Liquid
    templates use the same braces, so only the place that uses the text can tell whether it is a mistake.
    """

    __slots__ = ("_jumps", "_lines", "_starts", "names", "path", "text")

    def __init__(self, text: str, named_values: Mapping[str, str] | None = None, path: str = "") -> None:
        self.path = path
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.names = tuple(dict.fromkeys(NAMED_VALUE.findall(text)))
        values = named_values or {}
        pieces: list[str] = []
        self._starts: list[int] = [0]
        self._jumps: list[tuple[int, bool]] = [(0, True)]
        length = last = 0
        for match in NAMED_VALUE.finditer(text):
            value = values.get(match[1])
            if value is None:
                continue
            pieces += (text[last : match.start()], value)
            length += match.start() - last
            self._mark(length, match.start(), moves=False)
            length += len(value)
            last = match.end()
            self._mark(length, last, moves=True)
        pieces.append(text[last:])
        self.text = "".join(pieces)

    def _mark(self, offset: int, original: int, *, moves: bool) -> None:
        self._starts.append(offset)
        self._jumps.append((original, moves))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character of `text`; inside a substituted value: where its name stands."""
        index = bisect_right(self._starts, offset) - 1
        original, moves = self._jumps[index]
        if moves:
            original += offset - self._starts[index]
        line = bisect_right(self._lines, original)
        return line, original - self._lines[line - 1] + 1
