from pathlib import Path

import numpy as np
import torch
from training.cost import fastest, multiplications, smallest_network
from training.evaluate import session_of


def test_the_smallest_network_runs_as_the_product_runs_any(tmp_path: Path) -> None:
    session = session_of(str(smallest_network(tmp_path)))

    mask = session.predict(np.zeros((40, 60, 3), np.uint8))

    assert mask.shape == (32, 32)
    assert 0 < fastest({"smallest": session}, rounds=1)["smallest"] < 1000


def test_multiplications_count_what_each_output_pixel_takes() -> None:
    network = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)

    assert multiplications(network, 64) == 32 * 32 * 8 * 3 * 9
