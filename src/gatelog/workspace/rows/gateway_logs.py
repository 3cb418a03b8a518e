"""ApiManagementGatewayLogs: one row for each call. Meanings of the columns: Microsoft's gateway log schema reference
(learn.microsoft.com/azure/api-management/gateway-log-schema-reference).
"""

from __future__ import annotations

from gatelog.record.events import Failure, Trace
from gatelog.workspace.rows.call import Call, Origin, Row, arm_part, fields_json, json_text, milliseconds, with_size

TABLE = "ApiManagementGatewayLogs"


def gateway_log_row(call: Call, origin: Origin) -> Row:
    """The row of one call; times are the request's, bodies are complete."""
    request, response = call.request, call.response
    row: Row = {
        "TimeGenerated": request.time,
        "Timestamp": request.time,
        "CorrelationId": request.message_id,
        "ApiId": request.api_id,
        "ApiRevision": request.api_revision,
        "OperationId": request.operation_id,
        "ProductId": request.product_id,
        "ApimSubscriptionId": request.subscription_id,
        "UserId": request.user_id,
        "Method": request.method,
        "Url": request.url,
        "CallerIpAddress": request.client_ip,
        "ClientProtocol": request.client_protocol,
        "ClientTlsVersion": request.client_tls,
        "RequestHeaders": fields_json(request.headers),
        "RequestBody": call.request_body,
        "RequestSize": request.size or len(request.body),
        "ResponseCode": response.status,
        "ResponseHeaders": fields_json(response.headers),
        "ResponseBody": call.response_body,
        "ResponseSize": response.size or len(call.response_body),
        "IsRequestSuccess": 200 <= response.status < 400,
        "TotalTime": milliseconds(response.total_ns),
        "ClientTime": milliseconds(response.client_ns),
        "Cache": response.cache,
        "CacheTime": milliseconds(response.cache_ns),
        "IsTraceRequested": False,
        "IsTraceAllowed": False,
        "IsTraceExpired": False,
        "IsMasterTrace": False,
        "Errors": json_text([_failure(failure) for failure in response.errors]) if response.errors else None,
        "TraceRecords": json_text([_trace(trace) for trace in response.traces]) if response.traces else None,
        "Category": "GatewayLogs",
        "OperationName": "Microsoft.ApiManagement/GatewayLogs",
        "Region": origin.region,
        "TenantId": origin.workspace_id,
        "_ResourceId": request.service_id.lower(),
        "_SubscriptionId": arm_part(request.service_id, "subscriptions"),
        "Type": TABLE,
    }
    if response.backend_url:
        row |= _backend(call)
    if response.failure is not None:
        row |= _last_error(response.failure)
    return with_size(row)


def _backend(call: Call) -> Row:
    response = call.response
    return {
        "BackendId": response.backend_id,
        "BackendMethod": response.backend_method or call.request.method,
        "BackendUrl": response.backend_url,
        "BackendProtocol": response.backend_protocol,
        "BackendRequestHeaders": fields_json(response.backend_request_headers),
        "BackendRequestBody": call.backend_request_body,
        "BackendResponseCode": response.backend_status,
        "BackendResponseHeaders": fields_json(response.backend_headers),
        "BackendResponseBody": call.backend_response_body,
        "BackendTime": milliseconds(response.backend_ns),
    }


def _last_error(failure: Failure) -> Row:
    return {
        "LastErrorSource": failure.source,
        "LastErrorReason": failure.reason,
        "LastErrorMessage": failure.message,
        "LastErrorScope": failure.scope,
        "LastErrorSection": failure.section,
        "LastErrorElapsed": milliseconds(failure.elapsed_ns),
    }


def _failure(failure: Failure) -> dict[str, object]:
    shown = {
        "elapsed": milliseconds(failure.elapsed_ns),
        "source": failure.source,
        "scope": failure.scope,
        "section": failure.section,
        "path": failure.path,
        "policyId": failure.policy_id,
        "reason": failure.reason,
        "message": failure.message,
    }
    return {name: value for name, value in shown.items() if value != ""}


def _trace(trace: Trace) -> dict[str, object]:
    return {
        "source": trace.source,
        "severity": trace.severity,
        "elapsed": milliseconds(trace.elapsed_ns),
        "message": trace.message,
        **({"metadata": dict(trace.metadata)} if trace.metadata else {}),
    }
