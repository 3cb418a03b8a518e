"""`python -m gatelog` is the `gatelog` command."""

from __future__ import annotations

from gatelog.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
