import "./overview.css";

import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";

import type { Table } from "../../client";
import { cellText } from "../../parts/cells";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Grid } from "../../parts/Grid";
import type { TimeRange } from "../../parts/kql";
import { TimePicker } from "../../parts/TimePicker";
import { useQuery } from "../../parts/useQuery";
import { linkTo, usePlace } from "../../shell/router";
import { type Chosen, type Dashboard, endsOf, FILTERS, kqlOf, loadDashboards, openedKql, parametersOf, type Tile, VALUES_QUERY } from "./dashboards";

const Chart = lazy(() => import("../../parts/Chart").then((module) => ({ default: module.Chart })));

const REFRESH: [number, string][] = [
  [0, "No refresh"],
  [10, "Every 10 s"],
  [60, "Every minute"],
];

/** The dashboards: what happens at the gate, split and filtered, each chart one step away from its KQL. */
export default function Overview() {
  const place = usePlace();
  const [dashboards, setDashboards] = useState<Dashboard[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [range, setRange] = useState<TimeRange>({ last: "1h" });
  const [chosen, setChosen] = useState<Chosen>({});
  const [compare, setCompare] = useState(false);
  const [refresh, setRefresh] = useState(60);
  const [now, setNow] = useState(() => Date.now());
  const load = useCallback(() => void loadDashboards().then(setDashboards, setError), []);
  useEffect(load, [load]);
  useEffect(() => {
    if (!refresh) return;
    const timer = setInterval(() => setNow(Date.now()), refresh * 1000);
    return () => clearInterval(timer);
  }, [refresh]);
  const zoom = useCallback((from: number, to: number) => setRange({ from, to }), []);

  if (error) return <Failure error={error} onRetry={load} />;
  if (!dashboards) return <p className="quiet" role="status">Loading dashboards</p>;
  const shown = dashboards.find((dashboard) => dashboard.id === place.path[0]) ?? dashboards[0];
  if (!shown) return <Empty title="No dashboards">Put one with the REST API: PUT /v1/dashboards/NAME.</Empty>;
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>{shown.title}</h1>
        <span className="space" />
        <TimePicker
          range={range}
          onChange={(next) => {
            setNow(Date.now());
            setRange(next);
          }}
        />
        <button aria-pressed={compare} onClick={() => setCompare(!compare)} title="Show the period before beside each number">
          Compare
        </button>
        <select aria-label="Refresh" value={refresh} onChange={(event) => setRefresh(Number(event.target.value))}>
          {REFRESH.map(([seconds, title]) => (
            <option key={seconds} value={seconds}>
              {title}
            </option>
          ))}
        </select>
      </header>
      <nav className="row" aria-label="Dashboards">
        {dashboards.map((dashboard) => (
          <a key={dashboard.id} className="tab" href={linkTo("overview", [dashboard.id])} aria-current={dashboard === shown ? "page" : undefined}>
            {dashboard.title}
          </a>
        ))}
      </nav>
      <Filters range={range} now={now} chosen={chosen} onChange={setChosen} />
      <div className="tiles">
        {shown.tiles.map((tile) => (
          <TileView key={`${shown.id} ${tile.title}`} tile={tile} range={range} now={now} chosen={chosen} compare={compare} onZoom={zoom} />
        ))}
      </div>
    </div>
  );
}

function Filters({ range, now, chosen, onChange }: { range: TimeRange; now: number; chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  const { tables } = useQuery(VALUES_QUERY, 0, parametersOf(range, now));
  const values = useMemo(() => valuesOf(tables?.[0]), [tables]);
  return (
    <div className="row" role="group" aria-label="Filters">
      {Object.keys(FILTERS).map((name) => (
        <select key={name} aria-label={name} value={chosen[name] ?? ""} onChange={(event) => onChange({ ...chosen, [name]: event.target.value })}>
          <option value="">{name}: all</option>
          {[...new Set([...(values[name] ?? []), ...(chosen[name] ? [chosen[name]] : [])])].map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </select>
      ))}
      {Object.values(chosen).some(Boolean) ? <button onClick={() => onChange({})}>Clear</button> : null}
    </div>
  );
}

function valuesOf(table: Table | undefined): Record<string, string[]> {
  const row = table?.rows[0];
  if (!table || !row) return {};
  return Object.fromEntries(
    table.columns.map((column, index) => {
      const cell = row[index];
      const list: unknown = typeof cell === "string" ? JSON.parse(cell) : cell;
      return [column.name, Array.isArray(list) ? list.map(String).filter(Boolean).sort() : []];
    }),
  );
}

interface TileProps {
  tile: Tile;
  range: TimeRange;
  now: number;
  chosen: Chosen;
  compare: boolean;
  onZoom: (from: number, to: number) => void;
}

function TileView({ tile, range, now, chosen, compare, onZoom }: TileProps) {
  const kql = kqlOf(tile, chosen);
  const { tables, error, again } = useQuery(kql, 0, parametersOf(range, now));
  const before = useQuery(compare && tile.chart === "number" ? kql : null, 0, parametersOf(range, now, 1));
  const table = tables?.[0];
  const drawn = useMemo(() => (table ? { ...table, visualization: tile.stacked ? { Kind: "stacked" } : null } : null), [table, tile.stacked]);
  const [from, to] = endsOf(range, now);
  const wide = tile.chart !== "number";
  return (
    <section className={`card tile ${wide ? "wide" : ""}`} aria-label={tile.title}>
      <div className="row tile-head">
        <h2>{tile.title}</h2>
        <a href={linkTo("logs", [], { query: openedKql(tile, chosen, range, now) })} aria-label={`Open ${tile.title} in KQL`}>
          KQL
        </a>
      </div>
      {error ? (
        <Failure error={error} onRetry={again} />
      ) : !table ? (
        <p className="quiet" role="status">Loading</p>
      ) : tile.chart === "number" ? (
        <Figure table={table} before={compare ? before.tables?.[0] : undefined} />
      ) : table.rows.length === 0 ? (
        <p className="quiet">Nothing in this time.</p>
      ) : tile.chart === "table" ? (
        <Grid table={table} />
      ) : (
        <Suspense fallback={<p className="quiet">Drawing</p>}>
          <Chart table={drawn!} kind={tile.chart} height={240} span={{ from, to }} onZoom={onZoom} />
        </Suspense>
      )}
    </section>
  );
}

function Figure({ table, before }: { table: Table; before: Table | undefined }) {
  const value = numberOf(table);
  const previous = before ? numberOf(before) : null;
  const change = value !== null && previous ? ((value - previous) / previous) * 100 : null;
  return (
    <div>
      <div className="figure">{value === null || Number.isNaN(value) ? "–" : value.toLocaleString()}</div>
      {before ? (
        <div className="quiet">
          before: {previous === null ? "–" : previous.toLocaleString()}
          {change === null ? "" : ` (${change > 0 ? "+" : ""}${change.toFixed(0)} %)`}
        </div>
      ) : null}
    </div>
  );
}

function numberOf(table: Table): number | null {
  const cell = table.rows[0]?.[0];
  return cell === null || cell === undefined || cellText(cell) === "" ? null : Number(cell);
}
