// A call's bodies as the turns of a conversation, for chat, completions, responses and embeddings.

export interface Turn {
  role: string;
  text: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function parse(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

function field(value: Json | undefined, name: string): Json | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value[name] : undefined;
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** The readable text of a message's content: a string, or parts with text, image or audio. */
export function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => {
      const text = field(part, "text") ?? field(part, "refusal");
      if (typeof text === "string") return text;
      return `[${String(field(part, "type") ?? "part")}]`;
    })
    .join("\n");
}

function toolCalls(message: Json): Turn[] {
  return list(field(message, "tool_calls")).map((call) => {
    const called = field(call, "function");
    return { role: "tool call", text: `${String(field(called, "name") ?? "")}(${String(field(called, "arguments") ?? "")})` };
  });
}

function messageTurns(message: Json): Turn[] {
  const text = contentText(field(message, "content"));
  const spoken = text ? [{ role: String(field(message, "role") ?? "assistant"), text }] : [];
  return [...spoken, ...toolCalls(message)];
}

export function requestTurns(body: string): Turn[] {
  const request = parse(body);
  const messages = list(field(request, "messages"));
  if (messages.length) return messages.flatMap(messageTurns);
  const instructions = field(request, "instructions");
  const said = field(request, "prompt") ?? field(request, "input");
  const opening = typeof instructions === "string" ? [{ role: "system", text: instructions }] : [];
  if (typeof said === "string") return [...opening, { role: "user", text: said }];
  return [...opening, ...list(said).flatMap((item) => (typeof item === "string" ? [{ role: "user", text: item }] : messageTurns(item)))];
}

export function answerTurns(body: string): Turn[] {
  const answer = parse(body);
  const failed = field(field(answer, "error"), "message");
  if (typeof failed === "string") return [{ role: "error", text: failed }];
  const choices = list(field(answer, "choices")).flatMap((choice) => {
    const message = field(choice, "message");
    if (message !== undefined && message !== null) return messageTurns(message);
    const text = field(choice, "text");
    return typeof text === "string" ? [{ role: "assistant", text }] : [];
  });
  const outputs = list(field(answer, "output")).flatMap(messageTurns);
  const vectors = list(field(answer, "data")).filter((item) => field(item, "object") === "embedding").length;
  return [...choices, ...outputs, ...(vectors ? [{ role: "embedding", text: `${vectors} vector${vectors > 1 ? "s" : ""}` }] : [])];
}
