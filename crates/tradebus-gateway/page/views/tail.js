// Messages as they pass: bounded to 500 on the screen and to a rate, because nobody reads faster.

import { attr, card, field, h, select, show, text } from "../dom.js";
import { clock, plural, count } from "../format.js";
import { schedule } from "../frames.js";
import { parse } from "../json.js";
import { keep } from "../route.js";
import { TIERS, tierName } from "../tiers.js";
import { preview, sentAt, shortened, unfolded } from "./message.js";

const MOST = 500;
/** Messages with more text than this are kept in part: 500 of them must fit. */
const LARGE = 20_000;
/** The list stands still so long after the pointer or a key moved in it: a row must not run away from under it. */
const STILL_MS = 2000;
/** The list changes so often: five times a second is as fast as anyone sees, and leaves the processor alone. */
const TURN_MS = 200;

export function tail(root, page) {
  const query = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const patterns = h("input#tail-pattern", { type: "text", value: query.getAll("pattern").join(" ") || "*", autocomplete: "off", spellcheck: "false", required: true });
  const rate = h("input#tail-rate", { type: "number", min: "1", max: "1000", step: "1", value: query.get("rate") ?? "50", required: true });
  const from = select({ id: "tail-from" }, [["latest", "now"], ["1m", "1 minute ago"], ["10m", "10 minutes ago"], ["earliest", "the oldest"]], query.get("from") ?? "latest");
  const wanted = new Set((query.get("priority") ?? TIERS.join(",")).split(","));
  const tiers = TIERS.map((tier) => {
    const input = h("input", { type: "checkbox", checked: wanted.has(tier), value: tier, "data-test": `tail-tier-${tier}` });
    return { input, node: h("label.inline", null, input, h("span.tier", { "data-tier": tier }, tier)) };
  });
  const start = h("button.primary#tail-start", { type: "submit" }, "Start");
  const stop = h("button#tail-stop", { type: "button", hidden: true, click: () => halt("Stopped.") }, "Stop");
  const hold = h("button#tail-pause", { type: "button", hidden: true, "aria-pressed": "false", click: () => setHeld(!held) }, "Pause");
  const clear = h("button#tail-clear", { type: "button", click: () => wipe() }, "Clear");
  const says = h("p.status#tail-status", { role: "status" }, "Not started.");
  const counts = h("p.note#tail-counts");
  const list = h("ol.messages#tail-list", { tabindex: "0", "aria-label": "Messages, the newest first" });
  const form = h("form#tail-form.row.inline-form", null,
    field("Topics", patterns, "Patterns, separated by blanks. * is any run of characters, ? exactly one."),
    h("fieldset.row", null, h("legend", null, "Tiers"), tiers.map((tier) => tier.node)),
    field("From", from), field("Most a second", rate),
    h("div.row", null, start, stop, hold, clear));
  root.append(card("card-tail", "Tail", null, form, says, counts, list));

  let source = null;
  let started = false;
  let held = false;
  let open = null;
  let stillUntil = 0;
  let waking = 0;
  let turning = 0;
  /** Newest last; what has not been put on the screen yet. */
  let queue = [];
  const seen = { shown: 0, skipped: 0, passed: 0 };

  for (const kind of ["pointermove", "pointerdown", "keydown", "focusin"]) {
    list.addEventListener(kind, () => {
      stillUntil = performance.now() + STILL_MS;
      clearTimeout(waking);
      waking = setTimeout(() => schedule(draw), STILL_MS + 20);
    }, { passive: true });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });

  function begin() {
    const topics = patterns.value.split(/\s+/).filter(Boolean);
    const chosen = tiers.filter((tier) => tier.input.checked).map((tier) => tier.input.value);
    if (!topics.length || !chosen.length) {
      text(says, topics.length ? "Choose at least one tier." : "Give at least one pattern.");
      return;
    }
    const some = chosen.length < TIERS.length ? chosen.join(",") : null;
    keep({ pattern: topics, priority: some, rate: rate.value, from: from.value === "latest" ? null : from.value });
    started = true;
    source?.close();
    Object.assign(seen, { shown: 0, skipped: 0, passed: 0 });
    const search = new URLSearchParams({ from: from.value, on_slow: "drop", max_rate: rate.value });
    for (const topic of topics) search.append("pattern", topic);
    if (some) search.set("priority", some);
    setHeld(false);
    connect(`/api/v1/subscribe?${search}`);
    text(says, "Connecting…");
    buttons(true);
  }

  function connect(address) {
    const mine = new EventSource(address);
    source = mine;
    mine.addEventListener("open", () => text(says, `Listening to ${patterns.value.trim()}: at most ${plural(Number(rate.value), "message")} a second; what does not fit gives way to newer ones.`));
    mine.addEventListener("message", (event) => take(event.data));
    mine.addEventListener("skipped", (event) => {
      seen.skipped += JSON.parse(event.data).skipped;
      schedule(draw);
    });
    mine.addEventListener("end", (event) => halt(`The gateway ended it: ${JSON.parse(event.data).reason}`));
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      if (mine.readyState === EventSource.CLOSED) refused(address);
      else text(says, "The connection is lost; trying again…");
    });
  }

  /** An event source hides why it was refused; a plain request shows it. */
  async function refused(address) {
    halt("The gateway refused this.");
    const stopper = new AbortController();
    try {
      const answer = await fetch(address, { signal: stopper.signal });
      if (answer.status === 401) location.assign("/login");
      else if (!answer.ok) text(says, `The gateway refused this: ${(await answer.json()).detail}`);
    } catch {
      text(says, "The gateway cannot be reached.");
    }
    stopper.abort();
  }

  function buttons(running) {
    show(stop, running);
    show(hold, running);
    text(start, running ? "Restart" : "Start");
  }

  function halt(why) {
    source?.close();
    source = null;
    buttons(false);
    text(says, why);
  }

  function setHeld(now) {
    held = now;
    attr(hold, "aria-pressed", held);
    text(hold, held ? "Resume" : "Pause");
    if (!held) fold();
    schedule(draw);
  }

  function wipe() {
    fold();
    list.replaceChildren();
    queue = [];
    Object.assign(seen, { shown: 0, skipped: 0, passed: 0 });
    schedule(draw);
  }

  function take(data) {
    let message;
    try {
      message = parse(data);
    } catch {
      message = { topic: "", payload: data };
    }
    queue.push(data.length > LARGE ? shortened(message) : message);
    if (queue.length > MOST) {
      queue.shift();
      seen.passed += 1;
    }
    if (page.current === "tail" && !turning) turning = setTimeout(() => { turning = 0; schedule(draw); }, TURN_MS);
  }

  // --- the list

  function make() {
    const at = h("time.mono");
    const tier = h("span.tier");
    const topic = h("button.topic", { type: "button", title: "Listen to this topic alone" });
    const kind = h("span.kind");
    const body = h("span.preview.mono");
    const unfold = h("button.unfold", { type: "button", "aria-expanded": "false", "aria-label": "Show the whole message" }, "▸");
    const node = h("li", null, h("div.line", null, unfold, at, tier, topic, kind, body));
    const row = { node, at, tier, topic, kind, body, unfold, message: null };
    unfold.addEventListener("click", () => toggle(row));
    body.addEventListener("click", () => toggle(row));
    topic.addEventListener("click", () => {
      patterns.value = row.message.topic.replaceAll(/\s/g, "?");
      begin();
    });
    node.row = row;
    return row;
  }

  function fill(row, message) {
    row.message = message;
    const at = sentAt(message);
    const tier = tierName(message.priority);
    text(row.at, at ? clock(at, true) : "–");
    text(row.tier, tier);
    row.tier.dataset.tier = tier;
    text(row.topic, message.topic);
    text(row.kind, message.type || message.encoding || "");
    text(row.body, preview(message));
  }

  function fold() {
    if (!open) return;
    open.unfold.setAttribute("aria-expanded", "false");
    open.node.lastChild.remove();
    open = null;
  }

  function toggle(row) {
    const same = open === row;
    fold();
    if (same) return;
    open = row;
    row.unfold.setAttribute("aria-expanded", "true");
    row.node.append(unfolded(row.message));
    // Else it would run away from under the eyes.
    if (source && !held) setHeldFor();
  }

  function setHeldFor() {
    held = true;
    attr(hold, "aria-pressed", true);
    text(hold, "Resume");
    schedule(draw);
  }

  function draw() {
    const resting = performance.now() < stillUntil;
    const still = held || page.paused || resting;
    if (!still) {
      const fresh = [];
      const room = MOST - list.childElementCount;
      for (const [i, message] of queue.entries()) {
        // The oldest row is used again for the newest message.
        const row = i < room ? make() : list.lastElementChild.row;
        if (row === open) fold();
        fill(row, message);
        row.node.remove();
        fresh.unshift(row.node);
      }
      if (fresh.length) list.prepend(...fresh);
      seen.shown += queue.length;
      queue = [];
    }
    const parts = [`${count(seen.shown)} shown`];
    if (seen.skipped) parts.push(`${count(seen.skipped)} skipped to keep to the rate`);
    if (seen.passed) parts.push(`${count(seen.passed)} passed while paused`);
    if (still && queue.length) parts.push(`${held || page.paused ? "paused" : "still while you point at it"}, ${plural(queue.length, "newer message")} ${queue.length === 1 ? "waits" : "wait"}`);
    text(counts, `${parts.join(" · ")}.`);
  }

  return {
    enter(search) {
      if (search.has("pattern") && !started) {
        patterns.value = search.getAll("pattern").join(" ");
        begin();
      }
      schedule(draw);
    },
    update: () => schedule(draw),
  };
}
