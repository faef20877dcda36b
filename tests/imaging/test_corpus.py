"""Every file that can be drawn from one image is read right, or refused for the right reason."""

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("pi_heif")
pytest.importorskip("pillow_heif")

from tests.imaging.corpus.files import File, damaged, depths, everyday, numbers, others
from tests.imaging.corpus.verdicts import verdict


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, about the damaged files.
@pytest.mark.parametrize("part", [everyday, depths, numbers, damaged, others])
def test_every_file_is_read_right_or_refused_for_the_right_reason(
    part: Callable[[], Iterator[File]],
) -> None:
    outcomes = {file.name: (verdict(file), expected_of(file)) for file in part()}
    wrong = {name: found for name, (found, expected) in outcomes.items() if found != expected}
    assert not wrong


def expected_of(file: File) -> str:
    return "right" if file.reason is None else f"refused: {file.reason}"
