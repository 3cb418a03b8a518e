"""Merging the chunks of chat and completions streams (learn.microsoft.com/azure/ai-services/openai/reference)."""

from __future__ import annotations

from typing import Any

from gatelog.llm.document import JsonObject, number_of, object_of, objects_of, text_of

_SEVERITIES = ("safe", "low", "medium", "high")
_HEAD = ("id", "object", "created", "model")


class ChatChunks:
    """`chat.completion.chunk` objects -> one `chat.completion`."""

    object_name = "chat.completion"
    done = False

    def __init__(self) -> None:
        self._head: JsonObject = {}
        self._choices: dict[int, JsonObject] = {}
        self.text_events = 0

    def add(self, chunk: JsonObject) -> None:
        """Merge one chunk."""
        for key, value in chunk.items():
            if key not in ("choices", "object") and value not in (None, "", []):
                self._head[key] = value
        texts = [self._add_choice(choice) for choice in objects_of(chunk.get("choices"))]
        self.text_events += any(texts)

    def answer(self) -> JsonObject:
        """The whole object; {} when nothing arrived."""
        if not self._head and not self._choices:
            return {}
        first = {key: self.object_name if key == "object" else self._head.get(key, "") for key in _HEAD}
        rest = {key: value for key, value in self._head.items() if key not in _HEAD}
        return {**first, "choices": [self._choices[index] for index in sorted(self._choices)], **rest}

    def _add_choice(self, piece: JsonObject) -> bool:
        index = number_of(piece.get("index"))
        choice = self._choices.setdefault(index, {"index": index, **self.empty_choice()})
        _merge_annotations(choice, piece)
        return self.merge(choice, piece)

    def empty_choice(self) -> JsonObject:
        """A choice before its first chunk."""
        return {"message": {"role": "assistant", "content": None}, "finish_reason": None}

    def merge(self, choice: JsonObject, piece: JsonObject) -> bool:
        """Take in one delta; true when it carried generated text."""
        delta = object_of(piece.get("delta"))
        message = choice["message"]
        has_text = False
        for key, value in delta.items():
            has_text |= _merge_delta(message, key, value)
        if "logprobs" in piece:
            _merge_lists(choice, "logprobs", piece["logprobs"])
        return has_text


class CompletionChunks(ChatChunks):
    """Chunks of the older completions API -> one `text_completion`."""

    object_name = "text_completion"

    def empty_choice(self) -> JsonObject:
        return {"text": "", "finish_reason": None}

    def merge(self, choice: JsonObject, piece: JsonObject) -> bool:
        text = text_of(piece.get("text"))
        choice["text"] += text
        if "logprobs" in piece:
            _merge_lists(choice, "logprobs", piece["logprobs"])
        return bool(text)


def _merge_annotations(choice: JsonObject, piece: JsonObject) -> None:
    if piece.get("finish_reason") is not None:
        choice["finish_reason"] = piece["finish_reason"]
    for key, value in piece.items():
        if key == "content_filter_results":
            _merge_filters(choice.setdefault(key, {}), object_of(value))
        elif key not in ("index", "delta", "text", "message", "logprobs", "finish_reason") and value is not None:
            choice[key] = value


def _merge_filters(kept: JsonObject, results: JsonObject) -> None:
    """The worst finding of each category stays: every chunk of Azure's streams carries its own."""
    for category, finding in results.items():
        if category not in kept or _weight(finding) >= _weight(kept[category]):
            kept[category] = finding


def _weight(finding: object) -> tuple[bool, bool, int]:
    found = object_of(finding)
    severity = found.get("severity")
    return (
        found.get("filtered") is True,
        found.get("detected") is True,
        _SEVERITIES.index(severity) if severity in _SEVERITIES else 0,
    )


def _merge_delta(message: JsonObject, key: str, value: Any) -> bool:
    """One field of a delta: strings grow, tool calls grow by index, everything else is replaced."""
    if key == "role":
        message["role"] = value or message["role"]
        return False
    if key == "tool_calls" and isinstance(value, list):
        message["tool_calls"] = _list_of(message.get("tool_calls"))
        return _merge_tool_calls(message["tool_calls"], objects_of(value))
    if isinstance(value, str):
        message[key] = text_of(message.get(key)) + value
        return bool(value)
    if isinstance(value, dict):
        return _merge_object(message.setdefault(key, {}), value)
    if isinstance(value, list):
        message[key] = [*_list_of(message.get(key)), *value]
    elif value is not None or key == "refusal":
        message[key] = value or message.get(key)
    return False


def _merge_tool_calls(calls: list[JsonObject], pieces: list[JsonObject]) -> bool:
    has_text = False
    for piece in pieces:
        index = number_of(piece.get("index"))
        index = index if 0 <= index < len(calls) else len(calls)
        if index == len(calls):
            calls.append({"id": "", "type": "function"})
        call = calls[index]
        call["id"] = text_of(piece.get("id")) or call["id"]
        call["type"] = text_of(piece.get("type")) or call["type"]
        for key in piece.keys() - {"index", "id", "type"}:
            if isinstance(piece[key], dict):
                has_text |= _merge_object(call.setdefault(key, {}), piece[key])
    return has_text


def _merge_object(kept: Any, pieces: JsonObject) -> bool:
    """Function name and arguments, audio transcript and data: texts are appended, the rest replaced."""
    has_text = False
    if not isinstance(kept, dict):
        return False
    for key, value in pieces.items():
        if isinstance(value, str) and key != "id":
            kept[key] = text_of(kept.get(key)) + value
            has_text |= bool(value)
        elif value is not None:
            kept[key] = value
    return has_text


def _merge_lists(choice: JsonObject, key: str, pieces: object) -> None:
    """Log probabilities: lists below `logprobs` grow."""
    if not isinstance(pieces, dict):
        choice.setdefault(key, None)
        return
    kept = choice.get(key) or {}
    for name, values in pieces.items():
        kept[name] = [*_list_of(kept.get(name)), *values] if isinstance(values, list) else kept.get(name, values)
    choice[key] = kept


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
