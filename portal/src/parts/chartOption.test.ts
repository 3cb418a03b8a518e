import { describe, expect, it } from "vitest";

import type { Table } from "../client";
import { canDraw, optionOf, seriesOf } from "./chartOption";

const table: Table = {
  columns: [
    { name: "TimeGenerated", type: "datetime" },
    { name: "model", type: "string" },
    { name: "count_", type: "long" },
  ],
  rows: [
    ["2026-01-01T00:01:00Z", "gpt-4o", 3],
    ["2026-01-01T00:00:00Z", "gpt-4o", 1],
    ["2026-01-01T00:00:00Z", "gpt-35-turbo", 7],
  ],
  visualization: null,
  seconds: 0,
};

describe("charts", () => {
  it("splits series by the string column", () => {
    expect(seriesOf(table, "timechart").map((series) => [series.name, series.points.length])).toEqual([
      ["gpt-4o", 2],
      ["gpt-35-turbo", 1],
    ]);
  });
  it("draws time in order, whatever the order of the rows", () => {
    const [first] = optionOf(table, "timechart").series as { data: [string, number][] }[];
    expect(first!.data.map((point) => point[1])).toEqual([1, 3]);
  });
  it("reads the arrays of make-series", () => {
    const series = seriesOf({ ...table, columns: [{ name: "t", type: "dynamic" }, { name: "n", type: "dynamic" }], rows: [["[10,20]", "[1,null]"]] }, "timechart");
    expect(series[0]!.points).toEqual([[10, 1], [20, null]]);
  });
  it("has nothing to draw without a number", () => {
    expect(seriesOf({ ...table, columns: table.columns.slice(0, 2) }, "timechart")).toEqual([]);
  });
  it("knows what it can draw", () => {
    expect(["timechart", "piechart", "table", undefined].map(canDraw)).toEqual([true, true, false, false]);
  });
});
