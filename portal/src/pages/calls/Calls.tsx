import { useState } from "react";

import type { Cell, Table } from "../../client";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Grid } from "../../parts/Grid";
import { literal, type TimeRange, within } from "../../parts/kql";
import { TimePicker } from "../../parts/TimePicker";
import { useQuery } from "../../parts/useQuery";
import { linkTo, usePlace } from "../../shell/router";
import { OneCall } from "./OneCall";

const LIVE_SECONDS = 2;

interface Filters {
  range: TimeRange;
  status: string;
  text: string;
}

/** The latest calls as they happen; one of them opens as a conversation. */
export default function Calls() {
  const place = usePlace();
  const opened = place.path[0];
  if (opened) return <OneCall id={opened} />;
  return <CallList />;
}

function CallList() {
  const [filters, setFilters] = useState<Filters>({ range: { last: "1d" }, status: "", text: "" });
  const [live, setLive] = useState(true);
  const kql = listQuery(filters);
  const { tables, error, again } = useQuery(kql, live ? LIVE_SECONDS : 0);
  const table = tables?.[0];
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>Calls</h1>
        <TimePicker range={filters.range} onChange={(range) => setFilters({ ...filters, range })} />
        <select aria-label="Status" value={filters.status} onChange={(event) => setFilters({ ...filters, status: event.target.value })}>
          <option value="">Every status</option>
          <option value="ResponseCode between (200 .. 299)">Succeeded</option>
          <option value="ResponseCode == 429">Throttled</option>
          <option value="ResponseCode !between (200 .. 299)">Failed</option>
        </select>
        <input
          type="search"
          style={{ minWidth: 230 }}
          placeholder="Words in prompts or answers"
          aria-label="Words in prompts or answers"
          value={filters.text}
          onChange={(event) => setFilters({ ...filters, text: event.target.value })}
        />
        <button aria-pressed={live} onClick={() => setLive(!live)}>
          {live ? "Live" : "Paused"}
        </button>
        <span className="space" />
        <a href={linkTo("logs", [], { query: kql })}>Open in KQL</a>
      </header>
      {error ? <Failure error={error} onRetry={again} /> : null}
      {table && table.rows.length === 0 ? (
        <Empty title="No calls in this time">
          Send one through the gateway, or widen the time range. <code>gatelog demo</code> prints a snippet to start with.
        </Empty>
      ) : table ? (
        <Grid table={table} onOpen={(row) => (window.location.hash = linkTo("calls", [idOf(table, row)]))} />
      ) : error ? null : (
        <p className="quiet" role="status">
          Loading calls
        </p>
      )}
      <p className="quiet">Enter, a double click or › opens a call.</p>
    </div>
  );
}

function idOf(table: Table, row: Cell[]): string {
  return String(row[table.columns.findIndex((column) => column.name === "CorrelationId")]);
}

function listQuery({ range, status, text }: Filters): string {
  const words = text.trim();
  return [
    "GatelogCalls",
    `| where ${within(range)}`,
    ...(status ? [`| where ${status}`] : []),
    ...(words
      ? [
          `| where CorrelationId in ((ApiManagementGatewayLogs | where ${within(range)} | where RequestBody has ${literal(words)} or BackendResponseBody has ${literal(words)} | project CorrelationId))`,
        ]
      : []),
    "| top 500 by TimeGenerated desc",
    "| project Time = TimeGenerated, Status = ResponseCode, Deployment = DeploymentName, Tokens = TotalTokens, Milliseconds = round(TotalTime, 0), Stream = StreamType, Operation = OperationId, Caller = CallerIpAddress, Subscription = ApimSubscriptionId, Error = LastErrorReason, CorrelationId",
  ].join("\n");
}
