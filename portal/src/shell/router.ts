// Where the portal is: `#/logs?query=...`. The address is the only state that a link carries.

import { useSyncExternalStore } from "react";

export interface Place {
  page: string;
  path: string[];
  query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map(decodeURIComponent);
  return { page: page || "overview", path: rest, query: new URLSearchParams(query) };
}

export function linkTo(page: string, path: string[] = [], query: Record<string, string> = {}): string {
  const asked = new URLSearchParams(query).toString();
  return `#/${[page, ...path].map(encodeURIComponent).join("/")}${asked ? `?${asked}` : ""}`;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(subscribe, () => window.location.hash));
}
