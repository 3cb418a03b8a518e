import { type FormEvent, type ReactNode, useState } from "react";

import { ApiError } from "../client";
import { Failure } from "./Failure";
import { Field } from "./Field";
import { type FieldSpec, type Properties, shown, typed, valueAt, withValue } from "./fields";

interface Props {
  fields: FieldSpec[];
  properties: Properties;
  isNew: boolean;
  mayWrite: boolean;
  onSave: (properties: Properties) => Promise<void>;
  children?: ReactNode;
}

/** The properties of one resource: the usual ones as fields, all of them as JSON. A refused save keeps what was typed. */
export function ResourceForm({ fields, properties, isNew, mayWrite, onSave, children }: Props) {
  const [texts, setTexts] = useState<Record<string, string | boolean>>({});
  const [json, setJson] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [state, setState] = useState<"" | "saving" | "saved">("");

  const wanted = (): Properties => {
    if (json !== null) return JSON.parse(json) as Properties;
    return fields.reduce((found, field) => {
      const text = texts[field.path];
      return text === undefined ? found : withValue(found, field.path, typeof text === "boolean" ? text : typed(field, text));
    }, properties);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    let next: Properties;
    try {
      next = wanted();
    } catch (error) {
      return setFailure(error);
    }
    setState("saving");
    onSave(next).then(
      () => {
        setState("saved");
        setTexts({});
        setJson((before) => (before === null ? null : JSON.stringify(next, null, 2)));
      },
      (error: unknown) => {
        setState("");
        setFailure(error);
      },
    );
  };
  const toggleJson = () => {
    try {
      setJson(json === null ? JSON.stringify(wanted(), null, 2) : null);
      setFailure(null);
    } catch (error) {
      setFailure(error);
    }
  };

  return (
    <form className="stack" onSubmit={save} onChange={() => setState("")}>
      {json === null ? (
        <div className="form">
          {fields.map((field) => (
            <Control
              key={field.path}
              field={field}
              value={texts[field.path] ?? valueAt(properties, field.path)}
              disabled={!mayWrite || (Boolean(field.fixed) && !isNew)}
              onChange={(value) => setTexts({ ...texts, [field.path]: value })}
            />
          ))}
        </div>
      ) : (
        <textarea className="mono" rows={20} aria-label="Properties as JSON" spellCheck={false} value={json} readOnly={!mayWrite} onChange={(event) => setJson(event.target.value)} />
      )}
      {failure ? <Refusal error={failure} /> : null}
      <div className="row">
        {mayWrite ? (
          <button className="primary" disabled={state === "saving"}>
            {isNew ? "Create" : "Save"}
          </button>
        ) : null}
        <button type="button" aria-pressed={json !== null} onClick={toggleJson}>
          JSON
        </button>
        {children}
        <span role="status" className="good">
          {state === "saved" ? "Saved" : ""}
        </span>
      </div>
    </form>
  );
}

/** Every problem that a refused document has, with its place. */
export function Refusal({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || !error.details.length) return <Failure error={error} />;
  return (
    <div className="message error" role="alert">
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {error.details.map((detail, index) => (
          <li key={index}>
            {detail.message} <span className="quiet mono">{detail.target}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ControlProps {
  field: FieldSpec;
  value: unknown;
  disabled: boolean;
  onChange: (value: string | boolean) => void;
}

function Control({ field, value, disabled, onChange }: ControlProps) {
  if (field.kind === "switch") {
    return (
      <label className="row">
        <input type="checkbox" disabled={disabled} checked={value === true} onChange={(event) => onChange(event.target.checked)} />
        {field.title} {field.hint ? <span className="quiet">{field.hint}</span> : null}
      </label>
    );
  }
  const text = shown(field, value);
  const change = (event: { target: { value: string } }) => onChange(event.target.value);
  return (
    <Field label={field.title} hint={field.hint}>
      {field.kind === "choice" ? (
        <select value={text} disabled={disabled} onChange={change}>
          {[...new Set(["", ...(field.choices ?? []), text])].map((choice) => (
            <option key={choice} value={choice}>
              {choice || "not set"}
            </option>
          ))}
        </select>
      ) : field.kind === "long" || field.kind === "json" ? (
        <textarea className={field.kind === "json" ? "mono" : undefined} rows={field.kind === "json" ? 6 : 3} value={text} disabled={disabled} onChange={change} />
      ) : (
        <input value={text} disabled={disabled} required={field.required} inputMode={field.kind === "number" ? "decimal" : undefined} onChange={change} />
      )}
    </Field>
  );
}
