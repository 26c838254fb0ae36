// Draws the contract of apps/analytics/charts.py with ECharts, and adds what ECharts lacks: a cursor for
// the keyboard that is read aloud, a selection that zooms, one tooltip for mouse, touch and keys.
import { go, say } from "./page.js";

const DASHES = { p50: [2, 3], p95: [6, 3], average: "solid", p99: "solid", rate: "solid" };
const STACK = { success: "--ok", other: "--redirect", client: "--client-error", server: "--server-error", errors: "--server-error" };
const LINES = { average: "--series-average", p50: "--series-p50", p95: "--series-p95", p99: "--series-p99", rate: "--ink" };
const count = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

let library; // the promise of the chart library, once it is asked for
let current; // the chart on the page

function load(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.echarts);
    script.onerror = () => { library = undefined; reject(new Error("the chart library did not load")); };
    document.head.append(script);
  });
  return library;
}

// Custom properties may hold light-dark(); a probe has the browser work them out.
function paint(root) {
  const probe = root.appendChild(document.createElement("span"));
  const colour = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const names = ["--line", "--ink-3", "--panel", ...Object.values(STACK), ...Object.values(LINES)];
  const colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.remove();
  return colours;
}

const withUnit = (value, unit) => value === null ? "–" : unit === "requests" ? count.format(value) : `${count.format(value)} ${unit}`;

function axisText(value, unit) {
  if (unit === "ms") return value >= 10000 ? `${count.format(value / 1000)} s` : `${count.format(value)} ms`;
  return unit === "%" ? `${count.format(value)} %` : short.format(value).replace(/\s?k/i, " k").replace(/\s?([mb])n?/i, (_, size) => ` ${size.toUpperCase()}`);
}

function option(data, colours, width) {
  const shown = data.series.filter((one) => !one.hidden);
  const units = [...new Set(data.series.map((one) => one.unit))];
  const used = units.filter((unit) => shown.some((one) => one.unit === unit));
  const fill = data.incomplete_from;
  const style = { color: colours["--ink-3"], fontSize: 11, fontFamily: getComputedStyle(document.body).fontFamily };
  const every = Math.ceil(data.ticks.length * 62 / Math.max(width - 100, 1));
  const edge = 20 / Math.max(width - 80, 1) * data.labels.length; // a label nearer to the edge would be cut
  const ticks = new Map(data.ticks.filter(([at], i) => i % every === 0 && at >= edge / 2 && at <= data.labels.length - edge));
  const decals = matchMedia("(prefers-contrast: more)").matches;
  const series = [];
  for (const one of shown) {
    const axis = Math.max(0, used.indexOf(one.unit));
    if (one.kind === "bar") {
      const fits = width / one.values.length > 4;
      series.push({
        type: "bar", stack: "all", yAxisIndex: axis, barCategoryGap: fits ? "12%" : "0%", large: false, silent: true,
        itemStyle: { color: colours[STACK[one.key]], decal: decals && one.key !== "success" ? { symbol: one.key === "client" ? "rect" : "circle" } : undefined },
        data: one.values.map((value, i) => i === fill ? { value, itemStyle: { opacity: 0.45 } } : value),
      });
      continue;
    }
    const style = { color: colours[LINES[one.key]], width: one.main ? 2.4 : 1.5, type: DASHES[one.key] };
    const points = (from, to, kind) => one.values.map((value, i) => {
      const alone = value !== null && (one.values[i - 1] ?? null) === null && (one.values[i + 1] ?? null) === null;
      return { value: i >= from && i <= to ? value : null, symbol: alone ? "circle" : "none", symbolSize: 5 };
    });
    const line = { type: "line", yAxisIndex: axis, silent: true, lineStyle: style, itemStyle: { color: style.color }, z: one.main ? 5 : 4, areaStyle: one.main ? { opacity: 0.08 } : undefined };
    const last = one.values.length - 1;
    series.push({ ...line, data: points(0, fill === null ? last : last - 1) });
    // The bucket that is still filling hangs on by a faint line.
    if (fill !== null && last > 0) series.push({ ...line, areaStyle: undefined, lineStyle: { ...style, opacity: 0.4 }, data: points(last - 1, last) });
  }
  return {
    animation: false,
    grid: { left: 4, right: used.length > 1 ? 4 : 8, top: 12, bottom: 2, containLabel: true },
    xAxis: {
      type: "category", data: data.labels, boundaryGap: true,
      axisLine: { lineStyle: { color: colours["--line"] } },
      axisTick: { show: true, alignWithLabel: true, interval: (i) => ticks.has(i), lineStyle: { color: colours["--line"] } },
      axisLabel: { ...style, interval: (i) => ticks.has(i), formatter: (_, i) => ticks.get(i) ?? "", hideOverlap: false },
    },
    yAxis: (used.length ? used : units.slice(0, 1)).map((unit, i) => ({
      type: "value", min: 0, splitNumber: 3, position: i ? "right" : "left", minInterval: unit === "requests" ? 1 : 0,
      axisLabel: { ...style, formatter: (value) => axisText(value, unit) },
      splitLine: { show: i === 0, lineStyle: { color: colours["--line"] } },
      alignTicks: i > 0,
    })),
    series,
  };
}

class Chart {
  constructor(root, data, echarts) {
    Object.assign(this, { root, data, at: null, from: null });
    this.size = data.labels.length;
    const canvas = root.appendChild(document.createElement("div"));
    canvas.setAttribute("aria-hidden", "true");
    this.canvas = canvas;
    this.chart = echarts.init(canvas, null, { renderer: "svg" });
    this.cursor = this.part("cursor");
    this.selection = this.part("selection");
    this.tip = this.part("tip");
    this.draw();
    this.listen();
  }

  part(name) {
    const part = this.root.appendChild(document.createElement("div"));
    part.className = name;
    part.hidden = true;
    return part;
  }

  draw() {
    this.chart.resize();
    this.chart.setOption(option(this.data, paint(this.root), this.canvas.clientWidth), true);
    const model = this.chart.convertToPixel({ xAxisIndex: 0 }, 0);
    const next = this.size > 1 ? this.chart.convertToPixel({ xAxisIndex: 0 }, 1) - model : 2 * (this.canvas.clientWidth - model);
    this.left = model - next / 2;
    this.step = next;
    this.bottom = this.chart.convertToPixel({ yAxisIndex: 0 }, 0);
    this.place();
  }

  listen() {
    this.stop = new AbortController();
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.stop.signal });
    on(this.root, "pointermove", (event) => this.move(event));
    on(this.root, "pointerdown", (event) => this.press(event));
    on(this.root, "pointerup", (event) => this.release(event));
    on(this.root, "pointercancel", () => this.clear());
    on(this.root, "pointerleave", () => { if (this.from === null) this.clear(); });
    on(this.root, "keydown", (event) => this.key(event));
    on(this.root, "blur", () => this.clear());
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.draw());
    on(matchMedia("print"), "change", () => this.draw());
    this.sizes = new ResizeObserver(() => { if (this.canvas.clientWidth && this.canvas.clientWidth !== this.chart.getWidth()) this.draw(); });
    this.sizes.observe(this.root);
  }

  end() {
    this.stop.abort();
    this.sizes.disconnect();
    this.chart.dispose();
  }

  index(event) {
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    return Math.min(this.size - 1, Math.max(0, Math.floor((x - this.left) / this.step)));
  }

  move(event) {
    if (event.pointerType === "touch" && this.from === null && event.type !== "pointerdown") return;
    this.at = this.index(event);
    this.place();
  }

  press(event) {
    if (event.button !== 0) return;
    this.at = this.index(event);
    if (event.pointerType !== "touch") {
      this.from = this.at;
      this.root.setPointerCapture(event.pointerId);
    }
    this.place();
  }

  release(event) {
    if (event.pointerType === "touch" || this.from === null) return;
    const [from, to] = [this.from, this.index(event)];
    this.from = null;
    if (from === to) return this.place();
    this.zoom(from, to);
  }

  key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -this.size, End: this.size };
    if (event.key in moves && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.shiftKey) this.from ??= this.at ?? this.size - 1;
      else this.from = null;
      const start = this.at ?? (moves[event.key] > 0 ? -1 : this.size);
      this.at = Math.min(this.size - 1, Math.max(0, start + moves[event.key]));
      this.place();
      say(this.words());
    } else if (event.key === "Enter" && this.at !== null) {
      this.zoom(this.from ?? this.at, this.at);
    } else if (event.key === "Escape" && this.at !== null) {
      this.clear();
      say("");
    } else return;
    event.preventDefault();
  }

  // From the start of the first bucket to the end of the last, as an address of this page.
  zoom(one, other) {
    const { bounds } = this.data;
    const [from, to] = [bounds[Math.min(one, other)], bounds[Math.max(one, other) + 1]];
    const url = new URL(location.href);
    for (const name of ["step", "live", "page"]) url.searchParams.delete(name);
    const text = (time) => new Date(time).toISOString().replace(/:00\.000Z$/, "Z");
    url.searchParams.set("from", text(from));
    url.searchParams.set("to", text(to));
    this.clear();
    go(url.href);
  }

  clear() {
    this.at = this.from = null;
    this.place();
  }

  values() {
    return this.data.series.filter((one) => !one.hidden).map((one) => [one, one.values[this.at] ?? null]);
  }

  words() {
    const filling = this.at === this.data.incomplete_from ? ", still filling" : "";
    const { title, values } = this.chosen();
    return `${title}${filling}: ${values.map(([one, value]) => `${one.name} ${withUnit(value, one.unit)}`).join(", ")}`;
  }

  place() {
    const { at, from, cursor, selection, tip } = this;
    cursor.hidden = tip.hidden = at === null;
    selection.hidden = at === null || from === null || from === at;
    if (at === null) return;
    const box = (part, first, last) => {
      Object.assign(part.style, { left: `${this.left + first * this.step}px`, width: `${Math.max(1, (last - first + 1) * this.step)}px`, height: `${this.bottom}px` });
    };
    box(cursor, at, at);
    if (from !== null) box(selection, Math.min(from, at), Math.max(from, at));
    tip.replaceChildren(...this.tipRows());
    const x = this.left + (at + 0.5) * this.step;
    const room = tip.offsetWidth + 14;
    tip.style.left = `${x + room > this.canvas.clientWidth ? Math.max(0, x - room) : x + 14}px`;
  }

  // The buckets that are selected, or the one under the cursor; sums of what can be summed.
  chosen() {
    const first = Math.min(this.from ?? this.at, this.at), last = Math.max(this.from ?? this.at, this.at);
    if (first === last) return { title: this.data.labels[this.at], values: this.values() };
    const bars = this.data.series.filter((one) => !one.hidden && one.kind === "bar");
    const sum = (one) => one.values.slice(first, last + 1).reduce((total, value) => total + value, 0);
    return { title: `${this.data.labels[first]} – ${this.data.labels[last]}`, values: bars.map((one) => [one, sum(one)]) };
  }

  tipRows() {
    const make = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: text, className });
    const { title, values } = this.chosen();
    const rows = [make("b", title)];
    for (const [one, value] of values.reverse()) {
      const row = make("span", "");
      const name = make("span", one.name);
      name.prepend(make("i", "", `of-${one.key}`));
      row.append(name, make("em", withUnit(value, one.unit)));
      rows.push(row);
    }
    if (this.at === this.data.incomplete_from) rows.push(make("small", "still filling"));
    return rows;
  }
}

async function mount() {
  const root = document.querySelector("[data-chart]:not([data-drawn])");
  if (!root) return;
  root.dataset.drawn = "1";
  const kept = current && !current.root.isConnected ? { at: current.at, from: current.from } : null;
  const hadFocus = document.activeElement === document.body && kept?.at != null;
  const data = JSON.parse(document.getElementById(root.dataset.chart).textContent);
  try {
    const echarts = await load(root.dataset.library);
    if (!root.isConnected) return;
    current?.end();
    current = new Chart(root, data, echarts);
    if (hadFocus && kept.at < current.size) { current.at = kept.at; current.place(); }
  } catch (error) {
    root.textContent = "The chart cannot be drawn: ";
    root.append(error.message, ". The table has the same numbers.");
  }
}

document.addEventListener("htmx:afterSwap", mount);
mount();
