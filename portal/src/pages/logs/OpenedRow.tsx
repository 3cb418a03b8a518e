import type { Cell, Table } from "../../client";
import { cellText } from "../../parts/cells";
import { CopyButton } from "../../parts/CopyButton";
import { Conversation, turnsOf } from "./Conversation";

/** One row to read: JSON indented, messages as a conversation. */
export function OpenedRow({ table, row, onClose }: { table: Table; row: Cell[]; onClose: () => void }) {
  const object = Object.fromEntries(table.columns.map((column, index) => [column.name, row[index]]));
  return (
    <aside className="card stack" aria-label="One row" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <div className="row">
        <h2 style={{ flex: 1, margin: 0 }}>One row</h2>
        <CopyButton text={JSON.stringify(object, null, 2)} title="Copy as JSON" />
        <button onClick={onClose} autoFocus>
          Close
        </button>
      </div>
      <dl className="opened">
        {table.columns.map((column, index) => (
          <div key={index}>
            <dt className="quiet">{column.name}</dt>
            <dd>
              <Value cell={row[index]!} />
            </dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

function Value({ cell }: { cell: Cell }) {
  const turns = turnsOf(cellText(cell));
  if (!turns.length) return <pre>{readable(cell)}</pre>;
  return (
    <>
      <Conversation turns={turns} />
      <details>
        <summary>JSON</summary>
        <pre>{readable(cell)}</pre>
      </details>
    </>
  );
}

/** JSON text indented; everything else as it is. Text stays text: nothing here is ever read as markup. */
function readable(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "object") return JSON.stringify(cell, null, 2);
  const text = String(cell);
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
