"""The contract of a method as a test: `check_method(METHOD)` for the methods here and for those of other packages.

    from epochscope.testing import check_method

    def test_my_method():
        check_method(METHOD)

It trains the method some ten times for a few epochs on 200 pictures of digits and on 300 points in four groups: seconds
to a minute on one core. RULES are the single rules; a test may call them one by one with a `Trial` that they share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from epochscope.methods.base import Method
from epochscope.nets.device import threads
from epochscope.testing.rules import RULES
from epochscope.testing.trial import QUICK, Points, Training, Trial

__all__ = ["QUICK", "RULES", "Points", "Training", "Trial", "check_method"]


def check_method(
    method: Method, quick: Mapping[str, Any] | None = None, longer: Mapping[str, Any] | None = None
) -> None:
    """Raises AssertionError, with one sentence, for the first rule of the contract that `method` breaks.

    quick: values by dotted names that make the method fast on a few hundred points; those of QUICK are applied to every
    method that has parameters of these names. longer: values for the one training that is to find groups far apart.
    """
    trial = Trial(method, quick, longer)
    with threads(1):  # tensors this small are faster with one
        for rule in RULES:
            rule(trial)
