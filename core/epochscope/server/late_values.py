"""What a browser still says of widgets that were set meanwhile.

A press sets widgets: to the settings of a run, say, or to the point that was clicked. With whatever the browser sends
before it has heard of that come their values of before, and Streamlit would take them for a change that a person made.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.safe_session_state import SafeSessionState

LATE_SECONDS = 1.0
"""For so long after a page that sets a widget was drawn, what the browser had said of it before is no news."""
_MOST_WIDGETS = 2000
_HEARD = "values-heard"  # in the session: a Heard


@dataclass
class Heard:
    """What a tab said last of each widget, and which of them were set since."""

    said: dict[str, bytes] = field(default_factory=dict)  # by their ids
    told: dict[str, float] = field(default_factory=dict)  # since when the tab has been told, monotonic

    def late(self, states: WidgetStates, now: float) -> set[str]:
        """The widgets of which it says what it said before they were set. Takes down what is said."""
        says = {one.id: one.SerializeToString() for one in states.widgets}
        told = {one for one, since in self.told.items() if now - since < LATE_SECONDS}
        late = {one for one in told & says.keys() if says[one] == self.said.get(one)}
        self.told = {one: since for one, since in self.told.items() if one in told and one not in says.keys() - late}
        self.said = {**self.said, **says} if len(self.said) < _MOST_WIDGETS else says
        return late


def _heard(session: SafeSessionState) -> Heard:
    if _HEARD not in session._state:
        session._state[_HEARD] = Heard()
    return session._state[_HEARD]


def forget_values_of_before() -> None:
    """From now on, in this process, what a browser says of a widget without having heard that it was set is dropped,
    and it is told again.
    """
    begin, end = SafeSessionState.on_script_will_rerun, SafeSessionState.on_script_finished

    def on_script_will_rerun(self: SafeSessionState, fresh_widget_states: WidgetStates | None, **more: Any) -> None:
        with self._lock:  # an interrupted script of the same tab may still write
            states, late = fresh_widget_states, set[str]()
            if states and (late := _heard(self).late(states, time.monotonic())):
                states = WidgetStates(widgets=[one for one in states.widgets if one.id not in late])
        begin(self, states, **more)
        with self._lock:
            for key in map(self._state._key_id_mapper.id_key_mapping.get, late):
                if key and key in self._state:
                    self._state[key] = self._state[key]

    def on_script_finished(self: SafeSessionState, widget_ids_this_run: frozenset[str], **more: Any) -> None:
        with self._lock:
            heard, now, id_of = _heard(self), time.monotonic(), self._state._key_id_mapper.get_id_from_key
            heard.told |= {widget: now for key in self._state._new_session_state if (widget := id_of(key))}
        end(self, widget_ids_this_run, **more)

    SafeSessionState.on_script_will_rerun = on_script_will_rerun
    SafeSessionState.on_script_finished = on_script_finished
