"""Sizes and places on a canvas."""

import numpy as np
import pytest

from cutoutd.command import Canvas, Fit, Length, Placement, ReferenceBox, Sides, Unit
from cutoutd.errors import InvalidRequest
from cutoutd.imaging.canvas import Layout, Reference, lay_out, put_on_canvas

BOX = (30, 20, 70, 40)
NOWHERE = (False,) * 4
FREE = Reference(BOX, NOWHERE, (0.0,) * 4)


def percent(value: float) -> Length:
    return Length(value=value, unit=Unit.PERCENT)


def all_round(length: Length) -> Sides:
    return Sides(top=length, right=length, bottom=length, left=length)


def laid_out(
    canvas: Canvas, placement: Placement | None = None, reference: Reference = FREE
) -> Layout:
    return lay_out(reference, canvas, placement, max_pixels=10_000_000)


def box_on(layout: Layout, box: tuple[int, int, int, int] = BOX) -> tuple[float, ...]:
    starts = (layout.left, layout.top, layout.left, layout.top)
    return tuple(
        round(start + place * layout.factor, 6) for start, place in zip(starts, box, strict=True)
    )


def test_a_subject_fills_what_the_padding_leaves_and_stands_in_the_middle() -> None:
    canvas = Canvas(width=200, height=200, padding=all_round(percent(10)))
    assert box_on(laid_out(canvas)) == (20, 60, 180, 140)


def test_padding_may_be_pixels_and_differ_on_each_side() -> None:
    sides = Sides(top=Length(value=10), bottom=percent(50), left=Length(value=40))
    layout = laid_out(Canvas(width=200, height=200, padding=sides), Placement(y=0))
    assert box_on(layout) == (40, 10, 200, 90)


def test_scale_is_the_share_of_the_canvas_that_is_filled() -> None:
    layout = laid_out(Canvas(width=300, height=300), Placement(scale=0.5))
    left, _, right, _ = box_on(layout)
    assert right - left == 150


def test_a_subject_grows_no_more_than_it_may() -> None:
    layout = laid_out(Canvas(width=2000, height=2000), Placement(max_enlargement=2))
    assert layout.factor == 2


def test_cover_fills_both_sides_and_loses_the_rest() -> None:
    layout = laid_out(Canvas(width=200, height=200, fit=Fit.COVER))
    assert box_on(layout) == (-100, 0, 300, 200)


def test_a_ratio_alone_makes_the_least_canvas_that_holds_the_subject() -> None:
    layout = laid_out(Canvas(ratio=1, padding=all_round(percent(10))))
    assert (layout.width, layout.height, layout.factor) == (50, 50, 1)


def test_padding_alone_is_left_around_the_subject() -> None:
    layout = laid_out(Canvas(padding=all_round(Length(value=5))))
    assert (layout.width, layout.height) == (50, 30)
    assert box_on(layout) == (5, 5, 45, 25)


def test_an_open_side_follows_from_the_subject() -> None:
    layout = laid_out(Canvas(width=400))
    assert (layout.width, layout.height, layout.factor) == (400, 200, 10)


def test_a_side_that_the_frame_cuts_off_stands_at_the_edge_without_padding() -> None:
    cut = Reference(BOX, (False, False, False, True), (0.0,) * 4)
    padding = all_round(percent(10))
    layout = laid_out(Canvas(width=200, height=200, padding=padding), reference=cut)
    assert box_on(layout)[3] == 200
    kept = Canvas(width=200, height=200, padding=padding, snap_cropped_sides=False)
    assert box_on(laid_out(kept, reference=cut))[3] == 140


def test_room_is_made_for_what_reaches_beyond_the_subject() -> None:
    shadowed = Reference(BOX, NOWHERE, (0, 0, 0, 0.5))
    layout = laid_out(Canvas(width=100, height=30), Placement(y=1), shadowed)
    assert layout.factor == 1
    assert box_on(layout)[3] == 20


def test_a_head_is_as_high_as_it_is_told_whatever_its_width() -> None:
    canvas = Canvas(width=60, height=100, reference=ReferenceBox.HEAD)
    layout = laid_out(canvas, Placement(scale=0.5, y=0.2))
    _, top, _, bottom = box_on(layout)
    assert (bottom - top, top) == (50, 10)


@pytest.mark.parametrize(
    ("canvas", "field"),
    [
        (Canvas(padding=all_round(percent(50))), "padding"),
        (Canvas(width=20, height=20, padding=all_round(Length(value=10))), "padding"),
        (Canvas(width=10_000, height=10_000), "size"),
        (Canvas(padding=all_round(Length(value=9_000))), "size"),
    ],
)
def test_an_impossible_canvas_is_refused_naming_its_field(canvas: Canvas, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        laid_out(canvas)
    assert refused.value.field == field


def test_pixels_land_where_they_are_laid_out_and_nothing_else_is_there() -> None:
    image = np.zeros((60, 100, 4), np.uint8)
    image[20:40, 30:70] = (10, 200, 30, 255)
    canvas = put_on_canvas(image, laid_out(Canvas(width=200, height=200)))
    assert canvas.shape == (200, 200, 4)
    assert (canvas[70:130, 20:180] == (10, 200, 30, 255)).all()
    assert not canvas[:30].any()


def test_a_canvas_beside_the_image_is_empty() -> None:
    image = np.full((4, 4, 4), 255, np.uint8)
    assert not put_on_canvas(image, Layout(5, 5, 1.0, 100.0, -50.0)).any()
