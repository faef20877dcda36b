"""The checksum of a file of weights."""

import hashlib
from pathlib import Path


def digest_of(file: Path, algorithm: str) -> str:
    """`algorithm:hexadecimal digest` of a file, read in pieces."""
    with file.open("rb") as opened:
        return f"{algorithm}:{hashlib.file_digest(opened, algorithm).hexdigest()}"
