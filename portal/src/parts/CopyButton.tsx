import { useState } from "react";

/** Copies a text and says so. */
export function CopyButton({ text, title = "Copy" }: { text: string; title?: string }) {
  const [said, setSaid] = useState("");
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser refused"),
    );
  return (
    <button onClick={copy} onBlur={() => setSaid("")} aria-live="polite">
      {said || title}
    </button>
  );
}
