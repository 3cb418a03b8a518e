import { describe, expect, it } from "vitest";

import { changesOf } from "./resources";

describe("changes", () => {
  it("names what is another, and what went", () => {
    expect(changesOf({ a: 1, b: { c: 2 }, d: 3 }, { a: 1, b: { c: 4 }, e: 5 })).toEqual({ b: { c: 4 }, e: 5, d: null });
    expect(changesOf({ a: [1] }, { a: [1] })).toEqual({});
  });
});
