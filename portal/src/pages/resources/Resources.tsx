import { lazy, Suspense } from "react";

import { linkTo, usePlace } from "../../shell/router";
import { KINDS } from "./kinds";

const KindPage = lazy(() => import("./KindPage").then((module) => ({ default: module.KindPage })));
const DiagnosticSettings = lazy(() => import("./DiagnosticSettings").then((module) => ({ default: module.DiagnosticSettings })));
const Accounts = lazy(() => import("./Accounts").then((module) => ({ default: module.Accounts })));

const SPECIAL: [string, string][] = [
  ["diagnosticSettings", "Diagnostic settings"],
  ["accounts", "Accounts and deployments"],
];

/** Everything that is configured beside the APIs. */
export default function Resources() {
  const place = usePlace();
  const opened = place.path[0] ?? KINDS[0]!.id;
  const kind = KINDS.find((found) => found.id === opened);
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>Resources</h1>
      </header>
      <nav className="row" aria-label="Kinds of resources">
        {[...KINDS.map(({ id, title }): [string, string] => [id, title]), ...SPECIAL].map(([id, title]) => (
          <a key={id} className="tab" href={linkTo("resources", [id])} aria-current={id === opened ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <Suspense fallback={<p className="quiet" role="status">Loading</p>}>
        {opened === "diagnosticSettings" ? <DiagnosticSettings /> : opened === "accounts" ? <Accounts /> : <KindPage key={opened} kind={kind ?? KINDS[0]!} chosen={place.path[1] ?? ""} />}
      </Suspense>
    </div>
  );
}
