"""config.toml, read into values."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.augment import Augmentation
from training.model import Design

CONFIG = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training run."""

    design: str
    """Name of the network's design."""
    sets: dict[str, float]
    """Packed sets of pairs, and the share of pictures drawn from each."""
    cutouts: dict[str, float]
    """The same for what is pasted in."""
    backgrounds: tuple[str, ...]
    """Packed sets that half of the composites are pasted over."""
    steps: int
    batch: int
    sides: tuple[tuple[float, *tuple[int, ...]], ...]
    """(from this part of the run on, sides in px to choose from at each step): small first."""
    learning_rate: float
    warm_up: int
    """Steps over which the learning rate rises."""
    fall: float = 1.0
    """The last part of the run, over which the learning rate falls as a cosine to zero."""
    weight_decay: float
    average: float
    """Decay of the weights' moving average, which is what gets exported."""
    boundary: float = 0.3
    deep: float = 0.4
    hard: float = 0.5
    """How much more a badly predicted picture counts; not where a teacher drew the truth."""
    structure: float = 0.0
    """Weight of structural similarity at the finest output."""
    pretrained: bool = False
    """Start with the way down that others trained; its batch statistics then stay as they are."""
    frozen: int = 0
    """Its first stages that are not trained."""
    encoder_rate: float = 1.0
    """The learning rate of the way down, as a part of the rest's."""
    distilled: float = 0.0
    """Share of the teacher's mask in the truth, if a teacher is given."""
    seed: int = 1
    augmentation: Augmentation = field(default_factory=Augmentation)


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    """TOML's lists as tuples."""

    def frozen(value: Any) -> Any:
        return tuple(frozen(item) for item in value) if isinstance(value, list) else value

    return {name: frozen(value) for name, value in table.items()}


def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_design(name: str, path: Path = CONFIG) -> Design:
    """The design of that name. Raises KeyError."""
    return Design(**_plain(_tables(path)["designs"][name]))


def read_run(name: str, path: Path = CONFIG) -> Run:
    """The run of that name, its augmentation on top of the common one. Raises KeyError."""
    tables = _tables(path)
    table = dict(tables["runs"][name])
    augmentation = tables["augmentation"] | table.pop("augmentation", {})
    return Run(**_plain(table), augmentation=Augmentation(**augmentation))
