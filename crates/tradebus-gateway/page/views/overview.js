// What a person sees who looks for ten seconds.

import { Chart } from "../chart.js";
import { attr, card, cells, h, keyed, select, show, table, text } from "../dom.js";
import { bytes, count, ms, moment, percent, plural, sentence, short } from "../format.js";
import { keep, to } from "../route.js";
import { spark } from "../spark.js";
import { series } from "../tiers.js";

const PERCENTILES = [["p50_ms", "p50"], ["p95_ms", "p95"], ["p99_ms", "p99"], ["max_ms", "max"]];
const INKS = ["--series-1", "--series-2", "--series-3", "--series-4"];

/** The worst of a measure over the tiers: `[value, tier]`. */
function worst(tiers, measure) {
  let found = [null, null];
  for (const tier of tiers) {
    const value = measure(tier);
    if (value !== null && value !== undefined && (found[0] === null || value > found[0])) found = [value, tier.tier];
  }
  return found;
}

/** A big figure: its name, its value, a line below, and a sparkline. */
function figure(id, label, column, { link, ceiling } = {}) {
  const value = h("b", { "data-test": `figure-${id}` }, "–");
  const below = h("small", null, "\u00a0");
  const line = column ? h("canvas.spark", { "aria-hidden": "true" }) : null;
  const node = h(link ? "a.figure" : "div.figure", { href: link, id: `figure-${id}` }, h("span", null, label), value, below, line);
  return {
    node,
    set(shown, note, points, tone) {
      text(value, shown);
      text(below, note || "\u00a0");
      attr(below, "title", note || null);
      attr(node, "data-tone", tone ?? null);
      if (line) spark(line, points.tail(column, 120), ceiling);
    },
  };
}

function figures() {
  const all = {
    published: figure("published", "Published a second", "published"),
    received: figure("received", "Received a second", "received"),
    stored: figure("stored", "Stored a second", "stored"),
    latency: figure("latency", "Slowest p99", "worst.p99_ms"),
    fill: figure("fill", "Fullest queue", "worst.fill", { ceiling: 1 }),
    dead: figure("dead", "Dead letters", null, { link: "#/dead" }),
    workers: figure("workers", "Workers", "utilization", { ceiling: 1 }),
  };
  return {
    node: h("section.figures", { "aria-label": "Key figures" }, Object.values(all).map((one) => one.node)),
    set(snapshot, points) {
      const { rates, tiers, workers } = snapshot;
      all.published.set(short(rates.published), `${count(snapshot.totals.published)} since the start`, points);
      all.received.set(short(rates.received), `${count(snapshot.totals.received)} since the start`, points);
      all.stored.set(short(rates.stored), rates.stored === null ? "the store does not tell" : `${bytes(rates.bytes)}/s of payload`, points);
      const [slow, slowTier] = worst(tiers, (tier) => tier.delivery?.p99_ms);
      all.latency.set(ms(slow), slowTier ? `delivery, in ${slowTier}` : "nothing was delivered", points);
      const [fill, fillTier] = worst(tiers, (tier) => tier.fill);
      const pushing = tiers.filter((tier) => tier.pushing_back);
      all.fill.set(percent(fill), pushing.length ? `${pushing.map((tier) => tier.tier).join(", ")} pushing back` : fill ? `${fillTier}` : "all empty", points, pushing.length ? "warn" : null);
      all.dead.set(count(snapshot.dead_letters), snapshot.dead_letters === null ? "the store was not asked" : snapshot.delayed ? `${plural(snapshot.delayed, "message")} delayed` : "none delayed", points, snapshot.dead_letters ? "warn" : null);
      all.workers.set(count(workers.count), `${percent(workers.utilization)} busy, ${workers.min} to ${workers.max} a pool`, points);
    },
  };
}

/** A queue: how full it is between its marks. */
function queue() {
  const fill = h("i");
  const high = h("u", { title: "Begins to push back" });
  const low = h("u.low", { title: "Stops pushing back" });
  const bar = h("div.bar", { role: "meter", "aria-valuemin": "0", "aria-valuemax": "100" }, fill, low, high);
  const name = h("span.tier");
  const amount = h("span.amount");
  const says = h("span.says");
  return {
    node: h("li", null, h("div.row", null, name, says, amount), bar),
    set(tier) {
      text(name, tier.tier);
      name.dataset.tier = tier.tier;
      text(amount, `${count(tier.queued)} of ${count(tier.capacity)} · ${bytes(tier.queued_bytes)}`);
      text(says, [tier.pushing_back ? `pushing back (${tier.on_full.replaceAll("_", " ")})` : "", tier.dropped ? `${count(tier.dropped)} dropped` : ""].filter(Boolean).join(", "));
      bar.classList.toggle("full", tier.pushing_back);
      attr(bar, "aria-label", `Queue of tier ${tier.tier}: begins to push back at ${percent(tier.high_mark)}, stops at ${percent(tier.low_mark)}`);
      attr(bar, "aria-valuenow", Math.round(tier.fill * 100));
      fill.style.transform = `scaleX(${Math.min(1, tier.fill)})`;
      fill.style.background = `var(--${tier.tier})`;
      high.style.left = `${tier.high_mark * 100}%`;
      low.style.left = `${tier.low_mark * 100}%`;
    },
  };
}

/** A chart of the tiers, of one of three rates. */
function rates(page, query) {
  const chart = new Chart(page.sheet, { id: "chart-rates", title: "Messages a second by tier", format: short, area: true });
  const which = select({ id: "rates-which", "aria-label": "Which messages" }, [["published", "published"], ["received", "received"], ["stored", "stored"]], query.get("rate") ?? "published");
  const log = h("input#rates-log", { type: "checkbox" });
  let whole = false;
  const apply = () => chart.setSeries(whole && which.value === "stored" ? [{ key: "stored", label: "all tiers", color: "--normal" }] : series(which.value));
  which.addEventListener("change", () => {
    keep({ rate: which.value === "published" ? null : which.value });
    apply();
  });
  log.addEventListener("change", () => chart.setLog(log.checked));
  apply();
  return {
    node: card("card-rates", "Messages a second by tier", h("div.row", null, which, h("label.inline", null, log, "log axis")), chart.node),
    /** Where a stream is not of one tier, what is stored is only known as a whole. */
    set(snapshot) {
      const now = snapshot.tiers.every((tier) => tier.stored === null) && snapshot.rates.stored !== null;
      if (now === whole) return;
      whole = now;
      apply();
    },
  };
}

/** A chart of latencies: all percentiles of a tier, or one percentile of all tiers. */
function latency(page, query) {
  const chart = new Chart(page.sheet, { id: "chart-latency", title: "Latency percentiles", format: ms, log: true });
  const what = select({ id: "latency-what", "aria-label": "Which time" }, [["delivery", "publish to subscriber"], ["publish", "publish to stored"]], query.get("time") ?? "delivery");
  const of = select(
    { id: "latency-of", "aria-label": "Tier or percentile" },
    [["all.p50_ms", "all tiers, p50"], ["all.p95_ms", "all tiers, p95"], ["all.p99_ms", "all tiers, p99"], ["all.max_ms", "all tiers, max"],
      ["critical", "critical"], ["high", "high"], ["normal", "normal"], ["low", "low"]],
    query.get("latency") ?? "all.p99_ms",
  );
  const log = h("input#latency-log", { type: "checkbox", checked: true });
  const apply = () => {
    const prefix = what.value === "publish" ? "publish_" : "";
    const [tier, percentile] = of.value.split(".");
    chart.setSeries(
      tier === "all"
        ? series(prefix + percentile)
        : PERCENTILES.map(([column, label], i) => ({ key: `${tier}.${prefix}${column}`, label, color: INKS[i], dash: i === 3 ? [2, 2] : null })),
    );
  };
  for (const control of [what, of]) {
    control.addEventListener("change", () => {
      keep({ time: what.value === "delivery" ? null : what.value, latency: of.value === "all.p99_ms" ? null : of.value });
      apply();
    });
  }
  log.addEventListener("change", () => chart.setLog(log.checked));
  apply();
  return card("card-latency", "Latency", h("div.row", null, what, of, h("label.inline", null, log, "log axis")), chart.node);
}

function workers(page) {
  const chart = new Chart(page.sheet, {
    id: "chart-workers", title: "Workers and how busy they are, in percent", format: percent, height: 130, ceiling: 1, area: true,
    series: [{ key: "utilization", label: "busy", color: "--series-1" }],
  });
  const number = new Chart(page.sheet, {
    id: "chart-worker-count", title: "Number of workers", format: short, height: 96,
    series: [{ key: "workers", label: "workers", color: "--series-2" }],
  });
  const list = h("ul.log#scalings");
  const none = h("p.note", null, "Their number has not changed yet.");
  return {
    node: card("card-workers", "Workers", null, chart.node, number.node, h("h3", null, "Scalings"), list, none),
    set(snapshot) {
      show(none, snapshot.workers.scalings.length === 0);
      keyed(list, snapshot.workers.scalings.slice(0, 8), (one) => `${one.ts_ms}/${one.from}/${one.to}`, () => {
        const when = h("time");
        const what = h("b");
        const why = h("span");
        return { node: h("li", null, when, h("span", null, what, " ", why)), when, what, why };
      }, (row, one) => {
        text(row.when, moment(one.ts_ms));
        text(row.what, `${one.from} → ${one.to}`);
        text(row.why, `${sentence(one.why)} (${percent(one.utilization)} busy)`);
      });
    },
  };
}

function process(page) {
  const memory = new Chart(page.sheet, { id: "chart-memory", title: "Memory of the process", format: bytes, binary: true, height: 96, series: [{ key: "memory_bytes", label: "memory", color: "--series-3" }] });
  const cpu = new Chart(page.sheet, { id: "chart-cpu", title: "Processor cores in use", format: short, height: 96, series: [{ key: "cpu_cores", label: "cores", color: "--series-4" }] });
  const clients = h("p.note");
  return {
    node: card("card-process", "Process", null, memory.node, cpu.node, clients),
    set: ({ process: used }) => text(clients, `${plural(used.http_connections, "HTTP connection")}, ${plural(used.http_subscriptions, "subscription")} through the gateway.`),
  };
}

function busiest() {
  const columns = [{ label: "Stream" }, { label: "Rate", num: true }, { label: "Length", num: true }, { label: "Lag", num: true }];
  const { node, body } = table("busiest", "The busiest streams", columns);
  return {
    node: card("card-busiest", "Busiest streams", h("a", { href: "#/streams" }, "all streams"), node),
    set({ streams, node: { base } }) {
      keyed(body, streams.rows.slice(0, 6), (row) => row.stream, () => {
        const made = cells(columns);
        made.link = h("a.key");
        made.cells[0].append(made.link);
        return made;
      }, (made, row) => {
        // What all keys begin with would leave no room for what tells them apart.
        text(made.link, row.stream.startsWith(`${base}:`) ? row.stream.slice(base.length + 1) : row.stream);
        attr(made.link, "title", row.stream);
        attr(made.link, "href", to("streams", { stream: row.stream }));
        text(made.cells[1], row.rate === null ? "–" : `${short(row.rate)}/s`);
        text(made.cells[2], count(row.length));
        text(made.cells[3], row.groups.length ? count(Math.max(...row.groups.map((group) => group.lag ?? 0))) : "no group");
      });
    },
  };
}

/** The list of changes of health; other views show it longer. */
export function events(id, most) {
  const list = h(`ol.log#${id}`);
  const none = h("p.note", null, "Nothing has changed since the start.");
  return {
    node: h("div", null, list, none),
    set(all) {
      show(none, all.length === 0);
      keyed(list, all.slice(0, most), (one) => `${one.ts_ms}/${one.who}/${one.state}`, () => {
        const parts = { when: h("time"), state: h("b"), who: h("span"), why: h("span.why") };
        return { node: h("li", null, parts.when, h("span", null, parts.who, " ", parts.state, " ", parts.why)), ...parts };
      }, (row, one) => {
        text(row.when, moment(one.ts_ms));
        text(row.who, one.who);
        row.state.dataset.state = one.state;
        text(row.state, one.previous && one.previous !== one.state ? `${one.previous} → ${one.state}` : one.state);
        text(row.why, one.reasons.join("; "));
      });
    },
  };
}

export function overview(root, page) {
  const query = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const big = figures();
  const rate = rates(page, query);
  const queues = h("ul.queues#queues");
  const pool = workers(page);
  const used = process(page);
  const busy = busiest();
  const happened = events("events", 8);
  const span = select({ id: "span", "aria-label": "Time shown in the charts" }, [["60", "1 minute"], ["300", "5 minutes"], ["900", "15 minutes"], ["3600", "1 hour"]], query.get("span") ?? "300");
  const apply = () => {
    page.sheet.span = Number(span.value || 300) * 1000;
    page.sheet.setZoom(null);
    page.sheet.draw();
  };
  span.addEventListener("change", () => {
    keep({ span: span.value === "300" ? null : span.value });
    apply();
  });
  apply();
  root.append(
    big.node,
    h("div.row.between", null, h("p.note", null, "Drag in a chart to zoom, double-click to see all; arrow keys read values."), h("label.inline", null, "Charts show", span)),
    h("div.grid.two", null, rate.node, latency(page, query)),
    h("div.grid", null,
      h("div.stack", null, card("card-queues", "Publishing queues", h("span.note", null, "marks: ", h("span.mark", null, "pushes back"), " ", h("span.mark.low", null, "stops")), queues), busy.node),
      pool.node,
      h("div.stack", null, used.node, card("card-events", "Recent events", h("a", { href: "#/health" }, "all events"), happened.node)),
    ),
  );
  return {
    update(snapshot) {
      big.set(snapshot, page.live.history);
      rate.set(snapshot);
      keyed(queues, snapshot.tiers, (tier) => tier.tier, queue, (row, tier) => row.set(tier));
      pool.set(snapshot);
      used.set(snapshot);
      busy.set(snapshot);
      happened.set(snapshot.events);
    },
  };
}
