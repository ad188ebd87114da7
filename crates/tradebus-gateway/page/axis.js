// Where the lines of a grid lie.

/** 1, 2 or 5 times a power of ten that is not below `value`. */
export function roundUp(value, factors = [1, 2, 5]) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of factors) if (value <= factor * power * 1.000001) return factor * power;
  return 10 * power;
}

export function roundDown(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [5, 2]) if (value >= factor * power * 0.999999) return factor * power;
  return power;
}

/** From zero to a round number that is not below `most`; round in units of `unit`. */
export function linear(most, ticks, unit = 1) {
  const step = roundUp(Math.max(most / unit, 1e-9) / ticks, [1, 2, 2.5, 5]) * unit;
  const high = Math.max(1, Math.ceil(most / step - 1e-6)) * step;
  const lines = [];
  for (let i = 0; i * step <= high * 1.0001; i += 1) lines.push(i * step);
  return { low: 0, high, lines, share: (value) => value / high };
}

/** Decades; with few of them 2 and 5 too. */
export function logarithmic(least, most) {
  let low = roundDown(least);
  let high = roundUp(most);
  if (high / low < 10) {
    low = roundDown(low / 1.5);
    high = roundUp(high * 1.5);
  }
  const decades = Math.log10(high / low);
  const factors = decades <= 2 ? [1, 2, 5] : decades <= 3.5 ? [1, 3] : [1];
  const lines = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high * 1.0001; power += 1) {
    for (const factor of factors) {
      const line = factor * 10 ** power;
      if (line >= low * 0.9999 && line <= high * 1.0001) lines.push(line);
    }
  }
  const floor = Math.log10(low);
  return { low, high, lines, share: (value) => (Math.log10(Math.max(value, low)) - floor) / decades };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1000);

/** Round times of day between two of them. */
export function times(from, to, ticks) {
  const step = STEPS.find((one) => (to - from) / one <= ticks) ?? 3_600_000;
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const lines = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) lines.push(at);
  return { lines, step };
}
