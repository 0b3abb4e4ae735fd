#!/usr/bin/env python3
"""Running programs, in turn and within the time."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# pylint: disable=wrong-import-position
import fakes
import measure
import programs
import runner
import table


class RunnerTest(unittest.TestCase):
    """One program, once."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_script(self, body: str, seconds: float = 60) -> runner.Outcome:
        return runner.run([fakes.script(self.folder, 'program', body)], seconds)

    def test_reads_figures_and_passes_over_other_lines(self) -> None:
        outcome = self.run_script('echo hello; echo a 1900000 /s; echo b 95.5 us extra words\n'
                                  'echo c nan /s; echo d x y; echo e -1 us; echo f 2e3 ns\n')
        self.assertEqual(outcome.figures, {'a': 1900000.0, 'b': 95.5, 'f': 2000.0})
        self.assertEqual(outcome.error, '')

    def test_failure_has_the_last_line_that_was_said(self) -> None:
        outcome = self.run_script('echo a 1 /s; echo first >&2; echo wrong sum >&2; exit 3\n')
        self.assertEqual(outcome.figures, {})
        self.assertEqual(outcome.error, 'exit status 3: wrong sum')

    def test_death_by_a_signal_is_a_failure(self) -> None:
        self.assertEqual(self.run_script('kill -9 $$\n').error, 'signal 9')

    def test_a_program_that_hangs_is_ended_with_its_children(self) -> None:
        path = os.path.join(self.folder, 'open_while_it_lives')
        os.mkfifo(path)
        fifo = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, fifo)
        outcome = self.run_script('sleep 600 >%s & wait\n' % path, 0.5)
        self.assertEqual(outcome.error, 'did not end within 0.5 s')
        os.set_blocking(fifo, True)
        self.assertEqual(os.read(fifo, 1), b'')  # blocks while the child lives

    def test_a_daemon_left_behind_does_not_hold_it_up(self) -> None:
        outcome = self.run_script('sleep 600 & echo a 1 /s\n')
        self.assertEqual(outcome.figures, {'a': 1.0})

    def test_a_program_that_cannot_be_run_is_a_failure(self) -> None:
        self.assertIn('cannot be run', runner.run([self.folder + '/none'], 1).error)

    def test_no_figures_are_a_failure(self) -> None:
        self.assertEqual(self.run_script('echo done\n').error, 'printed no figures')


class ProgramsTest(unittest.TestCase):
    """The table of commands."""

    def test_all_contestants_have_programs(self) -> None:
        for work in table.WORKS:
            for contestant in measure.contestants(work, peers=True):
                self.assertIn(contestant.program, programs.PROGRAMS)

    def test_commands_are_filled_in(self) -> None:
        local = programs.PROGRAMS['troupe local']
        self.assertEqual(local.arguments('ring', 0.5, '/r', '/b'), [
            '/b/tests/bench/local', '--only=ring', '--runs=1', '--plain', '--scale=0.5'])
        pykka = programs.PROGRAMS['pykka local']
        self.assertEqual(pykka.arguments('ring', 0.5, '/r', '/b')[-2:],
                         ['ring', '0.5'])

    def test_a_program_that_is_not_built_is_named(self) -> None:
        run = measure.program_run('/nowhere', '/nowhere')
        outcome = run(table.WORKS[0].troupe, 1.0, 1.0)
        self.assertEqual(outcome.error, '/nowhere/tests/bench/local is not there')


class MeasurementTest(unittest.TestCase):
    """Rounds of all."""

    def test_runs_are_interleaved(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 1}] * 3, caf=[{'w': 1}] * 3, erlang=[{'w': 1}] * 3)
        fakes.measured([fakes.work('w', 'caf', 'erlang')], runs, 3)
        self.assertEqual(runs.calls, ['troupe', 'caf', 'erlang', 'troupe', 'erlang', 'caf',
                                      'troupe', 'caf', 'erlang'])

    def test_each_round_goes_through_all_works(self) -> None:
        runs = fakes.Runs(troupe=[{'v': 1}, {'w': 2}, {'v': 3}, {'w': 4}])
        works = [fakes.work('v'), fakes.work('w')]
        found = fakes.measured(works, runs, 2)
        self.assertEqual(found.of(works[0], 'troupe').of('v'), {0: 1, 1: 3})
        self.assertEqual(found.of(works[1], 'troupe').of('w'), {0: 2, 1: 4})

    def test_a_failure_stops_nothing_and_is_not_repeated(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 1}] * 3, caf=[{'w': 5}, 'broke'], erlang=['hung'])
        work = fakes.work('w', 'caf', 'erlang')
        found = fakes.measured([work], runs, 3)
        self.assertEqual(found.rounds, 3)
        self.assertEqual(found.of(work, 'caf').of('w'), {0: 5})
        self.assertEqual(found.of(work, 'caf').error, 'broke')
        self.assertEqual(found.of(work, 'erlang').error, 'hung')
        self.assertEqual(runs.calls.count('erlang'), 1)

    def test_other_figures_than_those_of_the_work_are_a_failure(self) -> None:
        work = fakes.work('w')
        found = fakes.measured([work], fakes.Runs(troupe=[{'x': 1}]), 1)
        self.assertEqual(found.of(work, 'troupe').error, 'printed none of the figures')

    def test_no_run_begins_after_the_budget(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 1}] * 9, caf=[{'w': 1}] * 9)
        work = fakes.work('w', 'caf')
        found = measure.Measurement([work], measure.Settings(runs=9, deadline=50, budget=6), runs,
                                    clock=fakes.Clock(2.0))
        found.rounds_of_all()
        # Looks at 2 (the budget ends at 8), 4 (the round), 6 (2 left), 8 (none left).
        self.assertEqual(runs.calls, ['troupe'])
        self.assertEqual(runs.deadlines, [2.0])
        self.assertEqual(found.of(work, 'caf').error, 'the time was over')

    def test_a_round_that_would_not_fit_does_not_begin(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 1}] * 9)
        found = measure.Measurement([fakes.work('w')], measure.Settings(runs=9, budget=14), runs,
                                    clock=fakes.Clock(2.0))
        found.rounds_of_all()
        # It ends at 16. Rounds begin at 4 and 10, and take 4; the third would begin at 16.
        self.assertEqual(found.rounds, 2)

    def test_without_peers_the_limits_stay(self) -> None:
        ping_pong = next(work for work in table.WORKS if work.name == 'ping_pong')
        peers = [contestant.peer for contestant in measure.contestants(ping_pong, peers=False)]
        self.assertEqual(peers, ['troupe', 'cache_line'])


if __name__ == '__main__':
    unittest.main()
