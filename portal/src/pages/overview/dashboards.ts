import { send } from "../../client";
import { literal, secondsOf, stepOf, type TimeRange } from "../../parts/kql";

export interface Tile {
  title: string;
  chart: string;
  kql: string;
  stacked: boolean;
}

export interface Dashboard {
  id: string;
  title: string;
  builtIn: boolean;
  tiles: Tile[];
}

export async function loadDashboards(): Promise<Dashboard[]> {
  return (await send<{ value: Dashboard[] }>("GET", "/v1/dashboards")).value;
}

/** What every tile of a dashboard can be narrowed to: title of the filter -> column of GatelogCalls. */
export const FILTERS: Record<string, string> = {
  Model: "ModelName",
  Deployment: "DeploymentName",
  Status: "tostring(ResponseCode)",
  Subscription: "ApimSubscriptionId",
  Product: "ProductId",
  Caller: "CallerIpAddress",
};

export type Chosen = Record<string, string>;

function instant(milliseconds: number): string {
  return `datetime(${new Date(milliseconds).toISOString()})`;
}

/** The range's ends in ms since 1970, `shift` lengths earlier. */
export function endsOf(range: TimeRange, now: number, shift = 0): [number, number] {
  const length = secondsOf(range) * 1000;
  const end = range.last ? now : range.to!;
  return [end - length * (1 + shift), end - length * shift];
}

export function parametersOf(range: TimeRange, now: number, shift = 0): Record<string, string> {
  const [from, to] = endsOf(range, now, shift);
  return { _from: instant(from), _to: instant(to), _step: stepOf(range) };
}

/** A tile's query with its parameters declared and the filters in `Calls`. */
export function kqlOf(tile: Tile, chosen: Chosen): string {
  const conditions = Object.entries(chosen).flatMap(([name, value]) => (value ? [` | where ${FILTERS[name]} == ${literal(value)}`] : []));
  return (
    "declare query_parameters(_from:datetime, _to:datetime, _step:timespan);\n" +
    `let Calls = GatelogCalls | where TimeGenerated between (_from .. _to)${conditions.join("")};\n${tile.kql}`
  );
}

/** The same query with the values written in, as a person would type it. */
export function openedKql(tile: Tile, chosen: Chosen, range: TimeRange, now: number): string {
  const parameters = parametersOf(range, now);
  const named = Object.entries(parameters).map(([name, value]) => `let ${name} = ${name === "_step" ? value : value};`);
  return [...named, kqlOf(tile, chosen).split("\n").slice(1).join("\n")].join("\n");
}

/** Every value that a filter can have in the range. */
export const VALUES_QUERY =
  "declare query_parameters(_from:datetime, _to:datetime, _step:timespan);\n" +
  "GatelogCalls | where TimeGenerated between (_from .. _to)\n| summarize " +
  Object.entries(FILTERS)
    .map(([name, column]) => `${name} = make_set(${column}, 50)`)
    .join(", ");
