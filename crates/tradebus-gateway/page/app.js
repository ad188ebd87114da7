// The page: header, tabs, and the view that the address names. It paints before any data has come.

import { get } from "./api.js";
import { Sheet } from "./chart.js";
import { attr, h, show, text } from "./dom.js";
import { count, seconds, sentence } from "./format.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import * as route from "./route.js";
import { dead } from "./views/dead.js";
import { health } from "./views/health.js";
import { overview } from "./views/overview.js";
import { publish } from "./views/publish.js";
import { services } from "./views/services.js";
import { streams } from "./views/streams.js";
import { tail } from "./views/tail.js";

const views = { overview, streams, tail, publish, services, dead, health };
const $ = (id) => document.getElementById(id);

const points = new History();
const live = new Live(points);
/** What every view is given. */
const page = {
  live,
  sheet: new Sheet(points),
  paused: false,
  current: null,
  announce: (what) => text($("announce"), what),
};

// --- views

const open = new Map();
let state = "";
let lost = false;

function navigate() {
  const { view, query } = route.read();
  const name = Object.hasOwn(views, view) ? view : "overview";
  if (!open.has(name)) {
    const root = h(`div.view#view-${name}`);
    $("main").append(root);
    open.set(name, { root, view: views[name](root, page) });
  }
  const changed = page.current !== name;
  if (changed && page.current) open.get(page.current).view.leave?.();
  page.current = name;
  for (const [key, { root }] of open) show(root, key === name);
  for (const link of document.querySelectorAll(".tabs a")) attr(link, "aria-current", link.dataset.view === name ? "page" : null);
  const bar = document.querySelector(".tabs");
  const tab = bar.querySelector("[aria-current]");
  bar.scrollLeft = tab.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
  title();
  open.get(name).view.enter?.(query);
  if (live.snapshot) open.get(name).view.update?.(page.shown ?? live.snapshot);
  if (changed) {
    page.sheet.draw();
    scrollTo(0, 0);
  }
}

/** A tab in the background tells that something is wrong. */
function title() {
  const view = document.querySelector(".tabs [aria-current]").firstChild.data;
  const shown = lost ? "not connected" : state;
  const wanted = `${shown && shown !== "healthy" ? `(${shown}) ` : ""}${view} – tradebus`;
  if (document.title !== wanted) document.title = wanted;
}

// --- header

const STATES = { healthy: "Healthy", degraded: "Degraded", unhealthy: "Unhealthy" };
function header(snapshot) {
  const { health, node, dead_letters: letters } = snapshot;
  $("state").dataset.state = health.status;
  text($("state-name"), STATES[health.status] ?? sentence(health.status));
  const why = health.reasons.map(full).join(" ");
  text($("state-why"), why || "Nothing speaks against it.");
  attr($("state-why"), "title", why || null);
  text($("fact-store"), node.store);
  attr($("fact-store"), "title", `${node.store}, keys begin with ${node.base}, layout ${node.layout}, tradebus ${node.version}`);
  text($("fact-uptime"), seconds(Math.floor(health.uptime_seconds)));
  show($("dead-count"), letters > 0);
  text($("dead-count"), count(letters));
  if (state && state !== health.status) page.announce(`The bus is now ${health.status}. ${why}`);
  state = health.status;
  text($("version"), `tradebus ${node.version}`);
  title();
}

const full = (reason) => (/[.!?]$/.test(reason) ? reason : `${reason}.`);

function age() {
  const old = live.age / 1000;
  const late = old > 3;
  $("fact-age").classList.toggle("late", late);
  text($("fact-age"), old === Infinity ? "none yet" : late ? `${seconds(Math.floor(old))} old` : "live");
}

function connection() {
  const now = live.state === "lost";
  show($("banner"), now);
  document.body.classList.toggle("lost", now);
  text($("banner"), live.snapshot
    ? "The connection to the gateway is lost. What you see is old; the page tries to connect again by itself."
    : "The gateway does not answer. The page tries again by itself.");
  if (now !== lost) page.announce(now ? "The connection to the gateway is lost." : "The connection to the gateway is back.");
  lost = now;
  if (lost) {
    // What was healthy may no longer be.
    $("state").dataset.state = "unknown";
    text($("state-name"), "Not connected");
    text($("state-why"), state ? `It was ${state} when it was last seen.` : "");
  }
  title();
}

// --- controls

function pause() {
  page.paused = !page.paused;
  page.shown = page.paused ? live.snapshot : null;
  page.sheet.frozen = page.paused ? points.last : null;
  attr($("pause"), "aria-pressed", page.paused);
  text($("pause"), page.paused ? "Resume" : "Pause");
  document.body.classList.toggle("paused", page.paused);
  page.announce(page.paused ? "The display is paused; data is still collected." : "The display runs again.");
  if (!page.paused) refresh();
}

function refresh() {
  if (!live.snapshot || page.paused) return;
  open.get(page.current).view.update?.(live.snapshot);
  page.sheet.draw();
}

$("pause").addEventListener("click", pause);
$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // The hash names the view.
  $("main").focus();
});
$("theme").value = tradebusTheme.get();
$("theme").addEventListener("change", () => tradebusTheme.set($("theme").value));
addEventListener("hashchange", (event) => {
  // A tab leads back to what was seen there.
  const old = new URL(event.oldURL).hash;
  const tab = document.querySelector(".tabs [aria-current]");
  if (old.startsWith(`#/${tab.dataset.view}`)) tab.setAttribute("href", old);
  navigate();
  document.querySelector(".tabs [aria-current]").setAttribute("href", `#/${page.current}`);
});
live.addEventListener("snapshot", () => {
  header(live.snapshot);
  refresh();
});
live.addEventListener("state", connection);
live.addEventListener("tick", age);
live.addEventListener("snapshot", age);

navigate();
live.open();
get("/api/v1/session").then(({ login }) => show($("logout"), login === true)).catch(() => {});
