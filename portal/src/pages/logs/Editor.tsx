// Monaco registers its own features before the language does: the order of these two lines matters.
import { monaco } from "../../parts/editor/monaco";
import { kustoDefaults } from "@kusto/monaco-kusto";

import { useEffect, useRef } from "react";

import { isDark, onThemeChange } from "../../shell/ThemeSwitch";

// Keywords have their colours at once; those of tables and columns follow from the worker.
kustoDefaults.setLanguageSettings({ ...kustoDefaults.languageSettings, useTokenColorization: true });

interface Props {
  value: string;
  schema: unknown;
  onChange: (text: string) => void;
  onRun: () => void;
  /** Gets what puts text where the cursor stands. */
  onReady?: (insert: (text: string) => void) => void;
}

/** The KQL editor. `schema` is Kusto's `.show schema as json` answer; Shift+Enter runs. */
export default function Editor({ value, schema, onChange, onRun, onReady }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const run = useRef(onRun);
  run.current = onRun;
  const change = useRef(onChange);
  change.current = onChange;

  useEffect(() => {
    const made = monaco.editor.create(host.current!, {
      model: queryModel(value),
      theme: isDark() ? "kusto-dark" : "kusto-light",
      automaticLayout: true,
      minimap: { enabled: false },
      fontSize: 13,
      wordWrap: "on",
      scrollBeyondLastLine: false,
      lineNumbersMinChars: 3,
      ariaLabel: "KQL query; Shift+Enter runs it",
    });
    made.addCommand(monaco.KeyMod.Shift | monaco.KeyCode.Enter, () => run.current());
    made.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => run.current());
    made.onDidChangeModelContent(() => change.current(made.getValue()));
    editor.current = made;
    onReady?.((text) => {
      made.executeEdits("schema", [{ range: made.getSelection()!, text, forceMoveMarkers: true }]);
      made.focus();
    });
    const stop = onThemeChange(() => monaco.editor.setTheme(isDark() ? "kusto-dark" : "kusto-light"));
    return () => {
      stop();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    if (editor.current && editor.current.getValue() !== value) editor.current.setValue(value);
  }, [value]);

  useEffect(() => {
    if (schema) void giveSchema(editor.current, schema);
  }, [schema]);

  return <div ref={host} style={{ height: "100%" }} data-testid="kql-editor" />;
}

const MODEL = monaco.Uri.parse("inmemory://gatelog/query.kql");

/** The one text of the page. It outlives the editor: the language service asks for it a while after the page was left. */
function queryModel(value: string): monaco.editor.ITextModel {
  const model = monaco.editor.getModel(MODEL) ?? monaco.editor.createModel(value, "kusto", MODEL);
  if (model.getValue() !== value) model.setValue(value);
  return model;
}

interface KustoWorkers {
  getKustoWorker(): Promise<(model: monaco.Uri) => Promise<{ setSchemaFromShowSchema(schema: unknown, cluster: string, database: string): Promise<void> }>>;
}

async function giveSchema(editor: monaco.editor.IStandaloneCodeEditor | null, schema: unknown): Promise<void> {
  const model = editor?.getModel();
  if (!model) return;
  const kusto = (monaco.languages as unknown as { kusto: KustoWorkers }).kusto;
  const worker = await (await kusto.getKustoWorker())(model.uri);
  await worker.setSchemaFromShowSchema(schema, window.location.origin, "gatelog");
}
