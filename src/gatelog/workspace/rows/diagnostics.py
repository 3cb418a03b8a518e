"""AzureDiagnostics rows of Azure OpenAI accounts: RequestResponse for each call, Audit for keys that were listed."""

from __future__ import annotations

from gatelog.catalog.entities import Account
from gatelog.record.events import ActivityEvent, LlmCall
from gatelog.workspace.rows.call import Call, Origin, Row, arm_part, json_text, milliseconds, with_size

TABLE = "AzureDiagnostics"
_TICKS_1970 = 621_355_968_000_000_000
"""1970-01-01 in .NET ticks (100 ns since year 1)."""


def request_response_row(call: Call, llm: LlmCall, account: Account, origin: Origin) -> Row:
    """What the account itself logs of a call: no text of prompts or answers, the caller's address masked."""
    request, response = call.request, call.response
    deployment = next((one for one in account.deployments if one.name == llm.deployment), None)
    sent = response.backend_request_body
    properties = {
        "apiName": f"Azure OpenAI API version {llm.api_version}" if llm.api_version else "Azure OpenAI API",
        "requestTime": _TICKS_1970 + request.time // 100,
        "requestLength": request.body_size or len(request.body if sent is None else sent),
        "responseTime": _TICKS_1970 + (request.time + response.total_ns) // 100,
        "responseLength": response.backend_body_size or len(response.backend_body),
        "objectId": response.tags.get("oid", ""),
        "streamType": "Streaming" if llm.stream else "Non-Streaming",
        "modelDeploymentName": llm.deployment,
        "modelName": deployment.model if deployment is not None else llm.model,
        "modelVersion": deployment.version if deployment is not None else "",
    }
    row = _account_columns(account, origin) | {
        "TimeGenerated": request.time,
        "Category": "RequestResponse",
        "OperationName": llm.operation,
        "DurationMs": milliseconds(response.backend_ns),
        "CallerIPAddress": masked_address(request.client_ip),
        "CorrelationId": request.message_id,
        "ResultSignature": str(response.backend_status or response.status),
        "event_s": "ShoeboxCallResult",
        "properties_s": json_text(properties),
    }
    return with_size(row)


def audit_row(event: ActivityEvent, account: Account, origin: Origin) -> Row | None:
    """The Audit row of a management call that the account logs itself; None for others."""
    if not event.operation.upper().endswith("/LISTKEYS/ACTION"):
        return None
    row = _account_columns(account, origin) | {
        "TimeGenerated": event.time,
        "Category": "Audit",
        "OperationName": "ListKey",
        "CallerIPAddress": masked_address(event.client_ip),
        "CorrelationId": event.correlation_id,
        "ResultSignature": event.substatus,
        "properties_s": json_text({"objectId": event.caller}),
    }
    return with_size(row)


def masked_address(address: str) -> str:
    """An IPv4 address without its last octet (`81.2.69.***`), an IPv6 address without its second half."""
    if ":" in address:
        return ":".join(address.split(":")[:4]) + "::***"
    head, dot, _ = address.rpartition(".")
    return f"{head}.***" if dot else address


def _account_columns(account: Account, origin: Origin) -> Row:
    resource_id = account.resource_id
    return {
        "ResourceId": resource_id.upper(),
        "_ResourceId": resource_id.lower(),
        "ResourceGroup": arm_part(resource_id, "resourcegroups").upper(),
        "SubscriptionId": arm_part(resource_id, "subscriptions"),
        "_SubscriptionId": arm_part(resource_id, "subscriptions"),
        "ResourceProvider": "MICROSOFT.COGNITIVESERVICES",
        "Resource": arm_part(resource_id, "accounts").upper(),
        "ResourceType": "ACCOUNTS",
        "location_s": account.location,
        "Tenant_s": account.location,
        "TenantId": origin.workspace_id,
        "Type": TABLE,
    }
