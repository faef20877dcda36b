"""The network: a U whose every stage is itself a small U.

Source: the nested U of residual U-blocks is U²-Net's (Qin et al., Pattern Recognition 2020).
Ours starts at half resolution, has few channels where pixels are many and most of its weights
at 1/16 and 1/32, weighs its deepest features by their global mean (squeeze and excitation,
Hu et al., CVPR 2018), and trains every convolution as three that fold into one for inference
(RepVGG, Ding et al., CVPR 2021).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The sizes of a network, as config.toml states them."""

    stem: int
    """Channels at 1/2."""
    encoders: tuple[tuple[int, int, int], ...]
    """(channels, inner channels, inner depth) at 1/4, 1/8 and so on."""
    bottom: tuple[int, int]
    """(channels, convolutions) below the last encoder."""
    decoders: tuple[tuple[int, int, int], ...]
    """As encoders, for the way up; the first is at 1/4."""
    top: int
    """Channels of the two last convolutions at 1/2."""
    branches: bool = True
    """Train each convolution as three; False: a plain convolution with a bias."""


class Convolution(nn.Module):
    """3x3 convolution, batch normalisation, ReLU.

    In training the sum of a 3x3, a 1x1 and (where channels and stride allow) an identity
    branch, each normalised on its own; `fold` turns them into the one that is exported.
    """

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1, branches: bool
    ) -> None:
        super().__init__()
        self.kernel: nn.Conv2d = nn.Conv2d(
            inputs, outputs, 3, stride, dilation, dilation, bias=not branches
        )
        self.branches = branches
        if branches:
            self.kernel_norm = nn.BatchNorm2d(outputs)
            self.point = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.point_norm = nn.BatchNorm2d(outputs)
            same = inputs == outputs and stride == 1
            self.identity_norm = nn.BatchNorm2d(outputs) if same else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y = self.kernel(x)
        if self.branches:
            y = self.kernel_norm(y) + self.point_norm(self.point(x))
            if self.identity_norm is not None:
                y = y + self.identity_norm(x)
        return functional.relu(y, inplace=True)

    @torch.no_grad()
    def fold(self) -> None:
        """Become the one plain convolution that computes the same in evaluation."""
        if not self.branches:
            return
        weight, bias = _normalised(self.kernel.weight, self.kernel_norm)
        point, point_bias = _normalised(self.point.weight, self.point_norm)
        weight[:, :, 1:2, 1:2] += point
        bias += point_bias
        if self.identity_norm is not None:
            identity = torch.eye(len(bias), device=bias.device)[:, :, None, None]
            identity, identity_bias = _normalised(identity, self.identity_norm)
            weight[:, :, 1:2, 1:2] += identity
            bias += identity_bias
        self.kernel.weight.copy_(weight)
        self.kernel.bias = nn.Parameter(bias)
        self.branches = False
        del self.kernel_norm, self.point, self.point_norm, self.identity_norm


def _normalised(weight: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A convolution's weight and bias with the batch normalisation that follows folded in."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


class Block(nn.Module):
    """A residual U-block: looks far by going down `depth - 1` times and coming up again."""

    def __init__(
        self, inputs: int, outputs: int, inner: int, depth: int, *, branches: bool
    ) -> None:
        super().__init__()
        widths = [outputs] + [inner] * depth
        self.enter = Convolution(inputs, outputs, branches=branches)
        self.down = nn.ModuleList(Convolution(a, b, branches=branches) for a, b in pairwise(widths))
        self.middle = Convolution(inner, inner, dilation=2, branches=branches)
        self.up = nn.ModuleList(
            Convolution(2 * inner, inner if level else outputs, branches=branches)
            for level in reversed(range(depth))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        entered = self.enter(x)
        x, seen = entered, []
        for level, convolution in enumerate(self.down):
            x = convolution(halved(x) if level else x)
            seen.append(x)
        x = self.middle(x)
        for convolution in self.up:
            skip = seen.pop()
            x = convolution(torch.cat([grown(x, skip), skip], dim=1))
        return x + entered


class Network(nn.Module):
    """(N, 3, H, W) normalised pictures -> logits of the subject, (N, 1, H/2, W/2) and coarser.

    H and W are multiples of 32. In evaluation only the finest is computed, and returned as
    probability at the pictures' own size.
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        branches = design.branches
        widths = [design.stem] + [outputs for outputs, _, _ in design.encoders]
        self.stem = Convolution(3, design.stem, stride=2, branches=branches)
        self.encoders = nn.ModuleList(
            Block(inputs, *sizes, branches=branches)
            for inputs, sizes in zip(widths[:-1], design.encoders, strict=True)
        )
        channels, convolutions = design.bottom
        self.bottom = nn.Sequential(
            *(
                Convolution(
                    channels if n else widths[-1],
                    channels,
                    dilation=2 if n >= 2 else 1,
                    branches=branches,
                )
                for n in range(convolutions)
            )
        )
        self.weigh = nn.Conv2d(channels, channels, 1)
        below = [sizes[0] for sizes in design.decoders[1:]] + [channels]
        self.decoders = nn.ModuleList(
            Block(inputs + skip, *sizes, branches=branches)
            for inputs, skip, sizes in zip(below, widths[1:], design.decoders, strict=True)
        )
        self.top = nn.Sequential(
            Convolution(design.decoders[0][0] + design.stem, design.top, branches=branches),
            Convolution(design.top, design.top, branches=branches),
        )
        self.heads = nn.ModuleList(
            nn.Conv2d(width, 1, 3, padding=1)
            for width in (design.top, *(sizes[0] for sizes in design.decoders), channels)
        )

    def forward(self, pictures: Tensor) -> Tensor | list[Tensor]:
        """Training: logits, the finest first, one set for each head. Evaluation: probability."""
        features = self.features(pictures)
        if self.training:
            return [head(x) for head, x in zip(self.heads, features, strict=True)]
        return torch.sigmoid(grown(self.heads[0](features[0]), pictures))

    def features(self, pictures: Tensor) -> list[Tensor]:
        """What each head reads, at 1/2, 1/4 and so on, the finest first."""
        stem = x = self.stem(pictures)
        seen = []
        for encoder in self.encoders:
            x = encoder(halved(x))
            seen.append(x)
        x = self.bottom(halved(x))
        x = x * torch.sigmoid(self.weigh(x.mean((2, 3), keepdim=True)))
        features = [x]
        for decoder in reversed(self.decoders):
            skip = seen.pop()
            x = decoder(torch.cat([grown(x, skip), skip], dim=1))
            features.insert(0, x)
        features.insert(0, self.top(torch.cat([grown(x, stem), stem], dim=1)))
        return features

    def fold(self) -> "Network":
        """Become the network that is exported."""
        for module in self.modules():
            if isinstance(module, Convolution):
                module.fold()
        return self.eval()


def halved(x: Tensor) -> Tensor:
    """Half the height and width, rounded up."""
    return functional.max_pool2d(x, 2, ceil_mode=True)


def grown(x: Tensor, like: Tensor) -> Tensor:
    """Bilinearly enlarged to the height and width of `like`."""
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


def convolutions_in_order(network: Network) -> Sequence[Convolution | nn.Conv2d]:
    """Every convolution that inference needs, in the order in which it runs."""
    order: list[Convolution | nn.Conv2d] = [network.stem]
    for encoder in network.encoders:
        order += _inside(encoder)
    order += [*network.bottom, network.weigh]
    for decoder in reversed(network.decoders):
        order += _inside(decoder)
    return [*order, *network.top, network.heads[0]]


def _inside(block: nn.Module) -> list[Convolution]:
    assert isinstance(block, Block)
    return [block.enter, *block.down, block.middle, *block.up]  # type: ignore[list-item]
