"""`base`: the parent scope's same section, spliced in when the pipeline is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Statement):
    """Run the same section of the next broader scope here. Without it, the broader scopes are left out."""

    def run(self, exchange: Exchange) -> Steps:
        raise AssertionError("base is replaced when the pipeline is compiled")
