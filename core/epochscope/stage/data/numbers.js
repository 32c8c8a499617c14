/** The one of some numbers that is nearest to another. @param {number[]} numbers  at least one @param {number} wanted */
export const nearestTo = (numbers, wanted) =>
  numbers.reduce((best, n) => (Math.abs(n - wanted) < Math.abs(best - wanted) ? n : best));
