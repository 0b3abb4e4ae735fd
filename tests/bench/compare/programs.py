"""The programs that are compared, and how each is called for one run of one row."""

import dataclasses
import os


@dataclasses.dataclass(frozen=True)
class Program:
    """A command line with {bin} (Bazel's output), {root} (the tree), {row} and {scale}."""
    name: str
    command: tuple[str, ...]
    # What builds it; empty: nothing needs to.
    label: str = ''
    # Of another project, whose packages have to be installed.
    foreign: bool = False

    def arguments(self, row: str, scale: float, root: str, bin_folder: str) -> list[str]:
        values = {'row': row, 'scale': '%g' % scale, 'root': root, 'bin': bin_folder}
        return [word.format(**values) for word in self.command]


TROUPE_FLAGS = ('--only={row}', '--runs=1', '--plain', '--scale={scale}')

PROGRAMS: dict[str, Program] = {program.name: program for program in (
    Program('troupe local', ('{bin}/tests/bench/local', *TROUPE_FLAGS), '//tests/bench:local'),
    Program('troupe remote', ('{bin}/tests/bench/remote', *TROUPE_FLAGS), '//tests/bench:remote'),
    Program('troupe gateway', ('{bin}/tests/bench/gateway', *TROUPE_FLAGS),
            '//tests/bench:gateway'),
    Program('troupe growth', ('{bin}/tests/bench/growth', '--only={row}', '--scale={scale}'),
            '//tests/bench:growth'),
    Program('limits', ('{bin}/tests/bench/peers/limits/local_limits', '{row}', '{scale}'),
            '//tests/bench/peers/limits:local_limits'),
    Program('caf local', ('{bin}/tests/bench/peers/caf/local', '{row}', '{scale}'),
            '//tests/bench/peers/caf:local', foreign=True),
    Program('caf remote', ('{bin}/tests/bench/peers/caf/remote', '{row}', '{scale}'),
            '//tests/bench/peers/caf:remote', foreign=True),
    Program('erlang local', ('{root}/tests/bench/peers/erlang/local.erl', '{row}', '{scale}'),
            foreign=True),
    Program('erlang remote', ('{root}/tests/bench/peers/erlang/remote.erl', '{row}', '{scale}'),
            foreign=True),
    # Debian's own Python, which has Debian's Pykka, whatever else is in the path.
    Program('pykka local', ('/usr/bin/python3', '{root}/tests/bench/peers/pykka/local.py', '{row}',
                            '{scale}'), foreign=True),
    Program('capnproto remote', ('{bin}/tests/bench/peers/capnproto/remote', '{row}', '{scale}'),
            '//tests/bench/peers/capnproto:remote', foreign=True),
)}


def missing(arguments: list[str]) -> str:
    """Returns the first file of ours in a command line that is not there, or ''."""
    for word in arguments:
        if word.startswith('/') and not os.path.exists(word):
            return word
    return ''
