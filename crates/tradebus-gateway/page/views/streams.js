// The streams: a table of them, and what one holds.

import { explain, get } from "../api.js";
import { attr, cells, h, keyed, select, show, table, text } from "../dom.js";
import { bytes, count, seconds, short } from "../format.js";
import { keep, read, to } from "../route.js";
import { spark } from "../spark.js";
import { detail } from "./stream.js";

/** Rows of a page; also how many streams a snapshot has: those with the most traffic. */
const PAGE = 100;
/** A list that is not in the snapshot is asked for again this often. */
const AGAIN_MS = 3000;
/** Rows keep their places this long, so that one can be clicked. */
const STILL_MS = 3000;
const POINTS = 60;

const lag = (row) => Math.max(...row.groups.map((group) => group.lag ?? -1), -1);
const pending = (row) => row.groups.reduce((sum, group) => sum + group.pending, 0);

const COLUMNS = [
  { label: "Stream", key: "stream", of: (row) => row.stream },
  { label: "Tier", key: "tier", of: (row) => row.tier ?? "" },
  { label: "Length", key: "length", num: true, of: (row) => row.length },
  { label: "Rate", key: "rate", num: true, of: (row) => row.rate ?? -1 },
  { label: "Last minute" },
  { label: "Memory", key: "memory", num: true, of: (row) => row.memory_bytes ?? -1 },
  { label: "Oldest", key: "oldest", num: true, of: (row) => row.oldest_age_seconds ?? -1 },
  { label: "Newest", key: "newest", num: true, of: (row) => row.newest_age_seconds ?? -1 },
  { label: "Groups", key: "groups", num: true, of: (row) => row.groups.length },
  { label: "Greatest lag", key: "lag", num: true, of: lag },
  { label: "Pending", key: "pending", num: true, of: pending },
];

export function streams(root, page) {
  let rows = [];
  let total = 0;
  let next = null;
  let before = [];
  let cursor = null;
  let search = "";
  let sort = { key: "rate", down: true };
  let order = [];
  let ordered = 0;
  let asked = 0;
  let asking = 0;
  let selected = null;
  const trails = new Map();

  const box = h("input#stream-search", { type: "search", placeholder: "Part of a stream's name", "aria-label": "Search streams", autocomplete: "off", spellcheck: "false" });
  const which = select({ id: "stream-list", "aria-label": "Which streams", hidden: true }, [["busiest", "the 100 busiest"], ["all", "all, page by page"]]);
  const summary = h("p.note#stream-summary");
  const problem = h("p.problem", { role: "alert", hidden: true });
  const heads = COLUMNS.map((column) => ({
    ...column,
    head: column.key ? h("button.sort", { type: "button", "data-sort": column.key, click: () => sortBy(column) }, column.label) : column.label,
  }));
  const list = table("streams", "Streams", heads);
  const back = h("button#stream-back", { type: "button", click: () => turn(before.pop() ?? null) }, "Previous");
  const on = h("button#stream-next", { type: "button", click: () => { before.push(cursor); turn(next); } }, "Next");
  const pager = h("div.row.end", { hidden: true }, back, on);
  const one = detail(page, () => choose(null));
  root.append(
    h("section.card", { "aria-label": "Streams" }, h("div.head", null, h("h2", null, "Streams"), h("div.row", null, which, box)), summary, problem, list.node, pager),
    one.node,
  );

  function sortBy(column) {
    sort = { key: column.key, down: sort.key === column.key ? !sort.down : Boolean(column.num) };
    keep({ sort: `${sort.down ? "-" : ""}${sort.key}` });
    ordered = 0;
    draw();
  }

  /** Whether what is wanted comes with each snapshot: else it is asked for. */
  const inSnapshot = () => search === "" && which.value === "busiest";

  async function ask() {
    asked = performance.now();
    const turnOf = (asking += 1);
    try {
      const answer = await get("/api/v1/streams", { limit: PAGE, cursor, search });
      if (turnOf !== asking) return;
      ({ streams: rows, total, next_cursor: next } = answer);
      show(problem, false);
    } catch (error) {
      if (turnOf !== asking) return;
      text(problem, explain(error));
      show(problem, true);
    }
    draw();
  }

  function fresh() {
    if (!inSnapshot()) ask();
    else if (page.live.snapshot) {
      asking += 1; // What is still under way is no longer wanted.
      rows = page.live.snapshot.streams.rows;
      show(problem, false);
      draw();
    }
  }

  function turn(to, typed) {
    cursor = to;
    keep({ cursor });
    if (!typed) scrollTo(0, 0);
    ordered = 0;
    fresh();
  }

  which.addEventListener("change", () => {
    before = [];
    keep({ list: which.value === "all" ? "all" : null });
    turn(null, true);
  });

  let typing = 0;
  box.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      search = box.value.trim();
      before = [];
      keep({ search, cursor: null });
      turn(null, true);
    }, 250);
  });

  function sorted() {
    const now = performance.now();
    if (now - ordered > STILL_MS || order.length !== rows.length) {
      const { of } = COLUMNS.find((column) => column.key === sort.key) ?? COLUMNS[0];
      const sign = sort.down ? -1 : 1;
      const made = rows.map((row) => [of(row), row.stream]);
      made.sort(([a, aKey], [b, bKey]) => (a < b ? -sign : a > b ? sign : aKey < bKey ? -1 : 1));
      order = made.map(([, key]) => key);
      ordered = now;
    }
    const by = new Map(rows.map((row) => [row.stream, row]));
    const kept = order.filter((key) => by.has(key));
    const fresh = kept.length < rows.length ? rows.filter((row) => !order.includes(row.stream)) : [];
    return [...kept.map((key) => by.get(key)), ...fresh];
  }

  function remember() {
    const present = new Set(rows.map((row) => row.stream));
    for (const key of trails.keys()) if (!present.has(key)) trails.delete(key);
    for (const row of rows) {
      const trail = trails.get(row.stream) ?? [];
      trail.push(row.rate ?? NaN);
      if (trail.length > POINTS) trail.shift();
      trails.set(row.stream, trail);
    }
  }

  function choose(stream) {
    selected = stream;
    keep({ stream });
    one.open(stream, rows.find((row) => row.stream === stream));
    draw();
  }

  function make(item) {
    const made = cells(COLUMNS);
    made.link = h("a.key");
    made.cells[0].append(made.link);
    made.tier = h("span.tier");
    made.cells[1].append(made.tier);
    made.line = h("canvas.spark", { "aria-hidden": "true" });
    made.cells[4].append(made.line);
    made.node.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(item.stream);
    });
    return made;
  }

  function fill(made, row) {
    const at = made.cells;
    text(made.link, row.stream);
    attr(made.link, "href", to("streams", { stream: row.stream }));
    attr(made.node, "aria-current", row.stream === selected ? "true" : null);
    text(made.tier, row.tier ?? "mixed");
    made.tier.dataset.tier = row.tier ?? "";
    text(at[2], count(row.length));
    text(at[3], row.rate === null ? "–" : `${short(row.rate)}/s`);
    text(at[5], bytes(row.memory_bytes));
    text(at[6], seconds(row.oldest_age_seconds));
    text(at[7], seconds(row.newest_age_seconds));
    text(at[8], count(row.groups.length));
    const behind = lag(row);
    text(at[9], row.groups.length === 0 || behind < 0 ? "–" : count(behind));
    text(at[10], count(pending(row)));
  }

  function draw() {
    for (const [i, column] of COLUMNS.entries()) {
      attr(list.heads[i], "aria-sort", column.key !== sort.key ? null : sort.down ? "descending" : "ascending");
    }
    const made = keyed(list.body, sorted(), (row) => row.stream, make, fill);
    for (const [key, row] of made) spark(row.line, trails.get(key) ?? []);
    show(pager, !inSnapshot() && (next !== null || cursor !== null));
    show(which, (page.live.snapshot?.streams.count ?? 0) > PAGE || which.value === "all");
    back.disabled = cursor === null;
    on.disabled = next === null;
    const whole = page.live.snapshot?.streams;
    text(summary, search
      ? `${count(total)} of ${count(whole?.count)} streams have “${search}” in their name.`
      : whole?.count === 0
        ? "There are no streams yet; the first message makes one."
        : whole
        ? `${count(whole.count)} streams hold ${count(whole.length)} entries${whole.memory_bytes === null ? "" : ` in ${bytes(whole.memory_bytes)}`}. Each is looked at within ${seconds(whole.round_seconds)}.${whole.count > rows.length ? ` The table shows ${count(rows.length)}; sorting is within the table.` : ""}`
        : "");
  }

  return {
    enter(query) {
      const by = query.get("sort") ?? "-rate";
      sort = { key: by.replace(/^-/, ""), down: by.startsWith("-") };
      search = query.get("search") ?? "";
      if (document.activeElement !== box) box.value = search;
      cursor = query.get("cursor");
      which.value = query.get("list") === "all" || cursor ? "all" : "busiest";
      selected = query.get("stream");
      one.open(selected, rows.find((row) => row.stream === selected));
      ordered = 0;
      fresh();
    },
    update(snapshot) {
      if (read().view !== "streams") return;
      const shown = snapshot.streams;
      if (inSnapshot()) rows = shown.rows;
      else if (performance.now() - asked > AGAIN_MS && !page.paused) ask();
      remember();
      draw();
      one.update([...rows, ...shown.rows].find((row) => row.stream === selected));
    },
  };
}
