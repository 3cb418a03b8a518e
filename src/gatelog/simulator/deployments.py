"""The deployments that the simulated account offers."""

from __future__ import annotations

from dataclasses import dataclass

CHAT = "chatCompletion"
COMPLETION = "completion"
EMBEDDING = "embeddings"
RESPONSES = "responses"

_TALK = frozenset((CHAT, RESPONSES))


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of a model."""

    name: str
    model: str
    """What answers say in `model`."""
    version: str
    operations: frozenset[str]
    context: int
    """Tokens of prompt and answer together."""
    tokens_per_minute: int = 0
    """0: no limit is enforced."""
    requests_per_minute: int = 0
    ptus: int = 0
    """Provisioned throughput units; 0: a standard deployment."""
    dimensions: int = 0
    """Of its vectors, for embedding models."""
    reasoning: bool = False


TOKENS_PER_PTU = 2500
"""Tokens a minute that one provisioned unit can take."""

DEPLOYMENTS = (
    Deployment("text-turbo", "gpt-35-turbo", "0301", _TALK | {COMPLETION}, 16_385),
    Deployment("gpt-35-turbo", "gpt-35-turbo", "0125", _TALK, 16_385),
    Deployment("gpt-35-turbo-instruct", "gpt-35-turbo-instruct", "0914", frozenset((COMPLETION,)), 4_097),
    Deployment("gpt-4o", "gpt-4o-2024-08-06", "2024-08-06", _TALK, 128_000),
    Deployment("gpt-4o-mini", "gpt-4o-mini-2024-07-18", "2024-07-18", _TALK, 128_000),
    Deployment("gpt-4o-small", "gpt-4o-2024-08-06", "2024-08-06", _TALK, 128_000, tokens_per_minute=1_000, requests_per_minute=6),
    Deployment("gpt-4o-ptu", "gpt-4o-2024-08-06", "2024-08-06", _TALK, 128_000, ptus=50),
    Deployment("o4-mini", "o4-mini-2025-04-16", "2025-04-16", _TALK, 200_000, reasoning=True),
    Deployment("text-embedding-ada-002", "text-embedding-ada-002", "2", frozenset((EMBEDDING,)), 8_192, dimensions=1536),
    Deployment("text-embedding-3-small", "text-embedding-3-small", "1", frozenset((EMBEDDING,)), 8_192, dimensions=1536),
)
