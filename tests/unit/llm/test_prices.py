"""Prices: dated, matched by the longest name, and the list that ships with gatelog reads."""

from __future__ import annotations

from importlib.resources import files

import pytest

from gatelog.errors import InvalidDocument
from gatelog.llm.prices import read_prices
from gatelog.record.events import Usage

HEAD = "model,prompt,completion,cached,valid_from\n"
LIST = read_prices(HEAD + "gpt-4o,5,15,2.5,2024-05-13\ngpt-4o,2.5,10,1.25,2024-08-06\ngpt-4o-mini,0.15,0.6,0.075,2024-07-18\n")
JUNE_2024, YEAR_2026 = 1_717_200_000 * 10**9, 1_767_225_600 * 10**9


@pytest.mark.parametrize(
    ("model", "time", "price_id"),
    [
        ("gpt-4o", YEAR_2026, "gpt-4o@2024-08-06"),
        ("gpt-4o", JUNE_2024, "gpt-4o@2024-05-13"),
        ("gpt-4o", 0, "gpt-4o@2024-05-13"),
        ("GPT-4o-2024-08-06", YEAR_2026, "gpt-4o@2024-08-06"),
        ("gpt-4o-mini-2024-07-18", YEAR_2026, "gpt-4o-mini@2024-07-18"),
        ("gpt-4omni", YEAR_2026, None),
        ("", YEAR_2026, None),
    ],
)
def test_which_price(model: str, time: int, price_id: str | None) -> None:
    found = LIST.price_of(model, time)
    assert (found.id if found else None) == price_id


def test_cached_tokens_cost_less() -> None:
    price = LIST.price_of("gpt-4o", YEAR_2026)
    assert price is not None
    assert price.cost(Usage(prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=100_000)) == pytest.approx(
        1.5 + 0.5 + 1.0
    )


def test_the_list_that_ships_reads_and_knows_the_common_models() -> None:
    text = files("gatelog.llm").joinpath("prices.csv").read_text(encoding="utf-8")
    prices = read_prices(text)
    for model in (
        "gpt-35-turbo",
        "gpt-4o-2024-08-06",
        "gpt-4o-mini",
        "o4-mini-2025-04-16",
        "text-embedding-3-small",
        "gpt-5-nano",
    ):
        assert prices.price_of(model, YEAR_2026) is not None


@pytest.mark.parametrize(
    ("text", "line"), [("a,b\n", 1), (HEAD + "m,1,2,3,2024-01-01\nm,1,x,3,2024-01-01\n", 3), (HEAD + "m,1,2,3,soon\n", 2)]
)
def test_mistakes_name_their_line(text: str, line: int) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_prices(text, "prices.csv")
    assert caught.value.problems[0].line == line
