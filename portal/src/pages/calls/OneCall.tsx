import "./calls.css";

import { useEffect, useState } from "react";

import type { Cell, Table } from "../../client";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { localTime } from "../../parts/cells";
import { literal } from "../../parts/kql";
import { useQuery } from "../../parts/useQuery";
import { linkTo } from "../../shell/router";
import { useMay } from "../../shell/session";
import { type Step, TraceView } from "../apis/TraceView";
import { answerTurns, parse, requestTurns, type Turn } from "./conversation";

/** One call: what was said, how long each phase took, what it used, and the raw request and answer. */
export function OneCall({ id }: { id: string }) {
  const kql = `ApiManagementGatewayLogs | where CorrelationId == ${literal(id)}`;
  const { tables, error, again } = useQuery(kql);
  const table = tables?.[0];
  const metered = useQuery(`GatelogCalls | where CorrelationId == ${literal(id)}`).tables?.[0];
  const isMissing = table !== undefined && table.rows.length === 0;
  const mayPlay = useMay("secrets");
  // a call that was just made is a moment on its way to the table
  useEffect(() => {
    if (!isMissing) return;
    const timers = [500, 1500, 4000].map((wait) => setTimeout(again, wait));
    return () => timers.forEach(clearTimeout);
  }, [isMissing, again]);
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <a href={linkTo("calls")}>Calls</a>
        <h1 className="mono">{id}</h1>
        <span className="space" />
        {mayPlay ? <a href={linkTo("playground", [], { call: id })}>Open in playground</a> : null}
        <a href={linkTo("logs", [], { query: kql })}>Open in KQL</a>
      </header>
      {error ? <Failure error={error} onRetry={again} /> : null}
      {table?.rows[0] ? <Call row={fieldsOf(table, table.rows[0])} meter={metered?.rows[0] ? fieldsOf(metered, metered.rows[0]) : {}} /> : table ? <Empty title="No such call">It may be older than the workspace keeps.</Empty> : null}
    </div>
  );
}

type Row = Record<string, Cell>;

function fieldsOf(table: Table, row: Cell[]): Row {
  return Object.fromEntries(table.columns.map((column, index) => [column.name, row[index]!]));
}

function text(row: Row, name: string): string {
  const value = row[name];
  return value === null || value === undefined ? "" : String(value);
}

function Call({ row, meter }: { row: Row; meter: Row }) {
  const request = text(row, "RequestBody");
  const answer = text(row, "BackendResponseBody") || text(row, "ResponseBody");
  const status = Number(row.ResponseCode);
  return (
    <div className="call">
      <section className="card stack" aria-label="Conversation">
        <Turns turns={requestTurns(request)} empty="The prompt was not recorded or is no chat." />
        <Turns turns={answerTurns(answer)} empty="No answer was recorded." />
      </section>
      <aside className="stack">
        <section className="card">
          <h2>
            <span className={status >= 400 || status === 0 ? "bad" : "good"}>{status || "no answer"}</span> {text(row, "OperationId")}
          </h2>
          <Facts
            facts={[
              ["Time", localTime(text(row, "TimeGenerated"))],
              ["Deployment", text(meter, "DeploymentName")],
              ["Model", text(meter, "ModelName") || String((parse(answer) as { model?: string } | undefined)?.model ?? "")],
              ["Streaming", text(meter, "StreamType")],
              ...tokenFacts(meter, answer),
              ["Subscription", text(row, "ApimSubscriptionId")],
              ["Product", text(row, "ProductId")],
              ["Caller", text(row, "CallerIpAddress")],
              ["Backend", text(row, "BackendUrl")],
              ["Error", [text(row, "LastErrorReason"), text(row, "LastErrorMessage")].filter(Boolean).join(": ")],
            ]}
          />
        </section>
        <section className="card">
          <h2>Time</h2>
          <Times row={row} meter={meter} />
        </section>
        <Trace records={row.TraceRecords ?? null} />
        <Raw title="Request" headers={row.RequestHeaders ?? null} body={request} />
        <Raw title="Answer" headers={row.ResponseHeaders ?? null} body={answer} />
      </aside>
    </div>
  );
}

function usageFacts(answer: string): [string, string][] {
  const usage = (parse(answer) as { usage?: Record<string, unknown> } | undefined)?.usage;
  return usage ? Object.entries(usage).flatMap(([name, value]) => (typeof value === "number" ? [[name.replaceAll("_", " "), value.toLocaleString()] as [string, string]] : [])) : [];
}

/** What the meter counted, streams included; else what the answer says. */
function tokenFacts(meter: Row, answer: string): [string, string][] {
  if (!Number(meter.TotalTokens)) return usageFacts(answer);
  const counts: [string, string][] = [
    ["Prompt tokens", "PromptTokens"],
    ["Completion tokens", "CompletionTokens"],
    ["Cached tokens", "CachedTokens"],
    ["Reasoning tokens", "ReasoningTokens"],
    ["Total tokens", "TotalTokens"],
  ];
  const note = meter.IsEstimated === true ? " (estimated)" : "";
  const cost: [string, string][] = Number(meter.Cost) ? [["Cost", `$${Number(meter.Cost).toPrecision(3)} (${String(meter.PriceId)})`]] : [];
  return [...counts.flatMap(([title, name]) => (Number(meter[name]) ? [[title, Number(meter[name]).toLocaleString() + note] as [string, string]] : [])), ...cost];
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function Turns({ turns, empty }: { turns: Turn[]; empty: string }) {
  if (!turns.length) return <p className="quiet">{empty}</p>;
  return (
    <>
      {turns.map((turn, index) => (
        <div key={index} className={`turn ${turn.role === "error" ? "error" : turn.role === "user" ? "user" : ""}`}>
          <div className="quiet">{turn.role}</div>
          <pre>{turn.text}</pre>
        </div>
      ))}
    </>
  );
}

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name}>
            <dt className="quiet">{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

function Times({ row, meter }: { row: Row; meter: Row }) {
  const total = Number(meter.TotalTime ?? row.TotalTime) || 0;
  const phases: [string, number][] = [
    ["backend", Number(meter.BackendTime ?? row.BackendTime) || 0],
    ["client", Number(meter.ClientTime ?? row.ClientTime) || 0],
    ["cache", Number(row.CacheTime) || 0],
  ];
  const gate = Math.max(0, total - phases.reduce((sum, [, value]) => sum + value, 0));
  return (
    <div className="stack" style={{ gap: 6 }}>
      {[...phases, ["gate", gate] as [string, number]].map(([name, value]) => (
        <div key={name} className="phase">
          <span>{name}</span>
          <span className="bar" style={{ inlineSize: `${total ? Math.max((value / total) * 100, 0.5) : 0.5}%` }} />
          <span className="mono">{milliseconds(value)}</span>
        </div>
      ))}
      <Facts
        facts={[
          ["First token", meter.FirstTokenTime ? milliseconds(Number(meter.FirstTokenTime)) : ""],
          ["Last token", meter.LastTokenTime ? milliseconds(Number(meter.LastTokenTime)) : ""],
          ["Total", milliseconds(total)],
        ]}
      />
    </div>
  );
}

/** Messages that policies wrote, and the policies' own trace where there is one. */
function Trace({ records }: { records: Cell }) {
  const found = typeof records === "string" ? parse(records) : records;
  if (!Array.isArray(found) || !found.length) return null;
  const steps = found.filter((step) => typeof step === "object" && step !== null && "element" in step) as unknown as Step[];
  return (
    <details className="card">
      <summary>Trace, {found.length} records</summary>
      {steps.length === found.length ? <TraceView steps={steps} /> : <pre>{JSON.stringify(found, null, 2)}</pre>}
    </details>
  );
}

function Raw({ title, headers, body }: { title: string; headers: Cell; body: string }) {
  const [indented, setIndented] = useState(true);
  const parsed = parse(body);
  const shown = indented && parsed !== undefined ? JSON.stringify(parsed, null, 2) : body;
  return (
    <details className="card">
      <summary>
        {title}, {body.length.toLocaleString()} characters
      </summary>
      <div className="row" style={{ margin: "8px 0" }}>
        <button aria-pressed={indented} onClick={() => setIndented(!indented)}>
          Indent
        </button>
        <button onClick={() => void navigator.clipboard.writeText(body)}>Copy</button>
      </div>
      <pre className="quiet">{headers === null ? "" : typeof headers === "object" ? JSON.stringify(headers, null, 2) : String(headers)}</pre>
      <pre>{shown}</pre>
    </details>
  );
}
