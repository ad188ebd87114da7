// Elements, made without parsing HTML: topics and payloads come from strangers.

/** An element from `tag.class.class#id`, attributes (functions become listeners) and children (text or nodes). */
export function h(spec, attributes, ...children) {
  const [, tag, rest] = /^([a-z0-9]+)(.*)$/.exec(spec);
  const node = document.createElement(tag);
  for (const [, kind, name] of rest.matchAll(/([.#])([\w-]+)/g)) {
    if (kind === "#") node.id = name;
    else node.classList.add(name);
  }
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Sets a text where it differs: an untouched node costs no layout. */
export function text(node, value) {
  const wanted = String(value ?? "");
  if (node.textContent !== wanted) node.textContent = wanted;
}

/** Sets an attribute where it differs; `null` removes it. */
export function attr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export const show = (node, shown) => {
  if (node.hidden === shown) node.hidden = !shown;
};

const known = new WeakMap();

/**
 * Makes the children of `parent` those of `items`, in their order, and uses again what is there.
 * `make(item)` returns an object with the `node`; `update(row, item)` fills it.
 */
export function keyed(parent, items, keyOf, make, update) {
  const before = known.get(parent) ?? new Map();
  const rows = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!rows.has(key)) rows.set(key, [before.get(key) ?? make(item), item]);
  }
  const focus = parent.contains(document.activeElement) ? document.activeElement : null;
  for (const [key, row] of before) if (!rows.has(key)) row.node.remove();
  const after = new Map();
  let place = parent.firstElementChild;
  for (const [key, [row, item]] of rows) {
    update(row, item);
    after.set(key, row);
    if (row.node === place) place = place.nextElementSibling;
    else parent.insertBefore(row.node, place);
  }
  if (focus && document.activeElement !== focus && focus.isConnected) focus.focus({ preventScroll: true });
  known.set(parent, after);
  return after;
}

/** A table in a box of its own that scrolls. Columns: `{label, num, sort}`. */
export function table(id, caption, columns, extra) {
  const body = h("tbody");
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: column.num ? "num" : null }, column.head ?? column.label),
  );
  const node = h(
    "div.scroll", { tabindex: "0", role: "region", "aria-label": caption },
    h(`table#${id}`, extra ?? null, h("caption", { class: "hush" }, caption), h("thead", null, h("tr", null, heads)), body),
  );
  return { node, body, heads };
}

/** Row maker for `keyed`: one cell a column; the first is the head of the row. */
export function cells(columns, attributes) {
  const made = columns.map((column, i) =>
    h(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: column.num ? "num" : column.class, "data-label": column.label }),
  );
  return { node: h("tr", attributes, made), cells: made };
}

/** A labelled field of a form. */
export function field(label, control, note) {
  return h("label.field", null, h("span", null, label), control, note ? h("span.note", null, note) : null);
}

/** A select from `[value, label]` pairs. */
export function select(attributes, options, value) {
  const node = h("select", attributes, options.map(([key, label]) => h("option", { value: key }, label)));
  if (value !== undefined) node.value = value;
  if (node.selectedIndex < 0) node.selectedIndex = 0; // The address may hold anything.
  return node;
}

/** A card with a heading. */
export function card(id, title, tools, ...children) {
  return h(`section.card#${id}`, { "aria-labelledby": `${id}-h` }, h("div.head", null, h(`h2#${id}-h`, null, title), tools), ...children);
}

/** Asks before something is done that cannot be undone; resolves to whether it was confirmed. */
export function confirm(title, sentence, verb) {
  const node = h(
    "dialog#confirm", { "aria-labelledby": "confirm-h" },
    h(
      "form", { method: "dialog" },
      h("h2#confirm-h", null, title),
      h("p", null, sentence),
      h("div.row.end", null, h("button", { value: "no", autofocus: true }, "Cancel"), h("button.danger#confirm-yes", { value: "yes" }, verb)),
    ),
  );
  document.body.append(node);
  node.showModal();
  return new Promise((resolve) =>
    node.addEventListener("close", () => {
      node.remove();
      resolve(node.returnValue === "yes");
    }),
  );
}
