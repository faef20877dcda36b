"""Names of the files that callers save: after the file that they sent, in archives and headers."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from cutoutd.web.parts import Upload

ENDINGS: Final = {
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/jpeg": "jpg",
    "image/gif": "gif",
}
"""Of finished images, by their media types."""
LONGEST: Final = 80
"""Characters that are kept of a source's name."""
_ELSEWHERE_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*]+')
"""What Windows takes in no file name."""


def name_of_source(value: str | Upload) -> str | None:
    """What a caller calls an image, without folders and without its ending; None for no name."""
    if isinstance(value, Upload):
        name = value.name or ""
    elif re.match("https?:", value.strip()[:8], re.IGNORECASE):
        name = _path_of(value.strip()[:8192])
    else:
        return None
    stem = re.split(r"[/\\]", name)[-1].rpartition(".")[0] or re.split(r"[/\\]", name)[-1]
    return _ELSEWHERE_FORBIDDEN.sub("-", stem).strip(" .-")[:LONGEST].strip() or None


def names_of_images(sources: Sequence[str | None], images: Sequence[tuple[str, str]]) -> list[str]:
    """A name of its own for each finished image: `photo-cutout.png`.

    sources: their names, None for one that has none, which is called by its number. images:
    kind and media type of each, sources outermost.
    """
    each = max(1, len(images) // max(1, len(sources)))
    taken: set[str] = set()
    names = []
    for place, (kind, media_type) in enumerate(images):
        number = place // each
        stem = (sources[number] if number < len(sources) else None) or str(number + 1)
        ending = ENDINGS.get(media_type, "bin")
        name, again = f"{stem}-{kind}.{ending}", 1
        while name.casefold() in taken:
            again += 1
            name = f"{stem}-{again}-{kind}.{ending}"
        taken.add(name.casefold())
        names.append(name)
    return names


def content_disposition(name: str) -> str:
    """The header that names an answer's file (RFC 6266); the plain form for who reads no other."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    header = f'inline; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _path_of(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""
