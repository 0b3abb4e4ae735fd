#!/usr/bin/env python3
"""What examples/field_and_method prints."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class FieldAndMethodTest(unittest.TestCase):

    def test_prints_what_every_member_gave(self):
        result = program.run('field_and_method')
        lines = result.stdout.splitlines()
        # Two threads print these, and nothing but the delay orders them.
        lines[:2] = sorted(lines[:2])
        self.assertEqual([
            'all is sent, nothing is awaited',
            'this was printed by AnActor.SideEffect',
            'this was returned by AnActor.DelayedResult after a delay',
            'the value of AnActor.field',
            'another value',
        ], lines)
        self.assertEqual((0, ''), (result.returncode, result.stderr))


if __name__ == '__main__':
    unittest.main()
