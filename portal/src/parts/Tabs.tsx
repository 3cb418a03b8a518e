import { linkTo } from "../shell/router";

/** Views of one thing, each with its own address. */
export function Tabs({ page, path, tabs, current, label }: { page: string; path: string[]; tabs: [string, string][]; current: string; label: string }) {
  return (
    <nav className="row" aria-label={label}>
      {tabs.map(([id, title]) => (
        <a key={id} className="tab" href={linkTo(page, [...path, id])} aria-current={id === current ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
