import { lazy, Suspense, useEffect, useState } from "react";

import { ApiError, type Detail } from "../../client";
import { Failure } from "../../parts/Failure";
import { Refusal } from "../../parts/ResourceForm";
import { useLoaded } from "../../parts/useLoaded";
import { find, putAt, removeAt, serviceId } from "../../resources";
import { useMay } from "../../shell/session";
import { effectivePolicy } from "./effective";

const XmlEditor = lazy(() => import("../../parts/editor/XmlEditor"));

export interface Scope {
  title: string;
  /** Path of the policy's owner below the service; empty for all APIs. */
  owner: string;
}

interface Loaded {
  documents: { title: string; text: string | null }[];
}

function emptyPolicy(isGlobal: boolean): string {
  const section = (name: string, content: string) => `    <${name}>${content ? `\n        ${content}\n    ` : ""}</${name}>`;
  const base = isGlobal ? "" : "<base />";
  const lines = [section("inbound", base), section("backend", isGlobal ? "<forward-request />" : base), section("outbound", base), section("on-error", base)];
  return `<policies>\n${lines.join("\n")}\n</policies>\n`;
}

async function load(scopes: Scope[]): Promise<Loaded> {
  const service = await serviceId();
  const found = scopes.map(async ({ title, owner }) => {
    const policy = await find<{ value: string }>(`${service}${owner ? `/${owner}` : ""}/policies/policy`, "&format=rawxml");
    return { title, text: policy?.properties.value ?? null };
  });
  return { documents: await Promise.all(found) };
}

/** The policy of the last scope; the ones before it are what `<base />` stands for. */
export function PolicyEditor({ scopes }: { scopes: Scope[] }) {
  const key = scopes.map((scope) => scope.owner).join(" ");
  const { value, error, again } = useLoaded(() => load(scopes), key);
  if (error) return <Failure error={error} onRetry={again} />;
  if (!value || value.documents.length !== scopes.length) return <p className="quiet" role="status">Loading the policy</p>;
  return <Document key={key} scopes={scopes} loaded={value} />;
}

function Document({ scopes, loaded }: { scopes: Scope[]; loaded: Loaded }) {
  const own = scopes.at(-1)!;
  const mayWrite = useMay("write");
  const [stored, setStored] = useState(loaded.documents.at(-1)!.text);
  const [text, setText] = useState(stored ?? emptyPolicy(own.owner === ""));
  const [view, setView] = useState<"own" | "effective">("own");
  const [failure, setFailure] = useState<unknown>(null);
  const [state, setState] = useState<"" | "saving" | "saved" | "removed">("");
  const problems: Detail[] = failure instanceof ApiError ? failure.details : NONE;
  useEffect(() => setState((before) => (before === "saving" ? before : "")), [text]);

  const path = async () => `${await serviceId()}${own.owner ? `/${own.owner}` : ""}/policies/policy`;
  const save = async () => {
    setFailure(null);
    setState("saving");
    try {
      await putAt(await path(), { format: "rawxml", value: text });
      setStored(text);
      setState("saved");
    } catch (error) {
      // what was typed stays in the editor
      setFailure(error);
      setState("");
    }
  };
  const removePolicy = async () => {
    setFailure(null);
    try {
      await removeAt(await path());
      setStored(null);
      setText(emptyPolicy(own.owner === ""));
      setState("removed");
    } catch (error) {
      setFailure(error);
    }
  };

  const effective = effectivePolicy([...loaded.documents.slice(0, -1), { title: own.title, text }]);
  return (
    <section className="stack" aria-label={`Policy of ${own.title}`}>
      <div className="row">
        <button aria-pressed={view === "own"} onClick={() => setView("own")}>
          {own.title}
        </button>
        <button aria-pressed={view === "effective"} onClick={() => setView("effective")}>
          Effective policy
        </button>
        <span className="quiet">{stored !== null ? "" : own.owner ? "This scope has no policy yet; what stands above holds." : "There is no policy for all APIs yet; calls are passed on as they are."}</span>
      </div>
      <div className="editor-box">
        <Suspense fallback={<p className="quiet">Loading the editor</p>}>
          {view === "own" ? (
            <XmlEditor key="own" label={`Policy of ${own.title}; Ctrl+S saves`} value={text} problems={problems} readOnly={!mayWrite} onChange={setText} onSave={() => void save()} />
          ) : (
            <XmlEditor key="effective" label="Effective policy" value={effective} readOnly />
          )}
        </Suspense>
      </div>
      {failure ? <Refusal error={failure} /> : null}
      {mayWrite && view === "own" ? (
        <div className="row">
          <button className="primary" disabled={state === "saving"} onClick={() => void save()}>
            Save policy
          </button>
          {stored === null ? null : <button onClick={() => void removePolicy()}>Remove</button>}
          <span role="status" className="good">
            {state === "saved" ? "Saved. Calls from now on meet it." : state === "removed" ? "Removed." : ""}
          </span>
        </div>
      ) : null}
    </section>
  );
}

const NONE: Detail[] = [];
