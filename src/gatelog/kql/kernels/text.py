"""String functions that SQL says badly, over Python values; every function takes and gives text."""

from __future__ import annotations

import re

import orjson

from gatelog.kql.kernels.json_text import array, dump, text_of, write

TERM = re.compile(r"[^\W_]+")
"""A term: a run of letters and digits."""


def index_of(source: str, match: str, start: int | None = 0, length: int | None = -1, occurrence: int | None = 1) -> int | None:
    """Zero-based place of the n-th occurrence. Every search after the first may look at `length` characters again."""
    if start is None or length is None or occurrence is None or length < -1 or occurrence < 0:
        return None
    begin = start if start >= 0 else max(0, len(source) + start)
    place = -1
    for _ in range(max(occurrence, 1)):
        end = len(source) if length == -1 else min(len(source), begin + length)
        place = source.find(match, begin, end)
        if place < 0:
            return -1
        begin = place + 1
    return place


def count_plain(source: str, search: str) -> int:
    """Occurrences of a text; they may overlap."""
    if not search:
        return 0
    count, place = 0, source.find(search)
    while place >= 0:
        count, place = count + 1, source.find(search, place + 1)
    return count


def replace_many(source: str, lookups: str | None, rewrites: str | None) -> str | None:
    """Replace each lookup by its rewrite, one after the other; None when the arrays do not fit."""
    olds, news = array(lookups), array(rewrites)
    if olds is None or news is None or len(olds) != len(news):
        return None
    for old, new in zip(olds, news, strict=True):
        if text_of(old):
            source = source.replace(text_of(old), text_of(new))
    return source


def translate(search: str, replacement: str, source: str) -> str:
    """Replace characters of one list by those of another; a short list repeats its last."""
    padded = replacement + replacement[-1:] * (len(search) - len(replacement))
    table: dict[int, str] = {}
    for place, character in enumerate(search):
        table.setdefault(ord(character), padded[place : place + 1])
    return source.translate(table)


def code_points(text: str) -> str | None:
    """The text as an array of Unicode code points."""
    return dump([ord(character) for character in text])


def from_code_points(*values: int | str | None) -> str | None:
    """The text made of code points, given one by one or in arrays."""
    found: list[str] = []
    for value in values:
        items = (array(value) or []) if isinstance(value, str) else [value]
        found.extend(chr(int(item)) for item in items if isinstance(item, int) and 0 <= item < 0x110000)
    return "".join(found)


def quote_regex(text: str) -> str:
    """The text with every character that means something in a regular expression escaped."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&\-~])", r"\\\1", text)


def join_array(items: str | None, delimiter: str) -> str | None:
    """The items of an array as one text."""
    values = array(items)
    return None if values is None else delimiter.join([text_of(value) for value in values])


def has_term(folded: str, term: str) -> bool:
    """Whether case-folded text holds the term between boundaries."""
    wanted = term.casefold()
    if not wanted:
        return True
    place = folded.find(wanted)
    while place >= 0:
        after = place + len(wanted)
        left = place == 0 or not (_inner(folded[place - 1]) and _inner(wanted[0]))
        right = after == len(folded) or not (_inner(folded[after]) and _inner(wanted[-1]))
        if left and right:
            return True
        place = folded.find(wanted, place + 1)
    return False


def _inner(character: str) -> bool:
    return TERM.fullmatch(character) is not None


def has_any_index(source: str, terms: str | None) -> int | None:
    """The place in the array of the first term that the text has; -1 when none, or no array."""
    wanted = array(terms)
    folded = source.casefold()
    for place, term in enumerate(wanted or []):
        if has_term(folded, text_of(term)):
            return place
    return -1


def parse_csv(text: str) -> str | None:
    """The values of the first record of comma-separated text."""
    if not text:
        return write([""])
    values: list[str] = []
    current: list[str] = []
    place, quoted = 0, False
    while place < len(text):
        character = text[place]
        if quoted:
            if character == '"' and text[place + 1 : place + 2] == '"':
                current.append('"')
                place += 1
            elif character == '"':
                quoted = False
            else:
                current.append(character)
        elif character == '"' and not current:
            quoted = True
        elif character == ",":
            values.append("".join(current))
            current = []
        elif character in "\r\n":
            break
        else:
            current.append(character)
        place += 1
    values.append("".join(current))
    return orjson.dumps(values).decode()


def parse_command_line(text: str, parser: str) -> str | None:
    """The arguments of a command line by the rules of Windows; null for an empty line."""
    if parser.lower() != "windows" or not text.strip():
        return None
    arguments: list[str] = []
    current, started, quoted = "", False, False
    place = 0
    while place < len(text):
        character = text[place]
        if character == "\\":
            run = len(text) - place - len(text[place:].lstrip("\\"))
            before_quote = text[place + run : place + run + 1] == '"'
            current += "\\" * (run // 2 if before_quote else run)
            place += run
            started = True
            if before_quote and run % 2:
                current += '"'
                place += 1
            continue
        if character == '"':
            quoted, started = not quoted, True
        elif character in " \t" and not quoted:
            if started:
                arguments.append(current)
            current, started = "", False
        else:
            current, started = current + character, True
        place += 1
    if started:
        arguments.append(current)
    return dump(arguments)


def capture_groups(pattern: str) -> list[str | None]:
    """The names of the capture groups of a regular expression, in order; None for one without a name."""
    groups: list[str | None] = []
    place, in_class = 0, False
    while place < len(pattern):
        character = pattern[place]
        if character == "\\":
            place += 2
            continue
        if in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
            place += 1 if pattern[place + 1 : place + 2] == "]" else 2 if pattern[place + 1 : place + 3] == "^]" else 0
        elif character == "(":
            named = re.match(r"\(\?P?<([A-Za-z_]\w*)>", pattern[place:])
            if named:
                groups.append(named[1])
            elif pattern[place + 1 : place + 2] != "?":
                groups.append(None)
        place += 1
    return groups
