import io

import numpy as np
from PIL import Image, ImageDraw
from training.beside import MAGENTA, TILE, WINDOW, page_of, row_of, softest
from training.evaluate import contestant_of


def test_the_softest_part_is_where_the_most_alpha_is_in_between() -> None:
    alpha = np.zeros((400, 600), np.uint8)
    alpha[:, 300:] = 255
    alpha[220:380, 400:560] = 128

    window = softest(alpha)

    assert (abs(window.left - 400) <= 1, abs(window.top - 220) <= 1) == (True, True)


def test_the_softest_part_of_a_picture_smaller_than_it_begins_at_its_corner() -> None:
    assert softest(np.full((50, WINDOW), 128, np.uint8)) == (0, 0)


def test_a_row_has_the_photo_and_each_cut_out_on_magenta() -> None:
    photo, data = Image.new("RGB", (240, 180), (90, 140, 200)), io.BytesIO()
    ImageDraw.Draw(photo).ellipse((70, 40, 170, 140), (200, 40, 30))
    photo.save(data, "PNG")

    views = row_of(data.getvalue(), [contestant_of("cutoutd-small")] * 2, edges=False)

    assert [view.size for view in views] == [(240, 180)] * 3
    corners = [view.getpixel((0, 0)) for view in views]
    assert corners[0] == (90, 140, 200)
    assert np.allclose(corners[1:], MAGENTA, atol=3)


def test_a_page_has_a_row_for_each_photo() -> None:
    views = [Image.new("RGB", (TILE, TILE), "red"), Image.new("RGB", (TILE, TILE), "blue")]

    page = page_of([views, views[::-1]])

    assert page.size == (2 * TILE, 2 * TILE)
    assert page.getpixel((0, TILE)) == (0, 0, 255)
