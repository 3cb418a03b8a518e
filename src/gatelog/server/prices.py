"""The price list: the one that ships with gatelog, or an operator's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from gatelog.errors import GatelogError
from gatelog.llm.prices import PriceList, read_prices


def price_list(path: Path | None) -> PriceList:
    """Prices of a file (None: the built-in list). Raises `GatelogError` (unreadable) and `InvalidDocument` (wrong)."""
    if path is None:
        return read_prices(files("gatelog.llm").joinpath("prices.csv").read_text(encoding="utf-8"), "prices.csv")
    try:
        return read_prices(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise GatelogError(f"--prices {path}: {error.strerror}") from error
