#!/usr/bin/env python3
"""The memory of examples/wordcount, and of its nodes, does not grow with the amount of text."""

import gzip
import os
import random
import resource
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

_LIMIT_MIB = 128
_COPIES = 10


class WordcountMemoryTest(unittest.TestCase):

    def count(self, *flags):
        """Counts far more text than may be in memory, of more different words than a table has."""
        # Of more different words than a mapper holds, so that it hands them over again and again.
        some = random.Random(1)
        words = [''.join(some.choices('abcdefghijklmnopqrstuvwxyz', k=6)) for _ in range(100000)]
        member = gzip.compress(' '.join(words).encode() + b'\n', compresslevel=1)
        with tempfile.TemporaryDirectory(dir=os.environ.get('TEST_TMPDIR')) as folder:
            for i in range(8):
                with open(os.path.join(folder, '%d.gz' % i), 'wb') as file:
                    for _ in range(_COPIES):
                        file.write(member)
            result = program.run('wordcount', '--reducers=1', '--threads=2', *flags, folder)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertIn('8 files, %d bytes' % (8 * _COPIES * 700000), result.stdout)

    def assert_memory_was_bounded(self):
        """Of every program that ran in this test."""
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        self.assertLess(peak, _LIMIT_MIB)

    def test_memory_is_bounded_however_much_text_there_is(self):
        self.count('--mappers=8')
        self.assert_memory_was_bounded()

    def test_memory_of_nodes_is_bounded_however_much_text_there_is(self):
        hosts = [program.Host(self) for _ in range(2)]
        self.count('--mappers=4', '--nodes=' + ','.join(host.address for host in hosts))
        for host in hosts:
            self.assertEqual(0, host.stop())
        self.assert_memory_was_bounded()


if __name__ == '__main__':
    unittest.main()
