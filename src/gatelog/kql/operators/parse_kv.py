"""parse-kv (learn.microsoft.com/kusto/query/parse-kv-operator): values of named keys in a text."""

from __future__ import annotations

import re
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


@dataclass(frozen=True, slots=True)
class Splitting:
    """How a text is cut into keys and values."""

    pair: str
    key_value: str
    quotes: tuple[tuple[str, str], ...]
    escape: str
    greedy: bool
    regex: str

    def run(self, text: str | None) -> str | None:
        """A JSON bag of the keys and their texts."""
        if text is None:
            return None
        found: dict[str, str] = {}
        pairs = self._by_regex(text) if self.regex else self._split(text)
        for key, value in pairs:
            found.setdefault(key, value)
        return orjson.dumps(found).decode()

    def _by_regex(self, text: str) -> list[tuple[str, str]]:
        return [(match[1], match[2]) for match in re.finditer(self.regex, text)]

    def _split(self, text: str) -> list[tuple[str, str]]:
        if self.greedy:
            return self._greedy(text)
        pairs: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            end_of_key = text.find(self.key_value, position)
            if end_of_key < 0:
                break
            key = text[position:end_of_key]
            if self.pair and self.pair in key:
                key = key.rpartition(self.pair)[2]
            value, position = self._value(text, end_of_key + len(self.key_value))
            pairs.append((self._unquoted(key.strip()), value))
        return pairs

    def _unquoted(self, key: str) -> str:
        for opening, closing in self.quotes:
            if len(key) >= 2 and key.startswith(opening) and key.endswith(closing):
                return key[len(opening) : -len(closing)]
        return key

    def _value(self, text: str, start: int) -> tuple[str, int]:
        for opening, closing in self.quotes:
            if text.startswith(opening, start):
                index = start + len(opening)
                parts = []
                while index < len(text) and not text.startswith(closing, index):
                    if self.escape and text.startswith(self.escape, index) and index + 1 < len(text):
                        index += len(self.escape)
                    parts.append(text[index])
                    index += 1
                following = index + len(closing)
                return "".join(parts), following + (len(self.pair) if text.startswith(self.pair, following) else 0)
        end = text.find(self.pair, start) if self.pair else -1
        return (text[start:], len(text)) if end < 0 else (text[start:end], end + len(self.pair))

    def _greedy(self, text: str) -> list[tuple[str, str]]:
        pieces = text.split(self.key_value)
        pairs: list[tuple[str, str]] = []
        key = pieces[0].strip().rpartition(self.pair)[2]
        for index, piece in enumerate(pieces[1:], 1):
            last = index == len(pieces) - 1
            value, _, following = (piece, "", "") if last else piece.rpartition(self.pair)
            pairs.append((key, value))
            key = following
        return pairs


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
        found = {name: binder.constant(value, Scope(environment), name).value for name, value in self.settings}
        known = ("pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex")
        for name in found:
            if name not in known:
                raise Finding(NOT_ALLOWED, f"parse-kv has no property '{name}'", self.span)
        quote = str(found.get("quote", ""))
        quotes = ((quote[0], quote[-1]),) if quote else ()
        return Splitting(
            str(found.get("pair_delimiter", " ")),
            str(found.get("kv_delimiter", "=")),
            quotes,
            str(found.get("escape", "")),
            bool(found.get("greedy", False)),
            str(found.get("regex", "")),
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
