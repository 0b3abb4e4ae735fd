"""Draws bars and curves as SVG with gnuplot."""

import math
import os
import shutil
import subprocess
from collections.abc import Sequence

import growth
import measure
import spread
import table

COLUMNS = 3
_PANEL = (380, 230)
_COLORS = {'troupe': '#1f6fb4', 'limit': '#b0b0b0'}
_OTHERS = ('#e08214', '#7fbc41', '#9970ab', '#c2a500', '#d6604d')


def available() -> bool:
    return shutil.which('gnuplot') is not None


def _quoted(text: str) -> str:
    return "'%s'" % text.replace("'", "''")


def _terminal(path: str, width: int, height: int) -> list[str]:
    return ["set terminal svg noenhanced size %d,%d font 'sans-serif,11' background '#ffffff'"
            % (width, height), 'set output %s' % _quoted(path)]


def _draw(path: str, script: Sequence[str]) -> None:
    """Writes the file only when gnuplot has made all of it."""
    new = path + '.new'
    text = '\n'.join(script).replace(_quoted(path), _quoted(new)) + '\n'
    result = subprocess.run(['gnuplot', '-'], input=text, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError('gnuplot: %s' % result.stdout.strip())
    os.replace(new, path)


_Bar = tuple[str, str, spread.Spread]  # peer, label, value


def _bars(work: table.Work, figure: table.Figure, measured: measure.Measurement) -> list[_Bar]:
    bars = []
    for contestant in measure.contestants(work, measured.settings.peers):
        value = spread.spread(measured.of(work, contestant.peer).of(figure.name).values())
        if value is not None:
            title = table.PEERS.get(contestant.peer, 'Troupe')
            bars.append((contestant.peer, title, value))
    return bars


def _color(peer: str) -> str:
    if peer == 'troupe':
        return _COLORS['troupe']
    if peer in ('caf', 'erlang', 'pykka', 'capnproto'):
        return _OTHERS[('caf', 'erlang', 'pykka', 'capnproto').index(peer)]
    return _COLORS['limit']


def _bar_panel(figure: table.Figure, bars: Sequence[_Bar]) -> list[str]:
    """Horizontal bars, the first on top, each with its spread and its value."""
    most = max(value.most for _, _, value in bars) or 1.0
    tics = ', '.join('%s %d' % (_quoted(title), -i) for i, (_, title, _) in enumerate(bars))
    lines = ['$bars << EOD']
    for i, (peer, _, value) in enumerate(bars):
        lines.append('%d %.9g %.9g %.9g %s "%s"' % (
            -i, value.median, value.least, value.most, '0x' + _color(peer)[1:],
            spread.short(value.median, figure.unit)))
    better = 'more is better' if figure.more_is_better else 'less is better'
    head = '%s (%s, %s)' % (figure.name, figure.unit, better)
    lines += [
        'EOD',
        'set label 1 %s at graph -0.7,1.19' % _quoted(head),
        'set label 2 %s at graph -0.7,1.07 font ",10"' % _quoted(figure.text),
        'set xrange [0:%.9g]' % (most * 1.3),
        'set yrange [%.1f:0.6]' % (0.4 - len(bars)),
        'set ytics (%s)' % tics,
        'plot $bars using ($2/2):1:($2/2):(0.32):5 with boxxyerror fill solid 0.9 noborder'
        ' lc rgb variable notitle,'
        ' $bars using 2:1:3:4 with xerrorbars pt -1 lc rgb "#202020" notitle,'
        ' $bars using 4:1:6 with labels left offset 0.7,0 notitle',
    ]
    return lines


def bars(path: str, works: Sequence[table.Work], measured: measure.Measurement) -> bool:
    """A panel for each figure. False: there was nothing to draw."""
    panels = [(figure, found) for work in works for figure in work.figures
              if (found := _bars(work, figure, measured))]
    if not panels:
        return False
    rows = math.ceil(len(panels) / COLUMNS)
    script = _terminal(path, COLUMNS * _PANEL[0], rows * _PANEL[1])
    script += ['set multiplot layout %d,%d' % (rows, COLUMNS), 'unset key', 'unset xtics',
               'set border 2', 'set ytics nomirror scale 0', 'set lmargin 22', 'set rmargin 2',
               'set bmargin 1', 'set tmargin 4']
    for figure, found in panels:
        script += _bar_panel(figure, found)
    _draw(path, [*script, 'unset multiplot'])
    return True


def _curve_lines(axis: growth.Axis, curve: growth.Curve, measured: growth.Growth) -> list[str]:
    lines = []
    for size in axis.sizes:
        value = measured.of(axis, size, curve)
        if value is not None and value.median > 0:
            lines.append('%d %.9g %.9g %.9g' % (size, value.median, value.least, value.most))
    return lines


def _decades(values: Sequence[spread.Spread]) -> tuple[float, float]:
    """Whole powers of ten, so that the axis has numbers at both ends."""
    least = min(value.least for value in values if value.least > 0)
    most = max(value.most for value in values)
    return 10.0**math.floor(math.log10(least)), 10.0**math.ceil(math.log10(most * 1.01))


def growth_curves(path: str, axis: growth.Axis, measured: growth.Growth) -> bool:
    """Rates on the left, memory on the right, over what grows; all in logarithms."""
    script = _terminal(path, 640, 360)
    script += ['set logscale x', 'set logscale y', 'set logscale y2', 'set ytics nomirror',
               'set y2tics nomirror', "set format x '%.0s%c'", "set format y '%.0s%c'",
               "set format y2 '%.0s%c'", 'set xlabel %s' % _quoted(axis.text),
               "set ylabel 'per second'", "set y2label 'bytes'", 'set key outside bottom center',
               'set grid xtics ytics lc rgb "#e0e0e0"',
               'set xrange [%g:%g]' % (axis.sizes[0] / 2, axis.sizes[-1] * 2)]
    curves = []
    for i, curve in enumerate(axis.curves):
        lines = _curve_lines(axis, curve, measured)
        if not lines:
            continue
        script += ['$curve%d << EOD' % i, *lines, 'EOD']
        axes = 'x1y1' if curve.is_rate else 'x1y2'
        color = _COLORS['troupe'] if i == 0 else _OTHERS[i - 1]
        curves.append('$curve%d using 1:2:3:4 axes %s with yerrorlines pt 7 ps 0.6 lw 1.5'
                      ' lc rgb "%s" title %s' % (i, axes, color, _quoted(curve.text)))
    if not curves:
        return False
    for name, is_rate in (('yrange', True), ('y2range', False)):
        values = [value for curve in axis.curves if curve.is_rate == is_rate
                  for size in axis.sizes
                  if (value := measured.of(axis, size, curve)) and value.least > 0]
        if values:
            script.append('set %s [%g:%g]' % (name, *_decades(values)))
    _draw(path, [*script, 'plot ' + ', '.join(curves)])
    return True
