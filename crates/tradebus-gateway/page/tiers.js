// The four tiers, the most urgent first.

export const TIERS = ["critical", "high", "normal", "low"];

/** The name of a tier, given as name or number. */
export const tierName = (value) => (typeof value === "number" ? TIERS[3 - value] : String(value ?? "")) ?? "";

const DASHES = { critical: null, high: [6, 3], normal: null, low: [2, 2] };

/** One series a tier, of a column such as `published`. */
export const series = (column) =>
  TIERS.map((tier) => ({ key: `${tier}.${column}`, label: tier, color: `--${tier}`, dash: DASHES[tier] }));
