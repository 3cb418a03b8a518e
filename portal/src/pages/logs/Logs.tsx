import "./logs.css";

import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";

import { query, send, type Table } from "../../client";
import { CopyButton } from "../../parts/CopyButton";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { linkTo, usePlace } from "../../shell/router";
import { closed, type Desk, loadDesk, opened, ran, storeDesk, textOf, titleOf, written } from "./drafts";
import { pythonOf } from "./exports";
import { PinToDashboard } from "./PinToDashboard";
import { ResultTable } from "./ResultTable";
import { SAMPLES } from "./samples";
import { type SchemaTable, Sidebar } from "./Sidebar";

const Editor = lazy(() => import("./Editor"));

type Answer = { kind: "none" } | { kind: "running" } | { kind: "failed"; error: unknown } | { kind: "done"; tables: Table[] };

/** Ask the workspace in KQL. */
export default function Logs() {
  const place = usePlace();
  const asked = place.query.get("query");
  const [desk, setDesk] = useState<Desk>(() => loadDesk(SAMPLES[0]![1]));
  const [answers, setAnswers] = useState<Record<number, Answer>>({});
  const [schema, setSchema] = useState<Schema | null>(null);
  const running = useRef<AbortController | null>(null);
  const insert = useRef<(text: string) => void>(() => undefined);
  const text = textOf(desk);
  const answer = answers[desk.open] ?? { kind: "none" };
  const tables = useMemo(() => tablesOf(schema), [schema]);

  useEffect(() => storeDesk(desk), [desk]);
  useEffect(() => {
    void loadSchema().then(setSchema, () => setSchema(null));
    return () => running.current?.abort();
  }, []);
  useEffect(() => {
    if (!asked) return;
    const next = opened(desk, asked);
    setDesk(next);
    run(asked, next.open);
  }, [asked]);

  const run = (kql: string, tab: number) => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    const answered = (found: Answer) => setAnswers((before) => ({ ...before, [tab]: found }));
    answered({ kind: "running" });
    setDesk((before) => ran(before, kql));
    query(kql, { signal: control.signal }).then(
      (found) => answered({ kind: "done", tables: found }),
      (error: unknown) => answered(control.signal.aborted ? { kind: "none" } : { kind: "failed", error }),
    );
  };
  const save = () => {
    const name = window.prompt("Name of the query", titleOf({ id: 0, text }));
    if (name) setDesk((before) => ({ ...before, saved: { ...before.saved, [name]: text } }));
  };
  const forget = (name: string) =>
    setDesk((before) => {
      const { [name]: _, ...saved } = before.saved;
      return { ...before, saved };
    });

  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>Logs</h1>
        <button className="primary" onClick={() => run(text, desk.open)} title="Shift+Enter">
          Run
        </button>
        <button disabled={answer.kind !== "running"} onClick={() => running.current?.abort()}>
          Cancel
        </button>
        <span className="space" />
        <button onClick={save}>Save</button>
        <PinToDashboard kql={text} table={answer.kind === "done" ? answer.tables[0] : undefined} />
        <CopyButton text={pythonOf(text, window.location.origin)} title="Copy as Python" />
        <CopyButton text={new URL(linkTo("logs", [], { query: text }), window.location.href).href} title="Copy link" />
      </header>
      <div className="logs">
        <Sidebar tables={tables} desk={desk} onInsert={(found) => insert.current(found)} onOpen={(found) => setDesk(opened(desk, found))} onForget={forget} />
        <div className="stack" style={{ minWidth: 0 }}>
          <div className="row" role="group" aria-label="Queries">
            {desk.drafts.map((draft) => (
              <span key={draft.id} className="draft" data-open={draft.id === desk.open}>
                <button className="plain" aria-pressed={draft.id === desk.open} onClick={() => setDesk({ ...desk, open: draft.id })}>
                  {titleOf(draft)}
                </button>
                <button className="plain" aria-label={`Close ${titleOf(draft)}`} onClick={() => setDesk(closed(desk, draft.id))}>
                  ×
                </button>
              </span>
            ))}
            <button aria-label="New query" onClick={() => setDesk(opened(desk, ""))}>
              +
            </button>
          </div>
          <div className="card query-box">
            <Suspense fallback={<textarea className="mono" aria-label="KQL query" value={text} onChange={(event) => setDesk(written(desk, event.target.value))} />}>
              <Editor
                value={text}
                schema={schema}
                onChange={(next) => setDesk((before) => written(before, next))}
                onRun={() => run(text, desk.open)}
                onReady={(found) => (insert.current = found)}
              />
            </Suspense>
          </div>
          <Result answer={answer} onRetry={() => run(text, desk.open)} />
        </div>
      </div>
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

interface Schema {
  Databases: Record<string, { Tables: Record<string, SchemaTable> }>;
}

function tablesOf(schema: Schema | null): SchemaTable[] {
  return Object.values(schema?.Databases.gatelog?.Tables ?? {});
}

async function loadSchema(): Promise<Schema> {
  const answer = await send<{ Tables: { Rows: string[][] }[] }>("POST", "/v1/rest/mgmt", { db: "gatelog", csl: ".show schema as json" });
  return JSON.parse(answer.Tables[0]!.Rows[0]![0]!) as Schema;
}
