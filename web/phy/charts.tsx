/** Four charts on one axis of time, with what was broken on purpose shaded. */
import { type ReactElement, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { DeviceView } from '#bus/api.ts';
import { lab, samples } from '../store/lab-state.ts';
import { clockTime } from '../ui/format.ts';
import { useTheme } from '../ui/theme.ts';
import { type FaultWindow, faultWindows } from './fault-windows.ts';

const HEIGHT = 132;
const SPAN_SECONDS = 120;

const CHARTS = [
  { reading: 'ber', title: 'BER count', unit: 'of 63', floor: [0, 10], step: true },
  { reading: 'erroredBlocks', title: 'Errored blocks', unit: 'of 255', floor: [0, 10], step: true },
  { reading: 'rxDbm', title: 'RX power', unit: 'dBm', floor: [-16, 0], step: false },
  { reading: 'celsius', title: 'Temperature', unit: '°C', floor: [25, 50], step: false },
] as const;

export const Charts = ({ device }: { device: DeviceView }): ReactElement => (
  <section className="faceplate" aria-label="Charts">
    <header className="head">
      <h2>
        Charts<small>the last two minutes; faults shaded</small>
      </h2>
    </header>
    <div className="charts">
      {CHARTS.map((chart) => (
        <Chart key={chart.reading} device={device.name} chart={chart} />
      ))}
    </div>
  </section>
);

const Chart = ({ device, chart }: { device: string; chart: (typeof CHARTS)[number] }): ReactElement => {
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours, which are read once
  useEffect(() => {
    const at = place.current;
    if (at === null) return;
    const plot = new uPlot(optionsOf(at, device, chart), [[], []], at);
    const draw = (): void => {
      if (document.hidden) return;
      const { time, readings } = samples.of(device);
      const from = Math.max(0, time.length - SPAN_SECONDS * 2.5);
      const values = (readings[chart.reading] ?? [])
        .slice(from)
        .map((value) => (Number.isFinite(value) ? value : null));
      plot.setData([time.slice(from), values]);
    };
    draw();
    const stop = samples.subscribe(draw);
    const sized = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height: HEIGHT }));
    sized.observe(at);
    return () => {
      stop();
      sized.disconnect();
      plot.destroy();
    };
  }, [device, chart, theme]);
  return (
    <figure className="chart">
      <figcaption>
        {chart.title} <span className="dim">{chart.unit}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${chart.title} over the last two minutes`} />
    </figure>
  );
};

const optionsOf = (at: HTMLElement, device: string, chart: (typeof CHARTS)[number]): uPlot.Options => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--ink-3'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `11px ${colour('--font-ui')}`,
  };
  const [least, most] = chart.floor;
  return {
    width: at.clientWidth,
    height: HEIGHT,
    cursor: { sync: { key: `phy-${device}` }, y: false, points: { size: 5 } },
    legend: { show: false },
    padding: [6, 8, 0, 0],
    scales: {
      x: { time: false, range: () => [nowSeconds(device) - SPAN_SECONDS, nowSeconds(device)] },
      y: { range: (_plot, low, high) => [Math.min(least, low ?? least), Math.max(most, (high ?? most) * 1.05)] },
    },
    axes: [
      { ...axis, size: 22, gap: 3, space: 70, values: (_plot, ticks) => ticks.map((tick) => clockTime(tick * 1e9)) },
      { ...axis, size: 38, gap: 4, space: 28 },
    ],
    series: [
      {},
      {
        stroke: colour('--ink-2'),
        width: 1.5,
        fill: `color-mix(in srgb, ${colour('--ink-3')} 14%, transparent)`,
        points: { show: false },
        ...(chart.step && uPlot.paths.stepped !== undefined ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      },
    ],
    hooks: { drawClear: [(plot) => shade(plot, device, colour('--fault-soft'), colour('--fault'))] },
  };
};

const nowSeconds = (device: string): number => samples.of(device).time.at(-1) ?? 0;

const shade = (plot: uPlot, device: string, fill: string, edge: string): void => {
  const active = lab.state.devices.find(({ name, remote }) => name === device && !remote)?.faults ?? [];
  const { left, top, width, height } = plot.bbox;
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  for (const window of faultWindows(lab.state.happenings, device, active)) paint(plot, window, fill, edge);
  ctx.restore();
};

const paint = ({ ctx, bbox, valToPos }: uPlot, { name, from, to }: FaultWindow, fill: string, edge: string): void => {
  const start = valToPos(from, 'x', true);
  const end = to === null ? bbox.left + bbox.width : valToPos(to, 'x', true);
  ctx.fillStyle = fill;
  ctx.fillRect(start, bbox.top, Math.max(2, end - start), bbox.height);
  ctx.fillStyle = edge;
  ctx.fillRect(start, bbox.top, devicePixelRatio, bbox.height);
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  ctx.textBaseline = 'top';
  if (end - start > ctx.measureText(name).width + 8)
    ctx.fillText(name, Math.max(start, bbox.left) + 4 * devicePixelRatio, bbox.top + 3);
};
