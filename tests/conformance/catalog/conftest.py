"""A PostgreSQL server of the machine, started for these tests as a user without privileges."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a server with an empty database; skips where PostgreSQL is not installed."""
    if not _PROGRAMS:
        pytest.skip("PostgreSQL is not installed (looked in /usr/lib/postgresql/*/bin)")
    programs = _PROGRAMS[-1]
    user = _unprivileged()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="gatelog-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        options = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "gatelog", "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(initdb, check=True, **options)
        settings = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        server = subprocess.Popen([programs / "postgres", "-D", folder / "data", "-p", str(port), *settings], **options)
        try:
            url = f"postgresql://gatelog@127.0.0.1:{port}/postgres"
            _wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    found = [name for name in ("postgres", "nobody") if name in names]
    return found[0] if found else pytest.skip("no user without privileges to run PostgreSQL as")


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.skip("PostgreSQL does not start here")
        try:
            psycopg.connect(url, connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    pytest.fail("PostgreSQL did not answer within 20 seconds")
