import { describe, expect, it } from "vitest";

import { before, literal, secondsOf, stepOf, within } from "./kql";

describe("kql", () => {
  it("keeps what a person typed a value", () => {
    expect(literal('a"b\\c\n| take 1')).toBe('"a\\"b\\\\c\\n| take 1"');
  });
  it("writes time ranges", () => {
    expect(within({ last: "1h" })).toBe("TimeGenerated > ago(1h)");
    expect(before({ last: "1h" })).toBe("TimeGenerated between (ago(7200s) .. ago(1h))");
    expect(within({ from: 0, to: 60_000 })).toContain("datetime(1970-01-01T00:01:00.000Z)");
  });
  it("chooses steps that give a readable number of points", () => {
    expect(["15m", "1h", "1d", "30d"].map((last) => stepOf({ last }))).toEqual(["30s", "60s", "3600s", "86400s"]);
    expect(secondsOf({ last: "7d" })).toBe(604800);
  });
});
