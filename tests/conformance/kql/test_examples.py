"""Every example of the catalogue answers what its row says: what the docs print is what the engine does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gatelog.kql.catalog.registry import CATALOGUE
from gatelog.kql.catalog.rows import Aggregate, Function

sys.path.insert(0, str(Path(__file__).parent))

import runner

ROWS: dict[str, Function | Aggregate] = {
    **{row.name: row for row in CATALOGUE.functions.values()},
    **{f"{row.name} (aggregate)": row for row in CATALOGUE.aggregates.values()},
}
CASES = [(name, index) for name, row in ROWS.items() for index in range(len(row.examples))]


@pytest.mark.parametrize(("name", "index"), CASES, ids=[f"{name}-{index}" for name, index in CASES])
def test_example(name: str, index: int) -> None:
    example = ROWS[name].examples[index]
    _, _, rows = runner.run(example.query)
    assert [tuple(map(_rounded, row)) for row in rows] == [tuple(map(_rounded, row)) for row in example.rows]


def _rounded(value: object) -> object:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def test_every_row_has_a_document_and_an_example() -> None:
    missing = [name for name, row in ROWS.items() if not row.doc or not row.examples]
    assert missing == []
