/**
 * What a widget begins with in a notebook: makes the stage's modules out of the state of the widget's model. They are
 * made once for a page, however many widgets it has; core/epochscope/portable/modules.py packs them. A file begins with
 * this, too (file_loader.js).
 */

/**
 * @typedef {typeof import("./notebook.js")} Host
 * @typedef {import("./notebook.js").Model} Model
 * @typedef {{host: Host, plotly: string}} Stage
 */

/** What gzip had packed. @param {DataView | Uint8Array} packed */
export const unpacked = (packed) =>
  new Response(new Blob([/** @type {BlobPart} */ (packed)]).stream().pipeThrough(new DecompressionStream("gzip")));

/** @param {BlobPart[]} parts */
const addressOf = (parts) => URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));

/**
 * The module that a host begins with, and the address of plotly.js.
 * @param {{entry: string, modules: DataView | Uint8Array, style: string, plotly: DataView | Uint8Array,
 *   language?: {code: string, messages: Record<string, string | string[]>}}} stage  `language`: if it is not English
 */
export async function made({ entry, modules, style, plotly, language }) {
  /** @type {Record<string, string>}  by name of the module */
  const addresses = {};
  const sources = /** @type {[string, (string | [string])[]][]} */ (await unpacked(modules).json());
  for (const [name, parts] of sources)
    addresses[name] = addressOf(parts.map((part) => (typeof part === "string" ? part : addresses[part[0]])));
  if (language) {
    const { useCatalog } = await import(addresses["data/language.js"]);
    useCatalog(language.code, language.messages);
  }
  const { useStyle } = await import(addresses["base/dom.js"]);
  await useStyle(style);
  const host = await import(addresses[entry]);
  return { host, plotly: addressOf([await unpacked(plotly).text()]) };
}

/** The stage of this page. @param {Model} model @returns {Promise<Stage>} */
function stageOf(model) {
  const stage = model.get("_stage");
  const key = Symbol.for(`epochscope.stage ${stage.version}`);
  const page = /** @type {Record<symbol, Promise<Stage>>} */ (/** @type {unknown} */ (window));
  page[key] ??= made(stage); // its entry is notebook.js
  return page[key];
}

/** Called by anywidget once for each widget. */
export default () => {
  /** @type {Promise<InstanceType<Host["NotebookRun"]>> | undefined} */
  let run;
  /** @param {Model} model */
  const begun = (model) => {
    run ??= stageOf(model).then(({ host }) => new host.NotebookRun(model));
    return run;
  };
  return {
    /** @param {{model: Model}} widget */
    initialize({ model }) {
      begun(model);
      return async () => (await begun(model)).close();
    },
    /** @param {{model: Model, el: HTMLElement}} widget */
    async render({ model, el }) {
      const { plotly } = await stageOf(model);
      return (await begun(model)).show(el, plotly);
    },
  };
};
