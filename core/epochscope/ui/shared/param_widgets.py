"""Widgets for a parameter class: one branch per kind of field, nothing specific to a method."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from epochscope.language import tr
from epochscope.params import FORMER_OPTIONS, Params, Range, former_names
from epochscope.types import EpochscopeError
from epochscope.ui.shared.address import in_address, put_in_address
from epochscope.ui.shared.session import note_moved, param_key

_SLIDER_STEPS = 2000  # of more whole numbers a hand does not meet the one it means


def param_widgets(start: Params, owner: str, *, running: bool = False) -> Params:
    """Widgets for every parameter; returns the chosen values. `start`: the values of widgets not touched yet.

    While a run is live, live parameters take effect at once and are marked; the others apply to the next run.
    """
    values, labels = start.flat(), start.group_labels()
    chosen: dict[str, Any] = {}
    groups: dict[str, list[tuple[str, Range]]] = {}
    for name, about in start.ranges():
        prefix = name.rpartition(".")[0]
        if prefix:
            groups.setdefault(prefix, []).append((name, about))
        else:
            chosen[name] = _widget(owner, name, about, values[name], running)
    for prefix, members in groups.items():
        with st.expander(tr(labels.get(prefix.split(".")[0], prefix)), key=param_key(owner, f"group.{prefix}")):
            for name, about in members:
                chosen[name] = _widget(owner, name, about, values[name], running)
    return start.but(chosen)


def reset(owner: str, values: Mapping[str, Any]) -> None:
    """Sets the widgets of a parameter class to these values (for presets; to be called before they are drawn)."""
    for name, value in values.items():
        st.session_state[param_key(owner, name)] = value


def _widget(owner: str, name: str, about: Range, value: Any, running: bool) -> Any:
    label = title_of(about, name)
    if about.live:
        label += " ⚡"
    note = ""
    if about.live:
        note = tr("⚡ Takes effect at once while a run is training.")
    elif running:
        note = tr("Takes effect in the next run.")
    _update_link(owner, name, about)
    common: dict[str, Any] = {
        "label": label,
        "key": param_key(owner, name),
        "help": "\n\n".join(
            part for part in (tr(about.help), note, tr("Allowed: {range}.", range=range_words(about))) if part
        ),
        "bind": "query-params",
    }
    if about.live:
        common |= {"on_change": note_moved, "args": (owner, name)}
    return param_widget(about, value, _elsewhere(common["key"], about) if about.log else (), common)


def title_of(about: Range, name: str) -> str:
    """Symbol and label of a parameter, as `Range.title` in English."""
    return " · ".join(part for part in (about.symbol, tr(about.label)) if part) or name


def range_words(about: Range) -> str:
    """What a parameter may be, as `Range.words` in English."""
    if about.kind is bool:
        return tr("yes or no")
    if about.options:
        return tr("one of {options}", options=", ".join(about.options))
    if about.kind is str:
        return tr("text like {example}", example=repr(about.default))
    low, high = f"{about.low:g}", f"{about.high:g}"
    if about.kind is int:
        return tr("a whole number from {low} to {high}", low=low, high=high)
    return tr("a number from {low} to {high}", low=low, high=high)


def param_widget(about: Range, value: Any, stops: Iterable[Any], common: Mapping[str, Any]) -> Any:
    """The widget of one parameter. `stops`: further stops of a logarithmic slider; `common`: label, key and so on."""
    if about.kind is bool:
        return st.toggle(value=bool(value), **common)
    if about.options:
        return st.selectbox(options=about.options, index=about.options.index(value), **common)
    if about.kind is str:
        return st.text_input(value=str(value), **common)
    low, high = about.kind(about.low), about.kind(about.high)
    if about.log:
        stops = log_stops(about, {value, *stops})
        return st.select_slider(options=stops, value=value, format_func=lambda v: f"{v:g}", **common)
    if about.kind is int and high - low > _SLIDER_STEPS and not about.step:
        return st.number_input(min_value=low, max_value=high, value=value, **common)
    step = about.kind(about.step) if about.step else (1 if about.kind is int else (high - low) / 100)
    shape = "%d" if about.kind is int else "%.4g"
    return st.slider(min_value=low, max_value=high, value=value, step=step, format=shape, **common)


def _update_link(owner: str, name: str, about: Range) -> None:
    """Adopts a value that the address line has under a former name or as a former option, and removes it there."""
    key = param_key(owner, name)
    for old in (key, *(param_key(owner, former) for former in former_names(name))):
        value = in_address(old)
        if value is None or (old == key and (not about.options or value not in FORMER_OPTIONS)):
            continue
        put_in_address(old, None)
        with contextlib.suppress(EpochscopeError):
            st.session_state.setdefault(key, about.parse(name, value))


def _elsewhere(key: str, about: Range) -> set[Any]:
    """Values for this widget from the address line or an earlier redraw, if they are in its range."""
    values = set()
    for value in (in_address(key), st.session_state.get(key)):
        with contextlib.suppress(EpochscopeError):
            values.add(about.parse(key, value))
    return values


def log_stops(about: Range, more: Iterable[Any]) -> list[Any]:
    """Stops of a logarithmic slider: 1, 2, 5 of each power of ten in its range, its ends, and some more."""
    low, high = float(about.low or 1), float(about.high or 1)
    stops = {low, high, *map(float, more)}
    exponent = -12
    while 10.0**exponent <= high:
        stops |= {digit * 10.0**exponent for digit in (1, 2, 5) if low <= digit * 10.0**exponent <= high}
        exponent += 1
    return sorted({about.kind(float(f"{stop:.6g}")) for stop in stops})
