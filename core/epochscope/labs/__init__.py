"""Labs: each a folder with its model, figures, session and page. Here: the sessions, by the name of their lab."""

from __future__ import annotations

from collections.abc import Mapping

from epochscope.labs.adversarial.session import AdversarialSession
from epochscope.labs.alpha.session import AlphaSession
from epochscope.labs.dgg.steps.identity.session import IdentitySession
from epochscope.labs.dgg.steps.neighbors.session import NeighborsSession
from epochscope.labs.dgg.steps.prior.session import PriorSession
from epochscope.labs.dgg.steps.scale.session import ScaleSession
from epochscope.labs.js.session import JsSession
from epochscope.labs.pull.session import PullSession
from epochscope.labs.shared.session import LabSession, Widget
from epochscope.labs.target.session import TargetSession

SESSIONS: Mapping[str, type[LabSession]] = {
    "pull": PullSession,
    "target": TargetSession,
    "alpha": AlphaSession,
    "js": JsSession,
    "dgg-identity": IdentitySession,
    "dgg-prior": PriorSession,
    "dgg-neighbors": NeighborsSession,
    "dgg-scale": ScaleSession,
    "adversarial": AdversarialSession,
}
"""Session classes by the name in the browser's request."""

__all__ = ["SESSIONS", "LabSession", "Widget"]
