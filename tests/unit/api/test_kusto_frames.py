"""Both response formats, whole, progressive and cut."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest

from gatelog.api.kusto_errors import Context
from gatelog.api.kusto_frames import v1_answer, v2_answer
from gatelog.schema.query import Result, ResultColumn, ResultTable
from gatelog.schema.types import KqlType

CONTEXT = Context("crid", "00000000-0000-0000-0000-000000000001", 1_717_588_800_123_456_700)


def result(*names: str, rows: int = 2, truncated: str = "") -> Result:
    column = ResultColumn("x", KqlType.LONG, 0)
    drawn = {"Visualization": "piechart"}
    tables = [ResultTable(name, (column,), pa.table({"x": pa.array(range(rows), pa.int64())}), drawn) for name in names]
    return Result(tuple(tables), 0.5, 10, truncated)


def frames(answer: Result, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(v2_answer(answer, CONTEXT, options))
    return found


def test_version_2() -> None:
    found = frames(result("PrimaryResult"))
    assert [frame["FrameType"] for frame in found] == [
        "DataSetHeader",
        "DataTable",
        "DataTable",
        "DataTable",
        "DataSetCompletion",
    ]
    assert [frame.get("TableKind") for frame in found[1:4]] == ["QueryProperties", "PrimaryResult", "QueryCompletionInformation"]
    assert [frame["TableId"] for frame in found[1:4]] == [0, 1, 2]
    assert orjson.loads(found[1]["Rows"][0][2])["Visualization"] == "piechart"
    assert found[2]["Columns"] == [{"ColumnName": "x", "ColumnType": "long"}] and found[2]["Rows"] == [[0], [1]]
    assert found[3]["Rows"][0][:3] == ["2024-06-05T12:00:00.1234567Z", "crid", CONTEXT.activity_id]
    assert orjson.loads(found[3]["Rows"][1][11])["ExecutionTime"] == 0.5
    assert found[4] == {"FrameType": "DataSetCompletion", "HasErrors": False, "Cancelled": False}


def test_several_tables() -> None:
    found = frames(result("a", "b"))
    assert [(frame["TableId"], frame["TableName"]) for frame in found if frame.get("TableKind") == "PrimaryResult"] == [
        (1, "a"),
        (2, "b"),
    ]
    assert [row[0] for row in found[1]["Rows"]] == [1, 2]


def test_progressive_frames() -> None:
    found = frames(result("PrimaryResult", rows=10_001), results_progressive_enabled=True)
    assert found[0]["IsProgressive"] is True and found[0]["IsFragmented"] is True
    middle = [frame["FrameType"] for frame in found[2:-2]]
    assert middle == ["TableHeader", "TableFragment", "TableProgress", "TableFragment", "TableProgress", "TableCompletion"]
    fragments = [frame for frame in found if frame["FrameType"] == "TableFragment"]
    assert sum(len(frame["Rows"]) for frame in fragments) == 10_001 and found[-3]["RowCount"] == 10_001
    assert [frame["TableProgress"] for frame in found if frame["FrameType"] == "TableProgress"] == [100.0, 100.0]


@pytest.mark.parametrize("placement", ["in_data", "end_of_table", "end_of_dataset"])
def test_a_cut_answer(placement: str) -> None:
    found = frames(result("PrimaryResult", truncated="too many"), results_error_reporting_placement=placement)
    rows = found[2]["Rows"]
    assert ("OneApiErrors" in rows[-1]) is (placement != "end_of_dataset")
    assert found[-1]["HasErrors"] and found[-1]["OneApiErrors"][0]["error"]["code"] == "LimitsExceeded"
    assert found[3]["Rows"][0][5:7] == [2, "Error"]
    deferred = frames(result("PrimaryResult", truncated="too many"), deferpartialqueryfailures=True)
    assert deferred[-1]["HasErrors"] is False and deferred[2]["Rows"] == [[0], [1]]


def test_newlines() -> None:
    text = v2_answer(result("PrimaryResult"), CONTEXT, {"results_v2_newlines_between_frames": True})
    assert len(text.split(b"\n")) == 6 and isinstance(orjson.loads(text), list)


def test_version_1() -> None:
    found = orjson.loads(v1_answer(result("a", "b"), CONTEXT, {}))
    tables = found["Tables"]
    assert [table["TableName"] for table in tables] == [f"Table_{index}" for index in range(5)]
    assert tables[0]["Columns"] == [{"ColumnName": "x", "DataType": "Int64", "ColumnType": "long"}]
    assert [row[1:3] for row in tables[4]["Rows"]] == [
        ["QueryResult", "a"],
        ["QueryResult", "b"],
        ["QueryProperties", "@ExtendedProperties"],
        ["QueryStatus", "QueryStatus"],
    ]
    assert "Exceptions" not in found
    assert "80DA0003" in orjson.loads(v1_answer(result("a", truncated="x"), CONTEXT, {}))["Exceptions"][0]
