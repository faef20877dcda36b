from pathlib import Path

import pytest
from training.data import SETS, Kind, PictureSet, examples, held_out, left_out

PAIRS = next(pictures for pictures in SETS if pictures.name == "duts_tr")
VIDEO = next(pictures for pictures in SETS if pictures.grouped_by_prefix)


def test_six_hundred_photos_of_duts_are_held_out_whatever_their_order() -> None:
    names = [f"n{number:08}" for number in range(10535)]

    chosen = held_out(PAIRS, names)

    assert len(chosen) == 600
    assert chosen == held_out(PAIRS, reversed(names))


def test_which_photos_are_held_out_never_changes() -> None:
    assert held_out(PAIRS, [f"{number}" for number in range(601)]) == {
        f"{number}" for number in range(601)
    } - {"70"}


def test_frames_of_one_video_are_held_out_together() -> None:
    names = [f"{video}_{frame:05}" for video in range(20) for frame in range(5)]

    chosen = held_out(VIDEO, names)

    videos = {name.rsplit("_", 1)[0] for name in chosen}
    assert len(videos) == VIDEO.held_out
    assert len(chosen) == 5 * VIDEO.held_out


def test_every_set_states_its_terms_and_what_its_shards_hold() -> None:
    for pictures in SETS:
        assert pictures.terms
        assert all(len(sha256) in (0, 64) for sha256 in pictures.shards.values())


def test_a_shard_with_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some-00.tar").write_bytes(b"something else")
    some = PictureSet(name="some", kind=Kind.PAIRS, terms="none", shards={"some-00.tar": "0" * 64})

    with pytest.raises(ValueError, match=r"some-00\.tar is not the file"):
        list(examples(some, tmp_path))


def test_what_nearly_equals_a_held_out_photo_is_known_by_name() -> None:
    assert "n03782006_11777" in left_out(PAIRS)
    assert not left_out(VIDEO)
