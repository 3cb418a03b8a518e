// The only way from the portal to the server: the public REST APIs, with the session cookie and its CSRF token.

export interface Session {
  name: string;
  roles: string[];
  /** What the roles allow somewhere: `read`, `write`, `secrets`, `logs`, `usage`, ... */
  actions: string[];
  csrf: string;
}

/** One problem of a refused document. */
export interface Detail {
  message: string;
  target: string;
  line: number;
  column: number;
}

/** What an API said instead of an answer: an ARM, Kusto or Log Analytics error, or a network failure. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Detail[] = [],
  ) {
    super(message);
  }
}

let csrf = "";

export async function signIn(key: string): Promise<Session> {
  return remember(await send<Session>("POST", "/portal/session", { key }));
}

/** The session of this browser, or null when there is none. */
export async function currentSession(): Promise<Session | null> {
  try {
    return remember(await send<Session>("GET", "/portal/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function signOut(): Promise<void> {
  await send("DELETE", "/portal/session");
}

function remember(session: Session): Session {
  csrf = session.csrf;
  return session;
}

export async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, headers?: Record<string, string>): Promise<T> {
  const response = await reach(method, path, body, signal, headers);
  const text = await response.text();
  if (!response.ok) throw errorOf(response, text);
  return (text ? JSON.parse(text) : undefined) as T;
}

async function reach(method: string, path: string, body: unknown, signal?: AbortSignal, headers?: Record<string, string>): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      signal,
      headers: { "X-CSRF-Token": csrf, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "Unreachable", "gatelog does not answer; is it still running?");
  }
}

/** One call through the gateway as it comes: an answer of the gateway, good or bad, has a correlation id. */
export async function play(asked: unknown, signal: AbortSignal): Promise<{ response: Response; correlationId: string }> {
  const response = await reach("POST", "/api/playground", asked, signal);
  const correlationId = response.headers.get("gatelog-correlation-id");
  if (correlationId === null) throw errorOf(response, await response.text());
  return { response, correlationId };
}

interface ErrorBody {
  error?: { code?: string; message?: string; "@message"?: string; innererror?: { message?: string }; details?: ErrorDetail[] };
}

interface ErrorDetail {
  message?: string;
  target?: string;
  additionalInfo?: { type: string; info: { line?: number; column?: number } }[];
}

function detailOf(found: ErrorDetail): Detail {
  const position = found.additionalInfo?.find((info) => info.type === "Position")?.info;
  return { message: found.message ?? "", target: found.target ?? "", line: position?.line ?? 0, column: position?.column ?? 0 };
}

function errorOf(response: Response, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as ErrorBody;
    const message = error?.innererror?.message ?? error?.["@message"] ?? error?.message;
    if (message) return new ApiError(response.status, error?.code ?? "", message, (error?.details ?? []).map(detailOf));
  } catch {
    // not JSON: the status line has to do
  }
  return new ApiError(response.status, response.statusText, text.slice(0, 500) || `${response.status} ${response.statusText}`);
}

/** A KQL scalar type as the wire names it. */
export type KqlType = "bool" | "int" | "long" | "real" | "decimal" | "string" | "datetime" | "timespan" | "guid" | "dynamic";

export interface Column {
  name: string;
  type: KqlType;
}

export type Cell = string | number | boolean | null | object;

/** One table of an answer. */
export interface Table {
  columns: Column[];
  rows: Cell[][];
  visualization: Record<string, unknown> | null;
  seconds: number;
}

interface Frame {
  FrameType: string;
  TableKind?: string;
  TableName?: string;
  Columns?: { ColumnName: string; ColumnType: string }[];
  Rows?: Cell[][];
  OneApiErrors?: { error: { "@message"?: string; message?: string; code?: string } }[];
  HasErrors?: boolean;
}

/** Run KQL by the Kusto v2 protocol. */
export async function query(text: string, options: { signal?: AbortSignal; parameters?: Record<string, string> } = {}): Promise<Table[]> {
  const started = performance.now();
  const frames = await send<Frame[]>(
    "POST",
    "/v2/rest/query",
    { db: "gatelog", csl: text, properties: { Options: { results_progressive_enabled: false }, Parameters: options.parameters ?? {} } },
    options.signal,
  );
  const failed = frames.flatMap((frame) => frame.OneApiErrors ?? [])[0];
  if (failed) throw new ApiError(400, failed.error.code ?? "", failed.error["@message"] ?? failed.error.message ?? "the query failed");
  const seconds = (performance.now() - started) / 1000;
  const visualizations = visualizationsOf(frames);
  return frames
    .filter((frame) => frame.TableKind === "PrimaryResult")
    .map((frame, index) => ({
      columns: (frame.Columns ?? []).map((column) => ({ name: column.ColumnName, type: column.ColumnType as KqlType })),
      rows: frame.Rows ?? [],
      visualization: visualizations[index] ?? null,
      seconds,
    }));
}

function visualizationsOf(frames: Frame[]): (Record<string, unknown> | null)[] {
  const properties = frames.find((frame) => frame.TableKind === "QueryProperties");
  const column = properties?.Columns?.findIndex((found) => found.ColumnName === "Value") ?? -1;
  return (properties?.Rows ?? []).map((row) => {
    try {
      const value = JSON.parse(String(row[column])) as Record<string, unknown>;
      return value.Visualization ? value : null;
    } catch {
      return null;
    }
  });
}
