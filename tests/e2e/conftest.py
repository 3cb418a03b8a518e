"""The real product on loopback: one running demo for all tests of a session, and fresh ones for those that break things."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from running import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running `gatelog demo`, stopped with Ctrl-C at the end."""
    with running_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found
