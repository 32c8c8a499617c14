/**
 * The stage: how figures of a run move in the browser. Streamlit (components v2) or a plain page calls `mount` with
 * the data of one panel; panels of the same run share one store, hence one connection and one cursor; so do panels of a
 * lab.
 */
import { length, loadStyle, make } from "./base/dom.js";
import { failure, painted, SILENCE } from "./base/panel.js";
import { warmUp } from "./base/plotly.js";
import { byTouch } from "./base/sight.js";
import { entryOf, UnknownValue } from "./data/errors.js";
import { futuresCursors, futuresStoreOf } from "./futures/futures_store.js";
import { MultiplesPanel } from "./futures/multiples.js";
import { SpreadPanel } from "./futures/spread.js";
import { ClaimsPanel, WordsPanel } from "./lab/claims.js";
import { DialsPanel } from "./lab/dials.js";
import { DraggableChartPanel } from "./lab/draggable_chart.js";
import { LabChartPanel } from "./lab/lab_chart.js";
import { labSession } from "./lab/lab_session.js";
import { BarsPanel } from "./panels/bars.js";
import { ChartPanel } from "./panels/chart.js";
import { ComparePanel } from "./panels/compare.js";
import { FollowPanel } from "./panels/follow.js";
import { GalleryPanel } from "./panels/gallery.js";
import { GridPanel } from "./panels/grid.js";
import { HeadlinePanel } from "./panels/headline.js";
import { HeatMapPanel } from "./panels/heat_map.js";
import { IntroductionPanel } from "./panels/introduction.js";
import { LinesPanel } from "./panels/lines.js";
import { PicturesPanel } from "./panels/pictures.js";
import { ScatterPanel } from "./panels/scatter.js";
import { TilesPanel } from "./panels/tiles.js";
import { TrailPanel } from "./panels/trail.js";
import { TransportPanel } from "./panels/transport.js";
import { PointsPanel } from "./points/points_panel.js";
import { forced } from "./render/gl_dots.js";
import { keepFocus } from "./runtime/focus.js";
import { listenForKeys } from "./runtime/keyboard.js";
import { countLongTasks, stats } from "./runtime/stats.js";
import { shownCursors, storeOf, stores } from "./runtime/store.js";

/** @import { Panel, PanelData, Reporting } from "./base/panel.js" */
/** @import { Store } from "./runtime/store.js" */

/**
 * @typedef {Reporting & {parentElement: HTMLElement, data: PanelData, key?: string}} Component  as Streamlit hands it over
 *
 * @typedef {object} Slot  what stands in an element
 * @property {Panel<any> | null} panel
 * @property {HTMLElement | null} notice  in its stead
 * @property {string | null} identity
 */

/** Panels of a run, by the kind that Python asks for. */
const RUN_PANELS = {
  points: PointsPanel,
  raster: HeatMapPanel,
  lines: LinesPanel,
  bars: BarsPanel,
  grid: GridPanel,
  pictures: PicturesPanel,
  scatter: ScatterPanel,
  trail: TrailPanel,
  chart: ChartPanel,
  gallery: GalleryPanel,
  tiles: TilesPanel,
  headline: HeadlinePanel,
  transport: TransportPanel,
  introduction: IntroductionPanel,
  follow: FollowPanel,
  compare: ComparePanel,
};
/** Panels of a lab. */
const LAB_PANELS = {
  board: DraggableChartPanel,
  chart: LabChartPanel,
  dials: DialsPanel,
  claims: ClaimsPanel,
  words: WordsPanel,
};

/** Panels of futures. */
const FUTURES_PANELS = { multiples: MultiplesPanel, spread: SpreadPanel, transport: TransportPanel };

/** The store of a figure that belongs to no run: nothing in it ever changes. */
const STILL = /** @type {any} */ ({
  base: "",
  run: "figure",
  title: "",
  message: SILENCE,
  current: null,
  begun: Promise.resolve(),
  subscribe: () => () => {},
});

/** What stands in which element, however often this module is loaded. */
const registry = Symbol.for("epochscope.panels");
const page = /** @type {{[registry]?: WeakMap<HTMLElement, Slot>, __epochscope?: object}} */ (
  /** @type {unknown} */ (window)
);
page[registry] ??= new WeakMap();
const slots = page[registry];
page.__epochscope = { stores, painted, stats, renderer: forced };
listenForKeys(() => [...shownCursors(), ...futuresCursors()]);
keepFocus();
countLongTasks();
/** Ends when panels may be mounted: their style sheet is there. */
export const ready = loadStyle().catch((error) => console.error("epochscope:", error));

/** Which panel data describe; a change of these means a new panel, a change of the rest does not. @param {PanelData} data */
const identityOf = ({ run, lab, futures, base, name, panel, cursor }) =>
  JSON.stringify([run, lab, futures, base ?? "", name, panel, cursor?.link ?? null]);

/**
 * Shows a panel in `component.parentElement`, or brings the one that is there up to date.
 * @param {Component} component
 * @returns {() => void} takes the panel away
 */
export function mount(component) {
  const { parentElement: host, data } = component;
  const slot = slots.get(host) ?? { panel: null, notice: null, identity: null };
  slots.set(host, slot);
  const identity = identityOf(data);
  if (slot.panel && slot.identity === identity) {
    const { panel } = slot;
    panel.setStateValue = component.setStateValue;
    panel.setTriggerValue = component.setTriggerValue;
    panel.update(data);
    if (data.run) wake(panel.store, data);
  } else {
    const other = slot.identity !== null; // another run: what Python knows is still of the one before
    clear(slot);
    slot.identity = identity;
    fill(slot, component);
    if (other && slot.panel instanceof TransportPanel) slot.panel.changed("cursor");
  }
  return () => {
    clear(slot);
    slot.identity = null;
  };
}

/** The menu whose figure was just exchanged: the new one gets the focus. @type {{name: string, until: number} | null} */
let exchanged = null;
const EXCHANGED = 5000; // ms in which the page may bring the other figure

/** Where a panel stands, however it is made. @param {Panel<any>} panel */
const placeOf = ({ host, name }) => host.closest("[class*='st-key-'],[data-name]")?.className || name;

/** @param {Slot} slot */
function clear(slot) {
  const { panel } = slot;
  const menu = panel?.titleMenu?.select;
  if (panel && menu && document.activeElement === menu)
    exchanged = { name: placeOf(panel), until: performance.now() + EXCHANGED };
  slot.panel?.destroy();
  slot.notice?.remove();
  slot.panel = slot.notice = null;
}

/** @param {Store} store @param {PanelData} data */
function wake(store, data) {
  store.wake(data.going);
  store.execute(data.order);
}

/** @param {Slot} slot @param {Component} component */
function fill(slot, component) {
  const { parentElement: host, data } = component;
  try {
    if (data.run || data.lab || data.futures || data.still) slot.panel = build(component);
    else slot.notice = emptyPlace(data);
  } catch (error) {
    if (!(error instanceof UnknownValue)) throw error;
    console.warn("epochscope panel:", error);
    host.querySelector(":scope > .es")?.remove(); // what there is of the panel
    delete painted[data.name ?? component.key ?? ""];
    slot.notice = failure(error);
  }
  if (slot.notice) host.append(slot.notice);
  const menu = slot.panel?.titleMenu?.select;
  if (slot.panel && menu && exchanged?.name === placeOf(slot.panel) && performance.now() < exchanged.until) {
    exchanged = null;
    menu.focus();
  }
}

/** What stands where there is no run. @param {PanelData} data */
function emptyPlace({ plotly, empty = "", height = 0 }) {
  if (plotly && !byTouch()) warmUp(plotly).catch(() => {}); // so that it is there when a run begins
  const place = make("div", "es-empty", { textContent: empty });
  place.style.minHeight = length(height);
  return place;
}

/** @param {Component} component @returns {Panel<any>} */
function build({ parentElement: host, data, key, setStateValue, setTriggerValue }) {
  const base = data.base ?? "";
  const reporting = { key: data.name ?? key, setStateValue, setTriggerValue };
  if (data.still) {
    const panel = new ChartPanel(host, data, { ...reporting, store: STILL });
    panel.start();
    return panel;
  }
  if (data.lab) {
    const LabPanel = entryOf(LAB_PANELS, data.panel?.kind, "panel of a lab");
    const panel = new LabPanel(host, data, { ...reporting, store: labSession(base, data.lab) });
    panel.start();
    return panel;
  }
  if (data.futures) {
    const store = /** @type {any} */ (futuresStoreOf(base, data.futures)); // a bar asks it what it would ask a run
    const FuturesPanel = entryOf(FUTURES_PANELS, data.panel?.kind, "panel of futures");
    const panel = new FuturesPanel(host, data, { ...reporting, store });
    panel.start();
    return panel;
  }
  const RunPanel = entryOf(RUN_PANELS, data.panel?.kind, "panel");
  const store = storeOf(base, data.run ?? "", data.cursor ?? {});
  if (data.panel.kind === "points" && !data.panel.pinned) store.firstColor ??= data.panel.color ?? null;
  const panel = new RunPanel(host, data, { ...reporting, store });
  panel.start();
  store.execute(data.order);
  return panel;
}

export default mount;
