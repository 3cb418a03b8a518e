// Tabs, history and saved queries of this browser. Pure but for the two functions at the end.

export interface Draft {
  id: number;
  text: string;
}

export interface Desk {
  drafts: Draft[];
  /** Id of the tab that is shown. */
  open: number;
  /** What was run, latest first. */
  history: string[];
  saved: Record<string, string>;
}

const MOST_HISTORY = 50;
const KEY = "logs.desk";

export function firstDesk(text: string): Desk {
  return { drafts: [{ id: 1, text }], open: 1, history: [], saved: {} };
}

export function textOf(desk: Desk): string {
  return desk.drafts.find((draft) => draft.id === desk.open)?.text ?? "";
}

export function written(desk: Desk, text: string): Desk {
  return { ...desk, drafts: desk.drafts.map((draft) => (draft.id === desk.open ? { ...draft, text } : draft)) };
}

/** A new tab, shown. A query that some tab holds already is shown there. */
export function opened(desk: Desk, text: string): Desk {
  const same = text ? desk.drafts.find((draft) => draft.text === text) : undefined;
  if (same) return { ...desk, open: same.id };
  const id = Math.max(0, ...desk.drafts.map((draft) => draft.id)) + 1;
  return { ...desk, drafts: [...desk.drafts, { id, text }], open: id };
}

export function closed(desk: Desk, id: number): Desk {
  const drafts = desk.drafts.filter((draft) => draft.id !== id);
  if (!drafts.length) return { ...firstDesk(""), history: desk.history, saved: desk.saved };
  return { ...desk, drafts, open: desk.open === id ? drafts.at(-1)!.id : desk.open };
}

export function ran(desk: Desk, text: string): Desk {
  return { ...desk, history: [text, ...desk.history.filter((before) => before !== text)].slice(0, MOST_HISTORY) };
}

/** What a tab is called: the first words of its query. */
export function titleOf(draft: Draft): string {
  const words = draft.text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line && !line.startsWith("//") && !line.startsWith("let "));
  return (words ?? "New query").slice(0, 28);
}

export function loadDesk(first: string): Desk {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Desk | null;
    return found?.drafts?.length ? { ...firstDesk(first), ...found } : firstDesk(first);
  } catch {
    return firstDesk(first);
  }
}

export function storeDesk(desk: Desk): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(desk));
  } catch {
    // a full or forbidden store: the tabs last as long as the page
  }
}
