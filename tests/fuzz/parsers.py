"""`python -m tests.fuzz.parsers -max_total_time=30`: atheris on everything that reads text.

It follows the branches that an input takes through our parsers and mutates what found a new one.
They may refuse with their own errors; any other exception is a crash, and its input is kept.
"""

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["cutoutd"]):
    from cutoutd.clients.keys import keys_from_secrets
    from cutoutd.command import RemoveBackground
    from cutoutd.errors import CutoutError
    from cutoutd.imaging.color import parse_color
    from cutoutd.net.addresses import parse_allowed, why_refused
    from cutoutd.net.urls import host_address, parse_url
    from cutoutd.web.accept import preferred
    from cutoutd.web.dialects.api4ai import name_of
    from cutoutd.web.lengths import (
        margins_of,
        position_of,
        region_of,
        scale_of,
    )
    from cutoutd.web.sources import decode_base64, decode_data_uri, read_image, split_urls

LIMIT = 10_000


def _judge(text: str) -> None:
    address = host_address(parse_url(text, field="image"))
    if address is not None:
        why_refused(address)


def _pictures(text: str) -> None:
    for part in split_urls(text):
        read_image(part, field="image", max_bytes=LIMIT)


PARSERS: tuple[Callable[[str], object], ...] = (
    _judge,
    _pictures,
    lambda text: decode_base64(text, field="image", max_bytes=LIMIT),
    lambda text: decode_data_uri(text, field="image", max_bytes=LIMIT),
    name_of,
    lambda text: preferred(text, ("image/png", "application/json")),
)
WITH_VALUE_ERRORS: tuple[Callable[[str], object], ...] = (
    parse_color,
    parse_allowed,
    region_of,
    margins_of,
    scale_of,
    position_of,
    RemoveBackground.from_json,
    lambda text: keys_from_secrets([text]),
)
"""The operator's, and those whose callers translate what they raise."""


def feed(data: bytes) -> None:
    """Every parser in turn: the first byte chooses."""
    provider = atheris.FuzzedDataProvider(data)
    chosen = provider.ConsumeIntInRange(0, len(PARSERS) + len(WITH_VALUE_ERRORS) - 1)
    text = provider.ConsumeUnicode(4096)
    try:
        (PARSERS + WITH_VALUE_ERRORS)[chosen](text)
    except CutoutError:
        return
    except ValueError:
        if chosen < len(PARSERS):
            raise


def main() -> None:
    atheris.Setup(sys.argv, feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
