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
