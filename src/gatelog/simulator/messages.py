"""The simulator's request and reply as values, and Azure OpenAI's error bodies word by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gatelog.llm.document import JsonObject


@dataclass(frozen=True, slots=True)
class SimRequest:
    """One call."""

    method: str
    path: str
    """Unescaped."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a streamed answer."""

    data: bytes
    delay: float = 0.0
    """Seconds to wait before it is sent."""


@dataclass(frozen=True, slots=True)
class SimReply:
    """One answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay: float = 0.0
    pieces: tuple[Piece, ...] = field(default=())
    """Not empty: the body is streamed."""
    cut: bool = False
    """The connection breaks after the last piece."""
    tokens: tuple[int, int] = (0, 0)
    """Prompt and generated tokens, for the limits."""


def json_reply(document: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **rest: Any) -> SimReply:
    """A JSON answer."""
    return SimReply(status, orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY), headers, **rest)


class Refusal(Exception):
    """The call ends with an error answer."""

    def __init__(self, status: int, document: JsonObject, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(str(document))
        self.reply = json_reply(document, status, headers)


def refusal(status: int, code: str, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Refusal:
    """Azure's own error shape."""
    return Refusal(status, {"error": {"code": code, "message": message}}, headers)


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Refusal:
    """OpenAI's shape of a 400."""
    return Refusal(400, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}})


def bad_key() -> Refusal:
    """No key, or not one of the account's."""
    return refusal(
        401,
        "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active "
        "subscription and use a correct regional API endpoint for your resource.",
    )


def bad_token() -> Refusal:
    """A bearer token that does not hold."""
    message = (
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), "
        "or have expired."
    )
    return Refusal(401, {"statusCode": 401, "message": message})


def no_deployment() -> Refusal:
    """The path or the model names no deployment."""
    return refusal(
        404,
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
        "please wait a moment and try again.",
    )


def no_resource() -> Refusal:
    """No such path."""
    return refusal(404, "404", "Resource not found")


def wrong_operation(operation: str, model: str) -> Refusal:
    """The model cannot do that."""
    return refusal(
        400,
        "OperationNotSupported",
        f"The {operation} operation does not work with the specified model, {model}. Please choose different model and try "
        "again. You can learn more about which models can be used with each operation here: "
        "https://go.microsoft.com/fwlink/?linkid=2197993.",
    )


def not_json() -> Refusal:
    """The body is not a JSON object."""
    return bad_request(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring "
        "out how to fix this, please contact support through help.openai.com)"
    )


def filtered_prompt(results: JsonObject) -> Refusal:
    """The content filter refused the prompt."""
    message = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your "
        "prompt and retry. To learn more about our content filtering policies please read our documentation: "
        "https://go.microsoft.com/fwlink/?linkid=2198766"
    )
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results}
    error = {"message": message, "type": None, "param": "prompt", "code": "content_filter", "status": 400, "innererror": inner}
    return Refusal(400, {"error": error})


def server_error() -> Refusal:
    """An internal error."""
    message = "The server had an error while processing your request. Sorry about that!"
    return Refusal(500, {"error": {"message": message, "type": "server_error", "param": None, "code": None}})


def throttled(operation: str, api_version: str, what: str, seconds: int) -> Refusal:
    """Over the rate limit of a standard deployment."""
    message = (
        f"Requests to the {operation} Operation under Azure OpenAI API version {api_version} have exceeded {what} rate limit of "
        f"your current OpenAI S0 pricing tier. Please retry after {seconds} second{'s' if seconds != 1 else ''}. Please go here: "
        "https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."
    )
    headers = (("Retry-After", str(seconds)), ("x-ratelimit-reset-requests", str(seconds)))
    return refusal(429, "429", message, headers)
