"""Query text to tokens, by one regular expression.

Names may start with a digit (`90th_Percentile`), blanks may be any Unicode space, `datetime(2024-01-01)` is one token.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gatelog.kql.errors import SYNTAX, Finding

NAME, STRING, LONG, REAL, TIMESPAN, TYPED, OPERATOR, END = (
    "name",
    "string",
    "long",
    "real",
    "timespan",
    "typed",
    "operator",
    "end",
)


class Token(NamedTuple):
    """A piece of the query. `kind` is one of the constants above; `text` as written."""

    kind: str
    text: str
    start: int
    end: int


_DASHED = (
    "project-away|project-keep|project-rename|project-reorder|project-by-names|mv-expand|mv-apply|make-series|make-graph|graph-match|"
    "graph-to-table|graph-shortest-paths|graph-mark-components|graph-where-nodes|graph-where-edges|"
    "top-nested|top-hitters|sample-distinct|parse-where|parse-kv|execute-and-cache|macro-expand|assert-schema|partition-by"
)
_UNITS = (
    "days?|d|hours?|hrs?|h|minutes?|min|microseconds?|microsec|micros?|milliseconds?|millisec|millis?|ms|m|seconds?|sec|s|ticks?"
)
_PATTERN = re.compile(
    rf"""
    (?P<blank>(?:\s|\ufeff|\u200b|//[^\n]*)+)
  | (?P<typed>(?:datetime|date|timespan|time|guid|uuid|uniqueid|bool|boolean|int|int8|int16|int32|int64|uint|uint8|uint16
      |uint32|uint64|ulong|long|real|double|float|decimal)[ \t]*\((?:"[^"\n]*"|'[^'\n]*'|[^()"'\n])*\))
  | (?P<string>[hH]?(?:```(?:.|\n)*?```|~~~(?:.|\n)*?~~~|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
  | (?P<dashed>(?:{_DASHED})(?![\w-]))
  | (?P<timespan>\d+(?:\.\d+)?(?:{_UNITS})(?!\w))
  | (?P<real>\d+\.\d+(?:[eE][+-]?\d+)?(?!\w)|\d+[eE][+-]?\d+(?!\w)|\d+\.(?![\w.]))
  | (?P<long>0[xX][0-9a-fA-F]+(?!\w)|\d+(?!\w))
  | (?P<name>[A-Za-z_$@\d\u00a1-\uffff][\w$]*)
  | (?P<operator>in~|![A-Za-z_]+~?|=~|!~|!=|==|<>|<=|>=|=>|<\||\.\.|[-+*/%<>=()\[\]{{}},;:.|?\#])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_IN = re.compile(r"(?:in|has_any|has_all)~")


def tokenize(text: str) -> list[Token]:
    """All tokens of a query, ending with an END token. Raises Finding at the first character that starts no token."""
    tokens: list[Token] = []
    position, length = 0, len(text)
    match_at = _PATTERN.match
    append = tokens.append
    while position < length:
        match = match_at(text, position)
        if match is None:
            raise Finding(SYNTAX, _unreadable(text, position), (position, position + 1))
        kind = match.lastgroup or ""
        end = match.end()
        if kind != "blank":
            piece = match.group()
            if kind == "name":
                if end < length and text[end] == "~" and piece == "in":
                    end += 1
                    piece, kind = "in~", OPERATOR
            elif kind == "dashed":
                kind = NAME
            append(Token(kind, piece, position, end))
        position = end
    append(Token(END, "", length, length))
    return tokens


def _unreadable(text: str, position: int) -> str:
    character = text[position]
    if character in "\"'`~" or text[position : position + 1] in "hH@":
        return "a string literal is not closed"
    return f"unexpected character {character!r}"


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def string_value(text: str) -> str:
    """The characters that a string literal stands for."""
    body = text[1:] if text[0] in "hH" else text
    if body[:3] in ("```", "~~~"):
        return body[3:-3]
    if body[0] == "@":
        quote = body[1]
        return body[2:-1].replace(quote * 2, quote)
    inner = body[1:-1]
    return _ESCAPE.sub(_unescape, inner) if "\\" in inner else inner


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uxU" and len(code) > 1:
        return chr(int(code[1:], 16)) if int(code[1:], 16) < 0x110000 else code
    if code[0] in "01234567" and len(code) > 1:
        return chr(int(code, 8))
    return _ESCAPES.get(code, code)
