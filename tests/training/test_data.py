import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training.data import (
    SETS,
    Example,
    Kind,
    PictureSet,
    examples,
    held_out,
    pack,
    padded,
    squeezed,
    trained_on,
)
from training.drawn import draw_shards

PAIRS = next(pictures for pictures in SETS if pictures.name == "duts_tr")
VIDEO = next(pictures for pictures in SETS if pictures.grouped_by_prefix)


def webp(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", lossless=True)
    return stream.getvalue()


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


def test_a_photo_that_is_held_out_is_not_trained_on(tmp_path: Path) -> None:
    sets = draw_shards(tmp_path / "shards")
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)

    squares, allowed = trained_on(sets[0], tmp_path / "packed")

    names = (tmp_path / "packed" / f"{sets[0].name}.txt").read_text().splitlines()
    kept_back = held_out(sets[0], names)
    assert squares.shape == (len(names), 4, 32, 32)
    assert {names[index] for index in allowed} == set(names) - kept_back


def test_every_set_states_its_terms_and_what_its_shards_hold() -> None:
    for pictures in SETS:
        assert pictures.terms
        assert all(len(sha256) == 64 for sha256 in pictures.shards.values())


def test_a_shard_with_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some-00.tar").write_bytes(b"something else")
    some = PictureSet(name="some", kind=Kind.PAIRS, terms="none", shards={"some-00.tar": "0" * 64})

    with pytest.raises(ValueError, match=r"some-00\.tar is not the file"):
        list(examples(some, tmp_path))


def test_a_photo_and_its_mask_are_squeezed_together() -> None:
    photo, mask = Image.new("RGB", (80, 40), (10, 20, 30)), Image.new("L", (80, 40))
    mask.paste(255, (0, 0, 40, 40))

    square = squeezed(Example("a", webp(photo), webp(mask)), 16)

    assert square.shape == (4, 16, 16)
    assert (square[:3, 0, 0] == (10, 20, 30)).all()
    assert (square[3, :, :7] == 255).all()
    assert (square[3, :, 9:] == 0).all()


def test_a_cutout_keeps_its_proportions_and_carries_colour_times_alpha() -> None:
    cutout = Image.new("RGBA", (60, 60))
    cutout.paste((200, 100, 50, 128), (10, 20, 50, 40))

    square = padded(Example("a", webp(cutout), None), 40)

    filled = np.argwhere(square[3])
    assert (np.ptp(filled, axis=0) + 1).tolist() == [20, 40]
    assert abs(square[:, 20, 20].astype(int) - (100, 50, 25, 128)).max() <= 1
