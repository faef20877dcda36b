from pathlib import Path

from training.data import Kind, examples
from training.drawn import draw_shards


def test_sixty_four_pictures_are_drawn_and_the_same_ones_every_time(tmp_path: Path) -> None:
    once, again = draw_shards(tmp_path / "once"), draw_shards(tmp_path / "again")

    drawn = [list(examples(pictures, tmp_path / "once")) for pictures in once]

    assert sum(map(len, drawn)) == 64
    assert drawn == [list(examples(pictures, tmp_path / "again")) for pictures in again]


def test_only_pairs_have_masks(tmp_path: Path) -> None:
    for pictures in draw_shards(tmp_path):
        masks = [example.mask is not None for example in examples(pictures, tmp_path)]
        assert all(masks) is (pictures.kind is Kind.PAIRS)
