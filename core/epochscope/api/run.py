"""The run that `epochscope.train` returns."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from epochscope.api.history import history_of
from epochscope.api.parts import RESULTS, About, Parts
from epochscope.api.points import points
from epochscope.api.rule import NewPoints, Rule, found
from epochscope.api.show import show
from epochscope.api.stored import save
from epochscope.runs.format.run import Run
from epochscope.types import EpochscopeError

if TYPE_CHECKING:
    import pandas as pd

    from epochscope.api.train import Epochs, Prepared
    from epochscope.api.why import Explanation
    from epochscope.data.scaling import Scaling
    from epochscope.runs.training.epoch_recorder import Recorded


class Folder(NamedTuple):
    """A run folder; `aside` deletes it with the last reference, where it is not among the other runs."""

    run: Run
    aside: tempfile.TemporaryDirectory[str] | None


class Epoch(NamedTuple):
    """One epoch. `rows`: the points (rows of x, in order) of which z, q and p are; labels are of all n points."""

    epoch: int
    phase: str
    rows: Int[np.ndarray, " m"]
    labels: Int[np.ndarray, " n"] | None
    q: Float[np.ndarray, "m k"] | None
    p: Float[np.ndarray, "m k"] | None
    z: Float[np.ndarray, "m d"] | None
    centers: Float[np.ndarray, "k d"] | None


class TrainedRun:
    """A training with its results, and with what it takes to assign new points.

    `labels` (n), `q`, `p` (n x k), `z` (n x d), `centers` (k x d, in the space of z) are those of the last epoch, over
    all n points in the order of x; None where the method has none of this kind, or had none yet when it was stopped.
    """

    labels: Int[np.ndarray, " n"] | None
    q: Float[np.ndarray, "n k"] | None
    p: Float[np.ndarray, "n k"] | None
    z: Float[np.ndarray, "n d"] | None
    centers: Float[np.ndarray, "k d"] | None

    def __init__(self, parts: Parts, folder: Folder | None = None) -> None:
        """`train` and `load` make runs. `folder`: None if it is yet to be looked for among all runs."""
        self._parts, self._folder = parts, folder
        self._data: Prepared | None = None
        for name in RESULTS:
            setattr(self, name, parts.results.get(name))

    @classmethod
    def of(
        cls,
        folder: Folder,
        last: Recorded | None,
        rules: Mapping[int, Rule],
        scaling: Scaling | None,
        *,
        features: int,
        names: Sequence[str],
    ) -> TrainedRun:
        """A run that has just ended, in its folder; `features` of a point before the scaling, and their names."""
        run, status = folder.run, folder.run.status
        about = About(
            run.id,
            run.title,
            status["state"],
            status["message"],
            run.spec.as_dict(),
            features,
            list(names),
        )
        results = {name: array for name, array in (last.arrays if last else {}).items() if name in RESULTS}
        return cls(Parts(about, results, dict(rules), scaling, history_of(run)), folder)

    @property
    def id(self) -> str:
        """As the app and the command line call the run."""
        return self._parts.about.id

    @property
    def title(self) -> str:
        """Method, data set, k and seed in words."""
        return self._parts.about.title

    @property
    def state(self) -> str:
        """How it ended: "done", "stopped" or "failed"."""
        return self._parts.about.state

    @property
    def message(self) -> str:
        """Why it failed, in one sentence; else empty."""
        return self._parts.about.message

    @property
    def settings(self) -> Mapping[str, Any]:
        """Data set, method, k, seed and all parameters by dotted name, as stored."""
        return self._parts.about.settings

    @property
    def history(self) -> pd.DataFrame:
        """A row an epoch: phase, seconds, then `loss ...`, `measure ...`, `score ...`, `size 0`, `size 1`, ..."""
        return self._parts.history

    def __repr__(self) -> str:
        return f"<{self.title}: {self.state}, {len(self.history)} epochs>"

    @property
    def epochs_with_weights(self) -> list[int]:
        """The epochs from which new points can be assigned."""
        return sorted(self._parts.rules)

    def predict(self, x: Any, *, epoch: int | None = None) -> Int[np.ndarray, " m"]:
        """The cluster of each of m new points (rows of f numbers, in the kinds and the unit that `train` took).

        By the last epoch, or by another one whose weights were kept. On the points of the training it gives `labels`.
        Raises EpochscopeError where the method gives new points no cluster (Free W, DASC), and for a wrong x.
        """
        made = self._assigned(x, epoch)
        if made.labels is None:
            method = found(self.settings["method"])
            raise EpochscopeError(f"{method.title} gives new points no cluster: {method.no_clusters}.")
        return made.labels

    def predict_proba(self, x: Any, *, epoch: int | None = None) -> Float[np.ndarray, "m k"]:
        """Q of m new points, rows that sum to 1. Raises as `predict`, and where the method has no Q."""
        made = self._assigned(x, epoch)
        if made.q is None:
            raise EpochscopeError(f"{found(self.settings['method']).title} has no soft assignments of new points.")
        return made.q

    def transform(self, x: Any, *, epoch: int | None = None) -> Float[np.ndarray, "m d"]:
        """The codes z of m new points. Raises EpochscopeError for a wrong x."""
        return self._assigned(x, epoch).z

    def _assigned(self, x: Any, epoch: int | None) -> NewPoints:
        rule, handed, about = self.rule(epoch), points(x), self._parts.about
        if (f := handed.rows.shape[1]) != about.features:
            raise EpochscopeError(f"x must have the {about.features} features of the training, but it has {f}.")
        if about.names and handed.names and list(handed.names) != about.names:
            names = ", ".join(about.names)
            raise EpochscopeError(f"x must have the columns of the training in their order: {names[:300]}.")
        scaling = self._parts.scaling
        return rule(scaling.of(handed.rows) if scaling else handed.rows)

    def rule(self, epoch: int | None = None) -> Rule:
        """What new points need, of the last epoch or another. Raises EpochscopeError where it was not kept."""
        from epochscope.api.settings import whole

        last = len(self.history) - 1
        wanted = last if epoch is None else whole(epoch, "epoch")
        if wanted in self._parts.rules:
            return self._parts.rules[wanted]
        method = found(self.settings["method"])
        if method.assign is None:
            raise EpochscopeError(f"{method.title} cannot take in new points: it has no rule for them.")
        if not 0 <= wanted <= last:
            raise EpochscopeError(f"There is no epoch {wanted}: this run has the epochs 0 to {last}.")
        if self.history["phase"].iloc[wanted] not in self._phases_with_clusters():
            raise EpochscopeError(
                f"Epoch {wanted} belongs to the phase {self.history['phase'].iloc[wanted]}, before there are clusters."
            )
        raise EpochscopeError(
            f'The weights of epoch {wanted} were not kept; train with weights=[{wanted}] or weights="all".'
        )

    def _phases_with_clusters(self) -> set[str]:
        sizes = self.history.filter(regex="^size ").notna().any(axis=1)
        return set(self.history["phase"][sizes])

    def at(self, epoch: int) -> Epoch:
        """One epoch; -1 is the last, which is in memory. Others are read from the run folder: labels of all points, and
        z, q and p of the drawn ones (1,000,000 at most), to three digits; None where the run does not store them then.

        Raises EpochscopeError for an epoch that there is not, and where the folder is gone.
        """
        from epochscope.api.settings import whole

        last, wanted = len(self.history) - 1, whole(epoch, "epoch")
        wanted = last + 1 + wanted if wanted < 0 else wanted
        if not 0 <= wanted <= last:
            raise EpochscopeError(f"There is no epoch {epoch}: this run has the epochs 0 to {last}.")
        phase = str(self.history["phase"].iloc[wanted])
        if wanted == last and self.z is not None:
            return Epoch(wanted, phase, np.arange(len(self.z)), self.labels, self.q, self.p, self.z, self.centers)
        run = self._stored()
        index = run.points()["index"]
        order = np.argsort(index)
        found = {name: run.array(wanted, name) for name in RESULTS}
        drawn = {name: None if (a := found[name]) is None else a[order].astype(np.float32) for name in ("q", "p", "z")}
        labels, centers = found["labels"], found["centers"]
        return Epoch(
            wanted,
            phase,
            index[order].astype(np.int64),
            None if labels is None else labels.astype(np.int64),
            drawn["q"],
            drawn["p"],
            drawn["z"],
            centers,
        )

    def keep_data(self, data: Prepared) -> None:
        """Keeps the data of the training, for branches."""
        self._data = data

    def branch(
        self,
        *,
        epoch: int,
        seed: int | None = None,
        params: Mapping[str, Any] | None = None,
        weights: Epochs = "last",
        record: bool = True,
        progress: bool = True,
        **values: Any,
    ) -> TrainedRun:
        """Goes on from the exact state of an epoch with other parameters, as a new run; this one stays.

        Parameters from there on: as keywords (cluster_lr=0.01), or by dotted name in `params`. Those that can change:
        live ones, those read anew in each epoch (batch size, number of epochs), and those that the method had not read
        yet. seed: of everything random from there on; by default it goes on as in this run. The epochs up to there are
        computed again, which takes as long as it took (long pretraining comes from its cache), and each must equal this
        run's, bit for bit. weights, record and progress: as in `train`.

        Raises EpochscopeError where there is no such epoch, a parameter cannot change there, or the data are neither in
        memory nor in a data set; and TrainingError where the training fails.
        """
        from epochscope.api.train import branched

        return branched(
            self._stored(),
            self._data,
            epoch,
            (params or {}, values),
            seed=seed,
            weights=weights,
            record=record,
            progress=progress,
        )

    def why(self, points: int | Sequence[int], *, epoch: int = -1, since: int | None = None) -> Explanation:
        """Why points (rows of x) moved from the codes of epoch `since` (by default the one before) to those of `epoch`:
        the displacement as the sum of what each term of the loss did, and a remainder. -1 is the last epoch.

        The run is computed again up to that epoch, bit for bit, which takes as long as it took. Raises EpochscopeError
        where the method does not say what its steps consist of (DEC, IDEC, VaDE and DGG do), for an epoch without
        clusters or a point that there is not, and where the data are neither in memory nor in a data set.
        """
        from epochscope.api.why import explanation

        return explanation(self._stored(), points, epoch, since, self._data.dataset if self._data else None)

    def _stored(self) -> Run:
        """The run folder. Raises EpochscopeError if it is not (or no longer) on this machine."""
        if self._folder is None:
            self._folder = Folder(Run(self.id), None)
        return self._folder.run

    def show(self) -> str | None:
        """Shows the run: in a notebook as a widget below the cell, if `pip install "epochscope[notebook]"` was called;
        elsewhere in the app, which is started and ends with this program. Returns the address in the app.

        Raises EpochscopeError where the run folder is gone, or the app does not start or list it (`record=False`).
        """
        stored = self._stored()
        return show(stored, listed=not (self._folder and self._folder.aside))

    def save(self, path: str | Path) -> Path:
        """Writes results, history and the kept weights into one file of safetensors, to be read by `epochscope.load`.

        The ending .safetensors is added where there is none. Returns the path. Raises EpochscopeError if it cannot be
        written.
        """
        return save(Path(path), self._parts)

    def citation(self) -> str:
        """A citation of the run: a sentence, and a line that `epochscope replay` trains again and compares.

        Raises EpochscopeError where the run folder is gone.
        """
        from epochscope.runs.library.citation import citation

        return citation(self._stored())

    def export(self, path: str | Path) -> Path:
        """Writes the run as one HTML file that shows it in any browser, without epochscope and without a network.

        It holds the projections that were computed, PCA always. A file that is there is replaced. Returns the path.
        Raises EpochscopeError where the name does not end in .html, the run folder is gone, or it cannot be written.
        """
        from epochscope.portable.file import write_runs_file
        from epochscope.rights import PROGRAM

        if (path := Path(path)).suffix.lower() not in (".html", ".htm"):
            raise EpochscopeError(f"export writes an HTML file: give it a name that ends in .html, not {path.name!r}.")
        write_runs_file([self._stored()], PROGRAM, path)
        return path
