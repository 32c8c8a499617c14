/** From pictures to the bytes of a video: by the browser's encoder as fast as it can, else by its recorder in real time. */
import { tr } from "../data/language.js";
import { webm } from "../data/webm.js";
import { pause } from "../runtime/time.js";

/** @import { Coded } from "../data/webm.js" */

/**
 * @typedef {object} Encoding
 * @property {(canvas: HTMLCanvasElement, at: number) => Promise<void>} add  a frame that is shown from that time on, ms
 * @property {(duration: number) => Promise<Blob>} finish  the video of that length, ms
 * @property {() => void} close  gives up
 */

const CODECS = /** @type {const} */ ([
  ["vp09.00.41.08", "V_VP9"],
  ["vp8", "V_VP8"],
]);
const RECORDED = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const MOST_WAITING = 6; // frames
const KEY = 2000; // ms between frames that need no other
const BITS = 0.12; // a pixel and frame

/**
 * What encodes in this browser.
 * @param {HTMLCanvasElement} canvas  of the size of the video
 * @param {number} rate  frames a second
 * @returns {Promise<Encoding>}
 */
export async function encoding(canvas, rate) {
  const { width, height } = canvas;
  const bitrate = Math.round(BITS * width * height * rate);
  if ("VideoEncoder" in window) {
    for (const [codec, id] of CODECS) {
      const config = { codec, width, height, bitrate, framerate: rate };
      const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }));
      if (supported) return byEncoder(config, id);
    }
  }
  const type = "MediaRecorder" in window && RECORDED.find((one) => MediaRecorder.isTypeSupported(one));
  if (!type) throw new Error(tr("This browser cannot encode videos; try another one."));
  return byRecorder(canvas, type, bitrate);
}

/** @param {VideoEncoderConfig} config @param {"V_VP8" | "V_VP9"} codec @returns {Encoding} */
function byEncoder(config, codec) {
  /** @type {Coded[]} */
  const frames = [];
  /** @type {Error | null} */
  let failure = null;
  let lastKey = Number.NEGATIVE_INFINITY;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push({ at: Math.round(chunk.timestamp / 1000), key: chunk.type === "key", bytes });
    },
    error: (error) => {
      failure = error;
    },
  });
  encoder.configure(config);
  const { width, height } = config;
  return {
    async add(canvas, at) {
      while (!failure && encoder.encodeQueueSize > MOST_WAITING) await pause(4);
      if (failure) throw failure;
      const frame = new VideoFrame(canvas, { timestamp: 1000 * at });
      const keyFrame = at - lastKey >= KEY;
      if (keyFrame) lastKey = at;
      encoder.encode(frame, { keyFrame });
      frame.close();
    },
    async finish(duration) {
      await encoder.flush();
      encoder.close();
      if (failure) throw failure;
      return new Blob([webm({ codec, width, height, duration, frames })], { type: "video/webm" });
    },
    close: () => {
      if (encoder.state !== "closed") encoder.close();
    },
  };
}

/** @param {HTMLCanvasElement} canvas @param {string} type @param {number} bitrate @returns {Encoding} */
function byRecorder(canvas, type, bitrate) {
  const stream = canvas.captureStream();
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: bitrate });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done) => {
    recorder.onstop = done;
  });
  let began = 0;
  /** Waits until so much time has been recorded. @param {number} at */
  const until = (at) => pause(Math.max(0, began + at - performance.now()));
  return {
    async add(_, at) {
      if (recorder.state === "inactive") {
        recorder.start();
        began = performance.now();
      }
      await until(at); // what stands on the canvas is recorded
    },
    async finish(duration) {
      await until(duration);
      recorder.stop();
      await ended;
      return new Blob(parts, { type: type.split(";")[0] });
    },
    close: () => {
      if (recorder.state !== "inactive") recorder.stop();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
