// JSON whose numbers stay as they were written: a price of 1.50 and a time in nanoseconds are shown exactly.

const exact = typeof JSON.rawJSON === "function";

/** Parses; numbers that a double does not hold as written become raw JSON, which `pretty` writes as it was. */
export function parse(source) {
  if (!exact) return JSON.parse(source);
  return JSON.parse(source, (_, value, context) =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? JSON.rawJSON(context.source)
      : value,
  );
}

/** The number behind what `parse` returned. */
export const number = (value) => (value === null || value === undefined ? null : Number(value.rawJSON ?? value));

export const pretty = (value) => JSON.stringify(value, null, 2) ?? "";

export const compact = (value) => JSON.stringify(value) ?? "";
