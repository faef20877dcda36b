"""How true the edges are: ours beside rembg's on drawn pictures whose answer is known.

Both get the same saliency mask: the true alpha squeezed to 320 x 320, as a perfect network of
U²-Net's resolution would give it. Writes results/edges.json and a sheet of crops. With `--blurred`
the mask is wrong as networks are: blurred, and surer of itself than it should be; that goes to
results/edges-blurred.json.

    python benchmarks/edges.py [--count 40] [--width 960] [--sheet crops.png] [--blurred]
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import rembg
from benchmarks.methods import METHODS, OneMask
from benchmarks.pictures import KINDS, Composite, Floats, draw
from numpy.typing import NDArray
from PIL import Image

from cutoutd.imaging.trimap import UNKNOWN, trimap_from_mask

HERE = Path(__file__).parent
SIZE = 320
BLUR = 1.2
"""Standard deviation in the mask's own pixels."""
SURER = 1.5
"""How much steeper a blurred mask is made."""
IN_SHEET = ("rembg", "rembg, alpha_matting", "cutoutd", "cutoutd, matting fast")


def known(alpha: Floats, *, blurred: bool) -> OneMask:
    """A network that already knows. alpha: (H, W), 0..1."""
    small = Image.fromarray(alpha.astype(np.float32)).resize((SIZE, SIZE), Image.Resampling.BOX)
    probability = np.asarray(small)
    if blurred:
        soft = smoothed(smoothed(probability).T).T
        probability = np.clip((soft - 0.5) * SURER + 0.5, 0, 1).astype(np.float32)
    return OneMask(probability, sees=2 * SIZE)


def smoothed(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row under a Gaussian."""
    reach = np.arange(-4, 5)
    weights = np.exp(-(reach**2) / (2 * BLUR**2))
    padded = np.pad(rows, ((0, 0), (4, 4)), mode="edge")
    return np.stack([np.convolve(row, weights / weights.sum(), mode="valid") for row in padded])


def measure(drawn: Composite, cutout: NDArray[np.uint8], scene: Floats) -> dict[str, float]:
    """Errors of one cutout, in the units of alpha and colour 0..255 (see README)."""
    alpha, colors = cutout[..., 3] / 255, cutout[..., :3] / 255
    soft = (drawn.alpha > 0) & (drawn.alpha < 1)
    level = np.rint(drawn.alpha * 255).astype(np.uint8)
    band = (
        trimap_from_mask(level, foreground_above=240, background_below=10, erode_px=10) == UNKNOWN
    ) | soft
    seen = soft & (alpha > 0)
    weight = drawn.alpha[seen]
    apart = np.abs(colors - drawn.front).mean(axis=-1)[seen]
    placed = colors * alpha[..., None] + scene * (1 - alpha[..., None])
    truth = drawn.front * drawn.alpha[..., None] + scene * (1 - drawn.alpha[..., None])
    difference = (alpha - drawn.alpha)[band]
    gradients = [np.hypot(*np.gradient(values)) for values in (alpha, drawn.alpha)]
    return {
        "color": 255 * float((apart * weight).sum() / weight.sum()),
        "recomposed": 255 * float(np.abs(placed - truth)[band].mean()),
        "alpha_sad": 255 * float(np.abs(difference).mean()),
        "alpha_mse": 255**2 * float((difference**2).mean()),
        "alpha_gradient": 255 * float(np.abs(gradients[0] - gradients[1])[band].mean()),
        "straight": float(is_straight(drawn, cutout)),
    }


def is_straight(drawn: Composite, cutout: NDArray[np.uint8]) -> bool:
    """Whether opaque pixels are the input's to the bit and transparent ones are zero."""
    solid, clear = cutout[..., 3] == 255, cutout[..., 3] == 0
    same = np.array_equal(cutout[solid][:, :3], drawn.shown[solid])
    return same and not cutout[clear].any()


def crops(drawn: Composite, cutouts: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One row: the input, then each cutout on black, white and a colour, at 200 %."""
    rows, columns = np.nonzero((drawn.alpha > 0.05) & (drawn.alpha < 0.95))
    top, left = int(rows.min()), int(columns[rows == rows.min()][0])
    size = 110
    top = max(0, min(top - 20, drawn.shown.shape[0] - size))
    left = max(0, min(left - size // 2, drawn.shown.shape[1] - size))
    place = np.s_[top : top + size, left : left + size]
    cells = [drawn.shown[place]]
    for cutout in cutouts.values():
        share = cutout[place][..., 3:] / 255
        cells += [
            np.rint(cutout[place][..., :3] * share + np.array(behind) * (1 - share))
            for behind in ((0, 0, 0), (255, 255, 255), (0, 170, 120))
        ]
    row = np.hstack([np.pad(cell.astype(np.uint8), ((1, 1), (1, 1), (0, 0))) for cell in cells])
    return row.repeat(2, axis=0).repeat(2, axis=1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=40)
    options.add_argument("--width", type=int, default=960)
    options.add_argument("--blurred", action="store_true", help="a mask that errs as networks do")
    options.add_argument("--sheet", type=Path, default=None)
    options.add_argument("--out", type=Path, default=None)
    chosen = options.parse_args()
    name = "edges-blurred" if chosen.blurred else "edges"
    chosen.out = chosen.out or HERE / "results" / f"{name}.json"
    chosen.sheet = chosen.sheet or HERE / "cache" / f"{name}.png"
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in METHODS}
    sheet = []
    for number in range(chosen.count):
        drawn = draw(KINDS[number % len(KINDS)], number, chosen.width, chosen.width * 3 // 4)
        scene = draw("blur", 10_000 + number, chosen.width, chosen.width * 3 // 4).back
        network, shown = known(drawn.alpha, blurred=chosen.blurred), Image.fromarray(drawn.shown)
        cuts = {name: method(shown, network) for name, method in METHODS.items()}
        assert not any(cut.notes for cut in cuts.values()), cuts
        cutouts = {name: cut.pixels for name, cut in cuts.items()}
        for name, cutout in cutouts.items():
            figures[name].append({"kind": drawn.kind, **measure(drawn, cutout, scene)})
        if number < len(KINDS):
            sheet.append(crops(drawn, {name: cutouts[name] for name in IN_SHEET}))
        print(number, drawn.kind, flush=True)
    means = {
        name: {
            metric: float(np.mean([one[metric] for one in rows]))
            for metric in rows[0]
            if metric != "kind"
        }
        for name, rows in figures.items()
    }
    for name, row in means.items():
        print(f"{name:24}", *(f"{metric} {value:7.2f}" for metric, value in row.items()))
    chosen.sheet.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.vstack(sheet)).save(chosen.sheet)
    versions = {"rembg": rembg.__version__, "numpy": np.__version__, "pillow": Image.__version__}
    record = {
        "pictures": chosen.count,
        "size": [chosen.width, chosen.width * 3 // 4],
        "versions": {"python": platform.python_version(), **versions},
        "mean": means,
        "each": figures,
    }
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
