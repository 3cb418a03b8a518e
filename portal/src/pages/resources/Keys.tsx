import { useState } from "react";

import { CopyButton } from "../../parts/CopyButton";
import { Failure } from "../../parts/Failure";
import { actAt } from "../../resources";
import { useMay } from "../../shell/session";

const NAMES = ["primary", "secondary"] as const;
type Name = (typeof NAMES)[number];

/** The keys of a subscription: shown when asked for, made anew when asked for. */
export function Keys({ id }: { id: string }) {
  const may = useMay("secrets");
  const mayWrite = useMay("write");
  const [keys, setKeys] = useState<{ primaryKey: string; secondaryKey: string } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  if (!may) return null;
  const show = () => actAt<{ primaryKey: string; secondaryKey: string }>(`${id}/listSecrets`).then(setKeys, setFailure);
  const renew = (name: Name) => {
    if (!window.confirm(`Make a new ${name} key? Calls with the old one are refused from then on.`)) return;
    actAt(`${id}/regenerate${name === "primary" ? "Primary" : "Secondary"}Key`).then(show, setFailure);
  };
  return (
    <section className="card stack" aria-label="Keys">
      <div className="row">
        <h2 style={{ margin: 0, flex: 1 }}>Keys</h2>
        <button onClick={() => (keys ? setKeys(null) : void show())}>{keys ? "Hide" : "Show"}</button>
      </div>
      {NAMES.map((name) => {
        const key = keys?.[`${name}Key`];
        return (
          <div key={name} className="row">
            <span style={{ width: 80 }}>{name}</span>
            <code style={{ flex: 1, overflowWrap: "anywhere" }}>{key ?? "••••••••••••••••"}</code>
            {key ? <CopyButton text={key} /> : null}
            {mayWrite ? <button onClick={() => renew(name)}>New key</button> : null}
          </div>
        );
      })}
      {failure ? <Failure error={failure} /> : null}
    </section>
  );
}
