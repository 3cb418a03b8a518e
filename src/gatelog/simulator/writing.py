"""Answers that look alive: sentences about the words of the question, the same for the same seed and prompt."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence

_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_COMMON = frozenset(
    (
        "the and for are but not you all any can had her was one our out has him his how its who did yes she may use "
        "that with have this will your from they know want been good much some time very when come here just like long "
        "make many more only over such take than them well were what which would there their about could other after "
        "first also into most should these those where does doing tell give please explain write show describe why let "
        "get say says said answer question help need me an in is it of on to summarize summarise translate list between "
    ).split()
)

_OPENINGS = (
    "Good question about {a}.",
    "Here is a short answer about {a}.",
    "In a nutshell, {a} comes down to {b}.",
    "Let us look at {a} step by step.",
    "{A} is easier than it looks once {b} is clear.",
    "There are a few things worth knowing about {a}.",
)
_BODIES = (
    "The first thing to look at is {a}, because {b} depends on it.",
    "In practice most teams start with {a} and add {b} later.",
    "A common mistake is to treat {a} and {b} as the same thing.",
    "If {a} matters to you, measure it before you change {b}.",
    "Think of {a} as the frame and of {b} as the picture in it.",
    "The trade-off is simple: more {a} usually means less {b}.",
    "For small cases {a} alone is enough; for larger ones {b} pays off.",
    "Keep {a} in one place so that {b} can be reviewed and repeated.",
    "When {a} changes, check {b} as well, since the two move together.",
    "Many people are surprised that {a} has so little to do with {b}.",
    "You can test this with a tiny example of {a} and compare it with {b}.",
    "Documentation about {a} is often out of date, so try it with {b} first.",
)
_LISTS = (
    "Three points to remember:\n1. Start with {a}.\n2. Compare it with {b}.\n3. Write down what changed.",
    "A simple plan:\n- describe {a}\n- try {b}\n- look at the result together",
)
_ENDINGS = (
    "I hope this helps with {a}.",
    "Would you like an example with {b}?",
    "In short: begin with {a}, then look at {b}.",
    "Let me know if {a} should be covered in more depth.",
)
_SPARE = ("the details", "the bigger picture", "a clear goal", "the data", "good defaults", "the people involved")


def randomness(seed: int, *texts: str) -> random.Random:
    """A generator that depends on the seed and the texts alone."""
    digest = seed
    for text in texts:
        digest = zlib.crc32(text.encode("utf-8", "replace"), digest & 0xFFFFFFFF) + (digest << 1)
    return random.Random(digest)


def topics(text: str) -> list[str]:
    """The words of a prompt that an answer can talk about, in order, each once."""
    found: dict[str, str] = {}
    for match in _WORD.finditer(text[-4000:]):
        word = match[0]
        is_name = not word.islower() and match.start() > 0
        if word.lower() not in _COMMON:
            found.setdefault(word.lower(), word if is_name else word.lower())
    return list(found.values())[:12]


def write(question: str, chance: random.Random, tokens: int = 0) -> str:
    """An answer to `question`; about `tokens` tokens long when that is given, else as long as it comes.

    A question that begins with `echo:` is answered by the rest of it.
    """
    if question.lower().startswith("echo:") and not tokens:
        return question[5:].strip()
    names = topics(question) or ["that"]
    if not tokens:
        sentences = [_filled(chance.choice(_OPENINGS), names, chance)]
        sentences += [_filled(body, names, chance) for body in chance.sample(_BODIES, chance.randint(1, 4))]
        if chance.random() < 0.25:
            sentences.append("\n" + _filled(chance.choice(_LISTS), names, chance) + "\n")
        return " ".join([*sentences, _filled(chance.choice(_ENDINGS), names, chance)])
    words: list[str] = []
    while len(words) < tokens:
        words += _filled(chance.choice(_BODIES), names, chance).split()
    return " ".join(words)


def _filled(sentence: str, names: Sequence[str], chance: random.Random) -> str:
    first = chance.choice(names)
    others = [name for name in names if name != first] or _SPARE
    second = chance.choice(others)
    return sentence.format(a=first, b=second, A=first[:1].upper() + first[1:])
