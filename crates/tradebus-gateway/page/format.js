// Numbers, sizes and times as people read them.

const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

/** 1,234,567 */
export const count = (value) => (known(value) ? grouped.format(value) : "–");

/** At most four digits that count: 0.4, 12.3, 1,234, 12.3 k, 4.56 M. */
export function short(value) {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 100) return trimmed(value, size < 1 ? 2 : 1);
  if (size < 9_999.5) return grouped.format(value);
  for (const [unit, name] of [[1e3, "k"], [1e6, "M"], [1e9, "G"]]) {
    if (size < unit * 999.95) return `${trimmed(value / unit, size / unit < 10 ? 2 : 1)} ${name}`;
  }
  return value.toExponential(2);
}

const trimmed = (value, digits) => String(Number(value.toFixed(digits)));

export function bytes(value) {
  if (!known(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1024;
    i += 1;
  }
  return `${trimmed(value, i && value < 100 ? 1 : 0)} ${units[i]}`;
}

/** A time given in milliseconds. */
export function ms(value) {
  if (!known(value)) return "–";
  if (value < 0.9995) return `${Math.round(value * 1000)} µs`;
  if (value < 999.5) return `${trimmed(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  return seconds(value / 1000);
}

/** A time given in seconds. */
export function seconds(value) {
  if (!known(value)) return "–";
  if (value < 10) return `${trimmed(value, value < 1 ? 2 : 1)} s`;
  if (value < 60) return `${Math.floor(value)} s`;
  const two = (big, small, bigName, smallName) => `${big} ${bigName}${small ? ` ${small} ${smallName}` : ""}`;
  const whole = Math.floor(value);
  if (whole < 3600) return two(Math.floor(whole / 60), whole % 60, "min", "s");
  if (whole < 86_400) return two(Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), "h", "min");
  return two(Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3600), "d", "h");
}

export const percent = (value) => (known(value) ? `${trimmed(value * 100, value > 0 && value < 0.1 ? 1 : 0)} %` : "–");

const two = (value) => String(value).padStart(2, "0");

/** 14:03:07, in the time zone of the reader. */
export function clock(at, millis) {
  const date = new Date(at);
  const base = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${base}.${String(date.getMilliseconds()).padStart(3, "0")}` : base;
}

/** The day too, unless it is today. */
export function moment(at) {
  const date = new Date(at);
  const today = new Date();
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} `;
  return `${date.toDateString() === today.toDateString() ? "" : day}${clock(at)}`;
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export const sentence = (word) => (word ? word[0].toUpperCase() + word.slice(1).replaceAll("_", " ") : "");
