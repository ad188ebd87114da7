// The colours of the theme, for what is drawn on a canvas.

const cache = new Map();
addEventListener("themechange", () => cache.clear());

/** The value of a CSS variable. */
export function color(name) {
  let value = cache.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    cache.set(name, value);
  }
  return value;
}
