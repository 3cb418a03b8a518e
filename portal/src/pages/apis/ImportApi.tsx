import { type FormEvent, useState } from "react";

import { Field } from "../../parts/Field";
import { Refusal } from "../../parts/ResourceForm";
import { put } from "../../resources";
import { linkTo } from "../../shell/router";
import { formatOf, idOf } from "./openapi";

/** A new API from an OpenAPI description: pasted, a file, or a link that the server reads. */
export function ImportApi({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const [serviceUrl, setServiceUrl] = useState("");
  const [header, setHeader] = useState("api-key");
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const id = idOf(name || path);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    setBusy(true);
    const properties = {
      ...(name ? { displayName: name } : {}),
      path,
      protocols: ["http", "https"],
      ...(serviceUrl ? { serviceUrl } : {}),
      subscriptionRequired: true,
      ...(header ? { subscriptionKeyParameterNames: { header, query: header } } : {}),
      format: formatOf(text),
      value: text.trim(),
    };
    put(`apis/${id}`, properties)
      .then(() => {
        onDone();
        window.location.hash = linkTo("apis", [id, "operations"]);
      }, setFailure)
      .finally(() => setBusy(false));
  };
  const read = (file: File | undefined) => void file?.text().then(setText);

  return (
    <form className="card stack" onSubmit={submit} aria-label="Import an API">
      <h2>Import an API from OpenAPI</h2>
      <Field label="Description" hint="paste JSON or YAML, or a link to it">
        <textarea className="mono" rows={10} required spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
      <Field label="Or a file">
        <input type="file" accept=".json,.yaml,.yml" onChange={(event) => read(event.target.files?.[0])} />
      </Field>
      <div className="form">
        <Field label="Name">
          <input value={name} required onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Path" hint="what calls start with">
          <input value={path} required placeholder="openai" onChange={(event) => setPath(event.target.value)} />
        </Field>
        <Field label="Service URL" hint="empty: from the description">
          <input type="url" value={serviceUrl} onChange={(event) => setServiceUrl(event.target.value)} />
        </Field>
        <Field label="Key header">
          <input value={header} onChange={(event) => setHeader(event.target.value)} />
        </Field>
      </div>
      {failure ? <Refusal error={failure} /> : null}
      <div className="row">
        <button className="primary" disabled={busy || !text.trim() || !id}>
          {busy ? "Importing" : "Import"}
        </button>
        {id ? (
          <span className="quiet">
            Resource name: <code>{id}</code>
          </span>
        ) : null}
      </div>
    </form>
  );
}
