"""All rows of the catalogue, family by family."""

from __future__ import annotations

from gatelog.kql.catalog import aggregates, convert, dynamic, numbers, series, strings, windows
from gatelog.kql.catalog.rows import catalogue

CATALOGUE = catalogue(
    (
        *strings.FUNCTIONS,
        *numbers.FUNCTIONS,
        *convert.FUNCTIONS,
        *dynamic.FUNCTIONS,
        *series.FUNCTIONS,
        *windows.FUNCTIONS,
    ),
    aggregates.AGGREGATES,
)
