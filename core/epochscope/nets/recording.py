"""A computation as the plain list of its operations, to be done again with other numbers.

What autograd, torch.vmap and Python add to an operation costs more than many of the operations. They are written down
as torch hands them to its kernels, below all of these, and are then done as they stand: the same operations in the same
order, so with the same bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Values = list[Tensor | None]


class NotRecorded(Exception):
    """Why a computation cannot be done again from its operations."""


def recorded(
    work: Callable[[], Values], given: Sequence[Tensor], kept: Sequence[Tensor]
) -> tuple[Values, Callable[..., Values]]:
    """What `work` gives, and a function of others in the place of `given` that gives what it would give then.

    `kept`: tensors whose numbers change but whose memory never does, so that views of them are made only once. Raises
    NotRecorded where an operation asks for a number.
    """
    notes = _Notes(given, kept)
    with notes:
        found = work()
    return [None if one is None else one.detach() for one in found], notes.program(found)


class _Line(NamedTuple):
    """One operation, as a line of Python."""

    names: tuple[str, ...]  # of what comes out
    call: str
    used: tuple[str, ...]  # names of what goes in
    writes: bool  # into what goes in


class _Notes(TorchDispatchMode):
    """Writes down each operation while it is done."""

    def __init__(self, given: Sequence[Tensor], kept: Sequence[Tensor]) -> None:
        super().__init__()
        self.lines: list[_Line] = []
        self.values: dict[str, Any] = {}  # of the names that are the same at each call
        self.given = [f"x{i}" for i in range(len(given))]
        self._names: dict[int, str] = {}
        self._alive: list[Tensor] = []  # an id or an address is that of one tensor only as long as it is there
        self._memory: set[int] = set()
        self._kept = {_memory(one) for one in kept}
        for name, one in zip(self.given, given, strict=True):
            self._know(one, name)
        for one in kept:
            self._keep(one)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Does the operation and notes it."""
        kwargs = kwargs or {}
        used = [one for one in _tensors([args, list(kwargs.values())])]
        words = [self._word(one) for one in args] + [f"{name}={self._word(one)}" for name, one in kwargs.items()]
        names = tuple(self._names[id(one)] for one in used)
        out = func(*args, **kwargs)
        if isinstance(out, Tensor):
            if not func._schema.is_mutable and self._is_view(out, used):
                return out
            left = self._new(out)
            came = (left,)
        elif isinstance(out, (tuple, list)) and all(isinstance(one, Tensor) for one in out):
            came = tuple(self._new(one) for one in out)
            left = ", ".join(came) + ","
        else:
            raise NotRecorded(f"{func} asks for a number")
        call = f"{left} = {self._constant(func)}({', '.join(words)})"
        self.lines.append(_Line(came, call, names, func._schema.is_mutable))
        return out

    def _is_view(self, out: Tensor, used: Sequence[Tensor]) -> bool:
        """Whether nothing has to be done at the next call: `out` is one of the others, or a view of what is kept."""
        for one in used:
            if _place(one) == _place(out):
                self._know(out, self._names[id(one)])
                return True
        if _memory(out) in self._kept:
            self._keep(out)
            return True
        return False

    def _word(self, value: Any) -> str:
        """What an argument is called."""
        if isinstance(value, Tensor):
            if id(value) not in self._names:
                if _memory(value) in self._memory:
                    raise NotRecorded("a tensor came by a way that is not seen here")
                self._keep(value)  # it was there before
            return self._names[id(value)]
        if isinstance(value, (list, tuple)) and any(True for _ in _tensors(value)):
            return f"[{', '.join(self._word(one) for one in value)}]"
        return self._constant(value)

    def _new(self, one: Tensor) -> str:
        return self._names.get(id(one)) or self._know(one, f"v{len(self._alive)}")

    def _keep(self, one: Tensor) -> None:
        self._know(one, self._constant(one.detach()))

    def _know(self, one: Tensor, name: str) -> str:
        self._names[id(one)] = name
        self._alive.append(one)
        self._memory.add(_memory(one))
        return name

    def _constant(self, value: Any) -> str:
        name = f"c{len(self.values)}"
        self.values[name] = value
        return name

    def program(self, found: Values) -> Callable[..., Values]:
        """The lines that matter as a function."""
        ends = [None if one is None else self._word(one) for one in found]
        alive, lines = Counter(name for name in ends if name), []
        for line in reversed(self.lines):
            if line.writes or any(alive[name] for name in line.names):
                gone = sorted({name for name in line.used if name[0] != "c" and not alive[name]})
                lines += [f"    del {', '.join(gone)}"] * bool(gone) + [f"    {line.call}"]
                alive.update((*line.used, *line.names))
        text = [f"def run({', '.join(self.given)}):", *reversed(lines), f"    return [{', '.join(map(str, ends))}]"]
        exec("\n".join(text), self.values)
        return torch.no_grad()(self.values["run"])


def _tensors(values: Any) -> Iterator[Tensor]:
    for one in values:
        if isinstance(one, Tensor):
            yield one
        elif isinstance(one, (list, tuple)):
            yield from _tensors(one)


def _memory(one: Tensor) -> int:
    return one.untyped_storage().data_ptr()


def _place(one: Tensor) -> tuple[Any, ...]:
    return _memory(one), one.data_ptr(), one.dtype, one.shape, one.stride()
