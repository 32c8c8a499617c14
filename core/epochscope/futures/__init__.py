"""Many futures of one method at once: other seeds, or a grid of parameters, trained as one batched computation.

Each member of it is the run with that seed, up to the last bits of sums: it draws what the run alone draws. What is
stored is small (labels, scores and a plane of some points, of each epoch); a member that is opened is trained again,
alone, as a run like others.
"""
