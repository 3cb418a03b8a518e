import { useState } from "react";

import { send, type Table } from "../../client";
import { Failure } from "../../parts/Failure";
import { linkTo } from "../../shell/router";
import { useMay } from "../../shell/session";
import { idOf } from "../apis/openapi";
import { type Dashboard, loadDashboards } from "../overview/dashboards";

const CHARTS = ["timechart", "areachart", "columnchart", "barchart", "piechart", "scatterchart", "anomalychart"];
const NEAR: Record<string, string> = { stackedareachart: "areachart", linechart: "timechart" };

/** The tile's chart: what the query renders, else its rows. */
function chartOf(table: Table): string {
  const rendered = String(table.visualization?.Visualization ?? "");
  const chart = NEAR[rendered] ?? rendered;
  return CHARTS.includes(chart) ? chart : "table";
}

/** Puts the query as a tile on a dashboard of one's own. */
export function PinToDashboard({ kql, table }: { kql: string; table: Table | undefined }) {
  const mayWrite = useMay("write");
  const [done, setDone] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  if (!mayWrite || !table) return null;
  const pin = async () => {
    const title = window.prompt("Dashboard", "My dashboard");
    const id = idOf(title ?? "");
    if (!title || !id) return;
    setFailure(null);
    try {
      const before = (await loadDashboards()).find((dashboard) => dashboard.id === id);
      await send<Dashboard>("PUT", `/v1/dashboards/${id}`, {
        title: before?.title ?? title,
        tiles: [...(before?.tiles ?? []), { title: kql.trim().split("\n")[0]!.slice(0, 60).replace(/\s*\|\s*$/, ""), chart: chartOf(table), stacked: table.visualization?.Visualization === "stackedareachart" || table.visualization?.Kind === "stacked", kql: kql.replace(/\|\s*render\s+[\s\S]*$/, "").trim() }],
      });
      setDone(id);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      <button onClick={() => void pin()}>Pin</button>
      {done ? <a href={linkTo("overview", [done])}>Pinned</a> : null}
      {failure ? <Failure error={failure} /> : null}
    </>
  );
}
