"""The networks that people use, as published, from a folder of theirs; and the embedded one."""

import hashlib
import os
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from benchmarks.photos import CACHE
from benchmarks.pipelines import THREADS

from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE, ModelSpec, Precision
from cutoutd.segmentation.opening import for_this_cpu
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.published import PUBLISHED
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

PUBLISHED_NAMES = {"u2netp": "u2netp", "isnet": "isnet-general-use"}
"""By our names here: what rembg and the registry call them."""
OTHER_FILES = {"isnet": "isnet.onnx"}
"""The same network from elsewhere, taken where the published file is not there: IMG.LY's IS-Net."""
NAMES = (*PUBLISHED_NAMES, "embedded")


@dataclass(frozen=True)
class Network:
    """One file, and how it is used."""

    spec: ModelSpec
    file: Path

    @property
    def facts(self) -> dict[str, object]:
        """For the record: which file it was."""
        found = hashlib.md5(self.file.read_bytes(), usedforsecurity=False).hexdigest()
        right = f"md5:{found}" == self.spec.checksum or self.spec.name == EMBEDDED.name
        return {"file": self.file.name, "md5": found, "as_published": right}


EMBEDDED_IN_FLOAT = Network(EMBEDDED, WEIGHTS_IN_PACKAGE / EMBEDDED.file)
"""What other runtimes than ONNX Runtime open."""


def network(name: str, folder: Path) -> Network:
    """Ends with a sentence on how to get the file where the folder lacks it."""
    if name == "embedded":
        spec = for_this_cpu(EMBEDDED)
        return Network(spec, WEIGHTS_IN_PACKAGE / spec.file)
    spec = next(one for one in PUBLISHED if one.name == PUBLISHED_NAMES[name])
    files = [folder / spec.file, *([folder / OTHER_FILES[name]] if name in OTHER_FILES else [])]
    here = [file for file in files if file.is_file()]
    if not here:
        sys.exit(
            f"{spec.file} is not in {folder}. It is published at {spec.url}: "
            f"`CUTOUTD_MODELS_DIR={folder} cutoutd models pull {spec.name}` puts it there."
        )
    return Network(replace(spec, folder=here[0].parent, file=here[0].name), here[0])


def our_session(one: Network, provider: str) -> Session:
    """As the product opens it. provider: cpu (ONNX Runtime) or mnn."""
    options = RunnerOptions(
        provider=ProviderName(provider), threads=THREADS, graphs=PreparedGraphs(CACHE / "graphs")
    )
    if one.spec.precision is Precision.INT8 and options.provider is not ProviderName.CPU:
        one = EMBEDDED_IN_FLOAT
    return open_session(one.spec, one.file, options)


@cache
def rembg_session(one: Network) -> object:
    """rembg's own session of that name, with this file."""
    import rembg

    folder = CACHE / "rembg"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{one.spec.name}.onnx"
    link.unlink(missing_ok=True)
    link.symlink_to(one.file.resolve())
    os.environ |= {"U2NET_HOME": str(folder), "MODEL_CHECKSUM_DISABLED": "1"}
    return rembg.new_session(one.spec.name)
