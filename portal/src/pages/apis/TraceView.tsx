/** What one policy element did. */
export interface Step {
  element: string;
  scope: string;
  section: string;
  path: string;
  line: number;
  document: string;
  started_ns: number;
  elapsed_ns: number;
  depth: number;
  effects: string[];
  changes: string[];
  after: Record<string, unknown>;
  outcome: string;
  message: string;
}

/** The policies that a call passed, in their order. */
export function TraceView({ steps }: { steps: Step[] }) {
  if (!steps.length) return <p className="quiet">The gateway sent no trace: the request matched no operation, or the trace was too long for a header.</p>;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Trace">
      <table className="plain-table">
        <thead>
          <tr>
            <th>Section</th>
            <th>Policy</th>
            <th>Scope</th>
            <th>Time</th>
            <th>What it did</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step, index) => (
            <tr key={index}>
              <td>{step.section}</td>
              <td className="mono" style={{ paddingLeft: 10 + step.depth * 14 }}>
                {step.element}
              </td>
              <td>
                {step.scope}
                {step.document ? <div className="quiet">line {step.line}</div> : null}
              </td>
              <td style={{ whiteSpace: "nowrap" }}>{(step.elapsed_ns / 1e6).toFixed(2)} ms</td>
              <td>
                {step.outcome === "done" ? null : <div className={step.outcome === "failed" ? "bad" : "quiet"}>{step.outcome}</div>}
                {step.message ? <div>{step.message}</div> : null}
                <pre>{[...step.changes, ...Object.entries(step.after ?? {}).map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`)].join("\n")}</pre>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
