import "./grid.css";

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";

import type { Cell, Table } from "../client";
import { cellText, compareCells, isNumeric, shownText } from "./cells";

const ROW_HEIGHT = 30;
const SAMPLE = 200;

interface Sorting {
  column: number;
  descending: boolean;
}

/** A result as a grid that stays quick with 100,000 rows: only what is seen is drawn. `onOpen` shows one row by itself. */
export function Grid({ table, onOpen, filter = "" }: { table: Table; onOpen?: (row: Cell[]) => void; filter?: string }) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [selected, setSelected] = useState(0);
  const viewport = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => arrange(table, sorting, filter), [table, sorting, filter]);
  const widths = useMemo(() => table.columns.map((_, index) => widthOf(table, index)), [table]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => viewport.current, estimateSize: () => ROW_HEIGHT, overscan: 12 });
  const template = [...(onOpen ? ["36px"] : []), ...widths.map((width) => `${width}px`)].join(" ");

  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, selected + step));
      setSelected(next);
      virtual.scrollToIndex(next);
      event.preventDefault();
    } else if (event.key === "Enter" && rows[selected]) onOpen?.(rows[selected]);
  };

  return (
    <div className="grid" role="grid" aria-rowcount={rows.length + 1} aria-colcount={table.columns.length} ref={viewport} tabIndex={0} onKeyDown={move}>
      <div className="grid-head" role="row" style={{ gridTemplateColumns: template }}>
        {onOpen ? (
          <div role="columnheader">
            <span className="visually-hidden">Open</span>
          </div>
        ) : null}
        {table.columns.map((column, index) => (
          <button
            key={index}
            role="columnheader"
            className={isNumeric(column) ? "number" : undefined}
            aria-sort={sorting?.column === index ? (sorting.descending ? "descending" : "ascending") : "none"}
            title={`${column.name}: ${column.type}`}
            onClick={() => setSorting({ column: index, descending: sorting?.column === index && !sorting.descending })}
          >
            {column.name}
            {sorting?.column === index ? (sorting.descending ? " ↓" : " ↑") : ""}
          </button>
        ))}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            role="row"
            aria-rowindex={item.index + 2}
            aria-selected={item.index === selected}
            className="grid-row"
            style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)`, height: ROW_HEIGHT }}
            onClick={() => setSelected(item.index)}
            onDoubleClick={() => onOpen?.(rows[item.index]!)}
          >
            {onOpen ? (
              <div role="gridcell" className="opener">
                <button className="plain" tabIndex={-1} aria-label={`Open row ${item.index + 1}`} onClick={() => onOpen(rows[item.index]!)}>
                  ›
                </button>
              </div>
            ) : null}
            {rows[item.index]!.map((cell, index) => (
              <div key={index} role="gridcell" className={isNumeric(table.columns[index]!) ? "number" : undefined} title={cellText(cell).slice(0, 2000)}>
                {shownText(table.columns[index]!, cell).slice(0, 400)}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function arrange(table: Table, sorting: Sorting | null, filter: string): Cell[][] {
  const wanted = filter.toLowerCase();
  const kept = wanted ? table.rows.filter((row) => row.some((cell) => cellText(cell).toLowerCase().includes(wanted))) : table.rows;
  if (!sorting) return kept;
  const column = table.columns[sorting.column]!;
  const sign = sorting.descending ? -1 : 1;
  return [...kept].sort((a, b) => sign * compareCells(column, a[sorting.column]!, b[sorting.column]!));
}

function widthOf(table: Table, index: number): number {
  const longest = table.rows.slice(0, SAMPLE).reduce((most, row) => Math.max(most, shownText(table.columns[index]!, row[index]!).length), table.columns[index]!.name.length + 2);
  return Math.min(420, Math.max(80, longest * 7.4 + 24));
}
