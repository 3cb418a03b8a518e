"""Embeddings without a model: texts that share words are near each other, equal texts are equal."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import Any

import numpy as np

_WORD = re.compile(r"\w+")
_WEAK = frozenset(
    "the a an and or of to in is are was be for on with it this that as at by i you we what how do does me my".split()
)

Vector = np.ndarray[Any, np.dtype[np.float32]]


@lru_cache(maxsize=4096)
def _word_vector(word: str, dimensions: int, seed: int) -> Vector:
    chance = np.random.default_rng(zlib.crc32(word.encode("utf-8", "replace"), seed))
    return chance.standard_normal(dimensions, dtype=np.float32)


def embedding(text: str, dimensions: int, seed: int) -> Vector:
    """A unit vector of `text`."""
    total = np.zeros(dimensions, dtype=np.float32)
    words = [word.lower() for word in _WORD.findall(text)][:8192] or [text]
    for position, word in enumerate(words):
        weight = 0.2 if word in _WEAK else 1.0
        total += weight * _word_vector(_stem(word), dimensions, seed)
        if position:
            total += 0.1 * weight * _word_vector(f"{words[position - 1]} {word}", dimensions, seed)
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length else _word_vector("", dimensions, seed)


def _stem(word: str) -> str:
    """Roughly: plural and singular, and forms of a verb, meet."""
    for ending in ("ing", "ed", "es", "s"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word.removesuffix(ending)
    return word
