// Reads {"tables": {name: [[column, type], ...]}, "queries": [text, ...]} on stdin; writes, for each query, its columns and diagnostics.
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");
const K = globalThis.Kusto.Language, S = K.Symbols;
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const tables = Object.entries(input.tables).map(([name, columns]) =>
  new S.TableSymbol.$ctor4(name, columns.map(([column, type]) => new S.ColumnSymbol(column, S.ScalarTypes.GetSymbol(type)))));
const globals = K.GlobalState.Default.WithDatabase(new S.DatabaseSymbol.ctor("db", tables));
const list = (items) => { const out = []; for (let i = 0; i < items.Count; i++) out.push(items.getItem(i)); return out; };
const answers = input.queries.map((text) => {
  const code = K.KustoCode.ParseAndAnalyze(text, globals);
  const type = code.ResultType;
  return {
    columns: type && type.Columns ? list(type.Columns).map((c) => [c.Name, c.Type && c.Type.Name]) : null,
    open: Boolean(type && type.IsOpen),
    errors: list(code.GetDiagnostics()).filter((d) => d.Severity === "Error").map((d) => [d.Code, d.Message]),
  };
});
process.stdout.write(JSON.stringify(answers));
