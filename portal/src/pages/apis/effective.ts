// What a call meets at the end: the documents of all scopes put into one, each `<base />` filled by the scope above. Pure.

const SECTIONS = ["inbound", "backend", "outbound", "on-error"] as const;

/** Start, end and inner text of the first element of that name, or null. Text inside of quotes and expressions is not looked at. */
function inner(document: string, name: string): string | null {
  const plain = withoutComments(document);
  const open = new RegExp(`<${name}(\\s[^>]*)?>`).exec(plain);
  if (!open) return null;
  const end = plain.indexOf(`</${name}>`, open.index);
  return end < 0 ? null : plain.slice(open.index + open[0].length, end);
}

function withoutComments(document: string): string {
  return document.replace(/<!--[\s\S]*?-->/g, "");
}

function indented(text: string, spaces: number): string {
  const lines = text.replace(/^\s*\n/, "").trimEnd().split("\n");
  const least = Math.min(...lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length), 99);
  return lines.map((line) => (line.trim() ? " ".repeat(spaces) + line.slice(least) : "")).join("\n");
}

/** `documents`: from the outermost scope to the innermost; null where a scope has none. */
export function effectivePolicy(documents: { title: string; text: string | null }[]): string {
  const sections = SECTIONS.map((section) => {
    const content = documents.reduce((above, { title, text }) => {
      const own = text === null ? null : inner(text, section);
      if (own === null) return above;
      const said = own.replace(/^[ \t]*<base\s*\/>[ \t]*\n?/gm, () => (above ? `${above}\n` : "")).replace(/<base\s*\/>/g, () => above);
      const marked = own.replace(/<base\s*\/>/g, "").trim() ? `<!-- ${title} -->\n` : "";
      return said.trim() ? `${marked}${indented(said, 0)}` : "";
    }, "");
    return `    <${section}>\n${content ? `${indented(content, 8)}\n` : ""}    </${section}>`;
  });
  return `<policies>\n${sections.join("\n")}\n</policies>`;
}
