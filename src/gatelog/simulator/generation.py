"""What a model says to one prompt: the parts that chat, completions and responses share."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from gatelog.llm.document import JsonObject, number_of, object_of
from gatelog.llm.tokens import count_text, token_texts
from gatelog.simulator.deployments import Deployment
from gatelog.simulator.messages import bad_request
from gatelog.simulator.safety import completion_results, is_filtered
from gatelog.simulator.structured import chosen_tools, free_object, instance
from gatelog.simulator.writing import randomness, write

FINGERPRINT = "fp_44709d6fcb"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a function."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Generated:
    """One choice."""

    text: str
    pieces: tuple[str, ...]
    """The text, token by token."""
    finish_reason: str
    filters: JsonObject
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: int = 0
    tokens: int = 0
    """Generated tokens, hidden reasoning included."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of the model."""

    deployment: Deployment
    document: JsonObject
    question: str
    """The last thing the user said."""
    last_role: str
    prompt_tokens: int
    seed: int
    most: int = 0
    """max_tokens; 0: none."""
    length: int = 0
    """Wanted length in tokens; 0: as it comes."""
    format: JsonObject = field(default_factory=dict)
    """`response_format`, or `text.format` of the responses API."""


def identifier(prefix: str, length: int = 29) -> str:
    """A new id such as `chatcmpl-9abc...`."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return prefix + "".join(letters[byte % 62] for byte in secrets.token_bytes(length))


def most_tokens(document: JsonObject, deployment: Deployment, *names: str) -> int:
    """The cap on the answer; raises the 400 of values that are no cap."""
    for name in names:
        value = document.get(name)
        if value is None:
            continue
        if name == "max_tokens" and deployment.reasoning:
            message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            raise bad_request(message, "max_tokens", "unsupported_parameter")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise bad_request(
                f"Invalid value for '{name}': expected a whole number of at least 1.", name, "integer_below_min_value"
            )
        return value
    return 0


def check_context(deployment: Deployment, prompt_tokens: int, most: int, param: str = "messages") -> None:
    """Raises the 400 of a prompt that is too long for the model."""
    if prompt_tokens + most <= deployment.context:
        return
    parts = f" ({prompt_tokens} in the {param}, {most} in the completion)" if most else ""
    message = (
        f"This model's maximum context length is {deployment.context} tokens. However, you requested {prompt_tokens + most} "
        f"tokens{parts}. Please reduce the length of the {param} or completion."
    )
    raise bad_request(message, param, "context_length_exceeded")


def generate(task: Task, choice: int = 0) -> Generated:
    """One choice; the same task and choice always give the same text."""
    chance = randomness(task.seed + choice * 7919, task.deployment.model, task.question)
    reasoning = chance.randrange(64, 513, 64) if task.deployment.reasoning else 0
    calls = tuple(
        ToolCall(identifier("call_", 24), function["name"], _dumps(instance(function.get("parameters"), task.question, chance)))
        for function in chosen_tools(task.document, task.question, task.last_role)
    )
    if calls:
        used = sum(
            count_text(call.name, task.deployment.model) + count_text(call.arguments, task.deployment.model) for call in calls
        )
        forced = isinstance(task.document.get("tool_choice"), dict)
        return Generated("", (), "stop" if forced else "tool_calls", {}, calls, reasoning, used + 7 * len(calls) + reasoning)
    return _spoken(task, _wording(task, chance), reasoning)


def _wording(task: Task, chance: random.Random) -> str:
    kind = task.format.get("type")
    if kind == "json_object":
        return _dumps(free_object(task.question, chance))
    if kind == "json_schema":
        schema = object_of(task.format.get("json_schema")).get("schema") or task.format.get("schema")
        return _dumps(instance(schema, task.question, chance))
    return write(task.question, chance, task.length)


def _spoken(task: Task, text: str, reasoning: int) -> Generated:
    text, stopped = _until_stop(text, task.document.get("stop"))
    pieces = _tokens_of(text, task.deployment.model)
    finish = "stop"
    most = max(0, task.most - reasoning) if task.most else 0
    if task.length and not stopped:
        pieces = pieces[: task.length]
    if task.most and len(pieces) > most:
        pieces, finish = pieces[:most], "length"
    spoken = "".join(pieces)
    filters = completion_results(spoken) if spoken else {}
    finish = "content_filter" if is_filtered(filters) else finish
    return Generated(spoken, pieces, finish, filters, (), reasoning, len(pieces) + reasoning)


@lru_cache(2048)
def _tokens_of(text: str, model: str) -> tuple[str, ...]:
    return tuple(token_texts(text, model))


def _until_stop(text: str, stop: object) -> tuple[str, bool]:
    words = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    places = [text.find(word) for word in words if isinstance(word, str) and word]
    found = [place for place in places if place >= 0]
    return (text[: min(found)], True) if found else (text, False)


def usage_of(prompt_tokens: int, choices: list[Generated], cached: int = 0) -> JsonObject:
    """The `usage` object of chat and completions."""
    completion = sum(choice.tokens for choice in choices)
    return {
        "completion_tokens": completion,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": sum(choice.reasoning for choice in choices),
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens": prompt_tokens,
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": cached},
        "total_tokens": prompt_tokens + completion,
    }


def seed_of(document: JsonObject, seed: int) -> int:
    """The request's own `seed` is added to the account's."""
    return seed + number_of(document.get("seed"))


def read_count(document: JsonObject, name: str, default: int, most: int) -> int:
    """A whole number such as `n`; raises the 400 of others."""
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise bad_request(f"Invalid value for '{name}': expected a whole number from 1 to {most}.", name)
    return value


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
