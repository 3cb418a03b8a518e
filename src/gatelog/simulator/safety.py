"""The simulated content filter: a few phrases a category, enough to see every path of it."""

from __future__ import annotations

import re
from functools import lru_cache

from gatelog.llm.document import JsonObject

SEVERITIES = ("safe", "low", "medium", "high")
BLOCKED_FROM = 2
"""Azure's default filter refuses medium and high."""

_SOMEONE = r"(?:people|someone|somebody|him|her|them|my \w+|everyone|a person)"
_PHRASES: dict[str, tuple[tuple[int, str], ...]] = {
    "hate": (
        (3, r"exterminate (?:all|every) \w+|\w+ are subhuman"),
        (2, r"\ball \w+ (?:people )?(?:are|should be) (?:inferior|vermin|deported)\b|\bi hate (?:all )?(?:\w+ )?people\b"),
        (1, r"\bi hate (?:those|these|them)\b"),
    ),
    "sexual": (
        (3, r"\bhardcore porn|explicit sex scene\b"),
        (2, r"\bporn(?:ography)?\b|\bsexually explicit\b"),
        (1, r"\bnude\b"),
    ),
    "violence": (
        (3, rf"\btorture (?:and kill )?{_SOMEONE}\b|\bhow (?:to|do i) (?:build|make) a (?:pipe )?bomb\b|\bmake a bomb\b"),
        (2, rf"\b(?:kill|murder|stab|shoot|poison) {_SOMEONE}\b|\bbuild a weapon\b"),
        (1, r"\bpunch (?:him|her|someone)\b|\bfist ?fight\b"),
    ),
    "self_harm": (
        (3, r"\b(?:how|ways|want) to (?:kill myself|commit suicide)\b"),
        (2, r"\b(?:hurt|harm|cut) myself\b|\bsuicide method"),
        (1, r"\bself[- ]harm\b"),
    ),
}
_COMPILED = {
    category: tuple((severity, re.compile(text, re.IGNORECASE)) for severity, text in rules)
    for category, rules in _PHRASES.items()
}
_ANY = re.compile("|".join(text for rules in _PHRASES.values() for _, text in rules), re.IGNORECASE)
_ATTACK = re.compile(
    r"ignore (?:all |any )?(?:of )?(?:the |your )?(?:previous|prior|above) (?:instructions|rules)"
    r"|disregard (?:all )?(?:previous|prior)"
    r"|\byou are (?:now )?DAN\b|do anything now|(?:without|no) (?:any )?(?:restrictions|content policy)|reveal your system prompt"
    r"|developer mode enabled",
    re.IGNORECASE,
)


_LONG = 4096
"""Characters of a text whose findings are not worth remembering."""


def severities(text: str) -> dict[str, int]:
    """Severity of each category in `text`, 0 safe to 3 high."""
    return _severities(text) if len(text) > _LONG else _known_severities(text)


def _severities(text: str) -> dict[str, int]:
    if _ANY.search(text) is None:
        return dict.fromkeys(_COMPILED, 0)
    return {
        category: next((severity for severity, rule in rules if rule.search(text)), 0) for category, rules in _COMPILED.items()
    }


def is_attack(text: str) -> bool:
    """The text tries to talk the model out of its rules."""
    return _is_attack(text) if len(text) > _LONG else _known_attack(text)


def _is_attack(text: str) -> bool:
    return _ATTACK.search(text) is not None


# Under load the same few prompts come again and again.
_known_severities = lru_cache(2048)(_severities)
_known_attack = lru_cache(2048)(_is_attack)


def prompt_results(text: str) -> JsonObject:
    """`content_filter_results` of a prompt."""
    attack = is_attack(text)
    return {**completion_results(text), "jailbreak": {"filtered": attack, "detected": attack}}


def completion_results(text: str) -> JsonObject:
    """`content_filter_results` of generated text."""
    return {
        category: {"filtered": severity >= BLOCKED_FROM, "severity": SEVERITIES[severity]}
        for category, severity in severities(text).items()
    }


def is_filtered(results: JsonObject) -> bool:
    """Any category refuses the text."""
    return any(finding["filtered"] for finding in results.values())
