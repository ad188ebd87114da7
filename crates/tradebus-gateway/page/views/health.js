// How the bus is, why, and what was counted.

import { explain, get } from "../api.js";
import { card, cells, h, keyed, show, table, text } from "../dom.js";
import { count, ms, percent, seconds, sentence } from "../format.js";
import { compact } from "../json.js";
import { events } from "./overview.js";

const TOTALS = [
  ["accepted", "Accepted", "taken from publishers"],
  ["published", "Published", "confirmed by the store"],
  ["received", "Received", "handed to subscribers"],
  ["failed", "Failed", "given up while publishing"],
  ["retried", "Retried", "sent again after a lost connection"],
  ["dropped", "Dropped", "by the policy of a queue"],
  ["expired", "Expired", "came too late to be of use"],
  ["missing", "Missing", "gone before a subscription read them"],
  ["duplicates", "Duplicates", "came twice and were left out"],
  ["handler_errors", "Handler errors", "handlers that failed"],
  ["redelivered", "Redelivered", "delivered again because they failed"],
  ["dead_lettered", "Dead-lettered", "put aside after the last try"],
  ["reconnects", "Reconnects", "connections made again"],
  ["trimmed", "Trimmed", "entries removed by retention"],
];
const CALM = new Set(["accepted", "published", "received", "trimmed"]);

/** What is looked at: name, whether it is well, and what was found. */
function checks(snapshot) {
  const { health, tiers, workers, streams, dead_letters: letters } = snapshot;
  const pushing = tiers.filter((tier) => tier.pushing_back).map((tier) => tier.tier);
  return [
    ["Store", health.connected, !health.connected ? "does not answer" : health.store_latency_ms === null ? "connected" : `answers in ${ms(health.store_latency_ms)}`],
    ["Circuit breaker", health.breaker === "closed", health.breaker.replaceAll("_", " ")],
    ["Freshness", !health.stale, health.stale ? "the store was not asked, because it did not answer shortly before" : "the store was asked just now"],
    ["Queues", pushing.length === 0, pushing.length ? `${pushing.join(", ")} pushing back` : "no tier pushes back"],
    ["Workers", workers.count === 0 || workers.utilization < 0.95 || workers.count < workers.max, `${count(workers.count)} at ${percent(workers.utilization)}`],
    ["Dead letters", letters === 0, letters === null ? "the store was not asked" : count(letters)],
    ["Streams", true, `${count(streams.count)}, each looked at within ${seconds(streams.round_seconds)}`],
  ];
}

/** `a.b.c` and value, for every leaf. */
function leaves(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value) || value.rawJSON) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

function configuration() {
  const columns = [{ label: "Setting" }, { label: "Value", class: "wrap" }, { label: "From" }];
  const list = table("config", "Configuration", columns);
  const problem = h("p.problem", { role: "alert", hidden: true });
  const node = h("details#config-details", null, h("summary", null, "Configuration"), problem, list.node);
  show(list.node, false);
  node.addEventListener("toggle", async () => {
    if (!node.open) return;
    try {
      const { config, sources } = await get("/api/v1/config");
      const all = leaves(config).slice(0, 480);
      keyed(list.body, all, ([path]) => path, () => cells(columns), (row, [path, value]) => {
        text(row.cells[0], path);
        text(row.cells[1], typeof value === "string" ? value : compact(value));
        const from = sources?.[path];
        text(row.cells[2], from === undefined ? "" : typeof from === "string" ? from : compact(from));
      });
      show(list.node, true);
      show(problem, false);
    } catch (error) {
      text(problem, explain(error));
      show(problem, true);
    }
  });
  return h("section.card", { "aria-label": "Configuration" }, node);
}

export function health(root) {
  const pill = h("span.pill#health-state");
  const reasons = h("ul.reasons#health-reasons");
  const list = h("ul.checks#checks");
  const columns = [{ label: "Count" }, { label: "Since the start", num: true }, { label: "Meaning", class: "wrap" }];
  const totals = table("totals", "Counted since the start", columns);
  const happened = events("timeline", 50);
  const node = h("p.note#node");
  root.append(h("div.grid", null,
    card("card-health", "State", pill, reasons, list, node),
    card("card-totals", "Totals", null, totals.node),
    card("card-timeline", "Events", null, happened.node)), configuration());
  return {
    update(snapshot) {
      const { health: state, node: self, totals: counted } = snapshot;
      pill.dataset.state = state.status;
      text(pill, sentence(state.status));
      const why = state.reasons.length ? state.reasons : ["Nothing speaks against it."];
      keyed(reasons, why, (reason) => reason, () => ({ node: h("li") }), (row, reason) => text(row.node, reason));
      keyed(list, checks(snapshot), ([name]) => name, () => {
        const parts = { mark: h("b"), name: h("span"), found: h("span.found") };
        return { node: h("li", null, parts.mark, parts.name, parts.found), ...parts };
      }, (row, [name, well, found]) => {
        row.node.dataset.well = String(well);
        text(row.mark, well ? "OK" : "Check");
        text(row.name, name);
        text(row.found, found);
      });
      keyed(totals.body, TOTALS, ([key]) => key, () => cells(columns), (row, [key, label, meaning]) => {
        text(row.cells[0], label);
        text(row.cells[1], count(counted[key]));
        text(row.cells[2], meaning);
        row.node.classList.toggle("warn", !CALM.has(key) && counted[key] > 0);
      });
      text(node, `tradebus ${self.version} on ${self.store}. Keys begin with ${self.base}, layout ${self.layout}.`);
      happened.set(snapshot.events);
    },
  };
}
