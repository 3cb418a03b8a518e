"""Durations and intervals of the Azure Monitor APIs."""

from __future__ import annotations

import pytest

from gatelog.api.timespan import TimespanError, read_timespan

HOUR = 3_600_000_000_000
NOON = 1_717_588_800_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H", (NOON - HOUR, NOON)),
        ("P1D", (NOON - 24 * HOUR, NOON)),
        ("P1DT12H", (NOON - 36 * HOUR, NOON)),
        ("PT5400.0S", (NOON - HOUR * 3 // 2, NOON)),
        ("2024-06-05T11:00:00Z/2024-06-05T12:00:00Z", (NOON - HOUR, NOON)),
        ("2024-06-05T11:00:00.0000000Z/PT1H", (NOON - HOUR, NOON)),
        ("PT1H/2024-06-05T14:00:00+02:00", (NOON - HOUR, NOON)),
        ("2024-06-05/2024-06-05T12:00:00.1234567", (NOON - 12 * HOUR, NOON + 123_456_700)),
    ],
)
def test_timespans(text: str, expected: tuple[int, int]) -> None:
    assert read_timespan(text, NOON) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "1h", "yesterday", "2024-06-05", "2024-06-05/", "/PT1H", "PT1H/PT1H"])
def test_refused(text: str) -> None:
    with pytest.raises(TimespanError):
        read_timespan(text, NOON)
