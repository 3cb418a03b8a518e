import { describe, expect, it } from "vitest";

import { openTag } from "./policyCompletion";

describe("the open tag", () => {
  it("knows the name that is being typed and its section", () => {
    expect(openTag("<policies>\n<inbound>\n  <set-h")).toEqual({ name: "set-h", inName: true, typed: "set-h", section: "inbound" });
    expect(openTag("<policies><inbound></inbound><")).toEqual({ name: "", inName: true, typed: "", section: "" });
  });
  it("knows the attribute, and is quiet in values and text", () => {
    expect(openTag('<outbound><set-header name="x" ex')).toEqual({ name: "set-header", inName: false, typed: "ex", section: "outbound" });
    expect(openTag('<set-header name="x')).toBeNull();
    expect(openTag("<inbound>text ")).toBeNull();
    expect(openTag("</inb")).toBeNull();
  });
});
