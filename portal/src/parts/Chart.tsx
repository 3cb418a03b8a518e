import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { BrushComponent, DataZoomComponent, GridComponent, LegendComponent, TitleComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import type { Table } from "../client";
import { isDark, onThemeChange } from "../shell/ThemeSwitch";
import { optionOf, type Span } from "./chartOption";

echarts.use([BarChart, LineChart, PieChart, ScatterChart, BrushComponent, DataZoomComponent, GridComponent, LegendComponent, TitleComponent, TooltipComponent, CanvasRenderer]);

/** A result drawn as its `render` says. `onZoom` gets the time range that a person brushed, in ms since 1970. */
export function Chart({ table, kind, height = 320, span, onZoom }: { table: Table; kind: string; height?: number; span?: Span; onZoom?: (from: number, to: number) => void }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const draw = () => {
      const chart = echarts.init(host.current!, isDark() ? "dark" : undefined);
      chart.setOption({ backgroundColor: "transparent", ...optionOf(table, kind, span) });
      chart.on("datazoom", () => {
        const range = (chart.getOption().dataZoom as { startValue?: number; endValue?: number }[] | undefined)?.[0];
        if (range?.startValue && range.endValue) onZoom?.(range.startValue, range.endValue);
      });
      return chart;
    };
    let chart = draw();
    const redraw = () => {
      chart.dispose();
      chart = draw();
    };
    const resized = new ResizeObserver(() => chart.resize());
    resized.observe(host.current!);
    const stop = onThemeChange(redraw);
    return () => {
      stop();
      resized.disconnect();
      chart.dispose();
    };
  }, [table, kind, span?.from, span?.to, onZoom]);
  return <div ref={host} style={{ height, width: "100%" }} role="img" aria-label={`${kind} of ${table.rows.length} rows`} />;
}
