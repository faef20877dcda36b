"""Twice the input costs at most about twice the time, for every text, list and header there is.

What there is, the API description says. A server is fed each of its texts with 1x, 2x and 4x as
many characters of the kinds that backtracking, splitting and decoding stumble over, and the CPU
time of the serving process is compared.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.fuzz.stopwatch import cpu_s
from tests.running import Running, running_process

DESCRIPTION = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text())
THOROUGH = float(os.environ.get("FUZZ_SECONDS", "6")) > 60
CHANCE = random.Random(int(os.environ.get("FUZZ_SEED", "7")))
"""Another seed feeds other places, and other characters."""

PATTERNS = (" ", ",", "a", "%", "0", "/", "a ", ", ", "%41", "http://a,", "\\", "é")
IN_A_HEAD = 10_000
"""Characters of the shortest text; four times as many still fit into a head."""
IN_A_BODY = 200_000
NOISE_S = 0.03
"""What else the server does meanwhile: its loops, its log."""


@dataclass(frozen=True)
class Place:
    """Where a text or a list goes."""

    method: str
    path: str
    kind: str
    """query, header, JSON, form or list."""
    name: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.kind} {self.name}"

    def filled(self, pattern: str, size: int) -> dict[str, Any]:
        """The arguments of a request with about so many characters in this place."""
        short = IN_A_HEAD * size
        long = (pattern * (IN_A_BODY * size))[: IN_A_BODY * size]
        match self.kind:
            case "query":
                return {"params": {self.name: (pattern * short)[: short // 6]}}
            case "header":
                text = (pattern * short)[:short].encode("latin-1")
                return {"headers": {self.name.encode(): b"x" + text + b"x"}}
            case "form":
                return {"data": {self.name: long}}
            case "list":
                return {"json": {self.name: [pattern] * (10_000 * size)}}
            case _:
                return {"json": {self.name: f"a{long}b"}}


def places() -> Iterator[Place]:
    for path, operations in DESCRIPTION["paths"].items():
        for method, operation in operations.items():
            real = path.replace("{", "").replace("}", "")
            for parameter in operation.get("parameters", ()):
                if parameter["in"] in ("query", "header"):
                    yield Place(method, real, parameter["in"], parameter["name"])
            for name in ("Accept", "Authorization", "Content-Type", "X-Forwarded-Host"):
                yield Place(method, real, "header", name)
            for name in sorted(fields(operation)):
                for kind in ("JSON", "form", "list"):
                    yield Place(method, real, kind, name)


def fields(operation: dict[str, Any]) -> set[str]:
    """The names that its body may hold."""
    found: set[str] = set()
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = DESCRIPTION["components"]["schemas"].get(name, schema)
        found |= set(schema.get("properties", ()))
    return found


PLACES = list(places())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("growth") / "data"
    with running_process(folder, sync_wait_s="0", max_waiting="1") as running:
        yield running


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.base, timeout=60) as client:
        yield client


def cost(running: Running, http: httpx.Client, place: Place, pattern: str, size: int) -> float:
    """CPU time in seconds, the least of three where it is much."""
    took = []
    for _ in range(3):
        before = cpu_s(running.process.pid)
        answer = http.request(place.method, place.path, **place.filled(pattern, size))
        took.append(cpu_s(running.process.pid) - before)
        assert answer.status_code < 500 or "retry-after" in answer.headers, f"{place} {pattern!r}"
        if took[-1] < NOISE_S:
            break
    return min(took)


def test_the_description_names_texts_everywhere() -> None:
    assert len({place.path for place in PLACES}) > 20
    assert {place.kind for place in PLACES} == {"query", "header", "JSON", "form", "list"}


@pytest.mark.parametrize("share", range(8))
def test_no_time_grows_faster_than_the_input(
    running: Running, http: httpx.Client, share: int
) -> None:
    chosen = CHANCE.sample(PLACES[share::8], 40 if THOROUGH else 4)
    for place in chosen:
        pattern = CHANCE.choice([one for one in PATTERNS if place.kind != "header" or one != "é"])
        times = [cost(running, http, place, pattern, size) for size in (1, 2, 4)]
        for shorter, longer in pairwise(times):
            assert longer < 2.7 * shorter + NOISE_S, f"{place}, {pattern!r}: {times}"
