"""axe-core, which looks at a page for everybody's sake."""

from tests.support.browser import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

SERIOUS = """async (only) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) });
  return found.violations
    .filter(({ impact }) => impact === "critical" || impact === "serious")
    .flatMap(({ id, nodes }) => nodes.map(({ target, html, any }) => ({
      rule: id, target: target.flat().join(" "), html: html.slice(0, 200),
      why: any.map(({ message }) => message).join("; ").slice(0, 300) })));
}"""
"""What axe finds critical or serious, by all of its rules or by some."""
