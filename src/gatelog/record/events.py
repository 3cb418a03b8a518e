"""What is journaled: frozen records of something that happened, and their bytes.

Each event is one msgpack map whose `type` names the event, so that another program can read a journal without us;
fields that hold their default are left out. `encode` and `decode` are the only way in and out.
Secrets never enter an event: whoever makes one removes credentials first (see `gatelog.gateway.capture`).
"""

from __future__ import annotations

import msgspec

Fields = list[tuple[str, str]]
"""HTTP fields in order, credentials already removed."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="type"):
    """Root of all events."""

    time: int
    """When it happened: ns since 1970, wall clock of the process that saw it."""


class RequestEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="request"):
    """A call has arrived and is about to be forwarded (or answered by the gate itself)."""

    message_id: str
    """Ties the request to its response; the CorrelationId of every row."""
    service_id: str
    """ARM id of the API Management service."""
    method: str
    url: str
    """Public URL, credentials in the query masked."""
    client_ip: str
    client_protocol: str = "HTTP/1.1"
    client_tls: str = ""
    api_id: str = ""
    api_revision: str = ""
    operation_id: str = ""
    product_id: str = ""
    subscription_id: str = ""
    """Name of the subscription entity, never its key."""
    user_id: str = ""
    headers: Fields = []
    body: bytes = b""
    body_size: int = 0
    """Bytes that the caller sent; larger than len(body) when a diagnostic cut it."""
    size: int = 0
    """Head and body in bytes (RequestSize)."""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Tokens of one call: the model's own count, or ours, and then marked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    """Part of prompt_tokens read from the provider's prompt cache."""
    reasoning_tokens: int = 0
    """Part of completion_tokens spent on hidden reasoning."""
    audio_prompt_tokens: int = 0
    audio_completion_tokens: int = 0
    estimated: bool = False
    """True: counted by our tokenizer because the model did not say."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`record.exchange.LastError` as it is stored."""

    source: str
    reason: str
    message: str
    scope: str = ""
    section: str = ""
    path: str = ""
    policy_id: str = ""
    elapsed_ns: int = 0


class Trace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`record.exchange.TraceRecord` as it is stored."""

    source: str
    severity: str
    message: str
    metadata: Fields = []
    elapsed_ns: int = 0


class LlmCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the call was to the model: the part that only LLM traffic has."""

    operation: str
    """`ChatCompletions_Create`, `Completions_Create`, `Embeddings_Create`, `Responses_Create`."""
    account_id: str = ""
    """ARM id of the Azure OpenAI account that answered, when the catalog knows it."""
    deployment: str = ""
    model: str = ""
    """The model that answered, else the one that was asked for."""
    api_version: str = ""
    request_id: str = ""
    """The model's own id of the request (`apim-request-id` / `x-request-id`)."""
    stream: bool = False
    usage: Usage = Usage()
    first_token_ns: int = 0
    """From the gateway's forwarding to the first byte of generated text; 0 when not streamed."""
    last_token_ns: int = 0
    chunks: int = 0
    log_messages: bool = True
    """The API's diagnostic asks for prompts and completions in ApiManagementGatewayLlmLog."""
    max_message_bytes: int = 0
    """Cap on each direction's messages in that table; 0: none."""
    region: str = ""


class ResponseEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="response"):
    """A call has ended, however it ended. Exactly one follows every RequestEvent of a worker that lived."""

    message_id: str
    status: int = 0
    """Status sent to the caller; 0 when the caller left before one was sent."""
    headers: Fields = []
    body: bytes | None = None
    """What the caller got; None: the same as backend_body."""
    size: int = 0
    """Head and body in bytes (ResponseSize)."""
    completed: bool = True
    """False: the caller hung up or the backend broke off; the bodies hold what was passed on."""
    stream: bool = False
    """The answer was server-sent events; bodies hold the assembled completion."""
    backend_id: str = ""
    backend_method: str = ""
    backend_url: str = ""
    """Empty: the backend was never called."""
    backend_protocol: str = ""
    backend_request_headers: Fields = []
    backend_request_body: bytes | None = None
    """None: the same as the caller's request body."""
    backend_status: int = 0
    backend_headers: Fields = []
    backend_body: bytes = b""
    backend_body_size: int = 0
    """Bytes received; larger than len(backend_body) when a diagnostic cut it or a stream was assembled."""
    total_ns: int = 0
    backend_ns: int = 0
    client_ns: int = 0
    cache_ns: int = 0
    phases: dict[str, int] = {}
    """ns since the call's first byte: `policy`, `connect`, `first_byte`, `last_byte`, `journal`."""
    cache: str = "none"
    sampled: bool = True
    """False: the API's diagnostic left this call out; metrics still count it."""
    failure: Failure | None = None
    errors: list[Failure] = []
    traces: list[Trace] = []
    llm: LlmCall | None = None
    tags: dict[str, str] = {}
    """`appid`, `oid` and other facts about the caller that policies or the JWT gave."""


class EventHubMessage(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="eventhub"):
    """One `log-to-eventhub` message, waiting for its sink."""

    message_id: str
    """CorrelationId of the call that sent it."""
    logger_id: str
    body: bytes
    partition_id: str = ""
    partition_key: str = ""
    error: str = ""
    """Set when the expression of the message failed in safe mode: body is empty, the caller was answered."""


class MetricEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="metric"):
    """One value of a custom metric (`emit-metric`, `llm-emit-token-metric`)."""

    message_id: str
    name: str
    value: float
    namespace: str = "API Management"
    dimensions: dict[str, str] = {}


class ActivityEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="activity"):
    """A management write: one AzureActivity row (Administrative)."""

    correlation_id: str
    operation: str
    """`MICROSOFT.APIMANAGEMENT/SERVICE/APIS/WRITE`."""
    resource_id: str
    caller: str
    client_ip: str = ""
    status: str = "Success"
    """`Success` or `Failure`."""
    substatus: str = ""
    """HTTP status as text."""
    properties: dict[str, str] = {}
    """`before`, `after`: SHA-256 of the resource; `message` on failure."""


class RowsEvent(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="rows"):
    """Rows that another program delivered (Logs Ingestion, `gatelog ingest`, audit records, spans)."""

    table: str
    rows: bytes
    """A JSON array of objects, column name -> value."""
    source: str = ""
    """Who delivered it; with `batch` it makes a delivery recognisable when it is repeated."""
    batch: str = ""


AnyEvent = RequestEvent | ResponseEvent | EventHubMessage | MetricEvent | ActivityEvent | RowsEvent

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AnyEvent)

encode = _encoder.encode
"""Event -> bytes."""


def decode(data: bytes | memoryview) -> AnyEvent:
    """Bytes -> event. Raises `msgspec.DecodeError` (or its `ValidationError`) for bytes that are no event."""
    event: AnyEvent = _decoder.decode(data)
    return event
