"""Measures queries over stored calls: `python bench/store_queries.py [--rows N] [--chdb]`.

KQL on the store, beside SQL written by hand over the same files: once on the text of the bodies, once on the columns that were
shredded from it; with --chdb also ClickHouse (in process) over the same rows. Best of three. Results go to
bench/results/store-queries.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from store_data import Texts, calls

from gatelog.catalog.entities import Service
from gatelog.clock import SystemClock
from gatelog.kql.api import compile
from gatelog.schema.query import Limits, Output, Query, ResultColumn, Scan, SqlStep
from gatelog.schema.tables import API_MANAGEMENT_GATEWAY_LOGS
from gatelog.schema.types import KqlType
from gatelog.storage import open_storage
from gatelog.storage.interface import Batch, Storage
from gatelog.workspace.rows.call import Call, Origin
from gatelog.workspace.rows.gateway_logs import gateway_log_row

RESULTS = Path(__file__).parent / "results" / "store-queries.json"
TABLE = API_MANAGEMENT_GATEWAY_LOGS.name
TOKENS = f"""{TABLE}
| where tolower(OperationId) in ('completions_create', 'chatcompletions_create')
| where ResponseCode == '200'
| extend model = tostring(parse_json(BackendResponseBody)['model'])
| extend prompttokens = todecimal(parse_json(BackendResponseBody)['usage']['prompt_tokens'])
| extend completiontokens = todecimal(parse_json(BackendResponseBody)['usage']['completion_tokens'])
| extend totaltokens = todecimal(parse_json(BackendResponseBody)['usage']['total_tokens'])
| extend ip = CallerIpAddress
| summarize sum(todecimal(prompttokens)), sum(todecimal(completiontokens)), sum(todecimal(totaltokens)),
    avg(todecimal(totaltokens)) by ip, model"""
QUESTIONS = {
    "tokens by caller and model": TOKENS,
    "calls a minute": f"{TABLE} | summarize count() by bin(TimeGenerated, 1m)",
    "p95 by api": f"{TABLE} | summarize percentile(TotalTime, 95) by ApiId",
    "distinct callers": f"{TABLE} | summarize dcount(CallerIpAddress), dcount(ApiId)",
    "a rare word": f"{TABLE} | where RequestBody has 'kryptonite' | count",
    "last 100 errors": f"{TABLE} | where ResponseCode == 429 | top 100 by TimeGenerated",
    "one call": f"{TABLE} | where CorrelationId == 'id-4711'",
    "take 10": f"{TABLE} | take 10",
}
BODY, USAGE = '"BackendResponseBody"', "BackendResponseBody$usage"
FILTER = (
    """WHERE lower("OperationId") IN ('completions_create', 'chatcompletions_create') AND "ResponseCode" = 200 GROUP BY 1, 2"""
)
SUMS = "sum({0}::DECIMAL(38, 18)), sum({1}::DECIMAL(38, 18)), sum({2}::DECIMAL(38, 18)), avg({2}::DECIMAL(38, 18))"
NAMES = ("prompt_tokens", "completion_tokens", "total_tokens")
ON_TEXT = SUMS.format(*(f"({BODY}->>'$.usage.{name}')" for name in NAMES))
ON_COLUMNS = SUMS.format(*(f'"{USAGE}.{name}"' for name in NAMES))
COLUMNS = ("BackendResponseBody$model", *(f"{USAGE}.{name}" for name in NAMES))
BY_HAND = {
    "tokens, SQL on text": (
        f"""SELECT "CallerIpAddress", {BODY}->>'$.model', {ON_TEXT} FROM s {FILTER}""",
        ("OperationId", "ResponseCode", "CallerIpAddress", "BackendResponseBody"),
    ),
    "tokens, SQL on columns": (
        f"""SELECT "CallerIpAddress", "BackendResponseBody$model"->>'$', {ON_COLUMNS} FROM s {FILTER}""",
        ("OperationId", "ResponseCode", "CallerIpAddress", *COLUMNS),
    ),
}


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows of calls, as ingest makes them."""
    origin = Origin("w", Service().region)
    for request, response in calls(count, time.time_ns(), Texts()):
        yield gateway_log_row(Call(request, response), origin)


def fill(store: Storage, count: int) -> None:
    """Define the table and append the rows."""
    store.define(API_MANAGEMENT_GATEWAY_LOGS)
    source, number = rows(count), 0
    while some := list(islice(source, 1000)):
        number += 1
        store.append(Batch({TABLE: some}, "bench", {"bench": number.to_bytes(8, "big")}))
    store.flush()


def best(run: Callable[[], Any]) -> float:
    """Milliseconds of the fastest of three."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        run()
        found.append((time.perf_counter() - began) * 1000)
    return round(min(found), 1)


def measure(store: Storage, dialect: str) -> dict[str, float]:
    """Every question."""
    found = {}
    for name, text in QUESTIONS.items():
        query = compile(text, store.schema(), time.time_ns(), dialect=dialect)
        found[name] = best(lambda query=query: store.fetch(query, Limits()))  # type: ignore[misc]
    return found


def by_hand(store: Storage) -> dict[str, float]:
    """The same token question in SQL."""
    found = {}
    for name, (sql, columns) in BY_HAND.items():
        output = Output("PrimaryResult", "r", (ResultColumn("ip", KqlType.STRING, 0),))
        query = Query((Scan("s", TABLE, columns),), (SqlStep("r", sql),), (output,))
        found[name] = best(lambda query=query: store.fetch(query, Limits()))  # type: ignore[misc]
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--chdb", action="store_true")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"rows": arguments.rows}
    for engine, url in (("duckdb", ""), ("clickhouse", "chdb")):
        if engine == "clickhouse" and not arguments.chdb:
            continue
        with tempfile.TemporaryDirectory() as folder:
            store = open_storage(url and f"chdb://{folder}/chdb", Path(folder) / "store", SystemClock(), 0, {})
            began = time.perf_counter()
            fill(store, arguments.rows)
            found[engine] = {"rows_per_second": round(arguments.rows / (time.perf_counter() - began)), **measure(store, engine)}
            if engine == "duckdb":
                found[engine] |= by_hand(store)
                size = sum(path.stat().st_size for path in (Path(folder) / "store").rglob("*") if path.is_file())
                found[engine]["bytes_per_row"] = round(size / arguments.rows)
            store.close()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
