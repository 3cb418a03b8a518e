"""Answers of the gate itself that no policy makes; the words are `gatelog.policy.answers`'."""

from __future__ import annotations

import orjson

from gatelog.gateway.routing import Refusal, Route
from gatelog.policy import answers
from gatelog.policy.effects import PolicyError
from gatelog.record.exchange import Response
from gatelog.record.headers import Headers


def refusal_error(route: Route, gateway_url: str) -> PolicyError:
    """A refusal of a built-in step, as the pipeline's on-error section sees it."""
    api = route.match.api
    if route.refusal is Refusal.TOO_LARGE:
        message = "the request's body is larger than max_body_bytes"
        return PolicyError("gatelog", "RequestBodyTooLarge", message, status=413, body_message="Request body is too large.")
    if api is None or route.refusal is Refusal.NOT_FOUND:
        return answers.operation_not_found()
    realm = f"{gateway_url.rstrip('/')}/{api.path}".rstrip("/")
    refuse = answers.missing_key if route.refusal is Refusal.KEY_MISSING else answers.invalid_key
    return refuse(realm, api.key_header)


def error_answer(status: int, message: str) -> Response:
    """`{ "statusCode": 400, "message": "..." }`, with Azure's spaces."""
    body = f'{{ "statusCode": {status}, "message": {orjson.dumps(message).decode()} }}'.encode()
    return Response(status, answers.phrase(status), Headers([("Content-Type", "application/json")]), body)


def unrecorded_answer() -> Response:
    """503: the journal cannot be written, and nothing passes unrecorded."""
    answer = error_answer(503, "Service Unavailable")
    answer.headers.append("Retry-After", "5")
    return answer
