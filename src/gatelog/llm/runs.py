"""Runs of plain text chunks of a chat stream: read with types and merged as one, because nearly all chunks are of this kind.

A chunk belongs to a run when it holds one choice with nothing but text, and all else in it is as in the chunk before. Anything
else is left to `chunks.py`, so the result is the same.
"""

from __future__ import annotations

import re

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
_TEXT = re.compile(rb'"content"\s*:\s*"([^"]*)"')


class Run:
    """The run that is being read."""

    __slots__ = ("_after", "_before", "_first", "_last", "_texts", "events", "text_events")

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._first: tuple[object, ...] = ()
        self._last = b""
        self._before = b""
        """What all events of the run begin with, up to their text; empty: not known."""
        self._after = b""
        self.events = 0
        self.text_events = 0

    def take(self, event: bytes) -> bool:
        """Take in the JSON of one event; False: it is not of this run, which is to be closed before it."""
        before, after = self._before, self._after
        if before and event.startswith(before) and event.endswith(after) and len(event) >= len(before) + len(after):
            if self._take_text(event[len(before) : -len(after)]):
                self._last = event
                return True
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
        if not self.events:
            self._learn(event, choice.delta.content)
        self._first = rest
        self._last = event
        self.events += 1
        text = choice.delta.content
        if text:
            self._texts.append(text)
            self.text_events += 1
        return True

    def _learn(self, event: bytes, text: str) -> None:
        """Find what stands around the text, so that the next event need not be read when only its text differs."""
        found = [] if b"\\" in event else list(_TEXT.finditer(event))
        if len(found) == 1 and found[0][1] == text.encode():
            self._before, self._after = event[: found[0].start(1)], event[found[0].end(1) :]
        else:
            self._before = b""

    def _take_text(self, raw: bytes) -> bool:
        """Take in the text of an event that is as the first one in all else; False: it must be read."""
        if b'"' in raw or b"\\" in raw:
            return False
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return False
        if not text.isprintable():  # control characters are no JSON
            return False
        self.events += 1
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
        self._texts, self._first, self._last, self._before = [], (), b"", b""
        self.events = self.text_events = 0
        return document
