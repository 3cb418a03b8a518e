"""The metrics API's filter language."""

from __future__ import annotations

import pytest

from gatelog.monitor.metrics.filters import Filter, read_filter
from gatelog.monitor.metrics.series import Comparison, MetricError


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", Filter()),
        ("ModelName eq '*'", Filter(("ModelName",))),
        ("ModelName eq 'a' or ModelName eq 'b'", Filter((), (Comparison("ModelName", "eq", ("a", "b")),))),
        (
            "(ModelName eq 'it''s') and StatusCode ne '200' and Region eq '*'",
            Filter(("Region",), (Comparison("ModelName", "eq", ("it's",)), Comparison("StatusCode", "ne", ("200",)))),
        ),
        ("ModelName startswith 'gpt'", Filter((), (Comparison("ModelName", "startswith", ("gpt",)),))),
        ("ModelName sw 'gpt'", Filter((), (Comparison("ModelName", "startswith", ("gpt",)),))),
    ],
)
def test_meaning(text: str, meaning: Filter) -> None:
    assert read_filter(text) == meaning


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ModelName", "column 1: expected DIMENSION eq 'VALUE'"),
        ("ModelName eq gpt", "column 1: expected DIMENSION eq 'VALUE'"),
        ("ModelName eq '*' and Status like 'x'", "column 22: expected DIMENSION eq 'VALUE'"),
        ("ModelName eq 'open", "expected DIMENSION eq 'VALUE'"),
    ],
)
def test_mistakes_name_their_column(text: str, message: str) -> None:
    with pytest.raises(MetricError, match=message.replace("'", "'")):
        read_filter(text)
