"""Where batches come from: packed pictures drawn by set and then by index, and augmented."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from training.augment import augmented, normalised
from training.data import PictureSet
from training.pack import trained_on
from training.settings import Run


class Pictures:
    """Packed pictures on the device, drawn at random by set and then by index."""

    def __init__(
        self, shares: dict[str, float], packed: Path, sets: tuple[PictureSet, ...], to: torch.device
    ) -> None:
        known = {pictures.name: pictures for pictures in sets}
        self._shares = torch.tensor(list(shares.values()), dtype=torch.float32)
        self._sets: list[tuple[Tensor, Tensor, bool]] = []
        for name in shares:
            squares, allowed = trained_on(known[name], packed)
            on_device = torch.from_numpy(squares).to(to)
            self._sets.append((on_device, torch.from_numpy(allowed), known[name].taught))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """(count, 4, S, S) float, 0 to 1, and (count,) bool: whose masks are a teacher's.

        Only pictures that are not held out.
        """
        if count == 0:
            return torch.zeros(0, 4, 1, 1), torch.zeros(0, dtype=torch.bool)
        chosen = torch.multinomial(self._shares, count, replacement=True)
        drawn, taught = [], []
        for n, (squares, allowed, by_teacher) in enumerate(self._sets):
            wanted = int((chosen == n).sum())
            index = allowed[torch.randint(len(allowed), (wanted,))]
            drawn.append(squares[index.to(squares.device)])
            taught += [by_teacher] * wanted
        order = torch.randperm(count)
        pictures = torch.cat(drawn)[order.to(drawn[0].device)].float() / 255
        return pictures, torch.tensor(taught)[order].to(pictures.device)


def whole(count: float) -> int:
    """One of the two whole numbers beside it, so that it is right in the mean."""
    return int(count + float(torch.rand(())))


class Batch(NamedTuple):
    """What one step learns from."""

    pictures: Tensor
    """(N, 3, side, side) as the network takes them."""
    truth: Tensor
    """(N, 1, side, side), 0 to 1."""
    taught: Tensor | None = None
    """(N,) bool: whose truth is another network's."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Where batches come from."""

    pairs: Pictures
    cutouts: Pictures
    backgrounds: Pictures
    run: Run

    @classmethod
    def open(
        cls, run: Run, packed: Path, sets: tuple[PictureSet, ...], device: torch.device
    ) -> "Supply":
        """All the sets that a run names."""
        backgrounds = dict.fromkeys(run.backgrounds, 1.0)
        kinds = (run.sets, run.cutouts, backgrounds)
        return cls(*(Pictures(shares, packed, sets, device) for shares in kinds), run)

    def batch(self, side: int) -> Batch:
        """As many pictures as the run says, augmented, at this side."""
        how = self.run.augmentation
        composites = whole(how.composites * self.run.batch)
        over_backgrounds = whole(composites / 2)
        pictures, taught = self.pairs.draw(self.run.batch - over_backgrounds)
        if over_backgrounds:
            behind, known = self.backgrounds.draw(over_backgrounds)
            pictures, taught = torch.cat([behind, pictures]), torch.cat([known, taught])
        pictures = augmented(pictures, self.cutouts.draw(composites)[0], how, side)
        return Batch(normalised(pictures[:, :3]), pictures[:, 3:], taught)
