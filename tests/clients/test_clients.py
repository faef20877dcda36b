import pytest
from tests.jobs.samples import FakeClock

from cutoutd.clients.clients import MAX_AGE_S, Clients
from cutoutd.clients.keys import ApiKey, Scope, digest_of, keys_from_secrets
from cutoutd.errors import AuthenticationFailed, Overloaded


def key(secret: str, client: str = "shop", **other: object) -> ApiKey:
    return ApiKey(digest=digest_of(secret), client=client, **other)  # type: ignore[arg-type]


def clients(*keys: ApiKey, clock: FakeClock | None = None, anonymous: bool = False) -> Clients:
    return Clients([lambda: keys], now_ms=clock or FakeClock(), anonymous=anonymous)


def test_where_it_was_so_decided_everybody_is_anonymous_until_there_is_a_key() -> None:
    assert clients(anonymous=True).authenticate(None) == "anonymous"
    assert clients(anonymous=True).authenticate("whatever") == "anonymous"
    with pytest.raises(AuthenticationFailed):
        clients(key("one"), anonymous=True).authenticate(None)


def test_without_that_decision_nobody_is_let_in_where_no_key_is() -> None:
    for presented in (None, "whatever"):
        with pytest.raises(AuthenticationFailed):
            clients().authenticate(presented)


def test_keys_that_vanish_open_nothing() -> None:
    keys = [key("one")]
    some = Clients([lambda: keys], now_ms=FakeClock(), anonymous=True)
    keys.clear()
    some.refresh()
    with pytest.raises(AuthenticationFailed):
        some.authenticate(None)


def test_a_key_becomes_its_client() -> None:
    both = clients(key("one", "ann"), key("two", "bob"))
    assert both.authenticate("one") == "ann"
    assert both.authenticate("two") == "bob"


@pytest.mark.parametrize("presented", [None, "", "tw", "two ", "TWO", "\ud800", "\0", "x" * 10**6])
def test_any_other_key_is_refused(presented: str | None) -> None:
    with pytest.raises(AuthenticationFailed):
        clients(key("two")).authenticate(presented)


def test_an_expired_or_revoked_key_is_refused() -> None:
    clock = FakeClock()
    some = clients(key("old", expires_at=clock()), key("gone", revoked_at=clock()), clock=clock)
    for secret in ("old", "gone"):
        with pytest.raises(AuthenticationFailed):
            some.authenticate(secret)


def test_when_all_keys_have_ended_the_server_does_not_open_up() -> None:
    clock = FakeClock()
    with pytest.raises(AuthenticationFailed):
        clients(key("gone", revoked_at=clock()), clock=clock).authenticate(None)


def test_a_scope_must_be_among_the_key_s() -> None:
    some = clients(key("shop"), key("boss", "boss", scopes=frozenset(Scope)))
    assert some.authenticate("boss", Scope.OPERATE) == "boss"
    with pytest.raises(AuthenticationFailed, match="operate"):
        some.authenticate("shop", Scope.OPERATE)


def test_an_error_never_repeats_the_key() -> None:
    with pytest.raises(AuthenticationFailed) as refusal:
        clients(key("one")).authenticate("sesame")
    assert "sesame" not in refusal.value.message


def test_a_new_key_and_a_revocation_are_seen_at_the_next_refresh() -> None:
    keys = [key("one")]
    some = Clients([lambda: keys], now_ms=FakeClock())
    keys[:] = [key("two")]
    assert some.authenticate("one") == "shop"
    some.refresh()
    assert some.authenticate("two") == "shop"
    with pytest.raises(AuthenticationFailed):
        some.authenticate("one")


def test_the_keys_stay_in_force_while_their_source_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([[key("one")]])

    def source() -> list[ApiKey]:
        for answer in answers:
            return answer
        asked.append(True)
        raise Overloaded("away", retry_after_s=1)

    asked: list[bool] = []
    monkeypatch.setattr("cutoutd.clients.clients.REFRESH_S", 0.001)
    some = Clients([source], now_ms=FakeClock())
    some.start()
    while len(asked) < 3:
        pass
    some.close()
    assert some.authenticate("one") == "shop"


def test_a_client_has_the_largest_limits_of_its_usable_keys() -> None:
    clock = FakeClock()
    some = clients(
        key("a", per_minute=10, unfinished=2),
        key("b", per_minute=20),
        key("c", per_minute=99, revoked_at=clock()),
        clock=clock,
    )
    assert some.limits_of("shop") == (20, 2)
    assert some.limits_of("nobody") == (None, None)


def test_keys_of_the_environment_may_operate() -> None:
    some = clients(*keys_from_secrets(("one",)))
    assert some.authenticate("one", Scope.OPERATE).startswith("key-")


class Seconds:
    """Seconds that pass only when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    "error", [Overloaded("away", retry_after_s=1), ValueError("nobody thought of this")]
)
def test_a_source_that_cannot_be_read_for_a_minute_closes_its_keys_alone(error: Exception) -> None:
    here, sources = Seconds(), {"database": [key("one")], "file": [key("two", "bob")]}

    def database() -> list[ApiKey]:
        if "database" not in sources:
            raise error
        return sources["database"]

    some = Clients([database, lambda: sources["file"]], now_ms=FakeClock(), clock=here)
    del sources["database"]
    for here.now in (1.0, MAX_AGE_S):
        with pytest.raises(type(error)):
            some.refresh()
        assert some.authenticate("one") == "shop"
    here.now = MAX_AGE_S + 1
    with pytest.raises(type(error)):
        some.refresh()
    with pytest.raises(Overloaded, match="cannot be checked"):
        some.authenticate("one")
    assert some.authenticate("two") == "bob"


def test_an_open_server_closes_when_it_cannot_know_whether_a_key_was_made() -> None:
    here = Seconds()
    some = Clients([list], now_ms=FakeClock(), anonymous=True, clock=here)
    assert some.authenticate(None) == "anonymous"
    here.now = MAX_AGE_S + 1
    with pytest.raises(Overloaded):
        some.authenticate(None)
