import "./apis.css";

import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { useLoaded } from "../../parts/useLoaded";
import { type Api, list, type Resource } from "../../resources";
import { linkTo, usePlace } from "../../shell/router";
import { useMay } from "../../shell/session";
import { ImportApi } from "./ImportApi";
import { OneApi } from "./OneApi";
import { PolicyEditor } from "./PolicyEditor";

const ALL = "-all";
const IMPORT = "-import";

/** The APIs of the gateway: operations, policies at each scope, tests. */
export default function Apis() {
  const place = usePlace();
  const mayWrite = useMay("write");
  const { value: apis, error, again } = useLoaded(() => list<Api>("apis"), "apis");
  if (error) return <Failure error={error} onRetry={again} />;
  if (!apis) return <p className="quiet" role="status">Loading APIs</p>;
  const opened = place.path[0] ?? apis[0]?.name ?? IMPORT;
  const api = apis.find((found) => found.name === opened);
  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>APIs</h1>
        <span className="space" />
        {mayWrite ? (
          <a className="tab" href={linkTo("apis", [IMPORT])}>
            Import an API
          </a>
        ) : null}
      </header>
      <div className="split apis">
        <ApiMenu apis={apis} opened={opened} />
        <div className="stack" style={{ minWidth: 0 }}>
          {opened === IMPORT ? (
            <ImportApi onDone={again} />
          ) : opened === ALL ? (
            <>
              <h2>All APIs</h2>
              <PolicyEditor scopes={[{ title: "All APIs", owner: "" }]} />
            </>
          ) : api ? (
            <OneApi key={api.name} api={api} onChanged={again} />
          ) : (
            <Empty title="No such API">It may have been removed.</Empty>
          )}
        </div>
      </div>
    </div>
  );
}

function ApiMenu({ apis, opened }: { apis: Resource<Api>[]; opened: string }) {
  return (
    <nav className="card menu" aria-label="APIs">
      <a href={linkTo("apis", [ALL])} aria-current={opened === ALL ? "page" : undefined}>
        All APIs
      </a>
      {apis.map(({ name, properties }) => (
        <a key={name} href={linkTo("apis", [name])} aria-current={opened === name ? "page" : undefined}>
          {properties.displayName}
          <div className="quiet mono">/{properties.path}</div>
        </a>
      ))}
    </nav>
  );
}
