// The overview's charts. The figures are in the page as JSON; a new rendering brings new ones.
import { clock, dayOfYear } from "./times.js";
import { rounded } from "./words.js";

const READERS = { throughput: ["succeeded"], errors: ["retried", "failed"], latency: ["p50", "p95", "p99"] };
const COLOURS = { retried: "retrying" };
const charts = new Map();
let kind = "wait";

function colour(name) {
  const probe = document.createElement("i");
  probe.className = name;
  if (name.startsWith("--")) probe.style.color = `var(${name})`;
  else probe.style.color = "var(--m, var(--c))";
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const faint = (value) => value.replace(/^rgb\((.*)\)$/, "rgba($1, .14)");
const figure = (value) => (value >= 1000 ? `${rounded(value / 1000)} k` : rounded(value));
const LENGTHS = [[3600, "h"], [60, "m"], [1, "s"], [0.001, "ms"]];

function seconds(value) {
  const [length, unit] = LENGTHS.find(([one]) => value >= one) ?? LENGTHS.at(-1);
  return `${rounded(value / length)} ${unit}`;
}

function instants(u, all) {
  const days = all.at(-1) - all[0] > 2 * 86_400;
  return all.map((at) => new Date(at * 1000)).map((date) => (days ? dayOfYear(date) : clock(date).slice(0, 5)));
}


function read() {
  const source = document.getElementById("series");
  return source ? JSON.parse(source.textContent) : null;
}

function columns(name, series) {
  const from = name === "latency" ? series[kind] : series;
  const values = READERS[name].map((one) => from[one]);
  // Failed is drawn over retried, from the same ground: their sum is the height.
  if (name === "errors") values[0] = values[0].map((value, at) => value + values[1][at]);
  return [series.at, ...values];
}

// Round steps, so that the axis reads well: 1, 2, 5 times a power of ten.
function nice(top) {
  const power = 10 ** Math.floor(Math.log10(top || 1));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= top) ?? top;
}

function linear(u, low, high) {
  return [0, high ? nice(Math.max(high, 0.1)) : 1];
}

function decades(u, low, high) {
  if (low == null || high == null) return [0.01, 10];
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.0001))];
}

// Half a step on both sides, so that the first and the last bar are drawn whole.
function roomy(u, first, last) {
  const half = ((u.data[0][1] ?? first + 60) - u.data[0][0]) / 2;
  return [first - half, last + half];
}

const DECADES = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600];

function options(name, element) {
  const text = colour("--text-3");
  const font = "11px Inter, system-ui, sans-serif";
  const grid = { stroke: colour("--line"), width: 1 };
  const last = name !== "throughput";
  const latency = name === "latency";
  return {
    ...size(element),
    padding: [name === "errors" ? 4 : 10, 12, last ? 0 : 4, 0],
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false }, sync: { key: "overview" } },
    scales: { x: { time: true, range: roomy }, y: latency ? { distr: 3, range: decades } : { range: linear } },
    axes: [
      { show: last, stroke: text, font, grid: { show: false }, ticks: { show: false }, gap: 6, size: 24, space: 90, values: instants },
      {
        stroke: text, font, grid, ticks: { show: false }, gap: 6, size: 50,
        splits: (u, axis, low, high) => (latency ? DECADES.filter((one) => one >= low && one <= high) : name === "errors" ? [0, high / 2] : [0, high / 2, high]),
        filter: (u, splits) => splits,
        values: (u, all) => all.map(latency ? seconds : figure),
      },
    ],
    series: [{}, ...READERS[name].map((one) => line(name, colour(COLOURS[one] ?? one)))],
  };
}

function line(name, stroke) {
  if (name === "errors") {
    return { fill: stroke, width: 0, points: { show: false }, paths: window.uPlot.paths.bars({ size: [0.7, 8] }) };
  }
  // A value between two minutes without any would not be seen as a line.
  const points = { show: true, size: 4, fill: stroke, width: 0, filter: alone };
  return { stroke, width: 1.25, points, spanGaps: false, fill: name === "throughput" ? faint(stroke) : undefined };
}

function alone(u, index) {
  const values = u.data[index];
  return values.map((_, at) => at).filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
}

// A press leads to the jobs of that time; on latencies, to the slow ones among them.
function follow(name, chart, element) {
  const series = read();
  const at = chart.cursor.idx;
  if (at == null || !series?.at[at]) return;
  const [from, to] = [series.at[at], series.at[at] + series.step].map((one) => new Date(one * 1000).toISOString());
  const asked = new URLSearchParams({ since: from, until: to });
  if (name === "throughput") asked.set("state", "succeeded");
  if (name === "errors") asked.set("state", "failed");
  const slow = name === "latency" && series[kind].p95[at];
  if (slow) asked.set("q", `${kind === "wait" ? "waited" : "ran"}:>=${Math.floor(slow * 1000)}ms`);
  location.assign(`${element.dataset.jobs}?${asked}`);
}

const size = (element) => ({ width: Math.max(120, element.clientWidth - 8), height: element.clientHeight - 4 });

function draw(series) {
  for (const element of document.querySelectorAll("[data-chart]")) {
    const name = element.dataset.chart;
    const known = charts.get(name);
    if (known?.root.isConnected) known.setData(columns(name, series));
    else {
      known?.destroy();
      const chart = new window.uPlot(options(name, element), columns(name, series), element);
      chart.over.addEventListener("click", () => follow(name, chart, element));
      charts.set(name, chart);
    }
  }
  for (const button of document.querySelectorAll("[data-latency] button")) {
    button.setAttribute("aria-pressed", String(button.value === kind));
  }
  for (const legend of document.querySelectorAll("[data-of]")) legend.hidden = legend.dataset.of !== kind;
}

function again() {
  const series = read();
  if (series && window.uPlot) draw(series);
}

function afresh() {
  for (const chart of charts.values()) chart.destroy();
  charts.clear();
  again();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-latency] button");
  if (!button || button.value === kind) return;
  kind = button.value;
  again();
});
document.addEventListener("leveret:renewed", (event) => event.target.querySelector?.("[data-chart]") && again());
new MutationObserver(afresh).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", afresh);
new ResizeObserver(() => {
  for (const [name, chart] of charts) {
    const element = document.querySelector(`[data-chart="${name}"]`);
    if (element && element.clientWidth - 8 !== chart.width) chart.setSize(size(element));
  }
}).observe(document.getElementById("main"));
document.fonts.ready.then(again);
