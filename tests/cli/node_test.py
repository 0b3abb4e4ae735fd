#!/usr/bin/env python3
"""What the command-line program does with a node: commands, errors, exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class NodeTest(unittest.TestCase, program.Assertions):

    def setUp(self):
        self.host = program.Server(self)
        self.address = self.host.address

    def test_lists_services_with_their_methods(self):
        result = program.troupe('list', self.address, '--services')
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        self.assertIn('bank.v1.Account\n'
                      '  Deposit   bank.v1.DepositRequest -> bank.v1.Balance\n'
                      '  Withdraw  bank.v1.WithdrawRequest -> bank.v1.Balance\n'
                      '  History   bank.v1.HistoryRequest -> stream bank.v1.Entry\n', result.stdout)
        self.assertLess(result.stdout.index('bank.v1.Audit'),
                        result.stdout.index('grpc.health.v1.Health'))
        listed = self.json_of('list', self.address)
        account = [s for s in listed['services'] if s['name'] == 'bank.v1.Account'][0]
        self.assertEqual({'name': 'History', 'path': '/bank.v1.Account/History',
                          'request': 'bank.v1.HistoryRequest', 'reply': 'bank.v1.Entry',
                          'client_streaming': False, 'server_streaming': True},
                         account['methods'][2])
        self.assertNotIn('actors', self.json_of('list', self.address, '--services'))

    def test_describes_services_methods_and_types(self):
        self.assert_prints('// bank.v1.Audit, tests/cli/bank.proto\n'
                           'service Audit {\n'
                           '  rpc Total(.bank.v1.Empty) returns (.bank.v1.Balance);\n'
                           '  rpc Look(.bank.v1.Empty) returns (.bank.v1.Seen);\n'
                           '}\n', 'describe', self.address, 'bank.v1.Audit')
        self.assert_prints('// bank.v1.Kind, tests/cli/bank.proto\n'
                           'enum Kind {\n  KIND_UNSPECIFIED = 0;\n  DEPOSIT = 1;\n'
                           '  WITHDRAWAL = 2;\n}\n', 'describe', self.address, 'bank.v1.Kind')
        for name in ('bank.v1.Account.Deposit', 'bank.v1.Account/Deposit', 'Account/Deposit',
                     '/Deposit', 'Deposit', 'Account.Deposit', '/bank.v1.Account/Deposit'):
            method, = self.json_of('describe', self.address, name)
            self.assertEqual(('method', '/bank.v1.Account/Deposit', 'bank.v1.DepositRequest'),
                             (method['kind'], method['path'], method['request']['name']))
        self.assertEqual(['bank.v1.Account.Look', 'bank.v1.Audit.Look'],
                         [d['name'] for d in self.json_of('describe', self.address, '/Look')])
        self.assertEqual(['bank.v1.Account', 'bank.v1.Audit'],
                         [d['name'] for d in self.json_of('describe', self.address)])
        for name in ('bank.v1.Entry', 'bank.v1.Entry.amount'):
            entry, = self.json_of('describe', self.address, name)
            self.assertEqual({'name': 'note', 'json_name': 'note', 'number': 3,
                              'type': 'bank.v1.Entry.Note', 'repeated': False},
                             entry['fields'][2])
        # Well-known ones, too, whether the node uses them or not.
        for name in ('google.protobuf.Timestamp', 'google.protobuf.Duration'):
            self.assertEqual(name, self.json_of('describe', self.address, name)[0]['name'])
        self.assert_fails(2, 'neither a service', 'describe', self.address, 'bank.v1.Nothing')

    def test_calls_by_every_form_of_a_name(self):
        for i, name in enumerate(('Deposit', 'Account/Deposit', 'bank.v1.Account/Deposit',
                                  '/bank.v1.Account/Deposit', 'bank.v1.Account.Deposit'), 1):
            self.assert_prints('{"amount":"%d","entries":%d}\n' % (5 * i, i), 'call', self.address,
                               'alice', name, '{"amount": 5}')
        self.assert_prints('{"amount":"9223372036854775807","entries":1}\n', 'call', self.address,
                           'bob', 'Deposit', '{"amount": 9223372036854775807}')

    def test_takes_the_request_from_standard_input_and_from_files(self):
        self.assert_prints('{"amount":"3","entries":1}\n', 'call', self.address, 'alice', 'Deposit',
                           '-', text='{"amount":\n 3}\n')
        with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
            file.write('{"amount": 4}')
            file.flush()
            self.assert_prints('{"amount":"7","entries":2}\n', 'call', self.address, 'alice',
                               'Deposit', '@' + file.name)
        self.assert_fails(2, 'cannot read "/no/such/file": No such file', 'call', self.address,
                          'alice', 'Deposit', '@/no/such/file')
        self.assert_fails(2, 'Is a directory', 'call', self.address, 'alice', 'Deposit', '@/')
        # An empty request where there is none.
        for arguments in ((), ('',), ('{}',)):
            self.assert_prints('{}\n', 'call', self.address, 'auditor', 'Total', *arguments)

    def test_prints_default_values_when_told_so(self):
        self.assert_prints('{"amount":"0","entries":0}\n', 'call', self.address, 'auditor', 'Total',
                           '--emit_defaults')

    def test_calls_the_default_actor(self):
        self.assert_prints('{"amount":"5","entries":1}\n', 'call', self.address, '-', 'Deposit',
                           '{"amount": 5}')
        self.assert_prints('{"amount":"6","entries":2}\n', 'call', self.address, 'bob', 'Deposit',
                           '{"amount": 1}')
        self.assert_prints('{"status":"SERVING"}\n', 'call', self.address, '-', 'Check')
        self.assert_fails(2, 'Look is ambiguous; give one of bank.v1.Account/Look, '
                          'bank.v1.Audit/Look', 'call', self.address, '-', 'Look')
        self.assert_fails(2, 'has no rpc Account/Deposits, did you mean Account/Deposit?', 'call',
                          self.address, '-', 'Account/Deposits')
        self.assert_fails(1, 'FAILED_PRECONDITION: ', 'call', self.address, '-', 'Total')

    def test_prints_each_item_of_a_stream(self):
        for amount in (1, 2):
            program.troupe('call', self.address, 'alice', 'Deposit',
                           '{"amount": %d, "note": "\u00e4"}' % amount)
        item = '{"kind":"DEPOSIT","amount":"%d","note":{"text":"\u00e4"},' \
               '"time":"2023-11-14T22:13:20Z"}\n'
        self.assert_prints(item % 1 + item % 2, 'call', self.address, 'alice', 'History')
        running = program.Running(self, 'call', self.address, 'alice', 'History',
                                  '{"follow": true}', '--timeout=0', '--json')
        self.assertEqual('1', json.loads(running.line())['amount'])
        self.assertEqual('2', json.loads(running.line())['amount'])
        running.process.terminate()
        self.assertEqual('ended', self.host.line())

    def test_a_pipe_closed_early_ends_it_quietly(self):
        program.troupe('call', self.address, 'alice', 'Deposit', '{"amount": 1}')
        command = '"$0" call "$1" alice History \'{"repeat": true}\' --timeout=0 | head -2; ' \
                  'echo "${PIPESTATUS[0]}"'
        result = subprocess.run(['bash', '-c', command, program.path('troupe'), self.address],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8',
                                check=False, timeout=program.PATIENCE_SECONDS)
        self.assertEqual('', result.stderr)
        self.assertEqual('141', result.stdout.split('\n')[2])  # by SIGPIPE
        self.assertEqual('ended', self.host.line())

    def test_errors_of_calls_have_their_code_and_details(self):
        self.assert_fails(1, 'FAILED_PRECONDITION: overdraft\n'
                          '  {"@type":"bank.v1.Overdraft","missing":"5"}\n', 'call', self.address,
                          'alice', 'Withdraw', '{"amount": 5}')
        self.assertEqual({'kind': 'call', 'code': 'FAILED_PRECONDITION', 'number': 9,
                          'message': 'overdraft',
                          'details': [{'@type': 'bank.v1.Overdraft', 'missing': '5'}]},
                         self.error_of(1, 'call', self.address, 'alice', 'Withdraw',
                                       '{"amount": 5}'))
        self.assert_fails(1, 'INVALID_ARGUMENT: a negative amount\n', 'call', self.address, 'alice',
                          'Deposit', '{"amount": -1}')
        self.assert_fails(1, 'NOT_FOUND: ', 'call', self.address, 'nobody', 'Deposit')
        self.assert_fails(1, 'UNIMPLEMENTED: ', 'call', self.address, 'adder', 'Account/Deposit')
        self.assert_fails(1, 'DEADLINE_EXCEEDED: ', 'call', self.address, 'alice', 'Hang',
                          '--timeout=1s')
        self.assertEqual(['begun', 'ended'], [self.host.line(), self.host.line()])

    def test_requests_that_are_wrong_are_not_sent(self):
        for request, message in (('{"amount": "five"}', 'invalid value "five"'),
                                 ('{"amont": 5}', 'amont: Cannot find field'),
                                 ('{"amount": 5', 'no bank.v1.DepositRequest'),
                                 ('5', 'no bank.v1.DepositRequest')):
            self.assert_fails(2, message, 'call', self.address, 'alice', 'Deposit', request)
        self.assertEqual('usage', self.error_of(2, 'call', self.address, 'alice', 'Deposit',
                                                '5')['kind'])

    def test_sends_metadata_and_a_deadline(self):
        seen = self.json_of('call', self.address, 'alice', 'Account/Look', '--metadata=a=1',
                            '--metadata', 'a=2', '--metadata=b-bin=aGk=')
        self.assertTrue({'a=1', 'a=2', 'b-bin=hi', 'troupe-actor=alice'} <= set(seen['metadata']),
                        seen)
        self.assertTrue(seen['hasDeadline'])
        seen = self.json_of('call', self.address, '-', 'Account/Look', '--timeout=0',
                            '--metadata=troupe-actor=alice')
        self.assertNotIn('hasDeadline', seen)
        self.assert_fails(2, 'the actor is alice', 'call', self.address, 'alice', 'Account/Look',
                          '--metadata=troupe-actor=bob')

    def test_messages_have_a_limit(self):
        big = '{"note": "%s"}' % ('x' * 100000)
        self.assert_fails(1, 'RESOURCE_EXHAUSTED: Sent message larger than max', 'call',
                          self.address, 'alice', 'Deposit', '-', '--max_message=64KiB', text=big)
        self.assert_prints('{"entries":1}\n', 'call', self.address, 'alice', 'Deposit', '-',
                           '--max_message=128KiB', text=big)
        self.assert_fails(1, 'RESOURCE_EXHAUSTED: ', 'call', self.address, 'alice', 'History',
                          '--max_message=64KiB')

    def test_health(self):
        self.assert_prints('SERVING\n', 'health', self.address)
        self.assert_prints('{"service":"bank.v1.Audit","status":"SERVING"}\n', 'health',
                           self.address, 'bank.v1.Audit', '--json')
        self.assert_fails(1, 'NOT_FOUND: ', 'health', self.address, 'bank.v1.Nothing')

    def test_health_goes_on_until_the_node_ends(self):
        running = program.Running(self, 'health', self.address, '--watch')
        self.assertEqual('SERVING', running.line())
        self.host.stop()
        self.assertEqual(0, self.host.wait())
        code, rest, error = running.end()
        self.assertEqual(1, code)
        self.assertIn(rest, ('', 'NOT_SERVING\n'))
        self.assertIn('UNAVAILABLE: ', error)

    def test_says_when_a_node_cannot_be_reached(self):
        self.host.stop()
        self.assertEqual(0, self.host.wait())
        for words in (('list',), ('describe',), ('health',), ('health', '--watch')):
            self.assert_fails(3, 'cannot reach %s: ' % self.address, words[0], self.address,
                              *words[1:])
        self.assert_fails(3, 'Connection refused', 'call', self.address, 'alice', 'Deposit')
        self.assertEqual('unreachable', self.error_of(3, 'list', self.address)['kind'])
        self.assert_fails(3, 'No such file or directory', 'list', 'unix:/no/such/socket')

    def test_says_when_nobody_answers(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            address = '127.0.0.1:%d' % silent.getsockname()[1]
            self.assert_fails(3, 'cannot reach %s within 500ms' % address, 'list', address,
                              '--timeout=500ms')

    def test_an_interrupt_cancels_the_call(self):
        for arguments in ((), ('--json',)):
            running = program.Running(self, 'call', self.address, 'alice', 'Hang', '--timeout=0',
                                      *arguments)
            self.assertEqual('begun', self.host.line())
            running.process.send_signal(signal.SIGINT)
            self.assertEqual((130, '', ''), running.end())
            self.assertEqual('ended', self.host.line())

    def test_an_interrupt_ends_it_while_it_reads(self):
        running = program.Running(self, 'call', self.address, 'alice', 'Deposit', '-')
        # More than a pipe holds: when it is written, the program has begun to read.
        running.process.stdin.write(' ' * 1000000)
        running.process.stdin.flush()
        running.process.send_signal(signal.SIGINT)
        self.assertEqual(130, running.process.wait(timeout=program.PATIENCE_SECONDS))

    def test_refuses_wrong_usage(self):
        for arguments, message in ((('lst', 'a:1'), 'did you mean list?'),
                                   ((), 'which command?'),
                                   (('list', 'a:1', '--jsn'), 'did you mean --json?'),
                                   (('list', 'localhost'), '"localhost" is no address'),
                                   (('list', ':7000'), 'is no address'),
                                   (('list', 'a:65536'), 'is no address'),
                                   (('call', 'a:1', 'b'), 'troupe call ADDRESS ACTOR METHOD'),
                                   (('completion', 'bsh'), 'did you mean bash?'),
                                   (('help', 'nothing'), 'there is no command nothing'),
                                   (('list', 'a:1', '--tls_ca=/no/such'), 'cannot read "/no/such"'),
                                   (('list', 'a:1', '--tls_ca=/dev/null'), 'is to be a PEM file')):
            self.assert_fails(2, message, *arguments)
        self.assertEqual({'kind': 'usage', 'message': 'which command? troupe --help lists them'},
                         self.error_of(2))

    def test_help_and_version_go_to_standard_output(self):
        for arguments in (('--help',), ('help',), ('-h',)):
            result = program.troupe(*arguments)
            self.assertEqual((0, ''), (result.returncode, result.stderr))
            self.assertIn('describe ADDRESS [SYMBOL | ACTOR]', result.stdout)
            self.assertTrue(all(len(line) <= 100 for line in result.stdout.split('\n')))
        for arguments in (('call', '--help'), ('help', 'call')):
            result = program.troupe(*arguments)
            self.assertIn('{"@bytes": "aGk="}', result.stdout)
            self.assertTrue(all(len(line) <= 100 for line in result.stdout.split('\n')))
        self.assertRegex(program.troupe('--version').stdout, r'^troupe \(gRPC \d.*\)\n$')


class TlsTest(unittest.TestCase, program.Assertions):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
        self._openssl('req', '-x509', *new_key, '-days', '2', '-subj', '/CN=authority', '-keyout',
                      self.file('ca.key'), '-out', self.file('ca.pem'))
        with open(self.file('names'), 'w', encoding='utf-8') as file:
            file.write('subjectAltName=DNS:bank.example')
        for name in ('host', 'alice'):
            self._openssl('req', *new_key, '-subj', '/CN=' + name, '-keyout',
                          self.file(name + '.key'), '-out', self.file('request'))
            self._openssl('x509', '-req', '-days', '2', '-in', self.file('request'), '-CA',
                          self.file('ca.pem'), '-CAkey', self.file('ca.key'), '-CAcreateserial',
                          '-extfile', self.file('names'), '-out', self.file(name + '.pem'))
        self.address = program.Server(
            self, 'test_host', '--tls_certificate=' + self.file('host.pem'),
            '--tls_private_key=' + self.file('host.key'),
            '--tls_authorities=' + self.file('ca.pem')).address
        self.ca = '--tls_ca=' + self.file('ca.pem')
        self.own = ('--tls_cert=' + self.file('alice.pem'), '--tls_key=' + self.file('alice.key'))
        self.name = '--tls_name=bank.example'

    def file(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(['openssl', *arguments], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)

    def test_shows_and_checks_certificates(self):
        seen = self.json_of('call', self.address, 'alice', 'Account/Look', self.ca, *self.own,
                            self.name)
        self.assertEqual('alice', seen['commonName'])
        self.assert_prints('SERVING\n', 'health', self.address, self.ca, *self.own, self.name)

    def test_says_why_there_is_no_connection(self):
        self.assert_fails(3, '(if it uses TLS: --tls_ca=FILE)', 'health', self.address)
        self.assert_fails(3, 'cannot reach', 'health', self.address, self.ca, *self.own)
        self.assert_fails(3, 'cannot reach', 'health', self.address, '--tls', *self.own, self.name)
        plain = program.Server(self).address
        self.assert_fails(3, 'handshake failed', 'health', plain, self.ca, *self.own, self.name)
        self.assert_fails(2, 'need each other', 'health', self.address, self.own[0])


if __name__ == '__main__':
    unittest.main()
