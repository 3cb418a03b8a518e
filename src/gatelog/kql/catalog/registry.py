"""All rows of the catalogue, family by family."""

from __future__ import annotations

from dataclasses import replace

from gatelog.kql.catalog import (
    aggregates,
    arrays,
    convert,
    dates,
    dynamic,
    net,
    numbers,
    patterns,
    series,
    sketches,
    strings,
    units,
    windows,
)
from gatelog.kql.catalog.rows import Function, catalogue

FAMILIES: dict[str, tuple[Function, ...]] = {
    "text": strings.FUNCTIONS,
    "regular expressions": patterns.FUNCTIONS,
    "numbers": numbers.FUNCTIONS,
    "units": units.FUNCTIONS,
    "dates and times": dates.FUNCTIONS,
    "conversions and choices": convert.FUNCTIONS,
    "dynamic values": dynamic.FUNCTIONS,
    "arrays": arrays.FUNCTIONS,
    "series": series.FUNCTIONS,
    "addresses, URLs, hashes": net.FUNCTIONS,
    "sketches": sketches.FUNCTIONS,
    "window functions": windows.FUNCTIONS,
}
"""Title of a family -> its rows, in the order of the docs."""

CATALOGUE = catalogue(
    [replace(row, family=family) for family, rows in FAMILIES.items() for row in rows],
    aggregates.AGGREGATES,
)
