/** What the stage was asked for and does not know. Its message is one sentence, shown in the place of the panel. */
export class UnknownValue extends Error {
  /**
   * @param {string} kind  of what was named: "channel", "table of numbers" ...
   * @param {unknown} value
   * @param {Iterable<string>} known
   */
  constructor(kind, value, known) {
    const others = [...known].join(", ") || "none";
    super(`The stage knows no ${kind} ${JSON.stringify(value) ?? "of no name"}; it knows ${others}.`);
    this.name = "UnknownValue";
  }
}

/**
 * The entry of a table. Throws UnknownValue if there is none of that name.
 * @template {object} T
 * @param {T} table
 * @param {unknown} name
 * @param {string} kind  of what is named
 * @returns {T[keyof T]}
 */
export function entryOf(table, name, kind) {
  return table[nameIn(table, name, kind)];
}

/**
 * The name of an entry of a table. Throws UnknownValue if there is none.
 * @template {object} T
 * @param {T} table
 * @param {unknown} name
 * @param {string} kind  of what is named
 * @returns {keyof T}
 */
export function nameIn(table, name, kind) {
  if (typeof name !== "string" || !Object.hasOwn(table, name)) throw new UnknownValue(kind, name, Object.keys(table));
  return /** @type {keyof T} */ (name);
}
