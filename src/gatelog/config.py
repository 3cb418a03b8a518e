"""Settings: one list feeds the command line, the environment, the settings file, validation and docs/settings.md.

A value comes from the first of: command-line flag, environment (`GATELOG_<NAME>`), `gatelog.yaml`, default.
This is the only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gatelog.errors import InvalidDocument, Problem


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener listens."""

    host: str
    port: int
    """0: a free port, chosen when the listener starts."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Only programs on this machine can connect."""
        return self.host in ("127.0.0.1", "::1", "localhost") or self.host.startswith("127.")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set."""

    name: str
    default: str
    read: Callable[[str], Any]
    """Text -> value; raises ValueError that says what was expected."""
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """`--journal-bytes`."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """`GATELOG_JOURNAL_BYTES`."""
        return "GATELOG_" + self.name.upper()


def read_address(text: str) -> Address:
    """`HOST:PORT`, `[v6]:PORT` or `:PORT`."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([^:\[\]]*)):(\d{1,5})", text)
    if match is None or int(match[3]) > 65535:
        raise ValueError(f"expected HOST:PORT, found {text!r}")
    return Address(match[1] or match[2] or "127.0.0.1", int(match[3]))


_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def read_bytes(text: str) -> int:
    """A number of bytes, with an optional unit: `32MiB`, `64k`, `1073741824`."""
    match = re.fullmatch(r"(\d+)\s*([kmgt]?)(?:i?b)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"expected a size such as 32MiB, found {text!r}")
    return int(match[1]) * _UNITS[match[2].lower()]


def read_seconds(text: str) -> float:
    """Seconds, with an optional unit: `30`, `5m`, `24h`, `90d`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)", text.strip())
    if match is None:
        raise ValueError(f"expected a duration such as 30s or 24h, found {text!r}")
    return float(match[1]) * {"ms": 0.001, "": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def read_count(text: str) -> int:
    """A whole number, zero or more."""
    if not text.strip().isdigit():
        raise ValueError(f"expected a whole number, found {text!r}")
    return int(text)


def read_flag(text: str) -> bool:
    """`true` or `false`."""
    if text.lower() not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise ValueError(f"expected true or false, found {text!r}")
    return text.lower() in ("true", "1", "yes", "on")


def read_path(text: str) -> Path | None:
    """A path; empty: none."""
    return Path(text).expanduser() if text else None


SETTINGS: tuple[Setting, ...] = (
    Setting("gateway", "127.0.0.1:8080", read_address, "where the data plane listens, HOST:PORT"),
    Setting("api", "127.0.0.1:8081", read_address, "where the management plane and the portal listen, HOST:PORT"),
    Setting("data", "gatelog-data", read_path, "folder of the journal, the workspace, the catalog and the keys"),
    Setting("workers", "1", read_count, "gateway worker processes that share the data plane's port"),
    Setting("config", "", read_path, "configuration folder to load and watch, or a settings file (gatelog.yaml)"),
    Setting("role", "all", str, "which half runs here", choices=("all", "gateway", "workspace")),
    Setting("catalog", "", str, "catalog URL: empty for SQLite in the data folder, or postgresql://...", secret=True),
    Setting("store", "", str, "storage URL: empty for DuckDB in the data folder, or clickhouse://HOST:PORT/DATABASE"),
    Setting("durability", "process", str, "when an answer may end: its record survives", choices=("process", "disk")),
    Setting(
        "on_journal_failure",
        "refuse",
        str,
        "what happens to calls when the journal cannot be written",
        choices=("refuse", "pass"),
    ),
    Setting("journal_bytes", "16GiB", read_bytes, "cap on the journal that readers have not consumed yet; 0 for none"),
    Setting("max_body_bytes", "32MiB", read_bytes, "largest request body; a larger one gets 413"),
    Setting("retention", "0", read_seconds, "how long tables keep rows (for example 90d); 0 for ever"),
    Setting("prices", "", read_path, "CSV with the prices of tokens, in place of the list that ships with gatelog"),
    Setting("query_rows", "500000", read_count, "rows that one query may return"),
    Setting("query_bytes", "64MiB", read_bytes, "bytes that one query may return"),
    Setting("query_seconds", "4m", read_seconds, "how long one query may run"),
    Setting("query_memory", "0", read_bytes, "memory for queries; 0 for half of the machine's"),
    Setting("tls", "", str, "TLS of both listeners: empty for none, auto for a generated certificate, or CERT.pem,KEY.pem"),
    Setting("insecure_remote", "false", read_flag, "listen beyond loopback without TLS"),
    Setting("admin_key", "", str, "administration key; empty: made at first start, in DIR/admin.key", secret=True),
    Setting("oidc_issuer", "", str, "OpenID provider that people sign in to the portal at: its issuer URL"),
    Setting("oidc_client_id", "", str, "client id that the provider knows gatelog by"),
    Setting("oidc_client_secret", "", str, "client secret at the provider; empty for a public client", secret=True),
    Setting("redis", "", str, "redis:// URL for counters and caches shared by several gateways; empty: local", secret=True),
    Setting("log_level", "info", str, "what the processes say on standard error", choices=("debug", "info", "warning", "error")),
)
"""Every setting, in the order of docs/settings.md."""

BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of one start; a field for each entry of `SETTINGS`."""

    gateway: Address
    api: Address
    data: Path
    workers: int
    config: Path | None
    role: str
    catalog: str
    store: str
    durability: str
    on_journal_failure: str
    journal_bytes: int
    max_body_bytes: int
    retention: float
    prices: Path | None
    query_rows: int
    query_bytes: int
    query_seconds: float
    query_memory: int
    tls: str
    insecure_remote: bool
    admin_key: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    redis: str
    log_level: str


def load(flags: Mapping[str, str | None], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags (name -> text, None where absent), the environment and the settings file.

    Raises `InvalidDocument` with every wrong value and where it came from.
    """
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    file_values, file_path = _settings_file(flags, environ, problems)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text, place = _text_of(setting, flags, environ, file_values, file_path)
        try:
            if setting.choices and text not in setting.choices:
                raise ValueError(f"expected one of {', '.join(setting.choices)}, found {text!r}")
            values[setting.name] = setting.read(text)
        except ValueError as error:
            problems.append(Problem(str(error), place=place))
    if problems:
        raise InvalidDocument(problems)
    if file_path is not None and file_path == values["config"]:
        values["config"] = None
    return Settings(**values)


def _text_of(
    setting: Setting,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    file_values: Mapping[str, str],
    file_path: Path | None,
) -> tuple[str, str]:
    """A setting's text and the name of the place that it came from."""
    flag = flags.get(setting.name)
    if flag is not None:
        return flag, setting.flag
    if setting.variable in environ:
        return environ[setting.variable], setting.variable
    if setting.name in file_values:
        return file_values[setting.name], f"{file_path}: {setting.name}"
    return setting.default, setting.name


def _settings_file(
    flags: Mapping[str, str | None], environ: Mapping[str, str], problems: list[Problem]
) -> tuple[dict[str, str], Path | None]:
    """The settings file that `config` names (itself, or gatelog.yaml in the folder), as texts."""
    named = flags.get("config") or environ.get("GATELOG_CONFIG") or ""
    if not named:
        return {}, None
    path = Path(named).expanduser()
    if not path.exists():
        problems.append(Problem("no such file or folder", place=f"--config {named}"))
        return {}, None
    if path.is_dir():
        path = path / "gatelog.yaml"
        if not path.exists():
            return {}, None
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problems.append(Problem(error.problem or "not YAML", place=str(path), line=line, column=column))
        return {}, path
    if not isinstance(document, dict):
        problems.append(Problem("expected a mapping of settings", place=str(path)))
        return {}, path
    unknown = [str(name) for name in document if name not in BY_NAME]
    problems.extend(Problem(f"unknown setting {name!r}", place=str(path)) for name in unknown)
    return {name: _yaml_text(value) for name, value in document.items() if name in BY_NAME}, path


def _yaml_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment_value(name: str) -> str | None:
    """A variable that a configuration names by itself (`env:OPENAI_KEY` of a named value)."""
    return os.environ.get(name)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process of ours: this one's, with every setting spelled out, so that both see the same values."""
    texts = {setting.variable: setting_text(getattr(settings, setting.name)) for setting in SETTINGS}
    return {**os.environ, **texts}


def setting_text(value: object) -> str:
    """A value in the form that its setting reads."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


SUBSCRIPTION_KEY_VARIABLE = "GATELOG_SUBSCRIPTION_KEY"


def subscription_key(environ: Mapping[str, str] | None = None) -> str:
    """The subscription key for programs that `gatelog run` starts; empty when there is none."""
    return (os.environ if environ is None else environ).get(SUBSCRIPTION_KEY_VARIABLE, "")


def environment_with(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with some variables set."""
    return {**os.environ, **more}


READY_VARIABLE = "GATELOG_READY_FD"


def ready_descriptor(environ: Mapping[str, str] | None = None) -> int | None:
    """The pipe on which a child process tells its parent that it serves; None when nobody waits for that."""
    text = (os.environ if environ is None else environ).get(READY_VARIABLE, "")
    return int(text) if text.isdigit() else None
