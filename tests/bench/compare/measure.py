"""Runs Troupe and its peers in turn, round by round, within the time that there is."""

import dataclasses
import time
from collections.abc import Callable, Sequence

import programs
import runner
import table


@dataclasses.dataclass
class Samples:
    """What one contestant reached: figure -> round -> value; and why a run gave nothing."""
    figures: dict[str, dict[int, float]] = dataclasses.field(default_factory=dict)
    error: str = ''

    def of(self, figure: str) -> dict[int, float]:
        return self.figures.get(figure, {})


@dataclasses.dataclass(frozen=True)
class Settings:
    """How much is run. Times in seconds."""
    runs: int = 5
    scale: float = 1.0
    deadline: float = 120.0  # of one run
    budget: float = float('inf')  # of all
    peers: bool = True


Run = Callable[[table.Contestant, float, float], runner.Outcome]
Progress = Callable[[str], None]


def program_run(root: str, bin_folder: str) -> Run:
    """The Run that starts the programs of programs.py."""
    def run(contestant: table.Contestant, scale: float, seconds: float) -> runner.Outcome:
        program = programs.PROGRAMS[contestant.program]
        arguments = program.arguments(contestant.row, scale, root, bin_folder)
        missing = programs.missing(arguments)
        if missing:
            return runner.Outcome(error='%s is not there' % missing)
        return runner.run(arguments, seconds)
    return run


def contestants(work: table.Work, peers: bool) -> list[table.Contestant]:
    others = [peer for peer in work.peers
              if peers or not programs.PROGRAMS[peer.program].foreign]
    return [work.troupe, *others]


def _in_turn(work: table.Work, settings: Settings, number: int) -> list[table.Contestant]:
    """Troupe first, then the others, each round beginning with another one of them."""
    ours, *others = contestants(work, settings.peers)
    first = number % len(others) if others else 0
    return [ours, *others[first:], *others[:first]]


class Measurement:
    """All samples of a comparison. `run` and `clock` are replaced by tests."""

    def __init__(self, works: Sequence[table.Work], settings: Settings, run: Run,
                 progress: Progress = lambda text: None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.works = works
        self.settings = settings
        self.rounds = 0  # complete ones
        self._samples: dict[tuple[str, str], Samples] = {}
        self._run = run
        self._progress = progress
        self._clock = clock
        self._end = clock() + settings.budget

    def of(self, work: table.Work, peer: str) -> Samples:
        return self._samples.setdefault((work.name, peer), Samples())

    def rounds_of_all(self) -> None:
        """As many rounds as were asked for, or as the time allows, but at least one."""
        for number in range(self.settings.runs):
            began = self._clock()
            if number > 0 and began + self._longest > self._end:
                self._progress('no time for round %d' % (number + 1))
                return
            for work in self.works:
                for contestant in _in_turn(work, self.settings, number):
                    self._one(work, contestant, number)
            self._longest = self._clock() - began
            self.rounds = number + 1

    _longest = 0.0

    def _one(self, work: table.Work, contestant: table.Contestant, number: int) -> None:
        samples = self.of(work, contestant.peer)
        if samples.error:
            return  # once is enough: it may take its whole deadline to fail again
        left = self._end - self._clock()
        if left <= 0:
            samples.error = 'the time was over'
            return
        outcome = self._run(contestant, self.settings.scale, min(self.settings.deadline, left))
        samples.error = outcome.error
        values = []
        for figure in work.figures:
            value = outcome.figures.get(contestant.figure(figure.name))
            if value is not None:
                samples.figures.setdefault(figure.name, {})[number] = value
                values.append('%s %s' % (figure.name, format(value, ',.6g')))
        if not values and not samples.error:
            samples.error = 'printed none of the figures'
        self._progress('round %d: %s, %s: %s' % (
            number + 1, work.name, contestant.peer, samples.error or ', '.join(values)))
