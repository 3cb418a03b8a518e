import { type FormEvent, useState } from "react";

import { Field } from "../../parts/Field";
import { Refusal } from "../../parts/ResourceForm";
import { putAt } from "../../resources";

const SKUS = ["Standard", "GlobalStandard", "ProvisionedManaged"];

/** A model under a name of its own. */
export function NewDeployment({ account, onDone }: { account: string; onDone: () => void }) {
  const [name, setName] = useState("");
  const [model, setModel] = useState("");
  const [sku, setSku] = useState(SKUS[0]!);
  const [capacity, setCapacity] = useState("10");
  const [failure, setFailure] = useState<unknown>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    putAt(`${account}/deployments/${encodeURIComponent(name)}`, { model: { name: model, format: "OpenAI" } }, { sku: { name: sku, capacity: Number(capacity) } }).then(() => {
      setName("");
      onDone();
    }, setFailure);
  };
  return (
    <details>
      <summary>New deployment</summary>
      <form className="stack" style={{ marginTop: 10 }} onSubmit={submit}>
        <div className="form">
          <Field label="Name">
            <input required value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label="Model">
            <input required value={model} placeholder="gpt-4o" onChange={(event) => setModel(event.target.value)} />
          </Field>
          <Field label="Sold as">
            <select value={sku} onChange={(event) => setSku(event.target.value)}>
              {SKUS.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          </Field>
          <Field label="Capacity" hint="thousands of tokens a minute, or PTUs">
            <input type="number" min={0} value={capacity} onChange={(event) => setCapacity(event.target.value)} />
          </Field>
        </div>
        {failure ? <Refusal error={failure} /> : null}
        <div className="row">
          <button className="primary">Create</button>
        </div>
      </form>
    </details>
  );
}
