/**
 * A video as a WebM file, from the frames that a browser's encoder made of it: one track, clusters of some seconds that begin
 * with a frame that needs no other, and an index of them, so that players can jump. https://www.matroska.org/technical/elements.html
 */

/**
 * @typedef {object} Coded  an encoded frame
 * @property {number} at  ms from the start
 * @property {boolean} key  whether it needs no other
 * @property {Uint8Array} bytes
 */

const ID = {
  head: 0x1a45dfa3,
  version: 0x4286,
  readVersion: 0x42f7,
  longestId: 0x42f2,
  longestSize: 0x42f3,
  kind: 0x4282,
  kindVersion: 0x4287,
  kindReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  duration: 0x4489,
  muxer: 0x4d80,
  writer: 0x5741,
  tracks: 0x1654ae6b,
  track: 0xae,
  number: 0xd7,
  uid: 0x73c5,
  type: 0x83,
  codec: 0x86,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  cues: 0x1c53bb6b,
  cue: 0xbb,
  cueTime: 0xb3,
  cuePlace: 0xb7,
  cueTrack: 0xf7,
  cuePosition: 0xf1,
  cluster: 0x1f43b675,
  time: 0xe7,
  block: 0xa3,
};

const LONGEST = 30_000; // ms of a cluster: times within it have 16 bits

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A whole number in so many bytes, the highest first. @param {number} value @param {number} bytes */
function whole(value, bytes) {
  const made = new Uint8Array(bytes);
  for (let i = bytes - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) made[i] = rest % 256;
  return made;
}

/** @param {number} id */
const idBytes = (id) => whole(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);

/** An element: its id, the length of its content in eight bytes, its content. @param {number} id @param {...Uint8Array} content */
function element(id, ...content) {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  const length = whole(size, 8);
  length[0] = 0x01; // eight bytes long
  return joined([idBytes(id), length, ...content]);
}

/** @param {string} text */
const words = (text) => new TextEncoder().encode(text);

/** @param {number} value */
function float(value) {
  const made = new Uint8Array(8);
  new DataView(made.buffer).setFloat64(0, value);
  return made;
}

/** Frames in clusters. @param {Coded[]} frames */
function clustered(frames) {
  /** @type {Coded[][]} */
  const clusters = [];
  for (const frame of frames) {
    const last = clusters.at(-1);
    if (!last || (frame.key && frame.at > last[0].at) || frame.at - last[0].at > LONGEST) clusters.push([frame]);
    else last.push(frame);
  }
  return clusters;
}

/** @param {Coded[]} frames */
function cluster(frames) {
  const [{ at: start }] = frames;
  const blocks = frames.map(({ at, key, bytes }) =>
    element(ID.block, new Uint8Array([0x81]), whole(at - start, 2), new Uint8Array([key ? 0x80 : 0]), bytes),
  );
  return element(ID.cluster, element(ID.time, whole(start, 6)), ...blocks);
}

/**
 * The file.
 * @param {{codec: "V_VP8" | "V_VP9", width: number, height: number, duration: number, frames: Coded[]}} video  duration: ms
 */
export function webm({ codec, width, height, duration, frames }) {
  const kind = [
    element(ID.kind, words("webm")),
    element(ID.kindVersion, whole(4, 1)),
    element(ID.kindReadVersion, whole(2, 1)),
  ];
  const limits = [element(ID.longestId, whole(4, 1)), element(ID.longestSize, whole(8, 1))];
  const head = element(
    ID.head,
    element(ID.version, whole(1, 1)),
    element(ID.readVersion, whole(1, 1)),
    ...limits,
    ...kind,
  );
  const names = [element(ID.muxer, words("epochscope")), element(ID.writer, words("epochscope"))];
  const info = element(
    ID.info,
    element(ID.scale, whole(1_000_000, 4)),
    element(ID.duration, float(duration)),
    ...names,
  );
  const size = element(ID.video, element(ID.width, whole(width, 2)), element(ID.height, whole(height, 2)));
  const numbers = [element(ID.number, whole(1, 1)), element(ID.uid, whole(1, 1)), element(ID.type, whole(1, 1))];
  const tracks = element(ID.tracks, element(ID.track, ...numbers, element(ID.codec, words(codec)), size));
  const groups = clustered(frames);
  const clusters = groups.map(cluster);
  /** The index, if the clusters begin at this place in the segment. @param {number} start */
  const cues = (start) => {
    let place = start;
    const points = groups.map(([{ at }], i) => {
      const here = element(ID.cuePlace, element(ID.cueTrack, whole(1, 1)), element(ID.cuePosition, whole(place, 6)));
      place += clusters[i].length;
      return element(ID.cue, element(ID.cueTime, whole(at, 6)), here);
    });
    return element(ID.cues, ...points);
  };
  const before = info.length + tracks.length;
  const index = cues(before + cues(0).length); // which is as long, wherever they begin
  return joined([head, element(ID.segment, info, tracks, index, ...clusters)]);
}
