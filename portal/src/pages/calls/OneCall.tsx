import "./calls.css";

import { useState } from "react";

import type { Cell, Table } from "../../client";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { literal } from "../../parts/kql";
import { useQuery } from "../../parts/useQuery";
import { linkTo } from "../../shell/router";
import { answerTurns, parse, requestTurns, type Turn } from "./conversation";

/** One call: what was said, how long each phase took, what it used, and the raw request and answer. */
export function OneCall({ id }: { id: string }) {
  const kql = `ApiManagementGatewayLogs | where CorrelationId == ${literal(id)}`;
  const { tables, error, again } = useQuery(kql);
  const table = tables?.[0];
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <a href={linkTo("calls")}>Calls</a>
        <h1 className="mono">{id}</h1>
        <span className="space" />
        <a href={linkTo("logs", [], { query: kql })}>Open in KQL</a>
      </header>
      {error ? <Failure error={error} onRetry={again} /> : null}
      {table?.rows[0] ? <Call row={fieldsOf(table, table.rows[0])} /> : table ? <Empty title="No such call">It may be older than the workspace keeps.</Empty> : null}
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

function Call({ row }: { row: Row }) {
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
              ["Time", text(row, "TimeGenerated")],
              ["Model", String((parse(answer) as { model?: string } | undefined)?.model ?? "")],
              ...usageFacts(answer),
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
          <Times row={row} />
        </section>
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

function Times({ row }: { row: Row }) {
  const total = Number(row.TotalTime) || 0;
  const phases: [string, number][] = [
    ["backend", Number(row.BackendTime) || 0],
    ["client", Number(row.ClientTime) || 0],
    ["cache", Number(row.CacheTime) || 0],
  ];
  const gate = Math.max(0, total - phases.reduce((sum, [, value]) => sum + value, 0));
  return (
    <div className="stack" style={{ gap: 6 }}>
      {[...phases, ["gate", gate] as [string, number]].map(([name, value]) => (
        <div key={name} className="phase">
          <span>{name}</span>
          <span className="bar" style={{ inlineSize: `${total ? Math.max((value / total) * 100, 0.5) : 0.5}%` }} />
          <span className="mono">{value} ms</span>
        </div>
      ))}
      <div className="quiet">total {total} ms</div>
    </div>
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
