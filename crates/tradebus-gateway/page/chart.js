// A chart of series over time on a canvas. Charts of one `Sheet` share the span, the zoom and the cursor.

import * as axis from "./axis.js";
import { h, show, text } from "./dom.js";
import { clock } from "./format.js";
import { schedule } from "./frames.js";
import { color } from "./palette.js";

const TOP = 8;
const BOTTOM = 22;
/** Points further apart than this are not joined. */
const GAP_MS = 5_500;
const FONT = "11px system-ui, sans-serif";

/** What charts side by side have in common. */
export class Sheet {
  constructor(history) {
    this.history = history;
    this.charts = new Set();
    this.span = 300_000;
    this.zoom = null;
    this.cursor = null;
    /** The end of what is shown while the page is paused. */
    this.frozen = null;
  }

  get domain() {
    const end = this.frozen ?? this.history.last;
    return this.zoom ?? [end - this.span, end];
  }

  draw() {
    for (const chart of this.charts) chart.draw();
  }

  setZoom(zoom) {
    if (zoom && zoom[1] - zoom[0] < 2000) return;
    this.zoom = zoom;
    this.draw();
  }
}

export class Chart {
  #axis = null;
  #drag = null;
  #active = false;
  /** Where the pointer rests: what is below it moves on. */
  #pointer = null;

  /** `series`: `{key, label, color, dash}`; `format` writes a value; `binary` makes the axis round in powers of 1024. */
  constructor(sheet, { id, title, series = [], format, log = false, area = false, height = 190, ceiling = 0, binary = false }) {
    Object.assign(this, { sheet, id, title, format, log, area, ceiling, binary });
    this.off = new Set();
    this.canvas = h("canvas", { tabindex: "0", role: "img", "data-test": `${id}-canvas` });
    this.canvas.style.height = `${height}px`;
    this.legend = h("div.legend", { role: "group", "aria-label": `Series of: ${title}` });
    this.tip = h("div.tip", { hidden: true, "data-test": `${id}-tip` });
    this.spoken = h("p.hush", { role: "status", "aria-live": "polite" });
    this.reset = h("button.small", { type: "button", hidden: true, "data-test": `${id}-reset`, click: () => sheet.setZoom(null) }, "Reset zoom");
    this.empty = h("p.none", null, "Nothing was measured in this time.");
    this.node = h(`div.chart#${id}`, null, h("div.plot", null, this.canvas, this.tip, this.empty), h("div.under", null, this.legend, this.reset), this.spoken);
    this.paint = this.paint.bind(this);
    this.setSeries(series);
    this.#listen();
    sheet.charts.add(this);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    addEventListener("themechange", () => this.draw());
  }

  draw() {
    schedule(this.paint);
  }

  setLog(log) {
    this.log = log;
    this.draw();
  }

  setSeries(series) {
    this.series = series;
    this.canvas.setAttribute(
      "aria-label",
      `${this.title}: ${series.map((one) => one.label).join(", ")}. Left and right move through time, plus and minus zoom, Escape resets.`,
    );
    this.values = new Map();
    this.legend.replaceChildren(
      ...series.map((one) => {
        const swatch = h("i");
        swatch.style.setProperty("--swatch", `var(${one.color})`);
        if (one.dash) swatch.classList.add("dashed");
        const value = h("b");
        this.values.set(one.key, value);
        const node = h("button", { type: "button", "aria-pressed": String(!this.off.has(one.label)), "data-series": one.key }, swatch, one.label, value);
        node.addEventListener("click", () => {
          if (!this.off.delete(one.label)) this.off.add(one.label);
          node.setAttribute("aria-pressed", String(!this.off.has(one.label)));
          this.draw();
        });
        return node;
      }),
    );
    this.draw();
  }

  get #shown() {
    return this.series.filter((one) => !this.off.has(one.label));
  }

  // --- what the reader does

  #listen() {
    const { canvas, sheet } = this;
    const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch" || !this.#axis) return;
      canvas.setPointerCapture(event.pointerId);
      this.#drag = { from: at(event), to: at(event) };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#drag) this.#drag.to = at(event);
      this.#active = true;
      this.#pointer = at(event);
      this.#point(this.#time(this.#pointer));
    });
    canvas.addEventListener("pointerup", () => {
      const drag = this.#drag;
      this.#drag = null;
      if (drag && Math.abs(drag.to - drag.from) > 6) {
        sheet.setZoom([this.#time(Math.min(drag.from, drag.to)), this.#time(Math.max(drag.from, drag.to))]);
      }
      this.draw();
    });
    canvas.addEventListener("pointercancel", () => (this.#drag = null));
    canvas.addEventListener("pointerleave", () => {
      if (!this.#drag) this.#leave();
    });
    canvas.addEventListener("blur", () => this.#leave());
    canvas.addEventListener("dblclick", () => sheet.setZoom(null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    const { sheet } = this;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [from, to] = sheet.domain;
    const keys = {
      ArrowLeft: () => this.#step(event.shiftKey ? -10 : -1),
      ArrowRight: () => this.#step(event.shiftKey ? 10 : 1),
      Home: () => this.#speak(from),
      End: () => this.#speak(to),
      "+": () => this.#scale(0.5),
      "=": () => this.#scale(0.5),
      "-": () => this.#scale(2),
      Escape: () => {
        sheet.setZoom(null);
        this.#leave();
      },
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  #scale(factor) {
    const { sheet } = this;
    const [from, to] = sheet.domain;
    const middle = sheet.cursor ?? (from + to) / 2;
    const newest = sheet.frozen ?? sheet.history.last;
    const zoom = [middle - (middle - from) * factor, Math.min(newest, middle + (to - middle) * factor)];
    sheet.setZoom(zoom[1] - zoom[0] >= sheet.span ? null : zoom);
  }

  #step(by) {
    const { history, cursor, domain } = this.sheet;
    const i = cursor === null ? this.#index(domain[1]) : this.#index(cursor) + by;
    this.#speak(history.times[Math.min(history.to - 1, Math.max(history.from, i))]);
  }

  #speak(time) {
    this.#active = true;
    this.#pointer = null;
    this.#point(Math.min(this.sheet.domain[1], Math.max(this.sheet.domain[0], time)));
    const i = this.#index(this.sheet.cursor);
    text(this.spoken, `${clock(this.sheet.history.times[i])}: ${this.#shown.map((one) => `${one.label} ${this.format(this.#value(one, i))}`).join(", ")}`);
  }

  #point(time) {
    this.sheet.cursor = time;
    this.sheet.draw();
  }

  #leave() {
    this.#active = false;
    this.#pointer = null;
    this.sheet.cursor = null;
    this.sheet.draw();
  }

  #time(x) {
    const { left, width, from, to } = this.#axis ?? { left: 0, width: 1, from: 0, to: 1 };
    return from + (Math.min(1, Math.max(0, (x - left) / width))) * (to - from);
  }

  // --- what is there

  /** The first point that is not before `time`. */
  #search(time) {
    const { times, from, to } = this.sheet.history;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The point nearest to `time`. */
  #index(time) {
    const { times, from, to } = this.sheet.history;
    const i = this.#search(time);
    if (i >= to) return to - 1;
    return i > from && time - times[i - 1] < times[i] - time ? i - 1 : i;
  }

  #value(one, i) {
    return i < this.sheet.history.from ? NaN : this.sheet.history.column(one.key)[i];
  }

  #range(shown, first, end) {
    let least = Infinity;
    let most = -Infinity;
    for (const one of shown) {
      const column = this.sheet.history.column(one.key);
      for (let i = first; i < end; i += 1) {
        const value = column[i];
        if (value > most) most = value;
        if (value > 0 && value < least) least = value;
      }
    }
    return { least, most };
  }

  // --- drawing

  paint() {
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = FONT;
    const { history } = this.sheet;
    const [from, to] = this.sheet.domain;
    const shown = this.#shown;
    // One point on each side of the picture, so that lines run out of it.
    const first = Math.max(history.from, this.#search(from) - 1);
    const end = Math.min(history.to, this.#search(to) + 1);
    const { least, most } = this.#range(shown, first, end);
    const some = most > -Infinity;
    show(this.empty, !some && history.to > 0);
    show(this.reset, this.sheet.zoom !== null && height > 150);
    const y = this.log && least < Infinity ? axis.logarithmic(least, most) : this.#linear(Math.max(most > 0 ? most : 1, this.ceiling), height);
    const labels = y.lines.map((line) => this.format(line));
    const left = Math.ceil(Math.max(34, ...labels.map((label) => pen.measureText(label).width + 10)));
    const plot = { left, top: TOP, width: width - left - 10, height: height - TOP - BOTTOM, from, to, y };
    this.#axis = plot;
    if (this.#pointer !== null) this.sheet.cursor = this.#time(this.#pointer);
    this.#grid(pen, plot, labels);
    pen.save();
    pen.beginPath();
    pen.rect(plot.left, 0, plot.width + 1, height - BOTTOM + 1);
    pen.clip();
    for (const one of shown) this.#line(pen, plot, one, first, end);
    pen.restore();
    this.#selection(pen, plot);
    this.#cursor(pen, plot, shown);
  }

  #linear(most, height) {
    const ticks = Math.max(2, Math.floor((height - TOP - BOTTOM) / 38));
    return axis.linear(most, ticks, this.binary && most > 0 ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 1);
  }

  #grid(pen, plot, labels) {
    pen.lineWidth = 1;
    pen.strokeStyle = color("--grid");
    pen.fillStyle = color("--muted");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    pen.beginPath();
    plot.y.lines.forEach((line, i) => {
      const y = Math.round(plot.top + (1 - plot.y.share(line)) * plot.height) + 0.5;
      pen.moveTo(plot.left, y);
      pen.lineTo(plot.left + plot.width, y);
      pen.fillText(labels[i], plot.left - 6, y);
    });
    const { lines, step } = axis.times(plot.from, plot.to, Math.max(2, plot.width / 84));
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    for (const line of lines) {
      const x = Math.round(this.#x(plot, line)) + 0.5;
      pen.moveTo(x, plot.top + plot.height);
      pen.lineTo(x, plot.top + plot.height + 4);
      const label = step < 60_000 ? clock(line) : clock(line).slice(0, 5);
      const half = pen.measureText(label).width / 2;
      if (x - half >= plot.left - 8 && x + half <= plot.left + plot.width + 10) pen.fillText(label, x, plot.top + plot.height + 16);
    }
    pen.stroke();
  }

  #x(plot, time) {
    return plot.left + ((time - plot.from) / (plot.to - plot.from)) * plot.width;
  }

  #y(plot, value) {
    return plot.top + (1 - plot.y.share(value)) * plot.height;
  }

  /** Runs of points without a gap, as flat lists of x and y; more than two points a pixel become first, least, most and last. */
  #runs(plot, one, first, end) {
    const { times } = this.sheet.history;
    const column = this.sheet.history.column(one.key);
    const thin = end - first > plot.width * 2;
    const runs = [];
    let run = null;
    let pixel = null;
    const flush = () => {
      if (!pixel) return;
      for (const value of [pixel.first, pixel.low, pixel.high, pixel.last]) run.push(pixel.x, this.#y(plot, value));
      pixel = null;
    };
    let previous = -Infinity;
    for (let i = first; i < end; i += 1) {
      const value = column[i];
      if (Number.isNaN(value)) continue;
      if (!run || times[i] - previous > GAP_MS) {
        flush();
        run = [];
        runs.push(run);
      }
      previous = times[i];
      const x = this.#x(plot, times[i]);
      if (!thin) {
        run.push(x, this.#y(plot, value));
      } else if (pixel && pixel.x === Math.round(x)) {
        pixel.low = Math.min(pixel.low, value);
        pixel.high = Math.max(pixel.high, value);
        pixel.last = value;
      } else {
        flush();
        pixel = { x: Math.round(x), first: value, low: value, high: value, last: value };
      }
    }
    flush();
    return runs;
  }

  #line(pen, plot, one, first, end) {
    const ink = color(one.color);
    const floor = plot.top + plot.height;
    pen.strokeStyle = ink;
    pen.fillStyle = ink;
    pen.lineWidth = 1.6;
    pen.lineJoin = "round";
    pen.setLineDash(one.dash ?? []);
    for (const run of this.#runs(plot, one, first, end)) {
      if (run.length === 2) {
        pen.beginPath();
        pen.arc(run[0], run[1], 1.8, 0, 7);
        pen.fill();
        continue;
      }
      const path = new Path2D();
      path.moveTo(run[0], run[1]);
      for (let i = 2; i < run.length; i += 2) path.lineTo(run[i], run[i + 1]);
      pen.stroke(path);
      if (this.area) {
        path.lineTo(run[run.length - 2], floor);
        path.lineTo(run[0], floor);
        pen.globalAlpha = 0.1;
        pen.fill(path);
        pen.globalAlpha = 1;
      }
    }
    pen.setLineDash([]);
  }

  #selection(pen, plot) {
    if (!this.#drag) return;
    const clamp = (x) => Math.min(plot.left + plot.width, Math.max(plot.left, x));
    const from = clamp(Math.min(this.#drag.from, this.#drag.to));
    pen.globalAlpha = 0.18;
    pen.fillStyle = color("--accent");
    pen.fillRect(from, plot.top, clamp(Math.max(this.#drag.from, this.#drag.to)) - from, plot.height);
    pen.globalAlpha = 1;
  }

  #cursor(pen, plot, shown) {
    const { history, cursor } = this.sheet;
    const none = cursor === null || history.to === history.from;
    const i = none ? this.#index(plot.to) : this.#index(cursor);
    for (const one of this.series) text(this.values.get(one.key), this.format(this.#value(one, i)));
    show(this.tip, !none && this.#active);
    if (none) return;
    const x = Math.round(this.#x(plot, history.times[i])) + 0.5;
    if (x < plot.left - 1 || x > plot.left + plot.width + 2) return;
    pen.strokeStyle = color("--muted");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, plot.top);
    pen.lineTo(x, plot.top + plot.height);
    pen.stroke();
    for (const one of shown) {
      const value = this.#value(one, i);
      if (Number.isNaN(value)) continue;
      pen.fillStyle = color(one.color);
      pen.beginPath();
      pen.arc(x, this.#y(plot, value), 3, 0, 7);
      pen.fill();
    }
    if (this.#active) this.#tooltip(x, i, shown);
  }

  #tooltip(x, i, shown) {
    this.tip.replaceChildren(
      h("strong", null, clock(this.sheet.history.times[i])),
      ...shown.map((one) => {
        const swatch = h("i");
        swatch.style.setProperty("--swatch", `var(${one.color})`);
        return h("div", null, swatch, h("span", null, one.label), h("b", null, this.format(this.#value(one, i))));
      }),
    );
    const width = this.tip.offsetWidth;
    const room = this.canvas.clientWidth;
    this.tip.style.left = `${Math.max(0, x + 12 + width > room ? x - 12 - width : x + 12)}px`;
  }
}
