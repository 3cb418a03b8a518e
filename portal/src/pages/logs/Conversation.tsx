import { answerTurns, requestTurns, type Turn } from "../calls/conversation";

/** The turns of a cell that holds a request or answer of a model; none for any other text. */
export function turnsOf(text: string): Turn[] {
  if (!text.startsWith("{")) return [];
  const said = requestTurns(text);
  return said.length ? said : answerTurns(text);
}

export function Conversation({ turns }: { turns: Turn[] }) {
  return (
    <>
      {turns.map((turn, index) => (
        <div key={index} className={`turn ${turn.role === "error" ? "error" : turn.role === "user" ? "user" : ""}`}>
          <div className="quiet">{turn.role}</div>
          <pre>{turn.text}</pre>
        </div>
      ))}
    </>
  );
}
