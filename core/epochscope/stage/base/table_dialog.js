/** The numbers of a figure as a table, in a window of its own: opened from the tools of a panel, closed by Esc. */
import { tr } from "../data/language.js";
import { make } from "./dom.js";

/** @import { Table } from "../data/sentences.js" */

const MOST_ROWS = 1000;

/** What the button is called. */
export const OPENS = tr("Show the numbers as a table");

/** What Plotly draws on the button. */
export const TABLE_ICON = {
  width: 16,
  height: 16,
  path: "M1 2h14v12H1zM2.5 6v2.5h3V6zm4.5 0v2.5h3V6zm4.5 0v2.5h2V6zM2.5 10v2.5h3V10zm4.5 0v2.5h3V10zm4.5 0v2.5h2V10z",
};

/**
 * Shows a table over the page; the focus goes into it, and back to where it was.
 * @param {HTMLElement} root  of the panel
 * @param {string} title
 * @param {string} sentence  what the figure shows, in words
 * @param {Table} table
 */
export function showTable(root, title, sentence, { columns, rows }) {
  const head = make("tr", "", {}, ...columns.map((text) => make("th", "", { scope: "col" }, text)));
  const body = rows
    .slice(0, MOST_ROWS)
    .map(([first, ...rest]) =>
      make(
        "tr",
        "",
        {},
        make("th", "", { scope: "row" }, `${first}`),
        ...rest.map((text) => make("td", "", {}, `${text}`)),
      ),
    );
  const table = make("table", "", {}, make("thead", "", {}, head), make("tbody", "", {}, ...body));
  const box = make("div", "es-table-box", { tabIndex: 0, role: "region", "aria-label": tr("Numbers") }, table);
  const close = make("button", "", { type: "button", textContent: tr("Close") });
  const left = rows.length - MOST_ROWS;
  const more = left > 0 ? [make("p", "", {}, tr("{n} more rows are not listed.", { n: left }))] : [];
  const parts = [make("h2", "", {}, title), make("p", "", {}, sentence), box, ...more, close];
  const dialog = make("dialog", "es-table", { "aria-label": title }, ...parts);
  close.onclick = () => dialog.close();
  dialog.onclose = () => {
    dialog.remove();
    const opener = root.querySelector(`[aria-label="${OPENS}"]`); // Plotly may have made its button anew meanwhile
    if (opener instanceof HTMLElement && document.activeElement !== opener) opener.focus();
  };
  dialog.onkeydown = (event) => event.stopPropagation(); // no key of the page is meant
  root.append(dialog);
  dialog.showModal();
}
