// What an import needs to say about a description. Pure.

/** The `format` that the management API wants for a text or link. */
export function formatOf(text: string): string {
  const said = text.trim();
  if (/^https?:\/\/\S+$/.test(said)) return /\.ya?ml($|\?)/i.test(said) ? "openapi-link" : "openapi+json-link";
  if (!said.startsWith("{")) return "openapi";
  return /"swagger"\s*:\s*"2/.test(said) ? "swagger-json" : "openapi+json";
}

/** A resource name made of a title. */
export function idOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80);
}
