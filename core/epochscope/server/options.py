"""Streamlit's options, read without its lock.

Streamlit takes one lock for every look at an option, and looks at several for each element of a page, for each page
that begins, and for each request, there in the event loop. Where a class opens a page at once, its scripts hand that
lock to each other, and the loop, which answers everybody, had it only after seconds. Looking up a value in a dictionary
needs no lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from streamlit import config


class _Sections(NamedTuple):
    """The options of each section: whenever a page begins to be drawn, six of them are looked up."""

    of: Mapping[str, Any]
    number: int  # of all of them, when this was made
    options: Mapping[str, Sequence[Any]]

    @classmethod
    def made(cls, known: Mapping[str, Any]) -> _Sections:
        options: dict[str, list[Any]] = {}
        for option in list(known.values()):
            options.setdefault(option.section, []).append(option)
        return cls(known, sum(map(len, options.values())), options)


def read_options_without_lock() -> None:
    """From now on, in this process. A Streamlit that keeps its options in another way is left as it is."""
    if not isinstance(getattr(config, "_config_options", None), dict):
        return
    with_lock, section_with_lock = config.get_option, config.get_options_for_section
    sections = _Sections({}, 0, {})

    def get_option(key: str) -> Any:
        option = (config._config_options or {}).get(key)
        return with_lock(key) if option is None else option.value  # that says what is wrong, or reads the files first

    def get_options_for_section(section: str) -> dict[str, Any]:
        nonlocal sections
        known = config._config_options
        if not known:
            return section_with_lock(section)
        if sections.of is not known or sections.number != len(known):
            sections = _Sections.made(known)
        return {option.name: option.value for option in sections.options.get(section, ())}

    config.get_option, config.get_options_for_section = get_option, get_options_for_section
