"""Sinks that join the others and leave them, so that partitions move again and again."""

import random
import time
from itertools import count

from deploy import processes
from deploy.stack import Stack
from support.chaos.faults import Breaker

REBALANCE = "rebalance"


class Members:
    """In turn a new sink joins, and one of all of them leaves as a worker ends that is told to."""

    def __init__(self, stack: Stack, role: str, chance: random.Random) -> None:
        """Of the workers of a role."""
        self._stack, self._role, self._chance = stack, role, chance
        self._names = (f"{role}-j{n}" for n in count(1))
        self._has_joined = False
        self.moments: list[float] = []
        """When one joined or left."""

    @property
    def seconds(self) -> float:
        """From the first to the last of them."""
        return self.moments[-1] - self.moments[0] if self.moments else 0.0

    def change(self, breaker: Breaker) -> bool:
        """Have one join or leave; False: none is there just now that could leave."""
        if not self._has_joined:
            self._stack.start(next(self._names))
        elif not self._leave(breaker):
            return False
        self._has_joined = not self._has_joined
        self.moments.append(time.monotonic())
        return True

    def _leave(self, breaker: Breaker) -> bool:
        awake = [name for name in breaker.named(self._role) if name not in breaker.asleep and breaker.is_up(name)]
        if not awake:
            return False
        name = self._chance.choice(awake)
        breaker.look_for_gaps(name)
        started = self._stack.running[name]
        self._stack.stop(name)
        code = processes.exit_code(started)
        assert code == 0, f"{name} was told to end, and ended with {code}"
        return True
