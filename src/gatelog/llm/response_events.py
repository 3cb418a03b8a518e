"""Putting the events of the responses API together (platform.openai.com/docs/api-reference/responses-streaming)."""

from __future__ import annotations

from gatelog.llm.document import JsonObject, number_of, object_of, objects_of, text_of

_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_DELTAS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
}


class ResponseEvents:
    """Typed events -> one `response` object: the last one that the stream carried, or as much as had arrived."""

    def __init__(self) -> None:
        self._response: JsonObject = {}
        self._items: dict[int, JsonObject] = {}
        self.done = False
        self.text_events = 0

    def add(self, event: JsonObject) -> None:
        """Take in one event."""
        name = text_of(event.get("type"))
        if isinstance(event.get("response"), dict):
            self._response = event["response"]
            self.done = self.done or name in _ENDS
        elif name in ("response.output_item.added", "response.output_item.done"):
            self._items[number_of(event.get("output_index"))] = dict(object_of(event.get("item")))
        elif name in _DELTAS:
            self._add_delta(event, _DELTAS[name])

    def answer(self) -> JsonObject:
        """The whole object; {} when nothing arrived."""
        if self.done or not self._items:
            return self._response
        return {**self._response, "output": [self._items[index] for index in sorted(self._items)]}

    def _add_delta(self, event: JsonObject, field: str) -> None:
        item = self._items.setdefault(number_of(event.get("output_index")), {"type": "message", "role": "assistant"})
        delta = text_of(event.get("delta"))
        self.text_events += bool(delta)
        if field in ("arguments", "input"):
            item[field] = text_of(item.get(field)) + delta
            return
        content = item["content"] = objects_of(item.get("content"))
        index = min(max(number_of(event.get("content_index")), 0), len(content))
        if index == len(content):
            content.append({"type": "output_text" if field == "text" else "refusal", field: ""})
        content[index][field] = text_of(content[index].get(field)) + delta
