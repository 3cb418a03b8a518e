"""One running demo and two simulated regions for every policy pattern; each pattern is an API of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from patterns import Bench, region
from running import running_demo


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_demo(tmp_path_factory.mktemp("policies")) as demo, region("eastus") as east, region("westus") as west:
        found = Bench(demo, east, west)
        found.made("namedValues/simulator-key", {"displayName": "simulator-key", "value": east.key})
        yield found
