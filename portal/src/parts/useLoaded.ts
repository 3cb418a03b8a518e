import { useCallback, useEffect, useState } from "react";

/** What a promise gives, its error, and how to ask again. `key` names what is loaded. */
export function useLoaded<T>(load: () => Promise<T>, key: string): { value: T | null; error: unknown; again: () => void } {
  const [state, setState] = useState<{ value: T | null; error: unknown }>({ value: null, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    setState((previous) => ({ ...previous, error: null }));
    load().then(
      (value) => current && setState({ value, error: null }),
      (error: unknown) => current && setState({ value: null, error }),
    );
    return () => {
      current = false;
    };
  }, [key, turn]);
  return { ...state, again: useCallback(() => setTurn((previous) => previous + 1), []) };
}
