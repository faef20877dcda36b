"""Turn a checkpoint into the ONNX file that the product ships.

    python -m training.export small training/runs/small/checkpoint.pt cutoutd-small.onnx --size 320

The moving average's weights, every convolution's branches and batch normalisation folded into
one, any batch size, any side that halves five times, and metadata that the product reads (the
side it is meant for among it): the file also works from a folder of the operator's own models.
Weights may be stored in half precision: the file is half as large, ONNX Runtime turns them back
when it loads it, and computes in single precision either way.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from cutoutd.segmentation.own import PREFIX
from training.augment import MEAN, STD
from training.checkpoint import copy_from_onnx
from training.layers import grown
from training.model import Network
from training.settings import read_design
from training.train import read_network

OPSET = 18
HALVINGS = 32
"""What a side must be a multiple of: the way down halves it five times."""
TOLERANCE = 1e-3
HALVED_FROM = 1024
"""Tensors of this many numbers and more may be stored in half precision."""


class Mirrored(nn.Module):
    """A network that looks at each picture and its mirror image, and averages their logits.

    Twice the arithmetic. The mean of logits, unlike that of probabilities, does not grow soft
    where the two views agree.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) -> probability (N, 1, H, W)."""
        both = self.network.features(torch.cat([pictures, pictures.flip(3)]))[0]
        there, back = self.network.finest(both).unflatten(0, (2, -1))
        return torch.sigmoid(grown((there + back.flip(3)) / 2, pictures))


@torch.no_grad()
def sharpen(network: Network, factor: float) -> None:
    """Multiply the finest logits: above 1, a mask that is surer of what it says anyway."""
    head = network.heads[0]
    assert isinstance(head, nn.Conv2d)
    assert head.bias is not None
    head.weight *= factor
    head.bias *= factor


@torch.no_grad()
def mean_with(network: Network, other: Network, share: float) -> None:
    """Move each weight of a folded network by `share`, 0..1, of the way to the other's.

    Two networks that went on from one lie in the same valley, and what is between them is often
    better than both. Source: Wortsman et al., "Model soups", ICML 2022.
    """
    for weight, to in zip(network.parameters(), other.parameters(), strict=True):
        weight.lerp_(to, share)


def export(
    network: Network,
    path: Path,
    *,
    size: int,
    fast_size: int | None = None,
    version: str,
    half: bool = False,
    mirrored: bool = False,
) -> str:
    """Write the file, check it against PyTorch on noise, and return its sha256.

    Weights that are stored in half precision are rounded in PyTorch first: what is checked is
    the file, and what rounding costs is for `evaluate` to say. Raises ValueError if any pixel
    differs by more than the tolerance.
    """
    folded: nn.Module = network.to("cpu").float().fold()
    if half:
        round_to_half(network)
    if mirrored:
        folded = Mirrored(network).eval()
    example = torch.rand(2, 3, size, size)
    torch.onnx.export(
        folded,
        (example,),
        path,
        input_names=["image"],
        output_names=["mask"],
        dynamic_shapes=(any_shape(),),
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(path)
    forget_where_it_was_made(model)
    if half:
        store_in_half(model)
    model.producer_name, model.producer_version = PREFIX.rstrip("."), version
    helper.set_model_props(model, described(size, fast_size))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    distance = difference(folded, path, torch.randn(3, 3, size, size))
    if distance > TOLERANCE:
        path.unlink()
        raise ValueError(f"the exported network differs by {distance:.2g} from the trained one")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def any_shape() -> dict[int, Any]:
    """(N, 3, H, W) with any N up to 64, H and W up to 1,024 px."""
    dim = torch.export.Dim
    sides = {axis: HALVINGS * dim(name, min=2, max=32) for axis, name in ((2, "h"), (3, "w"))}
    return {0: dim("n", min=1, max=64), **sides}


def described(size: int, fast_size: int | None = None) -> dict[str, str]:
    """The metadata by which the product knows an exported file without any other."""
    facts = {
        "size": str(size),
        **({"fast_size": str(fast_size)} if fast_size else {}),
        "mean": ",".join(map(str, MEAN)),
        "std": ",".join(map(str, STD)),
        "reducing_gap": "2.0",
        "resampling": "box",
        "licence": "Apache-2.0",
        "source": "cutoutd",
    }
    return {PREFIX + key: value for key, value in facts.items()}


def forget_where_it_was_made(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes beside each node: source lines with this machine's paths."""
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del noted.metadata_props[:]
        noted.ClearField("doc_string")
    del graph.value_info[:]


@torch.no_grad()
def round_to_half(network: Network) -> None:
    """Give each weight that `store_in_half` stores the value that it will have."""
    for parameter in network.parameters():
        if parameter.numel() >= HALVED_FROM:
            parameter.copy_(parameter.half().float())


def store_in_half(model: onnx.ModelProto) -> None:
    """Keep each large weight as float16 followed by a cast that is computed once at loading."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < HALVED_FROM:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)


@torch.no_grad()
def difference(network: nn.Module, path: Path, pictures: Tensor) -> float:
    """Largest difference between PyTorch and ONNX Runtime on (N, 3, size, size)."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"image": pictures.numpy()})[0]
    return float(np.abs(theirs - network(pictures).numpy()).max())


def _read(design: str, path: Path) -> Network:
    """The network of a checkpoint, or of an ONNX file of ours, folded."""
    if path.suffix != ".onnx":
        return read_network(design, path, torch.device("cpu")).fold()
    network = Network(read_design(design)).fold()
    copy_from_onnx(network, path)
    return network


def main() -> None:
    """Export one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("design", help="a design of config.toml")
    parser.add_argument("checkpoint", type=Path, help="or an ONNX file of ours")
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--size", type=int, required=True, help="side of the input, px")
    parser.add_argument("--fast-size", type=int, help="of the input at quality fast, px")
    parser.add_argument("--version", required=True, help="of the weights, as the card names it")
    parser.add_argument("--half", action="store_true", help="store weights in half precision")
    parser.add_argument("--mirrored", action="store_true", help="average with the mirror image")
    parser.add_argument("--sharpness", type=float, default=1.0, help="factor of the logits")
    parser.add_argument(
        "--mean-with",
        nargs=2,
        metavar=("OTHER", "SHARE"),
        help="a second network, with the same factor, and how far to go to it, 0 to 1",
    )
    arguments = parser.parse_args()
    network = _read(arguments.design, arguments.checkpoint)
    if arguments.mean_with:
        other, share = arguments.mean_with
        mean_with(network, _read(arguments.design, Path(other)), float(share))
    sharpen(network, arguments.sharpness)
    sha256 = export(
        network,
        arguments.onnx,
        size=arguments.size,
        fast_size=arguments.fast_size,
        version=arguments.version,
        half=arguments.half,
        mirrored=arguments.mirrored,
    )
    print(f"{arguments.onnx} {arguments.onnx.stat().st_size / 1e6:.1f} MB sha256:{sha256}")


if __name__ == "__main__":
    main()
