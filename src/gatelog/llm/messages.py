"""Prompts and answers as texts: for ApiManagementGatewayLlmLog, content safety and the semantic cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from gatelog.llm.document import JsonObject, object_of, objects_of, read_object, text_of
from gatelog.llm.operations import Kind

CHUNK_BYTES = 32 * 1024
"""Size of one row's part of a long message list in ApiManagementGatewayLlmLog."""


def request_messages(kind: Kind, body: bytes) -> str:
    """JSON array text of the messages that a request sends (`[{"role":..,"content":..}]`); '' when there are none."""
    document = read_object(body)
    return _array(_prompts(kind, document)) if document else ""


def response_messages(kind: Kind, body: bytes) -> str:
    """JSON array text of the messages that an answer holds; '' when there are none."""
    document = read_object(body)
    return _array(_answers(kind, document)) if document else ""


def prompt_text(kind: Kind, body: bytes) -> str:
    """All text of a prompt, one message a line."""
    document = read_object(body)
    return _joined(_prompts(kind, document)) if document else ""


def completion_text(kind: Kind, body: bytes) -> str:
    """All generated text of an answer, one choice a line."""
    document = read_object(body)
    return _joined(_answers(kind, document)) if document else ""


def split_messages(text: str, max_bytes: int = CHUNK_BYTES) -> list[str]:
    """`text` in pieces of at most `max_bytes` of UTF-8, never cut inside a character; joined they are the text again."""
    data = text.encode("utf-8", "surrogatepass")
    pieces, start = [], 0
    while start < len(data):
        end = min(start + max_bytes, len(data))
        while end < len(data) and end > start + 1 and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end].decode("utf-8", "surrogatepass"))
        start = end
    return pieces


def content_text(content: object) -> str:
    """The text in a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    parts = [text_of(part.get("text")) or text_of(part.get("refusal")) for part in objects_of(content)]
    return "\n".join(part for part in parts if part)


def _array(messages: list[JsonObject]) -> str:
    return orjson.dumps(messages).decode() if messages else ""


def _joined(messages: list[JsonObject]) -> str:
    texts = [text for message in messages for text in _texts(message)]
    return "\n".join(text for text in texts if text)


def _texts(message: JsonObject) -> Iterator[str]:
    yield content_text(message.get("content"))
    yield text_of(message.get("refusal"))
    yield text_of(message.get("arguments"))
    yield text_of(message.get("output"))
    for call in objects_of(message.get("tool_calls")):
        yield text_of(object_of(call.get("function")).get("arguments"))


def _prompts(kind: Kind, document: JsonObject) -> list[JsonObject]:
    if kind is Kind.CHAT:
        return objects_of(document.get("messages"))
    if kind is Kind.RESPONSES:
        return _response_input(document)
    return [{"role": "user", "content": text} for text in _inputs(document.get("prompt", document.get("input")))]


def _response_input(document: JsonObject) -> list[JsonObject]:
    first = [{"role": "system", "content": document["instructions"]}] if text_of(document.get("instructions")) else []
    given = document.get("input")
    return first + ([{"role": "user", "content": given}] if isinstance(given, str) else objects_of(given))


def _inputs(value: Any) -> list[Any]:
    """The texts of `prompt` or `input`; a list of token numbers is one text that only the model can read."""
    if isinstance(value, list) and not any(isinstance(item, int) for item in value):
        return value
    return [] if value is None else [value]


def _answers(kind: Kind, document: JsonObject) -> list[JsonObject]:
    if kind is Kind.CHAT:
        return [choice["message"] for choice in objects_of(document.get("choices")) if isinstance(choice.get("message"), dict)]
    if kind is Kind.RESPONSES:
        return objects_of(document.get("output"))
    texts = [choice.get("text") for choice in objects_of(document.get("choices"))]
    return [{"role": "assistant", "content": text} for text in texts if isinstance(text, str)]
