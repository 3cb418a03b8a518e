import "./playground.css";

import { type KeyboardEvent, useEffect, useRef, useState } from "react";

import { play, query } from "../../client";
import { Empty } from "../../parts/Empty";
import { Failure } from "../../parts/Failure";
import { literal } from "../../parts/kql";
import { after, eventsOf, NOTHING_YET, type Streamed } from "../../parts/sse";
import { useLoaded } from "../../parts/useLoaded";
import { linkTo, usePlace } from "../../shell/router";
import { useMay } from "../../shell/session";
import { CodeView } from "./CodeView";
import { type Choice, type Choices, loadChoices, routesOf } from "./choices";
import { bodyOf, FIRST_SETUP, type Said, type Setup, setupOf, type Target } from "./setup";
import { SetupPanel } from "./SetupPanel";

interface Turn extends Said {
  note?: string;
  correlationId?: string;
  failed?: boolean;
}

/** Talk to a deployment through the gateway, so that each call is metered and logged as any other. */
export default function Playground() {
  const may = useMay("write");
  const { value: choices, error, again } = useLoaded(loadChoices, "choices");
  if (!may) return <Empty title="Not for this role">The playground makes calls with a subscription's key, which this role may not use.</Empty>;
  if (error) return <Failure error={error} onRetry={again} />;
  if (!choices) return <p className="quiet" role="status">Loading deployments</p>;
  if (!choices.deployments.length) return <Empty title="No deployments">Add a Cognitive Services account with a deployment under Resources.</Empty>;
  if (!choices.routes.length) return <Empty title="No API to call">Import the Azure OpenAI description under APIs: the playground needs an operation of chat completions.</Empty>;
  return <Talk choices={choices} />;
}

function Talk({ choices }: { choices: Choices }) {
  const place = usePlace();
  const [setup, setSetup] = useState<Setup>(FIRST_SETUP);
  const [choice, setChoice] = useState<Choice>(() => ({ deployment: firstDeployment(choices), route: "", subscription: choices.subscriptions[0]?.name ?? "" }));
  const [turns, setTurns] = useState<Turn[]>([]);
  const [draft, setDraft] = useState("");
  const [answer, setAnswer] = useState<Streamed | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  const end = useRef<HTMLElement>(null);
  const opened = place.query.get("call");

  useEffect(() => {
    if (!opened) return;
    void loadCall(opened).then((found) => {
      if (!found) return setFailure(new Error("this call has no request that the playground can repeat"));
      setSetup(found.setup);
      setTurns(found.said);
      setDraft(found.draft);
      if (found.deployment) setChoice((before) => ({ ...before, deployment: found.deployment }));
    }, setFailure);
  }, [opened]);
  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [turns, answer]);

  const routes = routesOf(choices, setup.mode);
  const route = routes.find((found) => found.id === choice.route) ?? routes[0];
  const target: Target | null = route
    ? { ...route, gateway: choices.gateway, deployment: choice.deployment, values: { ...route.values, "deployment-id": choice.deployment } }
    : null;

  const send = async () => {
    if (!target || !route || !draft.trim() || answer) return;
    const said: Turn[] = [...(setup.mode === "chat" ? turns.filter((turn) => !turn.failed) : []), { role: "user", text: draft }];
    const control = new AbortController();
    running.current = control;
    setFailure(null);
    setAnswer(NOTHING_YET);
    const started = performance.now();
    try {
      const asked = {
        api: route.api,
        operation: route.operation,
        subscription: choice.subscription || undefined,
        parameters: target.values,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(bodyOf(setup, said, target)),
      };
      const { response, correlationId } = await play(asked, control.signal);
      const { last, first } = await follow(response, setAnswer);
      const times = { first: first === null ? null : first - started, total: performance.now() - started };
      const isBad = !response.ok || Boolean(last.error);
      setTurns([...said, { role: "assistant", text: isBad ? `${response.status}: ${last.error || "no answer"}` : last.text, note: noteOf(last, times), correlationId, failed: isBad }]);
      if (!isBad) setDraft("");
    } catch (error) {
      // what was typed stays, to be sent again
      if (!control.signal.aborted) setFailure(error);
    } finally {
      setAnswer(null);
    }
  };

  return (
    <div className="stack">
      <header className="page-head" style={{ margin: 0 }}>
        <h1>Playground</h1>
        <span className="space" />
        <button onClick={() => setTurns([])} disabled={!turns.length}>
          Clear chat
        </button>
      </header>
      <div className="split setup-last">
        <SetupPanel choices={choices} routes={routes} route={route} choice={choice} onChoice={setChoice} setup={setup} onSetup={setSetup} />
        <div className="stack">
          {!target ? <Empty title="No such operation">No API has an operation for {setup.mode}.</Empty> : null}
          <section className="card stack talk" aria-label="Conversation" ref={end} tabIndex={0}>
            {turns.length === 0 && !answer ? <p className="quiet">Say something. The call goes through the gateway and shows up under Calls.</p> : null}
            {turns.map((turn, index) => (
              <TurnView key={index} turn={turn} />
            ))}
            {answer ? <TurnView turn={{ role: "assistant", text: answer.text || "…" }} /> : null}
          </section>
          {failure ? <Failure error={failure} onRetry={() => void send()} /> : null}
          <div className="card stack">
            <textarea
              aria-label={setup.mode === "chat" ? "Message" : "Prompt"}
              rows={3}
              value={draft}
              placeholder="Ctrl+Enter sends"
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={(event: KeyboardEvent) => {
                if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
              }}
            />
            <div className="row">
              <button className="primary" disabled={!draft.trim() || Boolean(answer) || !target} onClick={() => void send()}>
                Send
              </button>
              <button disabled={!answer} onClick={() => running.current?.abort()}>
                Stop
              </button>
            </div>
          </div>
          {target ? <CodeView body={bodyOf(setup, [...turns.filter((turn) => !turn.failed), { role: "user", text: draft || "Hello" }], target)} mode={setup.mode} target={target} /> : null}
        </div>
      </div>
    </div>
  );
}

function TurnView({ turn }: { turn: Turn }) {
  return (
    <div className={`turn ${turn.failed ? "error" : turn.role === "user" ? "user" : ""}`}>
      <div className="quiet">{turn.role}</div>
      <pre>{turn.text}</pre>
      {turn.note || turn.correlationId ? (
        <div className="row quiet">
          {turn.note}
          {turn.correlationId ? <a href={linkTo("calls", [turn.correlationId])}>Open the call</a> : null}
        </div>
      ) : null}
    </div>
  );
}

/** Read an answer to its end, showing it as it grows; `first` is when its first text came. */
async function follow(response: Response, show: (streamed: Streamed) => void): Promise<{ last: Streamed; first: number | null }> {
  let last = NOTHING_YET;
  let first: number | null = null;
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    last = after(last, await response.text());
    return { last, first: performance.now() };
  }
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    const { events, rest } = eventsOf(waiting + (value ?? "") + (done ? "\n\n" : ""));
    waiting = rest;
    last = events.reduce(after, last);
    if (first === null && last.text) first = performance.now();
    show(last);
    if (done) return { last, first };
  }
}

function noteOf(streamed: Streamed, times: { first: number | null; total: number }): string {
  const usage = streamed.usage;
  const prompt = usage?.prompt_tokens ?? usage?.input_tokens;
  const completion = usage?.completion_tokens ?? usage?.output_tokens;
  return [
    ...(usage ? [`${prompt ?? 0} + ${completion ?? 0} tokens`] : []),
    ...(times.first === null ? [] : [`first text ${Math.round(times.first)} ms`]),
    `${Math.round(times.total)} ms`,
    ...(streamed.finish && streamed.finish !== "stop" ? [`ended: ${streamed.finish}`] : []),
  ].join(" · ");
}

function firstDeployment(choices: Choices): string {
  return (choices.deployments.find((found) => /^gpt-4o/.test(found.name)) ?? choices.deployments[0])?.name ?? "";
}

async function loadCall(id: string): Promise<(NonNullable<ReturnType<typeof setupOf>> & { deployment: string }) | null> {
  const kql = `ApiManagementGatewayLogs | where CorrelationId == ${literal(id)} | project RequestBody, Url | take 1`;
  const row = (await query(kql))[0]?.rows[0];
  const found = row ? setupOf(String(row[0] ?? "")) : null;
  const deployment = /\/deployments\/([^/?]+)/.exec(String(row?.[1] ?? ""))?.[1] ?? "";
  return found ? { ...found, deployment: decodeURIComponent(deployment) } : null;
}
