import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from training.data import held_out
from training.drawn import draw_shards
from training.validation import Fitting, SoftAlpha, Validation, WideScenes, truth_of


def test_only_held_out_photos_are_shown(tmp_path: Path) -> None:
    pairs = draw_shards(tmp_path)[0]

    names = [example.name for example in Validation(pairs, tmp_path)]

    assert set(names) == held_out(pairs, [f"{number:03}" for number in range(40)])


def test_photos_to_choose_on_are_trained_on_and_never_held_out(tmp_path: Path) -> None:
    pairs = draw_shards(tmp_path)[0]

    names = {example.name for example in Fitting(pairs, tmp_path, groups=5)}

    assert len(names) == 5
    assert not names & held_out(pairs, [f"{number:03}" for number in range(40)])


def test_wide_scenes_are_those_with_a_small_subject(tmp_path: Path) -> None:
    photos = Validation(draw_shards(tmp_path)[0], tmp_path)

    wide = {example.name for example in WideScenes((photos,))}

    shares = {example.name: truth_of(example).mean() / 255 for example in photos}
    assert wide == {name for name, share in shares.items() if share <= 0.1}
    assert 0 < len(wide) < len(shares)


def test_composites_are_the_same_every_time_and_their_alpha_is_what_was_laid_over(
    tmp_path: Path,
) -> None:
    _, cutouts, backgrounds = (replace(pictures, held_out=2) for pictures in draw_shards(tmp_path))
    soft = SoftAlpha(Validation(cutouts, tmp_path), Validation(backgrounds, tmp_path))

    once, again = list(soft), list(soft)

    assert once == again
    assert len(once) == 6
    for example in once:
        alpha = truth_of(example)
        photo = np.asarray(Image.open(io.BytesIO(example.picture)))
        assert photo.shape == (*alpha.shape, 3)
        assert photo[alpha == 255].min() >= 150  # Drawn cut-outs are bright, backgrounds dark.
        assert photo[alpha == 0].max() <= 130
