"""The data folder: made, checked, locked to one gatelog, with the administration key in it."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType

from gatelog.errors import GatelogError


class DataFolderUnusable(GatelogError):
    """The folder cannot be used: why, and what to do."""


class DataFolder:
    """A data folder that this process alone owns, while it is entered.

    DIR/admin.key    the administration key (mode 600)
    DIR/journal/     what happened, first
    DIR/workspace/   the tables
    DIR/catalog.sqlite, DIR/secret.key   the configuration and the key that its secrets are encrypted with
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1

    def __enter__(self) -> DataFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.path / "gatelog.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataFolderUnusable(
                f"cannot write to the data folder {self.path}: {error.strerror}; choose another with --data DIR"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise DataFolderUnusable(
                f"another gatelog uses the data folder {self.path}; stop it, or choose another with --data DIR"
            ) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self._lock)

    def admin_key(self, wanted: str) -> str:
        """The administration key: `wanted` when one is set, else the file's, made at the first start."""
        return wanted or read_admin_key(self.path) or self._make_admin_key()

    def _make_admin_key(self) -> str:
        key = secrets.token_urlsafe(32)
        descriptor = os.open(self.path / "admin.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")
        return key


def read_admin_key(folder: Path) -> str:
    """The key in a data folder; empty when there is none (yet)."""
    try:
        return (folder / "admin.key").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise DataFolderUnusable(f"cannot read {folder / 'admin.key'}: {error.strerror}") from error
