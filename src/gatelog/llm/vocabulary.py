"""The byte-pair vocabularies that bpe-openai bundles.

Only its compiled part is loaded: the package's Python layer unpacks every vocabulary a second time when it is imported, which
costs a second and 100 MB in each process that ever counts a token.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Protocol


class Vocabulary(Protocol):
    """One byte-pair encoding. Special tokens are plain text."""

    def encode(self, text: str) -> list[int]:
        """Token numbers of `text`."""
        ...

    def decode(self, tokens: list[int]) -> str:
        """The text of tokens; raises or replaces where they end inside a character."""
        ...

    def count(self, text: str) -> int:
        """How many tokens `text` is."""
        ...


@cache
def vocabulary(name: str) -> Vocabulary:
    """`cl100k_base` or `o200k_base`; the first use of each takes about 0.1 s."""
    loaded: Vocabulary = _bindings().tokenizer_for_encoding(name)
    return loaded


@cache
def _bindings() -> Any:
    package = importlib.util.find_spec("bpe_openai")
    places = package.submodule_search_locations if package else None
    files = [
        file for place in places or () for file in sorted(Path(place).glob("_bindings*.*")) if file.suffix in (".so", ".pyd")
    ]
    spec = importlib.util.spec_from_file_location("bpe_openai._bindings", files[0]) if files else None
    if spec is None or spec.loader is None:
        raise ImportError("the compiled part of bpe-openai is missing", name="bpe_openai._bindings")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
