import { useState } from "react";

import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { Field } from "../../parts/Field";
import { type Properties, startOf } from "../../parts/fields";
import { Refusal, ResourceForm } from "../../parts/ResourceForm";
import { useLoaded } from "../../parts/useLoaded";
import { list, patchAt, put, removeAt, type Resource } from "../../resources";
import { linkTo } from "../../shell/router";
import { useMay } from "../../shell/session";
import { Keys } from "./Keys";
import { ProductParts } from "./ProductParts";
import type { ResourceKind } from "./kinds";
import { SecretValue } from "./SecretValue";

const NEW = "-new";

/** The list of one kind, and one of them opened. */
export function KindPage({ kind, chosen }: { kind: ResourceKind; chosen: string }) {
  const mayWrite = useMay("write");
  const { value: found, error, again } = useLoaded(() => list<Properties>(kind.id), kind.id);
  if (error) return <Failure error={error} onRetry={again} />;
  if (!found) return <p className="quiet" role="status">Loading {kind.title}</p>;
  const opened = found.find((resource) => resource.name === chosen);
  return (
    <div className="split">
      <nav className="card menu" aria-label={kind.title}>
        <p className="quiet" style={{ margin: "0 10px 8px" }}>{kind.about}</p>
        {found.map(({ name, properties }) => (
          <a key={name} href={linkTo("resources", [kind.id, name])} aria-current={name === chosen ? "page" : undefined}>
            {String(properties.displayName ?? name)}
            <div className="quiet">{kind.summary(properties)}</div>
          </a>
        ))}
        {mayWrite ? (
          <a href={linkTo("resources", [kind.id, NEW])} aria-current={chosen === NEW ? "page" : undefined}>
            New {kind.one}
          </a>
        ) : null}
      </nav>
      {chosen === NEW ? <NewResource kind={kind} onDone={again} /> : opened ? <OneResource key={opened.id} kind={kind} resource={opened} onDone={again} /> : <Empty title={found.length ? `Choose a ${kind.one}` : "None yet"}>{kind.about}</Empty>}
    </div>
  );
}

function NewResource({ kind, onDone }: { kind: ResourceKind; onDone: () => void }) {
  const [name, setName] = useState("");
  return (
    <section className="card stack" aria-label={`New ${kind.one}`}>
      <h2>New {kind.one}</h2>
      <Field label="Resource name" hint="letters, digits and dashes">
        <input value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <ResourceForm
        fields={kind.fields}
        properties={startOf(kind.fields)}
        isNew
        mayWrite
        onSave={async (properties) => {
          if (!name.trim()) throw new Error("the resource needs a name");
          await put(`${kind.id}/${encodeURIComponent(name.trim())}`, properties);
          onDone();
          window.location.hash = linkTo("resources", [kind.id, name.trim()]);
        }}
      />
    </section>
  );
}

function OneResource({ kind, resource, onDone }: { kind: ResourceKind; resource: Resource<Properties>; onDone: () => void }) {
  const mayWrite = useMay("write");
  const [failure, setFailure] = useState<unknown>(null);
  const remove = () => {
    if (!window.confirm(`Remove the ${kind.one} ${resource.name}?`)) return;
    removeAt(resource.id).then(() => {
      window.location.hash = linkTo("resources", [kind.id]);
      onDone();
    }, setFailure);
  };
  return (
    <div className="stack">
      <section className="card stack" aria-label={resource.name}>
        <h2 className="mono">{resource.name}</h2>
        <ResourceForm
          fields={kind.fields}
          properties={resource.properties}
          isNew={false}
          mayWrite={mayWrite}
          onSave={async (properties) => {
            await patchAt(resource.id, resource.properties, properties);
            onDone();
          }}
        >
          {mayWrite ? (
            <button type="button" onClick={remove}>
              Remove
            </button>
          ) : null}
        </ResourceForm>
        {failure ? <Refusal error={failure} /> : null}
      </section>
      {kind.id === "subscriptions" ? <Keys id={resource.id} /> : null}
      {kind.id === "products" ? <ProductParts product={resource.name} title={String(resource.properties.displayName ?? resource.name)} /> : null}
      {kind.id === "namedValues" ? <SecretValue id={resource.id} /> : null}
    </div>
  );
}
