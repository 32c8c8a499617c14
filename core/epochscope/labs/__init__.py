"""Labs in use: what a person has chosen and moved, and what the pictures of the lab show of it."""

from __future__ import annotations

from collections.abc import Mapping

from epochscope.labs.adversarial.session import AdversarialDesk
from epochscope.labs.alpha.session import AlphaDesk
from epochscope.labs.dgg.steps.identity.session import IdentityDesk
from epochscope.labs.dgg.steps.neighbors.session import NeighborsDesk
from epochscope.labs.dgg.steps.prior.session import PriorDesk
from epochscope.labs.dgg.steps.scale.session import ScaleDesk
from epochscope.labs.js.session import OrientationDesk
from epochscope.labs.pull.session import PullDesk
from epochscope.labs.shared.session import Control, Desk
from epochscope.labs.target.session import TargetDesk

DESKS: Mapping[str, type[Desk]] = {
    "pull": PullDesk,
    "target": TargetDesk,
    "alpha": AlphaDesk,
    "js": OrientationDesk,
    "dgg-identity": IdentityDesk,
    "dgg-prior": PriorDesk,
    "dgg-neighbors": NeighborsDesk,
    "dgg-scale": ScaleDesk,
    "adversarial": AdversarialDesk,
}
"""By the name under which the browser asks for them."""

__all__ = ["DESKS", "Control", "Desk"]
