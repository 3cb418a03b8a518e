import { describe, expect, it } from "vitest";

import { formOf, propertiesOf } from "./setting";

const stored = {
  workspaceId: "/w",
  storageAccountId: "/s",
  logs: [
    { categoryGroup: "allLogs", enabled: true },
    { categoryGroup: "audit", enabled: false },
    { category: "GatewayLogs", enabled: true },
  ],
  metrics: [{ category: "AllMetrics", enabled: true }],
};

describe("a diagnostic setting", () => {
  it("goes through its form and keeps what the form does not show", () => {
    const form = formOf("workshop", stored);
    expect(form).toEqual({ name: "workshop", logs: ["allLogs", "GatewayLogs"], metrics: true, workspaceId: "/w", dedicated: false, eventHubName: "" });
    expect(propertiesOf(form, stored)).toEqual({
      workspaceId: "/w",
      storageAccountId: "/s",
      logs: [
        { categoryGroup: "allLogs", enabled: true },
        { category: "GatewayLogs", enabled: true },
      ],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });
  it("takes a destination away", () => {
    const form = { ...formOf("x", stored), workspaceId: "", metrics: false };
    expect(propertiesOf(form, stored)).not.toHaveProperty("workspaceId");
    expect(propertiesOf(form, stored).metrics).toEqual([]);
  });
});
