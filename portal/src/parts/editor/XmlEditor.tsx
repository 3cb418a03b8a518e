import "monaco-editor/esm/vs/basic-languages/xml/xml.contribution";

import { useEffect, useRef } from "react";

import type { Detail } from "../../client";
import { isDark, onThemeChange } from "../../shell/ThemeSwitch";
import { monaco } from "./monaco";
import { completePolicies } from "./policyCompletion";

interface Props {
  value: string;
  label: string;
  problems?: Detail[];
  readOnly?: boolean;
  onChange?: (text: string) => void;
  onSave?: () => void;
}

/** XML with policy elements completed and problems underlined where they stand. */
export default function XmlEditor({ value, label, problems = [], readOnly = false, onChange, onSave }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const saved = useRef(onSave);
  saved.current = onSave;

  useEffect(() => {
    completePolicies(monaco);
    const made = monaco.editor.create(host.current!, {
      language: "xml",
      value,
      theme: isDark() ? "vs-dark" : "gatelog-light",
      automaticLayout: true,
      minimap: { enabled: false },
      fontSize: 13,
      wordWrap: "on",
      readOnly,
      // a typed `<` would put itself around what is selected
      autoSurround: "never",
      autoClosingBrackets: "never",
      scrollBeyondLastLine: false,
      lineNumbersMinChars: 3,
      ariaLabel: label,
      tabFocusMode: readOnly,
    });
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyS, () => saved.current?.());
    made.onDidChangeModelContent(() => changed.current?.(made.getValue()));
    editor.current = made;
    const stop = onThemeChange(() => monaco.editor.setTheme(isDark() ? "vs-dark" : "gatelog-light"));
    return () => {
      stop();
      made.getModel()?.dispose();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    if (editor.current && editor.current.getValue() !== value) editor.current.setValue(value);
  }, [value]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model) return;
    monaco.editor.setModelMarkers(model, "gatelog", problems.flatMap((problem) => markerOf(model, problem)));
    const first = problems.find((problem) => problem.line);
    if (first) editor.current?.revealLineInCenter(Math.min(first.line, model.getLineCount()));
  }, [problems]);

  return <div ref={host} style={{ height: "100%" }} />;
}

function markerOf(model: monaco.editor.ITextModel, { message, line, column }: Detail): monaco.editor.IMarkerData[] {
  if (!line) return [];
  const at = Math.min(line, model.getLineCount());
  const end = model.getLineMaxColumn(at);
  return [{ severity: monaco.MarkerSeverity.Error, message, startLineNumber: at, startColumn: Math.min(Math.max(column, 1), end), endLineNumber: at, endColumn: end }];
}
