import { describe, expect, it } from "vitest";

import { formatOf, idOf } from "./openapi";

describe("openapi", () => {
  it("tells text from links and JSON from YAML", () => {
    expect(formatOf(' {"openapi": "3.0.0"}')).toBe("openapi+json");
    expect(formatOf('{"swagger": "2.0"}')).toBe("swagger-json");
    expect(formatOf("openapi: 3.0.0")).toBe("openapi");
    expect(formatOf("https://example.org/inference.json")).toBe("openapi+json-link");
    expect(formatOf("https://example.org/inference.yaml")).toBe("openapi-link");
  });
  it("makes names of titles", () => {
    expect(idOf("Azure OpenAI Service API!")).toBe("azure-openai-service-api");
    expect(idOf("  ")).toBe("");
  });
});
