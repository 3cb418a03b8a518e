import { useState } from "react";

import { Failure } from "../../parts/Failure";
import type { FieldSpec, Properties } from "../../parts/fields";
import { Refusal, ResourceForm } from "../../parts/ResourceForm";
import { Tabs } from "../../parts/Tabs";
import { useLoaded } from "../../parts/useLoaded";
import { type Api, get, list, type Operation, patchAt, put, removeAt, type Resource } from "../../resources";
import { linkTo, usePlace } from "../../shell/router";
import { useMay } from "../../shell/session";
import { PolicyEditor, type Scope } from "./PolicyEditor";
import { TestTab } from "./TestTab";

const TABS: [string, string][] = [
  ["operations", "Operations"],
  ["policy", "Policy"],
  ["test", "Test"],
  ["settings", "Settings"],
  ["logging", "Diagnostics"],
];

export const API_FIELDS: FieldSpec[] = [
  { path: "displayName", title: "Name", kind: "text", required: true },
  { path: "path", title: "Path", kind: "text", hint: "what calls start with" },
  { path: "serviceUrl", title: "Service URL", kind: "text" },
  { path: "subscriptionKeyParameterNames.header", title: "Key header", kind: "text" },
  { path: "subscriptionKeyParameterNames.query", title: "Key in the query", kind: "text" },
  { path: "protocols", title: "Protocols", kind: "list" },
  { path: "subscriptionRequired", title: "Needs a subscription's key", kind: "switch" },
  { path: "description", title: "Description", kind: "long" },
];

export const DIAGNOSTIC_FIELDS: FieldSpec[] = [
  { path: "loggerId", title: "Logger", kind: "text", hint: "such as /loggers/azuremonitor", required: true, start: "/loggers/azuremonitor" },
  { path: "alwaysLog", title: "Always log", kind: "choice", choices: ["allErrors"], start: "allErrors" },
  { path: "sampling.samplingType", title: "Sampling", kind: "choice", choices: ["fixed"], start: "fixed" },
  { path: "sampling.percentage", title: "Sampled", hint: "percent", kind: "number", start: 100 },
  { path: "verbosity", title: "Verbosity", kind: "choice", choices: ["verbose", "information", "error"] },
  { path: "frontend.request.body.bytes", title: "Request body, client side", hint: "bytes", kind: "number" },
  { path: "frontend.response.body.bytes", title: "Answer body, client side", hint: "bytes", kind: "number" },
  { path: "backend.request.body.bytes", title: "Request body, backend side", hint: "bytes", kind: "number" },
  { path: "backend.response.body.bytes", title: "Answer body, backend side", hint: "bytes", kind: "number" },
  { path: "frontend.request.headers", title: "Request headers", kind: "list" },
  { path: "frontend.response.headers", title: "Answer headers", kind: "list" },
  { path: "logClientIp", title: "Log the caller's address", kind: "switch" },
  { path: "largeLanguageModel", title: "Language models", hint: "logs of prompts and completions", kind: "json" },
];

/** One API with its views. */
export function OneApi({ api, onChanged }: { api: Resource<Api>; onChanged: () => void }) {
  const place = usePlace();
  const tab = TABS.some(([id]) => id === place.path[1]) ? place.path[1]! : "operations";
  const { value: operations, error, again } = useLoaded(() => list<Operation>(`apis/${api.name}/operations`), api.name);
  return (
    <>
      <h2 style={{ margin: 0 }}>{api.properties.displayName}</h2>
      <Tabs page="apis" path={[api.name]} tabs={TABS} current={tab} label="Views of the API" />
      {error ? <Failure error={error} onRetry={again} /> : null}
      {tab === "settings" ? (
        <Settings api={api} onChanged={onChanged} />
      ) : tab === "logging" ? (
        <Logging api={api.name} />
      ) : !operations ? (
        <p className="quiet" role="status">Loading operations</p>
      ) : tab === "operations" ? (
        <Operations api={api.name} operations={operations} />
      ) : tab === "policy" ? (
        <Policies api={api} operations={operations} chosen={place.query.get("operation") ?? ""} />
      ) : (
        <TestTab api={api.name} operations={operations} chosen={place.query.get("operation") ?? ""} />
      )}
    </>
  );
}

function Operations({ api, operations }: { api: string; operations: Resource<Operation>[] }) {
  return (
    <div className="card scroll" tabIndex={0} role="region" aria-label="Operations">
      <table className="plain-table">
        <thead>
          <tr>
            <th>Operation</th>
            <th>Address</th>
            <th>
              <span className="visually-hidden">Links</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {operations.map(({ name, properties }) => (
            <tr key={name}>
              <td>
                {properties.displayName || name}
                <div className="quiet mono">{name}</div>
              </td>
              <td className="mono">
                <span className="method">{properties.method}</span> {properties.urlTemplate}
              </td>
              <td style={{ whiteSpace: "nowrap" }}>
                <a href={linkTo("apis", [api, "test"], { operation: name })} aria-label={`Test ${name}`}>
                  Test
                </a>{" "}
                <a href={linkTo("apis", [api, "policy"], { operation: name })} aria-label={`Policy of ${name}`}>
                  Policy
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Policies({ api, operations, chosen }: { api: Resource<Api>; operations: Resource<Operation>[]; chosen: string }) {
  const scopes: Scope[] = [
    { title: "All APIs", owner: "" },
    { title: "All operations", owner: `apis/${api.name}` },
    ...(chosen ? [{ title: chosen, owner: `apis/${api.name}/operations/${chosen}` }] : []),
  ];
  return (
    <>
      <div className="row">
        <select aria-label="Scope" value={chosen} onChange={(event) => (window.location.hash = linkTo("apis", [api.name, "policy"], event.target.value ? { operation: event.target.value } : {}))}>
          <option value="">All operations</option>
          {operations.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <a href={linkTo("apis", ["-all"])}>Policy of all APIs</a>
      </div>
      <PolicyEditor scopes={scopes} />
    </>
  );
}

function Settings({ api, onChanged }: { api: Resource<Api>; onChanged: () => void }) {
  const mayWrite = useMay("write");
  const [failure, setFailure] = useState<unknown>(null);
  const remove = () => {
    if (!window.confirm(`Remove the API ${api.properties.displayName} with its operations and policies?`)) return;
    removeAt(api.id).then(() => {
      window.location.hash = linkTo("apis");
      onChanged();
    }, setFailure);
  };
  return (
    <div className="card stack">
      <ResourceForm
        fields={API_FIELDS}
        properties={api.properties as unknown as Properties}
        isNew={false}
        mayWrite={mayWrite}
        onSave={async (properties) => {
          await patchAt(api.id, api.properties as unknown as Properties, properties);
          onChanged();
        }}
      >
        {mayWrite ? (
          <button type="button" onClick={remove}>
            Remove
          </button>
        ) : null}
      </ResourceForm>
      {failure ? <Refusal error={failure} /> : null}
    </div>
  );
}

const DIAGNOSTICS = ["azuremonitor", "applicationinsights"];

/** What of this API's calls is logged, where it differs from all APIs. */
function Logging({ api }: { api: string }) {
  const mayWrite = useMay("write");
  const [id, setId] = useState(DIAGNOSTICS[0]!);
  const key = `${api} ${id}`;
  const { value, error, again } = useLoaded(() => get<Properties>(`apis/${api}/diagnostics/${id}`).then((found) => ({ key, found }), absent(key)), key);
  if (error) return <Failure error={error} onRetry={again} />;
  return (
    <div className="card stack">
      <div className="row" role="group" aria-label="Diagnostic">
        {DIAGNOSTICS.map((name) => (
          <button key={name} aria-pressed={name === id} onClick={() => setId(name)}>
            {name}
          </button>
        ))}
        {value?.key === key && !value.found ? <span className="quiet">Not set for this API; what holds for all APIs holds.</span> : null}
      </div>
      {value?.key === key ? (
        <ResourceForm
          key={key}
          fields={DIAGNOSTIC_FIELDS}
          properties={value.found?.properties ?? { loggerId: "/loggers/azuremonitor", alwaysLog: "allErrors", sampling: { samplingType: "fixed", percentage: 100 } }}
          isNew={!value.found}
          mayWrite={mayWrite}
          onSave={async (properties) => {
            await put(`apis/${api}/diagnostics/${id}`, properties);
            again();
          }}
        />
      ) : null}
    </div>
  );
}

function absent(key: string) {
  return (error: unknown): { key: string; found: null } => {
    if ((error as { status?: number }).status === 404) return { key, found: null };
    throw error;
  };
}
