import { type FormEvent, useState } from "react";

import { Failure } from "../../parts/Failure";
import { Field } from "../../parts/Field";
import { Refusal } from "../../parts/ResourceForm";
import { useLoaded } from "../../parts/useLoaded";
import { listAccounts, listAt, putAt, removeAt, type Resource, subscriptionPath, theService } from "../../resources";
import { useMay } from "../../shell/session";
import { formOf, GROUPS, propertiesOf, type SettingForm, type SettingProperties } from "./setting";

const BELOW = "providers/Microsoft.Insights/diagnosticSettings";

interface Loaded {
  resources: Resource[];
  workspaces: Resource[];
}

async function load(): Promise<Loaded> {
  const [service, accounts, subscription] = await Promise.all([theService(), listAccounts(), subscriptionPath()]);
  return {
    resources: [service, ...accounts] as unknown as Resource[],
    workspaces: await listAt(`${subscription}/providers/Microsoft.OperationalInsights/workspaces`),
  };
}

/** Which logs and metrics of a resource go where. */
export function DiagnosticSettings() {
  const { value, error, again } = useLoaded(load, "resources");
  const [chosen, setChosen] = useState("");
  if (error) return <Failure error={error} onRetry={again} />;
  if (!value) return <p className="quiet" role="status">Loading resources</p>;
  const resource = value.resources.find((found) => found.id === chosen) ?? value.resources[0]!;
  return (
    <div className="stack">
      <Field label="Resource">
        <select value={resource.id} onChange={(event) => setChosen(event.target.value)}>
          {value.resources.map(({ id, name, type }) => (
            <option key={id} value={id}>
              {name} ({type.endsWith("accounts") ? "Azure OpenAI account" : "API Management service"})
            </option>
          ))}
        </select>
      </Field>
      <Settings key={resource.id} resource={resource} workspaces={value.workspaces} />
    </div>
  );
}

function Settings({ resource, workspaces }: { resource: Resource; workspaces: Resource[] }) {
  const mayWrite = useMay("write");
  const { value, error, again } = useLoaded(() => Promise.all([listAt<SettingProperties>(`${resource.id}/${BELOW}`), listAt<{ categoryType: string }>(`${resource.id}/${BELOW}Categories`)]), resource.id);
  const [adding, setAdding] = useState(false);
  if (error) return <Failure error={error} onRetry={again} />;
  if (!value) return <p className="quiet" role="status">Loading settings</p>;
  const [settings, known] = value;
  const categories = known.filter((found) => found.properties.categoryType === "Logs").map((found) => found.name);
  const shared = { resource, workspaces, categories, mayWrite };
  return (
    <>
      {settings.map((setting) => (
        <OneSetting key={setting.id} {...shared} setting={setting} onDone={again} />
      ))}
      {adding ? (
        <OneSetting
          {...shared}
          setting={null}
          onDone={() => {
            setAdding(false);
            again();
          }}
        />
      ) : mayWrite ? (
        <div className="row">
          <button onClick={() => setAdding(true)}>Add diagnostic setting</button>
        </div>
      ) : null}
    </>
  );
}

interface SettingProps {
  resource: Resource;
  workspaces: Resource[];
  categories: string[];
  mayWrite: boolean;
  setting: Resource<SettingProperties> | null;
  onDone: () => void;
}

function OneSetting({ resource, workspaces, categories, mayWrite, setting, onDone }: SettingProps) {
  const [form, setForm] = useState<SettingForm>(() => formOf(setting?.name ?? "", setting?.properties ?? {}));
  const [failure, setFailure] = useState<unknown>(null);
  const [saved, setSaved] = useState(false);
  const change = (part: Partial<SettingForm>) => {
    setSaved(false);
    setForm({ ...form, ...part });
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    putAt(`${resource.id}/${BELOW}/${encodeURIComponent(form.name)}`, propertiesOf(form, setting?.properties ?? {})).then(() => {
      setSaved(true);
      onDone();
    }, setFailure);
  };
  const remove = () => {
    if (window.confirm(`Remove the diagnostic setting ${form.name}? What it sent is kept.`)) removeAt(setting!.id).then(onDone, setFailure);
  };
  const toggle = (name: string, isOn: boolean) => change({ logs: isOn ? [...form.logs, name] : form.logs.filter((log) => log !== name) });
  return (
    <form className="card stack" aria-label={setting ? `Diagnostic setting ${setting.name}` : "New diagnostic setting"} onSubmit={save}>
      <Field label="Diagnostic setting name">
        <input value={form.name} required disabled={setting !== null || !mayWrite} onChange={(event) => change({ name: event.target.value })} />
      </Field>
      <div className="form" style={{ alignItems: "start" }}>
        <Boxes title="Category groups" names={GROUPS} on={form.logs} disabled={!mayWrite} onToggle={toggle} />
        <Boxes title="Categories" names={categories} on={form.logs} disabled={!mayWrite} onToggle={toggle} />
        <Boxes title="Metrics" names={["AllMetrics"]} on={form.metrics ? ["AllMetrics"] : []} disabled={!mayWrite} onToggle={(_, metrics) => change({ metrics })} />
      </div>
      <div className="form">
        <Field label="Send to Log Analytics workspace">
          <select value={form.workspaceId} disabled={!mayWrite} onChange={(event) => change({ workspaceId: event.target.value })}>
            <option value="">no workspace</option>
            {workspaces.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Stream to an event hub" hint="its name">
          <input value={form.eventHubName} disabled={!mayWrite} onChange={(event) => change({ eventHubName: event.target.value })} />
        </Field>
        <label className="row">
          <input type="checkbox" checked={form.dedicated} disabled={!mayWrite} onChange={(event) => change({ dedicated: event.target.checked })} />
          Resource-specific tables
        </label>
      </div>
      {failure ? <Refusal error={failure} /> : null}
      {mayWrite ? (
        <div className="row">
          <button className="primary">Save setting</button>
          {setting ? (
            <button type="button" onClick={remove}>
              Remove
            </button>
          ) : null}
          <span role="status" className="good">
            {saved ? "Saved" : ""}
          </span>
        </div>
      ) : null}
    </form>
  );
}

function Boxes({ title, names, on, disabled, onToggle }: { title: string; names: string[]; on: string[]; disabled: boolean; onToggle: (name: string, isOn: boolean) => void }) {
  return (
    <fieldset className="boxes">
      <legend>{title}</legend>
      {names.map((name) => (
        <label key={name} className="row">
          <input type="checkbox" disabled={disabled} checked={on.includes(name)} onChange={(event) => onToggle(name, event.target.checked)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
