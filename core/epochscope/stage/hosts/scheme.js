/** Light or dark, as the machine is set, for pages without an app around them. */

/** Shows the page again in the colors that a person has just chosen for the whole machine. */
export function followScheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; // boards watch this
  };
  dark.addEventListener("change", apply);
  apply();
}
