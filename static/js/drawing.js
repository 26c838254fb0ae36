// From the contract of apps/analytics/charts.py to the options of ECharts. Nothing here touches the page
// but the probe that works out colours.

const DASHES = { p50: [2, 3], p95: [6, 3] };
const FILLS = {
  success: "--ok", other: "--redirect", client: "--client-error", server: "--server-error", errors: "--server-error",
};
const LINES = {
  average: "--series-average", p50: "--series-p50", p95: "--series-p95", p99: "--series-p99", rate: "--ink",
};
const TICK = 62; // pixels that a label on the time axis takes
const FAINT = 0.45; // what is still filling

const count = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

// Custom properties may hold light-dark(); a probe has the browser work them out.
export function paint(root) {
  const probe = root.appendChild(document.createElement("span"));
  const colour = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const names = ["--line", "--ink-3", ...Object.values(FILLS), ...Object.values(LINES)];
  const colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.remove();
  return colours;
}

function axisText(value, unit) {
  if (unit === "ms") return value >= 10000 ? `${count.format(value / 1000)} s` : `${count.format(value)} ms`;
  if (unit === "%") return `${count.format(value)} %`;
  return short.format(value).replace(/\s?k/i, " k").replace(/\s?([mb])n?/i, (_, size) => ` ${size.toUpperCase()}`);
}

function bars(one, data, colours, width) {
  // More contrast is asked for by who cannot tell the colours apart: patterns do.
  const patterned = matchMedia("(prefers-contrast: more)").matches && one.key !== "success";
  const decal = patterned ? { symbol: one.key === "client" ? "rect" : "circle" } : undefined;
  const faint = (value) => ({ value, itemStyle: { opacity: FAINT } });
  return [{
    type: "bar", stack: "all", silent: true, barCategoryGap: width / one.values.length > 4 ? "12%" : "0%",
    itemStyle: { color: colours[FILLS[one.key]], decal },
    data: one.values.map((value, i) => i === data.incomplete_from ? faint(value) : value),
  }];
}

function lines(one, data, colours) {
  const colour = colours[LINES[one.key]];
  const style = { color: colour, width: one.main ? 2.4 : 1.5, type: DASHES[one.key] ?? "solid" };
  const alone = (i) => (one.values[i - 1] ?? null) === null && (one.values[i + 1] ?? null) === null;
  const points = (from, to) => one.values.map((value, i) => ({
    value: i >= from && i <= to ? value : null, symbol: alone(i) ? "circle" : "none", symbolSize: 5,
  }));
  const last = one.values.length - 1;
  const line = { type: "line", silent: true, z: one.main ? 5 : 4, itemStyle: { color: colour } };
  const area = one.main ? { opacity: 0.08 } : undefined;
  if (data.incomplete_from === null) return [{ ...line, lineStyle: style, areaStyle: area, data: points(0, last) }];
  return [
    { ...line, lineStyle: style, areaStyle: area, data: points(0, last - 1) },
    // The bucket that is still filling hangs on by a faint line.
    { ...line, lineStyle: { ...style, opacity: FAINT }, data: points(last - 1, last) },
  ];
}

function timeAxis(data, colours, text, width) {
  const every = Math.ceil(data.ticks.length * TICK / Math.max(width - 100, 1));
  const edge = 20 / Math.max(width - 80, 1) * data.labels.length; // a label nearer to the edge would be cut
  const fits = ([at], i) => i % every === 0 && at >= edge / 2 && at <= data.labels.length - edge;
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
    axisLabel: { ...text, formatter: (value) => axisText(value, unit) },
    splitLine: { show: i === 0, lineStyle: { color: colours["--line"] } },
  };
}

export function option(data, colours, width) {
  const shown = data.series.filter((one) => !one.hidden);
  const units = [...new Set((shown.length ? shown : data.series.slice(0, 1)).map((one) => one.unit))];
  const text = { color: colours["--ink-3"], fontSize: 11, fontFamily: getComputedStyle(document.body).fontFamily };
  const series = shown.flatMap((one) => {
    const drawn = one.kind === "bar" ? bars(one, data, colours, width) : lines(one, data, colours);
    return drawn.map((part) => ({ ...part, yAxisIndex: units.indexOf(one.unit) }));
  });
  return {
    animation: false,
    grid: { left: 4, right: units.length > 1 ? 4 : 8, top: 12, bottom: 4, containLabel: true },
    xAxis: timeAxis(data, colours, text, width),
    yAxis: units.map((unit, i) => valueAxis(unit, i, colours, text)),
    series,
  };
}
