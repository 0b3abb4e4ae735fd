#!/usr/bin/env python3
"""What scripts/bench runs once everything is built: the comparison, its table, its files."""

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Sequence

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# pylint: disable=wrong-import-position
import docs
import growth
import machine
import measure
import plots
import programs
import report
import table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__)))))

DESCRIPTION = """\
Measures Troupe beside what one would use instead of it, on this machine and in turn: a run of
Troupe, a run of each peer, and so on. Installs the peers from Debian, builds all of it, prints one
table. A ratio is Troupe's figure divided by the peer's in the same round; median and range of all
rounds.
"""
EPILOG = """\
A full run (no --quick, no --only, no --no-peers, at least 5 runs) writes its table into
docs/performance.md and its plots to docs/bench/; others do so only with --update-docs.
Exits with 1 if one of Troupe's own programs failed. A peer that fails is listed as n/a, with the
reason; a target that is missed is a NO in the table, no failure.
"""

# The whole of --quick, in seconds, and the part of it that is for the growth.
QUICK_BUDGET = 160.0
QUICK_GROWTH = 40.0


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='scripts/bench', description=DESCRIPTION, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true',
                        help='ends within 3 minutes after the build: less work, fewer runs')
    parser.add_argument('--only', metavar='NAME[,NAME]', default='',
                        help='works, figures, or the groups local, remote, gateway, growth')
    parser.add_argument('--json', metavar='FILE', help='writes everything there, too')
    parser.add_argument('--runs', metavar='N', type=int,
                        help='rounds (default 5; 3 with --quick, as far as the time allows)')
    parser.add_argument('--scale', metavar='S', type=float,
                        help='share of the full work of a run (default 1; 0.05 with --quick)')
    parser.add_argument('--no-peers', dest='peers', action='store_false',
                        help='without the other projects, and without installing them')
    parser.add_argument('--update-docs', action=argparse.BooleanOptionalAction,
                        help='write table and plots into docs/, or do not')
    parser.add_argument('--targets', action='store_true', help=argparse.SUPPRESS)
    parser.add_argument('--bin', default=os.path.join(ROOT, 'bazel-bin'), help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    arguments.only = [name for name in arguments.only.split(',') if name]
    known = names()
    unknown = sorted(set(arguments.only) - set(known))
    if unknown:
        parser.error('--only: no %s; there are: %s' % (', '.join(unknown), ', '.join(known)))
    if arguments.runs is None:
        arguments.runs = 3 if arguments.quick else 5
    if arguments.scale is None:
        arguments.scale = 0.05 if arguments.quick else 1.0
    if arguments.runs < 1 or arguments.scale <= 0:
        parser.error('--runs and --scale are above 0')
    if arguments.update_docs is None:
        arguments.update_docs = (not arguments.quick and not arguments.only and arguments.peers
                                 and arguments.runs >= 5 and arguments.scale == 1.0)
    return arguments


def names() -> list[str]:
    """Everything that --only knows."""
    found = [*table.GROUPS, 'growth']
    for work in table.WORKS:
        found += [work.name, *(figure.name for figure in work.figures)]
    return list(dict.fromkeys(found))


def wanted_works(arguments: argparse.Namespace) -> list[table.Work]:
    return [work for work in table.WORKS if work.wanted(arguments.only)]


def wants_growth(arguments: argparse.Namespace) -> bool:
    return not arguments.only or 'growth' in arguments.only


def targets(arguments: argparse.Namespace) -> list[str]:
    """The labels that have to be built."""
    used = [programs.PROGRAMS[contestant.program] for work in wanted_works(arguments)
            for contestant in measure.contestants(work, arguments.peers)]
    labels = {program.label for program in used if program.label}
    if wants_growth(arguments):
        labels.add(growth.label())
    return sorted(labels)


def settings_of(arguments: argparse.Namespace) -> measure.Settings:
    settings = measure.Settings(runs=arguments.runs, scale=arguments.scale, peers=arguments.peers)
    if not arguments.quick:
        return settings
    budget = QUICK_BUDGET - (QUICK_GROWTH if wants_growth(arguments) else 0.0)
    return dataclasses.replace(settings, deadline=20.0, budget=budget)


@dataclasses.dataclass
class Findings:
    """All that a run found out."""
    machine: dict[str, str]
    versions: dict[str, str]
    measured: measure.Measurement
    rows: list[report.Row]
    growth: growth.Growth | None
    load: float

    def checks(self) -> list[growth.Check]:
        return growth.checks(self.growth) if self.growth else []

    def notes(self) -> list[str]:
        notes = report.notes_of(self.measured)
        if self.growth:
            notes += ['growth, %s: %s' % item for item in self.growth.errors.items()]
        return notes

    def failed(self) -> bool:
        """Whether one of Troupe's own programs did not do its work."""
        own = [self.measured.of(work, 'troupe').error for work in self.measured.works]
        return any(own) or bool(self.growth and self.growth.errors)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def find_out(arguments: argparse.Namespace) -> Findings:
    began = time.monotonic()
    load = machine.load()
    run = measure.program_run(ROOT, arguments.bin)
    settings = settings_of(arguments)
    measured = measure.Measurement(wanted_works(arguments), settings, run, progress)
    if measured.works:
        measured.rounds_of_all()
    grown = None
    if wants_growth(arguments):
        if arguments.quick:
            left = QUICK_BUDGET - (time.monotonic() - began)
            settings = dataclasses.replace(settings, budget=left)
        grown = growth.run_all(settings, run, progress)
    return Findings(machine.machine(), machine.versions(ROOT), measured,
                    report.rows_of(measured), grown, load)


def head_lines(found: Findings) -> list[str]:
    lines = [machine.text(found.machine), machine.text(found.versions)]
    settings = found.measured.settings
    lines.append('measured on %s; %d rounds%s' % (
        machine.today(), found.measured.rounds or settings.runs,
        '' if settings.scale == 1.0 else ', %g of the full work' % settings.scale))
    if found.load > 0.5:
        lines.append('other work ran on the machine: load %.1f at the start' % found.load)
    return lines


def text_of(found: Findings) -> str:
    parts = ['\n'.join(head_lines(found)) + '\n']
    if found.rows:
        parts += [report.text_table(report.HEAD, report.cells(found.rows)),
                  report.summary(found.rows) + '\n']
    if found.growth:
        parts.append(report.text_table(growth.HEAD, growth.cells(found.checks())))
    if found.notes():
        parts.append('\n'.join(['n/a:', *('  ' + note for note in found.notes())]) + '\n')
    return '\n'.join(parts)


def json_of(found: Findings) -> dict[str, object]:
    rows: list[dict[str, object]] = [report.json_row(row) for row in found.rows]
    rows += [growth.json_check(check) for check in found.checks()]
    return {
        'machine': found.machine,
        'versions': found.versions,
        'date': machine.today(),
        'load': found.load,
        'rounds': found.measured.rounds,
        'scale': found.measured.settings.scale,
        'rows': rows,
        'growth': growth.json_points(found.growth) if found.growth else [],
        'notes': found.notes(),
    }


def markdown_of(found: Findings, images: Sequence[str]) -> str:
    parts = ['\n'.join('- %s' % line for line in head_lines(found)) + '\n']
    for group, title in table.GROUPS.items():
        works = {work.name for work in found.measured.works if work.group == group}
        rows = [row for row in found.rows if row.work in works]
        if rows:
            parts += ['### %s\n' % title,
                      report.markdown_table(report.HEAD, report.cells(rows))]
            parts += ['![%s](%s)\n' % (title, image) for image in images if group in image]
    if found.rows:
        parts.append('%s.\n' % report.summary(found.rows).capitalize())
    if found.growth:
        parts += ["### Growth\n",
                  'The cost of one item where there are most of them, divided by the least cost of '
                  'an item where\nthere are fewer.\n',
                  report.markdown_table(growth.HEAD, growth.cells(found.checks()))]
        parts += ['![growth](%s)\n' % image for image in images if 'growth' in image]
    if found.notes():
        parts.append('Not available:\n\n' + ''.join('- %s\n' % note for note in found.notes()))
    return '\n'.join(parts)


def draw(found: Findings, folder: str) -> list[str]:
    """Draws what there are values for; returns the files' names."""
    os.makedirs(folder, exist_ok=True)
    drawn = []
    for group in table.GROUPS:
        works = [work for work in found.measured.works if work.group == group]
        if plots.bars(os.path.join(folder, group + '.svg'), works, found.measured):
            drawn.append(group + '.svg')
    for axis in growth.AXES if found.growth else ():
        name = 'growth_%s.svg' % axis.name
        if plots.growth_curves(os.path.join(folder, name), axis, found.growth):
            drawn.append(name)
    return drawn


def update_docs(found: Findings, root: str = ROOT) -> None:
    drawn = []
    if plots.available():
        drawn = draw(found, os.path.join(root, 'docs', 'bench'))
    else:
        progress('gnuplot is not installed (scripts/setup --bench): no plots')
    docs.update(os.path.join(root, 'docs', 'performance.md'), 'bench',
                markdown_of(found, ['bench/' + name for name in drawn]))


def main(words: Sequence[str]) -> int:
    arguments = parse_arguments(words)
    if arguments.targets:
        print('\n'.join(targets(arguments)))
        return 0
    found = find_out(arguments)
    print(text_of(found))
    if arguments.json:
        with open(arguments.json, 'w', encoding='utf-8') as file:
            json.dump(json_of(found), file, indent=1)
            file.write('\n')
    if arguments.update_docs:
        update_docs(found)
    return 1 if found.failed() else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except docs.DocsError as error:
        sys.exit('scripts/bench: %s' % error)
