import "@kusto/monaco-kusto";
import KustoWorker from "@kusto/monaco-kusto/release/esm/kusto.worker?worker";
import * as monaco from "monaco-editor/esm/vs/editor/editor.api";
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker?worker";
import { useEffect, useRef } from "react";

self.MonacoEnvironment = { getWorker: (_id, label) => (label === "kusto" ? new KustoWorker() : new EditorWorker()) };

export default function Editor() {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const editor = monaco.editor.create(host.current!, { language: "kusto", value: "AzureDiagnostics\n| take 10", automaticLayout: true });
    return () => editor.dispose();
  }, []);
  return <div ref={host} style={{ height: 300 }} />;
}
