"""Azure Monitor's metrics API (learn.microsoft.com/rest/api/monitor/metrics); any api-version is answered alike.

`{resource}/providers/Microsoft.Insights/metrics`, `metricDefinitions`, `metricNamespaces`, and for several resources at once
`/subscriptions/{id}/metrics:getBatch`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.monitor.metrics.definitions import AGGREGATIONS, Metric, metric_of, metrics_of
from gatelog.monitor.metrics.filters import read_filter
from gatelog.monitor.metrics.series import MINUTE, Ask, MetricError, Point, RunKql, Series, series_of

SECOND = 1_000_000_000
INTERVALS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "PT12H": 720, "P1D": 1440, "FULL": 0}
"""Interval -> minutes; FULL: the whole range is one point."""
DEFAULT_RANGE = 3600 * SECOND
MOST_POINTS = 100_000

Allow = Callable[[Request, str], None]
"""Raises when this request may not read that resource's metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsFace:
    """What the metrics API works with."""

    run: RunKql
    clock: Clock
    allow: Allow
    answer_error: Callable[[GatelogError, str], Response]
    """Errors of who may do what, in Azure's envelope."""


def routes(face: MetricsFace) -> list[Route]:
    """To be placed before the management routes: these paths are below `/subscriptions` too."""

    async def metrics(request: Request) -> Response:
        return await _guarded(face, request, _metrics)

    async def definitions(request: Request) -> Response:
        return await _guarded(face, request, _definitions)

    async def namespaces(request: Request) -> Response:
        return await _guarded(face, request, _namespaces)

    async def batch(request: Request) -> Response:
        body = await request.json()
        return await _guarded(face, request, lambda face, request: _batch(face, request, body))

    return [
        Route("/subscriptions/{subscription}/metrics:getBatch", batch, methods=["POST"]),
        *(
            Route(f"/{{resource:path}}/providers/{provider}/{path}", endpoint, methods=["GET"])
            for provider in ("Microsoft.Insights", "microsoft.insights")
            for path, endpoint in (("metrics", metrics), ("metricDefinitions", definitions), ("metricNamespaces", namespaces))
        ),
    ]


async def _guarded(face: MetricsFace, request: Request, work: Callable[[MetricsFace, Request], Any]) -> Response:
    try:
        return JSONResponse(await run_in_threadpool(work, face, request))
    except MetricError as error:
        return JSONResponse(
            {"code": "BadRequest", "message": str(error), "error": {"code": "BadRequest", "message": str(error)}}, 400
        )
    except GatelogError as error:
        return face.answer_error(error, request.url.path)


def _namespace_of(resource_id: str, asked: str = "") -> str:
    """The resource type in a resource id."""
    match = re.search(r"/providers/([^/]+/[^/]+)/[^/]+/?$", resource_id)
    namespace = asked or (match[1] if match else "")
    if not metrics_of(namespace):
        raise MetricError(
            f"resource {resource_id!r} has no metrics; expected a Cognitive Services account or an API Management service"
        )
    return namespace


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The query parameters, read."""

    metrics: tuple[Metric, ...]
    start: int
    end: int
    interval_name: str
    aggregations: tuple[str, ...]
    split_by: tuple[str, ...]
    conditions: tuple[Any, ...]
    top: int
    order: str

    @property
    def interval(self) -> int:
        return INTERVALS[self.interval_name] * MINUTE


def _wanted(face: MetricsFace, query: Mapping[str, str], namespace: str) -> _Wanted:
    names = [name.strip() for name in query.get("metricnames", "").split(",") if name.strip()]
    found = [metric_of(namespace, name) for name in names] or list(metrics_of(namespace)[:1])
    unknown = [name for name, metric in zip(names, found, strict=False) if metric is None]
    if unknown:
        valid = ", ".join(metric.name for metric in metrics_of(namespace))
        raise MetricError(f"failed to find metric configuration for {unknown[0]!r}; valid metrics: {valid}")
    metrics = tuple(metric for metric in found if metric is not None)
    start, end = _range(query, face.clock.now())
    interval = query.get("interval", "PT1M").upper()
    if interval not in INTERVALS:
        raise MetricError(f"interval: expected one of {', '.join(INTERVALS)}, found {interval!r}")
    if INTERVALS[interval] and (end - start) // (INTERVALS[interval] * MINUTE) > MOST_POINTS:
        raise MetricError(f"the range has more than {MOST_POINTS} intervals of {interval}; choose a longer interval")
    conditions = read_filter(query.get("$filter", query.get("filter", "")))
    rolled = {name.strip().lower() for name in query.get("rollupby", "").split(",")}
    return _Wanted(
        metrics,
        start,
        end,
        interval,
        _aggregations(query.get("aggregation", ""), metrics[0]),
        tuple(name for name in conditions.split_by if name.lower() not in rolled),
        conditions.conditions,
        int(query["top"]) if query.get("top", "").isdigit() else 10,
        query.get("orderby", ""),
    )


def _aggregations(text: str, first: Metric) -> tuple[str, ...]:
    names = [name.strip().capitalize() for name in text.split(",") if name.strip()] or [first.primary]
    wrong = [name for name in names if name not in AGGREGATIONS]
    if wrong:
        raise MetricError(f"aggregation: expected {', '.join(AGGREGATIONS)}, found {wrong[0]!r}")
    return tuple(names)


def _range(query: Mapping[str, str], now: int) -> tuple[int, int]:
    """`timespan=START/END`, or `starttime` and `endtime`; the last hour when nothing is said. Whole minutes."""
    texts = query["timespan"].split("/") if "timespan" in query else [query.get("starttime", ""), query.get("endtime", "")]
    if "timespan" in query and len(texts) != 2:
        raise MetricError(f"timespan: expected START/END in ISO 8601, found {query['timespan']!r}")
    end = _instant(texts[1]) if texts[1] else now
    start = _instant(texts[0]) if texts[0] else end - DEFAULT_RANGE
    if start >= end:
        raise MetricError("timespan: expected a start before the end")
    return start // MINUTE * MINUTE, end


def _instant(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError as error:
        raise MetricError(f"expected a time in ISO 8601, found {text!r}") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6) * 1000


def _metrics(face: MetricsFace, request: Request) -> dict[str, Any]:
    resource_id = "/" + request.path_params["resource"].strip("/")
    face.allow(request, resource_id)
    namespace = _namespace_of(resource_id, request.query_params.get("metricnamespace", ""))
    return _answer(face, resource_id, namespace, _wanted(face, request.query_params, namespace))


def _batch(face: MetricsFace, request: Request, body: Any) -> dict[str, Any]:
    ids = body.get("resourceids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise MetricError("$.resourceids: expected a list of resource ids")
    values = []
    for resource_id in ids:
        face.allow(request, resource_id)
        namespace = _namespace_of(resource_id, request.query_params.get("metricnamespace", ""))
        answer = _answer(face, resource_id, namespace, _wanted(face, request.query_params, namespace))
        times = answer.pop("timespan").split("/")
        values.append({**answer, "starttime": times[0], "endtime": times[1], "resourceid": resource_id})
    return {"values": values}


def _answer(face: MetricsFace, resource_id: str, namespace: str, wanted: _Wanted) -> dict[str, Any]:
    return {
        "cost": 0,
        "timespan": f"{_iso(wanted.start)}/{_iso(wanted.end)}",
        "interval": wanted.interval_name,
        "namespace": namespace,
        "resourceregion": "",
        "value": [_metric_json(face, resource_id, metric, wanted) for metric in wanted.metrics],
    }


def _metric_json(face: MetricsFace, resource_id: str, metric: Metric, wanted: _Wanted) -> dict[str, Any]:
    ask = Ask(
        metric=metric,
        resource_id=resource_id,
        start=wanted.start,
        end=wanted.end,
        interval=wanted.interval,
        split_by=wanted.split_by,
        conditions=wanted.conditions,
    )
    found = _ordered(series_of(ask, face.run), wanted)
    return {
        "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.doc,
        "unit": metric.unit,
        "errorCode": "Success",
        "timeseries": [_series_json(series, wanted) for series in found],
    }


def _ordered(found: Sequence[Series], wanted: _Wanted) -> list[Series]:
    """The first `top` series by `orderby` (`sum desc`, `average asc`), when they are split."""
    if not wanted.split_by or not wanted.order:
        return list(found)
    by, _, direction = wanted.order.lower().partition(" ")
    weigh: Callable[[Series], float] = {
        "average": lambda series: sum(p.total for p in series.points) / sum(p.count for p in series.points),
        "maximum": lambda series: max(p.maximum for p in series.points),
        "max": lambda series: max(p.maximum for p in series.points),
        "minimum": lambda series: min(p.minimum for p in series.points),
        "min": lambda series: min(p.minimum for p in series.points),
        "count": lambda series: sum(p.count for p in series.points),
    }.get(by, lambda series: sum(p.total for p in series.points))
    return sorted(found, key=weigh, reverse=direction != "asc")[: wanted.top]


def _series_json(series: Series, wanted: _Wanted) -> dict[str, Any]:
    metadata = [
        {"name": {"value": name.lower(), "localizedValue": name}, "value": value} for name, value in series.dimensions.items()
    ]
    return {"metadatavalues": metadata, "data": list(_points(series.points, wanted))}


def _points(points: Iterable[Point], wanted: _Wanted) -> Iterable[dict[str, Any]]:
    """One entry for each interval; an interval without values has only its time, as Azure answers."""
    by_time = {point.time: point for point in points}
    step = wanted.interval or wanted.end - wanted.start
    for time in range(wanted.start, wanted.end, step):
        entry: dict[str, Any] = {"timeStamp": _iso(time)}
        point = by_time.get(time)
        if point is not None:
            values = {
                "Average": point.average,
                "Count": point.count,
                "Maximum": point.maximum,
                "Minimum": point.minimum,
                "Total": point.total,
            }
            entry |= {name.lower(): values[name] for name in wanted.aggregations}
        yield entry


def _definitions(face: MetricsFace, request: Request) -> dict[str, Any]:
    resource_id = "/" + request.path_params["resource"].strip("/")
    face.allow(request, resource_id)
    namespace = _namespace_of(resource_id, request.query_params.get("metricnamespace", ""))
    return {"value": [_definition_json(resource_id, metric) for metric in metrics_of(namespace)]}


def _definition_json(resource_id: str, metric: Metric) -> dict[str, Any]:
    grains = [name for name, minutes in INTERVALS.items() if minutes]
    return {
        "id": f"{resource_id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": resource_id,
        "namespace": metric.namespace,
        "category": "AllMetrics",
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.doc,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": metric.primary,
        "supportedAggregationTypes": list(AGGREGATIONS),
        "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in grains],
        "dimensions": [{"value": name, "localizedValue": name} for name in metric.dimensions],
    }


def _namespaces(face: MetricsFace, request: Request) -> dict[str, Any]:
    resource_id = "/" + request.path_params["resource"].strip("/")
    face.allow(request, resource_id)
    namespace = _namespace_of(resource_id)
    return {
        "value": [
            {
                "id": f"{resource_id}/providers/microsoft.insights/metricNamespaces/{namespace}",
                "type": "Microsoft.Insights/metricNamespaces",
                "name": namespace.split("/")[-1],
                "classification": "Platform",
                "properties": {"metricNamespaceName": namespace},
            }
        ]
    }


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
