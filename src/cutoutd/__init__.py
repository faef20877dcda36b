"""cutoutd: the background-removal server you host yourself.

from cutoutd import remove_background
png = remove_background("photo.jpg")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutoutd.api import remove_background

__version__ = "0.2.0"

__all__ = ["__version__", "remove_background"]


def __getattr__(name: str) -> Any:
    """Load the Python API when it is first used: `import cutoutd` alone stays quick."""
    if name == "remove_background":
        from cutoutd.api import remove_background

        return remove_background
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
