"""Where simulated work waits and is done."""

from collections.abc import Generator
from typing import Any, TypeAlias

import simpy

Steps: TypeAlias = Generator[simpy.Event, Any, Any]
"""A part of a process: what it waits for, one after the other."""


class Station:
    """Some servers that take turns in order of arrival, such as the cores of a machine.

    Long work gives its place up after each `slice_s`, as an operating system makes it.
    """

    def __init__(
        self, env: simpy.Environment, servers: int, *, slice_s: float = float("inf")
    ) -> None:
        self._env = env
        self._places = simpy.Resource(env, capacity=servers)
        self._slice_s = slice_s
        self.servers = servers
        self.busy_s = 0.0
        """Seconds of work done, of all servers together."""

    def serve(self, seconds: float) -> Steps:
        """Wait for a server, and keep it for so long."""
        left = seconds
        while left > 0:
            with self._places.request() as turn:
                yield turn
                now = min(left, self._slice_s)
                yield self._env.timeout(now)
            left -= now
            self.busy_s += now

    def utilisation(self) -> float:
        """The share of its time that it was busy, 0 to 1."""
        return self.busy_s / (self.servers * self._env.now) if self._env.now else 0.0


class Log:
    """A write-ahead log: who commits while it is being synced shares the next sync."""

    def __init__(self, env: simpy.Environment, sync_s: float) -> None:
        self._env = env
        self._sync_s = sync_s
        self._next = env.event()
        self._running = False
        self.syncs = 0

    def commit(self) -> simpy.Event:
        """Happens once what was written before is on the disk."""
        done = self._next
        if not self._running:
            self._running = True
            self._env.process(self._sync())
        return done

    def _sync(self) -> Steps:
        while self._next.callbacks:
            done, self._next = self._next, self._env.event()
            self.syncs += 1
            yield self._env.timeout(self._sync_s)
            done.succeed()
            yield self._env.timeout(0)
        self._running = False


class Bell:
    """Wakes those who wait: all of them, or one."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._waiting: list[simpy.Event] = []

    def wait(self) -> simpy.Event:
        """Happens at the next ring."""
        ring = self._env.event()
        self._waiting.append(ring)
        return ring

    def forget(self, ring: simpy.Event) -> None:
        """Nobody waits for it any more."""
        if ring in self._waiting:
            self._waiting.remove(ring)

    def ring(self, *, one: bool = False) -> None:
        """Wake all who wait now, or the one who has waited longest."""
        woken, self._waiting = (
            (self._waiting[:1], self._waiting[1:]) if one else (self._waiting, [])
        )
        for event in woken:
            event.succeed()
