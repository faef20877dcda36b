"""Graphs made ready to open fast: only what the mask needs, optimised once and kept.

Most published networks compute six or eleven outputs beside the mask. Cutting them away saves
time and a fifth of the memory; saving the optimised graph halves a restart. A prepared file
holds only for this machine, provider and version of its runtime, and its name says so.
"""

import hashlib
import logging
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from cutoutd.segmentation.cpu import cpu_flags
from cutoutd.segmentation.network_input import first_mask

if TYPE_CHECKING:
    import onnx

LARGEST_PARSED = 1_900_000_000
"""Bytes; protobuf cannot hold more in one message."""
GRAPH = "graph.onnx"

log = logging.getLogger(__name__)


def pruned(weights: Path, output: str | None) -> bytes | None:
    """The model with nothing but what one output needs; None if there is nothing to gain.

    output: its name, or None for the first that can be a mask. Models with more than 1.9 GB,
    weights in further files included, are left as they are. Raises onnx's and protobuf's errors
    for other files, and OSError where a file of weights is missing.
    """
    if weights.stat().st_size > LARGEST_PARSED:
        return None
    try:
        import onnx
    except ModuleNotFoundError:
        log.info("%s is opened whole: pip install 'cutoutd[models]' makes it smaller", weights.name)
        return None

    model = onnx.load(str(weights), load_external_data=False)
    graph = model.graph
    wanted = output or first_mask((one.name, _shape(one)) for one in graph.output)
    kept = [one for one in graph.output if one.name == wanted]
    if len(graph.output) < 2 or not kept:
        return None  # Opening the file will say which outputs there are.
    beside = _bytes_beside(model, weights.parent)
    if beside + weights.stat().st_size > LARGEST_PARSED:
        return None
    if beside:
        onnx.load_external_data_for_model(model, str(weights.parent))
    _keep_what_leads_to(graph, wanted)
    del graph.output[:]
    graph.output.extend(kept)
    serialised: bytes = model.SerializeToString()
    return serialised


def _shape(value: "onnx.ValueInfoProto") -> list[int | str | None] | None:
    """Lengths, names where they are open; None where the file does not say."""
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        return None
    return [side.dim_value or side.dim_param or None for side in kind.shape.dim]


def _bytes_beside(model: "onnx.ModelProto", folder: Path) -> int:
    """The size of the further files that weights lie in. Raises FileNotFoundError."""
    names = {
        entry.value
        for weight in model.graph.initializer
        for entry in weight.external_data
        if entry.key == "location"
    }
    return sum((folder / name).stat().st_size for name in names)


def _keep_what_leads_to(graph: "onnx.GraphProto", output: str) -> None:
    """Drop the nodes and weights that the output does not depend on, and put nodes in order.

    Converters to half precision append their casts at the end, before which they are needed.
    """
    nodes = list(graph.node)
    maker = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    needed, places, todo = {output}, set[int](), [output]
    while todo:
        place = maker.get(todo.pop())
        if place is None or place in places:
            continue
        places.add(place)
        reads = _reads(nodes[place])
        needed |= reads
        todo.extend(reads)
    ordered = _in_order([nodes[place] for place in sorted(places)])
    weights = [w for w in graph.initializer if w.name in needed]
    del graph.node[:]
    graph.node.extend(ordered)
    del graph.initializer[:]
    graph.initializer.extend(weights)


def _in_order(nodes: list["onnx.NodeProto"]) -> list["onnx.NodeProto"]:
    """Each node after those whose outputs it reads; left as they are where they are so already."""
    maker = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    needs = {
        place: {maker[name] for name in _reads(node) if name in maker}
        for place, node in enumerate(nodes)
    }
    if all(place > max(before, default=-1) for place, before in needs.items()):
        return nodes
    return [nodes[place] for place in TopologicalSorter(needs).static_order()]


def _reads(node: "onnx.NodeProto") -> set[str]:
    """The names of what a node reads, also inside the bodies of If, Loop and Scan."""
    names = {name for name in node.input if name}
    for attribute in node.attribute:
        for body in (attribute.g, *attribute.graphs):
            names.update(*(_reads(inner) for inner in body.node))
            names.update(value.name for value in body.output)
    return names


@dataclass(frozen=True, slots=True)
class PreparedGraphs:
    """A folder of optimised graphs, each a folder with `graph.onnx` and its weights.

    The weights lie beside the graph so that they are mapped into memory instead of read: a
    session opens in a few milliseconds, and all slots and processes share one copy. A runtime
    that reads no ONNX keeps a `graph` of its own kind there.
    """

    folder: Path
    smallest: int = 16_000_000
    """Bytes; weights below it open as fast without a prepared graph."""

    def help_with(self, weights: Path) -> bool:
        """True if those weights are large enough to gain."""
        return weights.stat().st_size >= self.smallest

    def path(
        self,
        name: str,
        weights: Path,
        *,
        provider: str,
        version: str,
        output: str,
        file: str = GRAPH,
    ) -> Path:
        """Where the graph of those weights is kept; other weights, other place."""
        stat = weights.stat()
        facts = f"{weights.resolve()} {stat.st_size} {stat.st_mtime_ns} {output} {version}"
        return self.folder / f"{name}.{provider}.{machine()}.{_short(facts)}" / file

    def ready(self, name: str) -> bool:
        """True if some graph of that model is kept for this machine."""
        return any(self.folder.glob(f"{name}.*.{machine()}.*/graph.*"))

    def forget(self, name: str) -> None:
        """Delete all graphs of a model."""
        for kept in self.folder.glob(f"{name}.*"):
            shutil.rmtree(kept, ignore_errors=True)

    def keep(self, path: Path, write: Callable[[Path], None]) -> bool:
        """Let `write` make the graph and give it its name when whole; False if it cannot be.

        Graphs that it replaces are deleted. A folder that cannot be written is no failure.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            made = Path(mkdtemp(dir=self.folder, prefix=".making-"))
        except OSError as exc:
            log.warning("optimised graphs are not kept: %s", exc)
            return False
        try:
            write(made / path.name)
            family = path.parent.name.rpartition(".")[0]
            for old in self.folder.glob(f"{family}.*"):
                shutil.rmtree(old, ignore_errors=True)
            made.rename(path.parent)
        except OSError as exc:
            log.warning("the optimised graph %s is not kept: %s", path.parent.name, exc)
            return False
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return True


@cache
def machine() -> str:
    """Short name of this kind of CPU: graphs are laid out for its instructions."""
    flags = " ".join(sorted(cpu_flags()))
    return _short(f"{platform.system()} {platform.machine()} {platform.processor()} {flags}")


def _short(facts: str) -> str:
    return hashlib.sha256(facts.encode()).hexdigest()[:12]
