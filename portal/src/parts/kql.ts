// Values as KQL literals, so that what a person typed stays a value and never becomes part of a query.

export function literal(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
}

export interface TimeRange {
  /** KQL timespan back from now, such as `1h`; or an absolute pair. */
  last?: string;
  from?: number;
  to?: number;
}

const SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86400 };

export function secondsOf(range: TimeRange): number {
  if (range.last) return Number.parseInt(range.last, 10) * SECONDS[range.last.slice(-1)]!;
  return ((range.to ?? 0) - (range.from ?? 0)) / 1000;
}

/** A condition on a time column. */
export function within(range: TimeRange, column = "TimeGenerated"): string {
  if (range.last) return `${column} > ago(${range.last})`;
  return `${column} between (datetime(${new Date(range.from!).toISOString()}) .. datetime(${new Date(range.to!).toISOString()}))`;
}

/** The same length of time, just before. */
export function before(range: TimeRange, column = "TimeGenerated"): string {
  const seconds = Math.round(secondsOf(range));
  if (range.last) return `${column} between (ago(${2 * seconds}s) .. ago(${range.last}))`;
  return within({ from: range.from! - seconds * 1000, to: range.from! }, column);
}

/** A step that gives some sixty points. */
export function stepOf(range: TimeRange): string {
  const wanted = secondsOf(range) / 60;
  const step = [10, 30, 60, 300, 900, 3600, 21600, 86400].find((candidate) => candidate >= wanted) ?? 86400;
  return `${step}s`;
}
