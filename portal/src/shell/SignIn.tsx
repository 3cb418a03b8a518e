import { type FormEvent, useState } from "react";

import { type Session, signIn } from "../client";
import { Failure } from "../parts/Failure";

export function SignIn({ error, onSession }: { error: unknown; onSession: (session: Session) => void }) {
  const [key, setKey] = useState("");
  const [failure, setFailure] = useState<unknown>(error);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    signIn(key.trim())
      .then(onSession, setFailure)
      .finally(() => setBusy(false));
  };
  return (
    <main style={{ maxWidth: 420, margin: "12vh auto" }}>
      <form className="card stack" onSubmit={submit}>
        <h1>gatelog</h1>
        <p className="quiet" style={{ margin: 0 }}>
          Sign in with the administration key. It is in the file <code>admin.key</code> of the data folder; <code>gatelog demo</code> prints a link
          that signs in by itself.
        </p>
        <label className="stack" style={{ gap: 4 }}>
          Key
          <input type="password" autoComplete="current-password" value={key} onChange={(event) => setKey(event.target.value)} autoFocus required />
        </label>
        {failure ? <Failure error={failure} /> : null}
        <button className="primary" disabled={busy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
