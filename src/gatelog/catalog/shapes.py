"""The shapes of resource properties: one declaration checks a document, makes its JSON schema and knows what is secret.

    Text Flag Whole Number Choice    leaves
    ListOf MapOf Record              what holds others
    Anything                         carried as it is
Every shape finds all problems of a value, each with its JSON path (`$.properties.pool.services[0].id`).
JSON null is the same as an absent property, as in Azure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatelog.errors import Problem

Tree = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Root of all shapes."""

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        """Append one problem for each thing that is wrong with `value`."""

    def schema(self) -> Tree:
        """The shape in JSON Schema (2020-12)."""
        return {}

    def word(self) -> str:
        """The shape's name in tables of the documentation."""
        return "any JSON"


def _wrong(value: Any, path: str, expected: str) -> Problem:
    found = {str: "text", bool: "a flag", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return Problem(f"expected {expected}, found {found.get(type(value), 'nothing')}", place=path, code="ValidationError")


@dataclass(frozen=True, slots=True)
class Anything(Shape):
    """Any JSON."""


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A string; `pattern` must match all of it."""

    pattern: str = ""
    longest: int = 0
    test: Callable[[str], str] | None = None
    """Gives what was expected when the text is wrong, else an empty string."""

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            problems.append(_wrong(value, path, "text"))
            return
        if self.longest and len(value) > self.longest:
            problems.append(
                Problem(f"expected at most {self.longest} characters, found {len(value)}", place=path, code="ValidationError")
            )
        if self.pattern and re.fullmatch(self.pattern, value) is None:
            problems.append(Problem(f"{value[:80]!r} does not match {self.pattern}", place=path, code="ValidationError"))
        if self.test is not None and (expected := self.test(value)):
            problems.append(Problem(f"expected {expected}, found {value[:80]!r}", place=path, code="ValidationError"))

    def schema(self) -> Tree:
        schema: Tree = {"type": "string"}
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        if self.longest:
            schema["maxLength"] = self.longest
        return schema

    def word(self) -> str:
        return "text"


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of a few words; case does not matter, as in Azure."""

    words: tuple[str, ...]

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            problems.append(_wrong(value, path, "text"))
        elif value.lower() not in {word.lower() for word in self.words}:
            expected = ", ".join(self.words)
            problems.append(Problem(f"expected one of {expected}, found {value[:80]!r}", place=path, code="ValidationError"))

    def schema(self) -> Tree:
        return {"type": "string", "enum": list(self.words)}

    def word(self) -> str:
        return " \\| ".join(f"`{word}`" for word in self.words)


@dataclass(frozen=True, slots=True)
class Flag(Shape):
    """true or false."""

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, bool):
            problems.append(_wrong(value, path, "true or false"))

    def schema(self) -> Tree:
        return {"type": "boolean"}

    def word(self) -> str:
        return "flag"


@dataclass(frozen=True, slots=True)
class Whole(Shape):
    """A whole number between two bounds, both included."""

    least: int = 0
    most: int = 2**53

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not is_whole:
            problems.append(_wrong(value, path, "a whole number"))
        elif not self.least <= value <= self.most:
            problems.append(Problem(f"expected {self.least} to {self.most}, found {value}", place=path, code="ValidationError"))

    def schema(self) -> Tree:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def word(self) -> str:
        return "number" if self.most == 2**53 else f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Number(Shape):
    """A number between two bounds, both included."""

    least: float
    most: float

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            problems.append(_wrong(value, path, "a number"))
        elif not self.least <= value <= self.most:
            problems.append(
                Problem(f"expected {self.least:g} to {self.most:g}, found {value}", place=path, code="ValidationError")
            )

    def schema(self) -> Tree:
        return {"type": "number", "minimum": self.least, "maximum": self.most}

    def word(self) -> str:
        return f"{self.least:g} to {self.most:g}"


@dataclass(frozen=True, slots=True)
class ListOf(Shape):
    """A list of values of one shape."""

    item: Shape
    most: int = 10_000

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, list):
            problems.append(_wrong(value, path, "a list"))
            return
        if len(value) > self.most:
            problems.append(
                Problem(f"expected at most {self.most} items, found {len(value)}", place=path, code="ValidationError")
            )
        for index, item in enumerate(value[: self.most]):
            self.item.check(item, f"{path}[{index}]", problems)

    def schema(self) -> Tree:
        return {"type": "array", "items": self.item.schema()}

    def word(self) -> str:
        return f"list of {self.item.word()}"


@dataclass(frozen=True, slots=True)
class MapOf(Shape):
    """An object with any names and values of one shape."""

    value: Shape

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(_wrong(value, path, "an object"))
            return
        for name, item in value.items():
            if item is not None:
                self.value.check(item, f"{path}.{name}", problems)

    def schema(self) -> Tree:
        return {"type": "object", "additionalProperties": self.value.schema()}

    def word(self) -> str:
        return f"map to {self.value.word()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a record."""

    name: str
    shape: Shape
    doc: str
    required: bool = False
    secret: bool = False
    """Encrypted in the store and shown only to who may read secrets; everything below it too."""
    write_only: bool = False
    """Never in an answer to GET (keys that `listSecrets` gives)."""
    read_only: bool = False
    """Made by the service; a value that a client sends is ignored."""
    transient: bool = False
    """Consumed by the write (import text, passwords), never stored."""
    default: Any = None
    """What is stored when it is absent; None: nothing."""


@dataclass(frozen=True, slots=True)
class Record(Shape):
    """An object with known properties. An unknown one is a problem: a misspelt setting must not be lost silently."""

    fields: tuple[Field, ...]

    def check(self, value: Any, path: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(_wrong(value, path, "an object"))
            return
        known = {field.name: field for field in self.fields}
        for name, item in value.items():
            field = known.get(name)
            if field is None:
                near = _nearest(name, known)
                hint = f"near: {near!r}" if near else ""
                problems.append(Problem(f"unknown property {name!r}", place=f"{path}.{name}", code="UnknownProperty", hint=hint))
            elif item is not None and not field.read_only:
                field.shape.check(item, f"{path}.{name}", problems)
        for field in self.fields:
            if field.required and value.get(field.name) is None:
                problems.append(Problem(f"{field.name!r} is required", place=f"{path}.{field.name}", code="ValidationError"))

    def schema(self) -> Tree:
        properties = {}
        for field in self.fields:
            if field.read_only:
                continue
            properties[field.name] = {**field.shape.schema(), "description": field.doc}
            if field.default is not None:
                properties[field.name]["default"] = field.default
        schema: Tree = {"type": "object", "properties": properties, "additionalProperties": False}
        required = [field.name for field in self.fields if field.required]
        return {**schema, "required": required} if required else schema

    def word(self) -> str:
        return "object"

    def settle(self, value: Tree) -> Tree:
        """What is stored of a checked value: defaults filled in; null, read-only and transient properties left out."""
        stored: Tree = {}
        for field in self.fields:
            item = value.get(field.name)
            if field.transient or field.read_only:
                continue
            if item is None:
                item = field.default
            if item is not None:
                stored[field.name] = settle(field.shape, item)
        return stored


def settle(shape: Shape, value: Any) -> Any:
    """`Record.settle` through lists, maps and choices; a choice is stored in its own spelling."""
    if isinstance(shape, Record):
        return shape.settle(value)
    if isinstance(shape, ListOf):
        return [settle(shape.item, item) for item in value]
    if isinstance(shape, MapOf):
        return {name: settle(shape.value, item) for name, item in value.items() if item is not None}
    if isinstance(shape, Choice):
        return next(word for word in shape.words if word.lower() == value.lower())
    if isinstance(shape, Whole):
        return int(value)
    return value


def split_secrets(record: Record, value: Mapping[str, Any]) -> tuple[Tree, Tree]:
    """A value in two: what may be stored plain, and what must be encrypted. `join` puts them together again."""
    plain: Tree = {}
    hidden: Tree = {}
    shapes = {field.name: field for field in record.fields}
    for name, item in value.items():
        field = shapes.get(name)
        if field is None:
            plain[name] = item
        elif field.secret:
            hidden[name] = item
        elif isinstance(field.shape, Record) and isinstance(item, dict):
            inner_plain, inner_hidden = split_secrets(field.shape, item)
            plain[name] = inner_plain
            if inner_hidden:
                hidden[name] = inner_hidden
        else:
            plain[name] = item
    return plain, hidden


def join(plain: Mapping[str, Any], hidden: Mapping[str, Any]) -> Tree:
    """The inverse of `split_secrets`."""
    whole = dict(plain)
    for name, item in hidden.items():
        whole[name] = join(whole[name], item) if isinstance(whole.get(name), dict) and isinstance(item, dict) else item
    return whole


def _nearest(name: str, known: Mapping[str, object]) -> str:
    """A known name that differs by case only, or starts alike."""
    lowered = name.lower()
    for candidate in known:
        if candidate.lower() == lowered:
            return candidate
    stem = lowered[:5]
    return next((candidate for candidate in known if len(stem) > 3 and candidate.lower().startswith(stem)), "")
