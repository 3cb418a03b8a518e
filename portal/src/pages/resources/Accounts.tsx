import { Failure } from "../../parts/Failure";
import { type Properties } from "../../parts/fields";
import { ResourceForm } from "../../parts/ResourceForm";
import { useLoaded } from "../../parts/useLoaded";
import { type Deployment, listAccounts, listAt, patchAt, type Resource } from "../../resources";
import { useMay } from "../../shell/session";
import { NewDeployment } from "./NewDeployment";

/** The accounts of Azure OpenAI behind the gateway, with their deployments. */
export function Accounts() {
  const mayWrite = useMay("write");
  const { value, error, again } = useLoaded(loadAll, "accounts");
  if (error) return <Failure error={error} onRetry={again} />;
  if (!value) return <p className="quiet" role="status">Loading accounts</p>;
  return (
    <div className="stack">
      <p className="quiet" style={{ margin: 0 }}>
        Calls whose backend address starts with an account's endpoint are its: they give its rows of AzureDiagnostics and its metrics.
      </p>
      {value.map(({ account, deployments }) => (
        <section key={account.id} className="card stack" aria-label={account.name}>
          <h2 className="mono">{account.name}</h2>
          <ResourceForm
            fields={[{ path: "endpoint", title: "Endpoint", kind: "text" }]}
            properties={account.properties as unknown as Properties}
            isNew={false}
            mayWrite={mayWrite}
            onSave={async (properties) => {
              await patchAt(account.id, account.properties as unknown as Properties, properties);
              again();
            }}
          />
          <div className="scroll" tabIndex={0} role="region" aria-label={`Deployments of ${account.name}`}>
            <table className="plain-table">
              <thead>
                <tr>
                  <th>Deployment</th>
                  <th>Model</th>
                  <th>Version</th>
                  <th>Sold as</th>
                </tr>
              </thead>
              <tbody>
                {deployments.map((deployment) => (
                  <tr key={deployment.id}>
                    <td className="mono">{deployment.name}</td>
                    <td>{deployment.properties.model.name}</td>
                    <td>{deployment.properties.model.version}</td>
                    <td>{skuOf(deployment)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {mayWrite ? <NewDeployment account={account.id} onDone={again} /> : null}
        </section>
      ))}
    </div>
  );
}

async function loadAll() {
  const accounts = await listAccounts();
  return Promise.all(accounts.map(async (account) => ({ account, deployments: await listAt<Deployment>(`${account.id}/deployments`) })));
}

function skuOf(deployment: Resource<Deployment>): string {
  const { sku } = deployment as { sku?: { name?: string; capacity?: number } };
  return [sku?.name, sku?.capacity].filter(Boolean).join(", ");
}
