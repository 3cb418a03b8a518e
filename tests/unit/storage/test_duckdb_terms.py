"""The term index changes how fast `has` answers, never what it answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelog.clock import FixedClock
from gatelog.kql.api import compile
from gatelog.schema.query import Limits
from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.storage.duckdb import terms
from gatelog.storage.duckdb.store import DuckDbStorage
from gatelog.storage.interface import Batch, Filter

NOW = 1_763_700_000_000_000_000
TABLE = Table(
    "Calls",
    (
        Column("TimeGenerated", KqlType.DATETIME),
        Column("N", KqlType.LONG),
        Column("RequestBody", KqlType.STRING, body=True),
        Column("ResponseBody", KqlType.STRING, body=True),
    ),
)
WORDS = ["alpha", "Beta", "gamma-ray", "ÄRGER", "x1", "id 77", "tea/time", "no_body", "日本", "don't"]


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "RUN", 50)


def fill(store: DuckDbStorage, count: int, seed: int = 1, first: int = 0) -> None:
    chance = random.Random(seed)
    store.define(TABLE)
    rows = []
    for number in range(first, first + count):
        words = [chance.choice(WORDS) if chance.random() < 0.05 else f"w{chance.randrange(40)}" for _ in range(6)]
        rows.append({"N": number, "RequestBody": " ".join(words), "ResponseBody": f"unique{number} Common"})
    store.append(Batch({"Calls": rows}))


@pytest.fixture
def store(tmp_path: Path, small_runs: None) -> Iterator[DuckDbStorage]:
    opened = DuckDbStorage(tmp_path, FixedClock(NOW))
    fill(opened, 530)
    yield opened
    opened.close()


def answers(store: DuckDbStorage) -> dict[str, list[int]]:
    conditions = [f"RequestBody has {word!r}".replace("'", '"', 1)[:-1] + '"' for word in WORDS if "'" not in word]
    conditions += [
        'ResponseBody has "UNIQUE77"',
        'ResponseBody has "common"',
        'RequestBody has "w3" and ResponseBody has "unique120"',
    ]
    conditions += ['ResponseBody has "nowhere"', 'RequestBody has "alpha" and RequestBody has "beta"', 'RequestBody !has "w3"']
    conditions += ['RequestBody has "w3" or ResponseBody has "unique5"', 'ResponseBody has "unique529"']
    found = {}
    for condition in conditions:
        query = compile(f"Calls | where {condition} | project N | order by N asc", store.schema(), NOW)
        found[condition] = store.fetch(query, Limits()).tables[0].data.column(0).to_pylist()
    return found


def test_the_index_changes_no_answer(store: DuckDbStorage, tmp_path: Path) -> None:
    before = answers(store)
    assert before['ResponseBody has "UNIQUE77"'] == [77] and len(before['ResponseBody has "common"']) == 530
    assert store.index_terms() == 20 and store.index_terms() == 0
    assert answers(store) == before
    fill(store, 40, 2, 530)
    assert answers(store)['ResponseBody has "nowhere"'] == []
    store.purge("Calls", [Filter("N", ">=", 530)])
    assert not list(tmp_path.glob("terms-*")) and answers(store) == before
    store.index_terms()
    store.close()
    again = DuckDbStorage(tmp_path, FixedClock(NOW))
    assert again.index_terms() == 0 and answers(again) == before
    again.close()
    store.__init__(tmp_path, FixedClock(NOW))  # type: ignore[misc]


def test_a_rare_word_reads_few_rows(store: DuckDbStorage) -> None:
    store.index_terms()
    index = store._index
    month = next(iter(store.parts.view()))
    cursor = store._connection.cursor()
    found = index.candidates(month, "Calls", [("ResponseBody", terms.hash_of(cursor, "unique77"))])
    assert found is not None and found.stretches == ((78, 78),) and found.after == 500
    assert index.candidates(month, "Calls", [("ResponseBody", terms.hash_of(cursor, "common"))]) is None
    assert index.candidates(month, "Calls", [("Other", 1)]) is None
    cursor.close()


@pytest.mark.parametrize("damage", [b"", b"GLTI", b"\0" * 100], ids=["engine", "cut", "zeros"])
def test_a_damaged_index_is_made_again(store: DuckDbStorage, tmp_path: Path, damage: bytes) -> None:
    before = answers(store)
    store.index_terms()
    store.close()
    (path,) = tmp_path.glob("terms-*.idx")
    path.write_bytes(path.read_bytes()[:-7] + damage if damage else path.read_bytes().replace(b'"engine":"', b'"engine":"0'))
    store.__init__(tmp_path, FixedClock(NOW))  # type: ignore[misc]
    assert not path.exists() and answers(store) == before
    assert store.index_terms() == 20 and answers(store) == before


def test_many_places_are_joined() -> None:
    places = [(number * 10, number * 10) for number in range(200)]
    joined = terms._coarser(places, 64)
    assert len(joined) <= 64 and joined[0][0] == 0 and joined[-1][1] == 1990
