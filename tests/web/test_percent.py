import random
import time
from urllib.parse import unquote_to_bytes

import pytest

from cutoutd.web import percent
from cutoutd.web.percent import percent_decoded


def test_it_decodes_as_urllib_does_wherever_the_text_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(percent, "PIECE", 7)
    chance = random.Random(1)
    for _ in range(2000):
        text = bytes(chance.choice(b"%%%4a1gF") for _ in range(chance.randrange(30)))
        assert percent_decoded(text) == unquote_to_bytes(text)


@pytest.mark.parametrize("text", [b"%41", b"%", b"%4", b"%zz"])
def test_a_long_text_costs_less_than_a_microsecond_for_a_byte(text: bytes) -> None:
    long = text * (3_000_000 // len(text))
    began = time.thread_time()
    percent_decoded(long)
    assert time.thread_time() - began < 1e-6 * len(long)
