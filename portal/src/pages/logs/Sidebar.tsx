import type { Desk } from "./drafts";
import { SAMPLES } from "./samples";

export interface SchemaTable {
  Name: string;
  DocString?: string;
  OrderedColumns: { Name: string; CslType: string; DocString?: string }[];
}

interface Props {
  tables: SchemaTable[];
  desk: Desk;
  onInsert: (text: string) => void;
  onOpen: (text: string) => void;
  onForget: (name: string) => void;
}

/** What can be asked: tables with their columns, samples, what was asked before. A click puts it into the editor. */
export function Sidebar({ tables, desk, onInsert, onOpen, onForget }: Props) {
  const saved = Object.entries(desk.saved);
  return (
    <aside className="card side-tree" aria-label="Schema and queries">
      <details open>
        <summary>Tables</summary>
        {tables.map((table) => (
          <details key={table.Name} className="leaf">
            <summary title={table.DocString}>{table.Name}</summary>
            <button className="plain entry" onClick={() => onInsert(table.Name)}>
              Insert the name
            </button>
            {table.OrderedColumns.map((column) => (
              <button key={column.Name} className="plain entry" title={column.DocString || undefined} onClick={() => onInsert(column.Name)}>
                {column.Name} <span className="quiet">{column.CslType}</span>
              </button>
            ))}
          </details>
        ))}
      </details>
      <details>
        <summary>Samples</summary>
        {SAMPLES.map(([title, text]) => (
          <button key={title} className="plain entry" onClick={() => onOpen(text)}>
            {title}
          </button>
        ))}
      </details>
      <details>
        <summary>Saved ({saved.length})</summary>
        {saved.map(([name, text]) => (
          <div key={name} className="row" style={{ flexWrap: "nowrap" }}>
            <button className="plain entry" title={text} onClick={() => onOpen(text)}>
              {name}
            </button>
            <button className="plain" aria-label={`Forget ${name}`} onClick={() => onForget(name)}>
              ×
            </button>
          </div>
        ))}
      </details>
      <details>
        <summary>History ({desk.history.length})</summary>
        {desk.history.map((text) => (
          <button key={text} className="plain entry mono" title={text} onClick={() => onOpen(text)}>
            {text.replace(/\s+/g, " ")}
          </button>
        ))}
      </details>
    </aside>
  );
}
