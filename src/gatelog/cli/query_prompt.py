"""The interactive prompt: history, completion of tables, columns and functions, queries over several lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout

HELP = """A query ends with Enter; a line that ends with | , or an open bracket goes on. Alt+Enter: a new line. Tab: completion.
  .tables            the tables
  .format FORMAT     table, json, csv or jsonl
  .explain QUERY     its plan and SQL
  .show ...          a management command
  .help  .quit"""
_WORD = re.compile(r"[\w]+$")
_COMMANDS = (".tables", ".format", ".explain", ".show tables", ".show functions", ".help", ".quit")


class KqlCompleter(Completer):
    """Completes the word under the cursor: tables first, then columns of the tables that the query names, then the language."""

    def __init__(self, catalogue: Mapping[str, Any], tables: Mapping[str, Iterable[str]]) -> None:
        self._tables = {name: list(columns) for name, columns in tables.items()}
        self._operators = [str(name) for name in catalogue["operators"]]
        self._functions = sorted(str(row["name"]) for row in [*catalogue["functions"], *catalogue["aggregates"]])

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        if text.lstrip().startswith("."):
            yield from (Completion(word, -len(text)) for word in _COMMANDS if word.startswith(text.lstrip()))
            return
        match = _WORD.search(text)
        word = match[0] if match else ""
        for kind, names in self._offers(text[: len(text) - len(word)], document.text):
            for name in names:
                if name.lower().startswith(word.lower()):
                    yield Completion(name, -len(word), display_meta=kind)

    def _offers(self, before: str, text: str) -> Iterable[tuple[str, Iterable[str]]]:
        if before.rstrip().endswith("|"):
            return [("operator", self._operators)]
        if not before.strip():
            return [("table", self._tables), ("function", self._functions)]
        named = [name for name in self._tables if re.search(rf"\b{re.escape(name)}\b", text)]
        columns = dict.fromkeys(column for name in named for column in self._tables[name])
        return [("column", columns), ("function", self._functions), ("table", self._tables)]


def is_unfinished(text: str) -> bool:
    """The query goes on: it ends with a pipe or a comma, or a bracket is open."""
    plain = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*", "", text)
    opened = sum(plain.count(one) for one in "([{") - sum(plain.count(one) for one in ")]}")
    return opened > 0 or plain.rstrip().endswith(("|", ","))


def prompt(completer: Completer, history: Path, run: Callable[[str], None]) -> None:
    """Read queries and hand each to `run`, until the end of input."""
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_unfinished(buffer.document.text_before_cursor):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    history.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)), completer=completer, key_bindings=keys, multiline=True, prompt_continuation="   ... "
    )
    while True:
        try:
            with patch_stdout():
                text = session.prompt("gatelog> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text in (".quit", ".exit", "quit", "exit"):
            return
        if not text:
            continue
        try:
            run(text)
        except KeyboardInterrupt:
            print("cancelled")
