import { describe, expect, it } from "vitest";

import { after, eventsOf, NOTHING_YET, readStream } from "./sse";

const json = JSON.stringify;

describe("server-sent events", () => {
  it("keeps an event that is not whole yet", () => {
    expect(eventsOf('data: {"a":1}\r\n\r\ndata: {"b"')).toEqual({ events: ['{"a":1}'], rest: 'data: {"b"' });
    expect(eventsOf("data: [DONE]\n\n").events).toEqual([]);
  });
  it("puts pieces, usage and the reason of the end together", () => {
    const body = [
      { model: "gpt-4o", choices: [{ delta: { role: "assistant", content: "" } }] },
      { choices: [{ delta: { content: "Hel" } }] },
      { choices: [{ delta: { content: "lo" }, finish_reason: "stop" }] },
      { choices: [], usage: { total_tokens: 7 } },
    ];
    const text = body.map((event) => `data: ${json(event)}\n\n`).join("") + "data: [DONE]\n\n";
    expect(readStream(text)).toEqual({ text: "Hello", role: "assistant", model: "gpt-4o", usage: { total_tokens: 7 }, finish: "stop", error: "" });
  });
  it("reads completions, responses and whole answers", () => {
    expect(after(NOTHING_YET, json({ choices: [{ text: "x" }] })).text).toBe("x");
    expect(after(NOTHING_YET, json({ type: "response.output_text.delta", delta: "y" })).text).toBe("y");
    expect(after(NOTHING_YET, json({ choices: [{ message: { content: "z" } }] })).text).toBe("z");
  });
  it("survives what is no event", () => {
    expect(readStream('{"choices":[]}')).toBeNull();
    expect(readStream("data: {cut")).toEqual(NOTHING_YET);
    expect(after(NOTHING_YET, "null")).toEqual(NOTHING_YET);
  });
});
