"""Starts the child processes, restarts the ones that die, and stops them all in reverse order."""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gatelog.config import READY_VARIABLE
from gatelog.errors import GatelogError

log = logging.getLogger("gatelog.server")

READY_SECONDS = 60.0
"""How long a part may take to start."""
STOP_SECONDS = 20.0
"""How long a part may take to stop before it is killed."""
LOOK_SECONDS = 0.1
"""How often the parts are looked at."""
RESTART_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the first, second, ... restart in a row; the last one repeats."""
STEADY_SECONDS = 60.0
"""A part that lived this long has no failures behind it."""


class PartFailed(GatelogError):
    """A part ended before it was ready, or did not get ready in time."""


@dataclass(frozen=True, slots=True)
class Part:
    """One child process."""

    name: str
    command: tuple[str, ...]
    """Program and arguments."""


def gatelog_part(name: str, *arguments: str) -> Part:
    """A part that is this very gatelog with other arguments."""
    return Part(name, (sys.executable, "-m", "gatelog", *arguments))


@dataclass(slots=True)
class _Child:
    """A part's process and what is remembered of its past."""

    part: Part
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    restart_at: float = 0.0


class Supervisor:
    """Runs `parts` in order until `stop` is called; a part that dies is started again."""

    def __init__(self, parts: Sequence[Part], environment: Mapping[str, str]) -> None:
        self._parts = tuple(parts)
        self._environment = dict(environment)
        self._children: list[_Child] = []
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Begin to stop; `run` returns when every part has ended. Safe in a signal handler."""
        self._stopping.set()

    def run(self, on_ready: Callable[[], None], on_progress: Callable[[str], None]) -> None:
        """Start every part in order, call `on_ready` when all serve, keep them alive, stop them in reverse.

        Raises `PartFailed` when a part cannot be started the first time.
        """
        try:
            for part in self._parts:
                on_progress(part.name)
                self._children.append(_Child(part, self._start(part), time.monotonic()))
                if self._stopping.is_set():
                    return
            on_ready()
            while not self._stopping.wait(LOOK_SECONDS):
                for child in self._children:
                    self._look_after(child)
        finally:
            self._stop_all()

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        """Start a part and wait until it serves (or until we are asked to stop)."""
        read_end, write_end = os.pipe()
        try:
            process = subprocess.Popen(
                part.command,
                stdin=subprocess.PIPE,
                env={**self._environment, READY_VARIABLE: str(write_end)},
                pass_fds=(write_end,),
                start_new_session=True,
            )
            os.close(write_end)
            write_end = -1
            if not self._wait_for_line(read_end):
                process.kill()
                process.wait()
                raise PartFailed(f"{part.name} did not start; its own message stands above")
            return process
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)

    def _wait_for_line(self, descriptor: int) -> bool:
        """True: the child wrote its line, or we are stopping; False: it ended or took too long."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and not self._stopping.is_set():
            if select.select([descriptor], [], [], LOOK_SECONDS)[0]:
                return bool(os.read(descriptor, 4096))
        return self._stopping.is_set()

    def _look_after(self, child: _Child) -> None:
        """Start a child again if it has ended and its pause is over."""
        if child.process.poll() is None:
            return
        now = time.monotonic()
        if not child.restart_at:
            child.failures = 1 if now - child.started > STEADY_SECONDS else child.failures + 1
            pause = RESTART_SECONDS[min(child.failures, len(RESTART_SECONDS)) - 1]
            child.restart_at = now + pause
            log.warning("%s ended with status %s, starting again in %.1f s", child.part.name, child.process.returncode, pause)
        if now < child.restart_at:
            return
        child.restart_at, child.started = 0.0, now
        try:
            child.process = self._start(child.part)
        except PartFailed as error:
            log.error("%s", error)

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            child.process.terminate()
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                log.error("%s did not stop in %.0f s and is killed", child.part.name, STOP_SECONDS)
                child.process.kill()
                child.process.wait()
            if child.process.stdin is not None:
                child.process.stdin.close()
