"""The whitelist, assembled: every type and member that expressions may use, and the functions that need all of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from gatelog.policy.dotnet import proxy
from gatelog.policy.dotnet.collections import ZEROS, Pair
from gatelog.policy.dotnet.converting import MAKERS
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.formatting import format_hole
from gatelog.policy.dotnet.guids import EMPTY
from gatelog.policy.dotnet.metadata import BOOL, CHAR, DECIMAL, DOUBLE, FLOAT, INTEGERS, VOID, Library, Type, TypeDef
from gatelog.policy.dotnet.numbers import Char, Single
from gatelog.policy.dotnet.runtime import CASTS, Enum, cat, equals, to_text
from gatelog.policy.dotnet.tables import (
    context,
    cryptography,
    exceptions,
    identity,
    json,
    numbers,
    patterns,
    sequences,
    text,
    time,
    xml,
)


def enum_maker(definition: TypeDef) -> Callable[[int], Any]:
    """Makes values of one enum type; the named ones exist once."""
    class_ = type(definition.full_name.rpartition(".")[2], (Enum,), {
        "kind": Type(definition.full_name),
        "names": {value: name for name, value in reversed(definition.values)},
        "flags": definition.flags,
    })  # fmt: skip
    known = {value: class_(value) for _, value in definition.values}
    return lambda number: known.get(number) or class_(number)


class Whitelist(Library):
    """The library with enums, defaults, and what generated code calls by name."""

    def __init__(self, definitions: tuple[TypeDef, ...]) -> None:
        super().__init__(definitions)
        self.enum_makers = {d.full_name: enum_maker(d) for d in definitions if d.kind == "enum"}
        self.to_text = to_text
        self.cat = cat
        self.equals = equals
        self.format_hole = format_hole
        self._defaults: dict[Type, Any] = {
            BOOL: False, CHAR: Char("\0"), DOUBLE: 0.0, FLOAT: Single(0.0), DECIMAL: Decimal(0), VOID: None,
            Type("System.Guid"): EMPTY, Type("System.DateTime"): DateTime(0), Type("System.DateTimeOffset"): DateTimeOffset(0),
            Type("System.TimeSpan"): TimeSpan(0), **{kind: MAKERS[kind](0) for kind in INTEGERS},
        }  # fmt: skip

    def default_of(self, kind: Type) -> Any:
        """`default(T)` as a value."""
        if kind in self._defaults:
            return self._defaults[kind]
        if kind.name in self.enum_makers:
            return self.enum_makers[kind.name](0)
        if kind.name == "System.Collections.Generic.KeyValuePair":
            return Pair(kind.args, self.default_of(kind.args[0]), self.default_of(kind.args[1]))
        return None


def assembled() -> Whitelist:
    families = (text, numbers, time, sequences, json, patterns, cryptography, xml, exceptions, identity, context)
    made = Whitelist(tuple(definition for family in families for definition in family.TYPES))
    CASTS.assignable = made.converts
    ZEROS.of = made.default_of
    time.DAYS.make = made.enum_makers["System.DayOfWeek"]
    time.KINDS.make = made.enum_makers["System.DateTimeKind"]
    json.KINDS.make = made.enum_makers["Newtonsoft.Json.Linq.JTokenType"]
    proxy.STATES.make = made.enum_makers["Microsoft.Azure.ApiManagement.ProductState"]
    return made


LIBRARY: Final = assembled()
