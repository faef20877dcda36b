"""The network: a way down that is chosen by the design, and up again through residual U-blocks.

Source: the nested U of residual U-blocks is U²-Net's (Qin et al., Pattern Recognition 2020).
Ours starts at half resolution, has few channels where pixels are many and most of its weights
at 1/16 and 1/32, and weighs its deepest features by their global mean (squeeze and excitation,
Hu et al., CVPR 2018). The same mean may be told to the decoders, which see less of the picture
(global guidance, PoolNet, Liu et al., CVPR 2019). The finest head may answer at the picture's
own size: four logits for each pixel at 1/2 (sub-pixel convolution, Shi et al., CVPR 2016).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.encoders import BlockEncoder, LiteEncoder
from training.layers import Block, Convolution, Normalised, grown


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The sizes of a network, as config.toml states them."""

    stem: int = 0
    """Channels at 1/2 on the way down; 0: the way down is EfficientNet-Lite0's."""
    encoders: tuple[tuple[int, int, int], ...] = ()
    """(channels, inner channels, inner depth) at 1/4, 1/8 and 1/16, unless it is."""
    bottom: tuple[int, int]
    """(channels, convolutions) at 1/32."""
    decoders: tuple[tuple[int, int, int], ...]
    """As encoders, for the way up; the first is at 1/4."""
    top: int
    """Channels of the two last convolutions at 1/2."""
    branches: int = 3
    """How many parts a convolution is trained as: 3, 1 (normalised) or 0 (with a bias)."""
    guided: int = 0
    """Decoders that are told the deepest features' global mean, the coarsest first."""
    detail: int = 0
    """Channels at 1/2 that the last convolutions read from the picture itself; with any, the
    finest head answers at the picture's own size."""


class Network(nn.Module):
    """(N, 3, H, W) normalised pictures -> logits of the subject, (N, 1, H/2, W/2) and coarser.

    With `detail` the finest are (N, 1, H, W). H and W are multiples of 32. In evaluation only
    the finest is computed, and returned as probability at the pictures' own size.
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        branches = design.branches
        self.encoder: BlockEncoder | LiteEncoder = (
            BlockEncoder(design.stem, design.encoders, branches=branches)
            if design.stem
            else LiteEncoder()
        )
        *widths, deepest = self.encoder.widths
        channels, convolutions = design.bottom
        self.bottom = nn.Sequential(
            *(
                Convolution(
                    channels if n else deepest,
                    channels,
                    dilation=2 if n >= 2 else 1,
                    branches=branches,
                )
                for n in range(convolutions)
            )
        )
        self.weigh = nn.Conv2d(channels, channels, 1)
        below = [sizes[0] for sizes in design.decoders[1:]] + [channels]
        self.guides = nn.ModuleList(
            nn.Conv2d(channels, inputs, 1) for inputs in below[::-1][: design.guided]
        )
        for guide in self.guides:  # They begin as if they were not there.
            nn.init.zeros_(guide.weight)
            nn.init.zeros_(guide.bias)
        self.decoders = nn.ModuleList(
            Block(inputs + skip, *sizes, branches=branches)
            for inputs, skip, sizes in zip(below, widths[1:], design.decoders, strict=True)
        )
        self.close = (
            Convolution(3, design.detail, stride=2, branches=branches) if design.detail else None
        )
        read = design.decoders[0][0] + widths[0] + design.detail
        self.top = nn.Sequential(
            Convolution(read, design.top, branches=branches),
            Convolution(design.top, design.top, branches=branches),
        )
        coarser = (*(sizes[0] for sizes in design.decoders), channels)
        self.heads = nn.ModuleList(
            [
                nn.Conv2d(design.top, 4 if design.detail else 1, 3, padding=1),
                *(nn.Conv2d(width, 1, 3, padding=1) for width in coarser),
            ]
        )

    def forward(self, pictures: Tensor) -> Tensor | list[Tensor]:
        """Training: logits, the finest first, one set for each head. Evaluation: probability."""
        features = self.features(pictures)
        if self.training:
            coarser = zip(self.heads[1:], features[1:], strict=True)
            return [self.finest(features[0]), *(head(x) for head, x in coarser)]
        logits = self.finest(features[0])
        return torch.sigmoid(logits if self.close is not None else grown(logits, pictures))

    def finest(self, features: Tensor) -> Tensor:
        """The first of `features` -> logits, as large as they are or twice that."""
        logits = self.heads[0](features)
        return logits if self.close is None else functional.pixel_shuffle(logits, 2)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """What each head reads, at 1/2, 1/4 and so on, the finest first."""
        *seen, x = self.encoder(pictures)
        x = self.bottom(x)
        mean = x.mean((2, 3), keepdim=True)
        x = x * torch.sigmoid(self.weigh(mean))
        features = [x]
        for decoder, guide in zip_longest(reversed(self.decoders), self.guides):
            skip = seen.pop()
            x = grown(x, skip)
            if guide is not None:
                x = x + guide(mean)
            x = decoder(torch.cat([x, skip], dim=1))
            features.insert(0, x)
        skip = seen.pop()
        read = [grown(x, skip), skip]
        if self.close is not None:
            read.append(self.close(pictures))
        features.insert(0, self.top(torch.cat(read, dim=1)))
        return features

    def fold(self) -> "Network":
        """Become the network that is exported."""
        for module in self.modules():
            if isinstance(module, Convolution | Normalised):
                module.fold()
        return self.eval()


def convolutions_in_order(network: Network) -> list[nn.Conv2d]:
    """Every convolution that inference needs, in the order in which it runs."""
    encoder = network.encoder
    if isinstance(encoder, LiteEncoder):
        order = [part.kernel for part in encoder.modules() if isinstance(part, Normalised)]
    else:
        order = [encoder.stem.kernel, *_inside(encoder.stages)]
    order += [*_kernels(network.bottom), network.weigh]
    for decoder, guide in zip_longest(reversed(network.decoders), network.guides):
        order += [*([guide] if guide is not None else []), *_inside([decoder])]
    if network.close is not None:
        order.append(network.close.kernel)
    head = network.heads[0]
    assert isinstance(head, nn.Conv2d)
    return [*order, *_kernels(network.top), head]


def _kernels(convolutions: Iterable[nn.Module]) -> list[nn.Conv2d]:
    return [one.kernel for one in convolutions if isinstance(one, Convolution)]


def _inside(blocks: Iterable[nn.Module]) -> list[nn.Conv2d]:
    order = []
    for block in blocks:
        assert isinstance(block, Block)
        order += _kernels([block.enter, *block.down, block.middle, *block.up])
    return order
