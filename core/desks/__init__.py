"""Labs in use: what a person has chosen and moved, and what the pictures of the lab show of it."""

from __future__ import annotations

from collections.abc import Mapping

from core.desks.adversarial import AdversarialDesk
from core.desks.alpha import AlphaDesk
from core.desks.base import Control, Desk
from core.desks.dgg.identity import IdentityDesk
from core.desks.dgg.neighbors import NeighborsDesk
from core.desks.dgg.prior import PriorDesk
from core.desks.dgg.scale import ScaleDesk
from core.desks.orientation import OrientationDesk
from core.desks.pull import PullDesk
from core.desks.target import TargetDesk

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
