"""The diagram that GAN, AAE, DASC and DCAN share: their encoder-discriminator path is one, what D is shown differs."""

_GRAY = "#7f7f7f"  # readable on a light and on a dark page


def adversarial_path(question: str, *, made_from: str, by: str, made: str, real: str) -> str:
    """DOT of the path: what the network `by` makes of `made_from` is `made`; `real` is what D is to take it for."""
    dot = f"""
    digraph {{
        rankdir=LR; bgcolor="transparent"; nodesep=0.25; ranksep=0.45;
        node [shape=plaintext, fontname="sans-serif", fontsize=13, color="{_GRAY}", fontcolor="{_GRAY}", height=0.3];
        edge [color="{_GRAY}", fontcolor="{_GRAY}", fontname="sans-serif", fontsize=12, arrowsize=0.7];
        from [label="{made_from}"]; made [label="{made}"]; real [label="{real}"];
        by [label="{by}", shape=box, style=rounded]; D [label="D", shape=box, style=rounded];
        asks [label="{question}"];
        from -> by -> made; made -> D [label="T = 0"]; real -> D [label="T = 1"]; D -> asks;
    }}
    """
    return " ".join(dot.split())
