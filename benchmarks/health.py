"""How soon a server answers: `python -m benchmarks.health URL` asks ten times a second, and prints a line for each.

A line is when it was asked, in seconds of the monotonic clock, and the milliseconds until the whole answer was there.
URL is that of the server, of which /healthz is asked for, or a longer one.

In a process of its own, so that what the other programs of a benchmark do with their interpreter is not measured.
"""

from __future__ import annotations

import http.client
import sys
import time
from urllib.parse import urlsplit

_PAUSE = 0.1  # seconds
_LONGEST = 10.0


def main() -> None:
    """Until it is ended. An answer that does not come is printed as infinite."""
    url = urlsplit(sys.argv[1])
    path = f"{url.path}?{url.query}" if url.path else "/healthz"
    while True:
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection(url.netloc, timeout=_LONGEST)
            connection.request("GET", path)
            response = connection.getresponse()
            answered = response.status == 200 and bool(response.read())
            connection.close()
        except (OSError, http.client.HTTPException):
            answered = False
        print(began, 1000 * (time.monotonic() - began) if answered else float("inf"), flush=True)
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
