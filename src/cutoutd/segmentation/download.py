"""Fetch one large file of known content: resume, mirrors, proxies, checksum, all or nothing.

The bytes grow in `<file>.part` and become the file in one rename, after the checksum agreed.
A transfer that breaks off goes on where it stopped as long as it gets further each time. What
is given up leaves nothing behind; only a killed process leaves its `.part`, and the next one
goes on from there. Proxies come from the usual environment variables, which httpx reads.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.digest import digest_of

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, if the server said."""

ATTEMPTS_WITHOUT_PROGRESS = 3
CHUNK = 1 << 20
TIMEOUT = httpx.Timeout(20.0, read=30.0)
"""Seconds; a server that is silent for longer has stalled."""


class DownloadFailed(ConfigurationError):
    """No server gave the right file."""


class _Unusable(Exception):
    """A server will not give the right file; the message says why."""


def download(
    urls: Sequence[str],
    target: Path,
    *,
    checksum: str,
    progress: Progress = lambda _done, _total: None,
    timeout: httpx.Timeout = TIMEOUT,
) -> None:
    """Make `target` the file with that checksum, from the first address that has it.

    checksum: `md5:` or `sha256:` and the digest. Raises DownloadFailed with one reason for
    each address, and ConfigurationError if the folder cannot be written.
    """
    part = target.with_name(target.name + ".part")
    addresses = [urls[0], *urls] if part.exists() else urls  # An old part may be of an old file.
    reasons: list[str] = []
    try:
        with httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=5) as client:
            for url in addresses:
                try:
                    _fetch(client, url, part, progress)
                    _check(part, checksum)
                except (_Unusable, httpx.HTTPError, httpx.InvalidURL) as exc:
                    part.unlink(missing_ok=True)
                    host = urlsplit(url).hostname or url
                    reasons.append(f"{host}: {str(exc) or type(exc).__name__}")
                else:
                    _publish(part, target)
                    return
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise ConfigurationError(f"{target.name} cannot be written: {exc.strerror}") from exc
    raise DownloadFailed(f"{target.name} could not be downloaded. " + "; ".join(reasons))


def _fetch(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    """Bring `part` to the server's end of file, over as many connections as help."""
    idle = 0
    while True:
        had = _size(part)
        try:
            _fetch_from(client, url, part, had, progress)
        except httpx.TransportError:
            idle = 0 if _size(part) > had else idle + 1
            if idle >= ATTEMPTS_WITHOUT_PROGRESS:
                raise
        else:
            return


def _fetch_from(client: httpx.Client, url: str, part: Path, start: int, progress: Progress) -> None:
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # Nothing follows what we have; the checksum decides what that is worth.
        if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise _Unusable(f"answered {answer.status_code}")
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT and _starts_at(answer, start)
        done = start if goes_on else 0
        length = answer.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with part.open("ab" if goes_on else "wb") as out:
            for chunk in answer.iter_raw(CHUNK):
                out.write(chunk)
                done += len(chunk)
                progress(done, total)


def _starts_at(answer: httpx.Response, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != start:
        raise _Unusable("answered with another range than asked for")
    return True


def _check(part: Path, checksum: str) -> None:
    found = digest_of(part, checksum.partition(":")[0])
    if found != checksum:
        raise _Unusable(f"gave a wrong file: expected {checksum}, got {found}")


def _publish(part: Path, target: Path) -> None:
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    part.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
