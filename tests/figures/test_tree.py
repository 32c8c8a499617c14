"""The tree of runs as a figure."""

from types import SimpleNamespace

from epochscope.figures import tree
from epochscope.figures.tree import Row
from epochscope.runs.format.lineage import Node, family
from epochscope.ui.shared.family import nearest

ROWS = [
    Row("a", 0, 30, None, "IDEC <b>", "ACC 0.750", "IDEC"),
    Row("b", 18, 30, 0, "γ 0.1 → 1", "ACC 0.740", "IDEC, branch"),
    Row("c", 26, 40, 1, "seed 5", "running", "IDEC, branch of it"),
]


def test_each_run_is_a_dot_that_knows_it_and_the_way_to_the_shown_one_is_colored():
    figure = tree.figure(ROWS, "c")
    dots = {trace.customdata[0]: trace for trace in figure.data if trace.customdata is not None}
    assert {name: (dot.x[0], dot.y[0], dot.text[0].strip()) for name, dot in dots.items()} == {
        "a": (30, 0, "ACC 0.750"),
        "b": (30, 1, "ACC 0.740"),
        "c": (40, 2, "running"),
    }
    colored = [tuple(trace.x) for trace in figure.data if trace.mode == "lines" and trace.line.color == tree._SHOWN]
    assert colored == [(0, 18), (18, 18), (18, 26), (26, 26), (26, 40)]
    assert [note.text for note in figure.layout.annotations] == ["IDEC &lt;b>", "γ 0.1 → 1", "seed 5"]
    assert tree.height(ROWS) == figure.layout.height


def test_of_a_large_family_the_nearest_are_kept():
    kin = [SimpleNamespace(id="a", parent="", left_at=None, created=0)]
    kin += [SimpleNamespace(id=f"b{i}", parent="a", left_at=i, created=i) for i in range(6)]
    kin += [SimpleNamespace(id="c", parent="b2", left_at=9, created=9)]
    nodes = family("c", kin)
    kept = nearest(nodes, "c", 4)
    assert {"a", "b2", "c"} <= {node.run.id for node in kept}
    assert len(kept) == 3
    place = {node.run.id: row for row, node in enumerate(kept)}
    assert isinstance(kept[0], Node)
    assert kept[place["c"]].parent_row == place["b2"]
    assert nearest(nodes, "c", 99) == nodes
