#!/usr/bin/env python3
"""What examples/plain_actor prints."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class PlainActorTest(unittest.TestCase):

    def test_prints_the_stored_dictionaries(self):
        program.assert_prints(
            self, ["[{'no': 'Norway', 'se': 'Sweden'}, {'a': 3, 'b': 4, 'c': 5}]"],
            program.run('plain_actor'))


if __name__ == '__main__':
    unittest.main()
