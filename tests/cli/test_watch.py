import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.here import cutoutd
from tests.cli.test_batch import PNG, plan_of
from tests.scenes import ball, encoded

from cutoutd.cli.batch import Done, perform_all
from cutoutd.cli.moves import Moves
from cutoutd.cli.places import version_of, write
from cutoutd.cli.plan import Plan, Work
from cutoutd.cli.resume import Records
from cutoutd.cli.watch import AGAIN_LOOKS, UNCHANGED_LOOKS, Arrivals, Looks, until_terminated
from cutoutd.cli.watch import watched as looked_at

SETTLED = UNCHANGED_LOOKS + 1


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def arrivals_of(plan: Plan, records: Records | None = None) -> Arrivals:
    known = records or Records("options")
    return Arrivals(replace(plan, is_anothers=known.is_anothers), known.is_done)


def names(works: list[Work]) -> list[str]:
    return [work.source.name for work in works if isinstance(work.source, Path)]


def given(arrivals: Arrivals, looks: int = SETTLED) -> list[str]:
    """The names of what these looks give."""
    return [name for _ in range(looks) for name in names(arrivals.look())]


def put(file: Path, content: bytes = PNG, *, second: int = 1000) -> None:
    file.write_bytes(content)
    os.utime(file, (second, second))


def settle(arrivals: Arrivals, records: Records, looks: int = SETTLED) -> list[tuple[str, str]]:
    """Write what these looks give. Returns the names of sources and targets."""
    pairs = []
    for _ in range(looks):
        for work in arrivals.look():
            assert isinstance(work.source, Path)
            assert isinstance(work.target, Path)
            write(work.target, PNG)
            records.add(work, version_of(work.source))
            pairs.append((work.source.name, work.target.name))
    return pairs


def test_an_image_is_given_once_and_only_when_it_stopped_growing(folder: Path) -> None:
    arrivals = arrivals_of(plan_of(folder, folder.parent / "out"))
    for size in range(1, 6):
        put(folder / "a.jpg", b"x" * size, second=1000 + size)
        assert given(arrivals, 1) == []
    assert given(arrivals) == ["a.jpg"]
    assert given(arrivals, AGAIN_LOOKS) == []


def test_an_image_that_keeps_its_size_while_it_is_written_is_waited_for(folder: Path) -> None:
    arrivals = arrivals_of(plan_of(folder, folder.parent / "out"))
    for second in range(1000, 1006):
        put(folder / "a.jpg", second=second)
        assert given(arrivals, 1) == []


def test_the_same_file_is_an_image_again_after_it_had_left(folder: Path) -> None:
    arrivals = arrivals_of(plan_of(folder, folder.parent / "out"))
    for _ in range(2):
        put(folder / "a.jpg")
        assert given(arrivals) == ["a.jpg"]
        (folder / "a.jpg").unlink()
        assert given(arrivals, 1) == []


def test_an_image_whose_output_could_not_be_written_comes_again_later(folder: Path) -> None:
    arrivals = arrivals_of(plan_of(folder, folder.parent / "out"))
    put(folder / "a.jpg")
    (work,) = [work for _ in range(SETTLED) for work in arrivals.look()]
    arrivals.again(work)
    assert given(arrivals, AGAIN_LOOKS - 1) == []
    assert given(arrivals, 1) == ["a.jpg"]


@pytest.mark.parametrize("first", ["a.jpg", "a.png"])
def test_two_of_one_name_keep_a_cutout_each_whichever_comes_first(first: str, folder: Path) -> None:
    (second,) = {"a.jpg", "a.png"} - {first}
    plan = plan_of(folder, folder.parent / "out")
    for came in (first, second):
        put(folder / came)
        records = Records("options")  # As after a restart.
        assert [source for source, _ in settle(arrivals_of(plan, records), records)] == [came]
    assert len(list((folder.parent / "out").iterdir())) == 2
    assert settle(arrivals_of(plan, records), records) == []


def test_two_of_one_name_keep_a_cutout_each_although_the_first_has_left(folder: Path) -> None:
    plan, targets = plan_of(folder, folder.parent / "out"), []
    for second, came in enumerate(("a.jpg", "a.png", "a.jpg"), 1000):
        put(folder / came, second=second)
        records = Records("options", moved=True)
        targets += settle(arrivals_of(plan, records), records)
        (folder / came).unlink()
    assert targets == [("a.jpg", "a.png"), ("a.png", "a-png-cutout.png"), ("a.jpg", "a.png")]


def test_an_older_image_under_the_same_name_is_a_new_one(folder: Path) -> None:
    plan, records = plan_of(folder, folder.parent / "out"), Records("options")
    arrivals = arrivals_of(plan, records)
    put(folder / "a.jpg", second=2000)
    assert settle(arrivals, records) == [("a.jpg", "a.png")]
    put(folder / "a.jpg", b"another", second=1000)
    assert settle(arrivals, records) == [("a.jpg", "a.png")]


def test_three_of_one_name_never_share_a_target(tmp_path: Path) -> None:
    for name in ("1", "2", "3"):
        (tmp_path / name).mkdir()
        put(tmp_path / name / "a.jpg")
    inputs = tuple(str(tmp_path / name) for name in ("1", "2", "3"))
    plan = Plan(inputs=inputs, output=f"{tmp_path}/out", word="cutout", extension="png")
    targets = {str(work.target) for work in plan.works()}
    assert len(targets) == 3


@pytest.mark.parametrize("inside", [False, True])
def test_what_is_in_the_other_folders_is_no_input(folder: Path, *, inside: bool) -> None:
    parent = folder if inside else folder.parent
    moves = Moves(done=parent / "done", failed=parent / "failed")
    plan = plan_of(folder, parent / "out", recursive=True)
    plan = replace(plan, apart=moves.folders)
    moves.check(plan)
    for name in ("out", "done", "failed"):
        (parent / name).mkdir()
        put(parent / name / "b.png")
    put(folder / "a.png")
    assert given(arrivals_of(plan)) == ["a.png"]


class Three(Looks):
    """Ends after three looks."""

    left = 3

    def pause(self) -> None:
        self.left -= 1
        self.ended = self.left == 0


def test_what_has_ended_is_told_before_the_next_image_arrives(folder: Path) -> None:
    put(folder / "a.jpg")
    works = looked_at(arrivals_of(plan_of(folder, folder.parent / "out")), Three())
    ends = perform_all(works, lambda work: Done(work=work, seconds=0), at_once=2)
    assert names([done.work for done in ends]) == ["a.jpg"]


def test_a_signal_to_terminate_ends_the_looking_and_no_other_image_begins(folder: Path) -> None:
    put(folder / "a.jpg")
    put(folder / "b.jpg")
    with until_terminated() as looks:
        looks.pause = lambda: None  # type: ignore[method-assign]
        works = (work for work in looked_at(arrivals_of(plan_of(folder, None)), looks) if work)
        assert names([next(works)]) == ["a.jpg"]
        os.kill(os.getpid(), signal.SIGTERM)
        assert list(works) == []


Fails = Callable[[Work], Done]


def ending(*, error: str | None, **more: bool) -> Fails:
    """What performs an image, and ends so."""
    return lambda work: Done(
        work=work, seconds=0, error=error, version=version_of(work.source), **more
    )


@pytest.fixture
def moves(tmp_path: Path) -> Moves:
    return Moves(done=tmp_path / "done", failed=tmp_path / "failed")


def test_what_failed_is_moved_with_a_sentence_beside_it(folder: Path, moves: Moves) -> None:
    (folder / "more").mkdir()
    put(folder / "more" / "a.jpg", b"<html>")
    (work,) = plan_of(folder, folder.parent / "out", recursive=True).works()
    assert moves.after(ending(error="No image."))(work).error == "No image."
    failed = folder.parent / "failed" / "more"
    assert (failed / "a.jpg").read_bytes() == b"<html>"
    assert (failed / "a.jpg.txt").read_text() == "a.jpg: No image.\n"
    assert list((folder / "more").iterdir()) == []


def test_what_is_done_is_moved_and_never_over_another(folder: Path, moves: Moves) -> None:
    for content in (b"1", b"2", b"3"):
        put(folder / "a.jpg", content)
        moves.after(ending(error=None))(Work(folder / "a.jpg", None))
    done = folder.parent / "done"
    kept = {one.name: one.read_bytes() for one in done.iterdir()}
    assert kept == {"a.jpg": b"1", "a-2.jpg": b"2", "a-3.jpg": b"3"}


def test_an_image_stays_if_its_output_is_what_failed(folder: Path, moves: Moves) -> None:
    put(folder / "a.jpg")
    moves.after(ending(error="The disk is full.", unwritten=True))(Work(folder / "a.jpg", None))
    assert (folder / "a.jpg").exists()


def test_an_image_stays_if_it_is_still_being_written(folder: Path, moves: Moves) -> None:
    put(folder / "a.jpg")

    def perform(work: Work) -> Done:
        done = ending(error="It is truncated.")(work)
        put(folder / "a.jpg", PNG + PNG, second=1001)
        return done

    moves.after(perform)(Work(folder / "a.jpg", None))
    assert (folder / "a.jpg").read_bytes() == PNG + PNG


def test_an_image_that_cannot_be_moved_says_so_and_leaves_nothing_behind(
    folder: Path, tmp_path: Path
) -> None:
    put(folder / "a.jpg")
    (tmp_path / "file").touch()
    moves = Moves(done=None, failed=tmp_path / "file" / "failed")
    done = moves.after(ending(error="No image."))(Work(folder / "a.jpg", None))
    assert done.error == f"No image; not moved to {tmp_path}/file/failed: Not a directory"
    assert (folder / "a.jpg").exists()


def test_another_file_system_gets_the_whole_file_or_none(folder: Path) -> None:
    from cutoutd.cli.moves import _move_across

    place = folder.parent / "a.jpg"
    put(folder / "a.jpg", b"1")
    _move_across(folder / "a.jpg", place)
    assert (place.read_bytes(), place.stat().st_mtime) == (b"1", 1000)
    with pytest.raises(FileNotFoundError):
        _move_across(folder / "a.jpg", folder.parent / "b.jpg")
    assert [one.name for one in folder.parent.iterdir() if one.is_file()] == ["a.jpg"]


def test_the_longest_name_keeps_its_sentence(folder: Path, moves: Moves) -> None:
    name = "ä" * 125 + ".jpg"  # 254 bytes.
    put(folder / name)
    done = moves.after(ending(error="No image."))(Work(folder / name, None))
    assert done.error == "No image."
    assert len(list((folder.parent / "failed").iterdir())) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{in}", "-o", "{out}", "--failed", "{in}"], "name its own"),
        (["{in}", "-o", "{out}", "--failed", "{out}"], "name its own"),
        (["{in}", "--done", "x", "--failed", "x"], "name its own"),
        (["-", "--failed", "x"], "- cannot be moved"),
        (["https://example.com/a.jpg", "--done", "x"], "cannot be moved"),
        (["{in}", "--done", __file__], "is not a folder"),
        (["s3://shop/raw/", "--watch"], "cannot be watched"),
        (["{in}/no", "--watch"], "there is no such folder"),
        (["{in}", "--watch", "-o", "{out}/{{index}}.png"], "use {stem}"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: list[str], said: str, folder: Path) -> None:
    places = {"in": folder, "out": folder.parent / "out"}
    run = cutoutd("remove", *(word.format(**places) for word in words))
    assert run.returncode == 2
    assert said in run.stderr.decode()


def test_a_folder_is_worked_off_into_three(folder: Path, tmp_path: Path) -> None:
    put(folder / "good.jpg", encoded(ball(96, 64), "JPEG"))
    put(folder / "bad.jpg", b"<html>")
    options = ["-o", tmp_path / "out", "--done", tmp_path / "done", "--failed", tmp_path / "failed"]
    assert cutoutd("remove", folder, *options).returncode == 1
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*.*")}
    assert left == {"out/good.png", "done/good.jpg", "failed/bad.jpg", "failed/bad.jpg.txt"}
