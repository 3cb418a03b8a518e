"""What goes wrong on purpose: by setting for a share of all calls, by the header `x-simulate` for one call."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from gatelog.simulator.messages import Piece, Refusal, SimReply, bad_request, server_error, throttled
from gatelog.simulator.settings import Faults

HEADER = "x-simulate"
GARBAGE = b"<html><body>502 Bad Gateway</body></html>\x00\xff{"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen to one call."""

    latency: float = 0.0
    status: int = 0
    retry_after: int = 1
    cut: int = -1
    """Pieces of the stream before it breaks; -1: it does not."""
    garbage: bool = False
    tokens: int = 0
    """Length of the answer; 0: as it comes."""


def plan(header: str, faults: Faults, chance: random.Random) -> Plan:
    """The plan of one call. The header is a list such as `latency=1.5, status=429, retry-after=7, cut=3, garbage, tokens=500`;
    it wins over the settings. Raises a 400 for words that are none of these."""
    found = Plan(
        latency=faults.latency,
        status=_status(faults, chance),
        cut=3 if faults.cut_rate and chance.random() < faults.cut_rate else -1,
        garbage=bool(faults.garbage_rate) and chance.random() < faults.garbage_rate,
    )
    for word in filter(None, (part.strip() for part in header.split(","))):
        found = _with_word(found, word)
    return found


def _status(faults: Faults, chance: random.Random) -> int:
    if faults.error_rate and chance.random() < faults.error_rate:
        return 500
    return 429 if faults.throttle_rate and chance.random() < faults.throttle_rate else 0


def _with_word(found: Plan, word: str) -> Plan:
    name, _, value = word.partition("=")
    try:
        match name.strip():
            case "latency":
                return replace(found, latency=max(0.0, float(value)))
            case "status":
                return replace(found, status=int(value))
            case "retry-after":
                return replace(found, retry_after=int(value))
            case "cut":
                return replace(found, cut=int(value or 3))
            case "tokens":
                return replace(found, tokens=max(0, int(value)))
            case "garbage":
                return replace(found, garbage=True)
    except ValueError:
        pass
    raise bad_request(f"{HEADER}: cannot read {word!r}; expected latency=, status=, retry-after=, cut=, tokens= or garbage")


def planned_error(found: Plan, operation: str, api_version: str) -> Refusal | None:
    """The error that the plan asks for."""
    if not found.status or found.status == 200:
        return None
    if found.status == 429:
        return throttled(operation, api_version, "call", found.retry_after)
    error = server_error()
    error.reply = replace(error.reply, status=found.status)
    return error


def spoiled(reply: SimReply, found: Plan) -> SimReply:
    """The answer after everything that the plan does to it."""
    late = replace(reply, delay=reply.delay + found.latency)
    if found.garbage:
        return replace(late, body=GARBAGE, pieces=(Piece(b"data: " + GARBAGE + b"\n\n"),) if reply.pieces else ())
    if found.cut >= 0:
        pieces = reply.pieces[: found.cut] or (Piece(reply.body[: len(reply.body) // 2]),)
        return replace(late, pieces=pieces, cut=True)
    return late
