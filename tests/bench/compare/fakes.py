"""Programs, works and clocks for the tests."""

import os
import stat

import measure
import runner
import table


def script(folder: str, name: str, body: str) -> str:
    """Writes a shell script and returns its path."""
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\n' + body)
    os.chmod(path, stat.S_IRWXU)
    return path


def work(name: str, *peers: str, more: bool = True, figures: tuple[str, ...] = (),
         targets: tuple[table.Target, ...] = ()) -> table.Work:
    """A work whose contestants all print figures of the same names; targets are of the first."""
    made = tuple(table.Figure(figure, '/s', 'of a test', more, targets if i == 0 else ())
                 for i, figure in enumerate(figures or (name,)))
    return table.Work(name, 'local', table.Contestant('troupe', 'troupe local', name, name), made,
                      tuple(table.Contestant(peer, peer + ' local', name, name)
                            for peer in peers))


class Runs:
    """Stands for running programs: gives each contestant's outcomes one after another."""

    def __init__(self, **outcomes: list[dict[str, float] | str]) -> None:
        self.calls: list[str] = []
        self.deadlines: list[float] = []
        self._outcomes = outcomes

    def __call__(self, contestant: table.Contestant, scale: float,
                 seconds: float) -> runner.Outcome:
        self.calls.append(contestant.peer)
        self.deadlines.append(seconds)
        outcome = self._outcomes[contestant.peer].pop(0)
        if isinstance(outcome, str):
            return runner.Outcome(error=outcome)
        return runner.Outcome(outcome)


class Clock:
    """Goes on by `step` at each look."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def measured(works: list[table.Work], runs: Runs, rounds: int,
             **settings: object) -> measure.Measurement:
    found = measure.Measurement(works, measure.Settings(runs=rounds, **settings), runs)
    found.rounds_of_all()
    return found
