"""What a start refuses before any process exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelog import config
from gatelog.errors import GatelogError
from gatelog.server.serve import NotProtected, prepare


def settings(tmp_path: Path, **flags: str) -> config.Settings:
    return config.load({"gateway": "127.0.0.1:0", "api": "127.0.0.1:0", "data": str(tmp_path), **flags}, {})


def test_ports_and_key_are_decided(tmp_path: Path) -> None:
    with prepare(settings(tmp_path)) as prepared:
        assert prepared.settings.gateway.port and prepared.settings.api.port
        assert prepared.endpoints.gateway == f"http://127.0.0.1:{prepared.settings.gateway.port}"
        assert len(prepared.endpoints.admin_key) > 30


def test_other_machines_are_refused_without_tls(tmp_path: Path) -> None:
    with pytest.raises(NotProtected, match="--gateway 0.0.0.0:0 takes calls from other machines without TLS"):
        prepare(settings(tmp_path, gateway="0.0.0.0:0")).__enter__()
    with prepare(settings(tmp_path, gateway="0.0.0.0:0", tls="auto")) as prepared:
        assert prepared.endpoints.gateway.startswith("https://127.0.0.1:")


def test_no_workers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatelogError, match="--workers: expected at least 1"):
        prepare(settings(tmp_path, workers="0")).__enter__()
