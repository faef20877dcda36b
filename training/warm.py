"""Go back from an ONNX file of ours to a run that can go on: for when its checkpoint is lost.

    python -m training.warm RUN cutoutd-small.onnx --of small-5 --packed training/data \
        --out training/runs/RUN

An exported file has plain convolutions. Each gets its batch normalisation back: on the way down
with the statistics of the published weights that it began from (they never moved), on the way up
with those that its outputs have on training photos. Either way the network computes what the
file does. What the file does not have begins anew: guides and further channels as if they were
not there, the coarser heads fitted alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training import checkpoint
from training.data import SETS
from training.encoders import LiteEncoder, published_weights
from training.export import sharpen
from training.layers import Convolution, Normalised, normalised
from training.losses import supervised_loss
from training.model import Design, Network
from training.settings import read_design, read_run
from training.supply import Batch, Supply
from training.train import Training

SIDE = 288
BATCHES = 16
"""Of the run's size: what statistics are measured on, and coarse heads fitted to."""
HEAD_STEPS = 60
HEAD_RATE = 1e-2


class Moments:
    """Mean and variance of what a convolution gives, per channel over all that it is shown."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        self._seen: list[Tensor] = []
        self._hook = convolution.register_forward_hook(self._add)

    def _add(self, _: nn.Module, __: object, output: Tensor) -> None:
        values = output.double()
        self._seen.append(torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))]))

    def stop(self) -> tuple[Tensor, Tensor]:
        """(C,) and (C,)."""
        self._hook.remove()
        mean, square = torch.stack(self._seen).mean(0)
        return mean.float(), (square - mean.square()).clamp(min=1e-8).float()


@torch.no_grad()
def unfold_normalised(module: Normalised, folded: nn.Conv2d) -> None:
    """Compute what `folded` does, with the statistics and the scale that are there already."""
    norm = module.norm
    assert isinstance(norm, nn.BatchNorm2d)
    assert folded.bias is not None
    scale, shift = normalised(torch.ones(len(norm.weight), 1, 1, 1), norm)
    module.kernel.weight.copy_(folded.weight / scale)
    norm.bias += folded.bias - shift


@torch.no_grad()
def unfold_convolution(
    module: Convolution, folded: nn.Conv2d, moments: tuple[Tensor, Tensor]
) -> None:
    """Compute what `folded` does, with the statistics of its outputs.

    Channels that `folded` does not have are not read by those that it has.
    """
    assert folded.bias is not None
    mean, variance = moments
    norm = module.kernel_norm
    assert norm.running_mean is not None
    assert norm.running_var is not None
    embed(module.kernel.weight, folded.weight)
    known = slice(len(mean))
    norm.running_mean[known] = mean - folded.bias
    norm.running_var[known] = variance
    norm.weight[known] = torch.sqrt(variance + norm.eps)
    norm.bias[known] = mean


@torch.no_grad()
def embed(weight: Tensor, known: Tensor) -> None:
    """Copy (o, i, k, k) into the first of (O, I, k, k); those o outputs ignore further inputs."""
    outputs, inputs = known.shape[:2]
    weight[:outputs, :inputs] = known
    weight[:outputs, inputs:] = 0


@torch.no_grad()
def unfold(network: Network, folded: Network, pictures: Sequence[Tensor]) -> None:
    """Make `network` compute what `folded` does, of the same design or of one with less in it.

    A finest head that answers at the picture's size gives each pixel at 1/2 four times.
    pictures: batches (N, 3, S, S) of training photos.
    """
    there = dict(folded.named_modules())
    pairs = [(module, there[name]) for name, module in network.named_modules() if name in there]
    watched = {one: Moments(one.kernel) for _, one in pairs if isinstance(one, Convolution)}
    for batch in pictures:
        folded.features(batch)
    moments = {one: watching.stop() for one, watching in watched.items()}
    for here, one in pairs:
        if isinstance(here, Normalised) and isinstance(one, Normalised):
            unfold_normalised(here, one.kernel)
        elif isinstance(here, Convolution) and isinstance(one, Convolution):
            unfold_convolution(here, one.kernel, moments[one])
    network.weigh.load_state_dict(folded.weigh.state_dict())
    for here, one in zip(network.guides, folded.guides, strict=False):
        here.load_state_dict(one.state_dict())
    head, known = network.heads[0], folded.heads[0]
    assert isinstance(head, nn.Conv2d)
    assert isinstance(known, nn.Conv2d)
    assert head.bias is not None
    assert known.bias is not None
    times = len(head.bias) // len(known.bias)
    embed(head.weight, known.weight.repeat(times, 1, 1, 1))
    head.bias.copy_(known.bias.repeat(times))


def fit_heads(network: Network, batches: Sequence[Batch]) -> None:
    """Teach the coarser heads, which no file has, while all else stays."""
    network.eval()
    heads = network.heads[1:]
    optimiser = torch.optim.Adam(heads.parameters(), lr=HEAD_RATE)
    with torch.no_grad():
        known = [(network.features(batch.pictures)[1:], batch.truth) for batch in batches]
    for step in range(HEAD_STEPS):
        features, truth = known[step % len(known)]
        outputs = [head(x) for head, x in zip(heads, features, strict=True)]
        optimiser.zero_grad()
        supervised_loss(outputs, truth, boundary=0.0, deep=1.0, hard=0.0).backward()
        optimiser.step()


def folded_from(path: Path, design: Design, *, sharpness: float) -> Network:
    """The network in a file of this design that was exported with this factor of its logits."""
    network = Network(design).fold()
    checkpoint.copy_from_onnx(network, path)
    sharpen(network, 1 / sharpness)
    return network


def main() -> None:
    """Write step 0 of a run: OUT/checkpoint.pt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run of config.toml")
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--of", required=True, help="the design of that file")
    parser.add_argument("--packed", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sharpness", type=float, default=1.0, help="that the file was given")
    arguments = parser.parse_args()
    run, device = read_run(arguments.run), torch.device("cpu")
    torch.manual_seed(run.seed)
    training = Training(run, device)
    assert isinstance(training.network.encoder, LiteEncoder)
    training.network.encoder.start(published_weights())
    folded = folded_from(arguments.onnx, read_design(arguments.of), sharpness=arguments.sharpness)
    supply = Supply.open(run, arguments.packed, SETS, device)
    batches = [supply.batch(SIDE) for _ in range(BATCHES)]
    unfold(training.network, folded, [batch.pictures for batch in batches])
    fit_heads(training.network, batches)
    training.average.module.load_state_dict(training.network.state_dict())
    pictures = batches[0].pictures
    with torch.no_grad():
        distance = float((training.network(pictures) - folded(pictures)).abs().max())
    print(f"masks differ from the file's by at most {distance:.2g}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    checkpoint.save(training.state(), arguments.out / "checkpoint.pt")


if __name__ == "__main__":
    main()
