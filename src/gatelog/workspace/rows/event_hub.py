"""EventHubMessages: what log-to-eventhub statements sent."""

from __future__ import annotations

from gatelog.record.events import EventHubMessage
from gatelog.workspace.rows.call import Origin, Row, text_of

TABLE = "EventHubMessages"


def event_hub_row(event: EventHubMessage, service_id: str, origin: Origin) -> Row:
    """The row of one message."""
    return {
        "TimeGenerated": event.time,
        "CorrelationId": event.message_id,
        "LoggerId": event.logger_id,
        "PartitionId": event.partition_id,
        "PartitionKey": event.partition_key,
        "Body": text_of(event.body),
        "Error": event.error,
        "_ResourceId": service_id.lower(),
        "TenantId": origin.workspace_id,
        "Type": TABLE,
    }
