import { type ComponentType, lazy, type LazyExoticComponent, Suspense, useEffect, useState } from "react";

import { currentSession, type Session, signIn, signOut } from "../client";
import { Failure } from "../parts/Failure";
import { linkTo, usePlace } from "./router";
import { SignIn } from "./SignIn";
import { ThemeSwitch } from "./ThemeSwitch";

interface Page {
  id: string;
  title: string;
  view: LazyExoticComponent<ComponentType>;
}

/** Every page, in the order of the menu; each loads when it is opened. */
const PAGES: Page[] = [
  { id: "overview", title: "Overview", view: lazy(() => import("../pages/overview/Overview")) },
  { id: "calls", title: "Calls", view: lazy(() => import("../pages/calls/Calls")) },
  { id: "logs", title: "Logs", view: lazy(() => import("../pages/logs/Logs")) },
];

type State = { kind: "asking" } | { kind: "out"; error: unknown } | { kind: "in"; session: Session };

export function App() {
  const [state, setState] = useState<State>({ kind: "asking" });
  useEffect(() => {
    enter().then(
      (session) => setState(session ? { kind: "in", session } : { kind: "out", error: null }),
      (error: unknown) => setState({ kind: "out", error }),
    );
  }, []);
  if (state.kind === "asking") return <p className="empty" role="status">Opening gatelog</p>;
  if (state.kind === "out") return <SignIn error={state.error} onSession={(session) => setState({ kind: "in", session })} />;
  return <Shell session={state.session} onSignOut={() => signOut().finally(() => setState({ kind: "out", error: null }))} />;
}

/** A sign-in link carries the key in the fragment, which no server ever sees; it leaves the address bar at once. */
async function enter(): Promise<Session | null> {
  const key = /^#signin=(.+)$/.exec(window.location.hash)?.[1];
  if (!key) return currentSession();
  window.history.replaceState(null, "", window.location.pathname);
  return signIn(decodeURIComponent(key));
}

function Shell({ session, onSignOut }: { session: Session; onSignOut: () => void }) {
  const place = usePlace();
  const page = PAGES.find((candidate) => candidate.id === place.page) ?? PAGES[0]!;
  useEffect(() => {
    document.title = `${page.title} · gatelog`;
  }, [page]);
  return (
    <div className="app">
      <nav className="side" aria-label="Pages">
        <div className="brand">gatelog</div>
        {PAGES.map((entry) => (
          <a key={entry.id} href={linkTo(entry.id)} aria-current={entry === page ? "page" : undefined}>
            {entry.title}
          </a>
        ))}
        <div className="foot">
          <ThemeSwitch />
          <button className="plain quiet" onClick={onSignOut} title={`Signed in as ${session.name}`}>
            Sign out
          </button>
        </div>
      </nav>
      <main>
        <Failure.Boundary key={page.id}>
          <Suspense fallback={<p className="quiet" role="status">Loading {page.title}</p>}>
            <page.view />
          </Suspense>
        </Failure.Boundary>
      </main>
    </div>
  );
}
