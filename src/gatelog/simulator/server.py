"""The simulator's listener."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import uvloop

from gatelog.clock import Clock, SystemClock
from gatelog.simulator.account import Account
from gatelog.simulator.connection import Connection
from gatelog.simulator.messages import SimReply, SimRequest
from gatelog.simulator.settings import SimulatorSettings


async def serve(
    settings: SimulatorSettings,
    ready: Callable[[int], None] | None = None,
    stop: asyncio.Event | None = None,
    clock: Clock | None = None,
) -> None:
    """Listen until `stop` is set (for ever without one). `ready` is told the port. Raises `OSError` when the port is taken."""
    account = Account(settings)
    times = clock or SystemClock()

    def answer(request: SimRequest) -> SimReply:
        return account.answer(request, times.now() / 1e9, times.monotonic() / 1e9)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(answer, settings.max_body_bytes, loop), settings.host, settings.port, backlog=2048
    )
    if ready is not None:
        ready(server.sockets[0].getsockname()[1])
    try:
        await (stop or asyncio.Event()).wait()
    finally:
        server.close()


def run(settings: SimulatorSettings, ready: Callable[[int], None] | None = None) -> None:
    """Serve in this thread until the process is told to stop."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, ready, stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
