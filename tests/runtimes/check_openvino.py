"""OpenVINO behind the same Segmenter: the embedded model gives the same masks as on ONNX Runtime.

python tests/runtimes/check_openvino.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from tests.segmentation.networks import a_spec, write_network
from tests.segmentation.pictures import drawn_pictures

from cutoutd.segmentation.options import ProviderName, SegmentationOptions
from cutoutd.segmentation.sessions import Sessions

ALLOWED = {"openvino-f32": 1e-3, "openvino-bf16": 0.5}
"""bf16 keeps eight bits of each number: single pixels of an edge move far."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        tiny = write_network(Path(folder) / "tiny.onnx", outputs=3)
        facts = a_spec(tiny)
        (Path(folder) / "tiny").mkdir()
        tiny.rename(Path(folder) / "tiny" / "model.onnx")
        toml = f'size = {facts.size}\nlicence = "ours"\noutput = "d1"\n'
        (Path(folder) / "tiny" / "model.toml").write_text(toml)
        masks, providers = [], []
        for provider in (ProviderName.CPU, ProviderName.OPENVINO, ProviderName.OPENVINO_BF16):
            sessions = Sessions(SegmentationOptions(provider=provider, folder=Path(folder)))
            for name in ("cutoutd-small", "tiny"):
                with sessions.get(name) as session:
                    masks.append([session.predict(rgb) for rgb in drawn_pictures(10)])
                    providers.append(session.provider)
    failures = 0
    failures = int(providers[2] != "openvino-f32")
    for place, theirs in enumerate(masks[2:], start=2):
        name, ours = ("cutoutd-small", "tiny")[place % 2], masks[place % 2]
        worst = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
        failures += worst > ALLOWED[providers[place]]
        print(f"{name} on {providers[place]}: largest difference {worst:.6f}")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
