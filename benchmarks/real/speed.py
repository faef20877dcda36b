"""Seconds a picture, ours beside another program's, in turns."""

from collections.abc import Iterable
from functools import cache

from benchmarks.photos import photo
from benchmarks.pipelines import command, network_seconds, ours, theirs
from benchmarks.real.contests import CASES, PROVIDERS, Contest, must, pairs_of
from benchmarks.real.networks import Network, our_session, rembg_session
from benchmarks.real.programs import Program
from benchmarks.record import Record
from benchmarks.turns import Side, Work, in_two_threads, limit, row, taken, timed

THEIRS = "theirs"
BARE = PROVIDERS[0]
"""What rembg runs networks on, and so what the network alone is measured on."""


class Entrants:
    """The sides of every case, with one choice of photos; sessions and programs stay open."""

    def __init__(self, networks: dict[str, Network], paths: list[str | None]) -> None:
        self._networks = networks
        self._paths = paths
        self._session = cache(our_session)
        self._programs: dict[str, Program] = {}
        self.bare_s = cache(self._bare_s)

    def ours(self, case: str, name: str, provider: str) -> Side:
        """Our side, with the network of that name."""
        asked = command(only_mask=CASES[case].only_mask)
        session = self._session(self._networks[name], provider)
        return _called(case, ours(self._photos(case), asked, session))

    def theirs(self, contest: Contest, case: str) -> Side:
        """The other program's, with its network."""
        one = self._networks[contest.network]
        if contest.theirs == "rembg":
            options = {"only_mask": True} if CASES[case].only_mask else {}
            return _called(case, theirs(self._photos(case), rembg_session(one), **options))
        if contest.theirs not in self._programs:
            self._programs[contest.theirs] = Program(contest.theirs, one)
        return self._programs[contest.theirs].side(self._photos(case))

    def close(self) -> None:
        """End the programs."""
        for program in self._programs.values():
            program.close()

    def _photos(self, case: str) -> list[bytes]:
        """JPEG bytes: the rounds take one after the other."""
        return [photo(CASES[case].megapixels, path)[0] for path in self._paths]

    def _bare_s(self, name: str) -> float:
        """A network alone."""
        return network_seconds(self._networks[name].file, self._networks[name].spec.size)


def _called(case: str, work: Work) -> Side:
    return timed(work if CASES[case].callers == 1 else in_two_threads(work))


def measure(
    contest: Contest,
    rows: Iterable[str],
    entrants: Entrants,
    record: Record,
    *,
    pairs: int | None = None,
) -> None:
    """Put these rows of one contest into the record: in turns, but where two call by themselves.

    pairs: at most so many.
    """
    by_case: dict[str, list[str]] = {}
    for name in rows:
        by_case.setdefault(name.split("/")[1], []).append(name)
    plain = {case: names for case, names in by_case.items() if CASES[case].callers == 1}
    alone = [{case: names} for case, names in by_case.items() if case not in plain]
    for together in [plain, *alone] if plain else alone:
        rounds = min(pairs_of(contest, case) for case in together)
        spent = taken(_sides(contest, together, entrants), min(rounds, pairs or rounds))
        for case, names in together.items():
            for name in names:
                found = row(spent[case][name], spent[case][THEIRS])
                record.put(name, _finished(name, found, entrants, record))


def _sides(
    contest: Contest, by_case: dict[str, list[str]], entrants: Entrants
) -> dict[str, dict[str, Side]]:
    sides: dict[str, dict[str, Side]] = {}
    for case, names in by_case.items():
        mine = {name: entrants.ours(case, *_network_and_provider(name)) for name in names}
        sides[case] = {**mine, THEIRS: entrants.theirs(contest, case)}
    return sides


def _finished(
    name: str, found: dict[str, float], entrants: Entrants, record: Record
) -> dict[str, float]:
    """The row with its promise, with what its network allows, and with how busy others were."""
    network, provider = _network_and_provider(name)
    callers = CASES[name.split("/")[1]].callers
    if provider == BARE and callers == 1:
        found |= limit(entrants.bare_s(network), found)
    return {**found, **must(name), "others": record.content["others"]}


def _network_and_provider(name: str) -> tuple[str, str]:
    network, _, provider, _ = name.split("/")
    return network, provider
