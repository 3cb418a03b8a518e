import { useCallback, useEffect, useState } from "react";

import { query, type Table } from "../client";

export interface Asked {
  tables: Table[] | null;
  error: unknown;
  busy: boolean;
  again: () => void;
}

/** The answer of a query, asked again when its text changes, on demand, and every `refreshSeconds` (0: never). */
export function useQuery(text: string | null, refreshSeconds = 0, parameters?: Record<string, string>): Asked {
  const given = JSON.stringify(parameters ?? {});
  const [state, setState] = useState<Omit<Asked, "again">>({ tables: null, error: null, busy: text !== null });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((previous) => previous + 1), []);
  useEffect(() => {
    if (text === null) return;
    const control = new AbortController();
    setState((previous) => ({ ...previous, busy: true }));
    query(text, { signal: control.signal, parameters: JSON.parse(given) as Record<string, string> }).then(
      (tables) => setState({ tables, error: null, busy: false }),
      (error: unknown) => {
        if (!control.signal.aborted) setState((previous) => ({ ...previous, error, busy: false }));
      },
    );
    return () => control.abort();
  }, [text, turn, given]);
  useEffect(() => {
    if (!refreshSeconds) return;
    const timer = setInterval(again, refreshSeconds * 1000);
    return () => clearInterval(timer);
  }, [again, refreshSeconds]);
  return { ...state, again };
}
