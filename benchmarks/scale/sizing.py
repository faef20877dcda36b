"""What an operator needs for so many images a day: machines, memory, database, network."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.scale.outlook import (
    CHANGES,
    CORES,
    DAY_S,
    LOAD,
    changed,
    core_seconds,
    run,
    web_processes,
)
from benchmarks.scale.simulation.costs import Costs
from benchmarks.scale.simulation.design import Design

from cutoutd.removal.capacity import PIXEL_BYTES, PROCESS_BYTES, SERVING_BYTES

IMAGES_A_DAY = (10**6, 10**7, 10**8)
MODELS = {"cutoutd-small": "embedded", "u2net": "U²-Net's shape"}
MIXES = {"2 MP": {2: 1.0}, "3/4 of 2 MP, 1/4 of 12 MP": {2: 0.75, 12: 0.25}}
"""Shares of images by megapixels."""
PEAK = 2.0
"""The busiest hour beside the mean one."""
PIXELS_IN, PIXELS_OUT = 0.3, 1.2
"""Bytes for a pixel: a camera's JPEG, and a cutout as PNG of a photo."""
DATABASE_LOAD = 0.5
MANY_CORES = 64
LAST_ID = 2**31
"""Ids of jobs are 32-bit integers."""
GB = 1e9


def size_up(costs: Costs) -> list[dict[str, Any]]:
    """Rows for each number of images, mix and model."""
    rows = []
    for images in IMAGES_A_DAY:
        for model in MODELS:
            several = [_deployment(costs, images, mix, model) for mix in MIXES]
            # What a database does for a job does not depend on the image.
            asked = _database_cores(costs, images, *several[0])
            rows += [
                {"images_a_day": images, "mix": mix, "model": model}
                | _row(costs, images, one, asked)
                for mix, one in zip(MIXES, several, strict=True)
            ]
            print(images, model, asked, flush=True)
    return rows


def _deployment(
    costs: Costs, images: int, mix: str, model: str
) -> tuple[Design, float, Mapping[int, float]]:
    """For the peak: the design, a worker's seconds for an image, and the shares of the mix."""
    shares, peak = MIXES[mix], PEAK * images / DAY_S
    each_s = sum(share * core_seconds(model, mp) for mp, share in shares.items())
    design = Design(
        worker_processes=max(1, math.ceil(peak * each_s / (LOAD * CORES))),
        slots=CORES,
        web_processes=web_processes(costs, peak),
        database_cores=MANY_CORES,
    )
    return design, each_s, shares


def _database_cores(
    costs: Costs, images: int, design: Design, each_s: float, _: Mapping[int, float]
) -> dict[str, float]:
    """As shipped, and with the changes that need no more machines."""
    best = design
    for change in CHANGES.values():
        best = changed(best, change)
    best = replace(best, direct_uploads=False, replicas=0, databases=1)
    designs = {"as_shipped": design, "changed": best}
    peak = PEAK * images / DAY_S
    return {
        name: run(one, costs, peak, each_s).database_cores / DATABASE_LOAD
        for name, one in designs.items()
    }


def _row(
    costs: Costs,
    images: int,
    deployment: tuple[Design, float, Mapping[int, float]],
    asked: Mapping[str, float],
) -> dict[str, Any]:
    design, each_s, shares = deployment
    mean = images / DAY_S
    pixels = 1e6 * sum(share * mp for mp, share in shares.items())
    stored = images * PIXELS_OUT * pixels * design.keep_s / DAY_S
    requests = costs.submit.requests + costs.work.requests + 1
    log = costs.submit.wal + costs.work.wal
    memory = SERVING_BYTES + CORES // 2 * (PROCESS_BYTES + max(shares) * 1e6 * PIXEL_BYTES)
    return {
        "core_s": each_s,
        "workers": design.worker_processes,
        "worker_cores": design.worker_processes * CORES,
        "worker_gb": memory / GB,
        "web_processes": design.web_processes,
        "database_cores_as_shipped": asked["as_shipped"],
        "database_cores_changed": asked["changed"],
        "log_mb_per_s": mean * log / 1e6,
        "stored_gb": stored / GB,
        "in_gb_a_day": images * PIXELS_IN * pixels / GB,
        "out_gb_a_day": images * PIXELS_OUT * pixels / GB,
        "store_requests_per_s": mean * requests,
        "days_of_ids": LAST_ID / images,
    }
