import { useState } from "react";

import { send } from "../../client";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Field } from "../../parts/Field";
import { useLoaded } from "../../parts/useLoaded";
import { list, type Operation, type Resource, type Subscription } from "../../resources";
import { linkTo } from "../../shell/router";
import { useMay } from "../../shell/session";
import { type Step, TraceView } from "./TraceView";

interface Result {
  request: { method: string; url: string };
  response: { status: number; reason: string; headers: [string, string][]; body: string; milliseconds: number };
  correlationId: string;
  trace: Step[];
}

/** One call of an operation through the gateway, with the trace of its policies. */
export function TestTab({ api, operations, chosen }: { api: string; operations: Resource<Operation>[]; chosen: string }) {
  const may = useMay("secrets");
  const { value: subscriptions, error } = useLoaded(() => list<Subscription>("subscriptions"), "subscriptions");
  const operation = operations.find((found) => found.name === chosen) ?? operations[0];
  if (!may) return <Empty title="Not for this role">A test is made with a subscription's key, which this role may not use.</Empty>;
  if (!operation) return <Empty title="No operations">Import a description, or add an operation.</Empty>;
  if (error) return <Failure error={error} />;
  if (!subscriptions) return <p className="quiet" role="status">Loading subscriptions</p>;
  return (
    <div className="stack">
      <Field label="Operation">
        <select value={operation.name} onChange={(event) => (window.location.hash = linkTo("apis", [api, "test"], { operation: event.target.value }))}>
          {operations.map(({ name, properties }) => (
            <option key={name} value={name}>
              {properties.method} {properties.displayName || name}
            </option>
          ))}
        </select>
      </Field>
      <Test key={operation.name} api={api} operation={operation} subscriptions={subscriptions} />
    </div>
  );
}

function exampleOf(operation: Operation): string {
  const examples = operation.request?.representations?.[0]?.examples;
  const value = examples ? Object.values(examples)[0]?.value : undefined;
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function Test({ api, operation, subscriptions }: { api: string; operation: Resource<Operation>; subscriptions: Resource<Subscription>[] }) {
  const { urlTemplate, method, templateParameters = [], request } = operation.properties;
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(templateParameters.map((parameter) => [parameter.name, parameter.defaultValue ?? ""])));
  const [headers, setHeaders] = useState(() => {
    const type = request?.representations?.[0]?.contentType;
    return type ? `Content-Type: ${type}` : "";
  });
  const [body, setBody] = useState(() => exampleOf(operation.properties));
  const [subscription, setSubscription] = useState(() => (subscriptions.find((found) => found.name !== "master") ?? subscriptions[0])?.name ?? "");
  const [result, setResult] = useState<Result | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const hasBody = !["GET", "HEAD", "DELETE"].includes(method);

  const run = () => {
    setBusy(true);
    setFailure(null);
    const asked = { api, operation: operation.name, parameters: values, query: {}, headers: headersOf(headers), body: hasBody && body ? body : undefined, subscription: subscription || undefined };
    send<Result>("POST", "/api/console", asked)
      .then(setResult, setFailure)
      .finally(() => setBusy(false));
  };

  return (
    <>
      <form
        className="card stack"
        aria-label="Test"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <div className="mono">
          <span className="method">{method}</span> {urlTemplate}
        </div>
        <div className="form">
          {Object.keys(values).map((name) => (
            <Field key={name} label={name}>
              <input value={values[name]} required onChange={(event) => setValues({ ...values, [name]: event.target.value })} />
            </Field>
          ))}
          <Field label="Subscription" hint="whose key is sent">
            <select value={subscription} onChange={(event) => setSubscription(event.target.value)}>
              {subscriptions.map(({ name, properties }) => (
                <option key={name} value={name}>
                  {properties.displayName ?? name}
                </option>
              ))}
              <option value="">none</option>
            </select>
          </Field>
        </div>
        <Field label="Headers" hint="one a line">
          <textarea className="mono" rows={2} spellCheck={false} value={headers} onChange={(event) => setHeaders(event.target.value)} />
        </Field>
        {hasBody ? (
          <Field label="Body">
            <textarea className="mono" rows={9} spellCheck={false} value={body} onChange={(event) => setBody(event.target.value)} />
          </Field>
        ) : null}
        <div className="row">
          <button className="primary" disabled={busy}>
            {busy ? "Sending" : "Send"}
          </button>
        </div>
      </form>
      {failure ? <Failure error={failure} onRetry={run} /> : null}
      {result ? <Answer result={result} /> : null}
    </>
  );
}

function Answer({ result }: { result: Result }) {
  const { status, reason, headers, body, milliseconds } = result.response;
  return (
    <section className="card stack" aria-label="Answer">
      <div className="row">
        <h2 style={{ margin: 0 }} className={status < 400 ? "good" : "bad"}>
          {status} {reason}
        </h2>
        <span className="quiet">{milliseconds} ms</span>
        {result.correlationId ? <a href={linkTo("calls", [result.correlationId])}>Open the call</a> : null}
      </div>
      <pre className="answer" tabIndex={0} role="region" aria-label="Body">{readable(body)}</pre>
      <details>
        <summary>{headers.length} headers</summary>
        <pre>{headers.map(([name, value]) => `${name}: ${value}`).join("\n")}</pre>
      </details>
      <details open>
        <summary>Trace, {result.trace.length} policies</summary>
        <TraceView steps={result.trace} />
      </details>
    </section>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** Lines of `Name: value`. */
export function headersOf(text: string): Record<string, string> {
  const lines = text.split("\n").flatMap((line) => {
    const [name = "", ...rest] = line.split(":");
    return name.trim() && rest.length ? [[name.trim(), rest.join(":").trim()]] : [];
  });
  return Object.fromEntries(lines) as Record<string, string>;
}
