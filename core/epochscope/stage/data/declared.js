/** What a run declares that its epochs may hold (core/epochscope/runs/format/channels.py), asked for by name. */
import { encodingNamed } from "./channel_decoders.js";
import { entryOf, nameIn, UnknownValue } from "./errors.js";

/** @import { Encoding } from "./channel_decoders.js" */
/** @import { Declared } from "./types.js" */

/**
 * The name of a channel that is declared, in the encoding in which it is to be read. Throws UnknownValue otherwise.
 * @param {Declared} declared
 * @param {unknown} name
 * @param {Encoding} encoding
 */
export function channelNamed({ channels }, name, encoding) {
  if (encodingNamed(entryOf(channels, name, "channel")) === encoding) return String(name);
  const others = Object.keys(channels).filter((other) => channels[other] === encoding);
  throw new UnknownValue(`${encoding} channel`, name, others);
}

/** The name of a list of numbers that is declared. Throws UnknownValue otherwise. @param {Declared} declared @param {unknown} name */
export const listNamed = ({ line_numbers: lists }, name) => String(nameIn(lists, name, "list of numbers"));
