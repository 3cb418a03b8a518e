"""What tokens cost: a list of prices by model and date, and the cost of one call.

Prices are US dollars for a million tokens, as CSV with the columns `model,prompt,completion,cached,valid_from`. A model that the
list does not name takes the price of the longest listed name that it begins with, up to a dash (`gpt-4o-2024-08-06` -> `gpt-4o`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gatelog.errors import InvalidDocument, Problem
from gatelog.record.events import Usage

COLUMNS = ("model", "prompt", "completion", "cached", "valid_from")
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of one model, from a day on."""

    model: str
    prompt: float
    completion: float
    cached: float
    """Prompt tokens that the provider read from its cache."""
    valid_from: str
    """`2024-08-06`."""

    @property
    def id(self) -> str:
        """Stored with each cost, so that it can be found out later which price was meant."""
        return f"{self.model}@{self.valid_from}"

    def cost(self, usage: Usage) -> float:
        """US dollars of one call."""
        fresh = max(usage.prompt_tokens - usage.cached_tokens, 0)
        return (fresh * self.prompt + usage.cached_tokens * self.cached + usage.completion_tokens * self.completion) / MILLION


class PriceList:
    """Prices by model; the newest that is valid at a time counts."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._by_model: dict[str, list[Price]] = {}
        for price in sorted(prices, key=lambda price: price.valid_from, reverse=True):
            self._by_model.setdefault(price.model.lower(), []).append(price)

    def price_of(self, model: str, time: int) -> Price | None:
        """The price of a model at a time (ns since 1970); before the first one, the first one. None: an unknown model."""
        name = model.lower()
        while name:
            if found := self._by_model.get(name):
                day = datetime.fromtimestamp(time / 1e9, UTC).strftime("%Y-%m-%d")
                return next((price for price in found if price.valid_from <= day), found[-1])
            name = name.rpartition("-")[0]
        return None


def read_prices(text: str, place: str = "") -> PriceList:
    """A price list from CSV. Raises `InvalidDocument` with the line of everything that is wrong."""
    rows = csv.DictReader(io.StringIO(text))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise InvalidDocument([Problem(f"expected the columns {','.join(COLUMNS)}", place=place, line=1, column=1)])
    problems: list[Problem] = []
    prices = []
    for row in rows:
        try:
            prompt, completion, cached = (float(row[name]) for name in COLUMNS[1:4])
            datetime.strptime(row["valid_from"], "%Y-%m-%d")
        except (TypeError, ValueError) as error:
            problems.append(
                Problem(f"expected three numbers and a date such as 2024-08-06 ({error})", place=place, line=rows.line_num)
            )
            continue
        prices.append(Price(row["model"], prompt, completion, cached, row["valid_from"]))
    if problems:
        raise InvalidDocument(problems)
    return PriceList(prices)
