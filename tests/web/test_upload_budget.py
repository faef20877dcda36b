import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from cutoutd.errors import Overloaded
from cutoutd.web.middleware import BodyLimit
from cutoutd.web.upload_budget import UploadBudget


def call(middleware: BodyLimit, *pieces: bytes, length: int | None = None) -> int:
    """The status that a request with this body is answered with."""
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        + [{"type": "http.request", "body": b"", "more_body": False}]
    )
    answered: list[int] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "path": "/v1/jobs", "method": "POST", "headers": headers}
    asyncio.run(middleware(scope, receive, send))
    return answered[0]


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_bodies_of_all_requests_together_stay_within_the_budget() -> None:
    budget = UploadBudget(100, for_strangers=100)
    limit = BodyLimit(reader, max_bytes=80, budget=budget, dialects=())
    with budget.reservation() as held:
        held.grow_to(50)
        assert call(limit, b"x" * 60, length=60) == 503
        assert call(limit, b"x" * 30, b"x" * 30) == 503
        assert call(limit, b"x" * 30, length=30) == 200
    assert call(limit, b"x" * 60, length=60) == 200
    assert call(limit, b"x" * 40, b"x" * 40) == 200


def test_what_is_announced_takes_no_room() -> None:
    budget = UploadBudget(100, for_strangers=100)
    limit = BodyLimit(reader, max_bytes=100, budget=budget, dialects=())
    with budget.reservation() as held:
        held.grow_to(90)
        assert call(limit, b"x" * 10, length=100) == 200


def test_strangers_share_a_small_part_of_the_room() -> None:
    budget = UploadBudget(100, for_strangers=20)
    with budget.reservation() as stranger, budget.reservation() as other:
        stranger.grow_to(15)
        with pytest.raises(Overloaded):
            other.grow_to(6)
        stranger.trust()
        stranger.grow_to(80)
        other.grow_to(20)
        with pytest.raises(Overloaded):
            stranger.grow_to(81)
    with budget.reservation() as client:
        client.trust()
        client.grow_to(100)


def test_a_body_gives_its_room_back_when_its_request_fails() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise ZeroDivisionError

    budget = UploadBudget(100, for_strangers=100)
    limit = BodyLimit(broken, max_bytes=100, budget=budget, dialects=())
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            call(limit, b"x" * 100)
