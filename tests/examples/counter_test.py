#!/usr/bin/env python3
"""What examples/counter prints."""

import os
import re
import sys
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

    def test_refuses_unknown_flags(self):
        program.assert_refuses(self, "Unknown command line flag 'bloking'",
                               program.run('counter', '--bloking'))


if __name__ == '__main__':
    unittest.main()
