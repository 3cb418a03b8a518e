// Server-sent events of a model: the text so far, its usage, and why it ended.

export interface Streamed {
  text: string;
  role: string;
  model: string;
  usage: Record<string, number> | null;
  finish: string;
  error: string;
}

export const NOTHING_YET: Streamed = { text: "", role: "assistant", model: "", usage: null, finish: "", error: "" };

/** The data of the complete events of a text, and what is left of it for the next piece. */
export function eventsOf(text: string): { events: string[]; rest: string } {
  const parts = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const events = parts.map((part) =>
    part
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n"),
  );
  return { events: events.filter((event) => event !== "" && event !== "[DONE]"), rest };
}

interface Chunk {
  model?: string;
  type?: string;
  delta?: unknown;
  response?: { model?: string; usage?: Record<string, number> };
  usage?: Record<string, number> | null;
  error?: { message?: string };
  choices?: { text?: string; delta?: { role?: string; content?: string | null }; message?: { role?: string; content?: string | null }; finish_reason?: string | null }[];
}

/** The answer after one more event: chat, completions and responses, streamed or whole. */
export function after(before: Streamed, event: string): Streamed {
  let chunk: Chunk;
  try {
    chunk = JSON.parse(event) as Chunk;
  } catch {
    return before;
  }
  if (chunk === null || typeof chunk !== "object") return before;
  const choice = chunk.choices?.[0];
  const said = choice?.delta?.content ?? choice?.message?.content ?? choice?.text ?? "";
  const piece = chunk.type === "response.output_text.delta" && typeof chunk.delta === "string" ? chunk.delta : said;
  return {
    text: before.text + piece,
    role: choice?.delta?.role ?? choice?.message?.role ?? before.role,
    model: chunk.model || chunk.response?.model || before.model,
    usage: chunk.usage ?? chunk.response?.usage ?? before.usage,
    finish: choice?.finish_reason ?? before.finish,
    error: chunk.error?.message ?? before.error,
  };
}

/** A recorded stream read as a whole; null for what is none. */
export function readStream(body: string): Streamed | null {
  if (!/^\s*(data|event):/.test(body)) return null;
  return eventsOf(`${body}\n\n`).events.reduce(after, NOTHING_YET);
}
