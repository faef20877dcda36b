"""The two measurements of a row: what its masks are worth, and its time beside float32's."""

import statistics
import time
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from training.data import Example
from training.evaluate import Contestant, Score, mask_of
from training.validation import truth_of, validation_sets

from cutoutd.segmentation.session import Session

SETS = ("duts_tr", "people_ccp", "davis")
KEPT = {"max-F": "max_f", "MAE": "mae", "S": "s"}
"""The scorer's words, and ours."""


@cache
def held_out(data: Path, every: int) -> list[Example]:
    """One photo in so many of each held-out set. data: where the tar shards are."""
    sets = validation_sets(data)
    return [one for name in SETS for one in islice(sets[name], 0, None, every)]


def quality(session: Session, photos: Iterable[Example]) -> dict[str, float]:
    """Scores of the masks that a caller would get; the scorer of the model card."""
    score, count = Score(), 0
    for example in photos:
        mask, milliseconds = mask_of(example.picture, Contestant(session))
        score.add(mask, truth_of(example), milliseconds)
        count += 1
    table = score.table()
    return {ours: round(table[theirs], 5) for theirs, ours in KEPT.items()} | {"photos": count}


def same(one: Session, other: Session, photo: NDArray[np.uint8]) -> bool:
    """Whether two sessions give the same probabilities to the bit."""
    return np.array_equal(one.predict(photo), other.predict(photo))


def times(
    session: Session, base: Session, photos: Sequence[NDArray[np.uint8]], turns: int
) -> dict[str, Any]:
    """Milliseconds of a prediction, in turns with float32's on the same photo: medians."""
    session.warm()
    base.warm()
    pairs = []
    for turn in range(turns):
        photo = photos[turn % len(photos)]
        order = (base, session) if turn % 2 else (session, base)
        took = {one: _seconds(one, photo) for one in order}
        pairs.append((took[session], took[base]))
    ours, theirs = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return {"ms": round(ours, 1), "float32_ms": round(theirs, 1), "time": round(ratio, 3)}


def _seconds(session: Session, photo: NDArray[np.uint8]) -> float:
    start = time.perf_counter()
    session.predict(photo)
    return time.perf_counter() - start
