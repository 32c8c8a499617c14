/** Numbers in words. */

const NUMBERS = new Intl.NumberFormat("en-US"); // made once: toLocaleString makes one at each call

/** 5,000 rather than 5000. @param {number} n */
export const count = (n) => NUMBERS.format(Number(n));

/** A score, as texts and curves write it; a dash where there is none. @param {number | null | undefined} value */
export const score = (value) =>
  typeof value === "number" && Number.isFinite(value) ? value.toFixed(3).replace("-", "−") : "–";

/** A share as a percentage; a dash where there is none. @param {number | null | undefined} share @param {number} digits */
export const percent = (share, digits = 1) =>
  typeof share === "number" && Number.isFinite(share) ? `${(100 * share).toFixed(digits)}%` : "–";

/** The nearest of 1, 2, 5 times a power of ten below a number. @param {number} x */
export function roundedDown(x) {
  const ten = 10 ** Math.floor(Math.log10(x));
  const digit = x / ten >= 5 ? 5 : x / ten >= 2 ? 2 : 1;
  return Number((digit * ten).toPrecision(1));
}
