"""Azure Monitor's metrics by the unmodified clients azure-monitor-querymetrics and azure-mgmt-monitor."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.monitor import MonitorManagementClient
from azure.monitor.querymetrics import MetricAggregationType, MetricsClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "monitor"))
from metric_workspace import ACCOUNT, call, run_kql, workspace_of

from gatelog.api.metrics import MetricsFace, routes
from gatelog.clock import SystemClock

KEY = "a-key-of-the-metrics-test"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CALLS = [
    call("2026-01-01T00:00:10Z"),
    call("2026-01-01T00:00:50Z", DeploymentName="gpt-4o", ModelName="gpt-4o", TotalTokens=100),
    call("2026-01-01T00:07:00Z"),
]


class Credential:
    """A bearer token that never ends."""

    def get_token(self, *scopes: str, **more: object) -> AccessToken:
        return AccessToken(KEY, int(time.time()) + 3600)


class PlainBearer(SansIOHTTPPolicy):  # type: ignore[type-arg]
    """azure-core refuses bearer tokens over plain http; on loopback this policy sends them all the same."""

    def on_request(self, request: object) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {KEY}"  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    def allow(request: Request, resource: str) -> None:
        assert request.headers["authorization"] == f"Bearer {KEY}"

    with workspace_of(tmp_path_factory.mktemp("metrics"), SystemClock(), CALLS) as workspace:
        face = MetricsFace(
            run=partial(run_kql, workspace),
            clock=SystemClock(),
            allow=allow,
            answer_error=lambda error, path: JSONResponse({"error": str(error)}, 500),
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes(face)), port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


def management(endpoint: str) -> MonitorManagementClient:
    return MonitorManagementClient(Credential(), "s", base_url=endpoint, authentication_policy=PlainBearer())


def test_querymetrics_splits_and_aggregates(endpoint: str) -> None:
    client = MetricsClient(endpoint, Credential(), authentication_policy=PlainBearer())
    [result] = client.query_resources(
        resource_ids=[ACCOUNT],
        metric_namespace="Microsoft.CognitiveServices/accounts",
        metric_names=["TokenTransaction", "AzureOpenAIRequests"],
        timespan=(BEGIN, BEGIN + timedelta(minutes=10)),
        granularity=timedelta(minutes=5),
        aggregations=[MetricAggregationType.TOTAL],
        filter="ModelDeploymentName eq '*'",
    )
    tokens, requests = result.metrics
    assert {
        series.metadata_values["modeldeploymentname"]: [point.total for point in series.data] for series in tokens.timeseries
    } == {
        "gpt-4o": [100.0, None],
        "text-turbo": [15.0, 15.0],
    }
    assert requests.unit == "Count" and len(requests.timeseries) == 2


def test_the_arm_list_with_every_aggregation(endpoint: str) -> None:
    answer = management(endpoint).metrics.list(
        ACCOUNT.lstrip("/"),
        timespan="2026-01-01T00:00:00Z/2026-01-01T00:02:00Z",
        interval="PT1M",
        metricnames="TokenTransaction",
        aggregation="Total,Average,Count,Minimum,Maximum",
    )
    first, second = answer.value[0].timeseries[0].data
    assert (first.total, first.average, first.count, first.minimum, first.maximum) == (115.0, 57.5, 2, 15.0, 100.0)
    assert second.total is None


def test_definitions_name_the_dimensions(endpoint: str) -> None:
    definitions = {found.name.value: found for found in management(endpoint).metric_definitions.list(ACCOUNT.lstrip("/"))}
    requests = definitions["AzureOpenAIRequests"]
    assert "StatusCode" in {dimension.value for dimension in requests.dimensions}
    assert requests.primary_aggregation_type == "Total"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"metricnames": "NoSuchMetric"},
            "failed to find metric configuration for 'NoSuchMetric'; valid metrics: AzureOpenAIRequests",
        ),
        ({"interval": "PT7M"}, "interval: expected one of PT1M"),
        ({"timespan": "yesterday"}, "timespan: expected START/END"),
        ({"metricnames": "TokenTransaction", "filter": "Colour eq '*'"}, "has no dimension 'Colour'"),
        ({"aggregation": "Median"}, "aggregation: expected Average"),
    ],
)
def test_mistakes_say_what_was_expected(endpoint: str, more: dict[str, str], message: str) -> None:
    with pytest.raises(HttpResponseError, match=message):
        management(endpoint).metrics.list(ACCOUNT.lstrip("/"), **more)
