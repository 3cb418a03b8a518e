import { describe, expect, it } from "vitest";

import { closed, firstDesk, opened, ran, textOf, titleOf, written } from "./drafts";

describe("the desk", () => {
  it("opens, writes and closes tabs", () => {
    const two = written(opened(firstDesk("A"), ""), "B");
    expect(two.drafts.map((draft) => draft.text)).toEqual(["A", "B"]);
    expect(textOf(two)).toBe("B");
    expect(opened(two, "A").open).toBe(1);
    expect(textOf(closed(two, 2))).toBe("A");
    expect(closed(firstDesk("A"), 1).drafts).toEqual([{ id: 1, text: "" }]);
  });
  it("remembers what was run, once, and no more than fifty", () => {
    const many = Array.from({ length: 60 }, (_, index) => `q${index}`).reduce(ran, firstDesk(""));
    expect(many.history.length).toBe(50);
    expect(ran(many, "q59").history[0]).toBe("q59");
    expect(new Set(ran(many, "q30").history).size).toBe(50);
  });
  it("names a tab by its first statement", () => {
    expect(titleOf({ id: 1, text: "// note\nlet x = 1;\nT | take 5" })).toBe("T | take 5");
    expect(titleOf({ id: 1, text: "" })).toBe("New query");
  });
});
