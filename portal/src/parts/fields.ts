// Values inside a resource's properties by a dotted path. Pure.

export type Properties = Record<string, unknown>;

export interface FieldSpec {
  /** Dotted path below the properties. */
  path: string;
  title: string;
  kind: "text" | "number" | "switch" | "choice" | "long" | "list" | "json";
  hint?: string;
  choices?: string[];
  /** What a new resource starts with. */
  start?: unknown;
  required?: boolean;
  /** Set once, never changed. */
  fixed?: boolean;
}

export function valueAt(properties: Properties, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value !== null && typeof value === "object" ? (value as Properties)[name] : undefined), properties);
}

/** A copy with another value at the path; `undefined` takes it out. */
export function withValue(properties: Properties, path: string, value: unknown): Properties {
  const [name, ...rest] = path.split(".") as [string, ...string[]];
  const before = properties[name];
  const inner = rest.length ? withValue(before !== null && typeof before === "object" && !Array.isArray(before) ? (before as Properties) : {}, rest.join("."), value) : value;
  const { [name]: _, ...others } = properties;
  return inner === undefined ? others : { ...others, [name]: inner };
}

export function startOf(fields: FieldSpec[]): Properties {
  return fields.reduce((properties, field) => (field.start === undefined ? properties : withValue(properties, field.path, field.start)), {} as Properties);
}

/** The text in a control for a value. */
export function shown(field: FieldSpec, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (field.kind === "list") return Array.isArray(value) ? value.join(", ") : String(value);
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

/** The value of what was typed. Raises `Error` for JSON or a number that is none. */
export function typed(field: FieldSpec, text: string): unknown {
  if (text.trim() === "") return undefined;
  if (field.kind === "number") {
    if (Number.isNaN(Number(text))) throw new Error(`${field.title}: expected a number`);
    return Number(text);
  }
  if (field.kind === "list") return text.split(",").map((part) => part.trim()).filter(Boolean);
  if (field.kind === "json") {
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new Error(`${field.title}: ${(error as Error).message}`);
    }
  }
  return text;
}
