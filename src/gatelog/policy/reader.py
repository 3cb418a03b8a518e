"""Policy XML to nodes. Policies are almost XML: expressions stand in them raw, so an XML parser refuses half of the real ones.

Tolerated: raw `"`, `<`, `>` and `&&` inside `@(...)` and `@{...}`, entity-escaped expressions, a byte order mark, an XML
declaration, comments, CDATA, namespace declarations, raw `&` in text. `set-body` keeps markup inside of it as text.
Refused, with line and column: tags that do not match, text that ends too early, DOCTYPE, nesting deeper than `MAX_DEPTH`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.csharp_text import ENTITY, decoded, expression_end, starts_expression
from gatelog.policy.source import Source

MAX_LENGTH: Final = 2 * 1024 * 1024
"""Characters of a document; Azure's own limit is 256 KB for policies and 512 KB for fragments."""
MAX_DEPTH: Final = 60
"""Elements inside of each other."""
MAX_UNCLOSED: Final = 50
"""Expressions without their closing bracket that are read as text."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_EMBEDDED: Final = re.compile(r"@[({]")
_SPACE: Final = re.compile(r"\s*")
_VERBATIM: Final = frozenset({"set-body"})
"""Elements whose markup is text."""


@dataclass(frozen=True, slots=True)
class Characters:
    """Decoded text, and where each of its characters stands in the document."""

    value: str
    source: Source = field(repr=False, compare=False)
    indexes: tuple[int, ...] = field(repr=False, compare=False)
    """Positions in `value` where a run begins whose characters follow each other in the document too."""
    offsets: tuple[int, ...] = field(repr=False, compare=False)
    """Offset in the document of each run."""

    def place(self, index: int = 0) -> tuple[int, int]:
        """Line and column of a character of `value`."""
        run = max(0, bisect_right(self.indexes, index) - 1)
        return self.source.place(self.offsets[run] + index - self.indexes[run])

    def run_from(self, index: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """`indexes` and `offsets` of the value from a character on."""
        first = max(0, bisect_right(self.indexes, index) - 1)
        starts = [max(0, start - index) for start in self.indexes[first:]]
        moved = self.offsets[first] + index - self.indexes[first]
        return tuple(starts), (moved, *self.offsets[first + 1 :])


@dataclass(frozen=True, slots=True)
class Node:
    """An element."""

    name: str
    attributes: Mapping[str, Characters]
    children: tuple[Node | Characters, ...]
    line: int
    column: int
    source: Source = field(repr=False, compare=False)
    inner: str = field(repr=False, compare=False, default="")
    """The document's text between the tags, as written."""

    @property
    def elements(self) -> tuple[Node, ...]:
        """Child elements."""
        return tuple(child for child in self.children if isinstance(child, Node))

    @property
    def texts(self) -> tuple[Characters, ...]:
        """Text between the child elements, without what is only white space."""
        return tuple(child for child in self.children if isinstance(child, Characters) and child.value.strip())


class _Text:
    """Characters in the making."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pieces: list[str] = []
        self._indexes: list[int] = []
        self._offsets: list[int] = []
        self._length = 0

    def raw(self, start: int, end: int) -> None:
        """Add document text as it stands."""
        if end > start:
            self._add(self._source.text[start:end], start)

    def _add(self, piece: str, offset: int) -> None:
        self._indexes.append(self._length)
        self._offsets.append(offset)
        self._pieces.append(piece)
        self._length += len(piece)

    def decode(self, start: int, end: int) -> None:
        """Add document text with its entities resolved."""
        last = start
        for match in ENTITY.finditer(self._source.text, start, end):
            self.raw(last, match.start())
            self._add(decoded(match[0]), match.start())
            last = match.end()
        self.raw(last, end)

    def done(self, start: int) -> Characters:
        if not self._indexes:
            self._add("", start)
        return Characters("".join(self._pieces), self._source, tuple(self._indexes), tuple(self._offsets))


@dataclass(slots=True)
class _Open:
    """An element whose end tag has not come yet."""

    name: str
    attributes: dict[str, Characters]
    offset: int
    content: int
    children: list[Node | Characters] = field(default_factory=list)


class _Reader:
    """One pass over a document."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 1 if self.text.startswith("\ufeff") else 0
        self.stack: list[_Open] = []
        self.roots: list[Node] = []
        self.unclosed = 0

    def fail(self, message: str, offset: int) -> NoReturn:
        line, column = self.source.place(offset)
        raise InvalidDocument([Problem(message, place=self.source.path, line=line, column=column, code="InvalidXml")])

    def document(self) -> tuple[Node, ...]:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"the document is longer than {MAX_LENGTH} characters", 0)
        while self.at < len(self.text):
            if self.text[self.at] == "<" and self._is_markup(self.at):
                self._markup()
            else:
                self._characters()
        if self.stack:
            opened = self.stack[-1]
            self.fail(f"'<{opened.name}>' is never closed; expected '</{opened.name}>' before the end", opened.offset)
        return tuple(self.roots)

    def _is_markup(self, at: int) -> bool:
        following = self.text[at + 1 : at + 2]
        return following in "!?/" if following else True

    # the five kinds of markup

    def _markup(self) -> None:
        if self.text.startswith("<!--", self.at):
            self._skip("<!--", "-->", "comment")
        elif self.text.startswith("<![CDATA[", self.at):
            self._cdata()
        elif self.text.startswith("<?", self.at):
            self._skip("<?", "?>", "declaration")
        elif self.text.startswith("<!", self.at):
            self.fail("declarations such as DOCTYPE are not allowed; expected an element", self.at)
        elif self.text.startswith("</", self.at):
            self._end_tag()
        else:
            self.fail("the document ends inside a tag; expected an element's name after '<'", self.at)

    def _skip(self, opener: str, closer: str, what: str) -> None:
        end = self.text.find(closer, self.at + len(opener))
        if end < 0:
            self.fail(f"the {what} is never closed; expected '{closer}'", self.at)
        self.at = end + len(closer)

    def _cdata(self) -> None:
        start = self.at
        self._skip("<![CDATA[", "]]>", "CDATA section")
        text = _Text(self.source)
        text.raw(start + 9, self.at - 3)
        self._append(text.done(start + 9), start)

    def _append(self, child: Node | Characters, offset: int) -> None:
        if self.stack:
            self.stack[-1].children.append(child)
        elif isinstance(child, Node):
            self.roots.append(child)
        elif child.value.strip():
            self.fail("text outside of the root element; expected '<policies>'", offset + _indent(child.value))

    def _end_tag(self) -> None:
        start = self.at
        match = _NAME.match(self.text, start + 2)
        if not match:
            self.fail("expected an element's name after '</'", start)
        end = _SPACE.match(self.text, match.end()).end()  # type: ignore[union-attr]  # matches always
        if not self.text.startswith(">", end):
            self.fail(f"expected '>' to end the tag '</{match[0]}'", end)
        if not self.stack:
            self.fail(f"found '</{match[0]}>', but no element is open", start)
        if self.stack[-1].name != match[0]:
            line, column = self.source.place(self.stack[-1].offset)
            opened = self.stack[-1].name
            self.fail(f"found '</{match[0]}>', expected '</{opened}>' (opened in line {line}, column {column})", start)
        self.at = end + 1
        self._close(start)

    def _close(self, inner_end: int) -> None:
        done = self.stack.pop()
        line, column = self.source.place(done.offset)
        inner = self.text[done.content : inner_end]
        node = Node(_local(done.name), done.attributes, tuple(done.children), line, column, self.source, inner)
        self._append(node, done.offset)

    # start tags

    def _characters(self) -> None:
        """A start tag, or the text up to the next markup."""
        if self.text[self.at] == "<":
            if _NAME.match(self.text, self.at + 1):
                self._start_tag()
                return
            self.fail("expected an element's name after '<' (write '&lt;' for the character itself)", self.at)
        start = self.at
        content = _SPACE.match(self.text, start).end()  # type: ignore[union-attr]
        text = _Text(self.source)
        if self.stack and starts_expression(self.text, content) and (found := self._expression_end(content)):
            text.raw(start, content)
            self._expression(text, content, *found)
            self.at = found[0]
        else:
            end = self.text.find("<", start)
            self.at = len(self.text) if end < 0 else end
            text.decode(start, self.at)
        self._append(text.done(start), start)

    def _expression(self, text: _Text, start: int, end: int, comments: list[tuple[int, int]]) -> None:
        for comment_start, comment_end in comments:
            text.decode(start, comment_start)
            start = comment_end
        text.decode(start, end)

    def _start_tag(self) -> None:
        start = self.at
        match = _NAME.match(self.text, start + 1)
        assert match
        name = match[0]
        self.at = match.end()
        if len(self.stack) >= MAX_DEPTH:
            self.fail(f"elements are nested deeper than {MAX_DEPTH}", start)
        attributes: dict[str, Characters] = {}
        while True:
            space = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.text.startswith("/>", space):
                self.at = space + 2
                self.stack.append(_Open(name, attributes, start, self.at))
                self._close(self.at)
                return
            if self.text.startswith(">", space):
                self.at = space + 1
                self.stack.append(_Open(name, attributes, start, self.at))
                if name in _VERBATIM:
                    self._verbatim(name)
                return
            if space == self.at or not self._attribute(name, attributes, space):
                self.fail(f"expected an attribute, '>' or '/>' in the tag '<{name}'", space)

    def _attribute(self, element: str, attributes: dict[str, Characters], at: int) -> bool:
        match = _NAME.match(self.text, at)
        if not match:
            return False
        equals = _SPACE.match(self.text, match.end()).end()  # type: ignore[union-attr]
        if not self.text.startswith("=", equals):
            self.fail(f"expected '=' after the attribute '{match[0]}' of '<{element}>'", equals)
        opening = _SPACE.match(self.text, equals + 1).end()  # type: ignore[union-attr]
        quote = self.text[opening : opening + 1]
        if quote not in ('"', "'"):
            self.fail(f"expected a quote before the value of the attribute '{match[0]}' of '<{element}>'", opening)
        value = self._value(element, match[0], quote, opening)
        if match[0] in attributes:
            self.fail(f"the attribute '{match[0]}' of '<{element}>' is given twice", at)
        if match[0] != "xmlns" and not match[0].startswith(("xmlns:", "xml:", "xsi:")):
            attributes[_local(match[0])] = value
        return True

    def _value(self, element: str, name: str, quote: str, opening: int) -> Characters:
        start = opening + 1
        text = _Text(self.source)
        at = start
        while (embedded := self._embedded(at, quote)) is not None:
            begin, end, comments = embedded
            text.decode(at, begin)
            self._expression(text, begin, end, comments)
            at = end
        end = self.text.find(quote, at)
        if end < 0:
            self.fail(f"the value of the attribute '{name}' of '<{element}>' is never closed; expected {quote}", opening)
        text.decode(at, end)
        self.at = end + 1
        return text.done(start)

    def _embedded(self, at: int, quote: str) -> tuple[int, int, list[tuple[int, int]]] | None:
        """Start, end and comments of the next expression of an attribute's value; None when its quote comes first."""
        closing = self.text.find(quote, at)
        match = _EMBEDDED.search(self.text, at, closing) if closing >= 0 else None
        if match is None:
            return None
        found = self._expression_end(match.start())
        return (match.start(), *found) if found and self._value_goes_on(found[0], quote) else None

    def _value_goes_on(self, end: int, quote: str) -> bool:
        """Whether an expression that ends here can be part of a value: its quote follows, before any other markup."""
        closing = self.text.find(quote, end)
        between = self.text[end:closing] if closing >= 0 else "<"
        return "<" not in between or _EMBEDDED.search(between) is not None

    def _expression_end(self, at: int) -> tuple[int, list[tuple[int, int]]] | None:
        """`expression_end`; a document in which many expressions are never closed is refused, because each of them is
        looked for up to the end."""
        found = expression_end(self.text, at)
        if found is None:
            self.unclosed += 1
            if self.unclosed > MAX_UNCLOSED:
                self.fail("too many expressions that are never closed", at)
        return found

    def _verbatim(self, name: str) -> None:
        """The content of an element whose markup is text: an expression, a CDATA section, or all up to its end tag."""
        start = self.at
        content = _SPACE.match(self.text, start).end()  # type: ignore[union-attr]
        if self.text.startswith(("<![CDATA[", "<!--"), content) or starts_expression(self.text, content):
            return
        end = self.text.find(f"</{name}", start)
        if end < 0:
            self.fail(f"'<{name}>' is never closed; expected '</{name}>' before the end", self.stack[-1].offset)
        text = _Text(self.source)
        if "<" in self.text[start:end]:
            text.raw(start, end)
        else:
            text.decode(start, end)
        self.at = end
        self._append(text.done(start), start)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def read(text: str, named_values: Mapping[str, str] | None = None, path: str = "") -> tuple[Node, ...]:
    """The root elements of a document (one, when it is a whole policy). Raises InvalidDocument at the first thing that is
    not well-formed."""
    return _Reader(Source(text, named_values, path)).document()
