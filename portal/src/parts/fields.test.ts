import { describe, expect, it } from "vitest";

import { type FieldSpec, shown, startOf, typed, valueAt, withValue } from "./fields";

const field = (kind: FieldSpec["kind"], path = "a.b"): FieldSpec => ({ path, title: "T", kind });

describe("fields", () => {
  it("reads and writes by a path and leaves the rest alone", () => {
    const before = { a: { b: 1, c: 2 }, d: [1] };
    expect(valueAt(before, "a.b")).toBe(1);
    expect(valueAt(before, "d.x.y")).toBeUndefined();
    expect(withValue(before, "a.b", 5)).toEqual({ a: { b: 5, c: 2 }, d: [1] });
    expect(withValue(before, "a.b", undefined)).toEqual({ a: { c: 2 }, d: [1] });
    expect(withValue({}, "x.y", true)).toEqual({ x: { y: true } });
    expect(before).toEqual({ a: { b: 1, c: 2 }, d: [1] });
  });
  it("goes from text to value and back", () => {
    expect(typed(field("number"), "8192")).toBe(8192);
    expect(() => typed(field("number"), "many")).toThrow("T: expected a number");
    expect(typed(field("list"), "a, b,")).toEqual(["a", "b"]);
    expect(typed(field("json"), '{"x":1}')).toEqual({ x: 1 });
    expect(() => typed(field("json"), "{")).toThrow("T:");
    expect(typed(field("text"), " ")).toBeUndefined();
    expect(shown(field("list"), ["a", "b"])).toBe("a, b");
    expect(shown(field("json"), { x: 1 })).toBe('{\n  "x": 1\n}');
  });
  it("starts a new resource", () => {
    expect(startOf([{ ...field("switch"), start: true }, field("text", "z")])).toEqual({ a: { b: true } });
  });
});
