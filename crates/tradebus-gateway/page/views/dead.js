// Messages that no handler could use: look, send back, or drop.

import { explain, get, post } from "../api.js";
import { card, cells, confirm, h, keyed, show, table, text } from "../dom.js";
import { count, plural, seconds } from "../format.js";
import { keep } from "../route.js";
import { message } from "./message.js";

const PAGE = 50;
const AGAIN_MS = 5000;
const COLUMNS = [
  { label: "" }, { label: "Topic" }, { label: "Group" }, { label: "Error", class: "wrap" }, { label: "Deliveries", num: true }, { label: "Died", num: true }, { label: "Message", class: "wide" },
];

export function dead(root, page) {
  let letters = [];
  let total = 0;
  let next = null;
  let after = null;
  let before = [];
  let asked = 0;
  let turnNow = 0;
  const chosen = new Set();

  const everything = h("input#dead-page", { type: "checkbox", "aria-label": "Select all on this page" });
  const list = table("dead", "Dead letters", COLUMNS.map((column, i) => (i === 0 ? { ...column, head: everything } : column)), { class: "cards" });
  const none = h("p.note#dead-none", { hidden: true }, "There are no dead letters.");
  const summary = h("p.note#dead-summary");
  const problem = h("p.problem", { role: "alert", hidden: true });
  const status = h("p.status#dead-status", { role: "status" });
  const redrive = h("button#dead-redrive", { type: "button", click: () => act("redrive", false) }, "Send back");
  const drop = h("button.danger#dead-drop", { type: "button", click: () => act("drop", false) }, "Drop");
  const redriveAll = h("button#dead-redrive-all", { type: "button", click: () => act("redrive", true) }, "Send all back");
  const dropAll = h("button.danger#dead-drop-all", { type: "button", click: () => act("drop", true) }, "Drop all");
  const back = h("button#dead-back", { type: "button", click: () => turn(before.pop() ?? null) }, "Previous");
  const on = h("button#dead-next", { type: "button", click: () => { before.push(after); turn(next); } }, "Next");
  const pager = h("div.row.end", { hidden: true }, back, on);
  root.append(card("card-dead", "Dead letters", null,
    summary, h("div.row.between", null, h("div.row", null, redrive, drop), h("div.row", null, redriveAll, dropAll)), status, problem, none, list.node, pager));

  async function ask() {
    asked = performance.now();
    const mine = (turnNow += 1);
    try {
      const answer = await get("/api/v1/dead", { limit: PAGE, after }, { exact: true });
      if (mine !== turnNow) return;
      ({ letters, total, next_after: next } = answer);
      show(problem, false);
      const here = new Set(letters.map((one) => one.id));
      for (const id of chosen) if (!here.has(id)) chosen.delete(id);
    } catch (error) {
      if (mine !== turnNow) return;
      text(problem, explain(error));
      show(problem, true);
    }
    draw();
  }

  function turn(to) {
    after = to;
    keep({ after });
    chosen.clear();
    scrollTo(0, 0);
    ask();
  }

  everything.addEventListener("change", () => {
    chosen.clear();
    if (everything.checked) for (const one of letters) chosen.add(one.id);
    draw();
  });

  async function act(verb, all) {
    const ids = [...chosen];
    const what = all ? `all ${plural(total, "dead letter")}` : plural(ids.length, "dead letter");
    const asks = verb === "redrive"
      ? ["Send back?", `This puts ${what} into the streams they came from, to be handled again.`, "Send back"]
      : ["Drop?", `This removes ${what} for good. It cannot be undone.`, "Drop"];
    if (!(await confirm(...asks))) return;
    try {
      const answer = await post(`/api/v1/dead/${verb}`, all ? { all: true } : { ids });
      text(status, verb === "redrive"
        ? `${plural(answer.count, "message")} sent back.${answer.missing?.length ? ` ${plural(answer.missing.length, "letter")} had gone before.` : ""}`
        : `${plural(answer.dropped, "dead letter")} dropped.`);
      chosen.clear();
      if (all) {
        after = null;
        before = [];
        keep({ after });
      }
    } catch (error) {
      text(status, "");
      text(problem, explain(error));
      show(problem, true);
      return;
    }
    ask();
  }

  function make(letter) {
    const row = cells(COLUMNS);
    row.box = h("input", { type: "checkbox", "data-letter": letter.id, "aria-label": `Select ${letter.id}` });
    row.box.addEventListener("change", () => {
      if (row.box.checked) chosen.add(letter.id);
      else chosen.delete(letter.id);
      draw();
    });
    row.cells[0].append(row.box);
    row.topic = h("span.topic");
    row.cells[1].append(row.topic);
    text(row.topic, letter.topic);
    text(row.cells[2], letter.group);
    text(row.cells[3], letter.error);
    text(row.cells[4], count(letter.deliveries));
    row.cells[6].append(letter.message ? message({ ...letter.message, dead_id: letter.id, entry_id: letter.entry_id, consumer: letter.consumer }, true) : "the message itself is gone");
    return row;
  }

  function draw() {
    keyed(list.body, letters, (one) => one.id, make, (row, letter) => {
      row.box.checked = chosen.has(letter.id);
      text(row.cells[5], `${seconds(Math.max(0, Math.floor(((page.live.snapshot?.ts_ms ?? Date.now()) - letter.died_at_ms) / 1000)))} ago`);
    });
    everything.checked = letters.length > 0 && chosen.size === letters.length;
    everything.indeterminate = chosen.size > 0 && chosen.size < letters.length;
    redrive.disabled = drop.disabled = chosen.size === 0;
    redriveAll.disabled = dropAll.disabled = total === 0;
    text(redrive, chosen.size ? `Send ${chosen.size} back` : "Send back");
    text(drop, chosen.size ? `Drop ${chosen.size}` : "Drop");
    show(none, letters.length === 0 && asked > 0 && problem.hidden);
    show(list.node, letters.length > 0);
    show(pager, next !== null || after !== null);
    back.disabled = after === null;
    on.disabled = next === null;
    text(summary, total ? `${plural(total, "message")} failed so often that ${total === 1 ? "it was" : "they were"} put aside.` : "");
  }

  return {
    enter(query) {
      after = query.get("after");
      ask();
    },
    update(snapshot) {
      const moved = snapshot.dead_letters !== null && snapshot.dead_letters !== total;
      if (!page.paused && moved && performance.now() - asked > AGAIN_MS) ask();
      else if (!page.paused) draw();
    },
  };
}
