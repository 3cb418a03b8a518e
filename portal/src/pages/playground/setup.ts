// What the playground sends: the setup as a request body, and the same call as a program. Pure.

export type Mode = "chat" | "completions";

export interface Example {
  user: string;
  assistant: string;
}

export interface Setup {
  mode: Mode;
  system: string;
  examples: Example[];
  /** Name in the request -> what was typed; an empty text is not sent. */
  parameters: Record<string, string>;
  stream: boolean;
}

export interface Said {
  role: "user" | "assistant";
  text: string;
}

/** Where the call goes. */
export interface Target {
  gateway: string;
  apiPath: string;
  keyHeader: string;
  urlTemplate: string;
  values: Record<string, string>;
  deployment: string;
}

export const PARAMETERS: { name: string; title: string; min: number; max: number; step: number }[] = [
  { name: "temperature", title: "Temperature", min: 0, max: 2, step: 0.1 },
  { name: "top_p", title: "Top P", min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", title: "Max tokens", min: 1, max: 128000, step: 1 },
  { name: "frequency_penalty", title: "Frequency penalty", min: -2, max: 2, step: 0.1 },
  { name: "presence_penalty", title: "Presence penalty", min: -2, max: 2, step: 0.1 },
];

export const FIRST_SETUP: Setup = {
  mode: "chat",
  system: "You are an assistant that helps people find information.",
  examples: [],
  parameters: { temperature: "0.7", max_tokens: "800" },
  stream: true,
};

type Message = { role: string; content: string };

export function messagesOf(setup: Setup, said: Said[]): Message[] {
  return [
    ...(setup.system.trim() ? [{ role: "system", content: setup.system }] : []),
    ...setup.examples.flatMap(({ user, assistant }) => [
      { role: "user", content: user },
      { role: "assistant", content: assistant },
    ]),
    ...said.map(({ role, text }) => ({ role, content: text })),
  ];
}

/** The request body; `said` ends with what the person just typed. */
export function bodyOf(setup: Setup, said: Said[], target: Target): Record<string, unknown> {
  const numbers = Object.entries(setup.parameters).flatMap(([name, typed]) => (typed.trim() === "" || Number.isNaN(Number(typed)) ? [] : [[name, Number(typed)]]));
  const content = setup.mode === "chat" ? { messages: messagesOf(setup, said) } : { prompt: said.at(-1)?.text ?? "" };
  return {
    ...(target.urlTemplate.includes("{deployment-id}") ? {} : { model: target.deployment }),
    ...content,
    ...Object.fromEntries(numbers),
    ...(setup.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

export function urlOf(target: Target): string {
  const path = target.urlTemplate.replace(/\{\*?([^}]+)\}/g, (_, name: string) => encodeURIComponent(target.values[name] ?? ""));
  return `${target.gateway.replace(/\/$/, "")}${target.apiPath ? `/${target.apiPath}` : ""}${path}`;
}

export function curlOf(body: unknown, target: Target): string {
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [`curl '${urlOf(target)}' \\`, `  -H "${target.keyHeader}: $GATELOG_KEY" \\`, "  -H 'Content-Type: application/json' \\", `  -d '${quoted}'`].join("\n");
}

/** With the openai package when the address is one that it builds itself, else with httpx. */
export function pythonOf(body: Record<string, unknown>, mode: Mode, target: Target): string {
  const { stream_options: _, ...rest } = body;
  const isAzure = target.urlTemplate.startsWith("/deployments/{deployment-id}/") && /(^|\/)openai$/.test(target.apiPath);
  if (!isAzure) return httpxOf(body, target);
  const method = mode === "chat" ? "chat.completions" : "completions";
  const endpoint = `${target.gateway.replace(/\/$/, "")}/${target.apiPath.replace(/\/?openai$/, "")}`;
  const lines = Object.entries({ model: target.deployment, ...rest }).map(([name, value]) => `    ${name}=${pythonValue(value, 1)},`);
  const shown =
    body.stream === true
      ? ["for chunk in answer:", "    if chunk.choices:", `        print(chunk.choices[0].${mode === "chat" ? "delta.content" : "text"} or "", end="")`]
      : [`print(answer.choices[0].${mode === "chat" ? "message.content" : "text"})`];
  return [
    "import os",
    "",
    "from openai import AzureOpenAI",
    "",
    "client = AzureOpenAI(",
    `    azure_endpoint=${JSON.stringify(endpoint)},`,
    '    api_key=os.environ["GATELOG_KEY"],',
    `    api_version=${JSON.stringify(target.values["api-version"] ?? "")},`,
    ")",
    `answer = client.${method}.create(`,
    ...lines,
    ")",
    ...shown,
  ].join("\n");
}

function httpxOf(body: unknown, target: Target): string {
  return [
    "import os",
    "",
    "import httpx",
    "",
    "answer = httpx.post(",
    `    ${JSON.stringify(urlOf(target))},`,
    `    headers={${JSON.stringify(target.keyHeader)}: os.environ["GATELOG_KEY"]},`,
    `    json=${pythonValue(body, 1)},`,
    "    timeout=300,",
    ")",
    "print(answer.text)",
  ].join("\n");
}

/** A JSON value as a Python literal, indented. */
export function pythonValue(value: unknown, depth: number): string {
  const inner = "    ".repeat(depth + 1);
  const outer = "    ".repeat(depth);
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length ? `[\n${value.map((item) => `${inner}${pythonValue(item, depth + 1)},\n`).join("")}${outer}]` : "[]";
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${pythonValue(item, depth + 1)},\n`);
    return entries.length ? `{\n${entries.join("")}${outer}}` : "{}";
  }
  return JSON.stringify(value);
}

/** A logged request as a setup, with what was said last left to send again. */
export function setupOf(body: string): { setup: Setup; said: Said[]; draft: string } | null {
  let request: Record<string, unknown>;
  try {
    request = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return null;
  }
  const parameters = Object.fromEntries(PARAMETERS.flatMap(({ name }) => (typeof request[name] === "number" ? [[name, String(request[name])]] : [])));
  const stream = request.stream === true;
  if (typeof request.prompt === "string") return { setup: { mode: "completions", system: "", examples: [], parameters, stream }, said: [], draft: request.prompt };
  if (!Array.isArray(request.messages)) return null;
  const messages = (request.messages as { role?: unknown; content?: unknown }[]).filter((message) => typeof message?.content === "string") as Message[];
  const system = messages.find((message) => message.role === "system" || message.role === "developer")?.content ?? "";
  const talk = messages.flatMap(({ role, content }): Said[] => (role === "user" || role === "assistant" ? [{ role, text: content }] : []));
  const isOpen = talk.at(-1)?.role === "user";
  return { setup: { mode: "chat", system, examples: [], parameters, stream }, said: isOpen ? talk.slice(0, -1) : talk, draft: isOpen ? talk.at(-1)!.text : "" };
}
