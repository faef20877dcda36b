import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from training.data import Example, held_out
from training.drawn import draw_shards
from training.pack import doubt, pack, padded, squeezed, trained_on, with_drawn_masks


def webp(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def test_a_photo_that_is_held_out_is_not_trained_on(tmp_path: Path) -> None:
    sets = draw_shards(tmp_path / "shards")
    pack(tmp_path / "shards", tmp_path / "packed", side=32, sets=sets)

    squares, allowed = trained_on(sets[0], tmp_path / "packed")

    names = (tmp_path / "packed" / f"{sets[0].name}.txt").read_text().splitlines()
    kept_back = held_out(sets[0], names)
    assert squares.shape == (len(names), 4, 32, 32)
    assert {names[index] for index in allowed} == set(names) - kept_back


def test_a_photo_and_its_mask_are_squeezed_together() -> None:
    photo, mask = Image.new("RGB", (80, 40), (10, 20, 30)), Image.new("L", (80, 40))
    mask.paste(255, (0, 0, 40, 40))

    square = squeezed(Example("a", webp(photo), webp(mask)), side=16)

    assert square.shape == (4, 16, 16)
    assert (square[:3, 0, 0] == (10, 20, 30)).all()
    assert (square[3, :, :7] == 255).all()
    assert (square[3, :, 9:] == 0).all()


def test_a_cutout_keeps_its_proportions_and_carries_colour_times_alpha() -> None:
    cutout = Image.new("RGBA", (60, 60))
    cutout.paste((200, 100, 50, 128), (10, 20, 50, 40))

    square = padded(Example("a", webp(cutout), None), side=40)

    filled = np.argwhere(square[3])
    assert (np.ptp(filled, axis=0) + 1).tolist() == [20, 40]
    assert abs(square[:, 20, 20].astype(int) - (100, 50, 25, 128)).max() <= 1


def test_drawn_masks_are_packed_in_place_of_none_and_of_coarse_ones(tmp_path: Path) -> None:
    shards, masks = tmp_path / "shards", tmp_path / "masks"
    pairs = draw_shards(shards)[0]
    (masks / pairs.name).mkdir(parents=True)
    (masks / pairs.name / "003.webp").write_bytes(webp(Image.new("L", (120, 90), 255)))
    (masks / pairs.name / "004.webp").write_bytes(b"")

    pack(shards, tmp_path / "packed", side=32, sets=[pairs], masks=masks)

    squares = np.load(tmp_path / "packed" / f"{pairs.name}.npy")
    assert (squares[3, 3] == 255).all()
    assert 0 < squares[4, 3].mean() < 255


def test_a_photo_without_any_mask_is_not_packed_where_one_is_needed(tmp_path: Path) -> None:
    nothing = [Example("a", webp(Image.new("RGB", (20, 10))), None)]

    assert list(with_drawn_masks(nothing, tmp_path, needed=True)) == []
    assert list(with_drawn_masks(nothing, tmp_path, needed=False)) == nothing


def test_a_half_transparent_area_is_doubt_and_a_soft_edge_little_of_it() -> None:
    edge = np.zeros((40, 40), np.uint8)
    edge[:, 20:] = 255
    edge[:, 19] = 128

    assert doubt(edge) < 0.05
    assert doubt(np.full((40, 40), 128, np.uint8)) > 0.95
    assert doubt(np.zeros((40, 40), np.uint8)) == 0


def test_a_mask_full_of_doubt_is_learned_only_if_people_drew_it(tmp_path: Path) -> None:
    pairs = draw_shards(tmp_path / "shards")[0]
    masks = tmp_path / "masks" / pairs.name
    masks.mkdir(parents=True)
    (masks / "000.webp").write_bytes(webp(Image.new("L", (120, 90), 128)))

    for pictures in (pairs, replace(pairs, taught=True)):
        folder = tmp_path / str(pictures.taught)
        pack(tmp_path / "shards", folder, side=32, sets=[pictures], masks=tmp_path / "masks")

    names = [(tmp_path / by / f"{pairs.name}.txt").read_text().split() for by in ("False", "True")]
    assert names[0][1:] == names[1]
