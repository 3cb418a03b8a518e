import { send } from "../../client";
import type { monaco as Monaco } from "./monaco";

interface Element {
  name: string;
  sections: string[];
  attributes: string[];
  doc: string;
}

let started = false;

/** Complete the names of policy elements and their attributes, as the gateway that runs them knows them. */
export function completePolicies(monaco: typeof Monaco): void {
  if (started) return;
  started = true;
  const elements = send<{ value: Element[] }>("GET", "/api/policy/elements").then(
    (answer) => answer.value,
    () => [],
  );
  monaco.languages.registerCompletionItemProvider("xml", {
    triggerCharacters: ["<", " "],
    provideCompletionItems: async (model, position) => {
      const before = model.getValueInRange({ startLineNumber: 1, startColumn: 1, endLineNumber: position.lineNumber, endColumn: position.column });
      const word = model.getWordUntilPosition(position);
      const range = { startLineNumber: position.lineNumber, endLineNumber: position.lineNumber, startColumn: word.startColumn, endColumn: word.endColumn };
      const known = await elements;
      const open = openTag(before);
      if (open === null) return { suggestions: [] };
      if (open.inName) {
        const suggestions = known
          .filter((element) => !open.section || element.sections.includes(open.section))
          .map((element) => ({ label: element.name, detail: element.sections.join(", "), documentation: element.doc, kind: monaco.languages.CompletionItemKind.Module, insertText: element.name, range: { ...range, startColumn: position.column - open.typed.length } }));
        return { suggestions };
      }
      const element = known.find((found) => found.name === open.name);
      const suggestions = (element?.attributes ?? []).map((name) => ({ label: name, kind: monaco.languages.CompletionItemKind.Property, insertText: `${name}="$1"`, insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet, range: { ...range, startColumn: position.column - open.typed.length } }));
      return { suggestions };
    },
  });
}

export interface OpenTag {
  name: string;
  inName: boolean;
  /** What of the name or attribute stands there already. */
  typed: string;
  section: string;
}

/** The tag in which a text ends, or null outside of tags and inside quoted values. */
export function openTag(before: string): OpenTag | null {
  const start = before.lastIndexOf("<");
  const tail = before.slice(start + 1);
  if (start < 0 || tail.includes(">") || /^[!?/]/.test(tail)) return null;
  const section = [...before.slice(0, start).matchAll(/<(\/?)(inbound|backend|outbound|on-error)>/g)].at(-1);
  const inside = section && section[1] === "" ? section[2]! : "";
  const name = /^[\w-]*/.exec(tail)![0];
  if (name.length === tail.length) return { name, inName: true, typed: name, section: inside };
  if ((tail.split('"').length - 1) % 2 === 1) return null;
  return { name, inName: false, typed: /[\w-]*$/.exec(tail)![0], section: inside };
}
