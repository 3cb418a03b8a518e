"""System.Text.RegularExpressions over Python's `re`: patterns are translated, what cannot be translated is refused."""

from __future__ import annotations

import re
import re._parser as sre_parser  # type: ignore[import-not-found]  # the only way to see a pattern's structure
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import Sequence
from gatelog.policy.dotnet.metadata import STRING, Type
from gatelog.policy.dotnet.runtime import Array, Instance, cat, joined, units

NS: Final = "System.Text.RegularExpressions."
MAX_INPUT: Final = 1_000_000
"""Characters that a pattern may be run over; 2,000 when it nests repetitions, whose matching time can explode."""
MAX_NESTED_INPUT: Final = 2_000
IGNORE_CASE, MULTILINE, EXPLICIT, COMPILED, SINGLE_LINE, IGNORE_SPACE, RIGHT_TO_LEFT, ECMA, CULTURE = (
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    256,
    512,
)

_TOKEN: Final = re.compile(
    r"\\p\{(?P<prop>\w+)\}|\\P\{(?P<notprop>\w+)\}|\\k[<'](?P<ref>\w+)[>']|\\(?P<escape>.)|\(\?<(?P<name>[A-Za-z_]\w*)>|\(\?'(?P<quoted>[A-Za-z_]\w*)'"
    r"|\(\?<(?P<number>\d+)>|\(\?<(?P<balance>\w*-\w+)>|\(\?\((?P<cond>)|(?P<open>\[\^?\]?)|(?P<plain>\()(?!\?)|(?P<dollar>\$)|(?P<other>.)",
    re.DOTALL,
)
_CATEGORIES: Final = {
    "L": "^\\W\\d_",
    "Lu": "A-ZÀ-ÖØ-Þ",
    "Ll": "a-zß-öø-ÿ",
    "N": "\\d",
    "Nd": "\\d",
    "P": "!-#%-*,-/:;?@\\[-\\]_{}",
    "Z": "\\s",
    "Zs": " \xa0",
    "S": "$+<=>^`|~",
    "Cc": "\x00-\x1f\x7f-\x9f",
    "IsBasicLatin": "\x00-\x7f",
}


def parse_error(pattern: str, message: str) -> ex.DotNetException:
    return ex.argument(f'parsing "{pattern}" - {message}')


def translate(pattern: str, options: int) -> str:
    """A .NET pattern in Python's syntax."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        found = _TOKEN.match(pattern, at)
        assert found is not None
        at = found.end()
        if found["open"] is not None:
            at, text = _class(pattern, found.start())
            out.append(text)
        else:
            out.append(_piece(found, pattern, options))
    return "".join(out)


def _piece(found: re.Match[str], pattern: str, options: int) -> str:
    if found["name"] or found["quoted"]:
        return f"(?P<{found['name'] or found['quoted']}>"
    if found["prop"] or found["notprop"]:
        return _category(pattern, found["prop"] or found["notprop"], bool(found["notprop"]))
    if found["ref"]:
        return f"\\{found['ref']}" if found["ref"].isdigit() else f"(?P={found['ref']})"
    if found["escape"]:
        return _escape(found["escape"])
    if found["balance"] or found["number"] or found["cond"] is not None:
        raise ex.not_supported(f"the regular expression construct '{found[0]}' is not supported here")
    if found["plain"]:
        return "(?:" if options & EXPLICIT else "("
    if found["dollar"]:
        return "$" if options & MULTILINE else r"(?=\n?\Z)"
    return found[0]


def _escape(char: str) -> str:
    moved = {"z": r"\Z", "Z": r"(?=\n?\Z)", "A": r"\A", "e": r"\x1b", "a": r"\x07", "G": "", "/": "/"}
    if char == "G":
        raise ex.not_supported(r"the regular expression construct '\G' is not supported here")
    if char in moved:
        return moved[char]
    return "\\" + char


def _category(pattern: str, name: str, negated: bool) -> str:
    inside = _CATEGORIES.get(name)
    if inside is None:
        raise (
            parse_error(pattern, f"Unknown property '{name}'.")
            if name[:1].islower()
            else ex.not_supported(f"the Unicode category '{name}' is not supported in regular expressions here")
        )
    if inside.startswith("^"):
        return f"[{inside[1:]}]" if negated else f"[{inside}]"
    return f"[^{inside}]" if negated else f"[{inside}]"


def _class(pattern: str, start: int) -> tuple[int, str]:
    """A character class; `[` inside is literal in .NET, subtraction is not supported."""
    at = start + 1
    out = ["["]
    if pattern[at : at + 1] == "^":
        out.append("^")
        at += 1
    first = True
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and not first:
            return at + 1, "".join([*out, "]"])
        first = False
        if char == "\\" and at + 1 < len(pattern):
            piece = pattern[at : at + 2]
            prop = re.compile(r"\\([pP])\{(\w+)\}").match(pattern, at)
            if prop is not None:
                inside = _CATEGORIES.get(prop[2], "^")
                if prop[2] == "L":
                    inside = "A-Za-zªµºÀ-ÖØ-öø-ʯͰ-ϿЀ-ӿ一-鿿"
                if prop[1] == "P" or inside == "^":
                    raise ex.not_supported(f"the Unicode category '{prop[0]}' is not supported inside a character class here")
                out.append(inside)
                at = prop.end()
                continue
            out.append({"\\e": "\\x1b", "\\/": "/"}.get(piece, piece))
            at += 2
            continue
        if pattern.startswith("-[", at):
            raise ex.not_supported("character class subtraction is not supported in regular expressions here")
        out.append("\\[" if char == "[" else "\\" + char if char in "&~|" else char)
        at += 1
    raise parse_error(pattern, "Unterminated [] set.")


_MESSAGES: Final = (
    ("missing ), unterminated subpattern", "Not enough )'s."),
    ("unbalanced parenthesis", "Too many )'s."),
    ("nothing to repeat", "Quantifier {x,y} following nothing."),
    ("multiple repeat", "Nested quantifier *."),
    ("unterminated character set", "Unterminated [] set."),
    ("bad character range", "[x-y] range in reverse order."),
    ("bad escape (end", "Illegal \\ at end of pattern."),
    ("invalid group reference", "Reference to undefined group number."),
)


class Compiled:
    """A translated pattern."""

    __slots__ = ("nested", "pattern", "regex")

    def __init__(self, pattern: str, options: int) -> None:
        if options & RIGHT_TO_LEFT:
            raise ex.not_supported("RegexOptions.RightToLeft is not supported here")
        flags = 0
        for bit, flag in (
            (IGNORE_CASE, re.IGNORECASE),
            (MULTILINE, re.MULTILINE),
            (SINGLE_LINE, re.DOTALL),
            (IGNORE_SPACE, re.VERBOSE),
            (ECMA, re.ASCII),
        ):
            flags |= flag if options & bit else 0
        self.pattern = pattern
        text = translate(pattern, options)
        try:
            self.regex = re.compile(text, flags)
            self.nested = nests(sre_parser.parse(text, flags))
        except (re.error, OverflowError) as error:
            shown = next((net for python, net in _MESSAGES if python in str(error)), f"{error}.")
            if "nothing to repeat" in str(error):
                shown = "Quantifier {x,y} following nothing."
            raise parse_error(pattern, shown) from None
        except RecursionError:
            raise parse_error(pattern, "the pattern is nested too deep.") from None


def nests(tree: Any, inside: bool = False) -> bool:
    """Whether an unbounded repetition stands inside another one."""
    for op, value in tree:
        name = str(op)
        unbounded = name in ("MAX_REPEAT", "MIN_REPEAT") and value[1] > 10
        if unbounded and inside:
            return True
        for part in _parts(value):
            if nests(part, inside or unbounded):
                return True
    return False


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, sre_parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _parts(item)


@lru_cache(maxsize=256)
def compiled(pattern: str, options: int = 0) -> Compiled:
    return Compiled(pattern, options)


class Group(Instance):
    """System.Text.RegularExpressions.Group and Capture."""

    __slots__ = ("index", "name", "success", "value")
    NAME = NS + "Group"

    def __init__(self, value: str | None, index: int, name: str) -> None:
        self.success = value is not None
        self.value = joined(value or "")
        self.index = index if self.success else 0
        self.name = name

    def text(self) -> str:
        return self.value

    @property
    def captures(self) -> Any:
        return GroupList([self] if self.success else [])


class GroupList(Instance):
    """GroupCollection, CaptureCollection."""

    __slots__ = ("items",)
    NAME = NS + "GroupCollection"

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def at(self, index: int) -> Any:
        return self.items[index] if 0 <= index < len(self.items) else Group(None, 0, str(index))

    def capture(self, index: int) -> Any:
        if not 0 <= index < len(self.items):
            raise ex.out_of_range("i")
        return self.items[index]

    def named(self, name: str) -> Any:
        return next((g for g in self.items if g.name == name), None) or Group(None, 0, name)


class Match(Group):
    """One match; `found` is Python's."""

    __slots__ = ("found", "regex", "subject")
    NAME = NS + "Match"

    def __init__(self, found: re.Match[str] | None, regex: Compiled | None, subject: str) -> None:
        super().__init__(found[0] if found is not None else None, found.start() if found is not None else 0, "0")
        self.found = found
        self.regex = regex
        self.subject = subject

    def groups(self) -> GroupList:
        """Group 0, then unnamed groups, then named ones, as .NET numbers them."""
        if self.found is None:
            return GroupList([Group(None, 0, "0")])
        found = self.found
        names = {number: name for name, number in found.re.groupindex.items()}
        order = [n for n in range(1, found.re.groups + 1) if n not in names] + sorted(names)
        unnamed = {n: str(i + 1) for i, n in enumerate(order)}
        return GroupList([self, *(Group(found[n], found.start(n), names.get(n, unnamed[n])) for n in order)])

    def next(self) -> Match:
        if self.found is None or self.regex is None:
            return EMPTY
        start = self.found.end() + (self.found.end() == self.found.start())
        if start > len(self.subject):
            return EMPTY
        again = self.regex.regex.search(self.subject, start)
        return Match(again, self.regex, self.subject) if again is not None else EMPTY

    def result(self, replacement: str) -> str:
        if self.found is None:
            raise ex.not_supported("Result cannot be called on a failed Match.")
        return expand(replacement, self)


EMPTY: Final = Match(None, None, "")


class MatchList(GroupList):
    """MatchCollection."""

    __slots__ = ()
    NAME = NS + "MatchCollection"


class Regex(Instance):
    """A compiled pattern as a value."""

    __slots__ = ("inner",)
    NAME = NS + "Regex"

    def __init__(self, pattern: str | None, options: int = 0) -> None:
        if pattern is None:
            raise ex.argument_null("pattern")
        self.inner = compiled(pattern, int(options))

    def text(self) -> str:
        return self.inner.pattern


def subject_of(regex: Compiled, text: str | None) -> str:
    if text is None:
        raise ex.argument_null("input")
    if len(text) > (MAX_NESTED_INPUT if regex.nested else MAX_INPUT):
        raise ex.DotNetException(
            "RegexMatchTimeoutException",
            "The Regex engine has timed out while trying to match a pattern to an input string.",
            fatal=False,
        )
    return units(text)


def search(regex: Regex, text: str | None, start: int = 0) -> Match:
    subject = subject_of(regex.inner, text)
    if not 0 <= start <= len(subject):
        raise ex.out_of_range("startat", "Start index cannot be less than 0 or greater than input length.")
    found = regex.inner.regex.search(subject, start)
    return Match(found, regex.inner, subject) if found is not None else EMPTY


def is_match(regex: Regex, text: str | None, start: int = 0) -> bool:
    return regex.inner.regex.search(subject_of(regex.inner, text), start) is not None


def all_matches(regex: Regex, text: str | None) -> MatchList:
    subject = subject_of(regex.inner, text)
    return MatchList([Match(m, regex.inner, subject) for m in regex.inner.regex.finditer(subject)])


_DOLLAR: Final = re.compile(r"\$(?:\$|&|`|'|\+|_|(\d+)|\{(\w+)\})")


def expand(template: str, match: Match) -> str:
    """`$1`, `${name}`, `$&`, `` $` ``, `$'`, `$+`, `$_`, `$$` in a replacement."""
    groups = match.groups()
    assert match.found is not None

    def one(found: re.Match[str]) -> str:
        mark = found[0][1]
        name = found[1] or found[2]
        if name is not None:
            known = [g for g in groups.items if g.name == name]
            return str(known[0].value) if known else found[0]
        assert match.found is not None
        subject, start, end = match.subject, match.found.start(), match.found.end()
        marks = {"$": "$", "&": match.value, "`": subject[:start], "'": subject[end:], "_": subject}
        return marks[mark] if mark in marks else str(groups.items[-1].value)

    return _DOLLAR.sub(one, template)


def replace(regex: Regex, text: str | None, replacement: Any, count: int = -1) -> str:
    """With a template, or a MatchEvaluator."""
    if replacement is None:
        raise ex.argument_null("replacement")
    subject = subject_of(regex.inner, text)
    made: Callable[[Match], str | None]
    made = replacement if callable(replacement) else lambda m: expand(replacement, m)

    def one(found: re.Match[str]) -> str:
        return made(Match(found, regex.inner, subject)) or ""

    return cat(joined(regex.inner.regex.sub(one, subject, count=max(count, 0)) if count != 0 else subject))


def split(regex: Regex, text: str | None, count: int = 0) -> Array:
    subject = subject_of(regex.inner, text)
    if count == 1:
        return Array(STRING, [subject])
    parts = regex.inner.regex.split(subject, maxsplit=max(count - 1, 0))
    return Array(STRING, [joined(p) for p in parts if p is not None])


def escape(text: str | None) -> str:
    if text is None:
        raise ex.argument_null("str")
    moved = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
    return "".join(moved.get(c) or ("\\" + c if c in "\\*+?|{[()^$.# " else c) for c in text)


def unescape(text: str | None) -> str:
    if text is None:
        raise ex.argument_null("str")
    moved = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}

    def one(found: re.Match[str]) -> str:
        inside = found[1]
        return chr(int(inside[1:], 16)) if len(inside) > 1 else moved.get(inside, inside)

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", one, text)


def static(function: Callable[..., Any]) -> Callable[..., Any]:
    """The static form: input, pattern, further arguments, options last."""

    def run(text: str | None, pattern: str | None, *rest: Any) -> Any:
        options = int(rest[-1]) if rest and hasattr(rest[-1], "kind") else 0
        more = rest[:-1] if options or (rest and hasattr(rest[-1], "kind")) else rest
        return function(Regex(pattern, options), text, *more)

    return run


def group_sequence(groups: GroupList, element: str) -> Sequence:
    return Sequence(Type(NS + element), lambda: iter(groups.items))
