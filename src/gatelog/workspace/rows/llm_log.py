"""ApiManagementGatewayLlmLog: row 0 of a call holds its tokens, the following rows its messages in pieces of 32 KB
(learn.microsoft.com/azure/api-management/api-management-howto-llm-logs).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gatelog.llm.messages import request_messages, response_messages, split_messages
from gatelog.llm.operations import Kind
from gatelog.record.events import LlmCall
from gatelog.workspace.rows.call import Call, Origin, Row, arm_part, with_size

TABLE = "ApiManagementGatewayLlmLog"
PIECE_BYTES = 32 * 1024
MOST_BYTES = 2 * 1024 * 1024
"""Azure's limit for the messages of one direction."""
_KINDS = {
    "ChatCompletions_Create": Kind.CHAT,
    "Completions_Create": Kind.COMPLETIONS,
    "Embeddings_Create": Kind.EMBEDDINGS,
    "Responses_Create": Kind.RESPONSES,
}


def llm_log_rows(call: Call, origin: Origin) -> list[Row]:
    """The rows of one call; none when it was no call to a model."""
    llm = call.response.llm
    if llm is None:
        return []
    rows = [_counts(call, llm, origin)]
    kind = _KINDS.get(llm.operation)
    if llm.log_messages and kind is not None:
        most = min(llm.max_message_bytes or MOST_BYTES, MOST_BYTES)
        sent = call.response.backend_request_body
        asked = request_messages(kind, call.request.body if sent is None else sent)
        answered = response_messages(kind, call.response.backend_body)
        for column, text in (("RequestMessages", asked), ("ResponseMessages", answered)):
            rows += [_message_row(call, llm, origin) | {column: piece} for piece in message_pieces(text, most)]
    for number, row in enumerate(rows):
        row["SequenceNumber"] = number
    return [with_size(row) for row in rows]


def _counts(call: Call, llm: LlmCall, origin: Origin) -> Row:
    usage = llm.usage
    return _message_row(call, llm, origin) | {
        "DeploymentName": llm.deployment,
        "ModelName": llm.model,
        "PromptTokens": usage.prompt_tokens,
        "CompletionTokens": usage.completion_tokens,
        "TotalTokens": usage.total_tokens,
        "IsStreamCompletion": llm.stream,
    }


def _message_row(call: Call, llm: LlmCall, origin: Origin) -> Row:
    request = call.request
    return {
        "TimeGenerated": request.time,
        "CorrelationId": request.message_id,
        "ApiVersion": llm.api_version,
        "OperationName": "Microsoft.ApiManagement/GatewayLlmLogs",
        "RequestId": llm.request_id,
        "Region": llm.region or origin.region,
        "TenantId": origin.workspace_id,
        "_ResourceId": request.service_id.lower(),
        "_SubscriptionId": arm_part(request.service_id, "subscriptions"),
        "Type": TABLE,
    }


def message_pieces(text: str, most: int) -> Iterator[str]:
    """A JSON array of messages as JSON arrays of at most about 32 KB each, `most` bytes in all; each of them parses."""
    if not text:
        return
    if len(text) * 4 <= min(PIECE_BYTES, most) or len(text.encode()) <= min(PIECE_BYTES, most):
        yield text
        return
    pending: list[str] = []
    size = total = 0
    for message in orjson.loads(text):
        for piece in _message_parts(message):
            length = len(piece.encode()) + 1
            if total + length > most:
                break
            if pending and size + length > PIECE_BYTES:
                yield f"[{','.join(pending)}]"
                pending, size = [], 0
            pending.append(piece)
            size += length
            total += length
    if pending:
        yield f"[{','.join(pending)}]"


def _message_parts(message: Any) -> list[str]:
    """JSON text of a message, or of several with a part of its content each when it is too long for one row."""
    whole = orjson.dumps(message).decode()
    if len(whole.encode()) <= PIECE_BYTES - 2 or not isinstance(message, dict):
        return [whole]
    content = message.get("content")
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    others = {"role": message.get("role", "")}
    return [orjson.dumps(others | {"content": part}).decode() for part in split_messages(text, PIECE_BYTES // 2)]
