import os
import threading
from pathlib import Path

import pytest

from cutoutd.cli.batch import Done, perform_all
from cutoutd.cli.plan import Plan, Work


def plan_of(folder: Path, output: Path | None, *, recursive: bool = False) -> Plan:
    target = None if output is None else str(output)
    return Plan(
        inputs=(str(folder),), output=target, word="cutout", extension="png", recursive=recursive
    )


def run(plan: Plan) -> list[str]:
    """Write every target, as a run does. Returns the names of the sources."""
    works = plan.works()
    for work in works:
        assert work.source is not None
        assert work.target is not None
        work.target.parent.mkdir(parents=True, exist_ok=True)
        work.target.write_bytes(PNG)
    return [work.source.name for work in works if work.source]


PNG = b"\x89PNG\r\n\x1a\n"


def test_no_more_pictures_are_in_memory_than_asked_for() -> None:
    now, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def perform(work: Work) -> Done:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(timeout=30)
        with lock:
            now -= 1
        return Done(work=work, seconds=0)

    works = [Work(Path(f"{number}.jpg"), None) for number in range(6)]
    assert len(list(perform_all(works, perform, at_once=2))) == 6
    assert most == 2


def test_what_is_done_and_no_older_than_its_source_counts_as_done(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jpg", tmp_path / "a.png"
    source.write_bytes(b"1")
    target.write_bytes(b"2")
    os.utime(source, (1000, 1000))
    os.utime(target, (2000, 2000))
    assert Work(source, target).done
    os.utime(source, (3000, 3000))
    assert not Work(source, target).done


def test_cutouts_beside_their_photos_are_not_cut_out_again(tmp_path: Path) -> None:
    for name in ("a.jpg", "a-cutout.png"):
        (tmp_path / name).write_bytes(b"1")
    assert [work.source for work in plan_of(tmp_path, None).works()] == [tmp_path / "a.jpg"]


def test_two_pictures_of_one_name_do_not_share_a_target(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).write_bytes(b"1")
    targets = [work.target for work in plan_of(tmp_path, tmp_path / "out").works()]
    assert targets == [tmp_path / "out" / "a.png", tmp_path / "out" / "a-png-cutout.png"]


@pytest.mark.parametrize("output", ["photos/out", "photos", "photos/deep/er", "out", "."])
@pytest.mark.parametrize("recursive", [False, True])
def test_our_own_output_is_never_an_input(output: str, *, recursive: bool, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "a.png", "b.webp"):
        (photos / name).write_bytes(PNG)
    before = {one: one.read_bytes() for one in photos.iterdir()}
    plan = plan_of(photos, tmp_path / output, recursive=recursive)
    for _ in range(3):
        assert run(plan) == ["a.jpg", "a.png", "b.webp"]
    assert all(one.read_bytes() == content for one, content in before.items())


def test_cutouts_of_an_earlier_run_beside_their_photos_are_no_photos_of_the_next(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.jpg").write_bytes(PNG)
    (tmp_path / "alone-mask.png").write_bytes(PNG)
    assert run(plan_of(tmp_path, None)) == ["a.jpg"]
    assert run(plan_of(tmp_path, tmp_path / "out")) == ["a.jpg", "alone-mask.png"]


def test_files_that_are_named_are_inputs_unless_they_are_another_ones_output(
    tmp_path: Path,
) -> None:
    photo, cutout = tmp_path / "a.png", tmp_path / "a-cutout.png"
    for one in (photo, cutout):
        one.write_bytes(PNG)
    plan = Plan(inputs=(str(photo), str(cutout)), output=None, word="cutout", extension="png")
    assert run(plan) == ["a.png"]


def test_pictures_are_known_by_their_content_and_what_systems_leave_is_passed_over(
    tmp_path: Path,
) -> None:
    jpeg = b"\xff\xd8\xff\xe0"
    files = {"b.jfif": jpeg, "c": PNG, "d.hif": b"\0\0\0\x18ftypheic", "e.txt": b"text"}
    junk = {"._b.jpeg": b"\0\5\x16\7", "Thumbs.db": jpeg, ".DS_Store": PNG, ".a.png.partial": PNG}
    junk |= {"h.jpg.part": jpeg, "i.jpg.filepart": jpeg, ".j.jpg": jpeg}
    damaged = {"f.jpg": b"<html>", "g.jpg": b""}
    for name, content in {**files, **junk, **damaged}.items():
        (tmp_path / name).write_bytes(content)
    assert run(plan_of(tmp_path, tmp_path / "out")) == ["b.jfif", "c", "d.hif", "f.jpg", "g.jpg"]
