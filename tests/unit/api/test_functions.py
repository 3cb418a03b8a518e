"""Stored functions and the commands that keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelog.api.asking import Question, _limits, is_on
from gatelog.api.functions import FunctionRefused, FunctionStore, StoredFunction
from gatelog.api.kusto_commands import _signature, datatable_text, split_pipe, strip_comments
from gatelog.api.kusto_frames import plain
from gatelog.api.kusto_schema import function_object
from gatelog.errors import InvalidDocument
from gatelog.kql.errors import KqlError
from gatelog.schema.query import Limits

ONE = StoredFunction("One", "(a:long)", "{ print a }")


def test_functions_are_kept(tmp_path: Path) -> None:
    store = FunctionStore(tmp_path / "functions.json")
    store.put(ONE)
    assert FunctionStore(tmp_path / "functions.json").sources() == {"One": "(a:long) { print a }"}
    store.put(StoredFunction("One", "()", "{ print 2 }", "f", "d"))
    assert [function.folder for function in store.all()] == ["f"]
    assert store.drop("One").doc == "d" and FunctionStore(tmp_path / "functions.json").all() == []


def test_refusals(tmp_path: Path) -> None:
    store = FunctionStore()
    with pytest.raises(FunctionRefused, match="was not found"):
        store.put(ONE, create=False)
    store.put(ONE)
    with pytest.raises(FunctionRefused, match="already exists"):
        store.put(ONE, alter=False)
    with pytest.raises(FunctionRefused, match="not a name"):
        store.put(StoredFunction("a b", "()", "{ print 1 }"))
    with pytest.raises(KqlError):
        store.put(StoredFunction("Bad", "()", "{ print ( }"))
    with pytest.raises(FunctionRefused, match="was not found"):
        store.drop("Two")
    (tmp_path / "x.json").write_text('[{"foo": 1}]')
    with pytest.raises(InvalidDocument, match="stored functions"):
        FunctionStore(tmp_path / "x.json")


def test_parameters_of_a_function() -> None:
    described = function_object(StoredFunction("F", "(T:(x:string, y:long), n:long = 5, s:string = ', (')", "{ T }"))
    assert [one["Name"] for one in described["InputParameters"]] == ["T", "n", "s"]
    assert described["InputParameters"][0]["Columns"][1]["CslType"] == "long"
    assert described["InputParameters"][2]["CslDefaultValue"] == "', ('"
    assert function_object(StoredFunction("F", "(T:(*))", "{ T }"))["InputParameters"][0]["Columns"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".show tables | where X == '|'", (".show tables", "where X == '|'")),
        ("// why\n.show tables", (".show tables", "")),
        (".create function F() { T | take 1 }", (".create function F() { T | take 1 }", "")),
        (".show queryplan <| T | take 1", (".show queryplan <| T | take 1", "")),
    ],
)
def test_commands_and_their_pipes(text: str, expected: tuple[str, str]) -> None:
    assert split_pipe(text) == expected


def test_pieces() -> None:
    assert strip_comments("// a\n  // b\nprint 1 // c") == "print 1 // c"
    assert _signature("(a:string=')') { x }") == ("(a:string=')')", "{ x }")
    table = plain("T", "a b:long c:bool d:datetime", [['q"\\\n', 1, True, None], ["", None, False, "2024-01-01"]])
    assert datatable_text(table) == (
        "datatable(['a']:string, ['b']:long, ['c']:bool, ['d']:datetime)"
        '["q\\"\\\\\\n", long(1), true, datetime(null), "", long(null), false, datetime(2024-01-01)]'
    )


def test_limits_only_get_lower() -> None:
    most = Limits(rows=100, bytes=1000, seconds=10)
    question = Question(text="", seconds=99)
    assert _limits(most, question, {}) == most
    assert _limits(most, Question(text="", seconds=3), {"truncationmaxrecords": 5, "truncationmaxsize": "7"}) == Limits(5, 7, 3)
    assert _limits(most, question, {"truncationmaxrecords": 500}).rows == 100
    assert _limits(most, question, {"notruncation": True}) == Limits(0, 0, 10)
    assert [is_on(value) for value in (True, 1, "true", "", False, 0, None, "no")] == [True] * 4 + [False] * 4
