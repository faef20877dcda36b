import pytest

from cutoutd.web.accept import preferred

OFFERED = ("image/png", "image/webp", "application/json")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "image/png"),
        ("*/*", "image/png"),
        ("image/*", "image/png"),
        ("image/webp", "image/webp"),
        ("IMAGE/WEBP", "image/webp"),
        ("application/json, image/*;q=0.5", "application/json"),
        ("image/png;q=0, */*;q=0.1", "image/webp"),
        ("image/webp;q=0.9, */*;q=0.8", "image/webp"),
        ("image/*;q=high, application/json;q=0.1", "application/json"),
        ("text/html", None),
        ("*/*;q=0", None),
        (",,;q=1", "image/png"),
    ],
)
def test_the_best_liked_kind_is_chosen_and_the_first_among_equals(
    header: str, chosen: str | None
) -> None:
    assert preferred(header, OFFERED) == chosen
