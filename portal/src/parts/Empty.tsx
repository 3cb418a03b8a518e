import type { ReactNode } from "react";

/** What stands where a list has nothing yet: what it will hold, and how to get there. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
