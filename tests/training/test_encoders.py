from pathlib import Path

import pytest
import torch
from training.augment import normalised
from training.encoders import BlockEncoder, LiteEncoder, published_weights


def test_every_way_down_gives_five_levels_from_half_to_a_thirty_second() -> None:
    for encoder in (
        LiteEncoder(),
        BlockEncoder(8, [(12, 8, 2), (16, 8, 2), (20, 8, 2)], branches=1),
    ):
        features = encoder(torch.randn(1, 3, 64, 96))

        assert [tuple(level.shape[1:]) for level in features] == [
            (width, 64 // scale, 96 // scale)
            for width, scale in zip(encoder.widths, (2, 4, 8, 16, 32), strict=True)
        ]


@torch.no_grad()
def test_the_published_weights_see_levels_as_they_were_trained_to() -> None:
    ours, theirs = LiteEncoder().eval(), LiteEncoder().eval()
    ours.start(published_weights())
    stored = torch.load(published_weights(), weights_only=True)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), stored.values(), strict=False)))
    levels = torch.randint(0, 256, (1, 3, 64, 64)).float()

    mine = ours.stem(normalised(levels / 255))
    published = theirs.stem((levels - 127) / 128)

    # But for the frame, where the padding is another colour.
    assert torch.allclose(mine[:, :, 1:, 1:], published[:, :, 1:, 1:], atol=1e-4)


def test_the_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(3)}, tmp_path / "other.pth")

    with pytest.raises(ValueError, match="not EfficientNet-Lite0"):
        LiteEncoder().start(tmp_path / "other.pth")


def test_frozen_stages_begin_with_the_stem() -> None:
    encoder = LiteEncoder()

    assert encoder.first(0) == []
    assert encoder.first(2) == [encoder.stem, encoder.stages[0], encoder.stages[1]]
