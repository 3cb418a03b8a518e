"""Record what a real C# compiler and Newtonsoft.Json answer to expressions, for tests/conformance/policies/expressions/.

    python scripts/record_expressions.py tests/conformance/policies/expressions/strings.json [--add FILE.txt]

The JSON file holds {"context": ..., "cases": [{"expression", "type", "text"} | {"expression", "exception", "message"}]}.
--add appends the expressions of a text file, one on each line. Needs mono, mcs and Newtonsoft.Json
(Debian: mono-mcs mono-runtime libnewtonsoft-json5.0-cil and libmono-system-*-cil). What mcs refuses is left out and named.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NEWTONSOFT = Path("/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll")
HEAD = r"""
using System; using System.Collections.Generic; using System.Globalization; using System.IO; using System.Linq; using System.Net;
using System.Security.Cryptography; using System.Text;
using System.Text.RegularExpressions; using System.Xml.Linq;
using Newtonsoft.Json; using Newtonsoft.Json.Linq;
public class Body { public string Text; public T As<T>(bool preserveContent = false) { object v = Text;
  if (typeof(T) == typeof(JObject)) v = JObject.Parse(Text); 
  else if (typeof(T) == typeof(JArray)) v = JArray.Parse(Text);
  else if (typeof(T) == typeof(JToken)) v = JToken.Parse(Text);
  else if (typeof(T) == typeof(byte[])) v = Encoding.UTF8.GetBytes(Text);
  return (T)v; } }
public class Request {
  public Body Body = new Body(); public string Method = "POST"; public string IpAddress = "203.0.113.7"; }
public class Context { public Request Request = new Request(); public Request Response = null;
  public Dictionary<string, object> Variables = new Dictionary<string, object>();
  public Guid RequestId = new Guid("11111111-2222-3333-4444-555555555555"); }
public static class Ext {
  public static T GetValueOrDefault<T>(this Dictionary<string, object> v, string n, T d = default(T)) {
    object o; return v.TryGetValue(n, out o) ? (T)o : d; } }
public static class P {
  static string Q(string s) { return JsonConvert.ToString(s); }
  static string Name(Type t) { if (t.IsArray) return Name(t.GetElementType()) + "[]"; if (!t.IsGenericType) return t.Name;
    return t.Name.Split('`')[0] + "<" + string.Join(", ", t.GetGenericArguments().Select(Name)) + ">"; }
  static void Run(int i, Func<Context, object> f) { string line;
    try { var v = f(Make());
      line = v == null ? "{\"type\":\"null\",\"text\":\"\"}"
      : "{\"type\":" + Q(Name(v.GetType())) + ",\"text\":" + Q(v.ToString() ?? "") + "}"; }
    catch (Exception e) { line = "{\"exception\":" + Q(e.GetType().Name) + ",\"message\":" + Q(e.Message) + "}"; }
    Console.WriteLine(i + " " + line); }
"""


def program(cases: list[tuple[int, str]], context: dict[str, object]) -> tuple[str, dict[int, int]]:
    """C# text, and the case of each of its lines."""
    body = json.dumps(context.get("body", "{}"))
    lines = HEAD.split("\n")
    lines.append(f"  static Context Make() {{ var c = new Context(); c.Request.Body.Text = {body};")
    for name, (kind, value) in dict(context.get("variables", {})).items():  # type: ignore[call-overload]
        lines.append(f'    c.Variables["{name}"] = ({kind})({value});')
    lines.append("    return c; }")
    owner: dict[int, int] = {}
    for index, text in cases:
        block = text[2:-1] if text.startswith("@{") else f"return {text[2:-1] if text.startswith('@(') else text};"
        owner[len(lines) + 1] = index
        lines.append(f"  static object F{index}(Context context) {{ {block} }}")
    lines.append("  public static void Main() { Console.OutputEncoding = new UTF8Encoding(false);")
    lines.append('    System.Threading.Thread.CurrentThread.CurrentCulture = new CultureInfo("en-US");')
    lines += [f"    Run({index}, F{index});" for index, _ in cases]
    lines.append("  } }")
    return "\n".join(lines), owner


def run(cases: list[tuple[int, str]], context: dict[str, object], place: Path) -> dict[int, dict[str, str]]:
    """Compile, dropping what mcs refuses, and execute."""
    for _ in range(20):
        text, owner = program(cases, context)
        (place / "a.cs").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                "mcs",
                "-nologo",
                "-nowarn:1718,219,162,168,252,253",
                f"-r:{NEWTONSOFT}",
                "-r:System.Core",
                "-r:System.Xml",
                "-r:System.Xml.Linq",
                "-r:System.Numerics",
                "a.cs",
            ],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        refused = {
            owner[int(line)]: why
            for line, why in re.findall(r"a\.cs\((\d+),\d+\): error (.*)", done.stdout + done.stderr)
            if int(line) in owner
        }
        if not refused:
            break
        for index, why in refused.items():
            print("refused:", dict(cases)[index], "--", why, file=sys.stderr)
        cases = [(i, t) for i, t in cases if i not in refused]
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    answer = subprocess.run(
        ["mono", "a.exe"],
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
        env={"MONO_PATH": str(NEWTONSOFT.parent), "TZ": "UTC", "PATH": "/usr/bin:/bin", "LANG": "en_US.UTF-8"},
    )
    rows = (line.split(" ", 1) for line in answer.stdout.split("\n") if line)
    return {int(index): json.loads(row) for index, row in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--add", type=Path)
    arguments = parser.parse_args()
    table = json.loads(arguments.table.read_text(encoding="utf-8")) if arguments.table.exists() else {"context": {}, "cases": []}
    texts = [case["expression"] for case in table["cases"]]
    if arguments.add:
        texts += [line.strip() for line in arguments.add.read_text(encoding="utf-8").split("\n") if line.strip()]
    texts = list(dict.fromkeys(texts))
    with tempfile.TemporaryDirectory() as folder:
        results = run(list(enumerate(texts)), table["context"], Path(folder))
    table["cases"] = [{"expression": text, **results[index]} for index, text in enumerate(texts) if index in results]
    rows = ",\n".join("    " + json.dumps(case, ensure_ascii=False) for case in table["cases"])
    context = json.dumps(table["context"], ensure_ascii=False)
    arguments.table.write_text(f'{{\n  "context": {context},\n  "cases": [\n{rows}\n  ]\n}}\n', encoding="utf-8")
    print(f"{arguments.table}: {len(table['cases'])} cases")


if __name__ == "__main__":
    main()
