"""How many tokens a call used, as the model itself said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from gatelog.llm.document import number_of, object_of, text_of
from gatelog.record.events import Usage


class _Head(msgspec.Struct):
    """The few fields that are read; msgspec skips the rest without building it."""

    id: Any = None
    model: Any = None
    usage: Any = None


_decoder = msgspec.json.Decoder(_Head)
_PLAIN = {"prompt_tokens", "completion_tokens", "total_tokens"}
_MOST = 2**63


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says about itself."""

    model: str = ""
    id: str = ""
    usage: Usage | None = None
    """None: the answer has no `usage`."""


def answer_of(body: bytes) -> Answer:
    """Model, id and usage of a chat, completions, embeddings or responses answer; all empty when it is none."""
    try:
        head = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answer()
    return Answer(text_of(head.model), text_of(head.id), usage_of(head.usage))


def read_usage(body: bytes) -> Usage | None:
    """The usage in an answer; None when there is none."""
    return answer_of(body).usage


def usage_of(value: object) -> Usage | None:
    """The usage in a decoded `usage` object: the chat names (`prompt_tokens`) or the responses names (`input_tokens`)."""
    if not isinstance(value, dict):
        return None
    if value.keys() == _PLAIN:
        asked, given, total = value["prompt_tokens"], value["completion_tokens"], value["total_tokens"]
        if type(asked) is type(given) is type(total) is int and 0 <= asked < _MOST and 0 <= given < _MOST and 0 < total < _MOST:
            return Usage(prompt_tokens=asked, completion_tokens=given, total_tokens=total)
    prompt = number_of(value.get("prompt_tokens", value.get("input_tokens")))
    completion = number_of(value.get("completion_tokens", value.get("output_tokens")))
    read = object_of(value.get("prompt_tokens_details", value.get("input_tokens_details")))
    written = object_of(value.get("completion_tokens_details", value.get("output_tokens_details")))
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=number_of(value.get("total_tokens")) or prompt + completion,
        cached_tokens=number_of(read.get("cached_tokens")),
        reasoning_tokens=number_of(written.get("reasoning_tokens")),
        audio_prompt_tokens=number_of(read.get("audio_tokens")),
        audio_completion_tokens=number_of(written.get("audio_tokens")),
    )
