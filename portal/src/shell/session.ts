import { createContext, useContext } from "react";

import type { Session } from "../client";

export const SessionContext = createContext<Session | null>(null);

/** Whether the person's roles allow an action somewhere. The server decides each time; this only hides what cannot work. */
export function useMay(action: string): boolean {
  return useContext(SessionContext)?.actions.includes(action) ?? false;
}
