"""AppMetrics: values of custom metrics, in the columns of Application Insights' table (learn.microsoft.com, AppMetrics).

One row is one value, so `Sum`, `Min` and `Max` are equal and `ItemCount` is 1. `OperationId` is the call's correlation id;
`MetricNamespace` is gatelog's own column.
"""

from __future__ import annotations

import orjson

from gatelog.record.events import MetricEvent
from gatelog.workspace.rows.call import Origin, Row

TABLE = "AppMetrics"


def app_metric_row(event: MetricEvent, service_id: str, origin: Origin) -> Row:
    """The row of one value."""
    return {
        "TimeGenerated": event.time,
        "Name": event.name,
        "Sum": event.value,
        "Min": event.value,
        "Max": event.value,
        "ItemCount": 1,
        "Properties": orjson.dumps(event.dimensions).decode(),
        "MetricNamespace": event.namespace,
        "OperationId": event.message_id,
        "_ResourceId": service_id.lower(),
        "TenantId": origin.workspace_id,
        "Type": TABLE,
    }
