"""What an element does differently from Azure API Management, or does not do; for the documentation.

An element that is not named here is meant to behave as documented by Microsoft.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DIFFERENCES: Final[Mapping[str, str]] = {
    "authentication-managed-identity": (
        "Tokens come from the identity source that gatelog is configured with: its own issuer for demos and tests, or a real one."
    ),
    "azure-openai-emit-token-metric": (
        "Streams are counted exactly when the model reports its usage, and estimated otherwise; Azure always estimates. "
        "Metrics become rows of the workspace's table `AppMetrics`, not of Application Insights. Nothing is emitted for a "
        "call that used no tokens."
    ),
    "azure-openai-semantic-cache-lookup": (
        "Streamed calls pass the cache by. Vectors are compared by cosine distance in gatelog's own store; no Redis is needed."
    ),
    "azure-openai-token-limit": (
        "What a call used is settled with the model's own count, for streams too; a failed call gives everything back. Until "
        "then its prompt and the longest answer that it asks for are reserved (`max_completion_tokens`, `max_tokens` or "
        "`max_output_tokens`, times `n`; 1,024 tokens when it says nothing), so calls side by side do not go over the limit "
        "together: at most one does. A call that finds the room taken only by such reserves waits for them to settle, 20 "
        "seconds at most, before it is refused."
    ),
    "base": ("It may stand inside of `choose` and other elements too."),
    "cache-lookup": ("A hit goes on in outbound after `cache-store`, as in Azure."),
    "cache-store-value": ("A value is there for the very next lookup; Azure stores asynchronously."),
    "cors": ("Preflight requests are answered before an operation is looked for."),
    "cross-domain": ("Only the two policy files are served."),
    "emit-metric": ("Metrics become rows of the workspace's table `AppMetrics`, not of Application Insights."),
    "forward-request": (
        "Request bodies are always kept, so that retries work without `buffer-request-body`. Streams are passed on at "
        "once whatever `buffer-response` says. `continue-timeout` is accepted without effect."
    ),
    "json-to-xml": ("Namespace attributes are accepted without effect, and dates keep their text."),
    "limit-concurrency": ("Counted in each gateway process."),
    "llm-content-safety": (
        "Prompts longer than the service's 10,000 characters are answered with 500, as in Azure. Completions are not judged."
    ),
    "log-to-eventhub": (
        "Events of any size are sent whole (Azure cuts at 200 KB), and none is dropped: they are written to the journal "
        "first. An expression over the response's body does not hold back a stream: it runs after the end, on the "
        "completion that the stream adds up to. An expression that fails becomes an error event and the call goes on. "
        "With the API's mode set to `strict` all of this is as in Azure: the answer is buffered, a failure is a 500, and "
        "events are cut. "
        "In `safe` mode a body that the expression consumes is there again after it."
    ),
    "proxy": ("The proxy is used for `forward-request` and, inside of `send-request`, for that request."),
    "quota": ("Calls without a subscription are counted by the caller's address."),
    "rate-limit": ("Calls without a subscription are counted by the caller's address."),
    "retry": (
        "The jitter of exponential waits is derived from the request's id, so a trace can be repeated. The request's body "
        "is put back before each try."
    ),
    "send-request": ("Answers are read whole before the next policy runs."),
    "set-backend-service": ("Service Fabric and Dapr attributes are refused."),
    "set-body": (
        "Liquid is rendered by python-liquid with DotLiquid's names: filters in Pascal case, `context`, `body`, "
        "`JSONArrayFor`. Filters that only DotLiquid has are refused when the policy is saved."
    ),
    "trace": (
        "In `safe` mode an expression over the response's body runs after a stream has ended, and one that fails becomes "
        "an error record."
    ),
    "validate-azure-ad-token": ("With a tenant's domain name, the tenant is the one that its metadata names."),
    "validate-client-certificate": (
        "The gate does not ask callers for certificates, so every call is refused (unless `ignore-error`)."
    ),
    "validate-content": (
        "SOAP and schemas by `schema-id` are refused; schemas are those of the imported OpenAPI file. The errors variable "
        "is a text, one message a line."
    ),
    "validate-headers": ("Imported operations define no response headers: those of HTTP itself count as specified."),
    "validate-jwt": (
        "Encrypted tokens (`decryption-keys`) are refused. Algorithms: HS256/384/512 with inline keys, RS, PS, ES and "
        "EdDSA with public keys."
    ),
    "validate-parameters": ("Imported operations define no header parameters."),
    "wait": ("`include-fragment` may be a branch too."),
    "xml-to-json": (
        "`javascript-friendly` is the direct form without the marks `@` and `#`; Azure's exact shape is not documented."
    ),
    "xsl-transform": ("XSLT 1.0; documents and network are out of reach for a stylesheet."),
}
