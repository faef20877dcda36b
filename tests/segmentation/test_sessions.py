import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.segmentation.networks import a_spec, write_network
from tests.segmentation.test_session import GREY, Fixed

from cutoutd.errors import ConfigurationError, InvalidRequest
from cutoutd.segmentation.models import EMBEDDED, ModelSpec, Registry
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.session import Session
from cutoutd.segmentation.sessions import MEGABYTE, Sessions, open_registry
from cutoutd.segmentation.weights import Weights


def counted(log: list[str], gate: threading.Event | None = None) -> "CountedOpener":
    return CountedOpener(log, gate)


class CountedOpener:
    """Opens sessions that answer nothing, and remembers for which models."""

    def __init__(self, log: list[str], gate: threading.Event | None) -> None:
        self.log = log
        self.gate = gate
        self.memory = 0

    def __call__(self, spec: ModelSpec) -> Session:
        if self.gate:
            assert self.gate.wait(5)
        self.log.append(spec.name)
        self.memory += 100 * MEGABYTE
        return Session(spec, [Fixed(np.zeros((1, 1, 4, 4), np.float32))])


def three_models(folder: Path, **options: object) -> tuple[Sessions, list[str]]:
    specs = []
    for name in ("a", "b", "c"):
        (folder / f"{name}.onnx").write_bytes(b"")
        specs.append(a_spec(folder / f"{name}.onnx"))
    log: list[str] = []
    opener = counted(log)
    sessions = Sessions(
        SegmentationOptions(default="a", **options),  # type: ignore[arg-type]
        registry=Registry(specs, default="a"),
        weights=Weights(folder),
        opened=opener,
        memory=lambda: opener.memory,
    )
    return sessions, log


def use(sessions: Sessions, name: str | None) -> None:
    with sessions.get(name) as session:
        session.predict(GREY)


def test_the_default_and_the_preloaded_models_are_open_before_the_first_request(
    tmp_path: Path,
) -> None:
    sessions, log = three_models(tmp_path, preload=("c", "a"))
    sessions.warm()
    assert log == ["a", "c"]
    use(sessions, None)
    assert log == ["a", "c"]
    assert [s.name for s in sessions.loaded()] == ["a", "c"]


def test_many_callers_at_once_open_a_model_once(tmp_path: Path) -> None:
    sessions, _ = three_models(tmp_path)
    gate, log = threading.Event(), list[str]()
    sessions._opened = counted(log, gate)
    callers = [threading.Thread(target=use, args=(sessions, "b")) for _ in range(6)]
    for caller in callers:
        caller.start()
    gate.set()
    for caller in callers:
        caller.join(5)
    assert log == ["b"]


def test_beyond_the_memory_budget_the_least_recently_used_model_goes(tmp_path: Path) -> None:
    sessions, log = three_models(tmp_path, memory_budget_mb=250)
    for name in ("a", "b", "a", "c"):
        use(sessions, name)
    assert [s.name for s in sessions.loaded()] == ["a", "c"]
    use(sessions, "b")
    assert log == ["a", "b", "c", "b"]


def test_a_model_in_use_is_never_dropped(tmp_path: Path) -> None:
    sessions, _ = three_models(tmp_path, memory_budget_mb=150)
    with sessions.get("a"):
        use(sessions, "b")
        with sessions.get("c"):
            assert [s.name for s in sessions.loaded()] == ["a", "c"]


def test_a_model_that_fails_to_open_is_tried_again_by_the_next_caller(tmp_path: Path) -> None:
    sessions, log = three_models(tmp_path)
    opens = sessions._opened

    def fails(spec: ModelSpec) -> Session:
        raise ConfigurationError("no memory")

    sessions._opened = fails
    with pytest.raises(ConfigurationError):
        use(sessions, "a")
    assert sessions.loaded() == []
    sessions._opened = opens
    use(sessions, "a")
    assert log == ["a"]


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    sessions, _ = three_models(tmp_path)
    with pytest.raises(InvalidRequest, match="Known models: a, b, c") as caught:
        use(sessions, "u3net")
    assert caught.value.field == "model"


def test_a_model_that_is_not_pulled_is_refused_with_the_command(tmp_path: Path) -> None:
    sessions, _ = three_models(tmp_path)
    (tmp_path / "b.onnx").unlink()
    with pytest.raises(InvalidRequest, match="`cutoutd models pull b`") as caught:
        use(sessions, "b")
    assert caught.value.field == "model"


def test_a_model_that_is_not_for_commercial_use_needs_the_operators_word(tmp_path: Path) -> None:
    sessions, _ = three_models(tmp_path)
    spec = replace(sessions.registry["b"], commercial=False, licence="CC-BY-NC-4.0")
    sessions.registry = Registry([spec], default="b")
    with pytest.raises(InvalidRequest, match=r"CC-BY-NC-4.0.*ALLOW_NON_COMMERCIAL"):
        use(sessions, "b")
    sessions.options = SegmentationOptions(default="b", allow_non_commercial=True)
    use(sessions, "b")


def test_a_default_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'nope' is not known"):
        Sessions(SegmentationOptions(default="nope"))
    u2net = Sessions(
        SegmentationOptions(default="u2net", folder=tmp_path), weights=Weights(tmp_path)
    )
    with pytest.raises(ConfigurationError, match="`cutoutd models pull u2net`"):
        u2net.warm()


def test_a_folder_with_a_description_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "shoes").mkdir()
    write_network(tmp_path / "shoes" / "model.onnx")
    (tmp_path / "shoes" / "model.toml").write_text('size = 32\nlicence = "ours"\nscale = "levels"')
    sessions = Sessions(SegmentationOptions(folder=tmp_path, threads=1, slots=2))
    with sessions.get("shoes") as session:
        assert session.predict(GREY).shape == (32, 32)
        assert session.spec.licence == "ours"


def test_an_earlier_version_of_the_embedded_model_is_offered_by_its_number(tmp_path: Path) -> None:
    assert EMBEDDED.folder is not None
    shutil.copy(EMBEDDED.folder / EMBEDDED.file, tmp_path / "cutoutd-small@3.onnx")

    registry = open_registry(SegmentationOptions(folder=tmp_path))

    assert registry["cutoutd-small@3"].folder == tmp_path
    assert registry.default is EMBEDDED
