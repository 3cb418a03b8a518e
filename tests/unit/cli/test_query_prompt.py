"""What the prompt completes, and when a query goes on."""

from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from gatelog.cli.query_prompt import KqlCompleter, is_unfinished

CATALOGUE = {"operators": ["where", "summarize"], "functions": [{"name": "tolower"}], "aggregates": [{"name": "sum"}]}
COMPLETER = KqlCompleter(CATALOGUE, {"Calls": ["Caller", "Cost"], "Other": ["Cold"]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ca", ["Calls"]),
        ("Calls | wh", ["where"]),
        ("Calls | where c", ["Caller", "Cost", "Calls"]),
        ("Calls | summarize su", ["sum"]),
        (".fo", [".format"]),
    ],
)
def test_completion(text: str, expected: list[str]) -> None:
    assert [one.text for one in COMPLETER.get_completions(Document(text), CompleteEvent())] == expected


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("Calls", False),
        ("Calls |", True),
        ("Calls | where x in (1,", True),
        ("print '('", False),
        ("print 1 // |", False),
        ("datatable(a:long)[1, 2]", False),
    ],
)
def test_unfinished(text: str, unfinished: bool) -> None:
    assert is_unfinished(text) is unfinished
