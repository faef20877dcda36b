"""An S3-compatible server in a process of its own that counts what it is asked.

    python -m benchmarks.scale.object_store PORT

moto (which the tests of storage use) does the work; `GET /-/counts` answers the counts as JSON.
"""

import json
import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Environ: TypeAlias = dict[str, Any]
Answered: TypeAlias = Iterable[bytes]

COUNTS = "/-/counts"


class Counting:
    """A WSGI application before another one: counts requests and the bytes of their bodies."""

    def __init__(self, app: Callable[..., Answered]) -> None:
        self._app = app
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Answered:
        if environ["PATH_INFO"] == COUNTS:
            start_response("200 OK", [("content-type", "application/json")])
            return [json.dumps(self._counts).encode()]
        method = str(environ["REQUEST_METHOD"]).lower()
        taken = int(environ.get("CONTENT_LENGTH") or 0)

        def counted(status: str, headers: list[tuple[str, str]], *rest: object) -> Any:
            sizes = [int(value) for name, value in headers if name.lower() == "content-length"]
            given = sum(sizes) if method == "get" else 0
            with self._lock:
                self._counts.update({method: 1, "bytes_in": taken, "bytes_out": given})
            return start_response(status, headers, *rest)

        return self._app(environ, counted)


def main() -> None:
    """Serve on loopback until the process is ended."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Counting(DomainDispatcherApplication(create_backend_app))
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()


if __name__ == "__main__":
    main()
