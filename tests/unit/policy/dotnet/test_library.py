"""The whitelist as a whole: every row can be read, every named type exists, enums and defaults are there."""

from __future__ import annotations

import pytest

from gatelog.policy.dotnet.library import LIBRARY
from gatelog.policy.dotnet.metadata import LONG, OBJECT, STRING, Type, TypeDef, display, nullable, parse_member, parse_type

DEFINITIONS = list(LIBRARY.definitions.values())


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda d: d.name)
def test_every_row_is_a_signature(definition: TypeDef) -> None:
    for row in definition.members:
        member = parse_member(row, definition, LIBRARY.resolve)
        assert member.signature == row[0]
        assert callable(member.does) or isinstance(member.does, str)
    for parent in definition.extends:
        assert LIBRARY.definition(parse_type(parent, LIBRARY.resolve, definition.variables)) is not None


def test_the_list_is_the_documented_one() -> None:
    for name in ("System.IO.File", "System.Reflection.Assembly", "System.Type", "System.Environment", "System.Threading.Thread"):
        assert name not in LIBRARY.definitions
    for name in (
        "System.Guid",
        "Newtonsoft.Json.Linq.JObject",
        "System.Xml.Linq.XElement",
        "System.Text.RegularExpressions.Regex",
    ):
        assert name in LIBRARY.definitions


def test_names_and_conversions() -> None:
    strings = LIBRARY.parse("IEnumerable<string>")
    assert LIBRARY.converts(LIBRARY.parse("List<string>"), strings)
    assert LIBRARY.converts(LIBRARY.parse("string[]"), strings)
    assert LIBRARY.converts(strings, LIBRARY.parse("IEnumerable<object>"))
    assert not LIBRARY.converts(LIBRARY.parse("List<int>"), LIBRARY.parse("IEnumerable<object>"))
    assert LIBRARY.converts(STRING, OBJECT) and not LIBRARY.converts(OBJECT, STRING)
    assert (
        display(LIBRARY.parse("Dictionary<string, int[]>"))
        == "System.Collections.Generic.Dictionary`2[System.String,System.Int32[]]"
    )


def test_defaults() -> None:
    assert LIBRARY.default_of(LONG) == 0 and type(LIBRARY.default_of(LONG)).__name__ == "Int64"
    assert LIBRARY.default_of(nullable(LONG)) is None
    assert LIBRARY.default_of(Type("System.DayOfWeek")).text() == "Sunday"
