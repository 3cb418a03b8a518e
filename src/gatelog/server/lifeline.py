"""A child process's side of the supervisor: it says that it is ready, and stops when its parent is gone.

The parent gives each child a pipe as standard input (the lifeline: its end means that the parent is dead, however it died) and
one more (see `gatelog.config.ready_descriptor`), on which the child writes one line of JSON when it serves.
"""

from __future__ import annotations

import json
import os
import signal
import threading


def hold_lifeline() -> None:
    """Send this process SIGTERM once the parent is gone."""
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def say_ready(ready_descriptor: int | None, **facts: str) -> None:
    """Tell the parent that this process serves."""
    if ready_descriptor is None:
        return
    os.write(ready_descriptor, json.dumps(facts).encode() + b"\n")
    os.close(ready_descriptor)
