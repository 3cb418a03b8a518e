"""What `gatelog simulate` makes of its command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gatelog.cli import simulate
from gatelog.simulator.settings import DEMO_KEY, Faults, SimulatorSettings


def parsed(*words: str) -> SimulatorSettings:
    parser = argparse.ArgumentParser()
    simulate.register(parser.add_subparsers())
    return simulate.settings_of(parser.parse_args(["simulate", *words]))


def test_defaults() -> None:
    assert parsed() == SimulatorSettings()


def test_everything() -> None:
    words = "--port 9 --key a --key b --issuer i.json --seed 3 --instant --error-rate 0.5 --cut-rate 1 --latency 2"
    settings = parsed(*words.split())
    assert (settings.port, settings.api_keys, settings.issuer_keys, settings.seed) == (9, ("a", "b"), Path("i.json"), 3)
    assert (settings.first_token, settings.per_token) == (0.0, 0.0)
    assert settings.faults == Faults(latency=2, error_rate=0.5, cut_rate=1)
    assert parsed("--per-token", "0.1").api_keys == (DEMO_KEY,)


@pytest.mark.parametrize("words", ["--error-rate 2", "--cut-rate x", "--port many"])
def test_refused(words: str) -> None:
    with pytest.raises(SystemExit):
        parsed(*words.split())
