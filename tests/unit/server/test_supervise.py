"""Parts start in order, come back when they die, and stop in reverse."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from gatelog.server.supervise import Part, PartFailed, Supervisor

CHILD = """
import os, signal, sys, time
name, log = sys.argv[1:3]
def say(word):
    with open(log, "a") as file:
        file.write(f"{name} {word} {os.getpid()}\\n")
def stop(*_):
    say("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
say("started")
os.write(int(os.environ["GATELOG_READY_FD"]), b"{}\\n")
while True:
    time.sleep(0.05)
"""


def part(name: str, log: Path) -> Part:
    return Part(name, (sys.executable, "-c", CHILD, name, str(log)))


def words(log: Path) -> list[str]:
    return [" ".join(line.split()[:2]) for line in log.read_text().splitlines()]


def test_order_of_start_and_stop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    progress: list[str] = []
    supervisor = Supervisor([part("one", log), part("two", log)], os.environ)
    supervisor.run(on_ready=supervisor.stop, on_progress=progress.append)
    assert progress == ["one", "two"]
    assert words(log) == ["one started", "two started", "two stopped", "one stopped"]


def test_a_dead_part_starts_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    supervisor = Supervisor([part("one", log)], os.environ)

    def kill_the_first_and_wait_for_the_second() -> None:
        os.kill(int(log.read_text().split()[-1]), signal.SIGKILL)
        deadline = time.monotonic() + 20
        while words(log).count("one started") < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        supervisor.stop()

    killer = threading.Thread(target=kill_the_first_and_wait_for_the_second)
    supervisor.run(on_ready=killer.start, on_progress=lambda _: None)
    killer.join()
    assert words(log) == ["one started", "one started", "one stopped"]


def test_a_part_that_cannot_start_stops_the_others(tmp_path: Path) -> None:
    log = tmp_path / "log"
    broken = Part("broken", (sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(PartFailed, match="broken did not start"):
        Supervisor([part("one", log), broken], os.environ).run(on_ready=lambda: None, on_progress=lambda _: None)
    assert words(log) == ["one started", "one stopped"]
