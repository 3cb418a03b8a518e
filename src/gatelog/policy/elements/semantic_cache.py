"""`azure-openai-/llm-semantic-cache-lookup` and `-store`: answers to prompts that mean the same."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from gatelog.policy.binding import Binder
from gatelog.policy.effects import Effect, FetchToken, SendRequest, VectorPut, VectorSearch
from gatelog.policy.parts import attribute, texts
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, INTEGER, LINE, NUMBER, SECONDS, Constant, Slot, one_of
from gatelog.policy.statement import ServedFromCache, Statement, Steps
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

_NOTE: Final = "semantic-cache"
_IDENTITY: Final = "https://cognitiveservices.azure.com"
_EMBEDDINGS_VERSION: Final = "2024-10-21"


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticCacheLookup(Statement):
    """Answer a prompt from the cache when one that means the same was answered before. The prompt's embedding comes from a
    backend. Streamed calls are neither answered from the cache nor kept."""

    reads_request_body: ClassVar[bool] = True

    score_threshold: Slot[float] = attribute(NUMBER, required=True, doc="largest distance (0: same, 1: unrelated) of a hit")
    embeddings_backend_id: Slot[str] = attribute(LINE, required=True, doc="backend whose URL is an embeddings endpoint")
    embeddings_backend_auth: Slot[str] | None = attribute(
        one_of("system-assigned"), doc="how to sign in there; absent: with the backend's own credentials"
    )
    ignore_system_messages: Slot[bool] = attribute(BOOLEAN, default="false", doc="leave system messages out of the comparison")
    max_message_count: Slot[int] | None = attribute(INTEGER, doc="longer conversations are not cached")
    vary_by: tuple[Slot[str], ...] = texts("vary-by", doc="keep answers for each value")

    def check(self, binder: Binder, node: Node) -> None:
        threshold = self.score_threshold
        if isinstance(threshold, Constant) and isinstance(threshold.value, float) and not 0 <= threshold.value <= 1:
            binder.problem(node, f"the score-threshold of '{node.name}' must be from 0.0 to 1.0")
        if isinstance(self.embeddings_backend_id, Constant):
            binder.refer("backend", self.embeddings_backend_id.value, node)

    def run(self, exchange: Exchange) -> Steps:
        text = self._prompt(exchange)
        return self._lookup(exchange, text) if text else None

    def _lookup(self, exchange: Exchange, text: str) -> Generator[Effect, Any, None]:
        vector = yield from self._embed(exchange, text)
        partition = self._partition(exchange)
        exchange.notes[_NOTE] = (partition, vector)
        found: tuple[float, Response] | None = yield VectorSearch(partition, vector, self.score_threshold(exchange))
        if found is None:
            exchange.cache = "miss"
            return
        exchange.cache = "hit"
        exchange.response = replace(found[1], headers=found[1].headers.copy())
        raise ServedFromCache

    def _prompt(self, exchange: Exchange) -> str:
        """What is compared; '' when the call is not to be cached."""
        try:
            document = json.loads(exchange.request.body or b"")
        except ValueError:
            return ""
        if not isinstance(document, dict) or document.get("stream") is True:
            return ""
        messages = document.get("messages")
        if not isinstance(messages, list):
            prompt = document.get("prompt") or document.get("input") or ""
            return prompt if isinstance(prompt, str) else json.dumps(prompt)
        if self.max_message_count is not None and len(messages) > self.max_message_count(exchange):
            return ""
        skipped = {"system", "developer"} if self.ignore_system_messages(exchange) else set()
        kept = [message for message in messages if isinstance(message, dict) and message.get("role") not in skipped]
        return "\n".join(f"{message.get('role', '')}: {_text(message.get('content'))}" for message in kept)

    def _partition(self, exchange: Exchange) -> str:
        api = exchange.api.id if exchange.api is not None else ""
        return "\n".join([api, exchange.request.url.path, *(slot(exchange) for slot in self.vary_by)])

    def _embed(self, exchange: Exchange, text: str) -> Generator[Effect, Any, tuple[float, ...]]:
        headers = Headers([("Content-Type", "application/json")])
        if self.embeddings_backend_auth is not None:
            token: str = yield FetchToken(_IDENTITY)
            headers.set("Authorization", f"Bearer {token}")
        url = Url("https", "", 443, "", f"api-version={_EMBEDDINGS_VERSION}")
        request = Request("POST", url, headers, json.dumps({"input": text}).encode())
        response: Response = yield SendRequest(request, backend_id=self.embeddings_backend_id(exchange))
        return self._vector(response)

    def _vector(self, response: Response) -> tuple[float, ...]:
        try:
            if response.status != 200:
                raise ValueError(f"status code {response.status}")
            return tuple(float(number) for number in json.loads(response.body or b"")["data"][0]["embedding"])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            message = f"the embeddings backend gave no embedding: {error}"
            raise self.error("EmbeddingsBackendFailure", message) from error


def _text(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticCacheStore(Statement):
    """Keep the answer of a call that passed the lookup."""

    duration: Slot[float] = attribute(SECONDS, required=True, doc="seconds to keep it")

    def run(self, exchange: Exchange) -> Steps:
        noted, response = exchange.notes.get(_NOTE), exchange.response
        if noted is None or response is None or response.status != 200 or response.body is None:
            return None
        partition, vector = noted
        return self._store(exchange, partition, vector, response)

    def _store(
        self, exchange: Exchange, partition: str, vector: tuple[float, ...], response: Response
    ) -> Generator[Effect, Any, None]:
        kept = replace(response, headers=response.headers.copy())
        yield VectorPut(partition, vector, kept, self.duration(exchange))
