import type { ReactNode } from "react";

/** A label above its control. */
export function Field({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <label className="field">
      <span>
        {label}
        {hint ? <span className="quiet"> {hint}</span> : null}
      </span>
      {children}
    </label>
  );
}
