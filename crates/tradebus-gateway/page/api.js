// Requests to the gateway; what goes wrong becomes an error that says it in a sentence.

import { parse } from "./json.js";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The gateway answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** `exact` keeps numbers as they were written: for answers with payloads in them. */
async function call(path, { exact, ...options } = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "The gateway cannot be reached.", detail: "The gateway cannot be reached." });
  }
  if (response.status === 401) location.assign("/login");
  const source = await response.text();
  let body;
  try {
    body = source === "" ? {} : exact ? parse(source) : JSON.parse(source);
  } catch {
    body = { title: `The gateway answered ${response.status} with something that is not JSON.` };
    throw new Problem(response.status, body);
  }
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

export function get(path, query, options) {
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return call(search.size ? `${path}?${search}` : path, options);
}

/** `body` is a value, or JSON text that is sent as it is. */
export const post = (path, body, options) =>
  call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...options,
  });

/** A sentence begins with a capital and ends with a stop. */
const full = (words) => words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");

/** The error in words, with the field that it is about. */
export function explain(error) {
  if (!(error instanceof Problem)) return String(error?.message ?? error);
  const { field, allowed } = error.body;
  const parts = [full(error.message)];
  if (field) parts.push(`Field: ${field}.`);
  if (allowed !== undefined) parts.push(`Allowed: ${Array.isArray(allowed) ? allowed.join(", ") : String(allowed)}.`);
  return parts.join(" ");
}
