// Draws the data of apps/analytics/charts.py with ECharts, and adds what ECharts lacks: a cursor for
// the keyboard that is read aloud, a selection that zooms, one tooltip for mouse, touch and keys.
import { chartOption, resolveColours } from "./chart-options.js";
import { describe, tooltipRows } from "./chart-tooltip.js";
import { announce, navigate } from "./navigation.js";

let library; // the promise of the chart library, once it is asked for
let current; // the chart on the page
let savedCursor = null; // where its cursor was before it was drawn anew

function loadLibrary() {
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
  // `cursor` is the index of the bucket under the cursor, `anchor` that of the one where a selection began.
  constructor(root, data, echarts) {
    Object.assign(this, { root, data, cursor: null, anchor: null });
    this.size = data.labels.length;
    const canvas = root.appendChild(document.createElement("div"));
    canvas.setAttribute("aria-hidden", "true");
    this.canvas = canvas;
    this.chart = echarts.init(canvas, null, { renderer: "svg" });
    this.cursorBox = this.addOverlay("cursor");
    this.selectionBox = this.addOverlay("selection");
    this.tooltip = this.addOverlay("tooltip");
    this.draw();
    this.listen();
  }

  addOverlay(className) {
    const overlay = this.root.appendChild(document.createElement("div"));
    overlay.className = className;
    overlay.hidden = true;
    return overlay;
  }

  draw() {
    this.chart.resize();
    this.chart.setOption(chartOption(this.data, resolveColours(this.root), this.canvas.clientWidth), true);
    const first = this.chart.convertToPixel({ xAxisIndex: 0 }, 0);
    const second = this.size > 1 ? this.chart.convertToPixel({ xAxisIndex: 0 }, 1) : null;
    this.bucketWidth = second === null ? 2 * (this.canvas.clientWidth - first) : second - first;
    this.left = first - this.bucketWidth / 2;
    this.bottom = this.chart.convertToPixel({ yAxisIndex: 0 }, 0);
    this.placeOverlays();
  }

  listen() {
    this.abort = new AbortController();
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.abort.signal });
    on(this.root, "pointermove", (event) => this.onPointerMove(event));
    on(this.root, "pointerdown", (event) => this.onPointerDown(event));
    on(this.root, "pointerup", (event) => this.onPointerUp(event));
    on(this.root, "pointercancel", () => this.clear());
    on(this.root, "pointerleave", () => { if (this.anchor === null) this.clear(); });
    on(this.root, "keydown", (event) => this.onKeyDown(event));
    on(this.root, "blur", () => this.clear());
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.draw());
    on(matchMedia("print"), "change", () => this.draw());
    const width = () => this.canvas.clientWidth;
    this.resizes = new ResizeObserver(() => { if (width() && width() !== this.chart.getWidth()) this.draw(); });
    this.resizes.observe(this.root);
  }

  destroy() {
    this.abort.abort();
    this.resizes.disconnect();
    this.chart.dispose();
  }

  bucketUnder(event) {
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    return Math.min(this.size - 1, Math.max(0, Math.floor((x - this.left) / this.bucketWidth)));
  }

  onPointerMove(event) {
    if (event.pointerType === "touch" && this.anchor === null) return;
    this.cursor = this.bucketUnder(event);
    this.placeOverlays();
  }

  onPointerDown(event) {
    if (event.button !== 0) return;
    this.cursor = this.bucketUnder(event);
    if (event.pointerType !== "touch") {
      this.anchor = this.cursor;
      this.root.setPointerCapture(event.pointerId);
    }
    this.placeOverlays();
  }

  onPointerUp(event) {
    if (event.pointerType === "touch" || this.anchor === null) return;
    const [from, to] = [this.anchor, this.bucketUnder(event)];
    this.anchor = null;
    if (from === to) return this.placeOverlays();
    this.zoom(from, to);
  }

  onKeyDown(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -this.size, End: this.size };
    if (event.key in moves && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.shiftKey) this.anchor ??= this.cursor ?? this.size - 1;
      else this.anchor = null;
      const start = this.cursor ?? (moves[event.key] > 0 ? -1 : this.size);
      this.cursor = Math.min(this.size - 1, Math.max(0, start + moves[event.key]));
      this.placeOverlays();
      announce(describe(this.data, ...this.selected()));
    } else if (event.key === "Enter" && this.cursor !== null) {
      this.zoom(this.anchor ?? this.cursor, this.cursor);
    } else if (event.key === "Escape" && this.cursor !== null) {
      this.clear();
      announce("");
    } else return;
    event.preventDefault();
  }

  // From the start of the first bucket to the end of the last, as a URL of this page.
  zoom(one, other) {
    const { bounds } = this.data;
    const [from, to] = [bounds[Math.min(one, other)], bounds[Math.max(one, other) + 1]];
    const url = new URL(location.href);
    for (const name of ["step", "live", "page"]) url.searchParams.delete(name);
    const text = (time) => new Date(time).toISOString().replace(/:00\.000Z$/, "Z");
    url.searchParams.set("from", text(from));
    url.searchParams.set("to", text(to));
    this.clear();
    navigate(url.href);
  }

  clear() {
    this.cursor = this.anchor = null;
    this.placeOverlays();
  }

  // The first and the last bucket that are selected; both are the one under the cursor when none are.
  selected() {
    const anchor = this.anchor ?? this.cursor;
    return [Math.min(anchor, this.cursor), Math.max(anchor, this.cursor)];
  }

  placeOverlays() {
    const { cursor, anchor, cursorBox, selectionBox, tooltip } = this;
    cursorBox.hidden = tooltip.hidden = cursor === null;
    selectionBox.hidden = cursor === null || anchor === null || anchor === cursor;
    if (cursor === null) return;
    this.cover(cursorBox, cursor, cursor);
    this.cover(selectionBox, ...this.selected());
    tooltip.replaceChildren(...tooltipRows(this.data, ...this.selected()));
    const x = this.left + (cursor + 0.5) * this.bucketWidth;
    const room = tooltip.offsetWidth + 14;
    tooltip.style.left = `${x + room > this.canvas.clientWidth ? Math.max(0, x - room) : x + 14}px`;
  }

  cover(box, first, last) {
    const [left, width] = [this.left + first * this.bucketWidth, Math.max(1, (last - first + 1) * this.bucketWidth)];
    Object.assign(box.style, { left: `${left}px`, width: `${width}px`, height: `${this.bottom}px` });
  }
}

async function mount() {
  const root = document.querySelector("[data-chart]:not([data-drawn])");
  if (!root) return;
  root.dataset.drawn = "1";
  const data = JSON.parse(document.getElementById(root.dataset.chart).textContent);
  try {
    const echarts = await loadLibrary();
    if (!root.isConnected) return;
    current?.destroy();
    current = new Chart(root, data, echarts);
    if (savedCursor !== null && savedCursor < current.size && root.matches(":focus, :hover")) {
      current.cursor = savedCursor;
      current.placeOverlays();
    }
  } catch (error) {
    root.textContent = "The chart cannot be drawn: ";
    root.append(error.message, ". The table has the same numbers.");
  }
}

// A live chart is drawn anew every few seconds: the cursor stays where it is, and a selection is not cut off.
document.addEventListener("htmx:beforeSwap", () => { savedCursor = current?.cursor ?? null; });
document.addEventListener("htmx:beforeRequest", (event) => {
  if (current?.anchor != null && event.target.contains(current.root)) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", mount);
// Fetched while the panels are, but after the first paint.
if (!location.search.includes("view=table")) requestAnimationFrame(() => setTimeout(() => loadLibrary().catch(() => {})));
