"""Management commands: the `.show` commands that Kusto's clients send, and stored functions.

A command may be followed by `| query`, as in Kusto: the query then runs over what the command answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from gatelog.api.asking import Asker
from gatelog.api.functions import StoredFunction
from gatelog.api.kusto_frames import PlainTable, plain
from gatelog.api.kusto_schema import DOTNET_FULL, csl_schema, database_schema, schema_text, table_object
from gatelog.errors import GatelogError
from gatelog.kql.api import explain
from gatelog.schema.table import Schema, Table
from gatelog.schema.types import KqlType

DATABASE_ID = "6f2d6c1e-3d55-4b3b-9c57-0a6a7e0f1d10"


class CommandRefused(GatelogError):
    """A command that is not known here, or names something that is not there."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who sends a command, and to what."""

    asker: Asker
    database: str
    user: str
    may_read_bodies: bool
    may_write: bool
    started: str
    """When this service started, as wire text."""

    def schema(self) -> Schema:
        """The tables that the user may see."""
        return self.asker.schema(self.may_read_bodies)

    def table(self, name: str) -> Table:
        """One of them. Raises `CommandRefused`."""
        found = self.schema().get(name)
        if found is None:
            raise CommandRefused(f"Entity ID '{name}' of kind 'Table' was not found")
        return found


Command = Callable[[Session, re.Match[str]], PlainTable]

_NAME = r"(?:\[\s*['\"](?P<quoted>[^'\"]+)['\"]\s*\]|['\"](?P<string>[^'\"]+)['\"]|(?P<name>[\w.-]+))"


def _named(match: re.Match[str]) -> str:
    return match["quoted"] or match["string"] or match["name"]


def _version(session: Session, match: re.Match[str]) -> PlainTable:
    release = version("gatelog")
    row = [release, session.started, "Engine", f"gatelog {release}", '{"Type":"gatelog"}']
    return plain("Table_0", "BuildVersion BuildTime:datetime ServiceType ProductVersion ServiceOffering", [row])


def _databases(session: Session, match: re.Match[str]) -> PlainTable:
    row = [session.database, "", "v1.0", True, "ReadWrite", "", False, DATABASE_ID, ""]
    columns = (
        "DatabaseName PersistentStorage Version IsCurrent:bool DatabaseAccessMode PrettyName ReservedSlot1:bool DatabaseId:guid "
        "InTransitionTo"
    )
    return plain("Table_0", columns, [row])


def _schema_rows(session: Session, match: re.Match[str]) -> PlainTable:
    rows: list[list[Any]] = [[session.database, "", "", "", False, False, "", "v1.1", "", ""]]
    for table in session.schema():
        rows.append([session.database, table.name, "", "", False, False, "", "", "", table.doc])
        rows += [
            [session.database, table.name, column.name, DOTNET_FULL[column.type], False, False, "", "", "", column.doc]
            for column in table.columns
        ]
    columns = "DatabaseName TableName ColumnName ColumnType IsDefaultTable:bool IsDefaultColumn:bool "
    columns += "PrettyName Version Folder DocString"
    return plain("Table_0", columns, rows)


def _schema_json(session: Session, match: re.Match[str]) -> PlainTable:
    text = schema_text(database_schema(session.database, session.schema(), session.asker.functions.all()))
    column = "DatabaseSchema" if match.groupdict().get("database") else "ClusterSchema"
    return plain("Table_0", column, [[text]])


def _tables(session: Session, match: re.Match[str]) -> PlainTable:
    rows = [[table.name, session.database, "", table.doc] for table in session.schema()]
    return plain("Table_0", "TableName DatabaseName Folder DocString", rows)


def _table(session: Session, match: re.Match[str]) -> PlainTable:
    table = session.table(_named(match))
    rows = [[column.name, DOTNET_FULL[column.type], "", column.type.value, column.doc] for column in table.columns]
    return plain("Table_0", "AttributeName AttributeType Folder CslType DocString", rows)


def _table_schema(session: Session, match: re.Match[str]) -> PlainTable:
    table = session.table(_named(match))
    text = csl_schema(table) if match["form"] == "cslschema" else schema_text(table_object(table))
    row = [table.name, text, session.database, "", table.doc]
    return plain("Table_0", "TableName Schema DatabaseName Folder DocString", [row])


_FUNCTION_COLUMNS = "Name Parameters Body Folder DocString"


def _function_row(function: StoredFunction) -> list[str]:
    return [function.name, function.parameters, function.body, function.folder, function.doc]


def _functions(session: Session, match: re.Match[str]) -> PlainTable:
    return plain("Table_0", _FUNCTION_COLUMNS, [_function_row(function) for function in session.asker.functions.all()])


def _function(session: Session, match: re.Match[str]) -> PlainTable:
    function = session.asker.functions.get(_named(match))
    if function is None:
        raise CommandRefused(f"Entity ID '{_named(match)}' of kind 'Function' was not found")
    return plain("Table_0", _FUNCTION_COLUMNS, [_function_row(function)])


def _put_function(session: Session, match: re.Match[str]) -> PlainTable:
    _require_writer(session)
    verb, options = match["verb"].lower(), match["options"] or ""
    functions = session.asker.functions
    existing = functions.get(match["fname"])
    if verb == "create" and (match["ifnot"] or _option(options, "ifnotexists") == "true") and existing is not None:
        return plain("Table_0", _FUNCTION_COLUMNS, [_function_row(existing)])
    parameters, body = _signature(match["rest"])
    function = StoredFunction(match["fname"], parameters, body, _option(options, "folder"), _option(options, "docstring"))
    functions.put(function, create=verb != "alter", alter=verb != "create")
    return plain("Table_0", _FUNCTION_COLUMNS, [_function_row(function)])


def _drop_function(session: Session, match: re.Match[str]) -> PlainTable:
    _require_writer(session)
    name = _named(match)
    if not (match["ifexists"] and session.asker.functions.get(name) is None):
        session.asker.functions.drop(name)
    return _functions(session, match)


def _require_writer(session: Session) -> None:
    if not session.may_write:
        raise CommandRefused(f"{session.user!r} is not allowed to change functions of this database")


def _option(options: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|(\w+))", options, re.IGNORECASE)
    return next((text for text in found.groups() if text is not None), "") if found else ""


def _signature(text: str) -> tuple[str, str]:
    """`(a:long) { body }` cut after the parameters' closing bracket."""
    depth, quote = 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character == "(") - (character == ")")
            if depth == 0 and character == ")":
                return text[: position + 1].strip(), text[position + 1 :].strip()
    raise CommandRefused("expected Name(parameters) { body }")


def _cluster(session: Session, match: re.Match[str]) -> PlainTable:
    row = ["0", "", "gatelog", session.started, True, 0, 0, 0, 0, version("gatelog"), 1]
    columns = (
        "NodeId Address Name StartTime:datetime IsAdmin:bool MachineTotalMemory:long MachineAvailableMemory:long "
        "ProcessorCount:int HotExtents:int ProductVersion SlotsCount:int"
    )
    return plain("Table_0", columns, [row])


def _running(session: Session, match: re.Match[str]) -> PlainTable:
    rows = [
        [one.request_id, one.text, session.database, _datetime(one.started), one.user, "InProgress"]
        for one in session.asker.running()
    ]
    return plain("Table_0", "ClientActivityId Text Database StartedOn:datetime User State", rows)


def _cancel(session: Session, match: re.Match[str]) -> PlainTable:
    found = session.asker.cancel(_named(match))
    return plain("Table_0", "ClientRequestId Cancelled:bool", [[_named(match), found]])


def _principal(session: Session, match: re.Match[str]) -> PlainTable:
    return plain("Table_0", "PrincipalType PrincipalDisplayName PrincipalObjectId PrincipalFQN Notes", [
        ["User", session.user, session.user, session.user, ""]
    ])  # fmt: skip


def _plan(session: Session, match: re.Match[str]) -> PlainTable:
    text = explain(match["query"], session.schema(), session.asker.clock.now())
    return plain("Table_0", "ResultType Format Content", [["QueryPlan", "text", text]])


def _nothing(columns: str) -> Command:
    """What this workspace has none of."""
    return lambda session, match: plain("Table_0", columns, [])


def _rule(text: str) -> re.Pattern[str]:
    """A command's words: blanks stand for any white space, the command must end where the rule does."""
    return re.compile(text.replace(" ", r"\s+") + r"\Z", re.IGNORECASE | re.DOTALL)


_OPTIONS = r"(?:with\s*\((?P<options>(?:[^'\")]|'[^']*'|\"[^\"]*\")*)\)\s*)?"

COMMANDS: tuple[tuple[re.Pattern[str], Command], ...] = (
    (_rule(r"\.show version"), _version),
    (_rule(r"\.show (?:cluster )?databases(?: details| identity)?"), _databases),
    (_rule(r"\.show database(?: details)?"), _databases),
    (_rule(rf"\.show (?P<database>databases?)(?: \((?:[^)]*)\)| {_NAME})? schema(?: if_later_than \S+)? as json"), _schema_json),
    (_rule(r"\.show (?:cluster )?schema(?: if_later_than \S+)? as json"), _schema_json),
    (_rule(rf"\.show (?:databases?(?: \((?:[^)]*)\)| {_NAME})?|cluster) schema(?: details)?"), _schema_rows),
    (_rule(r"\.show schema"), _schema_rows),
    (_rule(r"\.show tables(?: details| \([^)]*\))?"), _tables),
    (_rule(rf"\.show table {_NAME} (?P<form>cslschema)"), _table_schema),
    (_rule(rf"\.show table {_NAME} schema as (?P<form>json)"), _table_schema),
    (_rule(rf"\.show table {_NAME}"), _table),
    (_rule(r"\.show functions"), _functions),
    (_rule(rf"\.show function {_NAME}"), _function),
    (_rule(r"\.show cluster(?: details)?"), _cluster),
    (_rule(r"\.show (?:running )?queries"), _running),
    (_rule(r"\.show current principal"), _principal),
    (_rule(r"\.show queryplan <\|(?P<query>.+)"), _plan),
    (_rule(r"\.show external tables"), _nothing("TableName TableType Folder DocString Properties ConnectionStrings Partitions")),
    (_rule(r"\.show materialized-views"), _nothing("Name SourceTable Query Folder DocString")),
    (_rule(r"\.show entity_groups"), _nothing("Name Entities")),
    (_rule(r"\.show (?:database |cluster )?continuous-exports?"), _nothing("Name ExternalTableName Query")),
    (
        _rule(
            rf"\.(?P<verb>create-or-alter|create|alter) function (?P<ifnot>ifnotexists\s+)?{_OPTIONS}"
            r"(?:\[\s*['\"])?(?P<fname>\w+)(?:['\"]\s*\])?\s*(?P<rest>\(.*\})"
        ),
        _put_function,
    ),
    (_rule(rf"\.drop function {_NAME}(?P<ifexists> ifexists)?"), _drop_function),
    (_rule(rf"\.cancel query {_NAME}"), _cancel),
)
"""Tried in this order."""


def run_command(session: Session, text: str) -> PlainTable:
    """The table that a command answers. Raises `CommandRefused` and the errors of functions."""
    text = text.rstrip("; \t\r\n")
    for rule, command in COMMANDS:
        match = rule.match(text)
        if match:
            return command(session, match)
    words = " ".join(text.split()[:4])
    raise CommandRefused(f"the command '{words}' is not supported; see docs/apis/kusto.md for those that are")


def split_pipe(text: str) -> tuple[str, str]:
    """A command and the query after its first `|`; stored functions have pipes of their own."""
    text = strip_comments(text).strip()
    if not text.lower().startswith(".show") or "<|" in text:
        return text, ""
    command, _, query = text.partition("|")
    return command.strip(), query.strip()


def strip_comments(text: str) -> str:
    """Without the comment lines before a command."""
    return re.sub(r"\A(?:\s*//[^\n]*(?:\n|\Z))+", "", text)


def datatable_text(table: PlainTable) -> str:
    """A table as a KQL `datatable` expression."""
    columns = ", ".join(f"['{name}']:{kind.value}" for name, kind in table.columns)
    values = [_literal(value, kind) for row in table.rows for value, (_, kind) in zip(row, table.columns, strict=True)]
    return f"datatable({columns})[{', '.join(values)}]"


def _literal(value: Any, kind: KqlType) -> str:
    if kind is KqlType.STRING:
        escaped = (
            str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        )
        return f'"{escaped}"'
    if value is None:
        return f"{kind.value}(null)"
    if kind is KqlType.BOOL:
        return "true" if value else "false"
    return f"{kind.value}({value})"


def _datetime(time: int) -> str:
    seconds, rest = divmod(time, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 100:07d}Z"
