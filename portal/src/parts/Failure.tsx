import { Component, type ReactNode } from "react";

import { ApiError } from "../client";

/** A failure in words, with what to do next. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div className="message error" role="alert">
      <pre>{textOf(error)}</pre>
      {onRetry ? (
        <button style={{ marginTop: 8 }} onClick={onRetry}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

function textOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) return "The session has ended or the key is wrong. Sign in again.";
  if (error instanceof ApiError && error.status === 403) return `Not allowed: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Keeps one broken page from taking the portal with it. */
class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return this.state.error ? <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} /> : this.props.children;
  }
}

Failure.Boundary = Boundary;
