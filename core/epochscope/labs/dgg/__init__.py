"""DGG step by step: the identity behind its bound, the prior of a point, the graph, the scale of its weights."""
