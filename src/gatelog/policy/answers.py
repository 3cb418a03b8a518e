"""The answers that the gateway gives when a call fails, in Azure's exact words.

Source: Microsoft Learn, "Error handling in API Management policies" and answers recorded from live gateways.
The body is one line with spaces inside the braces; its keys are `statusCode`, `message` and, for 500, `activityId`.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from gatelog.policy.effects import PolicyError
from gatelog.record.exchange import Exchange, Response
from gatelog.record.headers import Headers


def phrase(status: int) -> str:
    """The usual text beside a status code; empty for an unknown one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def response_to(error: PolicyError, exchange: Exchange) -> Response:
    """The answer that the caller gets when no on-error section makes another."""
    if error.body_message:
        message = json.dumps(error.body_message, ensure_ascii=False)
        body = f'{{ "statusCode": {error.status}, "message": {message} }}'
    else:
        body = f'{{ "statusCode": {error.status}, "message": "Internal server error", "activityId": "{exchange.id}" }}'
    headers = Headers([("Content-Type", "application/json")])
    if error.retry_after is not None:
        headers.set("Retry-After", str(error.retry_after))
    for name, value in error.headers:
        headers.append(name, value)
    return Response(error.status, error.status_reason or phrase(error.status), headers, body.encode())


def missing_key(realm: str, name: str = "Ocp-Apim-Subscription-Key") -> PolicyError:
    """No subscription key in a call that needs one. `realm`: the API's URL, `name`: its key header."""
    text = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
    return _denied("SubscriptionKeyNotFound", text, realm, name)


def invalid_key(realm: str, name: str = "Ocp-Apim-Subscription-Key") -> PolicyError:
    """A subscription key that nobody has, of a subscription that is not active, or of another scope."""
    text = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
    return _denied("SubscriptionKeyInvalid", text, realm, name)


def _denied(reason: str, text: str, realm: str, name: str) -> PolicyError:
    challenge = f'AzureApiManagementKey realm="{realm}",name="{name}",type="header"'
    return PolicyError(
        "authorization",
        reason,
        text,
        status=401,
        status_reason="Access Denied",
        body_message=text,
        headers=(("WWW-Authenticate", challenge),),
    )


def operation_not_found() -> PolicyError:
    """Neither an API nor an operation of it matches method and URL."""
    text = "Unable to match incoming request to an operation."
    return PolicyError("configuration", "OperationNotFound", text, status=404, body_message="Resource not found")


def rate_limited(source: str, seconds: int) -> PolicyError:
    """More calls than a rate limit lets through; `seconds` until one fits again."""
    text = f"Rate limit is exceeded. Try again in {seconds} seconds."
    reason = "RateLimitExceeded"
    return PolicyError(source, reason, "Rate limit is exceeded.", status=429, body_message=text, retry_after=seconds)


def tokens_limited(source: str, seconds: int) -> PolicyError:
    """More tokens in a minute than a token limit lets through."""
    text = f"Token limit is exceeded. Try again in {seconds} seconds."
    return PolicyError(source, "TokenLimitExceeded", text, status=429, body_message=text, retry_after=seconds)


def quota_spent(source: str, seconds: int, what: str = "call volume", reason: str = "QuotaExceeded") -> PolicyError:
    """A quota is used up. `what`: `call volume`, `bandwidth` or `token`."""
    text = f"Out of {what} quota. Quota will be replenished in {time_span(seconds)}."
    return PolicyError(source, reason, text, status=403, body_message=text, retry_after=seconds)


def time_span(seconds: int) -> str:
    """A duration as .NET prints a TimeSpan.

    >>> time_span(406), time_span(1836556)
    ('00:06:46', '21.06:09:16')
    """
    days, rest = divmod(max(0, seconds), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    prefix = f"{days}." if days else ""
    return f"{prefix}{hours:02}:{minutes:02}:{left:02}"
