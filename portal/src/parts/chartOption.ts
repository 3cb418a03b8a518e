// A result table and a `render` kind as chart options. Pure, so that it can be tested without a canvas.
// Rules of https://learn.microsoft.com/kusto/query/render-operator: the first column is x, a string column splits series.

import type { Cell, Column, Table } from "../client";
import { cellText, isNumeric } from "./cells";

const TIMELIKE = new Set(["timechart", "areachart", "stackedareachart", "linechart", "anomalychart", "columnchart", "barchart", "scatterchart"]);
const SERIES_TYPE: Record<string, "line" | "bar" | "scatter"> = { columnchart: "bar", barchart: "bar", scatterchart: "scatter" };

export type Option = Record<string, unknown>;

export interface Series {
  name: string;
  points: [Cell, number | null][];
}

/** Column positions that a chart of this table uses, or null when nothing can be drawn. */
export function axesOf(table: Table, kind: string): { x: number; split: number[]; y: number[] } | null {
  const columns = table.columns;
  const y = columns.flatMap((column, index) => (isNumeric(column) || column.type === "dynamic" ? [index] : []));
  const time = columns.findIndex((column) => column.type === "datetime");
  const x = kind === "timechart" || kind === "anomalychart" || time >= 0 ? Math.max(time, 0) : Math.max(columns.findIndex((_, index) => !y.includes(index)), 0);
  const values = y.filter((index) => index !== x);
  const split = columns.flatMap((column, index) => (index !== x && column.type === "string" ? [index] : []));
  return values.length ? { x, split, y: values } : null;
}

/** One series for each value column and combination of split values. Array cells (make-series) become points. */
export function seriesOf(table: Table, kind: string): Series[] {
  const axes = axesOf(table, kind);
  if (!axes) return [];
  const found = new Map<string, Series>();
  for (const row of table.rows) {
    const label = axes.split.map((index) => cellText(row[index]!)).join(", ");
    for (const index of axes.y) {
      const name = label ? (axes.y.length > 1 ? `${label}: ${table.columns[index]!.name}` : label) : table.columns[index]!.name;
      const series = found.get(name) ?? { name, points: [] };
      found.set(name, series);
      series.points.push(...pointsOf(row[axes.x]!, row[index]!, table.columns[index]!));
    }
  }
  return [...found.values()];
}

function pointsOf(x: Cell, y: Cell, column: Column): [Cell, number | null][] {
  if (column.type !== "dynamic") return [[x, y === null ? null : Number(y)]];
  const values = arrayOf(y);
  const places = arrayOf(x);
  return values.map((value, index) => [(places[index] ?? index) as Cell, value === null ? null : Number(value)]);
}

function arrayOf(cell: Cell): Cell[] {
  if (Array.isArray(cell)) return cell as Cell[];
  if (typeof cell !== "string") return [];
  try {
    const parsed = JSON.parse(cell) as unknown;
    return Array.isArray(parsed) ? (parsed as Cell[]) : [];
  } catch {
    return [];
  }
}

/** Ends of the time axis, in ms since 1970: what was asked for, not where the first row happens to stand. */
export interface Span {
  from: number;
  to: number;
}

const WIDEST_BAR = 40;
/** A time axis is widened by a bar at its end, so there bars are thin: some sixty fit. */
const TIME_BAR = 5;

export function optionOf(table: Table, kind: string, span?: Span): Option {
  if (kind === "piechart" || kind === "pie") return pieOption(table, kind);
  const axes = axesOf(table, kind);
  const isTime = axes !== null && (table.columns[axes.x]!.type === "datetime" || table.columns[axes.x]!.type === "dynamic");
  const isNumber = axes !== null && isNumeric(table.columns[axes.x]!);
  const stacked = kind === "stackedareachart" || table.visualization?.Kind === "stacked";
  const category = { type: isTime ? "time" : isNumber ? "value" : "category", axisLabel: { hideOverlap: true }, ...(isTime && span ? { min: span.from, max: span.to } : {}) };
  const value = { type: "value", splitLine: { lineStyle: { opacity: 0.3 } } };
  const isBar = kind === "barchart";
  return {
    title: table.visualization?.Title ? { text: String(table.visualization.Title), left: "center", textStyle: { fontSize: 13 } } : undefined,
    tooltip: { trigger: "axis", confine: true },
    legend: { type: "scroll", bottom: 0 },
    grid: { left: 8, right: 16, top: 28, bottom: 34, containLabel: true },
    dataZoom: isTime ? [{ type: "inside", throttle: 200 }] : undefined,
    xAxis: isBar ? value : category,
    yAxis: isBar ? category : value,
    series: seriesOf(table, kind).map((series) => ({
      name: series.name,
      type: SERIES_TYPE[kind] ?? "line",
      barMaxWidth: WIDEST_BAR,
      barWidth: isTime && span ? TIME_BAR : undefined,
      areaStyle: kind.endsWith("areachart") ? { opacity: 0.25 } : undefined,
      stack: stacked ? "all" : undefined,
      showSymbol: series.points.length < 40,
      data: [...series.points].sort((a, b) => (isTime ? cellText(a[0]).localeCompare(cellText(b[0])) : 0)).map(([x, y]) => (isBar ? [y, x] : [x, y])),
    })),
  };
}

function pieOption(table: Table, kind: string): Option {
  const axes = axesOf(table, kind);
  const data = axes === null ? [] : table.rows.map((row) => ({ name: cellText(row[axes.x]!), value: Number(row[axes.y[0]!]) }));
  return { tooltip: { trigger: "item", confine: true }, legend: { type: "scroll", bottom: 0 }, series: [{ type: "pie", radius: ["42%", "70%"], data }] };
}

export function canDraw(kind: unknown): kind is string {
  return typeof kind === "string" && (TIMELIKE.has(kind) || kind === "piechart");
}
