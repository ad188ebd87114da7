// A message that unfolds: one line, and on demand all its fields and its payload.

import { h } from "../dom.js";
import { clock, count } from "../format.js";
import { compact, number, pretty } from "../json.js";
import { tierName } from "../tiers.js";

/** When it was published, or stored: milliseconds, or null. */
export function sentAt(message) {
  const ts = number(message.ts);
  if (ts) return ts / 1e6;
  const stored = Number(String(message.id ?? "").split("-")[0]);
  return stored > 1e11 ? stored : null; // Smaller ones were counted, not read off a clock.
}

/** Of a message that is kept, so much text. */
const KEPT = 20_000;

/** The message with a payload cut short, so that a list of them stays small. */
export function shortened(message) {
  const { payload, payload_b64: base64, ...rest } = message;
  const whole = base64 ?? compact(payload ?? null);
  return { ...rest, cut: whole.slice(0, KEPT), cut_from: whole.length };
}

/** The payload in one line of at most `most` characters. */
export function preview(message, most = 160) {
  const whole = message.cut ?? message.payload_b64 ?? compact(message.payload ?? message.fields ?? null);
  return whole.length > most ? `${whole.slice(0, most)}…` : whole;
}

/** How much of a payload is put into the page. */
const MOST = 100_000;

/** All fields, and the payload, over several lines. */
export function unfolded(message) {
  const fields = h("dl.fields");
  for (const [key, value] of Object.entries(message)) {
    if (key === "payload" || key === "payload_b64" || key === "fields" || key === "cut" || key === "cut_from" || value === null || value === "") continue;
    fields.append(h("div", null, h("dt", null, key), h("dd", null, typeof value === "string" ? value : compact(value))));
  }
  const body = message.cut ?? message.payload_b64 ?? pretty(message.payload ?? message.fields ?? null);
  const shown = body.slice(0, MOST);
  const more = (message.cut_from ?? body.length) - shown.length;
  return h("div.unfolded", null, fields,
    h("pre", { tabindex: "0", "aria-label": message.payload_b64 !== undefined ? "Payload in base64" : "Payload" }, more > 0 ? `${shown}\n… ${count(more)} characters more` : shown));
}

/** A `details` whose content is made when it is opened; `brief` leaves out what stands beside it. */
export function message(of, brief) {
  const at = sentAt(of);
  const tier = of.priority === undefined ? "" : tierName(of.priority);
  const node = h(brief ? "details.message.brief" : "details.message", null, h("summary", null,
    brief ? null : h("span.mono.id", null, of.id ?? ""), h("span.time", null, at ? clock(at, true) : ""),
    h("span.tier", { "data-tier": tier }, tier ?? ""), brief ? null : h("span.topic", null, of.topic ?? ""), h("span.preview.mono", null, preview(of))));
  node.addEventListener("toggle", () => {
    if (node.open && node.children.length === 1) node.append(unfolded(of));
  });
  return node;
}
