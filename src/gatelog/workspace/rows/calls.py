"""GatelogCalls: one narrow row for each call, whatever was sampled, with everything that metrics count by.

TimeGenerated is the call's end, so that rows of one journal stream arrive in the order of their time and a minute that is over
stays as it is.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

import orjson

from gatelog.catalog.entities import Account
from gatelog.llm.filters import read_filters
from gatelog.llm.prices import PriceList
from gatelog.record.events import Fields, LlmCall
from gatelog.workspace.rows.call import Call, Origin, Row

TABLE = "GatelogCalls"
UTILIZATION_HEADER = "azure-openai-deployment-utilization"
"""What a provisioned deployment says about itself, in percent (learn.microsoft.com, provisioned throughput)."""
_MILLISECOND = 1_000_000


class Known(Protocol):
    """What the rows need of the configuration."""

    origin: Origin
    prices: PriceList

    def account(self, account_id: str) -> Account | None:
        """The Azure OpenAI account of that id."""
        ...


def call_row(call: Call, known: Known) -> Row:
    """The row of a finished call."""
    request, response = call.request, call.response
    row: Row = {
        "TimeGenerated": response.time,
        "CorrelationId": request.message_id,
        "ApiId": request.api_id,
        "OperationId": request.operation_id,
        "ProductId": request.product_id,
        "ApimSubscriptionId": request.subscription_id,
        "UserId": request.user_id,
        "CallerIpAddress": request.client_ip,
        "Method": request.method,
        "ResponseCode": response.status,
        "BackendResponseCode": response.backend_status if response.backend_url else None,
        "BackendId": response.backend_id,
        "BackendHost": urlsplit(response.backend_url).netloc,
        "LastErrorReason": response.failure.reason if response.failure else "",
        "IsCompleted": response.completed,
        "TotalTime": response.total_ns / _MILLISECOND,
        "BackendTime": response.backend_ns / _MILLISECOND,
        "ClientTime": response.client_ns / _MILLISECOND,
        "RequestSize": request.size,
        "ResponseSize": response.size,
        "Region": known.origin.region,
        "Tags": orjson.dumps(response.tags).decode() if response.tags else None,
        "TenantId": known.origin.workspace_id,
        "_ResourceId": request.service_id.lower(),
        "Type": TABLE,
    }
    if response.llm is not None:
        row |= _llm_cells(response.llm, known.account(response.llm.account_id))
        row |= _cost_cells(response.llm, known.account(response.llm.account_id), known.prices, response.time)
        row["PtuUtilization"] = _utilization(response.backend_headers)
        row["FilterFindings"] = _findings(response.backend_body)
    return row


def _llm_cells(llm: LlmCall, account: Account | None) -> Row:
    usage = llm.usage
    deployment = next((d for d in account.deployments if d.name == llm.deployment), None) if account else None
    return {
        "LlmOperation": llm.operation,
        "ApiVersion": llm.api_version,
        "AccountId": account.resource_id.lower() if account else llm.account_id.lower(),
        "DeploymentName": llm.deployment,
        "ModelName": deployment.model if deployment else llm.model,
        "ModelVersion": deployment.version if deployment else "",
        "Region": llm.region or (account.location if account else ""),
        "StreamType": "Streaming" if llm.stream else "Non-Streaming",
        "PromptTokens": usage.prompt_tokens,
        "CompletionTokens": usage.completion_tokens,
        "TotalTokens": usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
        "CachedTokens": usage.cached_tokens,
        "ReasoningTokens": usage.reasoning_tokens,
        "AudioPromptTokens": usage.audio_prompt_tokens,
        "AudioCompletionTokens": usage.audio_completion_tokens,
        "IsEstimated": usage.estimated,
        "FirstTokenTime": llm.first_token_ns / _MILLISECOND if llm.first_token_ns else None,
        "LastTokenTime": llm.last_token_ns / _MILLISECOND if llm.last_token_ns else None,
    }


def _cost_cells(llm: LlmCall, account: Account | None, prices: PriceList, time: int) -> Row:
    """What the call cost; nothing for provisioned deployments, which are paid by the hour, and models without a price."""
    deployment = next((d for d in account.deployments if d.name == llm.deployment), None) if account else None
    is_provisioned = deployment is not None and "provisioned" in deployment.sku.lower()
    price = None if is_provisioned or not llm.usage.total_tokens else prices.price_of(llm.model, time)
    if price is None and deployment is not None and not is_provisioned and llm.usage.total_tokens:
        price = prices.price_of(deployment.model, time)
    return {"Cost": price.cost(llm.usage), "PriceId": price.id} if price else {}


def _utilization(headers: Fields) -> float | None:
    text = next((value for name, value in headers if name.lower() == UTILIZATION_HEADER), "")
    try:
        return float(text.rstrip("%"))
    except ValueError:
        return None


def _findings(body: bytes) -> str | None:
    """The content filter's findings above `safe`, or that the call was checked and nothing was found (`[]`)."""
    if b"content_filter" not in body and b"prompt_filter" not in body:
        return None
    found = [
        {"TextType": fact.text_type, "Category": fact.category, "Severity": fact.severity, "Filtered": fact.filtered}
        for fact in read_filters(body)
        if fact.harmful
    ]
    return orjson.dumps(found).decode()
