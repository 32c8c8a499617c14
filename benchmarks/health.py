"""How soon a server answers /healthz: `python -m benchmarks.health URL` prints milliseconds, ten times a second.

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
    host = urlsplit(sys.argv[1]).netloc
    while True:
        began = time.perf_counter()
        try:
            connection = http.client.HTTPConnection(host, timeout=_LONGEST)
            connection.request("GET", "/healthz")
            answered = connection.getresponse().status == 200
            connection.close()
        except OSError:
            answered = False
        print(1000 * (time.perf_counter() - began) if answered else float("inf"), flush=True)
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
