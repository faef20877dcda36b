"""What the system is asked for about sockets: enough of them, and word of peers that vanished."""

import os
import socket
from typing import Any, Final

from cutoutd.errors import ConfigurationError

_PROBE_AFTER_S: Final = 60
_PROBE_EVERY_S: Final = 15
_PROBES: Final = 4
_OTHER_FILES: Final = 1000
"""The database, the artifacts, the pipes to the image processes, downloads and webhooks."""


def allow_files_for(connections: int) -> None:
    """Raise the process's limit of open files, where the system lets us, so that it suffices."""
    try:
        import resource
    except ImportError:  # Not on Windows.
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft < wanted:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def notice_when_the_peer_is_gone(connection: Any) -> None:
    """A peer that lost its power or its network sends no FIN; TCP keep-alive finds out."""
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _PROBE_AFTER_S),
        ("TCP_KEEPINTVL", _PROBE_EVERY_S),
        ("TCP_KEEPCNT", _PROBES),
        ("TCP_USER_TIMEOUT", 1000 * (_PROBE_AFTER_S + _PROBES * _PROBE_EVERY_S)),
    ):
        if hasattr(socket, name):  # Not every system has each.
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def check_free(host: str, port: int) -> None:
    """Raises ConfigurationError, in one sentence and before anything starts, for a port in use."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as tried:
            if os.name == "posix":  # As the server itself asks; elsewhere it means something else.
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        reason = (error.strerror or "it cannot be listened on").lower()
        raise ConfigurationError(
            f"{host}:{port}: {reason}; choose another CUTOUTD_HOST or CUTOUTD_PORT."
        ) from error
