"""Every dialect this server speaks, by name. Adding one is a module and a line here."""

from cutoutd.errors import ConfigurationError
from cutoutd.web.dialects import (
    api4ai,
    clipdrop,
    fal,
    huggingface,
    leonardo,
    modelslab,
    native,
    octoai,
    photoroom,
    picsart,
    pixian,
    rembg,
    removalai,
    removebg,
    replicate,
    runware,
    slazzer,
    stability,
    withoutbg,
)
from cutoutd.web.dialects.base import Dialect

ALL: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        native.DIALECT,
        modelslab.DIALECT,
        octoai.DIALECT,
        api4ai.DIALECT,
        removebg.DIALECT,
        rembg.DIALECT,
        clipdrop.DIALECT,
        photoroom.DIALECT,
        stability.DIALECT,
        withoutbg.DIALECT,
        replicate.DIALECT,
        fal.DIALECT,
        leonardo.DIALECT,
        huggingface.DIALECT,
        runware.DIALECT,
        picsart.DIALECT,
        pixian.DIALECT,
        removalai.DIALECT,
        slazzer.DIALECT,
    )
}


def chosen(names: tuple[str, ...]) -> tuple[Dialect, ...]:
    """The dialects of these names; all for none. Raises ConfigurationError if one is unknown."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise ConfigurationError(
            f"CUTOUTD_DIALECTS: there is no dialect {unknown[0]!r}; known are {', '.join(ALL)}."
        )
    return tuple(ALL[name] for name in names or ALL)


def dialect_of(path: str, mounted: tuple[Dialect, ...]) -> Dialect | None:
    """The dialect whose paths `path` belongs to: the one with the longest matching prefix."""
    owners = [
        (len(prefix), dialect)
        for dialect in mounted
        for prefix in dialect.prefixes
        if path.startswith(prefix)
    ]
    return max(owners, key=lambda owner: owner[0])[1] if owners else None
