"""Which message bodies an expression reads, told from its text; when in doubt, it reads."""

from __future__ import annotations

import re
from typing import Final

REQUEST_BODY: Final = "request-body"
RESPONSE_BODY: Final = "response-body"
DEFERRED: Final = "deferred"
_DIRECT: Final = {
    REQUEST_BODY: re.compile(r"\bcontext\s*\??\.\s*Request\s*\??\.\s*Body\b"),
    RESPONSE_BODY: re.compile(r"\bcontext\s*\??\.\s*Response\s*\??\.\s*Body\b"),
}
_HELD: Final = {
    REQUEST_BODY: re.compile(r"\bcontext\s*\??\.\s*Request\b(?!\s*\??\.|\s*[!=]=)"),
    RESPONSE_BODY: re.compile(r"\bcontext\s*\??\.\s*Response\b(?!\s*\??\.|\s*[!=]=)"),
}
_ANY_BODY: Final = re.compile(r"\.\s*Body\b")


def reads_of(text: str) -> frozenset[str]:
    """`request-body` and `response-body`, as far as an expression may read them.

    >>> sorted(reads_of('@{ var r = context.Response; return r.Body.As<string>(); }'))
    ['response-body']
    """
    found = {body for body, pattern in _DIRECT.items() if pattern.search(text)}
    if _ANY_BODY.search(text):
        found |= {body for body, pattern in _HELD.items() if pattern.search(text)}
    return frozenset(found)
