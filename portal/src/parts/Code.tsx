import { CopyButton } from "./CopyButton";

/** Text of a program, to copy. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className="code">
      <CopyButton text={text} />
      <pre tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
    </div>
  );
}
