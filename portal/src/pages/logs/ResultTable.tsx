import { lazy, Suspense, useMemo, useState } from "react";

import type { Cell, Table } from "../../client";
import { cellText } from "../../parts/cells";
import { canDraw } from "../../parts/chartOption";
import { Empty } from "../../parts/Empty";
import { Grid } from "../../parts/Grid";
import { exportAs, grouped } from "./exports";
import { OpenedRow } from "./OpenedRow";

const Chart = lazy(() => import("../../parts/Chart").then((module) => ({ default: module.Chart })));
const KINDS = ["timechart", "linechart", "areachart", "stackedareachart", "columnchart", "barchart", "piechart", "scatterchart", "anomalychart"];

/** One table of an answer: rows or chart, filtered, grouped, exported, one row opened. */
export function ResultTable({ table }: { table: Table }) {
  const rendered = table.visualization?.Visualization;
  const [kind, setKind] = useState(canDraw(rendered) ? rendered : "");
  const [filter, setFilter] = useState("");
  const [group, setGroup] = useState("");
  const [only, setOnly] = useState<[number, string] | null>(null);
  const [opened, setOpened] = useState<Cell[] | null>(null);
  const narrowed = useMemo(() => (only ? { ...table, rows: table.rows.filter((row) => cellText(row[only[0]]!) === only[1]) } : table), [table, only]);
  const groups = useMemo(() => (group === "" ? null : grouped(table, Number(group))), [table, group]);
  return (
    <section className="stack" aria-label="Result">
      <div className="row">
        <span className="quiet" role="status">
          {narrowed.rows.length.toLocaleString()} rows in {table.seconds.toFixed(2)} s
        </span>
        <select aria-label="Show as" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="">rows</option>
          {KINDS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span style={{ flex: 1 }} />
        <input type="search" style={{ width: 150 }} placeholder="Filter rows" aria-label="Filter rows" value={filter} onChange={(event) => setFilter(event.target.value)} />
        <select aria-label="Group by" style={{ maxWidth: 130 }} value={group} onChange={(event) => setGroup(event.target.value)}>
          <option value="">no groups</option>
          {table.columns.map((column, index) => (
            <option key={index} value={index}>
              by {column.name}
            </option>
          ))}
        </select>
        {only ? <button onClick={() => setOnly(null)}>All rows</button> : null}
        <button onClick={() => exportAs("csv", narrowed)}>CSV</button>
        <button onClick={() => exportAs("json", narrowed)}>JSON</button>
      </div>
      {kind ? (
        <div className="card">
          <Suspense fallback={<p className="quiet">Drawing</p>}>
            <Chart table={table} kind={kind} />
          </Suspense>
        </div>
      ) : groups ? (
        <Grid
          table={groups}
          filter={filter}
          onOpen={(row) => {
            setOnly([Number(group), cellText(row[0]!)]);
            setGroup("");
          }}
        />
      ) : narrowed.rows.length ? (
        <Grid table={narrowed} filter={filter} onOpen={setOpened} />
      ) : (
        <Empty title="No rows">Nothing matches. Widen the time range or loosen a filter.</Empty>
      )}
      {opened ? <OpenedRow table={table} row={opened} onClose={() => setOpened(null)} /> : null}
    </section>
  );
}
