"""Blocks of the README and the docs: KQL answers, Python runs. (Function and operator pages and guides have their own tests.)"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import Demo

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {"docs/kql/functions.md", "docs/kql/operators.md", "docs/apis/kusto.md", "docs/apis/log-analytics.md"}
BLOCK = re.compile(r"^```(kql|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLACEHOLDERS = {
    "SUBSCRIPTION-KEY": "subscription_key",
    "ADMIN-KEY": "admin_key",
    "http://127.0.0.1:8080": "gateway",
    "http://127.0.0.1:8081": "api",
}


def blocks() -> list[tuple[str, str, str]]:
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        name = page.relative_to(ROOT).as_posix()
        if name not in ELSEWHERE and not name.startswith("docs/guides/"):
            found += [(name, kind, text) for kind, text in BLOCK.findall(page.read_text(encoding="utf-8"))]
    return found


@pytest.mark.parametrize(
    ("page", "kind", "text"), [pytest.param(*block, id=f"{block[0]}-{n}") for n, block in enumerate(blocks())]
)
def test_block(demo: Demo, page: str, kind: str, text: str) -> None:
    if kind == "kql":
        demo.query(text)
        return
    for placeholder, fact in PLACEHOLDERS.items():
        text = text.replace(placeholder, getattr(demo, fact))
    done = subprocess.run(
        [sys.executable, "-c", text], env=os.environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]
