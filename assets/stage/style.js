/** The stage's own style sheet; everything hangs under .es and reads the theme through variables. */
const CSS = `
.es { position: relative; box-sizing: border-box; width: 100%; color: var(--es-text); font-family: var(--es-font); font-size: 13px; line-height: 1.4; }
.es *, .es *::before { box-sizing: border-box; }
.es-plot { position: absolute; inset: 0; }
.es-plot .svg-container { background: none !important; }
.es-plot .modebar-container .modebar { margin-top: var(--es-tools, 0); }
.es-canvas { position: absolute; left: 0; top: 0; pointer-events: none; }
.es[data-sketch] :is(.overplot, .annotation, .hoverlayer), .es[data-sketch=axes] :is(.gridlayer, .zerolinelayer, .xaxislayer-above, .yaxislayer-above) { opacity: 0 !important; }
.es-foot { position: absolute; left: 6px; right: 6px; bottom: 2px; pointer-events: none; }
.es[data-crowded] .g-xtitle { display: none; }
.es-key { pointer-events: auto; max-height: 38px; overflow: auto; display: flex; flex-wrap: wrap; gap: 0 3px; }
.es-key button { all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 4px; padding: 0 4px; font-size: 11.5px; line-height: 18px; border-radius: 4px; }
.es-key button:focus-visible { outline: 2px solid var(--es-primary); } .es-key button[aria-pressed=false] { opacity: .35; text-decoration: line-through; }
.es-key i { width: 9px; height: 9px; border-radius: 50%; }
.es-caption { font-size: 11.5px; line-height: 16px; color: var(--es-faint); overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.es-caption[data-lines="1"] { -webkit-line-clamp: 1; }
.es-caption b { font-weight: 600; color: var(--es-text); }
.es-line { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.es-head { position: absolute; left: 2px; right: 2px; top: 2px; display: flex; gap: 6px; align-items: center; z-index: 2; pointer-events: none; }
.es-head select { font: inherit; line-height: 18px; height: 20px; color: var(--es-text); background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 0 2px; cursor: pointer; min-width: 0; max-width: 100%; text-overflow: ellipsis; field-sizing: content; pointer-events: auto; }
.es-head select:hover, .es-head select:focus-visible { border-color: var(--es-border); background: var(--es-bg); } .es-head select:focus-visible { outline: 2px solid var(--es-primary); }
.es-head option { background: var(--es-bg); color: var(--es-text); }
.es-head .es-title { font-size: 13px; } .es-head .es-pick { font-size: 12px; border-color: var(--es-border); flex: 0 1 auto; }
.es-curves { position: absolute; left: 8px; right: 4px; top: 22px; max-height: 32px; overflow: hidden; display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0 6px; z-index: 1; pointer-events: none; }
.es-curves button { all: unset; pointer-events: auto; cursor: pointer; font-size: 11px; line-height: 15px; white-space: nowrap; }
.es-curves i { display: inline-block; width: 11px; height: 3px; border-radius: 2px; margin-right: 4px; vertical-align: middle; }
.es-curves button[aria-pressed=false] { opacity: .4; text-decoration: line-through; } .es-curves button:focus-visible { outline: 2px solid var(--es-primary); }
.es-show { position: absolute; left: 6px; top: 4px; right: 6px; display: flex; flex-wrap: wrap; gap: 4px; z-index: 1; pointer-events: none; }
.es-show[hidden] { display: none; }
.es-show button { all: unset; box-sizing: border-box; pointer-events: auto; cursor: pointer; font-size: 11.5px; line-height: 18px; padding: 0 8px; border-radius: 99px; border: 1px solid var(--es-border); color: var(--es-faint); background: var(--es-bg); }
.es-show button:hover:not(:disabled) { border-color: var(--es-primary); color: var(--es-text); }
.es-show button[aria-pressed=true] { background: var(--es-primary); border-color: var(--es-primary); color: var(--es-on-primary); }
.es-show button:disabled { opacity: .45; cursor: help; text-decoration: line-through; } .es-show button:focus-visible { outline: 2px solid var(--es-primary); outline-offset: 1px; }
.es-notes { position: absolute; left: 28px; right: 8px; top: 32px; font-size: 11px; line-height: 14px; color: var(--es-faint); pointer-events: none; }
.es-notes span { background: var(--es-bg); }
.es-near { position: absolute; left: 4px; right: 4px; bottom: 0; z-index: 2; border: 1px solid var(--es-border); border-radius: 8px; background: var(--es-bg); padding: 3px 6px 4px; box-shadow: 0 2px 10px rgba(0,0,0,.12); }
.es-near[hidden] { display: none; }
.es-near-head { display: flex; justify-content: space-between; gap: 8px; font-size: 11px; color: var(--es-faint); white-space: nowrap; overflow: hidden; }
.es-near-head span { overflow: hidden; text-overflow: ellipsis; } .es-near-head button { all: unset; cursor: pointer; padding: 0 5px; }
.es-near-list { display: flex; gap: 5px; overflow-x: auto; scrollbar-width: thin; }
.es-near-list button { all: unset; flex: none; cursor: pointer; display: grid; justify-items: center; font-size: 10px; line-height: 12px; font-variant-numeric: tabular-nums; padding: 2px; border-radius: 4px; }
.es-near-list button[data-agrees="0"] { box-shadow: inset 0 0 0 1.5px var(--es-text); } .es-near-list button:focus-visible { outline: 2px solid var(--es-primary); }
.es-near-list i { display: block; image-rendering: pixelated; background-repeat: no-repeat; border-radius: 3px; } .es-near-list b { font-weight: 600; } .es-near-list span { color: var(--es-faint); }
.es-note { position: absolute; inset: 0; display: grid; place-items: center; padding: 24px; text-align: center; color: var(--es-faint); pointer-events: none; }
.es[data-kind=raster] .es-note { padding: 0 60px 0 30px; } /* beside the colour bar */
.es-note:empty { display: none; }
.es-link { position: absolute; right: 6px; top: 4px; font-size: 11.5px; color: var(--es-faint); background: var(--es-bg); border: 1px solid var(--es-border);
  border-radius: 99px; padding: 1px 9px; pointer-events: none; z-index: 3; }
.es-link:empty { display: none; }
.es-link[data-kind=error] { color: #b3261e; border-color: #b3261e88; }
.es[data-dark] .es-link[data-kind=error] { color: #ff9a91; border-color: #ff9a9188; }
.es-chip { position: absolute; right: 8px; bottom: 42px; display: inline-flex; gap: 8px; align-items: center; border: 1px solid var(--es-border); border-radius: 99px;
  background: var(--es-bg); padding: 1px 4px 1px 10px; font-size: 12px; z-index: 2; }
.es-chip[hidden] { display: none; }
.es-chip button { all: unset; cursor: pointer; padding: 0 6px; border-radius: 99px; color: var(--es-faint); }
.es-chip button:hover, .es-chip button:focus-visible { color: var(--es-text); background: var(--es-soft); }
.es-tip { position: absolute; z-index: 5; pointer-events: none; display: flex; gap: 10px; align-items: center; background: var(--es-bg); border: 1px solid var(--es-border);
  border-radius: 8px; padding: 7px 10px 7px 7px; box-shadow: 0 4px 16px rgba(0,0,0,.16); font-size: 12px; white-space: nowrap; left: 0; top: 0; }
.es-tip[hidden] { display: none; }
.es-tip-tile { flex: none; image-rendering: pixelated; border-radius: 4px; background-color: #000; background-repeat: no-repeat; }
.es-tip-tile[hidden] { display: none; }
.es-tip-lines { display: grid; grid-template-columns: auto auto; gap: 0 8px; padding-left: 3px; }
.es-tip-lines dt { color: var(--es-faint); } .es-tip-lines dd { margin: 0; font-variant-numeric: tabular-nums; }
.es-tip-lines .es-head { grid-column: 1 / -1; color: var(--es-text); font-weight: 600; }
.es-swatch { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 5px; }

.es-handles { position: absolute; left: 0; top: 0; width: 0; height: 0; z-index: 2; }
.es-handle { all: unset; box-sizing: border-box; position: absolute; left: -11px; top: -11px; width: 22px; height: 22px; cursor: grab; touch-action: none; display: grid; place-items: center;
  font-size: 10px; font-weight: 700; user-select: none; }
.es-handle::before { content: ""; position: absolute; z-index: -1; inset: 5px; border-radius: 50%; background: var(--es-handle); box-shadow: 0 0 0 1.5px var(--es-bg), 0 0 0 2.5px var(--es-handle); }
.es-handle[data-shape=diamond]::before { inset: 3px; border-radius: 3px; transform: rotate(45deg); box-shadow: 0 0 0 2px var(--es-text); }
.es-handle:hover::before { filter: brightness(1.15); } .es-handle:active { cursor: grabbing; }
.es-handle:focus-visible { outline: 2px solid var(--es-primary); outline-offset: 2px; border-radius: 50%; }

.es-gallery { display: flex; flex-wrap: wrap; gap: 3px; padding: 2px; min-height: 30px; }
.es-gallery button { all: unset; cursor: pointer; display: grid; justify-items: center; align-content: start; font-size: 10.5px; line-height: 13px; font-variant-numeric: tabular-nums; padding: 3px; border-radius: 5px; border: 1px solid transparent; max-width: 120px; text-align: center; }
.es-gallery button:hover { border-color: var(--es-primary); } .es-gallery button:focus-visible { outline: 2px solid var(--es-primary); }
.es-gallery button[data-marked="1"] { box-shadow: inset 0 -2.5px 0 #bd1f01; } .es[data-dark] .es-gallery button[data-marked="1"] { box-shadow: inset 0 -2.5px 0 #ff9a91; }
.es-gallery i { display: block; image-rendering: pixelated; background-repeat: no-repeat; border-radius: 3px; } .es-gallery b { font-weight: 600; } .es-gallery span { color: var(--es-faint); }

.es-tiles { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px; }
.es[data-kind=tiles] { container-type: inline-size; }
@container (max-width: 900px) { .es-tile[data-tile=changed] .es-tile-diff { display: none; } }
.es-tile { border: 1px solid var(--es-border); border-radius: 8px; padding: 6px 9px 6px; overflow: hidden; white-space: nowrap; min-width: 0; min-height: 62px; background: var(--es-bg); }
.es-tile-name { font-size: 11.5px; color: var(--es-faint); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.es-tile-row { display: flex; align-items: baseline; gap: 7px; white-space: nowrap; }
.es-tile-value { font-size: 21px; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; line-height: 1.3; }
.es-tile-diff { font-size: 11.5px; font-variant-numeric: tabular-nums; color: var(--es-faint); min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.es-tile-diff[data-good="1"] { color: #14743a; } .es-tile-diff[data-good="0"] { color: #b3261e; }
.es[data-dark] .es-tile-diff[data-good="1"] { color: #6fd694; } .es[data-dark] .es-tile-diff[data-good="0"] { color: #ff9a91; }
.es-state { grid-column: 1 / -1; display: flex; align-items: center; gap: 10px; height: 24px; font-size: 12.5px; }
.es-state-chip { flex: none; display: inline-flex; align-items: center; gap: 6px; border-radius: 99px; border: 1px solid var(--es-border); padding: 0 10px 0 8px; font-weight: 600; line-height: 22px; }
.es-state-chip::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--es-dot, var(--es-faint)); }
.es-state-chip[data-state=running] { --es-dot: #1f9d55; } .es-state-chip[data-state=paused] { --es-dot: #d98a00; }
.es-state-chip[data-state=failed] { --es-dot: #d23a2e; } .es-state-chip[data-state=done] { --es-dot: var(--es-primary); }
.es-state-text { color: var(--es-faint); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.es-state-text[data-state=failed], .es-state-text[data-state=interrupted] { white-space: normal; line-height: 14px; max-height: 28px; color: #b3261e; font-weight: 600; }
.es[data-dark] .es-state-text[data-state=failed], .es[data-dark] .es-state-text[data-state=interrupted] { color: #ff9a91; }
.es-bar { flex: 1 1 120px; height: 5px; border-radius: 3px; background: var(--es-soft); overflow: hidden; min-width: 50px; }
.es-bar i { display: block; height: 100%; width: 100%; background: var(--es-primary); transform-origin: 0 0; transform: scaleX(0); transition: transform .3s; }

.es-dials { display: flex; flex-direction: column; gap: 10px; font-size: 14px; }
.es-dial-head { display: flex; align-items: baseline; gap: 6px; line-height: 18px; margin-bottom: 3px; }
.es-dial-head label { flex: 0 1 auto; cursor: inherit; } .es-dial-head output { margin-left: auto; font-variant-numeric: tabular-nums; font-weight: 600; color: var(--es-primary); white-space: nowrap; }
.es-dial input[type=range] { appearance: none; -webkit-appearance: none; display: block; width: 100%; height: 20px; margin: 0; background: transparent; cursor: pointer; }
.es-dial input[type=range]::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; background: linear-gradient(to right, var(--es-primary) var(--es-part), var(--es-border) var(--es-part)); }
.es-dial input[type=range]::-moz-range-track { height: 4px; border-radius: 2px; background: var(--es-border); } .es-dial input[type=range]::-moz-range-progress { height: 4px; border-radius: 2px; background: var(--es-primary); }
.es-dial input[type=range]::-webkit-slider-thumb { -webkit-appearance: none; width: 14px; height: 14px; margin-top: -5px; border: 0; border-radius: 50%; background: var(--es-primary); }
.es-dial input[type=range]::-moz-range-thumb { width: 14px; height: 14px; border: 0; border-radius: 50%; background: var(--es-primary); }
.es-dial input[type=range]:focus-visible { outline: none; } .es-dial input[type=range]:focus-visible::-webkit-slider-thumb { box-shadow: 0 0 0 4px color-mix(in srgb, var(--es-primary) 35%, transparent); }
.es-dial input[type=range]:focus-visible::-moz-range-thumb { box-shadow: 0 0 0 4px color-mix(in srgb, var(--es-primary) 35%, transparent); }
.es-dial select, .es-pill, .es-press { font: inherit; font-size: 14px; color: var(--es-text); background: var(--es-bg); border: 1px solid var(--es-border); border-radius: 8px; height: 34px; padding: 0 10px; cursor: pointer; }
.es-dial select { width: 100%; background: var(--es-soft); text-overflow: ellipsis; } .es-dial option { background: var(--es-bg); color: var(--es-text); }
.es-dial-row { display: flex; gap: 4px; } .es-press { flex: 1 1 0; min-width: 0; padding: 0 4px; } .es-pill { border-radius: 99px; height: 30px; min-width: 36px; padding: 0 8px; }
.es-press[data-main], .es-pill[aria-checked=true] { background: var(--es-primary); border-color: var(--es-primary); color: var(--es-on-primary); }
.es-dial select:hover, .es-pill:hover, .es-press:hover { border-color: var(--es-primary); }
.es-dial select:focus-visible, .es-pill:focus-visible, .es-press:focus-visible, .es-help:focus-visible { outline: 2px solid var(--es-primary); outline-offset: 1px; }
.es-dial-switch { display: flex; flex-direction: row-reverse; justify-content: flex-end; align-items: center; gap: 8px; } .es-dial-switch .es-dial-head { margin: 0; }
.es-switch { appearance: none; width: 32px; height: 18px; margin: 0; border-radius: 99px; background: var(--es-faint); cursor: pointer; position: relative; flex: none; }
.es-switch::before { content: ""; position: absolute; left: 2px; top: 2px; width: 14px; height: 14px; border-radius: 50%; background: #fff; transition: transform .12s; }
.es-switch:checked { background: var(--es-primary); } .es-switch:checked::before { transform: translateX(14px); } .es-switch:focus-visible { outline: 2px solid var(--es-primary); outline-offset: 2px; }
.es-help { flex: none; width: 15px; height: 15px; line-height: 14px; border: 1px solid var(--es-border); border-radius: 50%; text-align: center; font-size: 10.5px; color: var(--es-faint); cursor: help; }
.es-sayings { list-style: none; margin: 0; padding: 0; column-gap: 20px; font-size: 14px; line-height: 21px; font-variant-numeric: tabular-nums; }
.es-sayings li { break-inside: avoid; margin: 0; padding: 0; display: flex; gap: 7px; } .es-sayings b { font-weight: 650; }
.es-sayings i { flex: none; width: 16px; height: 16px; margin-top: 2.5px; border-radius: 50%; font: 700 10.5px/16px sans-serif; text-align: center; color: #fff; background: #1f8a4c; }
.es-sayings [data-holds=false] i { background: #c62f27; } .es-off { color: var(--es-faint); white-space: nowrap; }
@media (max-width: 1100px) { .es-sayings { font-size: 13px; column-gap: 10px; } .es-sayings li { letter-spacing: -0.005em; } }

.es-headline { display: flex; align-items: center; gap: 0 28px; height: 64px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.es-headline h1 { flex: 1 1 0; min-width: 0; margin: 0; padding: 0; font: inherit; font-size: 30px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.es-headline p { margin: 0; font-size: 26px; color: var(--es-faint); } .es-headline b { font-size: 40px; line-height: 1; font-weight: 650; color: var(--es-text); }
.es-headline div { display: flex; gap: 6px; }
.es-headline button { font: inherit; font-size: 15px; color: var(--es-text); background: var(--es-bg); border: 1px solid var(--es-border); border-radius: 8px; height: 34px; padding: 0 10px; cursor: pointer; }
.es-headline button:hover { border-color: var(--es-primary); } .es-headline button:focus-visible { outline: 2px solid var(--es-primary); outline-offset: 2px; }
@media (max-width: 1100px) { .es-headline { gap: 0 18px; } .es-headline h1 { font-size: 24px; } .es-headline p { font-size: 22px; } .es-headline b { font-size: 36px; } }

.es:has(.es-transport) { container-type: inline-size; }
.es-transport { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; min-height: 38px; }
.es-transport button, .es-transport select { font: inherit; color: var(--es-text); background: var(--es-bg); border: 1px solid var(--es-border); border-radius: 8px; height: 32px; cursor: pointer; }
.es-transport button { min-width: 34px; padding: 0 8px; display: inline-flex; align-items: center; justify-content: center; gap: 6px; }
.es-transport button:hover:not(:disabled), .es-transport select:hover { border-color: var(--es-primary); }
.es-transport button:disabled { opacity: .4; cursor: default; }
.es-transport svg { width: 15px; height: 15px; fill: currentColor; display: block; }
.es-transport .es-play { background: var(--es-primary); border-color: var(--es-primary); color: var(--es-on-primary); min-width: 42px; }
.es-transport :focus-visible { outline: 2px solid var(--es-primary); outline-offset: 2px; }
.es-transport label { display: inline-flex; align-items: center; gap: 6px; color: var(--es-faint); font-size: 12px; }
.es-transport select { padding: 0 6px; max-width: 130px; }
.es-feature input { font: inherit; font-size: 13px; color: var(--es-text); background: var(--es-bg); border: 1px solid var(--es-border); border-radius: 8px; height: 32px; width: 74px; padding: 0 8px; box-sizing: border-box; }
.es-feature input:hover { border-color: var(--es-primary); } .es-transport .es-feature[hidden] { display: none; }
.es-live::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--es-faint); }
.es-live[aria-pressed=true]::before { background: #d23a2e; } .es-live[aria-pressed=true] { border-color: #d23a2e99; }
.es-live[hidden] { display: none; }
.es-epoch { min-width: 132px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.es-epoch b { font-weight: 600; } .es-epoch span { color: var(--es-faint); }
@container (max-width: 860px) { .es-transport { flex-wrap: nowrap; } .es-transport label > span { display: none; } .es-epoch span { display: none; } .es-epoch { min-width: 72px; } .es-transport select { max-width: 92px; } }
@container (max-width: 520px) { .es-transport { flex-wrap: wrap; } }
.es-track { flex: 1 1 120px; min-width: 80px; position: relative; display: flex; align-items: center; height: 32px; }
.es-track input { width: 100%; margin: 0; accent-color: var(--es-primary); cursor: pointer; height: 22px; position: relative; }
.es-phase { position: absolute; top: 2px; width: 1px; height: 5px; background: var(--es-faint); pointer-events: none; }
.es-mark { position: absolute; bottom: 0; width: 0; height: 0; border: 3.5px solid transparent; border-bottom: 5px solid var(--es-text); transform: translateX(-3.5px); pointer-events: none; }
`;

/** A length as Python sends it: a number of pixels, or anything CSS knows. */
export const length = (value) => (typeof value === "number" ? `${value}px` : value);

/** Puts the sheet where an element can see it, once per document or shadow root. */
export function addStyle(element) {
  const root = element.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector("style[data-epochscope]")) return;
  const style = document.createElement("style");
  style.dataset.epochscope = "";
  style.textContent = CSS;
  home.append(style);
}

/** A new element with a class, properties and children; strings become text, never markup. */
export function make(tag, className = "", props = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("aria-") || name === "role" || name.startsWith("data-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}
