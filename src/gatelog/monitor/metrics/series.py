"""A metric over a time range: the KQL that counts it, and its answer as points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from gatelog.errors import GatelogError
from gatelog.monitor.metrics.definitions import ACCOUNTS, Metric
from gatelog.schema.query import ResultTable

MINUTE = 60 * 1_000_000_000

RunKql = Callable[[str], ResultTable]
"""KQL text -> its first table."""


class MetricError(GatelogError):
    """A metric request cannot be answered: which part of it, and what was expected."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition of a filter on a dimension."""

    dimension: str
    operator: str
    """`eq`, `ne` or `startswith`."""
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of one metric of one resource."""

    metric: Metric
    resource_id: str
    start: int
    """Inclusive, ns since 1970."""
    end: int
    """Exclusive."""
    interval: int
    """ns; a multiple of a minute. 0: the whole range is one point."""
    split_by: tuple[str, ...] = ()
    conditions: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One interval of one series."""

    time: int
    """Start of the interval, ns since 1970."""
    total: float
    count: float
    maximum: float
    minimum: float

    @property
    def average(self) -> float:
        return self.total / self.count


@dataclass(frozen=True, slots=True)
class Series:
    """Points with the same values of the dimensions that were split by."""

    dimensions: Mapping[str, str]
    points: tuple[Point, ...]


def kql_of(ask: Ask) -> str:
    """The question in KQL; every value that a person gave is a quoted literal."""
    metric = ask.metric
    owner = "AccountId" if metric.namespace == ACCOUNTS else "_ResourceId"
    used = dict.fromkeys((*ask.split_by, *(condition.dimension for condition in ask.conditions)))
    dimensions = {name: _dimension(metric, name) for name in used}
    extended = "".join(f", D_{index} = {expression}" for index, expression in enumerate(dimensions.values()))
    places = {name: f"D_{index}" for index, name in enumerate(dimensions)}
    step = (
        f"bin_at(TimeGenerated, {ask.interval // MINUTE}m, {datetime_literal(ask.start)})"
        if ask.interval
        else datetime_literal(ask.start)
    )
    keys = ", ".join(["Slot", *(places[name] for name in ask.split_by)])
    lines = [
        "GatelogCalls",
        f"| where TimeGenerated >= {datetime_literal(ask.start)} and TimeGenerated < {datetime_literal(ask.end)}",
        f"| where {owner} == {_string(ask.resource_id.lower())}",
        f"| where {metric.where}",
        metric.expand,
        f"| extend Measured = {metric.value}, Slot = {step}{extended}",
        *(f"| where {_condition(places[condition.dimension], condition)}" for condition in ask.conditions),
        f"| summarize Total = sum(Measured), Number = count(), Most = max(Measured), Least = min(Measured) by {keys}",
        f"| order by {keys.replace(', ', ' asc, ')} asc",
    ]
    return "\n".join(line for line in lines if line)


def series_of(ask: Ask, run: RunKql) -> tuple[Series, ...]:
    """The answer. Raises `MetricError` for a dimension that the metric does not have."""
    table = run(kql_of(ask))
    columns = [column.to_pylist() for column in _normalised(table.data).columns]
    found: dict[tuple[str, ...], list[Point]] = {}
    count = len(ask.split_by)
    for row in zip(*columns, strict=True):
        total, number, most, least = row[count + 1 :]
        found.setdefault(tuple(row[1 : count + 1]), []).append(Point(row[0], total, float(number), most, least))
    return tuple(Series(dict(zip(ask.split_by, values, strict=True)), tuple(points)) for values, points in found.items())


def _normalised(data: pa.Table) -> pa.Table:
    """Slot as ns since 1970."""
    slots = data.column(0).cast(pa.timestamp("us")).cast(pa.int64())
    return data.set_column(0, "Slot", pa.array([slot.as_py() * 1000 for slot in slots], pa.int64()))


def _dimension(metric: Metric, name: str) -> str:
    found = next((expression for known, expression in metric.dimensions.items() if known.lower() == name.lower()), None)
    if found is None:
        raise MetricError(f"metric {metric.name} has no dimension {name!r}; expected one of {', '.join(metric.dimensions)}")
    return found


def _condition(place: str, condition: Comparison) -> str:
    listed = ", ".join(_string(value) for value in condition.values)
    if condition.operator == "startswith":
        return f"{place} startswith {_string(condition.values[0])}"
    return f"{place} {'in~' if condition.operator == 'eq' else '!in~'} ({listed})"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def datetime_literal(time: int) -> str:
    """ns since 1970 as a KQL literal of 100 ns precision."""
    seconds, rest = divmod(time, 1_000_000_000)
    return f"datetime({datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 100:07}Z)"
