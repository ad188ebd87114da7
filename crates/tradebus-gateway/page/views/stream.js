// One stream: figures, groups with their consumers, newest entries, trimming.

import { explain, get, post } from "../api.js";
import { attr, card, cells, confirm, field, h, keyed, show, table, text } from "../dom.js";
import { bytes, count, plural, seconds, short } from "../format.js";
import { message } from "./message.js";

const GROUPS = [
  { label: "Group" }, { label: "Consumers", num: true }, { label: "Pending", num: true },
  { label: "Lag", num: true }, { label: "Rate", num: true }, { label: "" },
];
const CONSUMERS = [{ label: "Consumer" }, { label: "Pending", num: true }, { label: "Idle", num: true }, { label: "Inactive", num: true }];
const ENTRIES = 25;
/** A stream that is in no list is looked up again this often. */
const AGAIN_MS = 3000;

export function detail(page, close) {
  let stream = null;
  let group = null;
  let before = null;
  let looked = 0;

  const name = h("h2.key#stream-h", { tabindex: "-1" });
  const facts = h("dl.facts.wide");
  const groups = table("groups", "Consumer groups", GROUPS);
  const noGroup = h("p.note", null, "No consumer group reads this stream.");
  const consumers = table("consumers", "Consumers of the group", CONSUMERS);
  const consumersOf = h("h4");
  const ofGroup = h("div", { hidden: true }, consumersOf, consumers.node);
  const entries = h("ol.entries#entries");
  const older = h("button#entries-older", { type: "button", click: () => load(before) }, "Older entries");
  const newest = h("button#entries-newest", { type: "button", click: () => load(null) }, "Newest entries");
  const problem = h("p.problem", { role: "alert", hidden: true });
  const node = h(
    "section.card#stream-detail", { "aria-labelledby": "stream-h", hidden: true },
    h("div.head", null, name, h("button#stream-close", { type: "button", click: close }, "Close")),
    facts, problem,
    h("h3", null, "Consumer groups"), groups.node, noGroup, ofGroup,
    h("div.row.between", null, h("h3", null, "Entries"), h("div.row", null, newest, older)), entries,
    trim(),
  );
  function fail(error) {
    text(problem, explain(error));
    show(problem, true);
  }

  async function load(from) {
    const of = stream;
    try {
      const answer = await get("/api/v1/streams/entries", { stream, limit: ENTRIES, before: from }, { exact: true });
      if (of !== stream) return;
      before = answer.next_before;
      older.disabled = !before;
      entries.replaceChildren(...answer.entries.map((entry) => h("li", null, message(entry.message ?? { id: entry.id, fields: entry.fields ?? entry.fields_b64 }))));
      if (!answer.entries.length) entries.append(h("li.note", null, "There are no entries."));
    } catch (error) {
      if (of === stream) fail(error);
    }
  }

  async function loadConsumers() {
    const of = `${stream}\n${group}`;
    try {
      const answer = await get("/api/v1/streams/consumers", { stream, group });
      if (of !== `${stream}\n${group}`) return;
      text(consumersOf, `${plural(answer.consumers.length, "consumer")} of ${group}`);
      keyed(consumers.body, answer.consumers.slice(0, 200), (one) => one.consumer, () => cells(CONSUMERS), (row, one) => {
        text(row.cells[0], one.consumer);
        text(row.cells[1], count(one.pending));
        text(row.cells[2], seconds(one.idle_ms / 1000));
        text(row.cells[3], one.inactive_ms === null ? "–" : seconds(one.inactive_ms / 1000));
      });
      show(ofGroup, true);
    } catch (error) {
      fail(error);
    }
  }

  function makeGroup(item) {
    const row = cells(GROUPS);
    row.button = h("button.small", { type: "button", "data-group": item.group, click: () => {
      group = group === item.group ? null : item.group;
      show(ofGroup, false);
      if (group) loadConsumers();
    } }, "Consumers");
    row.cells[5].append(row.button);
    return row;
  }

  function fill(row) {
    const values = {
      Tier: row.tier ?? "mixed", Length: count(row.length), Rate: row.rate === null ? "–" : `${short(row.rate)}/s`, Memory: bytes(row.memory_bytes),
      Oldest: row.oldest_age_seconds === null ? "–" : `${seconds(row.oldest_age_seconds)} ago`,
      Newest: row.newest_age_seconds === null ? "–" : `${seconds(row.newest_age_seconds)} ago`,
    };
    keyed(facts, Object.entries(values), ([label]) => label, ([label]) => {
      const value = h("dd");
      return { node: h("div", null, h("dt", null, label), value), value };
    }, (made, [, value]) => text(made.value, value));
    show(noGroup, row.groups.length === 0);
    show(groups.node, row.groups.length > 0);
    keyed(groups.body, row.groups.slice(0, 200), (one) => one.group, makeGroup, (made, one) => {
      text(made.cells[0], one.group);
      text(made.cells[1], count(one.consumers));
      text(made.cells[2], count(one.pending));
      text(made.cells[3], count(one.lag));
      text(made.cells[4], one.rate === null || one.rate === undefined ? "–" : `${short(one.rate)}/s`);
      attr(made.button, "aria-pressed", one.group === group);
    });
  }

  function trim() {
    const how = h("select#trim-how", { "aria-label": "How to trim" }, h("option", { value: "max_length" }, "Keep the newest entries, this many"), h("option", { value: "max_age_seconds" }, "Remove entries older than, in seconds"));
    const amount = h("input#trim-amount", { type: "number", min: "0", step: "1", required: true, value: "10000", inputmode: "numeric" });
    const result = h("p.note", { role: "status" });
    const form = h("form.row.inline-form", { id: "trim" }, field("Trim", how), field("Amount", amount), h("button.danger", { type: "submit", "data-test": "trim-go" }, "Trim…"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const of = stream;
      const value = Number(amount.value);
      const what = how.value === "max_length" ? `all but the newest ${count(value)} entries` : `all entries older than ${seconds(value)}`;
      if (!(await confirm("Trim this stream?", `This removes ${what} of ${of}. Consumers that have not read them will miss them. It cannot be undone.`, "Trim"))) return;
      try {
        const { removed } = await post("/api/v1/streams/trim", { stream: of, [how.value]: value });
        text(result, `${plural(removed, "entry", "entries")} removed from ${of}.`);
        load(null);
      } catch (error) {
        text(result, explain(error));
      }
    });
    return h("div", null, h("h3", null, "Trim"), form, result);
  }

  return {
    node,
    open(wanted, row) {
      const changed = wanted !== stream;
      stream = wanted;
      show(node, stream !== null);
      if (!changed || stream === null) return;
      group = null;
      show(ofGroup, false);
      show(problem, false);
      text(name, stream);
      entries.replaceChildren(h("li.note", null, "Loading…"));
      if (row) {
        fill(row);
      } else {
        facts.replaceChildren();
        groups.body.replaceChildren();
        find();
      }
      load(null);
      if (page.current === "streams") {
        name.focus({ preventScroll: true });
        node.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
      }
    },
    update(row) {
      if (stream === null) return;
      if (row) fill(row);
      else if (performance.now() - looked > AGAIN_MS && !page.paused) find();
    },
  };

  /** A stream that came by the address and is not on the page of the table. */
  async function find() {
    const of = stream;
    looked = performance.now();
    try {
      const answer = await get("/api/v1/streams", { limit: 20, search: of });
      const row = answer.streams.find((one) => one.stream === of);
      if (of !== stream) return;
      if (row) {
        fill(row);
        show(problem, false);
      } else fail(new Error("There is no stream with this name."));
    } catch (error) {
      if (of === stream) fail(error);
    }
  }
}
