"""The whole chain on 64 drawn pictures: pack, train, go on training, export, evaluate, look.

    python -m training.smoke

Proves that every part runs and fits the next one, on any machine, in under two minutes. Says
nothing about quality.
"""

import json
import math
import tempfile
from pathlib import Path

import torch

from training import checkpoint
from training.data import PictureSet
from training.drawn import SIDE, draw_shards
from training.evaluate import as_text, contestant_of, evaluate
from training.export import export
from training.pack import pack
from training.settings import read_run
from training.sheet import sheet
from training.supply import Supply
from training.train import Training, read_network, train
from training.validation import Validation

EXPORTED_SIDE = 64


def train_in_two_calls(sets: tuple[PictureSet, ...], packed: Path, out: Path) -> list[float]:
    """Train until the clock says stop, then go on from the checkpoint. Returns the losses."""
    device = torch.device("cpu")
    run = read_run("smoke")
    first = Training(run, device)
    train(first, Supply.open(run, packed, sets, device), out, minutes=0.05)
    stopped = first.step
    second = Training(run, device)
    second.resume(checkpoint.load(out / "portable.pt", device))
    if second.step != stopped:
        raise AssertionError(f"resumed at step {second.step}, stopped at {stopped}")
    second.resume(checkpoint.load(out / "checkpoint.pt", device))
    train(second, Supply.open(run, packed, sets, device), out, minutes=math.inf)
    lines = (out / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


def main() -> None:
    """Run the chain in a temporary folder; any failure is a traceback."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # The network is tiny: threads would only wait for each other.
    with tempfile.TemporaryDirectory() as folder:
        shards, packed, out = (Path(folder) / name for name in ("shards", "packed", "out"))
        out.mkdir()
        sets = draw_shards(shards)
        pack(shards, packed, side=SIDE, sets=sets)
        losses = train_in_two_calls(sets, packed, out)
        print(f"loss {losses[0]} -> {losses[-1]}")
        if not losses[-1] < losses[0]:
            raise AssertionError("the network learned nothing")
        network = read_network("tiny", out / "checkpoint.pt", torch.device("cpu"))
        weights = out / "tiny.onnx"
        export(network, weights, size=EXPORTED_SIDE, version="0", half=True, mirrored=True)
        photos = Validation(sets[0], shards)
        models = {"cutoutd-small": "cutoutd-small:high", "tiny": str(weights)}
        contestants = {name: contestant_of(model) for name, model in models.items()}
        table, errors = evaluate(photos, contestants)
        print(as_text(table))
        if len(errors) != sets[0].held_out:
            raise AssertionError(f"{len(errors)} photos were evaluated")
        sheet(list(photos), contestants["tiny"].session).save(out / "sheet.png")


if __name__ == "__main__":
    main()
