"""Which file a model is opened from."""

import pytest

from cutoutd.segmentation import opening
from cutoutd.segmentation.models import EMBEDDED, Precision
from cutoutd.segmentation.opening import open_model
from cutoutd.segmentation.options import SegmentationOptions
from cutoutd.segmentation.weights import Weights


@pytest.mark.parametrize(
    ("vnni", "wanted", "precision"),
    [
        (True, True, Precision.INT8),
        (True, False, Precision.FP32),
        (False, True, Precision.FP32),
    ],
)
def test_the_embedded_model_is_opened_in_int8_where_the_cpu_gains_from_it(
    vnni: bool, wanted: bool, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "has_vnni", lambda: vnni)

    session = open_model(EMBEDDED, SegmentationOptions(int8=wanted, threads=1), Weights(None))

    assert (session.name, session.spec.precision) == (EMBEDDED.name, precision)
