import { describe, expect, it } from "vitest";

import { bodyOf, curlOf, FIRST_SETUP, pythonOf, pythonValue, setupOf, type Target, urlOf } from "./setup";

const target: Target = {
  gateway: "http://127.0.0.1:8080/",
  apiPath: "openai",
  keyHeader: "api-key",
  urlTemplate: "/deployments/{deployment-id}/chat/completions?api-version={api-version}",
  values: { "deployment-id": "gpt 4o", "api-version": "2024-06-01" },
  deployment: "gpt 4o",
};
const said = [{ role: "user" as const, text: "Hi" }];

describe("the request", () => {
  it("has system message, examples and what was said, in this order", () => {
    const setup = { ...FIRST_SETUP, system: "S", examples: [{ user: "Q", assistant: "A" }], parameters: { temperature: "0", top_p: "", max_tokens: "x" }, stream: false };
    expect(bodyOf(setup, said, target)).toEqual({
      messages: [
        { role: "system", content: "S" },
        { role: "user", content: "Q" },
        { role: "assistant", content: "A" },
        { role: "user", content: "Hi" },
      ],
      temperature: 0,
    });
  });
  it("asks streams for their usage, and names the model where the address does not", () => {
    const body = bodyOf({ ...FIRST_SETUP, mode: "completions" }, said, { ...target, urlTemplate: "/completions", deployment: "m" });
    expect(body).toMatchObject({ model: "m", prompt: "Hi", stream: true, stream_options: { include_usage: true } });
  });
  it("has an address with its values", () => {
    expect(urlOf(target)).toBe("http://127.0.0.1:8080/openai/deployments/gpt%204o/chat/completions?api-version=2024-06-01");
  });
});

describe("the code", () => {
  it("keeps quotes inside of a shell's text", () => {
    expect(curlOf({ a: "it's" }, target)).toContain("it'\\''s");
  });
  it("is Azure's client where that builds the address, else httpx", () => {
    const code = pythonOf({ messages: [], stream: true, stream_options: {} }, "chat", target);
    expect(code).toContain('azure_endpoint="http://127.0.0.1:8080/"');
    expect(code).toContain("stream=True");
    expect(code).not.toContain("stream_options");
    expect(pythonOf({}, "chat", { ...target, urlTemplate: "/chat/completions", apiPath: "openai/v1" })).toContain("httpx.post(");
  });
  it("writes Python's literals", () => {
    expect(pythonValue([null, true, { a: 1.5 }], 0)).toBe('[\n    None,\n    True,\n    {\n        "a": 1.5,\n    },\n]');
  });
});

describe("a logged request", () => {
  it("becomes a setup with the last message left to send", () => {
    const found = setupOf(
      JSON.stringify({
        messages: [
          { role: "system", content: "S" },
          { role: "user", content: "1" },
          { role: "assistant", content: "2" },
          { role: "user", content: "3" },
        ],
        temperature: 0.2,
      }),
    );
    expect(found).toMatchObject({ setup: { system: "S", parameters: { temperature: "0.2" }, stream: false }, draft: "3" });
    expect(found?.said.map((turn) => turn.text)).toEqual(["1", "2"]);
  });
  it("is none when it is cut, or no talk", () => {
    expect(setupOf('{"messages":[{"ro')).toBeNull();
    expect(setupOf('{"input":"x"}')).toBeNull();
  });
});
