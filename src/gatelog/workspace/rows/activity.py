"""AzureActivity: one row for each management write."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from gatelog.record.events import ActivityEvent
from gatelog.workspace.rows.call import Origin, Row, arm_part, json_text, with_size

TABLE = "AzureActivity"


def activity_row(event: ActivityEvent, origin: Origin) -> Row:
    """The row of one write."""
    succeeded = event.status == "Success"
    subscription = arm_part(event.resource_id, "subscriptions")
    group = arm_part(event.resource_id, "resourcegroups")
    provider = arm_part(event.resource_id, "providers")
    properties = {
        "entity": event.resource_id,
        "message": event.operation,
        "eventCategory": "Administrative",
        "statusCode": event.substatus,
        **event.properties,
    }
    authorization = {"action": event.operation, "scope": event.resource_id}
    row: Row = {
        "TimeGenerated": event.time,
        "EventSubmissionTimestamp": event.time,
        "OperationName": event.operation,
        "OperationNameValue": event.operation,
        "OperationId": event.correlation_id,
        "CorrelationId": event.correlation_id,
        "EventDataId": str(uuid5(NAMESPACE_URL, f"{event.correlation_id}/{event.time}/{event.resource_id}/{event.operation}")),
        "ActivityStatus": "Succeeded" if succeeded else "Failed",
        "ActivityStatusValue": event.status,
        "ActivitySubstatus": event.substatus,
        "ActivitySubstatusValue": event.substatus,
        "Level": "Informational" if succeeded else "Error",
        "Caller": event.caller,
        "CallerIpAddress": event.client_ip,
        "Category": "Administrative",
        "CategoryValue": "Administrative",
        "ResourceId": event.resource_id,
        "_ResourceId": event.resource_id.lower(),
        "Resource": event.resource_id.rpartition("/")[2],
        "ResourceGroup": group,
        "ResourceProvider": provider,
        "ResourceProviderValue": provider.upper(),
        "SubscriptionId": subscription,
        "_SubscriptionId": subscription,
        "Hierarchy": subscription,
        "HTTPRequest": json_text({"clientRequestId": event.correlation_id, "clientIpAddress": event.client_ip}),
        "Authorization": json_text(authorization),
        "Authorization_d": json_text(authorization),
        "Properties": json_text(properties),
        "Properties_d": json_text(properties),
        "TenantId": origin.workspace_id,
        "Type": TABLE,
    }
    return with_size(row)
