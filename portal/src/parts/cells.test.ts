import { describe, expect, it } from "vitest";

import { cellText, compareCells, toCsv } from "./cells";

describe("cells", () => {
  it("prints every kind of cell", () => {
    expect([null, 5, true, "a", { b: [1] }].map(cellText)).toEqual(["", "5", "true", "a", '{"b":[1]}']);
  });
  it("orders numbers as numbers, decimals too, and nulls last", () => {
    const column = { name: "n", type: "decimal" as const };
    expect(["10", null, "9"].sort((a, b) => compareCells(column, a, b))).toEqual(["9", "10", null]);
  });
  it("quotes CSV by RFC 4180", () => {
    expect(toCsv([{ name: "a,b", type: "string" }], [['say "hi"\n'], ["plain"]])).toBe('"a,b"\r\n"say ""hi""\n"\r\nplain\r\n');
  });
});
