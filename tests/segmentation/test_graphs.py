from pathlib import Path

import numpy as np
import onnx
from tests.segmentation.networks import a_spec, write_network

from cutoutd.segmentation.graphs import PreparedGraphs, pruned
from cutoutd.segmentation.models import EMBEDDED
from cutoutd.segmentation.runtimes.runner import RunnerOptions
from cutoutd.segmentation.session import Session, open_session

PICTURE = np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8)


def opened(weights: Path, graphs: PreparedGraphs) -> Session:
    return open_session(a_spec(weights), weights, RunnerOptions(graphs=graphs, threads=1))


def kept(graphs: PreparedGraphs) -> list[Path]:
    return sorted(graphs.folder.iterdir())


def test_nothing_stays_but_what_the_mask_needs(tmp_path: Path) -> None:
    path = write_network(tmp_path / "tiny.onnx", outputs=4)
    content = pruned(path, "d2")
    assert content is not None
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    assert [o.name for o in model.graph.output] == ["d2"]
    assert sorted(w.name for w in model.graph.initializer) == ["v2", "w"]


def test_a_model_with_one_output_is_left_as_it_is(tmp_path: Path) -> None:
    assert pruned(write_network(tmp_path / "tiny.onnx", outputs=1), None) is None


def test_what_the_registry_says_of_the_embedded_models_outputs_is_true() -> None:
    assert EMBEDDED.folder is not None
    model = onnx.load(str(EMBEDDED.folder / EMBEDDED.file))
    assert len(model.graph.output) == EMBEDDED.outputs == 1


def test_a_prepared_graph_gives_the_same_masks(tmp_path: Path) -> None:
    weights = write_network(tmp_path / "tiny.onnx", outputs=3)
    graphs = PreparedGraphs(tmp_path / "prepared", smallest=0)
    plain = open_session(a_spec(weights), weights, RunnerOptions(threads=1)).predict(PICTURE)
    first = opened(weights, graphs).predict(PICTURE)
    (folder,) = kept(graphs)
    made = (folder / "graph.onnx").stat().st_mtime_ns
    again = opened(weights, graphs).predict(PICTURE)

    assert np.allclose(first, plain, atol=1e-5)
    assert np.array_equal(first, again)
    assert (folder / "graph.onnx").stat().st_mtime_ns == made


def test_a_damaged_graph_is_made_again(tmp_path: Path) -> None:
    weights = write_network(tmp_path / "tiny.onnx")
    graphs = PreparedGraphs(tmp_path / "prepared", smallest=0)
    before = opened(weights, graphs).predict(PICTURE)
    (folder,) = kept(graphs)
    (folder / "graph.onnx").write_bytes(b"damaged")
    assert np.array_equal(opened(weights, graphs).predict(PICTURE), before)
    assert (folder / "graph.onnx").stat().st_size > 100


def test_other_weights_under_the_same_name_replace_the_graph(tmp_path: Path) -> None:
    graphs = PreparedGraphs(tmp_path / "prepared", smallest=0)
    weights = write_network(tmp_path / "tiny.onnx", seed=1)
    before = opened(weights, graphs).predict(PICTURE)
    first = kept(graphs)
    weights = write_network(tmp_path / "tiny.onnx", seed=2, outputs=3)
    assert np.abs(opened(weights, graphs).predict(PICTURE) - before).max() > 0.01
    assert len(kept(graphs)) == 1
    assert kept(graphs) != first


def test_small_weights_are_opened_as_they_are(tmp_path: Path) -> None:
    graphs = PreparedGraphs(tmp_path / "prepared")
    opened(write_network(tmp_path / "tiny.onnx"), graphs)
    assert not graphs.folder.exists()


def test_a_folder_that_cannot_be_written_only_costs_the_cache(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_text("a file where the folder should be")
    graphs = PreparedGraphs(tmp_path / "prepared", smallest=0)
    assert opened(write_network(tmp_path / "tiny.onnx"), graphs).predict(PICTURE).shape == (32, 32)
