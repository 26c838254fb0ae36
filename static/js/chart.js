// Draws the contract of apps/analytics/charts.py with ECharts, and adds what ECharts lacks: a cursor for
// the keyboard that is read aloud, a selection that zooms, one tooltip for mouse, touch and keys.
import { option, paint } from "./drawing.js";
import { go, say } from "./page.js";
import { rows, words } from "./reading.js";

let library; // the promise of the chart library, once it is asked for
let current; // the chart on the page
let kept = null; // where its cursor was before it was drawn anew

function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=chart-library]").content;
    script.onload = () => resolve(window.echarts);
    script.onerror = () => { library = undefined; reject(new Error("the chart library did not load")); };
    document.head.append(script);
  });
  return library;
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
    this.tip = this.part("tooltip");
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
    const first = this.chart.convertToPixel({ xAxisIndex: 0 }, 0);
    const second = this.size > 1 ? this.chart.convertToPixel({ xAxisIndex: 0 }, 1) : null;
    this.step = second === null ? 2 * (this.canvas.clientWidth - first) : second - first;
    this.left = first - this.step / 2;
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
    const width = () => this.canvas.clientWidth;
    this.sizes = new ResizeObserver(() => { if (width() && width() !== this.chart.getWidth()) this.draw(); });
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
      say(words(this.data, ...this.span()));
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

  // The first and the last bucket that are selected; both are the one under the cursor when none are.
  span() {
    const from = this.from ?? this.at;
    return [Math.min(from, this.at), Math.max(from, this.at)];
  }

  place() {
    const { at, from, cursor, selection, tip } = this;
    cursor.hidden = tip.hidden = at === null;
    selection.hidden = at === null || from === null || from === at;
    if (at === null) return;
    const box = (part, first, last) => {
      const [left, width] = [this.left + first * this.step, Math.max(1, (last - first + 1) * this.step)];
      Object.assign(part.style, { left: `${left}px`, width: `${width}px`, height: `${this.bottom}px` });
    };
    box(cursor, at, at);
    box(selection, ...this.span());
    tip.replaceChildren(...rows(this.data, ...this.span()));
    const x = this.left + (at + 0.5) * this.step;
    const room = tip.offsetWidth + 14;
    tip.style.left = `${x + room > this.canvas.clientWidth ? Math.max(0, x - room) : x + 14}px`;
  }
}

async function mount() {
  const root = document.querySelector("[data-chart]:not([data-drawn])");
  if (!root) return;
  root.dataset.drawn = "1";
  const data = JSON.parse(document.getElementById(root.dataset.chart).textContent);
  try {
    const echarts = await load();
    if (!root.isConnected) return;
    current?.end();
    current = new Chart(root, data, echarts);
    if (kept !== null && kept < current.size && root.matches(":focus, :hover")) { current.at = kept; current.place(); }
  } catch (error) {
    root.textContent = "The chart cannot be drawn: ";
    root.append(error.message, ". The table has the same numbers.");
  }
}

// A live chart is drawn anew every few seconds: the cursor stays where it is, and a selection is not cut off.
document.addEventListener("htmx:beforeSwap", () => { kept = current?.at ?? null; });
document.addEventListener("htmx:beforeRequest", (event) => {
  if (current?.from != null && event.target.contains(current.root)) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", mount);
// Fetched while the panels are, but after the first paint.
if (!location.search.includes("view=table")) requestAnimationFrame(() => setTimeout(() => load().catch(() => {})));
