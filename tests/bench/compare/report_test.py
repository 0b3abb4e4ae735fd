#!/usr/bin/env python3
"""Rows, targets, tables, files."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

# pylint: disable=wrong-import-position
import bench
import docs
import fakes
import growth
import machine
import plots
import report
import spread
import table


class SpreadTest(unittest.TestCase):
    """Numbers."""

    def test_ratios_are_of_the_same_round(self) -> None:
        found = spread.ratios({0: 10, 1: 30, 2: 40, 4: 7}, {0: 5, 1: 10, 2: 10, 3: 9})
        self.assertEqual(found, spread.Spread(3, 2, 4, 3))

    def test_nothing_is_divided_by_zero(self) -> None:
        self.assertIsNone(spread.ratios({0: 1}, {0: 0}))

    def test_numbers_are_written_with_three_digits(self) -> None:
        for value, unit, text in ((6320000, '/s', '6.32 M'), (999999, '/s', '1.00 M'),
                                  (123456, '/s', '123 k'), (950, '/s', '950'),
                                  (25.46, 'us', '25.5'), (1260.4, 'bytes', '1,260'),
                                  (2.5, '', '2.50'), (0.04, '%', '0.04'), (2.4e9, '/s', '2.40 G')):
            self.assertEqual(spread.short(value, unit), text)


def rows_by_name(measured) -> dict[str, report.Row]:
    return {row.name: row for row in report.rows_of(measured)}


class RowsTest(unittest.TestCase):
    """What is made of the samples."""

    def test_at_least_where_more_is_better(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 30}, {'w': 20}, {'w': 10}],
                          caf=[{'w': 10}, {'w': 10}, {'w': 5}], erlang=[{'w': 5}] * 3)
        work = fakes.work('w', 'caf', 'erlang', targets=(table.Target(2.5, ('caf', 'erlang')),))
        rows = rows_by_name(fakes.measured([work], runs, 3))
        caf = rows['w vs caf']
        self.assertEqual(caf.ours, spread.Spread(20, 10, 30, 3))
        self.assertEqual(caf.ratio, spread.Spread(2, 2, 3, 3))
        self.assertEqual((caf.target, caf.met), ('>= 2.5', False))
        self.assertTrue(rows['w vs erlang'].met)

    def test_at_most_where_less_is_better(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 11}], caf=[{'w': 10}], erlang=[{'w': 8}])
        work = fakes.work('w', 'caf', 'erlang', more=False,
                          targets=(table.Target(1.15, ('caf', 'erlang')),))
        rows = rows_by_name(fakes.measured([work], runs, 1))
        self.assertEqual((rows['w vs caf'].target, rows['w vs caf'].met), ('<= 1.15', True))
        self.assertFalse(rows['w vs erlang'].met)

    def test_a_bound_without_a_peer(self) -> None:
        work = fakes.work('w', 'caf', more=False, targets=(table.Target(400.0),))
        rows = rows_by_name(fakes.measured([work], fakes.Runs(troupe=[{'w': 331}],
                                                              caf=[{'w': 1250}]), 1))
        self.assertTrue(rows['w vs bound'].met)
        self.assertIsNone(rows['w vs caf'].met)

    def test_a_missing_peer_meets_and_misses_nothing(self) -> None:
        work = fakes.work('w', 'caf', targets=(table.Target(2, ('caf',)),))
        measured = fakes.measured([work], fakes.Runs(troupe=[{'w': 1}], caf=['hung']), 1)
        row = rows_by_name(measured)['w vs caf']
        self.assertIsNone(row.met)
        self.assertEqual(row.reason, 'hung')
        self.assertEqual(report.notes_of(measured), ['w, caf: hung'])
        self.assertEqual(report.summary([row]), '0 of 1 targets met, 1 without a value')

    def test_a_figure_that_a_peer_does_not_have_is_no_row(self) -> None:
        work = fakes.work('w', 'caf', figures=('w', 'w_cpu'))
        rows = rows_by_name(fakes.measured(
            [work], fakes.Runs(troupe=[{'w': 1, 'w_cpu': 2}], caf=[{'w': 1}]), 1))
        self.assertEqual(list(rows), ['w vs caf'])

    def test_a_row_of_another_name_has_figures_of_that_name(self) -> None:
        raw = table.Contestant('grpc', 'troupe remote', 'ask', 'raw_ping')
        self.assertEqual(raw.figure('ask_p50'), 'raw_ping_p50')

    def test_all_names_are_unique(self) -> None:
        names = [(figure.name, peer.peer) for work in table.WORKS for figure in work.figures
                 for peer in work.peers]
        self.assertEqual(len(names), len(set(names)))
        figures = [figure.name for work in table.WORKS for figure in work.figures]
        self.assertEqual(len(figures), len(set(figures)))

    def test_targets_are_of_peers_that_do_the_work(self) -> None:
        for work in table.WORKS:
            peers = {peer.peer for peer in work.peers}
            self.assertLessEqual(peers, set(table.PEERS))
            for figure in work.figures:
                for target in figure.targets:
                    self.assertLessEqual(set(target.against), peers, work.name)


class TablesTest(unittest.TestCase):
    """How rows are written."""

    def setUp(self) -> None:
        runs = fakes.Runs(troupe=[{'w': 3e6}, {'w': 4e6}], caf=[{'w': 1e6}] * 2, erlang=['broke'])
        work = fakes.work('w', 'caf', 'erlang', targets=(table.Target(2.5, ('caf', 'erlang')),))
        self.rows = report.rows_of(fakes.measured([work], runs, 2))

    def test_text(self) -> None:
        head, _, first, second = report.text_table(report.HEAD,
                                                   report.cells(self.rows)).splitlines()
        self.assertEqual(head.split()[:4], ['figure', 'what', 'unit', 'Troupe'])
        self.assertEqual(first.split(), 'w of a test /s 3.50 M 3.00 to 4.00 M CAF 1.00 M 3.50 '
                         '3.00 to 4.00 >= 2.5 yes'.split())
        self.assertEqual(second.split(), 'Erlang n/a n/a >= 2.5 n/a'.split())

    def test_markdown(self) -> None:
        lines = report.markdown_table(report.HEAD, report.cells(self.rows)).splitlines()
        self.assertEqual({line.count('|') for line in lines}, {13})

    def test_json(self) -> None:
        row = json.loads(json.dumps(report.json_row(self.rows[0])))
        for key, value in {'name': 'w vs caf', 'unit': '/s', 'troupe': 3.5e6, 'peer': 'caf',
                           'peer_value': 1e6, 'ratio': 3.5, 'target': 2.5, 'met': True,
                           'troupe_spread': [3e6, 4e6], 'ratio_spread': [3, 4]}.items():
            self.assertEqual(row[key], value)
        self.assertEqual(report.json_row(self.rows[1])['reason'], 'broke')


class DocsTest(unittest.TestCase):
    """Replacing text between markers."""

    def test_only_what_is_between_changes(self) -> None:
        text = 'a\n<!-- t:begin by x -->\nold\nold\n<!-- t:end -->\nb\n'
        once = docs.replace_between(text, 't', 'new\n')
        self.assertEqual(once, 'a\n<!-- t:begin by x -->\n\nnew\n\n<!-- t:end -->\nb\n')
        self.assertEqual(docs.replace_between(once, 't', 'new\n'), once)

    def test_missing_markers_are_an_error(self) -> None:
        for text in ('', '<!-- t:end -->\n<!-- t:begin -->', '<!-- t:begin -->'):
            with self.assertRaises(docs.DocsError):
                docs.replace_between(text, 't', 'new')

    def test_performance_md_has_them(self) -> None:
        with open(os.path.join(bench.ROOT, 'docs', 'performance.md'), encoding='utf-8') as file:
            docs.replace_between(file.read(), 'bench', '')


AXIS = growth.Axis('a', 'things', (1, 10, 100), (
    growth.Curve('rate', '/s', 'things/s', 'time a thing', 2.0),
    growth.Curve('bytes', 'bytes', 'bytes of a thing', 'memory a thing', 1.5, is_rate=False)))


class GrowthTest(unittest.TestCase):
    """The judgement of curves."""

    def grown(self, rates: list[float], memory: list[float]) -> growth.Growth:
        found = growth.Growth()
        for size, rate, used in zip(AXIS.sizes, rates, memory):
            found.values['a_%d_rate' % size] = {0: rate}
            found.values['a_%d_bytes' % size] = {0: used}
        return found

    def test_the_most_is_held_against_the_least_cost(self) -> None:
        time, memory = growth.checks(self.grown([10, 40, 10], [100, 80, 100]), [AXIS])
        self.assertEqual((time.factor, time.met), (4.0, False))
        self.assertEqual((memory.factor, memory.met), (1.25, True))

    def test_a_missing_largest_size_is_no_verdict(self) -> None:
        time, _ = growth.checks(self.grown([10, 40], [1, 1]), [AXIS])
        self.assertIsNone(time.met)

    def test_an_item_may_be_a_byte(self) -> None:
        curve = growth.Curve('rate', '/s', '', '', 2.0, per_byte=True)
        self.assertEqual(curve.cost_of(10, 100), 0.001)

    def test_a_cost_may_be_counted_in_what_the_machine_needs(self) -> None:
        curves = (growth.Curve('rate', '/s', '', 'time', 2.0, unit_of_cost='bare'),
                  growth.Curve('bare', '/s', ''))
        axis = growth.Axis('a', 'things', (1, 10), curves)
        found = growth.Growth()
        for name, value in (('1_rate', 100), ('1_bare', 400), ('10_rate', 10), ('10_bare', 50)):
            found.values['a_' + name] = {0: value}
        (check,) = growth.checks(found, [axis])
        self.assertEqual(check.factor, 1.25)

    def test_a_point_that_fails_is_left_out_and_named(self) -> None:
        outcomes = [{'a_1_rate': 1.0}, 'broke', {'a_100_rate': 2.0}]
        runs = fakes.Runs(troupe=outcomes + [{'a_1_rate': 3.0}, {'a_100_rate': 2.0}])
        settings = bench.measure.Settings(runs=2)
        found = growth.run_all(settings, runs, lambda text: None, [AXIS])
        self.assertEqual(found.values['a_1_rate'], {0: 1.0, 1: 3.0})
        self.assertEqual(found.errors, {'a_10': 'broke'})

    def test_points_and_checks_go_into_json(self) -> None:
        found = self.grown([1, 2, 3], [1, 1, 1])
        self.assertEqual(len(growth.json_points(found, [AXIS])), 6)
        names = [growth.json_check(check)['name'] for check in growth.checks(found)]
        self.assertEqual(len(names), len(set(names)))


@unittest.skipUnless(plots.available(), 'gnuplot is not installed')
class PlotsTest(unittest.TestCase):
    """SVG that parses and shows everybody."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'plot.svg')

    def texts(self) -> str:
        root = ElementTree.parse(self.path).getroot()
        return ' '.join(''.join(node.itertext()) for node in root.iter() if 'text' in node.tag)

    def test_bars(self) -> None:
        work = fakes.work('w_1', 'caf', 'capnproto')
        runs = fakes.Runs(troupe=[{'w_1': 3e6}, {'w_1': 4e6}], caf=[{'w_1': 1e6}] * 2,
                          capnproto=[{'w_1': 2e4}] * 2)
        self.assertTrue(plots.bars(self.path, [work], fakes.measured([work], runs, 2)))
        for text in ('Troupe', 'CAF', "Cap'n Proto", 'w_1', '3.50 M'):
            self.assertIn(text, self.texts())

    def test_curves(self) -> None:
        found = growth.Growth()
        for size in AXIS.sizes:
            found.values['a_%d_rate' % size] = {0: 1e6, 1: 2e6}
            found.values['a_%d_bytes' % size] = {0: 300.0}
        self.assertTrue(plots.growth_curves(self.path, AXIS, found))
        self.assertIn('things/s', self.texts())

    def test_nothing_to_draw_is_no_file(self) -> None:
        self.assertFalse(plots.bars(self.path, [], fakes.measured([], fakes.Runs(), 1)))
        self.assertFalse(plots.growth_curves(self.path, AXIS, growth.Growth()))
        self.assertFalse(os.path.exists(self.path))


class MachineTest(unittest.TestCase):
    """The head of the table."""

    def test_processor_and_memory_are_read(self) -> None:
        self.assertEqual(machine.cpu_model('processor : 0\nmodel name\t: A CPU @ 2GHz\n'),
                         'A CPU @ 2GHz')
        self.assertEqual(machine.memory_gib('MemTotal:       24592068 kB\n'), '23 GiB')

    def test_the_head_names_cores_and_versions(self) -> None:
        self.assertIn('cores', machine.machine())
        self.assertEqual(list(machine.versions('/'))[0], 'Troupe')


class ProgramTest(unittest.TestCase):
    """scripts/bench without the building, with other programs in place of the real ones."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = folder.name
        for name, figure in (('local', 'ping_pong'), ('peers/limits/local_limits',
                                                      'limit_cache_line')):
            path = os.path.join(self.bin, 'tests/bench', name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            fakes.script(os.path.dirname(path), os.path.basename(path),
                         'echo %s 5e6 /s\n' % figure)

    def main(self, *words: str) -> tuple[int, str]:
        with contextlib.redirect_stdout(io.StringIO()) as output, \
                contextlib.redirect_stderr(io.StringIO()):
            status = bench.main(['--bin=' + self.bin, *words])
        return status, output.getvalue()

    def test_prints_a_table_and_writes_json(self) -> None:
        path = os.path.join(self.bin, 'out.json')
        status, text = self.main('--only=ping_pong', '--no-peers', '--runs=2', '--json=' + path)
        self.assertEqual(status, 0)
        self.assertIn('two threads, one cache line', text)
        with open(path, encoding='utf-8') as file:
            found = json.load(file)
        self.assertEqual([row['name'] for row in found['rows']], ['ping_pong vs cache_line'])
        self.assertEqual(found['rounds'], 2)

    def test_a_failure_of_its_own_is_the_exit_status(self) -> None:
        status, text = self.main('--only=ring', '--no-peers', '--runs=1')
        self.assertEqual(status, 1)
        self.assertIn('ring, troupe: printed none of the figures', text)

    def test_targets_are_what_is_needed(self) -> None:
        self.assertEqual(self.main('--only=ring', '--targets')[1].split(),
                         ['//tests/bench/peers/caf:local', '//tests/bench:local'])
        self.assertEqual(self.main('--only=growth', '--targets')[1].split(),
                         ['//tests/bench:growth'])
        self.assertNotIn('caf', self.main('--no-peers', '--targets')[1])

    def test_only_a_full_run_updates_the_docs(self) -> None:
        for words, updates in (([], True), (['--quick'], False), (['--only=ring'], False),
                               (['--no-peers'], False), (['--runs=3'], False),
                               (['--runs=7'], True), (['--scale=0.5'], False),
                               (['--quick', '--update-docs'], True),
                               (['--no-update-docs'], False)):
            self.assertEqual(bench.parse_arguments(words).update_docs, updates, words)

    def test_an_unknown_name_is_refused(self) -> None:
        with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
            bench.parse_arguments(['--only=rings'])
        self.assertIn('no rings', errors.getvalue())

    def test_quick_bounds_everything(self) -> None:
        settings = bench.settings_of(bench.parse_arguments(['--quick']))
        self.assertLess(settings.budget + bench.QUICK_GROWTH, 175)

    def test_docs_get_the_table_and_the_plots(self) -> None:
        os.makedirs(os.path.join(self.bin, 'docs'))
        path = os.path.join(self.bin, 'docs', 'performance.md')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('above\n<!-- bench:begin -->\n<!-- bench:end -->\nbelow\n')
        arguments = bench.parse_arguments(['--bin=' + self.bin, '--only=ping_pong', '--no-peers',
                                           '--runs=1'])
        with contextlib.redirect_stderr(io.StringIO()):
            bench.update_docs(bench.find_out(arguments), self.bin)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.assertIn('| ping_pong |', text)
        self.assertTrue(text.startswith('above\n') and text.endswith('below\n'))
        if plots.available():
            self.assertIn('](bench/local.svg)', text)
            self.assertTrue(os.path.exists(os.path.join(self.bin, 'docs', 'bench', 'local.svg')))


if __name__ == '__main__':
    unittest.main()
