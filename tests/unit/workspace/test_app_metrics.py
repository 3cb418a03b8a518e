"""Custom metrics become rows of AppMetrics."""

from __future__ import annotations

import json

from gatelog.record.events import MetricEvent
from gatelog.schema.tables import APP_METRICS
from gatelog.workspace.rows.app_metrics import app_metric_row
from gatelog.workspace.rows.call import Origin


def test_one_value_is_its_own_sum_least_and_most() -> None:
    event = MetricEvent(
        time=7, message_id="m-1", name="Total Tokens", value=42.0, namespace="openai", dimensions={"App": "shop", "é": '"'}
    )
    row = app_metric_row(event, "/Subscriptions/S/service/G", Origin("w-1", "eastus"))
    assert (row["Sum"], row["Min"], row["Max"], row["ItemCount"]) == (42.0, 42.0, 42.0, 1)
    assert json.loads(str(row["Properties"])) == {"App": "shop", "é": '"'}
    assert (row["OperationId"], row["MetricNamespace"], row["_ResourceId"]) == ("m-1", "openai", "/subscriptions/s/service/g")
    assert set(row) <= {column.name for column in APP_METRICS.columns}
