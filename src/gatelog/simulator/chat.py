"""Chat completions, whole and streamed, and the older completions API."""

from __future__ import annotations

import math
from typing import Any

import orjson

from gatelog.llm.document import JsonObject, object_of, objects_of, text_of
from gatelog.llm.messages import content_text
from gatelog.llm.operations import Kind
from gatelog.llm.tokens import count_prompt, token_texts
from gatelog.simulator.deployments import Deployment
from gatelog.simulator.generation import (
    FINGERPRINT,
    Generated,
    Task,
    check_context,
    generate,
    identifier,
    most_tokens,
    read_count,
    seed_of,
    usage_of,
)
from gatelog.simulator.messages import Piece, SimReply, bad_request, filtered_prompt, json_reply
from gatelog.simulator.prompt_cache import PromptCache
from gatelog.simulator.safety import is_filtered, prompt_results
from gatelog.simulator.settings import SimulatorSettings

DONE = b"data: [DONE]\n\n"
ROLES = ("system", "assistant", "user", "function", "tool", "developer")


class Talk:
    """Chat and completions of one account."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._cache = PromptCache()

    def chat(self, deployment: Deployment, document: JsonObject, body: bytes, length: int, created: int) -> SimReply:
        """The answer to `POST .../chat/completions`."""
        task, prompts = self._chat_task(deployment, document, body, length)
        choices = [generate(task, index) for index in range(read_count(document, "n", 1, 128))]
        usage = usage_of(task.prompt_tokens, choices, self._cache.cached_tokens(deployment.name, prompts, task.prompt_tokens))
        head = {"created": created, "id": identifier("chatcmpl-"), "model": deployment.model}
        filters = [{"prompt_index": 0, "content_filter_results": prompt_results(prompts)}]
        tokens = (usage["prompt_tokens"], usage["completion_tokens"])
        if document.get("stream") is True:
            pieces = self._chat_stream(document, head, choices, filters, usage, deployment)
            return SimReply(200, content_type="text/event-stream", pieces=pieces, tokens=tokens)
        whole = {
            "choices": [_choice(index, choice, document, deployment) for index, choice in enumerate(choices)],
            **head,
            "object": "chat.completion",
            "prompt_filter_results": filters,
            "system_fingerprint": FINGERPRINT,
            "usage": usage,
        }
        return json_reply(whole, tokens=tokens, delay=self._time_of(choices))

    def completions(self, deployment: Deployment, document: JsonObject, body: bytes, length: int, created: int) -> SimReply:
        """The answer to `POST .../completions`."""
        prompts = _prompts(document)
        joined = "\n".join(prompts)
        self._check_prompt(joined)
        prompt_tokens = count_prompt(Kind.COMPLETIONS, body, deployment.model)
        most = most_tokens(document, deployment, "max_tokens") or 16
        check_context(deployment, prompt_tokens, most, "prompt")
        seed = seed_of(document, self._settings.seed)
        count = read_count(document, "n", 1, 128)
        choices = [
            generate(Task(deployment, {"stop": document.get("stop")}, prompt, "user", prompt_tokens, seed, most, length), index)
            for prompt in prompts
            for index in range(count)
        ]
        usage = usage_of(prompt_tokens, choices)
        head = {"created": created, "id": identifier("cmpl-"), "model": deployment.model, "object": "text_completion"}
        filters = [
            {"prompt_index": index, "content_filter_results": prompt_results(prompt)} for index, prompt in enumerate(prompts)
        ]
        tokens = (usage["prompt_tokens"], usage["completion_tokens"])
        if document.get("stream") is True:
            pieces = self._text_stream(document, head, choices, filters, usage)
            return SimReply(200, content_type="text/event-stream", pieces=pieces, tokens=tokens)
        whole = {
            "choices": [
                {
                    "content_filter_results": choice.filters,
                    "finish_reason": choice.finish_reason,
                    "index": index,
                    "logprobs": _text_logprobs(choice, document),
                    "text": (prompts[index // count] if document.get("echo") is True else "") + choice.text,
                }
                for index, choice in enumerate(choices)
            ],
            **head,
            "prompt_filter_results": filters,
            "usage": usage,
        }
        return json_reply(whole, tokens=tokens, delay=self._time_of(choices))

    def _chat_task(self, deployment: Deployment, document: JsonObject, body: bytes, length: int) -> tuple[Task, str]:
        if "messages" not in document:
            raise bad_request("'messages' is a required property")
        messages = objects_of(document["messages"])
        if not messages or not isinstance(document["messages"], list):
            raise bad_request(
                "Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages", "empty_array"
            )
        _check_roles(messages)
        texts = [content_text(message.get("content")) for message in messages]
        prompts = "\n".join(texts)
        self._check_prompt(prompts)
        wanted = object_of(document.get("response_format"))
        if wanted.get("type") == "json_object" and "json" not in prompts.lower():
            message = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            raise bad_request(message, "messages")
        prompt_tokens = count_prompt(Kind.CHAT, body, deployment.model)
        most = most_tokens(document, deployment, "max_completion_tokens", "max_tokens")
        check_context(deployment, prompt_tokens, most)
        roles = [text_of(message.get("role")) for message in messages]
        spoken = [text for role, text in zip(roles, texts, strict=True) if role in ("user", "tool", "function")]
        seed = seed_of(document, self._settings.seed)
        question = spoken[-1] if spoken else prompts
        return Task(deployment, document, question, roles[-1], prompt_tokens, seed, most, length, wanted), prompts

    def _check_prompt(self, text: str) -> None:
        results = prompt_results(text)
        if is_filtered(results):
            raise filtered_prompt(results)

    def _time_of(self, choices: list[Generated]) -> float:
        return self._settings.first_token + self._settings.per_token * max((choice.tokens for choice in choices), default=0)

    def _chat_stream(
        self,
        document: JsonObject,
        head: JsonObject,
        choices: list[Generated],
        filters: list[JsonObject],
        usage: JsonObject,
        deployment: Deployment,
    ) -> tuple[Piece, ...]:
        tail = {**head, "object": "chat.completion.chunk", "system_fingerprint": FINGERPRINT, **_asked_usage(document)}
        empty = {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": filters}
        pieces = [Piece(_event(empty), self._settings.first_token)]
        for index, choice in enumerate(choices):
            first = {"content": None if choice.tool_calls else "", "refusal": None, "role": "assistant"}
            pieces.append(Piece(_event({"choices": [_delta(index, first, {})], **tail})))
            wants_odds = document.get("logprobs") is True
            for delta in _tool_deltas(choice, deployment):
                pieces.append(Piece(_event({"choices": [_delta(index, delta, {})], **tail}), self._settings.per_token))
            for text in choice.pieces:
                odds = _logprobs([text], document) if wants_odds else None
                event = {"choices": [_delta(index, {"content": text}, choice.filters, odds)], **tail}
                pieces.append(Piece(_event(event), self._settings.per_token))
            pieces.append(Piece(_event({"choices": [_delta(index, {}, {}, None, choice.finish_reason)], **tail})))
        if "usage" in tail:
            pieces.append(Piece(_event({"choices": [], **tail, "usage": usage})))
        return (*pieces, Piece(DONE))

    def _text_stream(
        self, document: JsonObject, head: JsonObject, choices: list[Generated], filters: list[JsonObject], usage: JsonObject
    ) -> tuple[Piece, ...]:
        tail = {**head, **_asked_usage(document)}
        pieces = [Piece(_event({"choices": [], **tail, "prompt_filter_results": filters}), self._settings.first_token)]
        for index, choice in enumerate(choices):
            for text in choice.pieces:
                entry = {"index": index, "text": text, "logprobs": None, "finish_reason": None}
                pieces.append(Piece(_event({"choices": [entry], **tail}), self._settings.per_token))
            last = {"index": index, "text": "", "logprobs": None, "finish_reason": choice.finish_reason}
            pieces.append(Piece(_event({"choices": [{**last, "content_filter_results": choice.filters}], **tail})))
        if "usage" in tail:
            pieces.append(Piece(_event({"choices": [], **tail, "usage": usage})))
        return (*pieces, Piece(DONE))


def _check_roles(messages: list[JsonObject]) -> None:
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES:
            expected = ", ".join(repr(name) for name in ROLES)
            raise bad_request(
                f"Invalid value: {role!r}. Supported values are: {expected}.", f"messages[{index}].role", "invalid_value"
            )


def _prompts(document: JsonObject) -> list[str]:
    given = document.get("prompt", "")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list):
        raise bad_request("Invalid type for 'prompt': expected a string or an array.", "prompt", "invalid_type")
    if texts and all(isinstance(item, int) for item in texts):
        return ["tokens"]
    return [item if isinstance(item, str) else "tokens" for item in texts] or [""]


def _choice(index: int, choice: Generated, document: JsonObject, deployment: Deployment) -> JsonObject:
    message: JsonObject = {"content": None if choice.tool_calls else choice.text, "refusal": None, "role": "assistant"}
    if choice.tool_calls:
        message["tool_calls"] = [
            {"function": {"arguments": call.arguments, "name": call.name}, "id": call.id, "type": "function"}
            for call in choice.tool_calls
        ]
    return {
        "content_filter_results": choice.filters,
        "finish_reason": choice.finish_reason,
        "index": index,
        "logprobs": _logprobs(list(choice.pieces), document) if document.get("logprobs") is True else None,
        "message": message,
    }


def _delta(
    index: int, delta: JsonObject, filters: JsonObject, odds: JsonObject | None = None, finish: str | None = None
) -> JsonObject:
    return {"content_filter_results": filters, "delta": delta, "finish_reason": finish, "index": index, "logprobs": odds}


def _tool_deltas(choice: Generated, deployment: Deployment) -> list[JsonObject]:
    deltas: list[JsonObject] = []
    for index, call in enumerate(choice.tool_calls):
        function = {"arguments": "", "name": call.name}
        deltas.append({"tool_calls": [{"function": function, "id": call.id, "index": index, "type": "function"}]})
        texts = token_texts(call.arguments, deployment.model)
        deltas += [{"tool_calls": [{"function": {"arguments": text}, "index": index}]} for text in texts]
    return deltas


def _asked_usage(document: JsonObject) -> JsonObject:
    return {"usage": None} if object_of(document.get("stream_options")).get("include_usage") is True else {}


def _odds(text: str) -> float:
    """A steady log probability of a token."""
    return -round(0.001 + (sum(text.encode()) % 97) / 97, 6)


def _logprobs(pieces: list[str], document: JsonObject) -> JsonObject:
    top = document.get("top_logprobs")
    count = top if isinstance(top, int) and not isinstance(top, bool) else 0
    return {"content": [{**_entry(text), "top_logprobs": _alternatives(text, count)} for text in pieces], "refusal": None}


def _entry(text: str, less: float = 0.0) -> JsonObject:
    return {"bytes": list(text.encode()), "logprob": _odds(text) - less, "token": text}


def _alternatives(text: str, count: int) -> list[JsonObject]:
    others = (text, text.lower(), text.upper(), " the", " a", ",", ".", " and", " of", " to", "\n")
    distinct: list[Any] = list(dict.fromkeys(others))
    return [_entry(other, math.log(rank + 1)) for rank, other in enumerate(distinct[:count])]


def _text_logprobs(choice: Generated, document: JsonObject) -> JsonObject | None:
    count = document.get("logprobs")
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    offsets, place = [], 0
    for text in choice.pieces:
        offsets.append(place)
        place += len(text)
    return {
        "text_offset": offsets,
        "token_logprobs": [_odds(text) for text in choice.pieces],
        "tokens": list(choice.pieces),
        "top_logprobs": [{entry["token"]: entry["logprob"] for entry in _alternatives(text, count)} for text in choice.pieces],
    }


def _event(document: JsonObject) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"
