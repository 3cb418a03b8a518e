import { describe, expect, it } from "vitest";

import { endsOf, kqlOf, openedKql, parametersOf } from "./dashboards";

const tile = { title: "t", chart: "number", kql: "Calls | count", stacked: false };

describe("dashboards", () => {
  it("narrows to the chosen values and keeps them values", () => {
    expect(kqlOf(tile, { Model: 'x" or true', Status: "" })).toContain('| where ModelName == "x\\" or true";\nCalls | count');
  });
  it("gives range and step as parameters, and the period before", () => {
    expect(parametersOf({ last: "1h" }, 3_600_000)).toEqual({ _from: "datetime(1970-01-01T00:00:00.000Z)", _to: "datetime(1970-01-01T01:00:00.000Z)", _step: "60s" });
    expect(endsOf({ last: "1h" }, 7_200_000, 1)).toEqual([0, 3_600_000]);
  });
  it("opens as a query that stands by itself", () => {
    expect(openedKql(tile, {}, { last: "1h" }, 3_600_000).split("\n")[2]).toBe("let _step = 60s;");
  });
});
