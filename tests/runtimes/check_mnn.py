"""MNN behind the same Segmenter: what it promises, shown with the real one.

python tests/runtimes/check_mnn.py
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from benchmarks.networks import write
from onnx import TensorProto, helper
from tests.segmentation.networks import a_spec, write_network
from tests.segmentation.pictures import drawn_pictures

from cutoutd.errors import ConfigurationError
from cutoutd.segmentation.graphs import PreparedGraphs
from cutoutd.segmentation.models import EMBEDDED, WEIGHTS_IN_PACKAGE
from cutoutd.segmentation.options import ProviderName
from cutoutd.segmentation.runtimes.mnn import open_runner
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

PICTURES = drawn_pictures(6)
EMBEDDED_FILE = WEIGHTS_IN_PACKAGE / EMBEDDED.file
OPENED = """
import sys
from pathlib import Path
import numpy as np
from tests.segmentation.networks import a_spec
from cutoutd.segmentation.runtimes.mnn import open_runner
path = Path(sys.argv[1])
open_runner(a_spec(path), path).run(np.zeros((1, 3, 32, 32), np.float32))
sys.stdout.buffer.write(b"image")
"""
WRONG = """
import pathlib, shutil, sys
def mnnconvert(words):
    to = pathlib.Path(words[words.index("--MNNModel") + 1])
    for file in pathlib.Path({other!r}).iterdir():
        shutil.copy(file, to.parent)
"""


def opened(path: Path, graphs: PreparedGraphs | None = None, **facts: object) -> Session:
    spec = a_spec(path, **facts)
    return open_session(
        spec, path, RunnerOptions(provider=ProviderName.MNN, threads=2, graphs=graphs)
    )


def distance(ours: Session, theirs: Session) -> float:
    return max(float(np.abs(ours.predict(p) - theirs.predict(p)).max()) for p in PICTURES)


def write_one_operator(path: Path, name: str, numbers: int) -> Path:
    image, mask = (
        helper.make_tensor_value_info(end, numbers, [1, 3, 32, 32]) for end in ("image", "mask")
    )
    node = helper.make_node(name, ["image"], ["mask"])
    graph = helper.make_graph([node], "one", [image], [mask])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), str(path))
    return path


def refusal_of(path: Path, graphs: PreparedGraphs | None = None) -> str:
    try:
        opened(path, graphs)
    except ConfigurationError as error:
        print(f"   {error.message}")
        return error.message
    raise AssertionError("It was opened.")


def it_gives_the_mask_of_onnx_runtime(folder: Path) -> None:
    small = write_network(folder / "tiny.onnx", outputs=3)
    nested = folder / "u2netp.onnx"
    write("u2netp", nested)
    for path, facts in (
        (EMBEDDED_FILE, {}),
        (small, {"output": "d1"}),
        (nested, {"size": 320, "stretch": True}),
    ):
        spec = EMBEDDED if path == EMBEDDED_FILE else a_spec(path, **facts)
        ours = open_session(spec, path, RunnerOptions(provider=ProviderName.MNN, threads=2))
        worst = distance(ours, open_session(spec, path, RunnerOptions(threads=2)))
        print(f"   {spec.name} on {ours.provider}: largest difference {worst:.6f}")
        assert ours.provider == "mnn-f32"
        assert worst <= 1 / 255


def a_network_of_any_size_or_batch_is_opened_at_the_size_of_its_row(folder: Path) -> None:
    path = write_network(folder / "open.onnx", side="side", count="count")
    assert distance(opened(path), open_session(a_spec(path), path)) <= 1 / 255


def a_network_in_half_precision_is_computed_in_single(folder: Path) -> None:
    path = write_one_operator(folder / "half.onnx", "Sigmoid", TensorProto.FLOAT16)
    assert distance(opened(path), open_session(a_spec(path), path)) <= 1 / 255


def the_converted_model_is_kept_and_used_again(folder: Path) -> None:
    path = write_network(folder / "kept.onnx", outputs=2)
    graphs = PreparedGraphs(folder / "graphs")
    first = opened(path, graphs)
    (graph,) = graphs.folder.rglob("graph.mnn")
    made = graph.stat().st_mtime_ns
    again = opened(path, graphs)
    assert graph.stat().st_mtime_ns == made
    assert distance(first, again) == 0
    assert sorted(one.name for one in graph.parent.iterdir()) == [
        "graph.mnn",
        "graph.mnn.size",
        "graph.mnn.weight",
    ]


def a_kept_model_that_was_cut_off_is_made_again(folder: Path) -> None:
    path = write_network(folder / "cut.onnx")
    graphs = PreparedGraphs(folder / "graphs")
    before = opened(path, graphs)
    for name in ("graph.mnn.weight", "graph.mnn"):
        (file,) = (folder / "graphs").rglob(name)
        file.write_bytes(file.read_bytes()[:100])
        assert distance(opened(path, graphs), before) == 0


def a_cache_that_cannot_be_written_only_costs_the_cache(folder: Path) -> None:
    (folder / "graphs").write_text("a file where the folder should be")
    opened(write_network(folder / "tiny.onnx"), PreparedGraphs(folder / "graphs"))


def a_conversion_that_changes_the_mask_is_refused(folder: Path) -> None:
    other, graphs = folder / "other", PreparedGraphs(folder / "graphs")
    opened(write_network(folder / "other.onnx", seed=1), PreparedGraphs(other))
    (kept,) = other.rglob("graph.mnn")
    (folder / "_tools.py").write_text(WRONG.format(other=str(kept.parent)))
    path = write_network(folder / "right.onnx", seed=2)
    before = os.environ["PYTHONPATH"]
    os.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{before}"
    try:
        message = refusal_of(path, graphs)
    finally:
        os.environ["PYTHONPATH"] = before
    assert "right.onnx" in message
    assert "another mask" in message
    assert not list(graphs.folder.rglob("graph.mnn"))


def an_operator_that_mnn_does_not_know_is_refused_by_name(folder: Path) -> None:
    path = write_one_operator(folder / "odd.onnx", "Hardmax", TensorProto.FLOAT)
    message = refusal_of(path)
    assert "odd.onnx" in message
    assert str(folder) not in message


def stdout_is_left_to_the_picture(folder: Path) -> None:
    path = write_network(folder / "tiny.onnx")
    words = [sys.executable, "-c", OPENED, str(path)]
    run = subprocess.run(words, capture_output=True, check=True)
    assert run.stdout == b"picture", run.stdout
    assert b"device" in run.stderr, run.stderr


def other_threads_go_on_while_it_computes(folder: Path) -> None:
    runner = open_runner(EMBEDDED, EMBEDDED_FILE, RunnerOptions(threads=1))
    tensor = np.zeros((1, 3, EMBEDDED.size, EMBEDDED.size), np.float32)
    beats, done = 0, threading.Event()

    def compute() -> None:
        for _ in range(5):
            runner.run(tensor)
        done.set()

    thread = threading.Thread(target=compute)  # And not the thread that opened it.
    start = time.perf_counter()
    thread.start()
    while not done.wait(0.001):
        beats += 1
    elapsed = (time.perf_counter() - start) * 1000
    print(f"   {beats} beats of a millisecond in {elapsed:.0f} ms of computing")
    assert beats > elapsed / 20


def slots_do_not_disturb_each_other(folder: Path) -> None:
    graphs = PreparedGraphs(folder / "graphs")
    alone, shared = (
        open_session(
            EMBEDDED,
            EMBEDDED_FILE,
            RunnerOptions(provider=ProviderName.MNN, threads=2, graphs=graphs),
            slots=slots,
        )
        for slots in (1, 3)
    )
    expected = [alone.predict(picture) for picture in PICTURES]
    right: list[bool] = []

    def call(number: int) -> None:
        masks = [shared.predict(PICTURES[number]) for _ in range(4)]
        right.extend(np.array_equal(mask, expected[number]) for mask in masks)

    callers = [threading.Thread(target=call, args=(n,)) for n in range(len(PICTURES))]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert right == [True] * 4 * len(PICTURES)


PROMISES: tuple[Callable[[Path], None], ...] = (
    it_gives_the_mask_of_onnx_runtime,
    a_network_of_any_size_or_batch_is_opened_at_the_size_of_its_row,
    a_network_in_half_precision_is_computed_in_single,
    the_converted_model_is_kept_and_used_again,
    a_kept_model_that_was_cut_off_is_made_again,
    a_cache_that_cannot_be_written_only_costs_the_cache,
    a_conversion_that_changes_the_mask_is_refused,
    an_operator_that_mnn_does_not_know_is_refused_by_name,
    stdout_is_left_to_the_picture,
    other_threads_go_on_while_it_computes,
    slots_do_not_disturb_each_other,
)


def main() -> int:
    failures = 0
    for promise in PROMISES:
        with tempfile.TemporaryDirectory() as folder:
            print(promise.__name__.replace("_", " "), flush=True)
            try:
                promise(Path(folder))
            except AssertionError as error:
                failures += 1
                print(f"   FAILED: {error!r}")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
