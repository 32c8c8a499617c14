/**
 * The stage: how figures of a run move in the browser. Streamlit (components v2) or a plain page calls `mount` with
 * the data of one panel; panels of the same run share one store, hence one connection and one cursor; so do panels of a lab.
 */

import { length, make } from "./base/dom.js";
import { painted } from "./base/panel.js";
import { warmUp } from "./base/plot_panel.js";
import { ClaimsPanel, WordsPanel } from "./lab/claims.js";
import { DialsPanel } from "./lab/dials.js";
import { BoardPanel } from "./lab/draggable_chart.js";
import { labOf } from "./lab/lab_session.js";
import { BarsPanel } from "./panels/bars.js";
import { ChartPanel } from "./panels/chart.js";
import { ComparePanel } from "./panels/compare.js";
import { GalleryPanel } from "./panels/gallery.js";
import { GridPanel } from "./panels/grid.js";
import { HeadlinePanel } from "./panels/headline.js";
import { LinesPanel } from "./panels/lines.js";
import { PicturesPanel } from "./panels/pictures.js";
import { RasterPanel } from "./panels/raster.js";
import { ScatterPanel } from "./panels/scatter.js";
import { TilesPanel } from "./panels/tiles.js";
import { TransportPanel } from "./panels/transport.js";
import { PointsPanel } from "./points/points_panel.js";
import { stats, storeOf, stores } from "./runtime/store.js";

const KINDS = {
  points: PointsPanel,
  raster: RasterPanel,
  lines: LinesPanel,
  bars: BarsPanel,
  grid: GridPanel,
  pictures: PicturesPanel,
  scatter: ScatterPanel,
  chart: ChartPanel,
  board: BoardPanel,
  dials: DialsPanel,
  claims: ClaimsPanel,
  words: WordsPanel,
  gallery: GalleryPanel,
  tiles: TilesPanel,
  headline: HeadlinePanel,
  transport: TransportPanel,
  compare: ComparePanel,
};
const PLACE = Symbol.for("epochscope.panel");

window.__epochscope = { stores, painted, stats };

/** Which panel data describes; a change of these means a new panel, a change of the rest does not. */
const identity = ({ run, lab, base, name, panel, cursor }) =>
  JSON.stringify([run, lab, base ?? "", name, panel, cursor?.link ?? null]);

/**
 * Shows a panel in `component.parentElement`, or brings the one that is there up to date.
 * @param {{parentElement: HTMLElement, data: object, key?: string, setStateValue?: Function, setTriggerValue?: Function}} component
 * @returns {() => void} takes the panel away
 */
export function mount(component) {
  const host = component.parentElement;
  const data = component.data ?? {};
  const place = (host[PLACE] ??= { panel: null, identity: null });
  const wanted = identity(data);
  if (place.panel && place.identity === wanted) {
    place.panel.setStateValue = component.setStateValue;
    place.panel.setTriggerValue = component.setTriggerValue;
    place.panel.update(data);
    place.panel.store.wake(data.going);
    place.panel.store.obey(data.order);
  } else {
    clear(place);
    place.identity = wanted;
    place.panel = build(host, data, component, place);
  }
  return () => {
    clear(place);
    place.identity = null;
  };
}

function clear(place) {
  place.panel?.destroy();
  place.empty?.remove();
  place.panel = place.empty = null;
}

function build(host, data, component, place) {
  const Kind = KINDS[data.panel?.kind];
  if ((!data.run && !data.lab) || !Kind) {
    if (data.plotly) warmUp(data.plotly).catch(() => {}); // so that it is there when a run begins
    const text = data.run ? "This page asks for a figure that the stage does not know; reload it." : (data.empty ?? "");
    place.empty = make("div", "es-empty", { textContent: text });
    place.empty.style.cssText = `min-height:${length(data.height ?? (data.run ? 40 : 0))};display:grid;place-items:center;opacity:.65;font-size:13px`;
    host.append(place.empty);
    return null;
  }
  const store = data.lab ? labOf(data.base ?? "", data.lab) : storeOf(data.base ?? "", data.run, data.cursor ?? {});
  if (data.panel.kind === "points" && !data.panel.pinned) store.firstColor ??= data.panel.color;
  const panel = new Kind(host, data, {
    store,
    key: data.name ?? component.key,
    setStateValue: component.setStateValue,
    setTriggerValue: component.setTriggerValue,
  });
  store.obey(data.order);
  return panel;
}

export default mount;
