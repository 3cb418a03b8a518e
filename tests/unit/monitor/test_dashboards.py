"""Dashboards: every built-in tile answers; files are checked whole; people's dashboards are stored."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from metric_workspace import call, workspace_of

from gatelog import kql
from gatelog.api.dashboards import Dashboards
from gatelog.clock import SystemClock
from gatelog.errors import InvalidDocument
from gatelog.monitor.dashboard import built_in_dashboards, kql_of_tile, read_dashboard
from gatelog.schema.query import Limits

PARAMETERS = {"_from": "datetime(2026-01-01)", "_to": "datetime(2026-01-02)", "_step": "1h"}
NOW = 1_767_300_000_000_000_000


def test_the_four_groups_come_first() -> None:
    titles = [dashboard.title for dashboard in built_in_dashboards()]
    assert titles[:4] == ["HTTP Requests", "Tokens-Based Usage", "PTU Utilization", "Fine-tuning"]


def test_every_tile_answers(tmp_path: Path) -> None:
    calls = [
        call(
            "2026-01-01T00:00:10Z",
            FilterFindings=[{"TextType": "Prompt", "Category": "hate", "Severity": "low", "Filtered": False}],
        ),
        call("2026-01-01T01:00:10Z", ModelName="gpt-4o", PtuUtilization=30.0),
    ]
    with workspace_of(tmp_path, SystemClock(), calls) as workspace:
        schema = workspace.schema()
        for dashboard in built_in_dashboards():
            for tile in dashboard.tiles:
                text = kql_of_tile(tile, ['ModelName in ("gpt-4o", "gpt-35-turbo")'])
                result = workspace.fetch(kql.compile(text, schema, NOW, parameters=PARAMETERS), Limits())
                assert result.tables[0].data.num_rows or dashboard.id == "fine-tuning", f"{dashboard.id}: {tile.title}"


def test_mistakes_name_their_place() -> None:
    document = {"title": "", "tiles": [{"title": "a", "chart": "spiral", "kql": "print 1"}, {"chart": "table"}, 5]}
    with pytest.raises(InvalidDocument) as caught:
        read_dashboard("x", document)
    assert [problem.place for problem in caught.value.problems] == [
        "$.title",
        "$.tiles[0].chart",
        "$.tiles[1].title",
        "$.tiles[1].kql",
        "$.tiles[2]",
    ]


def test_peoples_dashboards(tmp_path: Path) -> None:
    dashboards = Dashboards(tmp_path / "dashboards")
    before = len(dashboards.all())
    dashboards.put("mine", {"title": "Mine", "tiles": [{"title": "Ü", "chart": "table", "kql": "print 1"}]})
    assert Dashboards(tmp_path / "dashboards").get("mine") == dashboards.get("mine") is not None
    assert len(dashboards.all()) == before + 1
    assert dashboards.delete("mine") and not dashboards.delete("mine")


@pytest.mark.parametrize("dashboard_id", ["../evil", "UPPER", "", "a" * 64])
def test_ids_cannot_leave_the_folder(tmp_path: Path, dashboard_id: str) -> None:
    with pytest.raises(InvalidDocument):
        Dashboards(tmp_path).put(dashboard_id, {"title": "x", "tiles": []})
