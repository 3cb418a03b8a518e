"""`SelectToken` and `SelectTokens`: JSONPath as Newtonsoft reads it, and enumeration of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import Pair, Sequence
from gatelog.policy.dotnet.json_convert import child
from gatelog.policy.dotnet.json_tokens import (
    JArray,
    JContainer,
    JObject,
    JProperty,
    JToken,
    JValue,
    compare_values,
    values_equal,
    wrap,
)
from gatelog.policy.dotnet.metadata import STRING, Type
from gatelog.policy.dotnet.runtime import iterate

TOKEN: Final = Type("Newtonsoft.Json.Linq.JToken")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: `field`, `index`, `slice`, `fields`, `indexes`, `scan`, `filter`, `wild`."""

    kind: str
    value: Any = None


Test = Callable[[JToken], bool]


class PathReader:
    """A cursor over the text of a path."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, message: str) -> ex.DotNetException:
        return ex.DotNetException("JsonException", message)

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def steps(self) -> tuple[Step, ...]:
        found: list[Step] = []
        if self.peek() == "$":
            self.at += 1
        elif self.peek() not in ("", "[", "."):
            found.append(self.name(False))
        while self.at < len(self.text):
            char = self.peek()
            if char == ".":
                self.at += 1
                scan = self.peek() == "."
                self.at += scan
                if scan and self.peek() == "[":
                    found.append(Step("scan", None))
                    continue
                found.append(self.name(scan))
            elif char in "[(":
                found.append(self.bracket())
            elif char == " ":
                self.at += 1
            else:
                raise self.fail(f"Unexpected character while parsing path: {char}")
        return tuple(found)

    def name(self, scan: bool) -> Step:
        found = re.compile(r"[^.\[\]()]*").match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        name = found[0].strip()
        if not name:
            raise self.fail("Unexpected end while parsing path.")
        if scan:
            return Step("scan", None if name == "*" else name)
        return Step("wild") if name == "*" else Step("field", name)

    def bracket(self) -> Step:
        closing = "]" if self.peek() == "[" else ")"
        self.at += 1
        self.spaces()
        if self.peek() in "'\"" and self.peek():
            return self.quoted(closing)
        if self.peek() == "?":
            self.at += 1
            self.spaces()
            if self.peek() != "(":
                raise self.fail(f"Unexpected character while parsing path indexer: {self.peek()}")
            self.at += 1
            test = self.either()
            self.expect(")")
            self.expect(closing)
            return Step("filter", test)
        return self.indexes(closing)

    def spaces(self) -> None:
        while self.peek() == " ":
            self.at += 1

    def expect(self, char: str) -> None:
        self.spaces()
        if self.peek() != char:
            raise self.fail(
                "Path ended with open indexer."
                if not self.peek()
                else f"Unexpected character while parsing path indexer: {self.peek()}"
            )
        self.at += 1

    def quoted(self, closing: str) -> Step:
        names = [self.string()]
        self.spaces()
        while self.peek() == ",":
            self.at += 1
            self.spaces()
            names.append(self.string())
            self.spaces()
        self.expect(closing)
        return Step("field", names[0]) if len(names) == 1 else Step("fields", tuple(names))

    def string(self) -> str:
        quote = self.peek()
        self.at += 1
        out: list[str] = []
        while self.peek() != quote:
            if not self.peek():
                raise self.fail("Path ended with an open string.")
            if self.peek() == "\\":
                self.at += 1
            out.append(self.peek())
            self.at += 1
        self.at += 1
        return "".join(out)

    def indexes(self, closing: str) -> Step:
        end = self.text.find(closing, self.at)
        if end < 0:
            raise self.fail("Path ended with open indexer.")
        inside = self.text[self.at : end].replace(" ", "")
        self.at = end + 1
        if inside == "*":
            return Step("wild")
        if not re.fullmatch(r"-?\d+(,-?\d+)*|-?\d*:-?\d*(:-?\d*)?", inside):
            raise self.fail(
                "Array index expected." if not inside else f"Unexpected character while parsing path indexer: {inside[0]}"
            )
        if ":" in inside:
            return Step("slice", slice(*(int(p) if p else None for p in inside.split(":"))))
        numbers = tuple(int(p) for p in inside.split(","))
        return Step("index", numbers[0]) if len(numbers) == 1 else Step("indexes", numbers)

    def either(self) -> Test:
        left = self.both()
        self.spaces()
        while self.text.startswith("||", self.at):
            self.at += 2
            left = _or(left, self.both())
            self.spaces()
        return left

    def both(self) -> Test:
        left = self.comparison()
        self.spaces()
        while self.text.startswith("&&", self.at):
            self.at += 2
            left = _and(left, self.comparison())
            self.spaces()
        return left

    def comparison(self) -> Test:
        self.spaces()
        if self.peek() == "(":
            self.at += 1
            inside = self.either()
            self.expect(")")
            return inside
        left = self.operand()
        self.spaces()
        found = re.compile(r"===|!==|==|!=|<>|<=|>=|=~|<|>").match(self.text, self.at)
        if found is None:
            return lambda token: bool(left(token))
        self.at = found.end()
        return _compare(found[0], left, self.operand())

    def operand(self) -> Callable[[JToken], list[JToken]]:
        self.spaces()
        if self.peek() in "@$":
            start = self.at
            depth = 0
            while self.at < len(self.text) and (depth or self.text[self.at] not in " )=!<>&|"):
                depth += {"[": 1, "]": -1, "(": 1}.get(self.text[self.at], 0) - (self.text[self.at] == ")" and depth > 0)
                self.at += 1
            path = self.text[start : self.at]
            steps = parse_path("$" + path[1:])
            return lambda token: list(walk(token, steps))
        return self.constant()

    def constant(self) -> Callable[[JToken], list[JToken]]:
        if self.peek() in "'\"":
            text = self.string()
            return lambda _: [JValue(text, "String")]
        if self.peek() == "/":
            found = re.compile(r"/((?:\\.|[^/\\])*)/([imsx]*)").match(self.text, self.at)
        else:
            found = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null").match(self.text, self.at)
        if found is None:
            raise self.fail("Could not read query operator.")
        self.at = found.end()
        word = found[0]
        if word[0] == "/":
            return lambda _: [JValue(found[1], "String")]
        fixed = {"true": True, "false": False, "null": None}
        value = fixed[word] if word in fixed else float(word) if found[1] or found[2] else int(word)
        return lambda _: [wrap(value)]


def _or(left: Test, right: Test) -> Test:
    return lambda token: left(token) or right(token)


def _and(left: Test, right: Test) -> Test:
    return lambda token: left(token) and right(token)


def _compare(operator: str, left: Callable[[JToken], list[JToken]], right: Callable[[JToken], list[JToken]]) -> Test:
    return lambda token: any(_matches(operator, a, b) for a in left(token) for b in right(token))


def _matches(operator: str, left: JToken, right: JToken) -> bool:
    if not isinstance(left, JValue) or not isinstance(right, JValue):
        return bool(operator in ("!=", "<>", "!==") and left is not right)
    if operator in ("==", "==="):
        return _same(left, right)
    if operator in ("!=", "<>", "!=="):
        return not _same(left, right)
    if operator == "=~":
        return isinstance(left.value, str) and re.search(right.text(), left.value) is not None
    if left.value is None or right.value is None:
        return False
    try:
        order = compare_values(left, right)
    except TypeError:
        return False
    answers: dict[str, bool] = {"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}
    return answers[operator]


def _same(left: JValue, right: JValue) -> bool:
    numbers = ("Integer", "Float")
    if left.kind in numbers and right.kind in numbers:
        return compare_values(left, right) == 0
    if right.kind == "String" and left.kind in ("Date", "Guid", "Uri", "TimeSpan"):
        return bool(left.text() == right.value)
    return values_equal(left, right)


@lru_cache(maxsize=512)
def parse_path(text: str) -> tuple[Step, ...]:
    return PathReader(text).steps()


def walk(token: JToken, steps: tuple[Step, ...], strict: bool = False) -> Iterator[JToken]:
    """Every token that the path reaches."""
    current: Iterator[JToken] = iter((token,))
    for step in steps:
        current = _apply(list(current), step, strict)
    return current


def _apply(tokens: list[JToken], step: Step, strict: bool) -> Iterator[JToken]:
    for token in tokens:
        yield from _STEPS[step.kind](token, step.value, strict)


def _field(token: JToken, name: str, strict: bool) -> Iterator[JToken]:
    if isinstance(token, JObject):
        found = token.get(name)
        if found is not None:
            yield found
        elif strict:
            raise ex.DotNetException("JsonException", f"Property '{name}' does not exist on JObject.")
    elif strict:
        raise ex.DotNetException("JsonException", f"Property '{name}' not valid on {token.type.short}.")


def _fields(token: JToken, names: tuple[str, ...], strict: bool) -> Iterator[JToken]:
    for name in names:
        yield from _field(token, name, strict)


def _index(token: JToken, index: int, strict: bool) -> Iterator[JToken]:
    if isinstance(token, JArray):
        if 0 <= index < len(token):
            yield token.get(index)
        elif strict:
            raise ex.DotNetException("JsonException", f"Index {index} outside the bounds of JArray.")
    elif strict:
        raise ex.DotNetException("JsonException", f"Index {index} not valid on {token.type.short}.")


def _indexes(token: JToken, indexes: tuple[int, ...], strict: bool) -> Iterator[JToken]:
    for index in indexes:
        yield from _index(token, index, strict)


def _slice(token: JToken, part: slice, _strict: bool) -> Iterator[JToken]:
    if isinstance(token, JArray):
        yield from list(token.own())[part]


def _wild(token: JToken, _value: None, _strict: bool) -> Iterator[JToken]:
    if isinstance(token, JObject):
        yield from list(token.own().values())
    elif isinstance(token, JContainer):
        yield from token.children()


def _scan(token: JToken, name: str | None, _strict: bool) -> Iterator[JToken]:
    if name is None:
        yield token
    if isinstance(token, JObject):
        for key in token.names():
            value = token.get(key)
            assert value is not None
            if key == name:
                yield value
            yield from _scan(value, name, False)
    elif isinstance(token, JArray):
        for item in list(token.own()):
            yield from _scan(item, name, False)


def _filter(token: JToken, test: Test, _strict: bool) -> Iterator[JToken]:
    for item in _wild(token, None, False):
        if test(item):
            yield item


_STEPS: Final[dict[str, Callable[[JToken, Any, bool], Iterator[JToken]]]] = {
    "field": _field,
    "fields": _fields,
    "index": _index,
    "indexes": _indexes,
    "slice": _slice,
    "wild": _wild,
    "scan": _scan,
    "filter": _filter,
}


def select_one(token: JToken, path: str | None, strict: bool = False) -> JToken | None:
    """The one token that the path reaches, or null; several are an error."""
    if path is None:
        raise ex.argument_null("expression")
    found: JToken | None = None
    for item in walk(token, parse_path(path), strict):
        if found is not None:
            raise ex.DotNetException("JsonException", "Path returned multiple tokens.")
        found = item
    return found


def select_all(token: JToken, path: str | None, strict: bool = False) -> Sequence:
    if path is None:
        raise ex.argument_null("expression")
    steps = parse_path(path)
    return Sequence(TOKEN, lambda: walk(token, steps, strict))


def pairs(target: JObject) -> Sequence:
    """A JObject as key-value pairs."""
    kinds = (STRING, TOKEN)
    return Sequence(
        Type("System.Collections.Generic.KeyValuePair", kinds), lambda: (Pair(kinds, n, target.get(n)) for n in target.names())
    )


def spread(source: Any) -> Sequence:
    return Sequence(TOKEN, lambda: (c for t in iterate(source) if isinstance(t, JContainer) for c in t.children()))


def spread_values(source: Any) -> Sequence:
    def values(token: JToken) -> Iterator[JToken]:
        if isinstance(token, JProperty):
            yield token.value
        else:
            yield from _wild(token, None, False)

    return Sequence(TOKEN, lambda: (v for t in iterate(source) for v in values(t)))


def keyed(source: Any, key: Any) -> Sequence:
    return Sequence(TOKEN, lambda: (v for t in iterate(source) if (v := child(t, key)) is not None))
