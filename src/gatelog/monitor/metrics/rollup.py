"""Finished minutes become rows of AzureMetrics (without dimensions, as Azure exports) and AzureMetricsV2 (with them), once.

A minute is finished when it is over and everything that the journal held at that moment is in the tables; GatelogCalls rows
carry the time of the call's end, so nothing can be added to it later. The last exported minute is read back from the tables:
a restart goes on there, and minutes without calls leave no rows.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gatelog.catalog.entities import Configuration
from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.monitor.metrics.definitions import ACCOUNTS, SERVICE, Metric, metrics_of
from gatelog.monitor.metrics.series import MINUTE, Ask, Point, RunKql, Series, datetime_literal, series_of
from gatelog.record.events import RowsEvent

log = logging.getLogger("gatelog.monitor")

SETTLE = 2_000_000_000
"""ns after a minute's end before it is looked at."""
LOOK_SECONDS = 5.0
MOST_BACK = 24 * 60 * MINUTE
"""A gap longer than that (metrics were switched off) is not filled."""
METRICS_CATEGORY = "AllMetrics"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource whose metrics are exported."""

    id: str
    namespace: str


def exported_resources(configuration: Configuration) -> Iterator[Resource]:
    """Resources with a diagnostic setting that sends AllMetrics to the workspace; all of them when there is no setting at all."""
    wanted = {
        setting.resource_id.lower()
        for setting in configuration.diagnostic_settings
        if setting.workspace_id and METRICS_CATEGORY in setting.metric_categories
    }
    everything = [Resource(configuration.service.resource_id, SERVICE)]
    everything += [Resource(account.resource_id, ACCOUNTS) for account in configuration.accounts]
    for resource in everything:
        if not configuration.diagnostic_settings or resource.id.lower() in wanted:
            yield resource


class Rollup:
    """Exports finished minutes in a thread of its own."""

    def __init__(
        self,
        run: RunKql,
        catch_up: Callable[[float], bool],
        append: Callable[..., None],
        configuration: Callable[[], Configuration],
        clock: Clock,
    ) -> None:
        """`catch_up(seconds)`: wait until the tables hold what the journal holds now. `append(*events)`: into the journal."""
        self._run_kql = run
        self._catch_up = catch_up
        self._append = append
        self._configuration = configuration
        self._clock = clock
        self._exported_to: int | None = None
        """End of the last exported minute, ns since 1970."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """The thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish the minute at hand and end."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.export_finished_minutes()
            except GatelogError as error:
                log.warning("metrics were not exported, trying again: %s", error)

    def export_finished_minutes(self) -> int:
        """Export every finished minute that is not exported yet; the number of rows."""
        until = (self._clock.now() - SETTLE) // MINUTE * MINUTE
        since = self._exported_to if self._exported_to is not None else self._resume(until)
        if until <= since or not self._catch_up(LOOK_SECONDS):
            return 0
        rows: dict[str, list[dict[str, Any]]] = {"AzureMetrics": [], "AzureMetricsV2": []}
        if self._any_calls(since, until):
            for resource in exported_resources(self._configuration()):
                for metric in metrics_of(resource.namespace):
                    self._add(rows, resource, metric, since, until)
        events = [self._event(table, some) for table, found in rows.items() for some in _pieces(found)]
        if events:
            self._append(*events)
        self._exported_to = until
        return sum(len(found) for found in rows.values())

    def _resume(self, until: int) -> int:
        """Where an earlier run ended, or as far back as there are calls."""
        newest = self._time("AzureMetricsV2 | summarize max(TimeGenerated)")
        resumed = newest + MINUTE if newest is not None else self._time("GatelogCalls | summarize min(TimeGenerated)")
        return until if resumed is None else max(resumed // MINUTE * MINUTE, until - MOST_BACK)

    def _time(self, kql: str) -> int | None:
        """The one time of an answer, ns since 1970."""
        moment = self._run_kql(kql).data.column(0)[0].as_py()
        return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000_000

    def _any_calls(self, since: int, until: int) -> bool:
        table = self._run_kql(
            f"GatelogCalls | where TimeGenerated >= {datetime_literal(since)} "
            f"and TimeGenerated < {datetime_literal(until)} | count"
        )
        return bool(table.data.column(0)[0].as_py())

    def _add(self, rows: dict[str, list[dict[str, Any]]], resource: Resource, metric: Metric, since: int, until: int) -> None:
        ask = Ask(metric=metric, resource_id=resource.id, start=since, end=until, interval=MINUTE)
        if metric.exportable:
            for series in series_of(ask, self._run_kql):
                rows["AzureMetrics"] += [_row(resource, metric, point) for point in series.points]
        split = Ask(
            metric=metric, resource_id=resource.id, start=since, end=until, interval=MINUTE, split_by=tuple(metric.dimensions)
        )
        for series in series_of(split, self._run_kql):
            rows["AzureMetricsV2"] += [_row_with_dimensions(resource, metric, point, series) for point in series.points]

    def _event(self, table: str, rows: Sequence[Mapping[str, Any]]) -> RowsEvent:
        return RowsEvent(time=self._clock.now(), table=table, rows=orjson.dumps(rows), source="gatelog/metrics")


def _pieces(rows: Sequence[Mapping[str, Any]], size: int = 2000) -> Iterator[Sequence[Mapping[str, Any]]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _common(resource: Resource, metric: Metric, point: Point) -> dict[str, Any]:
    parts = resource.id.split("/")
    return {
        "TimeGenerated": _iso(point.time),
        "_ResourceId": resource.id.lower(),
        "_SubscriptionId": parts[2] if len(parts) > 2 else "",
        "MetricName": metric.name,
        "TimeGrain": "PT1M",
        "UnitName": metric.unit,
        "Total": point.total,
        "Count": point.count,
        "Maximum": point.maximum,
        "Minimum": point.minimum,
        "Average": point.average,
        "SourceSystem": "Azure",
    }


def _row(resource: Resource, metric: Metric, point: Point) -> dict[str, Any]:
    parts = resource.id.split("/")
    return _common(resource, metric, point) | {
        "ResourceId": resource.id.upper(),
        "Resource": parts[-1].upper(),
        "ResourceGroup": parts[4].upper() if len(parts) > 4 else "",
        "ResourceProvider": metric.namespace.split("/")[0].upper(),
        "SubscriptionId": parts[2] if len(parts) > 2 else "",
        "Type": "AzureMetrics",
    }


def _row_with_dimensions(resource: Resource, metric: Metric, point: Point, series: Series) -> dict[str, Any]:
    return _common(resource, metric, point) | {
        "ResourceId": resource.id.upper(),
        "MetricCategory": METRICS_CATEGORY,
        "MetricResourceType": metric.namespace,
        "Dimensions": dict(series.dimensions),
        "Type": "AzureMetricsV2",
    }
