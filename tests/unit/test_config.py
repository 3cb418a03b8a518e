"""Settings come from flags, environment, file and defaults, in that order, and wrong ones name their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelog import config
from gatelog.errors import InvalidDocument


def test_defaults() -> None:
    settings = config.load({}, {})
    assert str(settings.gateway) == "127.0.0.1:8080"
    assert str(settings.api) == "127.0.0.1:8081"
    assert settings.max_body_bytes == 32 * 1024 * 1024
    assert settings.config is None


def test_order_of_sources(tmp_path: Path) -> None:
    file = tmp_path / "gatelog.yaml"
    file.write_text("workers: 2\nretention: 90d\ninsecure_remote: true\nquery_rows: 7\n")
    settings = config.load({"workers": "4", "config": str(tmp_path)}, {"GATELOG_WORKERS": "3", "GATELOG_QUERY_ROWS": "9"})
    assert (settings.workers, settings.query_rows, settings.retention) == (4, 9, 90 * 86400)
    assert settings.insecure_remote and settings.config == tmp_path


def test_a_settings_file_is_not_a_configuration_folder(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("durability: disk\n")
    settings = config.load({"config": str(file)}, {})
    assert settings.durability == "disk" and settings.config is None


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ({"gateway": "8080"}, {}, "--gateway: expected HOST:PORT, found '8080'"),
        ({}, {"GATELOG_WORKERS": "many"}, "GATELOG_WORKERS: expected a whole number, found 'many'"),
        ({"durability": "maybe"}, {}, "--durability: expected one of process, disk, found 'maybe'"),
        ({"max_body_bytes": "lots"}, {}, "--max-body-bytes: expected a size such as 32MiB, found 'lots'"),
        ({"config": "/nowhere/at/all"}, {}, "--config /nowhere/at/all: no such file or folder"),
    ],
)
def test_wrong_values_name_their_place(flags: dict[str, str | None], environ: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        config.load(flags, environ)
    assert message in str(caught.value)


def test_a_broken_file_names_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "gatelog.yaml").write_text("workers: 1\nrole: [unclosed\n")
    with pytest.raises(InvalidDocument) as caught:
        config.load({"config": str(tmp_path)}, {})
    assert caught.value.problems[0].line == 3


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gatelog.yaml").write_text("worker: 1\n")
    with pytest.raises(InvalidDocument, match="unknown setting 'worker'"):
        config.load({"config": str(tmp_path)}, {})


def test_a_child_process_sees_the_same_settings() -> None:
    settings = config.load({"gateway": "[::1]:0", "journal_bytes": "1GiB", "retention": "2h"}, {})
    assert config.load({}, config.child_environment(settings)) == settings


@pytest.mark.parametrize(
    ("text", "loopback"), [("127.0.0.1:1", True), ("[::1]:1", True), ("0.0.0.0:1", False), ("10.0.0.1:1", False)]
)
def test_loopback(text: str, loopback: bool) -> None:
    assert config.read_address(text).is_loopback is loopback
