"""Runs of plain text chunks of a chat stream: read with types and merged as one, because nearly all chunks are of this kind.

A chunk belongs to a run when it holds one choice with nothing but text, and all else in it is as in the chunk before. Anything
else is left to `chunks.py`, so the result is the same.
"""

from __future__ import annotations

import msgspec

from gatelog.llm.document import JsonObject


class _Delta(msgspec.Struct, forbid_unknown_fields=True):
    content: str


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    delta: _Delta
    index: int = 0
    finish_reason: None = None
    logprobs: None = None
    content_filter_results: msgspec.Raw = msgspec.Raw()


class _Chunk(msgspec.Struct, forbid_unknown_fields=True):
    choices: list[_Choice]
    id: str = ""
    object: str = ""
    created: int = 0
    model: str = ""
    system_fingerprint: str | None = None
    service_tier: str | None = None
    usage: None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class Run:
    """The run that is being read."""

    __slots__ = ("_first", "_last", "_texts", "events", "text_events")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._first: tuple[object, ...] = ()
        self._last = b""
        self.events = 0
        self.text_events = 0

    def take(self, event: bytes) -> bool:
        """Take in the JSON of one event; False: it is not of this run, which is to be closed before it."""
        try:
            chunk = _decode(event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        choices = chunk.choices
        if len(choices) != 1 or choices[0].index:
            return False
        choice = choices[0]
        filters = bytes(choice.content_filter_results)
        rest = (chunk.id, chunk.model, chunk.created, chunk.system_fingerprint, chunk.service_tier, filters)
        if self.events and rest != self._first:
            return False
        self._first = rest
        self._last = event
        self.events += 1
        text = choice.delta.content
        if text:
            self._texts.append(text)
            self.text_events += 1
        return True

    def close(self) -> JsonObject:
        """The run as one chunk; {} when it is empty. Another run may begin."""
        if not self.events:
            return {}
        document: JsonObject = msgspec.json.decode(self._last)
        document["choices"][0]["delta"] = {"content": "".join(self._texts)}
        self._texts, self._first, self._last = [], (), b""
        self.events = self.text_events = 0
        return document
