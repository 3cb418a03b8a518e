"""Which model operation a path is (learn.microsoft.com/azure/ai-services/openai/reference)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote


class Kind(StrEnum):
    """The four shapes of request and answer."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    RESPONSES = "responses"


@dataclass(frozen=True, slots=True)
class LlmOperation:
    """One call to a model, as its path tells."""

    kind: Kind
    name: str
    """Azure's operation name: `ChatCompletions_Create`, `Completions_Create`, `Embeddings_Create`, `Responses_Create`."""
    deployment: str
    """From `/deployments/{name}/`; empty in the v1 API, where the body's `model` names it."""


_NAMES = {
    "chat/completions": (Kind.CHAT, "ChatCompletions_Create"),
    "completions": (Kind.COMPLETIONS, "Completions_Create"),
    "embeddings": (Kind.EMBEDDINGS, "Embeddings_Create"),
    "responses": (Kind.RESPONSES, "Responses_Create"),
}
_PATH = re.compile(
    r"/(?:deployments/(?P<deployment>[^/]+)|v1)/(?P<operation>chat/completions|completions|embeddings|responses)/?$"
)
_UNVERSIONED = re.compile(r"/openai/(?P<operation>responses)/?$")


def operation_of(method: str, path: str) -> LlmOperation | None:
    """The operation of a POST to `path` (any prefix before `/deployments/` or `/v1/`); None when it is no model call.

    >>> operation_of("POST", "/openai/deployments/text-turbo/chat/completions")
    LlmOperation(kind=<Kind.CHAT: 'chat'>, name='ChatCompletions_Create', deployment='text-turbo')
    """
    if method != "POST":
        return None
    match = _PATH.search(path) or _UNVERSIONED.search(path)
    if match is None:
        return None
    kind, name = _NAMES[match["operation"]]
    return LlmOperation(kind, name, unquote(match.groupdict().get("deployment") or ""))
