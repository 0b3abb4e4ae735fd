#!/usr/bin/env python3
"""What examples/plain_actor prints, in one process and in two."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class PlainActorTest(unittest.TestCase):

    def test_prints_the_stored_dictionaries(self):
        program.assert_prints(
            self, ["[{'no': 'Norway', 'se': 'Sweden'}, {'a': 3, 'b': 4, 'c': 5}]"],
            program.run('plain_actor'))

    def test_actor_at_another_node_prints_there(self):
        host = program.Host(self)
        for _ in range(2):  # each time another actor
            program.assert_prints(self, [], program.run('plain_actor', '--node=' + host.address))
            self.assertEqual("[{'no': 'Norway', 'se': 'Sweden'}, {'a': 3, 'b': 4, 'c': 5}]",
                             host.line())
        self.assertEqual(0, host.stop())
        self.assertEqual([], host.rest())

    def test_fails_where_there_is_no_node(self):
        with tempfile.TemporaryDirectory() as folder:
            address = 'unix:%s/nobody' % folder
            result = program.run('plain_actor', '--node=' + address)
            program.assert_refuses(self, 'plain_actor: UNAVAILABLE', result)
            self.assertIn(address, result.stderr)


if __name__ == '__main__':
    unittest.main()
