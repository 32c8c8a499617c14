/** Starts a video, says how far it is, and hands it over. */
import { tr } from "../data/language.js";
import { make, setText } from "./dom.js";
import { film } from "./film.js";

/** @import { PlotPanel } from "./plot_panel.js" */

const FILE = /[^\w.-]+/g;
const SHOWN = 6000; // ms for which a reason stays

/**
 * Films panels and downloads the video; a box in `place` says how far it is, and ends it.
 * @param {PlotPanel<any>[]} panels  at least one
 * @param {HTMLElement} place
 * @param {string} name  of the file, after that of the run
 */
export async function saveVideo(panels, place, name) {
  if (place.querySelector(".es-film")) return; // one at a time
  const stop = new AbortController();
  const words = make("span", "", {}, tr("Video: {percent}%", { percent: 0 }));
  const close = make(
    "button",
    "",
    { type: "button", title: tr("Stop the video"), "aria-label": tr("Stop the video") },
    "×",
  );
  close.onclick = () => stop.abort();
  const box = make("div", "es-chip es-film", { role: "status" }, words, close);
  place.append(box);
  try {
    const progress = (/** @type {number} */ share) =>
      setText(words, tr("Video: {percent}%", { percent: Math.round(100 * share) }));
    const blob = await film(panels, { progress, signal: stop.signal });
    const ending = blob.type === "video/mp4" ? "mp4" : "webm";
    const file = `${panels[0].store.run}-${name}.${ending}`.replace(FILE, "_");
    const link = make("a", "", { href: URL.createObjectURL(blob), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    if (!stop.signal.aborted) {
      console.warn("epochscope video:", error);
      setText(words, error instanceof Error ? error.message : tr("The video could not be made."));
      close.onclick = () => box.remove();
      setTimeout(() => box.remove(), SHOWN);
      return;
    }
  }
  box.remove();
}
