"""The built-in tables, one definition each. Names and types are Azure Monitor's
(learn.microsoft.com/azure/azure-monitor/reference/tables); AzureMetricsV2 and EventHubMessages are described in docs/tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gatelog.schema.table import Column, JsonPath, Schema, Table
from gatelog.schema.types import KqlType

HOT_PATHS: tuple[JsonPath, ...] = (
    ("model",),
    ("usage",),
    ("usage", "prompt_tokens"),
    ("usage", "completion_tokens"),
    ("usage", "total_tokens"),
)
"""JSON paths of answers that nearly every question asks for; stored as columns of their own."""


def _columns(
    text: str,
    bodies: Collection[str] = (),
    shredded: Mapping[str, tuple[JsonPath, ...]] | None = None,
    same_as: Mapping[str, str] | None = None,
) -> tuple[Column, ...]:
    """Columns from `name:type` words, in order."""
    columns = []
    for word in text.split():
        name, _, type_name = word.partition(":")
        paths = (shredded or {}).get(name, ())
        columns.append(
            Column(
                name,
                KqlType(type_name),
                body=name in bodies,
                shredded={path: f"{name}${'.'.join(map(str, path))}" for path in paths},
                same_as=(same_as or {}).get(name, ""),
            )
        )
    return tuple(columns)


API_MANAGEMENT_GATEWAY_LOGS = Table(
    "ApiManagementGatewayLogs",
    _columns(
        """
        ApiId:string ApimSubscriptionId:string ApiRevision:string BackendId:string BackendMethod:string
        BackendProtocol:string BackendRequestBody:string BackendRequestHeaders:dynamic BackendResponseBody:string
        BackendResponseCode:int BackendResponseHeaders:dynamic BackendTime:long BackendUrl:string _BilledSize:real
        Cache:string CacheTime:long CallerIpAddress:string Category:string ClientProtocol:string ClientTime:long
        ClientTlsVersion:string CorrelationId:string Errors:dynamic _IsBillable:string IsMasterTrace:bool
        IsRequestSuccess:bool IsTraceAllowed:bool IsTraceExpired:bool IsTraceRequested:bool LastErrorElapsed:long
        LastErrorMessage:string LastErrorReason:string LastErrorScope:string LastErrorSection:string
        LastErrorSource:string Method:string OperationId:string OperationName:string ProductId:string Region:string
        RequestBody:string RequestHeaders:dynamic RequestSize:int _ResourceId:string ResponseBody:string
        ResponseCode:int ResponseHeaders:dynamic ResponseSize:int SourceSystem:string _SubscriptionId:string
        TenantId:string TimeGenerated:datetime Timestamp:datetime TotalTime:long TraceRecords:dynamic Type:string
        Url:string UserId:string WorkspaceId:string
        """,
        bodies={"BackendRequestBody", "BackendResponseBody", "RequestBody", "ResponseBody"},
        shredded={"BackendResponseBody": HOT_PATHS, "ResponseBody": HOT_PATHS},
        same_as={"BackendRequestBody": "RequestBody", "ResponseBody": "BackendResponseBody"},
    ),
    doc="One row for each call that passed the gate, with both bodies.",
    category="GatewayLogs",
)

API_MANAGEMENT_GATEWAY_LLM_LOG = Table(
    "ApiManagementGatewayLlmLog",
    _columns(
        """
        ApiVersion:string _BilledSize:real CompletionTokens:int CorrelationId:string DeploymentName:string
        _IsBillable:string IsStreamCompletion:bool ModelName:string OperationName:string PromptTokens:int Region:string
        RequestId:string RequestMessages:dynamic _ResourceId:string ResponseMessages:dynamic SequenceNumber:int
        SourceSystem:string _SubscriptionId:string TenantId:string TimeGenerated:datetime TotalTokens:int Type:string
        """,
        bodies={"RequestMessages", "ResponseMessages"},
    ),
    doc="Tokens and messages of each call to a language model; SequenceNumber 0 holds the counts, later rows the messages.",
    category="GatewayLlmLogs",
)

AZURE_DIAGNOSTICS = Table(
    "AzureDiagnostics",
    _columns(
        """
        TimeGenerated:datetime ResourceId:string _ResourceId:string Category:string ResourceGroup:string
        SubscriptionId:string _SubscriptionId:string ResourceProvider:string Resource:string ResourceType:string
        OperationName:string DurationMs:long CallerIPAddress:string CorrelationId:string ResultType:string
        ResultSignature:string ResultDescription:string Level:string event_s:string location_s:string Tenant_s:string
        properties_s:string AssetIdentity_g:guid AdditionalFields:dynamic TenantId:string SourceSystem:string
        Type:string _BilledSize:real _IsBillable:string
        """
    ),
    doc="Resource logs of Azure OpenAI accounts and other resources; columns are added as fields arrive.",
    open=True,
)

AZURE_METRICS = Table(
    "AzureMetrics",
    _columns(
        """
        TimeGenerated:datetime ResourceId:string _ResourceId:string Resource:string ResourceGroup:string
        ResourceProvider:string SubscriptionId:string _SubscriptionId:string MetricName:string TimeGrain:string
        UnitName:string Total:real Count:real Maximum:real Minimum:real Average:real SourceSystem:string TenantId:string
        Type:string _BilledSize:real _IsBillable:string
        """
    ),
    doc="Platform metrics by the minute, without dimensions, as Azure exports them.",
    category="AllMetrics",
)

AZURE_METRICS_V2 = Table(
    "AzureMetricsV2",
    _columns(
        """
        TimeGenerated:datetime ResourceId:string _ResourceId:string MetricName:string MetricCategory:string
        MetricResourceType:string TimeGrain:string UnitName:string Dimensions:dynamic Total:real Count:real Maximum:real
        Minimum:real Average:real SourceSystem:string TenantId:string _SubscriptionId:string Type:string
        """
    ),
    doc="Platform metrics by the minute with their dimensions.",
    category="AllMetrics",
)

AZURE_ACTIVITY = Table(
    "AzureActivity",
    _columns(
        """
        ActivityStatus:string ActivityStatusValue:string ActivitySubstatus:string ActivitySubstatusValue:string
        Authorization:string Authorization_d:dynamic _BilledSize:real Caller:string CallerIpAddress:string
        Category:string CategoryValue:string Claims:string Claims_d:dynamic CorrelationId:string EventDataId:string
        EventSubmissionTimestamp:datetime Hierarchy:string HTTPRequest:string _IsBillable:string Level:string
        OperationId:string OperationName:string OperationNameValue:string Properties:string Properties_d:dynamic
        Resource:string ResourceGroup:string ResourceId:string _ResourceId:string ResourceProvider:string
        ResourceProviderValue:string SourceSystem:string SubscriptionId:string _SubscriptionId:string TenantId:string
        TimeGenerated:datetime Type:string
        """
    ),
    doc="Who changed what: one row for each management write.",
    category="Administrative",
)

EVENT_HUB_MESSAGES = Table(
    "EventHubMessages",
    _columns(
        """
        TimeGenerated:datetime CorrelationId:string LoggerId:string PartitionId:string PartitionKey:string Body:string
        Error:string _ResourceId:string TenantId:string Type:string
        """,
        bodies={"Body"},
    ),
    doc="What log-to-eventhub statements sent.",
)

GATELOG_CALLS = Table(
    "GatelogCalls",
    _columns(
        """
        TimeGenerated:datetime CorrelationId:string ApiId:string OperationId:string ProductId:string
        ApimSubscriptionId:string UserId:string CallerIpAddress:string Method:string ResponseCode:int
        BackendResponseCode:int BackendId:string BackendHost:string LastErrorReason:string IsCompleted:bool
        LlmOperation:string ApiVersion:string AccountId:string DeploymentName:string ModelName:string ModelVersion:string
        Region:string StreamType:string PromptTokens:long CompletionTokens:long TotalTokens:long CachedTokens:long
        ReasoningTokens:long AudioPromptTokens:long AudioCompletionTokens:long IsEstimated:bool Cost:real PriceId:string
        TotalTime:real
        BackendTime:real ClientTime:real FirstTokenTime:real LastTokenTime:real RequestSize:long ResponseSize:long
        PtuUtilization:real FilterFindings:dynamic Tags:dynamic TenantId:string _ResourceId:string Type:string
        """
    ),
    doc="One narrow, typed row for each call, without bodies and whatever was sampled: what metrics and dashboards count.",
)

APP_METRICS = Table(
    "AppMetrics",
    _columns(
        """
        TimeGenerated:datetime Name:string Sum:real Min:real Max:real ItemCount:int Properties:dynamic MetricNamespace:string
        OperationId:string OperationName:string ParentId:string AppRoleName:string AppRoleInstance:string AppVersion:string
        ClientBrowser:string ClientCity:string ClientCountryOrRegion:string ClientIP:string ClientModel:string
        ClientOS:string ClientStateOrProvince:string ClientType:string IKey:string ResourceGUID:string SDKVersion:string
        SessionId:string SourceSystem:string SyntheticSource:string UserAccountId:string UserAuthenticatedId:string
        UserId:string TenantId:string _ResourceId:string _SubscriptionId:string _BilledSize:real _IsBillable:string Type:string
        """
    ),
    doc="Values of custom metrics that policies sent (`emit-metric`, `llm-emit-token-metric`), with their dimensions.",
)

BUILT_IN: tuple[Table, ...] = (
    API_MANAGEMENT_GATEWAY_LOGS,
    API_MANAGEMENT_GATEWAY_LLM_LOG,
    AZURE_DIAGNOSTICS,
    AZURE_METRICS,
    AZURE_METRICS_V2,
    AZURE_ACTIVITY,
    EVENT_HUB_MESSAGES,
    GATELOG_CALLS,
    APP_METRICS,
)
"""Every table that a new workspace has."""

SCHEMA = Schema(BUILT_IN)
"""The schema of a new workspace."""
