// From the data of apps/analytics/charts.py to the options of ECharts. Nothing here touches the page
// but the probe that works out colours.

const DASHES = { p50: [2, 3], p95: [6, 3] };
const BAR_COLOURS = {
  success: "--ok", other: "--redirect", client: "--client-error", server: "--server-error", errors: "--server-error",
};
const LINE_COLOURS = {
  average: "--series-average", p50: "--series-p50", p95: "--series-p95", p99: "--series-p99", rate: "--ink",
};
const TICK_WIDTH = 62; // pixels that a label on the time axis takes
const FAINT = 0.45; // opacity of what is still filling

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

// Custom properties may hold light-dark(); a probe has the browser work them out.
export function resolveColours(root) {
  const probe = root.appendChild(document.createElement("span"));
  const resolve = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const names = ["--line", "--ink-3", ...Object.values(BAR_COLOURS), ...Object.values(LINE_COLOURS)];
  const colours = Object.fromEntries(names.map((name) => [name, resolve(name)]));
  probe.remove();
  return colours;
}

function axisLabel(value, unit) {
  if (unit === "ms") return value >= 10000 ? `${number.format(value / 1000)} s` : `${number.format(value)} ms`;
  if (unit === "%") return `${number.format(value)} %`;
  return compact.format(value).replace(/\s?k/i, " k").replace(/\s?([mb])n?/i, (_, size) => ` ${size.toUpperCase()}`);
}

function barSeries(series, data, colours, width) {
  // More contrast is asked for by who cannot tell the colours apart: patterns do.
  const isPatterned = matchMedia("(prefers-contrast: more)").matches && series.key !== "success";
  const decal = isPatterned ? { symbol: series.key === "client" ? "rect" : "circle" } : undefined;
  const faint = (value) => ({ value, itemStyle: { opacity: FAINT } });
  return [{
    type: "bar", stack: "all", silent: true, barCategoryGap: width / series.values.length > 4 ? "12%" : "0%",
    itemStyle: { color: colours[BAR_COLOURS[series.key]], decal },
    data: series.values.map((value, i) => i === data.incomplete_from ? faint(value) : value),
  }];
}

function lineSeries(series, data, colours) {
  const { values, key, main } = series;
  const colour = colours[LINE_COLOURS[key]];
  const lineStyle = { color: colour, width: main ? 2.4 : 1.5, type: DASHES[key] ?? "solid" };
  const isIsolated = (i) => (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
  const points = (from, to) => values.map((value, i) => ({
    value: i >= from && i <= to ? value : null, symbol: isIsolated(i) ? "circle" : "none", symbolSize: 5,
  }));
  const last = values.length - 1;
  const line = { type: "line", silent: true, z: main ? 5 : 4, itemStyle: { color: colour } };
  const areaStyle = main ? { opacity: 0.08 } : undefined;
  if (data.incomplete_from === null) return [{ ...line, lineStyle, areaStyle, data: points(0, last) }];
  return [
    { ...line, lineStyle, areaStyle, data: points(0, last - 1) },
    // The bucket that is still filling hangs on by a faint line.
    { ...line, lineStyle: { ...lineStyle, opacity: FAINT }, data: points(last - 1, last) },
  ];
}

function timeAxis(data, colours, text, width) {
  const every = Math.ceil(data.ticks.length * TICK_WIDTH / Math.max(width - 100, 1));
  const edge = 20 / Math.max(width - 80, 1) * data.labels.length; // a label nearer to the edge would be cut
  const fits = ([index], i) => i % every === 0 && index >= edge / 2 && index <= data.labels.length - edge;
  const ticks = new Map(data.ticks.filter(fits));
  const line = { lineStyle: { color: colours["--line"] } };
  return {
    type: "category", data: data.labels, boundaryGap: true, axisLine: line,
    axisTick: { show: true, alignWithLabel: true, interval: (i) => ticks.has(i), ...line },
    // ECharts measures some of the labels, whether they are drawn or not: an empty one would leave no room.
    axisLabel: { ...text, interval: (i) => ticks.has(i), formatter: (_, i) => ticks.get(i) ?? "\u00a0" },
  };
}

function valueAxis(unit, i, colours, text) {
  return {
    type: "value", min: 0, splitNumber: 3, position: i ? "right" : "left", alignTicks: i > 0,
    minInterval: unit === "requests" ? 1 : 0,
    axisLabel: { ...text, formatter: (value) => axisLabel(value, unit) },
    splitLine: { show: i === 0, lineStyle: { color: colours["--line"] } },
  };
}

export function chartOption(data, colours, width) {
  const visible = data.series.filter((series) => !series.hidden);
  const units = [...new Set((visible.length ? visible : data.series.slice(0, 1)).map((series) => series.unit))];
  const text = { color: colours["--ink-3"], fontSize: 11, fontFamily: getComputedStyle(document.body).fontFamily };
  const series = visible.flatMap((one) => {
    const parts = one.kind === "bar" ? barSeries(one, data, colours, width) : lineSeries(one, data, colours);
    return parts.map((part) => ({ ...part, yAxisIndex: units.indexOf(one.unit) }));
  });
  return {
    animation: false,
    grid: { left: 4, right: units.length > 1 ? 4 : 8, top: 12, bottom: 4, containLabel: true },
    xAxis: timeAxis(data, colours, text, width),
    yAxis: units.map((unit, i) => valueAxis(unit, i, colours, text)),
    series,
  };
}
