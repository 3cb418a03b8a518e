import { Field } from "../../parts/Field";
import type { Choice, Choices, Route } from "./choices";
import { type Example, type Mode, PARAMETERS, type Setup } from "./setup";

interface Props {
  choices: Choices;
  routes: Route[];
  route: Route | undefined;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  setup: Setup;
  onSetup: (setup: Setup) => void;
}

/** Everything that a call starts from. */
export function SetupPanel({ choices, routes, route, choice, onChoice, setup, onSetup }: Props) {
  return (
    <aside className="card stack" aria-label="Setup">
      <div className="row" role="group" aria-label="Mode">
        {(["chat", "completions"] as Mode[]).map((mode) => (
          <button key={mode} aria-pressed={setup.mode === mode} onClick={() => onSetup({ ...setup, mode })}>
            {mode === "chat" ? "Chat" : "Completions"}
          </button>
        ))}
      </div>
      <Field label="Deployment">
        <select value={choice.deployment} onChange={(event) => onChoice({ ...choice, deployment: event.target.value })}>
          {choices.deployments.map(({ id, name, properties }) => (
            <option key={id} value={name}>
              {name === properties.model.name ? name : `${name} (${properties.model.name})`}
            </option>
          ))}
        </select>
      </Field>
      {routes.length > 1 ? (
        <Field label="API">
          <select value={route?.id} onChange={(event) => onChoice({ ...choice, route: event.target.value })}>
            {routes.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      <Field label="Subscription" hint="whose key is sent">
        <select value={choice.subscription} onChange={(event) => onChoice({ ...choice, subscription: event.target.value })}>
          {choices.subscriptions.map(({ name, properties }) => (
            <option key={name} value={name}>
              {properties.displayName ?? name}
            </option>
          ))}
          <option value="">none</option>
        </select>
      </Field>
      {setup.mode === "chat" ? (
        <>
          <Field label="System message">
            <textarea rows={4} value={setup.system} onChange={(event) => onSetup({ ...setup, system: event.target.value })} />
          </Field>
          <Examples examples={setup.examples} onChange={(examples) => onSetup({ ...setup, examples })} />
        </>
      ) : null}
      <details open>
        <summary>Parameters</summary>
        <div className="parameters">
          {PARAMETERS.map(({ name, title, min, max, step }) => (
            <Field key={name} label={title}>
              <input
                type="number"
                min={min}
                max={max}
                step={step}
                value={setup.parameters[name] ?? ""}
                placeholder="default"
                onChange={(event) => onSetup({ ...setup, parameters: { ...setup.parameters, [name]: event.target.value } })}
              />
            </Field>
          ))}
        </div>
        <label className="row">
          <input type="checkbox" checked={setup.stream} onChange={(event) => onSetup({ ...setup, stream: event.target.checked })} />
          Stream the answer
        </label>
      </details>
    </aside>
  );
}

/** Few-shot examples: what a person might say and how the model should answer. */
function Examples({ examples, onChange }: { examples: Example[]; onChange: (examples: Example[]) => void }) {
  const changed = (index: number, change: Partial<Example>) => onChange(examples.map((example, at) => (at === index ? { ...example, ...change } : example)));
  return (
    <div className="stack" role="group" aria-label="Examples">
      {examples.map((example, index) => (
        <fieldset key={index} className="stack example">
          <legend>Example {index + 1}</legend>
          <Field label="User">
            <textarea rows={2} value={example.user} onChange={(event) => changed(index, { user: event.target.value })} />
          </Field>
          <Field label="Assistant">
            <textarea rows={2} value={example.assistant} onChange={(event) => changed(index, { assistant: event.target.value })} />
          </Field>
          <button onClick={() => onChange(examples.filter((_, at) => at !== index))}>Remove</button>
        </fieldset>
      ))}
      <button onClick={() => onChange([...examples, { user: "", assistant: "" }])}>Add an example</button>
    </div>
  );
}
