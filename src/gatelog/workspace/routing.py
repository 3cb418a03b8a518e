"""RowsOf: one batch in the making: each event becomes rows of the tables that want it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from gatelog.record.events import (
    ActivityEvent,
    AnyEvent,
    EventHubMessage,
    MetricEvent,
    RequestEvent,
    ResponseEvent,
    RowsEvent,
)
from gatelog.schema.table import Table
from gatelog.storage.interface import Storage
from gatelog.workspace.pairing import Pairing
from gatelog.workspace.rows import activity, app_metrics, calls, diagnostics, event_hub, gateway_logs, llm_log
from gatelog.workspace.rows.call import Call, Row
from gatelog.workspace.rows.delivered import fit_rows, inferred_table
from gatelog.workspace.tables import AUDIT, GATEWAY_LOGS, LLM_LOGS, REQUEST_RESPONSE, Destinations


class RowsOf:
    """The rows of a batch of events."""

    def __init__(self, storage: Storage, destinations: Destinations, delivered: Collection[str] = ()) -> None:
        """`delivered`: keys of deliveries that are in the tables already."""
        self._delivered = delivered
        self.deliveries: dict[str, int] = {}
        """Key -> time of each delivery in this batch that says how to recognise it."""
        self._storage = storage
        self._destinations = destinations
        self.tables: dict[str, list[Row]] = {}
        self.refused_values = 0
        self.calls = 0

    def take(self, event: AnyEvent, pairing: Pairing, start: int) -> None:
        """Add the rows of one event; a request only waits for its response."""
        match event:
            case RequestEvent():
                pairing.arrived(start, event)
            case ResponseEvent():
                self.add_call(pairing.answered(event), event)
            case ActivityEvent():
                self._add_activity(event)
            case EventHubMessage():
                row = event_hub.event_hub_row(event, self._destinations.service_id, self._destinations.origin)
                self._add(event_hub.TABLE, [row])
            case MetricEvent():
                row = app_metrics.app_metric_row(event, self._destinations.service_id, self._destinations.origin)
                self._add(app_metrics.TABLE, [row])
            case RowsEvent():
                self._add_delivered(event)

    def add_call(self, request: RequestEvent, response: ResponseEvent) -> None:
        """Add the rows of a finished call."""
        self.calls += 1
        call, to = Call(request, response), self._destinations
        self._add(calls.TABLE, [calls.call_row(call, to)])
        if response.sampled and to.wants(request.service_id, GATEWAY_LOGS):
            self._add(gateway_logs.TABLE, [gateway_logs.gateway_log_row(call, to.origin)])
        llm = response.llm
        if llm is None:
            return
        if response.sampled and to.wants(request.service_id, LLM_LOGS):
            self._add(llm_log.TABLE, llm_log.llm_log_rows(call, to.origin))
        account = to.account(llm.account_id)
        if account is not None and response.backend_url and to.wants(account.resource_id, REQUEST_RESPONSE):
            self._add(diagnostics.TABLE, [diagnostics.request_response_row(call, llm, account, to.origin)])

    def _add_activity(self, event: ActivityEvent) -> None:
        self._add(activity.TABLE, [activity.activity_row(event, self._destinations.origin)])
        account = self._destinations.account_within(event.resource_id)
        if account is not None and self._destinations.wants(account.resource_id, AUDIT):
            row = diagnostics.audit_row(event, account, self._destinations.origin)
            self._add(diagnostics.TABLE, [row] if row is not None else [])

    def _add_delivered(self, event: RowsEvent) -> None:
        key = delivery_key(event)
        if key and (key in self._delivered or key in self.deliveries):
            return
        if key:
            self.deliveries[key] = event.time
        objects = orjson.loads(event.rows)
        if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
            raise ValueError(f"rows for {event.table} are no JSON array of objects")
        table = self._storage.schema().get(event.table)
        delivery = fit_rows(table or self._new_table(event.table, objects), objects)
        if delivery.table is not table:
            self._storage.define(delivery.table)
        self.refused_values += delivery.refused
        known = {column.name for column in delivery.table.columns}
        common: Mapping[str, Any] = {
            "TimeGenerated": event.time,
            "TenantId": self._destinations.origin.workspace_id,
        }
        missing = {name: value for name, value in common.items() if name in known}
        self._add(event.table, [missing | {n: v for n, v in row.items() if v is not None} for row in delivery.rows])

    def _new_table(self, name: str, objects: Sequence[Mapping[str, Any]]) -> Table:
        return inferred_table(name, objects)

    def _add(self, table: str, rows: list[Row]) -> None:
        if rows:
            self.tables.setdefault(table, []).extend(rows)


DELIVERED = "delivered/"
"""Begins the names under which storage remembers deliveries, next to the positions of streams."""


def delivery_key(event: RowsEvent) -> str:
    """How a repeated delivery is recognised; empty when its sender said no batch."""
    if not event.batch:
        return ""
    return DELIVERED + hashlib.sha256(f"{event.table}\0{event.source}\0{event.batch}".encode()).hexdigest()
