"""Streamlit's options have the same values without its lock, and who holds that lock keeps nobody waiting."""

import threading

import pytest
from epochscope.server.options import read_options_without_lock
from streamlit import config


def test_options_are_read_while_somebody_holds_the_lock(monkeypatch):
    names = ("server.maxUploadSize", "theme.base", "client.toolbarMode", "theme.primaryColor")
    before = [config.get_option(name) for name in names], config.get_options_for_section("theme")
    for name in ("get_option", "get_options_for_section"):
        monkeypatch.setattr(config, name, getattr(config, name))  # set back afterwards
    read_options_without_lock()
    found: list[object] = []

    def read() -> None:
        found.append(([config.get_option(name) for name in names], config.get_options_for_section("theme")))

    with config._config_lock:
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(10)
    assert found == [before]
    with pytest.raises(RuntimeError, match="not defined"):
        config.get_option("server.noSuchOption")
    config.set_option("server.maxUploadSize", 123)
    assert config.get_option("server.maxUploadSize") == 123
    config.set_option("server.maxUploadSize", before[0][0])
