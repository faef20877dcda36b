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
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnx

LARGEST_PARSED = 1_900_000_000
"""Bytes; protobuf cannot hold more in one message."""
GRAPH = "graph.onnx"

log = logging.getLogger(__name__)


def pruned(weights: Path, output: str | None) -> bytes | None:
    """The model with nothing but what one output needs; None if there is nothing to gain.

    output: its name, or None for the first. Models with more than 1.9 GB or with their weights
    in further files are left as they are. Raises onnx's and protobuf's errors for other files.
    """
    if weights.stat().st_size > LARGEST_PARSED:
        return None
    import onnx

    model = onnx.load(str(weights), load_external_data=False)
    graph = model.graph
    if len(graph.output) < 2 or any(w.HasField("data_location") for w in graph.initializer):
        return None
    wanted = [o for o in graph.output if o.name == (output or graph.output[0].name)]
    if not wanted:
        return None  # Opening the file will say which outputs there are.
    _keep_what_leads_to(graph, wanted[0].name)
    kept = onnx.ValueInfoProto()
    kept.CopyFrom(wanted[0])
    del graph.output[:]
    graph.output.append(kept)
    serialised: bytes = model.SerializeToString()
    return serialised


def _keep_what_leads_to(graph: "onnx.GraphProto", output: str) -> None:
    """Drop the nodes and weights that the output does not depend on. Nodes are in order."""
    needed, nodes = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            needed.update(_names_used_inside(node))
            nodes.append(node)
    weights = [w for w in graph.initializer if w.name in needed]
    del graph.node[:]
    graph.node.extend(reversed(nodes))
    del graph.initializer[:]
    graph.initializer.extend(weights)


def _names_used_inside(node: "onnx.NodeProto") -> set[str]:
    """What the bodies of If, Loop and Scan take from outside."""
    names: set[str] = set()
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names.update(inner.input)
            names |= _names_used_inside(inner)
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
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return _short(f"{platform.system()} {platform.machine()} {platform.processor()} {flags}")


def _short(facts: str) -> str:
    return hashlib.sha256(facts.encode()).hexdigest()[:12]
