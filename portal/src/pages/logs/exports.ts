// A result as a file, and a query as a program.

import type { Cell, Column, Table } from "../../client";
import { cellText, toCsv } from "../../parts/cells";

/** One object a row, numbers and nested values as they came. */
export function toJson(columns: Column[], rows: Cell[][]): string {
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column, index) => [column.name, row[index] ?? null]))),
    null,
    2,
  );
}

/** The query with Azure's own client; a text with quotes of every kind stays one text. */
export function pythonOf(kql: string, endpoint: string): string {
  return [
    "import os",
    "",
    "from azure.kusto.data import KustoClient, KustoConnectionStringBuilder",
    "",
    `connection = KustoConnectionStringBuilder.with_token_provider(${JSON.stringify(endpoint)}, lambda: os.environ["GATELOG_TOKEN"])`,
    "client = KustoClient(connection)",
    `query = ${pythonText(kql)}`,
    'for row in client.execute("gatelog", query).primary_results[0]:',
    "    print(row.to_dict())",
    "",
  ].join("\n");
}

function pythonText(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
  return `"""\n${escaped}\n"""`;
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function exportAs(kind: "csv" | "json", table: Table): void {
  if (kind === "csv") download("gatelog.csv", "text/csv", toCsv(table.columns, table.rows));
  else download("gatelog.json", "application/json", toJson(table.columns, table.rows));
}

/** How many rows each value of a column has, most first. */
export function grouped(table: Table, column: number): Table {
  const counts = new Map<string, number>();
  for (const row of table.rows) {
    const value = cellText(row[column]!);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const rows: Cell[][] = [...counts].sort((a, b) => b[1] - a[1]);
  return { columns: [{ ...table.columns[column]!, type: "string" }, { name: "Rows", type: "long" }], rows, visualization: null, seconds: table.seconds };
}
