"""The provider's prompt cache: prompts of 1,024 tokens and more whose beginning was seen lately are read from it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

SHORTEST = 1024
STEP = 128
KEPT = 1000
_PREFIX = 3000
"""Characters that two prompts must share: less than 1,024 tokens are in them."""


class PromptCache:
    """Beginnings of prompts, the latest ones."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def cached_tokens(self, deployment: str, prompt: str, tokens: int) -> int:
        """How many of the prompt's tokens were cached; and remember it."""
        if tokens < SHORTEST:
            return 0
        key = hashlib.sha256(f"{deployment}\n{prompt[:_PREFIX]}".encode("utf-8", "replace")).digest()
        known = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return tokens // STEP * STEP if known else 0
