import { lazy, Suspense, useEffect, useRef, useState } from "react";

import { type Cell, query, send, type Table } from "../../client";
import { canDraw } from "../../parts/chartOption";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Grid } from "../../parts/Grid";
import { linkTo, usePlace } from "../../shell/router";

const Editor = lazy(() => import("./Editor"));
const Chart = lazy(() => import("../../parts/Chart").then((module) => ({ default: module.Chart })));

const FIRST_QUERY = `ApiManagementGatewayLogs
| where TimeGenerated > ago(1h)
| project TimeGenerated, OperationId, ResponseCode, TotalTime, CallerIpAddress, ApimSubscriptionId
| order by TimeGenerated desc`;

type Answer = { kind: "none" } | { kind: "running" } | { kind: "failed"; error: unknown } | { kind: "done"; tables: Table[] };

export default function Logs() {
  const place = usePlace();
  const asked = place.query.get("query");
  const [text, setText] = useState(asked ?? localStorage.getItem("kql") ?? FIRST_QUERY);
  const [answer, setAnswer] = useState<Answer>({ kind: "none" });
  const [schema, setSchema] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);

  useEffect(() => {
    void loadSchema().then(setSchema, () => setSchema(null));
  }, []);
  useEffect(() => {
    if (asked) {
      setText(asked);
      run(asked);
    }
  }, [asked]);

  const change = (next: string) => {
    setText(next);
    localStorage.setItem("kql", next);
  };
  const run = (kql: string) => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setAnswer({ kind: "running" });
    query(kql, { signal: control.signal }).then(
      (tables) => setAnswer({ kind: "done", tables }),
      (error: unknown) => setAnswer(control.signal.aborted ? { kind: "none" } : { kind: "failed", error }),
    );
  };

  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>Logs</h1>
        <button className="primary" onClick={() => run(text)} title="Shift+Enter">
          Run
        </button>
        <button disabled={answer.kind !== "running"} onClick={() => running.current?.abort()}>
          Cancel
        </button>
        <span className="space" />
        <button onClick={() => void navigator.clipboard.writeText(new URL(linkTo("logs", [], { query: text }), window.location.href).href)}>Copy link</button>
      </header>
      <div className="card" style={{ padding: 0, height: 220, overflow: "hidden", resize: "vertical" }}>
        <Suspense fallback={<textarea className="mono" aria-label="KQL query" style={{ width: "100%", height: "100%", border: 0 }} value={text} onChange={(event) => change(event.target.value)} />}>
          <Editor value={text} schema={schema} onChange={change} onRun={() => run(text)} />
        </Suspense>
      </div>
      <Result answer={answer} onRetry={() => run(text)} />
    </div>
  );
}

function Result({ answer, onRetry }: { answer: Answer; onRetry: () => void }) {
  if (answer.kind === "none") return <Empty title="No answer yet">Run the query with Shift+Enter.</Empty>;
  if (answer.kind === "running") return <p className="quiet" role="status">Running</p>;
  if (answer.kind === "failed") return <Failure error={answer.error} onRetry={onRetry} />;
  return (
    <>
      {answer.tables.map((table, index) => (
        <ResultTable key={index} table={table} />
      ))}
    </>
  );
}

function ResultTable({ table }: { table: Table }) {
  const kind = table.visualization?.Visualization;
  const drawable = canDraw(kind);
  const [view, setView] = useState<"chart" | "rows">(drawable ? "chart" : "rows");
  const [filter, setFilter] = useState("");
  const [opened, setOpened] = useState<Cell[] | null>(null);
  return (
    <section className="stack">
      <div className="row">
        {drawable ? (
          <>
            <button aria-pressed={view === "chart"} onClick={() => setView("chart")}>
              Chart
            </button>
            <button aria-pressed={view === "rows"} onClick={() => setView("rows")}>
              Rows
            </button>
          </>
        ) : null}
        <span className="quiet" role="status">
          {table.rows.length.toLocaleString()} rows in {table.seconds.toFixed(2)} s
        </span>
        <span style={{ flex: 1 }} />
        <input type="search" placeholder="Filter rows" aria-label="Filter rows" value={filter} onChange={(event) => setFilter(event.target.value)} />
      </div>
      {view === "chart" && drawable ? (
        <div className="card">
          <Suspense fallback={<p className="quiet">Drawing</p>}>
            <Chart table={table} kind={kind} />
          </Suspense>
        </div>
      ) : table.rows.length ? (
        <Grid table={table} filter={filter} onOpen={setOpened} />
      ) : (
        <Empty title="No rows">Nothing matches. Widen the time range or loosen a filter.</Empty>
      )}
      {opened ? <OpenedRow table={table} row={opened} onClose={() => setOpened(null)} /> : null}
    </section>
  );
}

function OpenedRow({ table, row, onClose }: { table: Table; row: Cell[]; onClose: () => void }) {
  return (
    <aside className="card stack" aria-label="One row">
      <div className="row">
        <h2 style={{ flex: 1, margin: 0 }}>One row</h2>
        <button onClick={onClose}>Close</button>
      </div>
      <dl style={{ display: "grid", gridTemplateColumns: "max-content minmax(0, 1fr)", gap: "4px 16px", margin: 0 }}>
        {table.columns.map((column, index) => (
          <div key={index} style={{ display: "contents" }}>
            <dt className="quiet">{column.name}</dt>
            <dd style={{ margin: 0 }}>
              <pre>{readable(row[index]!)}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

/** JSON text indented; everything else as it is. Text stays text: nothing here is ever read as markup. */
function readable(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "object") return JSON.stringify(cell, null, 2);
  const text = String(cell);
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function loadSchema(): Promise<unknown> {
  const answer = await send<{ Tables: { Rows: string[][] }[] }>("POST", "/v1/rest/mgmt", { db: "gatelog", csl: ".show schema as json" });
  return JSON.parse(answer.Tables[0]!.Rows[0]![0]!);
}
