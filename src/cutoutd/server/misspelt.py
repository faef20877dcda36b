"""Settings that nobody reads: a name in the environment or in `.env` that is almost one of ours."""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from cutoutd.server.settings import Settings

PREFIX: Final = "CUTOUTD_"


def misspelt(names: Iterable[str] | None = None, *, env_file: Path = Path(".env")) -> Iterator[str]:
    """A sentence for each name that begins like a setting and is none, with the nearest that is.

    names: of variables; without them, those of the environment and of the file.
    """
    if names is None:
        names = [*os.environ, *(dotenv_values(env_file) if env_file.is_file() else ())]
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(set(names)):
        rest = name.upper().removeprefix(PREFIX)
        if name.upper().startswith(PREFIX) and rest not in known:
            near = get_close_matches(rest, known, n=1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else "`cutoutd config` lists them."
            yield f"{name} is not a setting; {hint}"
