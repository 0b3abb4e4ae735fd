#!/usr/bin/env python3
"""What examples/counter prints, in one process and in two."""

import os
import re
import signal
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

_URN = 'urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'


class CounterTest(unittest.TestCase):

    def assert_counts_to_ten(self, *flags):
        result = program.run('counter', *flags)
        first_lines = re.match(r'Adder \((%s)\).*\nBookkeeper \((%s)\)' % (_URN, _URN),
                               result.stdout)
        self.assertTrue(first_lines, result.stdout)
        adder, bookkeeper = first_lines.groups()
        self.assertNotEqual(adder, bookkeeper)
        expected = []
        for i in range(10):
            expected.append('Adder (%s) is increasing %d' % (adder, i))
            expected.append('Bookkeeper (%s) got %d back' % (bookkeeper, i + 1))
        program.assert_prints(self, expected, result)

    def test_counts_to_ten(self):
        self.assert_counts_to_ten()

    def test_counts_to_ten_blocking(self):
        self.assert_counts_to_ten('--blocking')

    def assert_counts_across(self, far, near, *flags):
        """`far` is the class of the actor that lives at the host, `near` that of the other."""
        host = program.Host(self)
        result = program.run('counter', '--node=' + host.address, '--target=3', *flags)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertEqual(0, host.stop())
        lines = {near: result.stdout.splitlines(), far: host.rest()}
        for name, numbers in (('Adder', ['is increasing %d' % i for i in range(3)]),
                              ('Bookkeeper', ['got %d back' % (i + 1) for i in range(3)])):
            self.assertEqual(numbers, [re.sub(r'^%s \(%s\) ' % (name, _URN), '', line)
                                       for line in lines[name]])

    def test_adder_lives_at_another_node(self):
        self.assert_counts_across('Adder', 'Bookkeeper')

    def test_adder_lives_at_another_node_blocking(self):
        self.assert_counts_across('Adder', 'Bookkeeper', '--blocking')

    def test_bookkeeper_lives_at_another_node(self):
        self.assert_counts_across('Bookkeeper', 'Adder', '--remote_bookkeeper')

    def test_bookkeeper_lives_at_another_node_blocking(self):
        self.assert_counts_across('Bookkeeper', 'Adder', '--remote_bookkeeper', '--blocking')

    def test_goes_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            host = program.Host(self, 'unix:%s/host' % folder)
            result = program.run('counter', '--node=' + host.address, '--remote_bookkeeper',
                                 '--listen=unix:%s/counter' % folder)
            self.assertEqual((0, ''), (result.returncode, result.stderr))
            self.assertEqual(10, len(result.stdout.splitlines()))
            self.assertEqual(0, host.stop())

    # Of so many lines that the counter is stuck in the middle while nobody reads them.
    _MANY = 5000

    def test_host_finishes_a_call_before_it_ends(self):
        host = program.Host(self)
        counter = program.Program(self, 'counter', '--node=' + host.address, '--remote_bookkeeper',
                                  '--target=%d' % self._MANY, read_output=False)
        self.assertIn('got 1 back', host.line())
        host.signal(signal.SIGTERM)
        host.await_error('finishing what was called')
        self.assertEqual(self._MANY, len(counter.rest()))
        self.assertEqual((0, 0), (counter.wait(), host.wait()))

    def test_call_after_the_host_ended_fails(self):
        host = program.Host(self)
        counter = program.Program(self, 'counter', '--node=' + host.address,
                                  '--target=%d' % self._MANY, read_output=False)
        self.assertIn('is increasing 0', host.line())
        self.assertEqual(0, host.stop())
        self.assertLess(len(counter.rest()), self._MANY)
        self.assertIn(host.address, counter.await_error('counter: UNAVAILABLE'))
        self.assertEqual(1, counter.wait())

    def test_fails_where_there_is_no_node(self):
        with tempfile.TemporaryDirectory() as folder:
            address = 'unix:%s/nobody' % folder
            for flags in ((), ('--remote_bookkeeper',)):
                with self.subTest(flags=flags):
                    result = program.run('counter', '--node=' + address, *flags)
                    program.assert_refuses(self, 'counter: UNAVAILABLE', result)
                    self.assertIn(address, result.stderr)

    def test_refuses_bad_flags(self):
        for flags, message in (
                (['--node=nowhere'], 'bad address "nowhere": it has no port'),
                (['--remote_bookkeeper'], '--remote_bookkeeper needs --node=ADDRESS'),
                (['--node=127.0.0.1:1', '--listen=192.0.2.1:0'],
                 'listening at 192.0.2.1:0 without TLS')):
            with self.subTest(flags=flags):
                program.assert_refuses(self, message, program.run('counter', *flags))

    def test_refuses_unknown_flags(self):
        program.assert_refuses(self, "Unknown command line flag 'bloking'",
                               program.run('counter', '--bloking'))


if __name__ == '__main__':
    unittest.main()
