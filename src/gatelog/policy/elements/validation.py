"""What the `validate-*` elements share: their actions, and where their findings go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatelog.policy.effects import PolicyError
from gatelog.policy.slots import Slot, one_of
from gatelog.policy.statement import Place
from gatelog.record.exchange import Exchange

ACTION: Final = one_of("ignore", "prevent", "detect")


def settle(
    exchange: Exchange, place: Place, findings: Sequence[tuple[str, str]], variable: Slot[str] | None, reason: str
) -> None:
    """Note findings (action, message) in the variable; the first one with `prevent` fails the call: 400 for a request, 502
    for a response."""
    counted = [(action, message) for action, message in findings if action != "ignore"]
    if variable is not None:
        exchange.variables[variable(exchange)] = "\n".join(message for _, message in counted)
    for action, message in counted:
        if action == "prevent":
            status = 400 if place.section == "inbound" else 502
            raise PolicyError(place.element, reason, message, status=status, body_message=message)
