import type { FieldSpec, Properties } from "../../parts/fields";
import { DIAGNOSTIC_FIELDS } from "../apis/OneApi";

/** One kind of resource below the service, shown by the same list and form as all others. */
export interface ResourceKind {
  id: string;
  title: string;
  one: string;
  about: string;
  fields: FieldSpec[];
  /** What the list says about one of them. */
  summary: (properties: Properties) => string;
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

export const KINDS: ResourceKind[] = [
  {
    id: "subscriptions",
    title: "Subscriptions",
    one: "subscription",
    about: "Keys, and what they open: a product, one API, or all of them.",
    fields: [
      { path: "displayName", title: "Name", kind: "text", required: true },
      { path: "scope", title: "Scope", kind: "text", hint: "/products/NAME, /apis or /apis/NAME", required: true, start: "/apis" },
      { path: "state", title: "State", kind: "choice", choices: ["active", "suspended", "cancelled", "submitted"], start: "active" },
      { path: "allowTracing", title: "May ask for traces", kind: "switch", start: false },
    ],
    summary: (found) => `${text(found.state)} · ${text(found.scope).replace(/^.*\/service\/[^/]+/, "") || "/"}`,
  },
  {
    id: "products",
    title: "Products",
    one: "product",
    about: "APIs that are handed out together, with a policy of their own.",
    fields: [
      { path: "displayName", title: "Name", kind: "text", required: true },
      { path: "state", title: "State", kind: "choice", choices: ["published", "notPublished"], start: "published" },
      { path: "subscriptionsLimit", title: "Subscriptions each", kind: "number" },
      { path: "subscriptionRequired", title: "Needs a subscription's key", kind: "switch", start: true },
      { path: "approvalRequired", title: "Needs approval", kind: "switch" },
      { path: "description", title: "Description", kind: "long" },
    ],
    summary: (found) => text(found.state),
  },
  {
    id: "backends",
    title: "Backends",
    one: "backend",
    about: "Where calls go: one address, or a pool of other backends.",
    fields: [
      { path: "url", title: "URL", kind: "text" },
      { path: "type", title: "Type", kind: "choice", choices: ["Single", "Pool"], start: "Single" },
      { path: "protocol", title: "Protocol", kind: "choice", choices: ["http"], start: "http" },
      { path: "title", title: "Title", kind: "text" },
      { path: "credentials", title: "Credentials", kind: "json" },
      { path: "circuitBreaker", title: "Circuit breaker", kind: "json" },
      { path: "pool", title: "Pool", kind: "json" },
      { path: "description", title: "Description", kind: "long" },
    ],
    summary: (found) => (found.type === "Pool" ? "pool" : text(found.url)),
  },
  {
    id: "namedValues",
    title: "Named values",
    one: "named value",
    about: "Texts that policies name as {{name}}.",
    fields: [
      { path: "displayName", title: "Name in policies", kind: "text", required: true },
      { path: "value", title: "Value", hint: "a secret one is not shown", kind: "text" },
      { path: "secret", title: "Secret", kind: "switch" },
      { path: "keyVault", title: "Read from elsewhere", hint: '{"secretIdentifier": "env:NAME"}', kind: "json" },
      { path: "tags", title: "Tags", kind: "list" },
    ],
    summary: (found) => (found.secret ? "secret" : text(found.value)),
  },
  {
    id: "loggers",
    title: "Loggers",
    one: "logger",
    about: "Where log-to-eventhub and diagnostics send.",
    fields: [
      { path: "loggerType", title: "Type", kind: "choice", choices: ["azureEventHub", "applicationInsights", "azureMonitor"], start: "azureEventHub", fixed: true },
      { path: "credentials", title: "Credentials", kind: "json" },
      { path: "resourceId", title: "Resource", kind: "text" },
      { path: "description", title: "Description", kind: "long" },
    ],
    summary: (found) => text(found.loggerType),
  },
  {
    id: "diagnostics",
    title: "Diagnostics",
    one: "diagnostic",
    about: "What of the calls of all APIs is logged: bodies, headers, sampling. Named azuremonitor or applicationinsights.",
    fields: DIAGNOSTIC_FIELDS,
    summary: (found) => text(found.loggerId).replace(/^.*\//, ""),
  },
  {
    id: "policyFragments",
    title: "Policy fragments",
    one: "policy fragment",
    about: "Pieces of policy that include-fragment puts in.",
    fields: [
      { path: "value", title: "XML", kind: "long", required: true, start: "<fragment>\n</fragment>" },
      { path: "format", title: "Format", kind: "choice", choices: ["rawxml", "xml"], start: "rawxml" },
      { path: "description", title: "Description", kind: "long" },
    ],
    summary: (found) => text(found.description),
  },
];
