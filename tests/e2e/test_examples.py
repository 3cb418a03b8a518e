"""Every example runs against a running demo."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import Demo

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_python(demo: Demo, path: Path) -> None:
    facts = {"GATEWAY": demo.gateway, "API": demo.api, "SUBSCRIPTION_KEY": demo.subscription_key, "ADMIN_KEY": demo.admin_key}
    done = subprocess.run(
        [sys.executable, path], env={**os.environ, **facts}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0 and done.stdout.strip(), done.stderr[-1500:]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.kql")), ids=lambda path: path.stem)
def test_kql(demo: Demo, path: Path) -> None:
    assert demo.wait_for(path.read_text(encoding="utf-8"), lambda rows: bool(rows))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("policies/*.xml")), ids=lambda path: path.stem)
def test_policies(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gatelog", "policy", "check", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
