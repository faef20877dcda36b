"""The parts of forms, as bytes: whether one is text or an image is for the field to say.

A part's file name is no sign of what it holds: many clients send images without one.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from cutoutd.errors import InvalidRequest
from cutoutd.web.percent import PIECE, percent_decoded

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FIELDS: Final = 200
MAX_FILES: Final = 10
_MAX_PARTS: Final = MAX_FIELDS + MAX_FILES

_MAX_TYPE_CHARS: Final = 1024
_CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "iso8859-1": "latin-1",
    "latin-1": "latin-1",
    "latin1": "latin-1",
}
"""All that are read: others cost more than they are worth, some of them quadratic time."""
_CHARSET: Final = re.compile(r';\s{0,8}charset\s{0,8}=\s{0,8}"?([^";\s]{0,40})', re.IGNORECASE)
_EXTENDED_NAME: Final = re.compile(r"filename\*\s{0,8}=\s{0,8}([\w-]{0,20})'[^']{0,20}'([^;\s]+)")


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a part or of a whole body, and what was said about them."""

    data: bytes
    name: str | None = None
    """The client's file name, never a path of ours."""
    media_type: str = ""
    """As declared, with its parameters; empty for none."""

    @property
    def is_file(self) -> bool:
        """Whether it was called a file or an image; what it holds may be neither."""
        return self.name is not None or self.media_type.lower().startswith(
            ("image/", "application/octet-stream")
        )

    def text(self) -> str | None:
        """What it says, or None if it holds no text. Raises InvalidRequest for odd charsets."""
        if b"\0" in self.data:
            return None
        return decoded(self.data, charset_of(self.media_type))


def charset_of(content_type: str) -> str:
    """Python's name of the charset that a content type names; UTF-8 if none.

    Raises InvalidRequest for all but UTF-8, ASCII and Latin-1.
    """
    found = _CHARSET.search(content_type[:_MAX_TYPE_CHARS])
    name = found[1].lower() if found else ""
    if name not in _CHARSETS:
        raise InvalidRequest(f"The charset {name!r} is not read here; send UTF-8.")
    return _CHARSETS[name]


def decoded(data: bytes, charset: str = "utf-8") -> str | None:
    """The text, or None if the bytes are none in this charset."""
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None


def read_urlencoded(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """The fields of an urlencoded form, in their order. Raises InvalidRequest."""
    charset = charset_of(content_type)
    pairs = body.split(b"&", MAX_FIELDS)
    if len(pairs) > MAX_FIELDS:
        raise InvalidRequest(f"The form cannot be read: it has more than {MAX_FIELDS} fields.")
    return [
        (_plain(name, charset), _plain(value, charset))
        for name, _, value in (pair.partition(b"=") for pair in pairs if pair)
    ]


def _plain(text: bytes, charset: str) -> str:
    plain = percent_decoded(text, plus_is_space=True)
    found = decoded(plain, charset)
    return plain.decode("latin-1") if found is None else found


def read_multipart(body: bytes, content_type: str) -> list[tuple[str, Upload]]:
    """The parts of a multipart form by name, in their order. Raises InvalidRequest."""
    if len(content_type) > _MAX_TYPE_CHARS:
        raise InvalidRequest("The form cannot be read: its Content-Type is too long.")
    charset = charset_of(content_type)
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise InvalidRequest("The form cannot be read: its Content-Type names no boundary.")
    # Counted before: the parser is slow over what looks like a boundary and is none.
    if _count(body, b"\n--" + boundary, most=_MAX_PARTS + 2) > _MAX_PARTS + 1:
        raise InvalidRequest("The form cannot be read: it has too many parts.")
    collector = _Collector(body, charset)
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        for start in range(0, len(body), PIECE):
            parser.write(collector.piece(start))
        parser.finalize()
    except FormParserError as error:
        raise InvalidRequest("The form cannot be read: it is no multipart form.") from error
    if body.strip() and not collector.ended:
        raise InvalidRequest("The form cannot be read: it ends too soon.")
    return collector.parts


def _count(body: bytes, wanted: bytes, *, most: int) -> int:
    """How often `wanted` is in the body, looked for in pieces; at least `most` if it is."""
    found = 0
    for start in range(0, len(body), PIECE):
        found += body.count(wanted, start, start + PIECE + len(wanted) - 1)
        if found >= most:
            break
    return found


class _Collector:
    """Gathers what the parser finds."""

    def __init__(self, body: bytes, charset: str) -> None:
        self.parts: list[tuple[str, Upload]] = []
        self.ended = False
        self._body = memoryview(body)
        self._start, self._piece = 0, b""
        self._charset = charset
        self._data: list[memoryview | bytes] = []
        self._headers: dict[str, str] = {}
        self._header = [b"", b""]
        self._files = 0

    def piece(self, start: int) -> bytes:
        """The next piece for the parser."""
        self._start, self._piece = start, bytes(self._body[start : start + PIECE])
        return self._piece

    def callbacks(self) -> "MultipartCallbacks":
        """By the parser's names."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add_to_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._add_to_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._data, self._headers = [], {}

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        """A view of the body, not a copy; or the beginning of what was no boundary after all."""
        if data is self._piece:
            self._data.append(self._body[self._start + start : self._start + end])
        else:
            self._data.append(data[start:end])

    def _add_to_header(self, which: int, piece: bytes) -> None:
        self._header[which] += piece

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = _header_text(value)
        self._header = [b"", b""]

    def _end(self) -> None:
        self.ended = True

    def _end_part(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        options = parse_options_header(disposition.encode())[1]
        if b"name" not in options:
            raise InvalidRequest("The form cannot be read: a part has no name.")
        upload = Upload(
            data=b"".join(self._data),
            name=_file_name(options.get(b"filename"), disposition),
            media_type=self._headers.get("content-type", "") or _declared(self._charset),
        )
        self._files += upload.name is not None
        if self._files > MAX_FILES:
            raise InvalidRequest(f"The form cannot be read: it has more than {MAX_FILES} files.")
        self.parts.append((_header_text(options[b"name"]), upload))


def _header_text(value: bytes) -> str:
    """Browsers write names in UTF-8; what is not is Latin-1."""
    found = decoded(value)
    return value.decode("latin-1") if found is None else found


def _declared(charset: str) -> str:
    return "" if charset == "utf-8" else f"text/plain; charset={charset}"


def _file_name(plain: bytes | None, disposition: str) -> str | None:
    """None for a part that is called no file; `filename*` (RFC 6266) wins."""
    extended = _EXTENDED_NAME.search(disposition)
    if extended and extended[1].lower() in _CHARSETS:
        return _header_text(unquote_to_bytes(extended[2]))
    return None if plain is None else _header_text(plain)
