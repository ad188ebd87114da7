// The services of this node, and a form to ask one of them.

import { explain, post } from "../api.js";
import { card, cells, field, h, keyed, show, table, text } from "../dom.js";
import { count, ms, percent } from "../format.js";
import { number, pretty } from "../json.js";
import { keep } from "../route.js";

const COLUMNS = [
  { label: "Service" }, { label: "Health" }, { label: "Requests", num: true }, { label: "Failed", num: true }, { label: "Active", num: true },
  { label: "Mean", num: true }, { label: "p95", num: true }, { label: "From cache", num: true },
];

export function services(root, page) {
  const list = table("services", "Services", COLUMNS);
  const none = h("p.note#services-none", null, "This node runs no services.");
  const known = h("datalist#ask-routes");
  const route = h("input#ask-route", { type: "text", list: "ask-routes", required: true, autocomplete: "off", spellcheck: "false", placeholder: "datagov.datasets.search" });
  const about = h("p.note#ask-about");
  const params = h("textarea#ask-params", { rows: "6", spellcheck: "false" });
  params.value = "{}";
  const timeout = h("input#ask-timeout", { type: "number", min: "1", max: "600000", step: "1", value: "5000", required: true });
  const cache = h("input#ask-cache", { type: "number", min: "0", step: "1", placeholder: "default" });
  const send = h("button.primary#ask-send", { type: "submit" }, "Ask");
  const cancel = h("button#ask-cancel", { type: "button", hidden: true }, "Give up");
  const problem = h("p.problem#ask-problem", { role: "alert", hidden: true });
  const status = h("p.status#ask-status", { role: "status" });
  const answer = h("pre#ask-answer", { tabindex: "0", hidden: true, "aria-label": "Answer" });
  const form = h("form#ask.form", null,
    field("Topic", route, "One of this node's services, or of any other on the bus."), known, about, field("Parameters, as JSON", params),
    h("div.row", null, field("Timeout, ms", timeout), field("Keep the answer, seconds", cache)),
    h("div.row", null, send, cancel), problem, status, answer);
  root.append(card("card-services", "Services", null, none, list.node), card("card-ask", "Ask a service", null, form));

  let routes = new Map();
  let signature = "";

  function fillRoutes(all) {
    const now = JSON.stringify(all.map((one) => [one.name, one.routes]));
    if (now === signature) return;
    signature = now;
    routes = new Map(all.flatMap((one) => one.routes.map((entry) => [entry.topic, entry])));
    const wanted = route.value || new URLSearchParams(location.hash.split("?")[1] ?? "").get("route");
    known.replaceChildren(...[...routes.values()].map((entry) => h("option", { value: entry.topic }, entry.about)));
    route.value = wanted || (routes.keys().next().value ?? "");
    describe();
  }

  function describe() {
    text(about, routes.get(route.value)?.about ?? "");
    show(about, routes.has(route.value));
  }
  route.addEventListener("input", describe);
  route.addEventListener("change", () => {
    keep({ route: route.value });
    describe();
  });

  let stopper = null;
  cancel.addEventListener("click", () => stopper?.abort());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(problem, false);
    try {
      JSON.parse(params.value || "{}");
    } catch (error) {
      text(problem, `The parameters are not JSON: ${error.message}.`);
      show(problem, true);
      params.focus();
      return;
    }
    const rest = { topic: route.value, timeout_ms: Number(timeout.value), cache_ttl_seconds: cache.value === "" ? undefined : Number(cache.value) };
    const body = `${JSON.stringify(rest).slice(0, -1)},"params":${params.value || "{}"}}`;
    const begun = performance.now();
    stopper = new AbortController();
    send.disabled = true;
    show(cancel, true);
    text(status, "Waiting for the answer…");
    try {
      reveal(await post("/api/v1/request", body, { signal: stopper.signal, exact: true }), performance.now() - begun);
    } catch (error) {
      show(answer, false);
      text(status, "");
      text(problem, error.name === "AbortError" ? "Given up." : explain(error));
      show(problem, true);
    }
    send.disabled = false;
    show(cancel, false);
  });

  function reveal(response, took) {
    const parts = [response.success ? "Answered" : "Not fulfilled", `in ${ms(took)}`];
    if (response.processing_time_ms !== undefined) parts.push(`of which the service took ${ms(number(response.processing_time_ms))}`);
    if (response.cached) parts.push("out of the cache");
    text(status, `${parts[0]} ${parts.slice(1).join(", ")}.`);
    if (!response.success) {
      text(problem, `${response.error?.code ?? "error"}: ${response.error?.message ?? "no reason was given"}`);
      show(problem, true);
    }
    const whole = pretty(response.data ?? response);
    text(answer, whole.length > 500_000 ? `${whole.slice(0, 500_000)}\n… cut here` : whole);
    show(answer, true);
  }

  function make() {
    const row = cells(COLUMNS);
    row.name = h("span");
    row.pill = h("span.pill");
    row.why = h("div.note");
    row.cells[0].append(row.name);
    row.cells[1].append(row.pill, row.why);
    return row;
  }

  return {
    update({ services: all }) {
      show(none, all.length === 0);
      show(list.node, all.length > 0);
      keyed(list.body, all.slice(0, 200), (one) => one.name, make, (row, one) => {
        text(row.name, one.name);
        row.pill.dataset.state = one.status;
        text(row.pill, one.status);
        text(row.why, one.reasons.join(" "));
        text(row.cells[2], count(one.requests));
        text(row.cells[3], count(one.failed));
        text(row.cells[4], count(one.active));
        text(row.cells[5], ms(one.requests ? one.avg_ms : null));
        text(row.cells[6], ms(one.requests ? one.p95_ms : null));
        text(row.cells[7], percent(one.requests ? one.cache_hit_rate : null));
      });
      fillRoutes(all);
    },
  };
}
