"""The address by which other devices reach this server, and why they may not."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from streamlit import config

_EVERYWHERE = ("", "0.0.0.0", "::")
_NOWHERE = ("192.0.2.1", 9)  # an address of documentation: nothing is sent, only the way to it is looked up


def address_for_others(url: str) -> tuple[str, str]:
    """The start of all addresses of this server for other devices, and why they cannot reach it ("" if they can).

    `url`: the address by which somebody here has opened it.
    """
    seen = urlsplit(url)
    path = "/" + str(config.get_option("server.baseUrlPath") or "").strip("/")
    here = f"{seen.scheme}://{seen.netloc}{path}".rstrip("/")
    if not _of_this_machine(seen.hostname or ""):
        return here, ""
    listens, names = config.get_option("server.address") or "", config.get_option("server.allowedHosts") or []
    others = [one for one in names if not _of_this_machine(one) and "*" not in one]
    name = own_address() if not names or "*" in names else next(iter(others), "")
    if listens not in _EVERYWHERE or not name:
        return here, _refusal(listens, names)
    shown = f"[{name}]" if ":" in name else name
    return f"{seen.scheme}://{shown}{f':{seen.port}' if seen.port else ''}{path}".rstrip("/"), ""


def _refusal(listens: str, names: Sequence[str]) -> str:
    own = own_address() or "the name of this machine"
    why = (
        "listens on this machine only" if listens not in _EVERYWHERE else "answers to no name but that of this machine"
    )
    return f"Phones cannot reach this server, which {why}: start it with --address 0.0.0.0 --hosts {own}."


def _of_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in ("", "localhost")


def own_address() -> str:
    """The address of this machine in its network; "" if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_NOWHERE)
            found = asking.getsockname()[0]
        except OSError:
            return ""
    return "" if _of_this_machine(found) else found
