"""Writes docs/settings.md from `gatelog.config.SETTINGS`. With --check: fails when the page is out of date."""

from __future__ import annotations

import sys
from pathlib import Path

from gatelog.config import SETTINGS, Setting

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = """# Settings

A value comes from the first of: the command-line flag, the environment variable, `gatelog.yaml`, the default.
`gatelog.yaml` is the file that `--config FILE` names, or the one in the folder that `--config DIR` names; its keys are the
names below:

```yaml
workers: 2
retention: 90d
durability: disk
```

Sizes take units (`32MiB`, `64k`), durations too (`30s`, `24h`, `90d`). A value that cannot be read stops the start with one line
that names the flag, the variable or the file. This page is generated from `src/gatelog/config.py`.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(setting) for setting in SETTINGS)


def _section(setting: Setting) -> str:
    default = f"`{setting.default}`" if setting.default else "none"
    choices = f" One of {', '.join(f'`{choice}`' for choice in setting.choices)}." if setting.choices else ""
    sentence = setting.help[0].upper() + setting.help[1:]
    return (
        f"\n## {setting.name}\n\n{sentence}.{choices}\nFlag `{setting.flag}`, variable `{setting.variable}`, default {default}.\n"
    )


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
