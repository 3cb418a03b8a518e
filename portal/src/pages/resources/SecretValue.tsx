import { useState } from "react";

import { Failure } from "../../parts/Failure";
import { actAt } from "../../resources";
import { useMay } from "../../shell/session";

/** The text of a named value, secret or not, when asked for. */
export function SecretValue({ id }: { id: string }) {
  const may = useMay("secrets");
  const [value, setValue] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  if (!may) return null;
  const show = () => actAt<{ value: string }>(`${id}/listValue`).then((found) => setValue(found.value), setFailure);
  return (
    <section className="card row" aria-label="Value">
      <code style={{ flex: 1, overflowWrap: "anywhere" }}>{value ?? "••••••••"}</code>
      <button onClick={() => (value === null ? void show() : setValue(null))}>{value === null ? "Show value" : "Hide"}</button>
      {failure ? <Failure error={failure} /> : null}
    </section>
  );
}
