"""The Python blocks of the client pages run as they stand, but for the address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import ADMIN_KEY, Workspace

PAGES = Path(__file__).resolve().parents[3] / "docs" / "apis"
EXPECTED = {"kusto.md": {"10.0.0.1 2", "10.0.0.2 1"}, "log-analytics.md": {"3"}}


@pytest.mark.parametrize("name", EXPECTED)
def test_blocks(name: str, workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PAGES / name).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block.replace("http://127.0.0.1:8081", workspace.url), {"ADMIN_KEY": ADMIN_KEY})
    assert set(capsys.readouterr().out.splitlines()) == EXPECTED[name]
