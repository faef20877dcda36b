"""What the networks are built of: foldable convolutions, inverted residuals, small Us.

Sources: training a convolution as three that fold into one is RepVGG's (Ding et al., CVPR
2021); the inverted residual is MobileNetV2's (Sandler et al., CVPR 2018); the residual U-block
is U²-Net's (Qin et al., Pattern Recognition 2020).
"""

from contextlib import nullcontext
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Convolution(nn.Module):
    """3x3 convolution, batch normalisation, ReLU.

    With 3 branches it is trained as the sum of a 3x3, a 1x1 and (where channels and stride
    allow) an identity branch, each normalised on its own; with 1, as the normalised 3x3 alone;
    with 0 it is a plain convolution with a bias. `fold` turns them into the plain one, which
    is what gets exported.
    """

    def __init__(
        self, inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1, branches: int
    ) -> None:
        super().__init__()
        self.kernel: nn.Conv2d = nn.Conv2d(
            inputs, outputs, 3, stride, dilation, dilation, bias=not branches
        )
        self.branches = branches
        if branches >= 1:
            self.kernel_norm = nn.BatchNorm2d(outputs)
        if branches > 1:
            self.point = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.point_norm = nn.BatchNorm2d(outputs)
            same = inputs == outputs and stride == 1
            self.identity_norm = nn.BatchNorm2d(outputs) if same else None

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y = self.kernel(x)
        if self.branches >= 1:
            y = self.kernel_norm(y)
        if self.branches > 1:
            y = y + self.point_norm(self.point(x))
            if self.identity_norm is not None:
                y = y + self.identity_norm(x)
        return functional.relu(y, inplace=True)

    @torch.no_grad()
    def fold(self) -> None:
        """Become the one plain convolution that computes the same in evaluation."""
        if not self.branches:
            return
        weight, bias = normalised(self.kernel.weight, self.kernel_norm)
        if self.branches > 1:
            point, point_bias = normalised(self.point.weight, self.point_norm)
            weight[:, :, 1:2, 1:2] += point
            bias += point_bias
            if self.identity_norm is not None:
                identity = torch.eye(len(bias), device=bias.device)[:, :, None, None]
                identity, identity_bias = normalised(identity, self.identity_norm)
                weight[:, :, 1:2, 1:2] += identity
                bias += identity_bias
            del self.point, self.point_norm, self.identity_norm
        self.kernel.weight.copy_(weight)
        self.kernel.bias = nn.Parameter(bias)
        self.branches = 0
        del self.kernel_norm


def normalised(weight: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A convolution's weight and bias with the batch normalisation that follows folded in."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


class Normalised(nn.Module):
    """Convolution of any size and grouping, batch normalisation, and ReLU6 unless `linear`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        linear: bool = False,
    ) -> None:
        super().__init__()
        self.kernel: nn.Conv2d = nn.Conv2d(
            inputs, outputs, size, stride, size // 2, groups=groups, bias=False
        )
        self.norm: nn.Module = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        single = self.kernel.groups > 1 and self.kernel.weight.requires_grad
        with torch.autocast(x.device.type, enabled=False) if single else nullcontext():
            x = self._filtered(x.float() if single else x)
        return x if self.linear else functional.relu6(x)

    def _filtered(self, x: Tensor) -> Tensor:
        """Convolved and normalised; in one pass where the statistics stand still.

        Filters of one channel each learn in single precision also under autocast: oneDNN's gradient
        of their weights takes five times longer in bf16 than in fp32, and the forward pass is no
        faster (PyTorch 2.13, Xeon with AMX).
        """
        if self.norm.training or not isinstance(self.norm, nn.BatchNorm2d):
            return self.norm(self.kernel(x))
        kernel = self.kernel
        weight, bias = normalised(kernel.weight, self.norm)
        return functional.conv2d(
            x, weight, bias, kernel.stride, kernel.padding, kernel.dilation, kernel.groups
        )

    @torch.no_grad()
    def fold(self) -> None:
        """Become a convolution with a bias that computes the same in evaluation."""
        if not isinstance(self.norm, nn.BatchNorm2d):
            return
        weight, bias = normalised(self.kernel.weight, self.norm)
        self.kernel.weight.copy_(weight)
        self.kernel.bias = nn.Parameter(bias)
        self.norm = nn.Identity()


class Inverted(nn.Module):
    """An inverted residual: widen, filter each channel, narrow; plus the input if it fits."""

    def __init__(
        self, inputs: int, outputs: int, *, size: int, stride: int = 1, widen: int = 6
    ) -> None:
        super().__init__()
        inner = inputs * widen
        self.parts = nn.Sequential(
            *([Normalised(inputs, inner, 1)] if widen > 1 else []),
            Normalised(inner, inner, size, stride=stride, groups=inner),
            Normalised(inner, outputs, 1, linear=True),
        )
        self.residual = inputs == outputs and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y: Tensor = self.parts(x)
        return x + y if self.residual else y


class Block(nn.Module):
    """A residual U-block: looks far by going down `depth - 1` times and coming up again."""

    def __init__(self, inputs: int, outputs: int, inner: int, depth: int, *, branches: int) -> None:
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


def halved(x: Tensor) -> Tensor:
    """Half the height and width, rounded up."""
    return functional.max_pool2d(x, 2, ceil_mode=True)


def grown(x: Tensor, like: Tensor) -> Tensor:
    """Bilinearly enlarged to the height and width of `like`."""
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return functional.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
