import { useState } from "react";

import { Code } from "../../parts/Code";
import { curlOf, type Mode, pythonOf, type Target } from "./setup";

/** The same call as a program. */
export function CodeView({ body, mode, target }: { body: Record<string, unknown>; mode: Mode; target: Target }) {
  const [language, setLanguage] = useState<"Python" | "curl">("Python");
  return (
    <details className="card">
      <summary>View code</summary>
      <div className="row" style={{ margin: "8px 0" }} role="group" aria-label="Language">
        {(["Python", "curl"] as const).map((name) => (
          <button key={name} aria-pressed={language === name} onClick={() => setLanguage(name)}>
            {name}
          </button>
        ))}
        <span className="quiet">
          The key comes from <code>GATELOG_KEY</code>.
        </span>
      </div>
      <Code label={`The call in ${language}`} text={language === "Python" ? pythonOf(body, mode, target) : curlOf(body, target)} />
    </details>
  );
}
