import { type Api, type Deployment, list, listDeployments, type Operation, type Resource, type Subscription, theService } from "../../resources";
import type { Mode } from "./setup";

/** An operation that the playground can call. */
export interface Route {
  id: string;
  title: string;
  api: string;
  operation: string;
  mode: Mode;
  apiPath: string;
  keyHeader: string;
  urlTemplate: string;
  values: Record<string, string>;
}

export interface Choices {
  gateway: string;
  deployments: Resource<Deployment>[];
  subscriptions: Resource<Subscription>[];
  routes: Route[];
}

export interface Choice {
  deployment: string;
  route: string;
  subscription: string;
}

export async function loadChoices(): Promise<Choices> {
  const [service, deployments, subscriptions, apis] = await Promise.all([theService(), listDeployments(), list<Subscription>("subscriptions"), list<Api>("apis")]);
  const routes = (await Promise.all(apis.map(async (api) => (await list<Operation>(`apis/${api.name}/operations`)).flatMap((operation) => routeOf(api, operation))))).flat();
  return {
    gateway: service.properties.gatewayUrl,
    deployments,
    subscriptions: subscriptions.filter((found) => found.properties.state === "active").sort((a, b) => Number(a.name === "master") - Number(b.name === "master")),
    routes,
  };
}

export function routeOf(api: Resource<Api>, operation: Resource<Operation>): Route[] {
  const { method, urlTemplate, templateParameters } = operation.properties;
  const path = urlTemplate.split("?")[0]!;
  const mode: Mode | null = path.endsWith("/chat/completions") ? "chat" : path.endsWith("/completions") ? "completions" : null;
  if (method !== "POST" || mode === null) return [];
  return [
    {
      id: `${api.name}/${operation.name}`,
      title: api.properties.displayName,
      api: api.name,
      operation: operation.name,
      mode,
      apiPath: api.properties.path,
      keyHeader: api.properties.subscriptionKeyParameterNames?.header ?? "Ocp-Apim-Subscription-Key",
      urlTemplate,
      values: Object.fromEntries((templateParameters ?? []).map((parameter) => [parameter.name, parameter.defaultValue ?? ""])),
    },
  ];
}

export function routesOf(choices: Choices, mode: Mode): Route[] {
  return choices.routes.filter((route) => route.mode === mode);
}
