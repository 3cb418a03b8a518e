import { describe, expect, it } from "vitest";

import type { Table } from "../../client";
import { grouped, pythonOf, toJson } from "./exports";

const table: Table = {
  columns: [
    { name: "A", type: "string" },
    { name: "N", type: "long" },
  ],
  rows: [
    ["x", 1],
    ["y", null],
    ["x", 3],
  ],
  visualization: null,
  seconds: 0,
};

describe("exports", () => {
  it("keeps values as they came", () => {
    expect(JSON.parse(toJson(table.columns, table.rows))).toEqual([
      { A: "x", N: 1 },
      { A: "y", N: null },
      { A: "x", N: 3 },
    ]);
  });
  it("keeps a query one text", () => {
    expect(pythonOf('T | where a == "x\\n" // """', "http://127.0.0.1:1")).toContain('T | where a == "x\\\\n" // \\"\\"\\"');
  });
  it("counts the rows of each value", () => {
    expect(grouped(table, 0).rows).toEqual([
      ["x", 2],
      ["y", 1],
    ]);
  });
});
