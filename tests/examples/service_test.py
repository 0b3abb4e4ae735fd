#!/usr/bin/env python3
"""What examples/service answers, while its node comes and goes."""

import os
import signal
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

# The deadline is far: an answer that comes is one of the node, or that there is none.
_FAR = '--deadline=100s'


class ServiceTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # An address that nobody else takes while the node is gone.
        self.address = 'unix:%s/host' % folder.name

    def start(self, *flags):
        return program.Program(self, 'service', '--node=' + self.address, *flags)

    def assert_adds(self, service, number):
        service.send_line(str(number))
        self.assertEqual(str(number + 1), service.line())

    def assert_ends(self, service, code):
        service.close_input()
        self.assertEqual([], service.rest())
        self.assertEqual(code, service.wait())

    def test_adds_one_to_each_number(self):
        host = program.Host(self, self.address)
        service = self.start(_FAR)
        for number in (1, 41, -1, 2**63 - 2):
            self.assert_adds(service, number)
        self.assert_ends(service, 0)
        self.assertEqual(0, host.stop())
        self.assertEqual(4, len(host.rest()))

    def test_says_what_is_no_number_and_goes_on(self):
        program.Host(self, self.address)
        service = self.start(_FAR)
        for line in ('', 'x', '1 2', '1.5', str(2**63)):
            service.send_line(line)
            service.await_error('service: %s: INVALID_ARGUMENT' % line)
        self.assert_adds(service, 1)
        self.assert_ends(service, 1)

    def test_says_that_there_is_no_node_and_goes_on_when_there_is(self):
        service = self.start(_FAR)
        service.send_line('1')
        self.assertIn(self.address, service.await_error('service: 1: UNAVAILABLE'))
        program.Host(self, self.address)
        self.assert_adds(service, 2)
        self.assert_ends(service, 1)

    def test_goes_on_when_the_node_comes_back(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(end=end):
                host = program.Host(self, self.address)
                service = self.start(_FAR)
                self.assert_adds(service, 1)
                host.signal(end)
                host.wait()
                service.send_line('2')
                self.assertIn(self.address, service.await_error('service: 2: UNAVAILABLE'))
                host = program.Host(self, self.address)
                self.assert_adds(service, 3)
                self.assert_ends(service, 1)
                self.assertEqual(0, host.stop())

    def test_gives_up_at_the_deadline(self):
        program.Host(self, self.address).freeze()
        service = self.start('--deadline=100ms')
        service.send_line('1')
        service.await_error('service: 1: DEADLINE_EXCEEDED')
        self.assert_ends(service, 1)

    def test_refuses_bad_flags(self):
        for flag, message in (('--deadline=0s', '--deadline is to be longer than 0'),
                              ('--deadline=soon', "Illegal value 'soon'"),
                              ('--tls_authorities=/no/such', 'cannot read "/no/such"')):
            with self.subTest(flag=flag):
                program.assert_refuses(self, message, program.run('service', flag))


if __name__ == '__main__':
    unittest.main()
