"""One gateway worker process: no database, no KQL, nothing but calls and their record."""

from __future__ import annotations

import logging
from typing import Literal, cast

from gatelog import config
from gatelog.catalog.catalog import Catalog
from gatelog.catalog.loading import load_catalog
from gatelog.catalog.store import open_store
from gatelog.catalog.trace_token import check as check_trace_token
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.config import Settings
from gatelog.gateway.worker import WorkerParts, WorkerSettings, run_worker
from gatelog.server.identity import issuer_of
from gatelog.server.lifeline import hold_lifeline, say_ready


def run(index: int) -> int:
    """Serve the data plane as worker `index` until told to stop."""
    settings = config.load({})
    ready = config.ready_descriptor()
    logging.basicConfig(level=settings.log_level.upper(), format=f"%(asctime)s %(levelname)s gateway {index}: %(message)s")
    hold_lifeline()
    clock = SystemClock()
    vault = load_vault(settings.data / "secret.key")
    store = open_store(settings.catalog or settings.data / "catalog.sqlite", vault)
    gateway_url = f"{'https' if settings.tls else 'http'}://{settings.gateway}"

    def reload(current: Catalog) -> Catalog | None:
        return load_catalog(store, current, gateway_url=gateway_url) if str(store.version()) != current.version else None

    run_worker(
        worker_settings(settings, index),
        WorkerParts(
            catalog=load_catalog(store, gateway_url=gateway_url),
            reload=reload,
            identity=issuer_of(settings, clock),
            check_trace_token=lambda token, api: check_trace_token(vault.key, token, clock.now() // 1_000_000_000, api),
            on_ready=lambda port: say_ready(ready),
        ),
    )
    store.close()
    return 0


WATCH_SECONDS = 0.2
"""How often a worker asks whether the configuration has changed: with the build, a change is in force in half a second."""


def worker_settings(settings: Settings, index: int) -> WorkerSettings:
    """What a worker needs of the settings."""
    certificate, _, key = settings.tls.partition(",")
    return WorkerSettings(
        host=settings.gateway.host,
        port=settings.gateway.port,
        journal=settings.data / "journal",
        stream=f"gateway-{index}",
        durability=cast(Literal["process", "disk"], settings.durability),
        refuse_unrecorded=settings.on_journal_failure == "refuse",
        journal_bytes=settings.journal_bytes,
        max_body_bytes=settings.max_body_bytes,
        tls=(certificate, key) if certificate else None,
        redis=settings.redis,
        watch_seconds=WATCH_SECONDS,
    )
