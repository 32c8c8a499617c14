"""An HTTP download for pooch with progress, a size limit, and cancellation; pooch verifies the checksum."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pooch
import requests
import urllib3

from epochscope.types import EpochscopeError

_CHUNK = 1 << 15  # bytes; small, so that cancellation is checked often even on a slow connection

pooch.get_logger().setLevel(logging.WARNING)  # otherwise it prints each download to the server's terminal


class Cancelled(EpochscopeError):
    """The download was canceled; partial files are removed."""


class MirrorFailure(Exception):
    """This mirror failed; the message is a reason to be quoted after its URL."""


@dataclass(frozen=True, kw_only=True)
class HttpDownload:
    """A downloader for pooch: largest size in bytes, timeout as (seconds to connect, seconds without data)."""

    size: int
    progress: Callable[[int], None]  # called with the number of bytes done
    cancel: Event
    timeout: tuple[float, float]

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Writes the file at `url` to `output_file`. Raises Cancelled, MirrorFailure, or OSError of the disk."""
        self._raise_if_cancelled()
        # By default only its owner can read it, but a cache may be shared.
        Path(output_file).chmod(0o644)
        with Path(output_file).open("wb") as file:
            try:
                # Some servers declare a .gz file as an encoding; without this it would arrive unzipped.
                with requests.get(
                    url, stream=True, timeout=self.timeout, headers={"Accept-Encoding": "identity"}
                ) as answer:
                    answer.raise_for_status()
                    self._copy(answer.raw, file.write)
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise MirrorFailure(_words(error)) from None

    def _copy(self, source: urllib3.BaseHTTPResponse, write: Callable[[bytes], object]) -> None:
        done = 0
        self.progress(0)
        for piece in source.stream(_CHUNK, decode_content=False):
            self._raise_if_cancelled()
            done += len(piece)
            if done > self.size:  # otherwise a broken server could fill the disk
                raise MirrorFailure(f"sent more than the {self.size} bytes of the published file")
            write(piece)
            self.progress(done)

    def _raise_if_cancelled(self) -> None:
        if self.cancel.is_set():
            raise Cancelled("The download was canceled.")


def _words(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answered {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "no trusted connection"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "broke off"
    return "cannot be reached"
