import { describe, expect, it } from "vitest";

import { answerTurns, requestTurns } from "./conversation";

const json = JSON.stringify;

describe("conversation", () => {
  it("reads chat messages with parts and tool calls", () => {
    const body = json({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: [{ type: "text", text: "Look" }, { type: "image_url", image_url: {} }] },
        { role: "assistant", content: null, tool_calls: [{ function: { name: "find", arguments: '{"q":1}' } }] },
      ],
    });
    expect(requestTurns(body)).toEqual([
      { role: "system", text: "Be brief." },
      { role: "user", text: "Look\n[image_url]" },
      { role: "tool call", text: 'find({"q":1})' },
    ]);
  });
  it("reads completions, responses and embeddings", () => {
    expect(requestTurns(json({ prompt: "Once" }))).toEqual([{ role: "user", text: "Once" }]);
    expect(requestTurns(json({ input: ["a", "b"] })).length).toBe(2);
    expect(answerTurns(json({ choices: [{ text: "upon a time" }] }))).toEqual([{ role: "assistant", text: "upon a time" }]);
    expect(answerTurns(json({ output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] }] }))).toEqual([{ role: "assistant", text: "Hi" }]);
    expect(answerTurns(json({ data: [{ object: "embedding" }, { object: "embedding" }] }))).toEqual([{ role: "embedding", text: "2 vectors" }]);
  });
  it("shows errors and survives bodies that are cut or hostile", () => {
    expect(answerTurns(json({ error: { message: "The deployment does not exist." } }))).toEqual([{ role: "error", text: "The deployment does not exist." }]);
    expect(answerTurns('{"choices":[{"message":{"con')).toEqual([]);
    expect(requestTurns("[1, null, {}]")).toEqual([]);
    expect(answerTurns(json({ choices: [null, { message: null }, 5] }))).toEqual([]);
  });
});
