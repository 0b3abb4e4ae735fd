"""Makes rows of what was measured, and writes them: for a terminal, in JSON, in Markdown."""

import dataclasses
from collections.abc import Iterable, Sequence

import measure
import spread
import table


@dataclasses.dataclass
class Row:
    """One figure of Troupe beside that of one peer, or beside a fixed bound (peer None)."""
    work: str
    figure: table.Figure
    peer: str | None
    ours: spread.Spread | None
    theirs: spread.Spread | None = None
    ratio: spread.Spread | None = None
    reason: str = ''  # why there is no ratio

    @property
    def name(self) -> str:
        return '%s vs %s' % (self.figure.name, self.peer or 'bound')

    @property
    def bound(self) -> float | None:
        return self.figure.target(self.peer)

    @property
    def met(self) -> bool | None:
        """None: no target, or nothing to say whether it is met."""
        value = self.ratio if self.peer else self.ours
        if self.bound is None or value is None:
            return None
        if self.figure.more_is_better:
            return value.median >= self.bound
        return value.median <= self.bound

    @property
    def target(self) -> str:
        if self.bound is None:
            return ''
        return '%s %g' % ('>=' if self.figure.more_is_better else '<=', self.bound)


def _figure_rows(work: table.Work, figure: table.Figure,
                 measured: measure.Measurement) -> Iterable[Row]:
    troupe = measured.of(work, 'troupe')
    ours = spread.spread(troupe.of(figure.name).values())
    if figure.target(None) is not None:
        yield Row(work.name, figure, None, ours, reason=troupe.error)
    peers = measure.contestants(work, measured.settings.peers)[1:]
    for contestant in peers:
        samples = measured.of(work, contestant.peer)
        values = samples.of(figure.name)
        reason = samples.error
        # Some figures only Troupe has, or its first one only a limit: no row, rather than an n/a.
        if not values and not reason:
            if figure.target(contestant.peer) is None:
                continue
            reason = 'printed no %s' % contestant.figure(figure.name)
        yield Row(work.name, figure, contestant.peer, ours, spread.spread(values.values()),
                  spread.ratios(troupe.of(figure.name), values), reason)
    if not peers and figure.target(None) is None:
        yield Row(work.name, figure, None, ours, reason=troupe.error)


def rows_of(measured: measure.Measurement) -> list[Row]:
    return [row for work in measured.works for figure in work.figures
            for row in _figure_rows(work, figure, measured)]


def notes_of(measured: measure.Measurement) -> list[str]:
    """A line for each contestant that failed: what, who, why."""
    notes = []
    for work in measured.works:
        for contestant in measure.contestants(work, measured.settings.peers):
            error = measured.of(work, contestant.peer).error
            if error:
                notes.append('%s, %s: %s' % (work.name, contestant.peer, error))
    return notes


def _json_spread(values: spread.Spread | None) -> list[float] | None:
    return [values.least, values.most] if values else None


def json_row(row: Row) -> dict[str, object]:
    """`met` is null without a target, and where a value to judge it by is missing."""
    return {
        'name': row.name,
        'work': row.work,
        'figure': row.figure.name,
        'unit': row.figure.unit,
        'better': 'more' if row.figure.more_is_better else 'less',
        'troupe': row.ours.median if row.ours else None,
        'troupe_spread': _json_spread(row.ours),
        'peer': row.peer,
        'peer_value': row.theirs.median if row.theirs else None,
        'peer_spread': _json_spread(row.theirs),
        'ratio': row.ratio.median if row.ratio else None,
        'ratio_spread': _json_spread(row.ratio),
        'target': row.bound,
        'met': row.met,
        'runs': row.ours.runs if row.ours else 0,
        'reason': row.reason or None,
    }


def _value(values: spread.Spread | None, unit: str) -> str:
    return spread.short(values.median, unit) if values else 'n/a'


def _range(values: spread.Spread | None, unit: str) -> str:
    return spread.short_range(values, unit) if values else ''


def _met(row: Row) -> str:
    if row.bound is None:
        return ''
    return {True: 'yes', False: 'NO', None: 'n/a'}[row.met]


HEAD = ('figure', 'what', 'unit', 'Troupe', 'range', 'beside', 'theirs', 'range', 'ratio', 'range',
        'target', 'met')


def cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The lines under HEAD. What is the same for all rows of a figure stands in its first."""
    lines = []
    before = None
    for row in rows:
        figure = row.figure
        first = (figure.name, figure.text, figure.unit, _value(row.ours, figure.unit),
                 _range(row.ours, figure.unit))
        if figure.name == before:
            first = ('',) * 5
        before = figure.name
        if row.peer:
            others = (table.PEERS[row.peer], _value(row.theirs, figure.unit),
                      _range(row.theirs, figure.unit), _value(row.ratio, ''),
                      _range(row.ratio, ''))
        else:
            others = ('',) * 5
        lines.append((*first, *others, row.target, _met(row)))
    return lines


_LEFT = {'figure', 'what', 'unit', 'beside', 'met'}


def text_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    out = []
    for line in [head, *lines]:
        words = [word.ljust(width) if name in _LEFT else word.rjust(width)
                 for word, width, name in zip(line, widths, head)]
        out.append('  '.join(words).rstrip())
    out.insert(1, '-' * max(len(line) for line in out))
    return '\n'.join(out) + '\n'


def markdown_table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    def line_of(words: Sequence[str]) -> str:
        return '| %s |' % ' | '.join(words)
    rule = [('---' if name in _LEFT else '---:') for name in head]
    return '\n'.join([line_of(head), line_of(rule), *map(line_of, lines)]) + '\n'


def summary(rows: Sequence[Row]) -> str:
    with_target = [row for row in rows if row.bound is not None]
    met = sum(row.met is True for row in with_target)
    open_ = sum(row.met is None for row in with_target)
    text = '%d of %d targets met' % (met, len(with_target))
    return text + (', %d without a value' % open_ if open_ else '')
