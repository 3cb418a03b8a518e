"""`gatelog config` and `gatelog import`, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatelog.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "config"
    (root / "apis/echo").mkdir(parents=True)
    (root / "apis/echo/api.yaml").write_text("displayName: Echo\npath: echo\nserviceUrl: http://127.0.0.1:9\n")
    return root


def test_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", str(folder)]) == 0
    assert "1 resources, all good" in capsys.readouterr().out
    (folder / "apis/echo/api.yaml").write_text("displayName: Echo\npath: echo\npth: x\n")
    assert main(["config", "check", str(folder)]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("config/apis/echo/api.yaml:3:1: $.pth: unknown property") and "1 problem;" in captured.err


def test_diff_apply_export(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path / "data"), "--offline"]
    assert main(["config", "diff", str(folder), *data]) == 0
    assert "+ /apis/echo" in capsys.readouterr().out
    assert main(["config", "apply", str(folder), *data]) == 0
    assert "1 added, 0 changed, 0 deleted" in capsys.readouterr().out
    assert main(["config", "apply", str(folder), *data]) == 0
    assert "nothing changed" in capsys.readouterr().out
    out = tmp_path / "out"
    assert main(["config", "export", str(out), *data]) == 0
    assert "path: echo" in (out / "apis/echo/api.yaml").read_text()
    assert main(["config", "export", str(out), *data]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_without_a_server_or_a_key(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "diff", str(folder), "--data", str(tmp_path / "none")]) == 2
    assert "no key" in capsys.readouterr().err
    assert main(["config", "diff", str(folder), "--url", "http://127.0.0.1:1", "--key", "k"]) == 2
    assert "does not answer" in capsys.readouterr().err


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert "backend" in json.loads(capsys.readouterr().out)["$defs"]


def test_import_a_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = tmp_path / "main.json"
    resource = {
        "type": "Microsoft.ApiManagement/service/tags",
        "name": "[concat(parameters('a'), '/t')]",
        "properties": {"displayName": "T"},
    }
    template.write_text(
        json.dumps({"parameters": {"a": {"type": "string"}}, "resources": [resource, {"type": "Other/x", "name": "y"}]})
    )
    assert main(["import", "arm", str(template), "--set", "a=apim", "--to", str(tmp_path / "out")]) == 0
    assert "warning: main.json: resources[1]: Other/x 'y' is not imported" in capsys.readouterr().err
    assert (tmp_path / "out/tags/t.yaml").read_text() == "displayName: T\n"
    data = ["--data", str(tmp_path / "data"), "--offline"]
    assert main(["import", "arm", str(template), "--set", "a=apim", *data]) == 0
    assert "+ /tags/t" in capsys.readouterr().out
    assert main(["import", "arm", str(template), *data]) == 1
    assert "parameter 'a' has no value" in capsys.readouterr().err
    template.write_text("{")
    assert main(["import", "arm", str(template), *data]) == 2
    assert "main.json:1:2: not JSON" in capsys.readouterr().err
