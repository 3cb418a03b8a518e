"""The `gatelog` command: picks the sub-command and nothing else."""

from __future__ import annotations


def main() -> int:
    """Run one command line."""
    return 0
