import type { TimeRange } from "./kql";

const CHOICES: [string, string][] = [
  ["15m", "15 min"],
  ["1h", "1 hour"],
  ["6h", "6 hours"],
  ["1d", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
];

/** How far back to look; a brushed range shows as "custom" until another is chosen. */
export function TimePicker({ range, onChange }: { range: TimeRange; onChange: (range: TimeRange) => void }) {
  return (
    <select aria-label="Time range" value={range.last ?? "custom"} onChange={(event) => onChange({ last: event.target.value })}>
      {range.last ? null : <option value="custom">selected range</option>}
      {CHOICES.map(([value, title]) => (
        <option key={value} value={value}>
          Last {title}
        </option>
      ))}
    </select>
  );
}
