import { describe, expect, it } from "vitest";

import { effectivePolicy } from "./effective";

const GLOBAL = "<policies><inbound>\n<cors />\n</inbound><backend><forward-request /></backend></policies>";
const API = '<policies>\n  <inbound>\n    <base />\n    <set-header name="a" />\n  </inbound>\n  <backend>\n    <base />\n  </backend>\n</policies>';

describe("the effective policy", () => {
  it("fills each base from the scope above", () => {
    const text = effectivePolicy([
      { title: "All APIs", text: GLOBAL },
      { title: "API", text: API },
    ]);
    expect(text.indexOf("<cors />")).toBeLessThan(text.indexOf("set-header"));
    expect(text).toContain("<forward-request />");
    expect(text).not.toContain("<base");
  });
  it("drops the scope above where base is missing, and passes scopes without a document", () => {
    const text = effectivePolicy([
      { title: "All APIs", text: GLOBAL },
      { title: "Product", text: null },
      { title: "API", text: "<policies><inbound><set-body>$1</set-body></inbound></policies>" },
    ]);
    expect(text).not.toContain("<cors />");
    expect(text).toContain("<set-body>$1</set-body>");
    expect(text).toContain("<forward-request />");
  });
});
