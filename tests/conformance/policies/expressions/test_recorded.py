"""Expressions against what a C# compiler, its runtime and Newtonsoft.Json answered (scripts/record_expressions.py)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gatelog.policy.expression import DotNetException, compile, describe, evaluate, to_text, type_name

TABLES = sorted(Path(__file__).parent.glob("*.json"))
RECORDER_IS_WRONG = {
    "1_000": "the recording compiler reads 1_000 as 10000",
    "Math.Round(2.5)": "the recording runtime rounds half away from zero, .NET to even",
    "Math.Round(-2.5)": "the same",
    "Math.Round(0.5)": "the same",
}
OTHER_WORDING = (
    "Object reference not set to an instance of an object",  # the recorder leaves out the full stop
    "Specified cast is not valid.",  # .NET names both types
    "The input is not a valid Base-64 string",
    "An item with the same key has already been added.",
    "The given key ",
    "Specified argument was out of the range of valid values.\nParameter name: index",
    "Cannot cast Newtonsoft.Json.Linq.JArray to",
    "Cannot deserialize the current JSON",
    "Data at the root level is invalid.",
    "Error reading JObject from JsonReader. Path '', line 1, position 1.",
    "Invalid character after parsing property name. Expected ':' but got: \0.",
    "Unexpected character encountered while parsing value: }.",
)
"""Beginnings of recorded messages that .NET Framework or a newer Newtonsoft.Json words otherwise."""


def rows() -> list[Any]:
    found = []
    for path in TABLES:
        table = json.loads(path.read_text(encoding="utf-8"))
        for case in table["cases"]:
            if case["expression"] not in RECORDER_IS_WRONG:
                found.append(pytest.param(table["context"], case, id=f"{path.stem}: {case['expression'][:70]}"))
    return found


@pytest.mark.parametrize(("context", "case"), rows())
def test_expression_gives_what_was_recorded(context: dict[str, Any], case: dict[str, str]) -> None:
    scope = describe(
        {
            "Request": {"Method": "POST", "IpAddress": "203.0.113.7", "Body": context.get("body", "{}")},
            "Variables": context.get("described", {}),
            "RequestId": "11111111-2222-3333-4444-555555555555",
        }
    )
    expression = compile(case["expression"])
    try:
        value = evaluate(expression, scope)
    except DotNetException as error:
        assert error.type_name == case.get("exception"), error
        if not case["message"].startswith(OTHER_WORDING):
            assert error.message == case["message"]
        return
    assert (type_name(value), to_text(value)) == (case.get("type"), case.get("text"))


def test_the_tables_are_broad() -> None:
    """The tables hold hundreds of cases, exceptions among them."""
    cases = [case for path in TABLES for case in json.loads(path.read_text(encoding="utf-8"))["cases"]]
    assert len(cases) > 1000
    assert sum("exception" in case for case in cases) > 100
