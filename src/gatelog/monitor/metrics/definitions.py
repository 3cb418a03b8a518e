"""Every platform metric, one row each: names, units, aggregations and dimensions as Azure Monitor documents them
(learn.microsoft.com/azure/azure-monitor/reference/supported-metrics), and how it is counted from GatelogCalls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

ACCOUNTS = "Microsoft.CognitiveServices/accounts"
SERVICE = "Microsoft.ApiManagement/service"

AGGREGATIONS = ("Average", "Count", "Maximum", "Minimum", "Total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric."""

    name: str
    """REST name."""
    title: str
    namespace: str
    unit: str
    """`Count`, `Percent`, `MilliSeconds`, `Bytes`."""
    primary: str
    """The aggregation that the portal shows first."""
    value: str
    """KQL: the value of one call (or of one row of `expand`), a real."""
    where: str = "true"
    """KQL: which calls count."""
    expand: str = ""
    """KQL operators between the calls and the value (one row a content-filter finding)."""
    dimensions: Mapping[str, str]
    """Dimension -> KQL of its value, a string."""
    exportable: bool = True
    """Azure's diagnostic settings export it to AzureMetrics (ours export every metric to AzureMetricsV2)."""
    doc: str = ""


_PLACE = {"Region": "Region"}
_MODEL = {**_PLACE, "ModelDeploymentName": "DeploymentName", "ModelName": "ModelName", "ModelVersion": "ModelVersion"}
_OPERATION = {
    "ApiName": 'strcat("Azure OpenAI API version ", ApiVersion)',
    "OperationName": "LlmOperation",
    **_MODEL,
    "StreamType": "StreamType",
}
_STATUS = {"StatusCode": "tostring(BackendResponseCode)"}
_USAGE = {
    "ApiName": _OPERATION["ApiName"],
    "ModelDeploymentName": "DeploymentName",
    "FeatureName": "ModelName",
    "UsageChannel": '"Cloud"',
    **_PLACE,
    "ModelVersion": "ModelVersion",
}
_SAFETY = {**_MODEL, "ApiName": _OPERATION["ApiName"]}
_FINDING = {**_SAFETY, "TextType": "tostring(Finding.TextType)", "Category": "tostring(Finding.Category)"}
_GATEWAY = {"Location": "Region", "Hostname": "BackendHost", "ApiId": "ApiId"}

_CALLED = "isnotempty(LlmOperation) and isnotnull(BackendResponseCode)"
_ANSWERED = f"{_CALLED} and BackendResponseCode between (200 .. 299)"
_STREAMED = f'{_ANSWERED} and StreamType == "Streaming" and isnotnull(FirstTokenTime)'
_EXPAND_FINDINGS = "| mv-expand Finding = FilterFindings | where isnotnull(Finding)"


def _category(column: str) -> str:
    return f'iff(isnull({column}), "", strcat(tostring(toint({column} / 100)), "xx"))'


_ACCOUNT_METRICS: tuple[Metric, ...] = (
    Metric(
        name="AzureOpenAIRequests",
        title="Azure OpenAI Requests",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="1.0",
        where=_CALLED,
        dimensions={**_OPERATION, **_STATUS},
        doc="Calls that reached the account.",
    ),
    Metric(
        name="AzureOpenAIAvailabilityRate",
        title="Azure OpenAI AvailabilityRate",
        namespace=ACCOUNTS,
        unit="Percent",
        primary="Average",
        value="iff(BackendResponseCode >= 500, 0.0, 100.0)",
        where=_CALLED,
        dimensions=_OPERATION,
        exportable=False,
        doc="Share of calls without a server error.",
    ),
    Metric(
        name="AzureOpenAITimeToResponse",
        title="Time to Response",
        namespace=ACCOUNTS,
        unit="MilliSeconds",
        primary="Average",
        value="coalesce(FirstTokenTime, BackendTime)",
        where=_CALLED,
        dimensions={**_OPERATION, **_STATUS},
        doc="Until the first byte of a stream, or the whole answer.",
    ),
    Metric(
        name="AzureOpenAINormalizedTBTInMS",
        title="Time Between Token",
        namespace=ACCOUNTS,
        unit="MilliSeconds",
        primary="Average",
        value="(LastTokenTime - FirstTokenTime) / (CompletionTokens - 1)",
        where=f"{_STREAMED} and CompletionTokens > 1",
        dimensions=_MODEL,
        doc="Mean time between two generated tokens of a stream.",
    ),
    Metric(
        name="AzureOpenAINormalizedTTFTInMS",
        title="Normalized Time to First Byte",
        namespace=ACCOUNTS,
        unit="MilliSeconds",
        primary="Average",
        value="FirstTokenTime / max_of(PromptTokens, 1)",
        where=_STREAMED,
        dimensions=_MODEL,
        doc="Time to the first byte for each prompt token.",
    ),
    Metric(
        name="AzureOpenAITTLTInMS",
        title="Time to Last Byte",
        namespace=ACCOUNTS,
        unit="MilliSeconds",
        primary="Average",
        value="coalesce(LastTokenTime, BackendTime)",
        where=_ANSWERED,
        dimensions=_MODEL,
        doc="Until the last byte of the answer.",
    ),
    Metric(
        name="AzureOpenAITokenPerSecond",
        title="Tokens Per Second",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Average",
        value="CompletionTokens * 1000.0 / BackendTime",
        where=f"{_ANSWERED} and CompletionTokens > 0 and BackendTime > 0",
        dimensions=_MODEL,
        doc="Generated tokens a second of one call.",
    ),
    Metric(
        name="ProcessedPromptTokens",
        title="Processed Prompt Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(PromptTokens)",
        where=_ANSWERED,
        dimensions=_USAGE,
        doc="Input tokens.",
    ),
    Metric(
        name="GeneratedTokens",
        title="Generated Completion Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(CompletionTokens)",
        where=_ANSWERED,
        dimensions=_USAGE,
        doc="Output tokens.",
    ),
    Metric(
        name="TokenTransaction",
        title="Processed Inference Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(TotalTokens)",
        where=_ANSWERED,
        dimensions=_USAGE,
        doc="Input and output tokens.",
    ),
    Metric(
        name="ActiveTokens",
        title="Active Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(TotalTokens - CachedTokens)",
        where=_ANSWERED,
        dimensions=_MODEL,
        doc="Tokens that were not read from the prompt cache.",
    ),
    Metric(
        name="AzureOpenAIContextTokensCacheMatchRate",
        title="Prompt Token Cache Match Rate",
        namespace=ACCOUNTS,
        unit="Percent",
        primary="Average",
        value="100.0 * CachedTokens / PromptTokens",
        where=f"{_ANSWERED} and PromptTokens > 0",
        dimensions=_MODEL,
        exportable=False,
        doc="Share of the prompt that came from the cache.",
    ),
    Metric(
        name="AzureOpenAIProvisionedManagedUtilizationV2",
        title="Provisioned-managed Utilization V2",
        namespace=ACCOUNTS,
        unit="Percent",
        primary="Average",
        value="PtuUtilization",
        where=f"{_CALLED} and isnotnull(PtuUtilization)",
        dimensions={**_MODEL, "StreamType": "StreamType"},
        exportable=False,
        doc="What a provisioned deployment said of itself in its answers.",
    ),
    Metric(
        name="AudioPromptTokens",
        title="Audio Prompt Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(AudioPromptTokens)",
        where=f"{_ANSWERED} and AudioPromptTokens > 0",
        dimensions=_MODEL,
        doc="Audio input tokens.",
    ),
    Metric(
        name="AudioCompletionTokens",
        title="Audio Completion Tokens",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="todouble(AudioCompletionTokens)",
        where=f"{_ANSWERED} and AudioCompletionTokens > 0",
        dimensions=_MODEL,
        doc="Audio output tokens.",
    ),
    Metric(
        name="RAIHarmfulRequests",
        title="Harmful Volume Detected",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="1.0",
        where=_CALLED,
        expand=_EXPAND_FINDINGS,
        dimensions={**_FINDING, "Severity": "tostring(Finding.Severity)"},
        doc="Findings of the content filter, blocked or annotated.",
    ),
    Metric(
        name="RAIRejectedRequests",
        title="Blocked Volume",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="1.0",
        where=_CALLED,
        expand=f"{_EXPAND_FINDINGS} | where tobool(Finding.Filtered)",
        dimensions=_FINDING,
        doc="Findings for which the content filter blocked.",
    ),
    Metric(
        name="RAITotalRequests",
        title="Total Volume Sent For Safety Check",
        namespace=ACCOUNTS,
        unit="Count",
        primary="Total",
        value="1.0",
        where=f"{_CALLED} and isnotnull(FilterFindings)",
        dimensions=_SAFETY,
        doc="Calls that the content filter looked at.",
    ),
)

_NEWER_NAMES = {
    "AzureOpenAIRequests": ("ModelRequests", "Model Requests"),
    "AzureOpenAIAvailabilityRate": ("ModelAvailabilityRate", "Model Availability Rate"),
    "ProcessedPromptTokens": ("InputTokens", "Input Tokens"),
    "GeneratedTokens": ("OutputTokens", "Output Tokens"),
    "TokenTransaction": ("TotalTokens", "Total Tokens"),
    "AzureOpenAIProvisionedManagedUtilizationV2": ("ProvisionedUtilization", "Provisioned Utilization"),
    "AzureOpenAITimeToResponse": ("TimeToResponse", "Time to Response"),
    "AzureOpenAITTLTInMS": ("TimeToLastByte", "Time to Last Byte"),
    "AzureOpenAINormalizedTTFTInMS": ("NormalizedTimeToFirstToken", "Normalized Time to First Token"),
    "AzureOpenAINormalizedTBTInMS": ("NormalizedTimeBetweenTokens", "Normalized Time Between Tokens"),
    "AzureOpenAITokenPerSecond": ("TokensPerSecond", "Tokens Per Second"),
}
"""Azure's second set of names for the same facts (the group "Models"); answered, never exported twice."""

_MODELS_METRICS = tuple(
    replace(metric, name=_NEWER_NAMES[metric.name][0], title=_NEWER_NAMES[metric.name][1], exportable=False)
    for metric in _ACCOUNT_METRICS
    if metric.name in _NEWER_NAMES
)

_SERVICE_METRICS: tuple[Metric, ...] = (
    Metric(
        name="Requests",
        title="Requests",
        namespace=SERVICE,
        unit="Count",
        primary="Total",
        value="1.0",
        dimensions={
            **_GATEWAY,
            "LastErrorReason": "LastErrorReason",
            "BackendResponseCode": 'iff(isnull(BackendResponseCode), "", tostring(BackendResponseCode))',
            "GatewayResponseCode": "tostring(ResponseCode)",
            "BackendResponseCodeCategory": _category("BackendResponseCode"),
            "GatewayResponseCodeCategory": _category("ResponseCode"),
        },
        doc="Calls at the gate.",
    ),
    Metric(
        name="Duration",
        title="Overall Duration of Gateway Requests",
        namespace=SERVICE,
        unit="MilliSeconds",
        primary="Average",
        value="TotalTime",
        dimensions=_GATEWAY,
        doc="From the first byte in to the last byte out.",
    ),
    Metric(
        name="BackendDuration",
        title="Duration of Backend Requests",
        namespace=SERVICE,
        unit="MilliSeconds",
        primary="Average",
        value="BackendTime",
        where="isnotnull(BackendResponseCode)",
        dimensions=_GATEWAY,
        doc="The backend's part of it.",
    ),
)

METRICS: tuple[Metric, ...] = (*_ACCOUNT_METRICS, *_MODELS_METRICS, *_SERVICE_METRICS)


def metrics_of(namespace: str) -> tuple[Metric, ...]:
    """The metrics of a resource type, compared without case."""
    return tuple(metric for metric in METRICS if metric.namespace.lower() == namespace.lower())


def metric_of(namespace: str, name: str) -> Metric | None:
    """A metric by its REST name, compared without case."""
    return next((metric for metric in metrics_of(namespace) if metric.name.lower() == name.lower()), None)
