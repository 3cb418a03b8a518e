// Monaco with its workers. Loaded only by editors, so that no other page pays for it.
// The editor's own features register before any language does: the order of these lines matters.
import "monaco-editor/esm/vs/editor/edcore.main";

import KustoWorker from "@kusto/monaco-kusto/release/esm/kusto.worker?worker";
import * as monaco from "monaco-editor/esm/vs/editor/editor.api";
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker?worker";

self.MonacoEnvironment = { getWorker: (_id, label) => (label === "kusto" ? new KustoWorker() : new EditorWorker()) };

// Monaco's own red for attributes is too pale on white for WCAG AA.
monaco.editor.defineTheme("gatelog-light", { base: "vs", inherit: true, rules: [{ token: "attribute.name", foreground: "b3261e" }], colors: {} });

export { monaco };
