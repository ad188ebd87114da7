// Where the reader is: `#/view?key=value`. What is worth sharing or coming back to is kept there.

export function read() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { view: path || "overview", query: new URLSearchParams(query ?? "") };
}

/** Changes values of the query of this view without a new entry in the history; `null` removes one. */
export function keep(patch) {
  const { view, query } = read();
  for (const [key, value] of Object.entries(patch)) {
    query.delete(key);
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== "") query.append(key, one);
  }
  const search = query.toString();
  history.replaceState(null, "", `#/${view}${search ? `?${search}` : ""}`);
}

export const to = (view, query) => {
  const search = new URLSearchParams(query ?? {}).toString();
  return `#/${view}${search ? `?${search}` : ""}`;
};
