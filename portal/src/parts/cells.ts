// Cells as text, and their order.

import type { Cell, Column } from "../client";

const NUMERIC = new Set(["int", "long", "real", "decimal"]);

export function isNumeric(column: Column): boolean {
  return NUMERIC.has(column.type);
}

export function cellText(value: Cell): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const TWO = (value: number) => String(value).padStart(2, "0");

/** A time as a person here reads it, to the millisecond; other text as it is. */
export function localTime(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  const day = `${time.getFullYear()}-${TWO(time.getMonth() + 1)}-${TWO(time.getDate())}`;
  return `${day} ${TWO(time.getHours())}:${TWO(time.getMinutes())}:${TWO(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** What a grid shows; what is copied or exported is `cellText`. */
export function shownText(column: Column, value: Cell): string {
  const text = cellText(value);
  return column.type === "datetime" && text ? localTime(text) : text;
}

/** Compare two cells of one column; nulls last. */
export function compareCells(column: Column, a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (isNumeric(column)) return Number(a) - Number(b);
  return cellText(a).localeCompare(cellText(b));
}

/** RFC 4180. */
export function toCsv(columns: Column[], rows: Cell[][]): string {
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map((column) => quote(column.name)), ...rows.map((row) => row.map((cell) => quote(cellText(cell))))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}
