"""Every block of the guides is run, in order, against a running demo."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import Demo

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^```(sh|python|kql)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_blocks(demo: Demo, guide: Path, tmp_path: Path) -> None:
    """Shell blocks share one shell and its variables; KQL must give rows; Python must print."""
    environment = {**os.environ, "GATEWAY": demo.gateway, "API": demo.api, "DATA": str(demo.data)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    blocks = BLOCK.findall(guide.read_text(encoding="utf-8"))
    assert blocks
    script = tmp_path / "guide.sh"
    script.write_text(
        "\n".join(["set -eu", *(_as_shell(number, kind, text, tmp_path) for number, (kind, text) in enumerate(blocks))])
    )
    done = subprocess.run(
        ["bash", str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    for number, (kind, text) in enumerate(blocks):
        output = tmp_path / f"{number}.out"
        if kind != "sh":
            assert output.read_text().strip(), f"block {number} gave nothing:\n{text}"


def _as_shell(number: int, kind: str, text: str, folder: Path) -> str:
    if kind == "sh":
        return text
    source = folder / f"{number}.{kind}"
    source.write_text(text)
    if kind == "python":
        return f'python "{source}" > "{folder}/{number}.out"'
    ask = f'gatelog query "$(cat "{source}")" --api "$API" --data "$DATA" --format jsonl > "{folder}/{number}.out"'
    return f'for again in 1 2 3 4 5 6 7 8 9 10; do {ask}; [ -s "{folder}/{number}.out" ] && break; sleep 0.2; done'
