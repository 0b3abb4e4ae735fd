#!/usr/bin/env python3
"""How examples/host begins and ends, and what it says when it cannot."""

import os
import signal
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class HostTest(unittest.TestCase):

    def assert_refuses(self, flags, *messages):
        """Fails unless each message is in the one line that it says."""
        with self.subTest(flags=flags):
            result = program.run('host', *flags)
            for message in messages:
                program.assert_refuses(self, message, result)
            self.assertEqual(1, len(result.stderr.splitlines()), result.stderr)

    def test_ends_well_by_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                host = program.Host(self)
                self.assertRegex(host.address, r'^127\.0\.0\.1:[1-9]\d*$')
                host.signal(number)
                self.assertEqual(0, host.wait())
                self.assertEqual([], host.rest())

    def test_advertises_what_it_is_told(self):
        host = program.Program(self, 'host', '--listen=0.0.0.0:0', '--advertise=localhost:0',
                               '--name=example', '--insecure')
        self.assertRegex(host.line(), r'^listening at localhost:[1-9]\d*$')
        host.signal(signal.SIGTERM)
        self.assertEqual(0, host.wait())

    def test_refuses_a_busy_address(self):
        address = program.Host(self).address
        self.assert_refuses(['--listen=' + address], 'cannot listen at ' + address,
                            'another process listens there')
        with tempfile.TemporaryDirectory() as folder:
            address = program.Host(self, 'unix:%s/host' % folder).address
            self.assert_refuses(['--listen=' + address], 'cannot listen at ' + address,
                                'another process listens there')

    def test_refuses_bad_addresses(self):
        for address, message in (('here', 'it has no port; right are "10.0.0.7:7000"'),
                                 ('127.0.0.1:65536', 'the port is no number up to 65535'),
                                 ('127.0.0.1:', 'the port is no number up to 65535'),
                                 (':7000', 'it has no host name'),
                                 ('unix:', 'it has no path'),
                                 ('unix:/no/such/folder', 'No such file or directory')):
            self.assert_refuses(['--listen=' + address], message)
        self.assert_refuses(['--advertise=there'], 'bad address "there": it has no port')
        self.assert_refuses(['--listen=192.0.2.1:0', '--insecure'],
                            'it is not an address of this machine')
        self.assert_refuses(['127.0.0.1:7000'], 'an address is given as --listen=ADDRESS')

    def test_refuses_to_listen_beyond_this_machine_without_protection(self):
        self.assert_refuses(['--listen=0.0.0.0:0'], 'has to be told how others reach it')
        self.assert_refuses(['--listen=0.0.0.0:0', '--advertise=192.0.2.1:0'],
                            'listening at 0.0.0.0:0 without TLS', 'insecure')

    def test_refuses_missing_certificates(self):
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, 'missing.pem')
            empty = os.path.join(folder, 'empty.pem')
            with open(empty, 'wb'):
                pass
            self.assert_refuses(['--tls_authorities=' + missing],
                                'cannot read "%s"' % missing, 'give the path of a PEM file')
            self.assert_refuses(['--tls_authorities=' + empty],
                                '"%s" has no certificate; it must be PEM' % empty)
            self.assert_refuses(['--tls_certificate=' + empty, '--tls_key=' + empty],
                                'tls.authorities is empty; give the path')


if __name__ == '__main__':
    unittest.main()
