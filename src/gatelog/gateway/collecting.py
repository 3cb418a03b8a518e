"""How much of a backend's answer is collected before the pipeline goes on, and what is passed on while it arrives."""

from __future__ import annotations

from gatelog.gateway.heads import CHUNKED, UNTIL_CLOSE, ResponseHead
from gatelog.policy.effects import Forward

COLLECT_BYTES = 1 << 20
"""Answers of a known length up to this are passed on in one piece."""
COLLECT_UNKNOWN_BYTES = 64 << 10
"""An answer of unknown length is passed on while it arrives once it is larger."""
BUFFER_BYTES = 64 << 20
"""Largest answer that a pipeline may buffer."""


def collect_limit(head: ResponseHead, effect: Forward, buffers_response: bool, is_llm: bool) -> int:
    """How many bytes are collected before the pipeline goes on; 0: it goes on at once.

    buffers_response: the pipeline reads or changes the whole body. is_llm: the call is one to a model.
    """
    if head.length == 0:
        return 1
    if buffers_response or (effect.fail_on_error_status_code and head.status >= 400):
        return BUFFER_BYTES
    if (head.headers.get("content-type") or "").startswith("text/event-stream"):
        return 0
    if head.length in (CHUNKED, UNTIL_CLOSE):
        return COLLECT_UNKNOWN_BYTES if effect.buffer_response or is_llm else 0
    return COLLECT_BYTES if head.length <= COLLECT_BYTES else 0
