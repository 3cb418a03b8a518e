// The ARM resources that the portal shows and changes; paths as Azure's management API has them.

import { send } from "./client";

const VERSION = "api-version=2024-05-01";

export interface Resource<P = Record<string, unknown>> {
  id: string;
  name: string;
  type: string;
  properties: P;
  etag?: string;
}

export interface Subscription {
  displayName: string | null;
  scope: string;
  state: string;
}

export interface Api {
  displayName: string;
  path: string;
  serviceUrl: string | null;
  subscriptionRequired: boolean;
  subscriptionKeyParameterNames?: { header: string; query: string };
}

export interface Operation {
  displayName: string;
  method: string;
  urlTemplate: string;
  description?: string;
  templateParameters?: { name: string; required?: boolean; defaultValue?: string }[];
}

let service = "";

/** ARM id of the one API Management service that this gateway is. */
export async function serviceId(): Promise<string> {
  if (service) return service;
  const [subscription] = (await send<{ value: { subscriptionId: string }[] }>("GET", `/subscriptions?${VERSION}`)).value;
  const path = `/subscriptions/${subscription!.subscriptionId}/providers/Microsoft.ApiManagement/service?${VERSION}`;
  const [found] = (await send<{ value: Resource[] }>("GET", path)).value;
  service = found!.id;
  return service;
}

/** Every resource of a collection below the service (`apis`, `apis/x/operations`), over all pages. */
export async function list<P>(collection: string): Promise<Resource<P>[]> {
  const found: Resource<P>[] = [];
  let next: string | undefined = `${await serviceId()}/${collection}?${VERSION}`;
  while (next) {
    const page: { value: Resource<P>[]; nextLink?: string } = await send("GET", next.replace(/^https?:\/\/[^/]+/, ""));
    found.push(...page.value);
    next = page.nextLink;
  }
  return found;
}

export async function get<P>(path: string, query = ""): Promise<Resource<P>> {
  return send("GET", `${await serviceId()}/${path}?${VERSION}${query}`);
}

export async function put<P>(path: string, properties: unknown): Promise<Resource<P>> {
  return send("PUT", `${await serviceId()}/${path}?${VERSION}`, { properties }, undefined, { "If-Match": "*" });
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", `${await serviceId()}/${path}?${VERSION}`, undefined, undefined, { "If-Match": "*" });
}

export async function act<T>(path: string): Promise<T> {
  return send("POST", `${await serviceId()}/${path}?${VERSION}`, {});
}
