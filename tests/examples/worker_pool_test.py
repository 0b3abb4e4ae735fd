#!/usr/bin/env python3
"""What examples/worker_pool prints."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class WorkerPoolTest(unittest.TestCase):

    def test_prints_results_and_errors_in_the_order_of_the_names(self):
        expected = [
            'www.example: 192.0.2.80',
            'nowhere.example: NOT_FOUND: no such host',
            'localhost: 127.0.0.1',
            'router.example: 192.0.2.1',
            'printer.example: 192.0.2.7',
        ]
        for workers in (1, 2, 3, 50):
            with self.subTest(workers=workers):
                program.assert_prints(self, expected,
                                      program.run('worker_pool', '--workers=%d' % workers))

    def test_looks_up_the_names_it_is_given(self):
        program.assert_prints(
            self, ['a: NOT_FOUND: no such host', 'localhost: 127.0.0.1', 'localhost: 127.0.0.1'],
            program.run('worker_pool', 'a', 'localhost', 'localhost'))

    def test_refuses_bad_flags(self):
        for flag, message in (
                ('--workers=0', '--workers is to be from 1 to 1000, not 0'),
                ('--workers=many', "Illegal value 'many' specified for flag 'workers'"),
                ('--worker=1', "Unknown command line flag 'worker'")):
            with self.subTest(flag=flag):
                program.assert_refuses(self, message, program.run('worker_pool', flag))


if __name__ == '__main__':
    unittest.main()
