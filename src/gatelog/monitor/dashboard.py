"""Dashboards: what a file must say, and the KQL of a tile for a time range and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from gatelog.errors import InvalidDocument, Problem

CHARTS = ("number", "table", "timechart", "areachart", "columnchart", "barchart", "piechart", "scatterchart", "anomalychart")


@dataclass(frozen=True, slots=True)
class Tile:
    """One chart."""

    title: str
    chart: str
    """One of `CHARTS`."""
    kql: str
    """May use `Calls` (GatelogCalls in the range, filtered), `_from`, `_to` and `_step`."""
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of tiles."""

    id: str
    title: str
    tiles: tuple[Tile, ...]
    order: int = 100
    is_built_in: bool = False

    def as_json(self) -> dict[str, Any]:
        """What the REST API and files say."""
        tiles = [{"title": tile.title, "chart": tile.chart, "kql": tile.kql, "stacked": tile.stacked} for tile in self.tiles]
        return {"id": self.id, "title": self.title, "order": self.order, "builtIn": self.is_built_in, "tiles": tiles}


def read_dashboard(dashboard_id: str, document: Any, *, is_built_in: bool = False) -> Dashboard:
    """A dashboard from its document. Raises `InvalidDocument` with the JSON path of everything that is wrong."""
    problems: list[Problem] = []
    if not isinstance(document, Mapping):
        raise InvalidDocument([Problem("expected an object with title and tiles", place="$")])
    title = document.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append(Problem("expected a text", place="$.title"))
    tiles = document.get("tiles")
    if not isinstance(tiles, Sequence) or isinstance(tiles, str):
        problems.append(Problem("expected a list", place="$.tiles"))
        tiles = ()
    found = [_tile(tile, f"$.tiles[{index}]", problems) for index, tile in enumerate(tiles)]
    order = document.get("order", 100)
    if not isinstance(order, int):
        problems.append(Problem("expected a whole number", place="$.order"))
    if problems:
        raise InvalidDocument(problems)
    return Dashboard(dashboard_id, str(title), tuple(tile for tile in found if tile), int(order), is_built_in)


def _tile(document: Any, place: str, problems: list[Problem]) -> Tile | None:
    if not isinstance(document, Mapping):
        problems.append(Problem("expected an object with title, chart and kql", place=place))
        return None
    texts = {name: document.get(name) for name in ("title", "chart", "kql")}
    wrong = [name for name, text in texts.items() if not isinstance(text, str) or not text.strip()]
    problems += [Problem("expected a text", place=f"{place}.{name}") for name in wrong]
    if "chart" not in wrong and texts["chart"] not in CHARTS:
        problems.append(Problem(f"expected one of {', '.join(CHARTS)}, found {texts['chart']!r}", place=f"{place}.chart"))
        return None
    if wrong:
        return None
    return Tile(str(texts["title"]), str(texts["chart"]), str(texts["kql"]), bool(document.get("stacked", False)))


def built_in_dashboards() -> tuple[Dashboard, ...]:
    """Those that ship with gatelog, in their order."""
    folder = files("gatelog.monitor.dashboards")
    found = [
        read_dashboard(entry.name.removesuffix(".yaml"), yaml.safe_load(entry.read_text(encoding="utf-8")), is_built_in=True)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return tuple(sorted(found, key=lambda dashboard: dashboard.order))


def kql_of_tile(tile: Tile, conditions: Sequence[str] = ()) -> str:
    """The tile's query with its parameters declared; `conditions` are KQL conditions on GatelogCalls."""
    filters = "".join(f" | where {condition}" for condition in conditions)
    return (
        "declare query_parameters(_from:datetime, _to:datetime, _step:timespan);\n"
        f"let Calls = GatelogCalls | where TimeGenerated between (_from .. _to){filters};\n{tile.kql}"
    )
