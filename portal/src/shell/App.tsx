import { type ComponentType, lazy, type LazyExoticComponent, Suspense, useEffect, useState } from "react";

import { currentSession, type Session, signIn, signOut } from "../client";
import { Empty } from "../parts/Empty";
import { Failure } from "../parts/Failure";
import { linkTo, usePlace } from "./router";
import { SessionContext } from "./session";
import { SignIn } from "./SignIn";
import { ThemeSwitch } from "./ThemeSwitch";

interface Page {
  id: string;
  title: string;
  /** What a role must allow for the page to be of any use. */
  needs: string;
  view: LazyExoticComponent<ComponentType>;
}

/** Every page, in the order of the menu; each loads when it is opened. */
const PAGES: Page[] = [
  { id: "overview", title: "Overview", needs: "usage", view: lazy(() => import("../pages/overview/Overview")) },
  { id: "calls", title: "Calls", needs: "logs", view: lazy(() => import("../pages/calls/Calls")) },
  { id: "logs", title: "Logs", needs: "usage", view: lazy(() => import("../pages/logs/Logs")) },
  { id: "playground", title: "Playground", needs: "secrets", view: lazy(() => import("../pages/playground/Playground")) },
  { id: "apis", title: "APIs", needs: "read", view: lazy(() => import("../pages/apis/Apis")) },
  { id: "resources", title: "Resources", needs: "read", view: lazy(() => import("../pages/resources/Resources")) },
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
  const pages = PAGES.filter((entry) => session.actions.includes(entry.needs));
  const page = pages.find((candidate) => candidate.id === place.page) ?? pages[0];
  usePageKeys(pages);
  useEffect(() => {
    document.title = page ? `${page.title} · gatelog` : "gatelog";
  }, [page]);
  return (
    <div className="app">
      <nav className="side" aria-label="Pages">
        <div className="brand">gatelog</div>
        {pages.map((entry, index) => (
          <a key={entry.id} title={`Alt+${index + 1}`} href={linkTo(entry.id)} aria-current={entry === page ? "page" : undefined}>
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
        <SessionContext value={session}>
          {page ? (
            <Failure.Boundary key={page.id}>
              <Suspense fallback={<p className="quiet" role="status">Loading {page.title}</p>}>
                <page.view />
              </Suspense>
            </Failure.Boundary>
          ) : (
            <Empty title="Nothing to see here">The role of {session.name} allows none of the pages.</Empty>
          )}
        </SessionContext>
      </main>
    </div>
  );
}

/** Alt+1, Alt+2, ...: the pages in the order of the menu. */
function usePageKeys(pages: Page[]) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
      const page = digit ? pages[Number(digit) - 1] : undefined;
      if (!event.altKey || event.ctrlKey || event.metaKey || !page) return;
      event.preventDefault();
      window.location.hash = linkTo(page.id);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [pages]);
}
