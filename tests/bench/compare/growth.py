"""How Troupe's own cost grows: with actors, message size, peers and calls under way.

tests/bench/growth runs one point a call. Here are the points, what they are judged by, and the
judgement: the cost of one item where there are most of them, against the least cost of an item
where there are fewer. A cost that does not grow faster than the work keeps that factor small.
"""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence

import measure
import programs
import runner
import spread
import table


@dataclasses.dataclass(frozen=True)
class Curve:
    """A figure of every point of an axis, `AXIS_SIZE_SUFFIX`."""
    suffix: str
    unit: str
    text: str
    # The cost of an item that must not grow by more than this factor; not judged without it.
    cost: str = ''
    factor: float = math.inf
    is_rate: bool = True
    # An item is one byte, not one message: the rate counts messages of SIZE bytes.
    per_byte: bool = False
    # The suffix of a rate that the cost is counted in, in place of seconds: what the machine itself
    # needs for as much.
    unit_of_cost: str = ''

    def cost_of(self, size: int, value: float) -> float:
        if not self.is_rate:
            return value
        return 1.0 / (value * size if self.per_byte else value)


@dataclasses.dataclass(frozen=True)
class Axis:
    """What grows."""
    name: str
    text: str
    sizes: tuple[int, ...]
    curves: tuple[Curve, ...]

    def figure(self, size: int, curve: Curve) -> str:
        return '%s_%d_%s' % (self.name, size, curve.suffix)


AXES: tuple[Axis, ...] = (
    # A message to one of very many actors finds its actor in memory instead of the cache, as does
    # whoever changes one block of very many.
    Axis('actors', 'actors', (1000, 10_000, 100_000, 1_000_000), (
        Curve('rate', '/s', 'messages/s round all of them', 'time a message, in blocks changed',
              3.0, unit_of_cost='walk_rate'),
        Curve('walk_rate', '/s', 'bare blocks of memory changed/s on the same way'),
        Curve('bytes', 'bytes', 'resident an actor', 'memory an actor', 1.5, is_rate=False))),
    Axis('size', 'bytes a message, to another process',
         (16, 256, 4096, 65_536, 1_048_576, 16_777_216), (
             Curve('rate', '/s', 'messages/s', 'time a byte', 3.0, per_byte=True),
             Curve('bytes', 'bytes', 'resident for a byte under way', 'memory a byte', 3.0,
                   is_rate=False))),
    Axis('peers', 'other processes', (1, 2, 4, 8, 16, 32), (
        Curve('in_rate', '/s', 'asks/s of all to one node', 'time an ask of theirs', 3.0),
        Curve('out_rate', '/s', 'asks/s of one node to all', 'time an ask of ours', 3.0),
        Curve('bytes', 'bytes', 'resident a peer', 'memory a peer', 1.5, is_rate=False))),
    Axis('pending', 'calls under way to another process', (1, 10, 100, 1000, 10_000, 100_000), (
        Curve('rate', '/s', 'calls/s', 'time a call', 3.0),
        Curve('bytes', 'bytes', 'resident for a call under way', 'memory a call', 1.5,
              is_rate=False))),
)


class Growth:
    """The samples of all points: figure -> round -> value."""

    def __init__(self) -> None:
        self.values: dict[str, dict[int, float]] = {}
        self.errors: dict[str, str] = {}

    def of(self, axis: Axis, size: int, curve: Curve) -> spread.Spread | None:
        return spread.spread(self.values.get(axis.figure(size, curve), {}).values())


def run_all(settings: measure.Settings, run: measure.Run, progress: measure.Progress,
            axes: Sequence[Axis] = AXES,
            clock: Callable[[], float] = time.monotonic) -> Growth:
    """As many rounds over all points as settings say and the time allows."""
    growth = Growth()
    end = clock() + settings.budget
    longest = 0.0
    for number in range(settings.runs):
        began = clock()
        if number > 0 and began + longest > end:
            break
        for axis in axes:
            for size in axis.sizes:
                row = '%s_%d' % (axis.name, size)
                if row in growth.errors:
                    continue
                left = end - clock()
                outcome = runner.Outcome(error='the time was over')
                if left > 0:
                    outcome = run(table.Contestant('troupe', 'troupe growth', row, row),
                                  settings.scale, min(settings.deadline, left))
                if outcome.error:
                    growth.errors[row] = outcome.error
                for figure, value in outcome.figures.items():
                    growth.values.setdefault(figure, {})[number] = value
                progress('round %d: %s: %s' % (number + 1, row, outcome.error or ', '.join(
                    '%s %s' % (name, format(value, ',.6g'))
                    for name, value in outcome.figures.items())))
        longest = clock() - began
    return growth


@dataclasses.dataclass(frozen=True)
class Check:
    """A verdict: how much more an item costs where there are most."""
    axis: str
    cost: str
    factor: float | None  # None: not measured
    bound: float

    @property
    def name(self) -> str:
        return 'growth %s, %s' % (self.axis, self.cost)

    @property
    def met(self) -> bool | None:
        return None if self.factor is None else self.factor <= self.bound


def _cost(axis: Axis, size: int, curve: Curve, growth: Growth) -> float | None:
    value = growth.of(axis, size, curve)
    if value is None or value.median <= 0:
        return None
    cost = curve.cost_of(size, value.median)
    if curve.unit_of_cost:
        unit = growth.of(axis, size, Curve(curve.unit_of_cost, '/s', ''))
        return cost * unit.median if unit else None
    return cost


def _factor(axis: Axis, curve: Curve, growth: Growth) -> float | None:
    """None: the largest size, or all others, were not measured."""
    costs = [(size, cost) for size in axis.sizes
             if (cost := _cost(axis, size, curve, growth)) is not None]
    if len(costs) < 2 or costs[-1][0] != axis.sizes[-1]:
        return None
    return costs[-1][1] / min(cost for _, cost in costs[:-1])


def checks(growth: Growth, axes: Sequence[Axis] = AXES) -> list[Check]:
    return [Check(axis.name, curve.cost, _factor(axis, curve, growth), curve.factor)
            for axis in axes for curve in axis.curves if curve.cost]


def json_check(check: Check) -> dict[str, object]:
    """In the form of the other rows."""
    return {'name': check.name, 'work': 'growth', 'unit': 'x', 'better': 'less',
            'troupe': check.factor, 'peer': None, 'peer_value': None, 'ratio': None,
            'target': check.bound, 'met': check.met}


def json_points(growth: Growth, axes: Sequence[Axis] = AXES) -> list[dict[str, object]]:
    points: list[dict[str, object]] = []
    for axis in axes:
        for size in axis.sizes:
            for curve in axis.curves:
                value = growth.of(axis, size, curve)
                points.append({
                    'axis': axis.name, 'size': size, 'curve': curve.suffix, 'unit': curve.unit,
                    'value': value.median if value else None,
                    'spread': [value.least, value.most] if value else None})
    return points


HEAD = ('what', 'cost', 'most against least', 'at most', 'met')


def cells(found: Sequence[Check]) -> list[tuple[str, ...]]:
    return [(check.axis, check.cost,
             'n/a' if check.factor is None else spread.short(check.factor, ''),
             '%g' % check.bound, {True: 'yes', False: 'NO', None: 'n/a'}[check.met])
            for check in found]


def label() -> str:
    return programs.PROGRAMS['troupe growth'].label
