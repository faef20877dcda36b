"""Shadows and outlines of drawn subjects."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cutoutd.command import Shadow, ShadowKind
from cutoutd.imaging.ground import find_contacts
from cutoutd.imaging.outline import distance_to, draw_outline
from cutoutd.imaging.shadow import draw_shadow


def table(*, far_leg: int = 150) -> NDArray[np.uint8]:
    """(200, 300, 4): a top, a leg on the left down to row 150, one on the right to `far_leg`."""
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[60:80, 50:250] = (200, 10, 10, 255)
    pixels[80:150, 60:80] = (10, 200, 10, 255)
    pixels[80:far_leg, 220:240] = (10, 10, 200, 255)
    return pixels


def darkness(shadow: NDArray[np.uint8], row: int, column: int) -> int:
    return int(shadow[row, column, 3])


def test_every_leg_touches_the_ground_also_where_it_rises_with_distance() -> None:
    assert [one[:2] for one in find_contacts(table()[..., 3])] == [(60, 80), (220, 240)]
    assert [one.bottom for one in find_contacts(table(far_leg=140)[..., 3])] == [150, 140]


def test_what_hangs_in_the_air_does_not_touch_the_ground() -> None:
    assert len(find_contacts(table(far_leg=110)[..., 3])) == 1


def test_a_contact_shadow_is_darkest_at_each_foot() -> None:
    shadow = draw_shadow(table(far_leg=140), Shadow(opacity=1))
    assert min(darkness(shadow, 150, 70), darkness(shadow, 140, 230)) > 150
    assert darkness(shadow, 151, 150) < 100
    assert darkness(shadow, 30, 150) == 0


def test_a_drop_shadow_falls_where_it_is_told() -> None:
    shadow = draw_shadow(
        table(), Shadow(kind=ShadowKind.DROP, angle=0, length=0.1, softness=0.01, opacity=1)
    )
    assert darkness(shadow, 70, 260) > 200
    assert darkness(shadow, 70, 55) < 50


def test_a_long_shadow_starts_at_the_feet_and_grows_fainter() -> None:
    shadow = draw_shadow(
        table(), Shadow(kind=ShadowKind.LONG, angle=0, length=0.5, softness=0.005, opacity=1)
    )
    assert darkness(shadow, 149, 232) > 60
    assert darkness(shadow, 149, 232) > 2 * darkness(shadow, 149, 270)
    assert not shadow[:140, :, 3].any()


def test_a_reflection_has_the_colours_of_the_subject_and_fades() -> None:
    shadow = draw_shadow(table(), Shadow(kind=ShadowKind.REFLECTION, opacity=1))
    assert shadow[155, 70, :3].tolist() == [10, 200, 10]
    assert darkness(shadow, 152, 70) > darkness(shadow, 170, 70) > 0
    assert not shadow[:149, :, 3].any()


@pytest.mark.parametrize("kind", ShadowKind)
def test_nothing_throws_no_shadow(kind: ShadowKind) -> None:
    assert not draw_shadow(np.zeros((9, 9, 4), np.uint8), Shadow(kind=kind)).any()


@pytest.mark.parametrize("kind", ShadowKind)
def test_a_subject_of_one_pixel_throws_some_shadow_and_no_error(kind: ShadowKind) -> None:
    dot = np.zeros((9, 9, 4), np.uint8)
    dot[4, 4] = 255
    assert draw_shadow(dot, Shadow(kind=kind)).shape == (9, 9, 4)


def test_distances_are_exact() -> None:
    solid = np.zeros((30, 40), np.bool_)
    solid[5, 7] = solid[20, 30] = True
    rows, columns = np.indices(solid.shape)
    truth = np.minimum(np.hypot(rows - 5, columns - 7), np.hypot(rows - 20, columns - 30))
    measured = distance_to(solid, most=12)
    near = truth <= 12
    np.testing.assert_allclose(measured[near], truth[near], rtol=1e-6)
    assert (measured[~near] > 12).all()


@pytest.mark.parametrize("size", [60, 600])
def test_an_outline_is_as_wide_as_it_is_told_at_every_size(size: int) -> None:
    alpha = np.zeros((size * 2, size * 2), np.uint8)
    alpha[size // 2 : size * 3 // 2, size // 2 : size * 3 // 2] = 255
    line = draw_outline(alpha, 0.1, (255, 0, 0))
    reach = np.flatnonzero(line[size, :, 3] > 127)
    width = size // 2 - int(reach[0])
    assert abs(width - size * 0.1) <= max(1.0, size * 0.01)
    assert (line[line[..., 3] > 0][:, :3] == (255, 0, 0)).all()


def test_an_outline_of_nothing_is_nothing() -> None:
    assert not draw_outline(np.zeros((5, 5), np.uint8), 0.1, (1, 2, 3)).any()
