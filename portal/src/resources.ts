// The ARM resources that the portal shows and changes; paths as Azure's management API has them.

import { ApiError, send } from "./client";

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
  templateParameters?: { name: string; required?: boolean; defaultValue?: string; description?: string }[];
  request?: { representations?: { contentType: string; examples?: Record<string, { value?: unknown }> }[] };
}

let service: Promise<Resource<{ gatewayUrl: string }>> | null = null;

/** The one API Management service that this gateway is. */
export function theService(): Promise<Resource<{ gatewayUrl: string }>> {
  service ??= findService().catch((error: unknown) => {
    service = null;
    throw error;
  });
  return service;
}

async function findService(): Promise<Resource<{ gatewayUrl: string }>> {
  const path = `${await subscriptionPath()}/providers/Microsoft.ApiManagement/service`;
  const [found] = await listAt<{ gatewayUrl: string }>(path);
  if (!found) throw new Error("there is no API Management service yet");
  return found;
}

/** `/subscriptions/{id}`: the Azure subscription in which everything stands. */
export async function subscriptionPath(): Promise<string> {
  const [found] = (await send<{ value: { subscriptionId: string }[] }>("GET", `/subscriptions?${VERSION}`)).value;
  return `/subscriptions/${found!.subscriptionId}`;
}

export async function serviceId(): Promise<string> {
  return (await theService()).id;
}

/** Every member of a collection, over all pages. */
export async function listAt<P>(path: string): Promise<Resource<P>[]> {
  const found: Resource<P>[] = [];
  let next: string | undefined = `${path}?${VERSION}`;
  while (next) {
    const page: { value: Resource<P>[]; nextLink?: string } = await send("GET", next.replace(/^https?:\/\/[^/]+/, ""));
    found.push(...page.value);
    next = page.nextLink;
  }
  return found;
}

export function getAt<P>(id: string, query = ""): Promise<Resource<P>> {
  return send("GET", `${id}?${VERSION}${query}`);
}

/** Create or replace. `more`: what stands beside the properties (`sku`, `location`). */
export function putAt<P>(id: string, properties: unknown, more: Record<string, unknown> = {}): Promise<Resource<P>> {
  return send("PUT", `${id}?${VERSION}`, { ...more, properties }, undefined, { "If-Match": "*" });
}

export function removeAt(id: string): Promise<void> {
  return send("DELETE", `${id}?${VERSION}`, undefined, undefined, { "If-Match": "*" });
}

export function actAt<T>(id: string, body: unknown = {}): Promise<T> {
  return send("POST", `${id}?${VERSION}`, body);
}

/** The resource, or null where there is none. */
export async function find<P>(id: string, query = ""): Promise<Resource<P> | null> {
  try {
    return await getAt<P>(id, query);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

// The same by a path below the service, such as `apis/x/operations`.

export async function list<P>(collection: string): Promise<Resource<P>[]> {
  return listAt<P>(`${await serviceId()}/${collection}`);
}

export async function get<P>(path: string, query = ""): Promise<Resource<P>> {
  return getAt<P>(`${await serviceId()}/${path}`, query);
}

export async function put<P>(path: string, properties: unknown): Promise<Resource<P>> {
  return putAt<P>(`${await serviceId()}/${path}`, properties);
}

/** The accounts of Azure OpenAI, and below them the deployments. */
export async function listAccounts(): Promise<Resource<{ endpoint: string }>[]> {
  return listAt(`${await subscriptionPath()}/providers/Microsoft.CognitiveServices/accounts`);
}

export interface Deployment {
  model: { name: string; version?: string };
}

export async function listDeployments(): Promise<Resource<Deployment>[]> {
  const accounts = await listAccounts();
  return (await Promise.all(accounts.map((account) => listAt<Deployment>(`${account.id}/deployments`)))).flat();
}

/** What a merge patch needs to make `before` into `after`: changed properties, null for those that went. */
export function changesOf(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const changed = Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]));
  const gone = Object.keys(before).filter((name) => !(name in after));
  return { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((name) => [name, null])) };
}

/** Change what changed and nothing else: secrets, which are never shown, stay as they are. */
export function patchAt<P>(id: string, before: Record<string, unknown>, after: Record<string, unknown>): Promise<Resource<P>> {
  return send("PATCH", `${id}?${VERSION}`, { properties: changesOf(before, after) }, undefined, { "If-Match": "*" });
}
