"""cutoutd: the background-removal server you host yourself.

from cutoutd import remove_background
remove_background("photo.jpg").save("cutout.png")
"""

from typing import TYPE_CHECKING

from cutoutd.errors import (
    ConfigurationError,
    CutoutError,
    ForbiddenAddress,
    InvalidRequest,
    ProcessingFailed,
    SourceRejected,
    SourceUnreachable,
)

if TYPE_CHECKING:
    from cutoutd.api import Cutout, ImageLike, Remover, aremove_background, remove_background

__version__ = "0.2.0"

__all__ = [
    "ConfigurationError",
    "Cutout",
    "CutoutError",
    "ForbiddenAddress",
    "ImageLike",
    "InvalidRequest",
    "ProcessingFailed",
    "Remover",
    "SourceRejected",
    "SourceUnreachable",
    "__version__",
    "aremove_background",
    "remove_background",
]

if not TYPE_CHECKING:  # A type checker shall see which names there are.

    def __getattr__(name):  # noqa: ANN001, ANN202
        """Load the library when it is first used: `import cutoutd` alone stays quick."""
        if name in __all__:
            from cutoutd import api

            return getattr(api, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():  # noqa: ANN202
        return sorted({*globals(), *__all__})
