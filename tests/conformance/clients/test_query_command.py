"""`gatelog query` against a real listener: formats, errors with a caret, plan, chart, prompt."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from gatelog.cli.main import main

from .conftest import ADMIN_KEY, Workspace
from .test_kusto_client import TOKEN_QUERY


def run(workspace: Workspace, *words: str, key: str = ADMIN_KEY) -> int:
    return main(["query", "--api", workspace.url, "--key", key, *words])


def test_the_default_is_a_table(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, TOKEN_QUERY) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "ip", "model", "sum_prompttokens", "sum_completiontokens", "sum_totaltokens", "avg_totaltokens",
    ]  # fmt: skip
    assert lines[2].split() == ["10.0.0.1", "gpt-35-turbo", "30", "13", "43", "21.5"] and len(lines) == 4


def test_formats_for_programs(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    query = 'print n=1, s=\'x,"y"\', d=dynamic({"k":[1]}), z=int(null), b=true'
    assert run(workspace, query, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == [{"n": 1, "s": 'x,"y"', "d": {"k": [1]}, "z": None, "b": True}]
    assert run(workspace, "range x from 1 to 2 step 1", "--format", "jsonl") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"x": 1}, {"x": 2}]
    assert run(workspace, query, "--format", "csv") == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ["1", 'x,"y"', '{"k":[1]}', "", "true"]


def test_errors_have_a_caret(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, "AzureActivity\n| where Lev == 'x'") == 1
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith("error SEM0100: ") and "Level" in error[0]
    assert error[1] == "  line 2, column 9"
    assert error[2].endswith("| where Lev == 'x'")
    assert error[3].index("^^^") == error[2].index("Lev")


def test_plan_file_standard_input_and_parameters(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(workspace, "AzureActivity | count", "--explain") == 0
    assert "SELECT" in capsys.readouterr().out
    (tmp_path / "q.kql").write_text("declare query_parameters(n:long); print n")
    assert run(workspace, "--file", str(tmp_path / "q.kql"), "--parameter", "n=7", "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines()[1] == "7"
    monkeypatch.setattr("sys.stdin", io.StringIO("print 5"))
    assert run(workspace, "-", "--format", "csv") == 0
    assert capsys.readouterr().out.splitlines()[1] == "5"
    assert run(workspace, "print 1", "--parameter", "x") == 2
    assert run(workspace, "--file", str(tmp_path / "none")) == 2


def test_charts(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    bars = "datatable(m:string, n:long)['a', 2, 'b', 4] | render barchart with (title='Models')"
    assert run(workspace, bars) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Models" and lines[1].count("█") * 2 + 1 == lines[2].count("█") > 1 and "▌" in lines[1]
    assert run(workspace, bars, "--no-chart") == 0
    assert capsys.readouterr().out.startswith("m")
    assert (
        run(workspace, "range t from datetime(2024-01-01) to datetime(2024-01-02) step 1h | extend n=1 | render timechart") == 0
    )
    drawn = capsys.readouterr().out
    assert "┤" in drawn and any("\u2801" <= character <= "\u28ff" for character in drawn)


def test_an_incomplete_answer_is_said(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, "range x from 1 to 1500 step 1", "--format", "csv") == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1001 and "not complete" in captured.err


def test_keys_and_addresses(workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_text(ADMIN_KEY + "\n")
    address = workspace.url.removeprefix("http://")
    assert main(["query", "--api", address, "--data", str(tmp_path), "print 1"]) == 0
    assert run(workspace, "print 1", key="wrong") == 2
    assert "does not accept the key" in capsys.readouterr().err
    assert main(["query", "--api", "127.0.0.1:1", "--key", "k", "print 1"]) == 2
    assert "no workspace answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_the_prompt(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = "AzureActivity |\r count\r.format csv\rprint x=7\rNope\r.format x\r.tables\r.help\r.quit\r"
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(typed)
        assert run(workspace, "--data", str(tmp_path)) == 0
    captured = capsys.readouterr()
    assert (
        "Count" in captured.out and "x\n7" in captured.out and "AzureDiagnostics" in captured.out and ".explain" in captured.out
    )
    assert "error SEM0100" in captured.err and "expected one of table" in captured.err
    assert "print x=7" in (tmp_path / "query-history").read_text()
