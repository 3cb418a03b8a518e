"""parse-kv (learn.microsoft.com/kusto/query/parse-kv-operator): values of named keys in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope, scope_of
from gatelog.kql.bound import Apply, Bound, Path, Ref
from gatelog.kql.catalog.rows import Emit, Fragment, Render
from gatelog.kql.errors import NOT_ALLOWED, TYPES, Finding
from gatelog.kql.operators.extend import defined
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Extend
from gatelog.kql.printer import columns_text, text_of
from gatelog.kql.sql.expressions import convert
from gatelog.schema.types import KqlType

_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Splitting:
    """How a text is cut into keys and values. Without delimiters every character that is no letter or digit is one."""

    keys: frozenset[str]
    pair: str
    key_value: str
    quotes: tuple[tuple[str, str], ...]
    escapes: tuple[str, ...]
    greedy: bool
    regex: str

    def run(self, text: str | None) -> str | None:
        """A JSON bag of the keys and their texts."""
        if text is None:
            return None
        found: dict[str, str] = {}
        for key, value in self._pairs(text):
            found.setdefault(key, value.strip())
        return orjson.dumps(found).decode()

    def _pairs(self, text: str) -> Iterable[tuple[str, str]]:
        if self.regex:
            return [(match[1], match[2]) for match in re.finditer(self.regex, text)]
        if not self.key_value:
            return self._by_words(text)
        return self._greedy(text) if self.greedy else self._split(text)

    def _by_words(self, text: str) -> Iterator[tuple[str, str]]:
        words = list(self._words(text))
        index = 0
        while index + 1 < len(words):
            if words[index] in self.keys:
                yield words[index], words[index + 1]
                index += 1
            index += 1

    def _words(self, text: str) -> Iterator[str]:
        position = 0
        while position < len(text):
            quoted = self._quoted(text, position)
            if quoted is not None:
                word, position = quoted
                yield word
                continue
            match = _WORDS.match(text, position)
            if match is not None:
                yield match[0]
            position = match.end() if match is not None else position + 1

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(text):
            key, start = self._key(text, position)
            if start < 0:
                return
            value, position = self._value(text, start)
            yield key, value

    def _key(self, text: str, position: int) -> tuple[str, int]:
        """A key and where its value starts; -1 when there is none."""
        while position < len(text) and text[position].isspace():
            position += 1
        quoted = self._quoted(text, position)
        if quoted is not None and text.startswith(self.key_value, quoted[1]):
            return quoted[0], quoted[1] + len(self.key_value)
        end = text.find(self.key_value, position)
        if end < 0:
            return "", -1
        return self._unquoted(text[position:end].rpartition(self.pair)[2].strip()), end + len(self.key_value)

    def _unquoted(self, key: str) -> str:
        quoted = self._quoted(key, 0)
        return quoted[0] if quoted is not None and quoted[1] == len(key) else key

    def _value(self, text: str, start: int) -> tuple[str, int]:
        place = start
        while place < len(text) and text[place].isspace() and not text.startswith(self.pair, place):
            place += 1
        quoted = self._quoted(text, place)
        if quoted is not None:
            value, following = quoted
            return value, following + (len(self.pair) if text.startswith(self.pair, following) else 0)
        end = text.find(self.pair, start)
        return (text[start:], len(text)) if end < 0 else (text[start:end], end + len(self.pair))

    def _quoted(self, text: str, start: int) -> tuple[str, int] | None:
        """What stands between quotes at a place, and the place behind; None when it has no quotes."""
        for opening, closing in self.quotes:
            if not text.startswith(opening, start):
                continue
            parts = []
            index = start + 1
            while index < len(text) and text[index] != closing:
                if text[index] in self.escapes and index + 1 < len(text):
                    index += 1
                parts.append(text[index])
                index += 1
            return "".join(parts), index + 1
        return None

    def _greedy(self, text: str) -> Iterator[tuple[str, str]]:
        pieces = text.split(self.key_value)
        key = pieces[0].strip().rpartition(self.pair)[2]
        for index, piece in enumerate(pieces[1:], 1):
            last = index == len(pieces) - 1
            value, _, following = (piece, "", "") if last else piece.rpartition(self.pair)
            yield key.strip(), value
            key = following


@dataclass(frozen=True, slots=True)
class ParseKv(ast.Operator):
    """`parse-kv text as (a:long) with (pair_delimiter=";", kv_delimiter="=")`."""

    operand: ast.Expression
    columns: tuple[tuple[str, KqlType], ...]
    settings: tuple[tuple[str, ast.Expression], ...]

    def text(self) -> str:
        settings = ", ".join(f"{name} = {text_of(value)}" for name, value in self.settings)
        with_ = f" with ({settings})" if settings else ""
        return f"parse-kv {text_of(self.operand)} as {columns_text(self.columns)}{with_}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        operand = binder.expression(self.operand, scope_of(relation, environment))
        if operand.type is KqlType.DYNAMIC:
            operand = convert(operand, KqlType.STRING)
        if operand.type is not KqlType.STRING:
            raise Finding(TYPES, f"parse-kv needs a string, found {operand.type}", self.operand.span)
        splitting = self._splitting(binder, environment)
        bag: Bound = Apply(KqlType.DYNAMIC, "parse_kv", _render(splitting), (operand,), "never")
        held = defined("", bag)
        plan = Extend(relation.plan, ((held, bag),))
        assignments = []
        columns = list(relation.columns)
        for name, kind in self.columns:
            part = Path(KqlType.DYNAMIC, Ref(KqlType.DYNAMIC, held), (name,))
            column = defined(name, convert(part, kind))
            assignments.append((column, convert(part, kind)))
            columns.append(column)
        return Relation(Extend(plan, tuple(assignments)), tuple(columns), relation.serialized, relation.name, relation.bag)

    def _splitting(self, binder: Binder, environment: Environment) -> Splitting:
        found: dict[str, list[str]] = {}
        known = ("pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex")
        for name, node in self.settings:
            if name not in known:
                raise Finding(NOT_ALLOWED, f"parse-kv has no property '{name}'", self.span)
            value = binder.constant(node, Scope(environment), name).value
            found.setdefault(name, []).append("true" if value is True else "" if value is False else str(value))
        pair, key_value = found.get("pair_delimiter", [""])[-1], found.get("kv_delimiter", [""])[-1]
        if bool(pair) != bool(key_value) or (found.get("greedy", [""])[-1] and not pair):
            raise Finding(NOT_ALLOWED, "parse-kv needs both pair_delimiter and kv_delimiter here", self.span)
        return Splitting(
            frozenset(name for name, _ in self.columns),
            pair,
            key_value,
            tuple((quote[0], quote[-1]) for quote in found.get("quote", ()) if quote),
            tuple(found.get("escape", ())),
            bool(found.get("greedy", [""])[-1]),
            found.get("regex", [""])[-1],
        )


def _render(splitting: Splitting) -> Render:
    def render(emit: Emit, operand: Fragment) -> str:
        return emit.python("kql_parse_kv", splitting.run, ["VARCHAR"], "VARCHAR", operand.text)

    return render


def parse(parser: Parser, start: int) -> ParseKv:
    operand = parser.expression()
    parser.expect("as")
    columns = parser.columns()
    settings: list[tuple[str, ast.Expression]] = []
    if parser.accept("with"):
        parser.expect("(")
        while not parser.at(")"):
            name = parser.name("the name of a property")
            parser.expect("=")
            settings.append((name, parser.expression()))
            if not parser.accept(","):
                break
        parser.expect(")")
    return ParseKv((start, parser.end), operand, columns, tuple(settings))
