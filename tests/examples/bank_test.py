#!/usr/bin/python3
"""What the programs of examples/bank do together, and that no money is lost or made."""

import os
import signal
import sys
import tempfile
import unittest

import grpc

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
# Where the stubs are: the root of the runfiles, or outside of Bazel the folder of the programs.
sys.path.insert(0, os.environ.get('EXAMPLES_BIN') or
                os.path.join(os.environ['TEST_SRCDIR'], os.environ['TEST_WORKSPACE']))

import program  # pylint: disable=wrong-import-position

from examples.bank import account_pb2  # pylint: disable=wrong-import-position
from examples.bank import account_pb2_grpc  # pylint: disable=wrong-import-position
from examples.bank import bank_pb2  # pylint: disable=wrong-import-position
from examples.bank import bank_pb2_grpc  # pylint: disable=wrong-import-position

_ACCOUNTS = 1000
_CENTS = 100_000
_SUM = '%d accounts have %d.00' % (_ACCOUNTS, _ACCOUNTS * _CENTS // 100)
_FAR_SECONDS = 100


def _connect(test, address):
    channel = grpc.insecure_channel(address, [('grpc.enable_http_proxy', 0)])
    test.addCleanup(channel.close)
    return channel


def _overdraft(error):
    details = dict(error.trailing_metadata())['grpc-status-details-bin']
    overdraft = account_pb2.Overdraft()
    if not account_pb2.ErrorStatus.FromString(details).details[0].Unpack(overdraft):
        raise AssertionError('the error has another detail')
    return overdraft.balance, overdraft.wanted


class BankTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # Addresses that nobody else takes while a node is gone.
        self.addresses = ['unix:%s/node%d' % (self.folder, i) for i in (1, 2)]

    def start_node(self, i):
        return program.Program(self, 'bank/bank_node', '--listen=' + self.addresses[i],
                               '--peer=' + self.addresses[1 - i],
                               '--first=%d' % (i * _ACCOUNTS // 2))

    def start_nodes(self):
        nodes = [self.start_node(i) for i in (0, 1)]
        for node, first, last in zip(nodes, (0, 500), (499, 999)):
            self.assertRegex(node.line(), 'with account-%d to account-%d$' % (first, last))
        for i in (0, 1):
            self.assertEqual('knows the accounts at ' + self.addresses[1 - i], nodes[i].line())
        return nodes

    def start_service(self):
        """Returns the program, and the address where it serves."""
        service = program.Program(self, 'bank/bank_service', '--listen=127.0.0.1:0',
                                  '--nodes=' + ','.join(self.addresses))
        first = service.line()
        self.assertRegex(first, r'^serving at 127\.0\.0\.1:[1-9]\d*$')
        return service, first[len('serving at '):]

    def stop(self, *programs):
        for one in programs:
            one.signal(signal.SIGTERM)
            self.assertEqual(0, one.wait())

    def start_replay(self, path, part, *flags):
        return program.Program(self, 'bank/replay', '--file=' + path, '--part=' + part,
                               '--nodes=' + ','.join(self.addresses), *flags)

    def transfers(self, *flags):
        path = os.path.join(self.folder, 'transfers.csv')
        program.assert_prints(self, [],
                              program.run('bank/make_transfers', '--output=' + path, *flags))
        return path

    def assert_sum(self, service):
        program.assert_prints(self, [_SUM], program.run('bank/total', '--service=' + service))

    def account(self, node, name):
        """Returns a function that calls one of its rpcs there."""
        stub = account_pb2_grpc.AccountStub(_connect(self, self.addresses[node]))
        return lambda rpc, request: getattr(stub, rpc)(
            request, metadata=[('troupe-actor', name)], timeout=_FAR_SECONDS)

    def assert_fails(self, code, call, *arguments):
        with self.assertRaises(grpc.RpcError) as raised:
            call(*arguments)
        self.assertEqual(code, raised.exception.code(), raised.exception.details())
        return raised.exception

    def test_python_client_uses_either_node(self):
        nodes = self.start_nodes()
        for i, there in (0, 1), (1, 0):
            name, other = 'account-%d' % (i * 500), 'account-%d' % (500 - i * 500)
            for node in (i, there):
                with self.subTest(account=name, node=node):
                    result = program.run('bank/client', '--node=' + self.addresses[node],
                                         '--account=' + name, '--to=' + other, '--cents=100')
                    self.assertEqual((0, ''), (result.returncode, result.stderr))
                    lines = result.stdout.splitlines()
                    self.assertIn('lives at %s,' % self.addresses[i], lines[0])
                    self.assertRegex(lines[1], '^1.00 went to %s, ' % other)
                    self.assertRegex(lines[-2], r'\d+  TRANSFER_OUT %s +1\.00 +\d+\.00$' % other)
                    self.assertRegex(lines[-1], '^refused with FAILED_PRECONDITION: %s has' % name)
        self.stop(*nodes)

    def test_sum_is_unchanged_when_a_client_is_killed(self):
        nodes = self.start_nodes()
        service, address = self.start_service()
        self.assert_sum(address)
        path = self.transfers('--count=100000', '--seed=1')
        clients = [self.start_replay(path, '%d/4' % i) for i in (1, 2, 3, 4)]
        self.assertEqual('part 2/4: 5000 of 25000', clients[1].line())
        clients[1].signal(signal.SIGKILL)
        clients[1].wait()
        for i in (0, 2, 3):
            self.assertRegex(clients[i].rest()[-1], r'^part ./4: \d+ made, \d+ refused$')
            self.assertEqual((0, []), (clients[i].wait(), clients[i].rest('stderr')))
        self.assert_sum(address)
        self.stop(service, *nodes)

    def test_accounts_transfer_to_each_other_at_once(self):
        nodes = self.start_nodes()
        service, address = self.start_service()
        # One pair lives on two nodes, the other one on one node.
        pairs = (('account-0', 'account-999'), ('account-999', 'account-0'),
                 ('account-1', 'account-2'), ('account-2', 'account-1'))
        path = os.path.join(self.folder, 'circle.csv')
        with open(path, 'w', encoding='ascii') as file:
            file.write('from,to,cents\n')
            for _ in range(1000):
                file.writelines('%s,%s,10\n' % pair for pair in pairs)
        replay = self.start_replay(path, '1/1', '--progress=1000000')
        self.assertEqual(['part 1/1: 4000 made, 0 refused'], replay.rest())
        self.assertEqual(0, replay.wait())
        self.assert_sum(address)
        self.stop(service, *nodes)

    def test_transfers_of_callers_that_go_away_are_made_once_or_not_at_all(self):
        nodes = self.start_nodes()
        service, address = self.start_service()
        stub = account_pb2_grpc.AccountStub(_connect(self, self.addresses[0]))
        metadata = [('troupe-actor', 'account-6')]
        request = account_pb2.TransferRequest(to='account-996', cents=1)
        for i in range(400):
            call = stub.Transfer.future(request, metadata=metadata, timeout=_FAR_SECONDS)
            # Another one first, so that the cancellation comes at different moments.
            for _ in range(i % 3):
                stub.GetBalance(account_pb2.GetBalanceRequest(), metadata=metadata)
            call.cancel()
        self.assert_sum(address)

        def count(node, name, kind):
            entries = self.account(node, name)('History', account_pb2.HistoryRequest())
            return [entry.kind for entry in entries].count(kind)

        self.assertEqual(count(0, 'account-6', account_pb2.Entry.TRANSFER_OUT) -
                         count(0, 'account-6', account_pb2.Entry.REFUND),
                         count(1, 'account-996', account_pb2.Entry.TRANSFER_IN))
        self.stop(service, *nodes)

    def test_service_gives_the_errors_of_the_accounts(self):
        nodes = self.start_nodes()
        service, address = self.start_service()
        bank = bank_pb2_grpc.BankStub(_connect(self, address))

        def transfer(payer, payee, cents):
            order = bank_pb2.TransferOrder(**{'from': payer, 'to': payee, 'cents': cents})
            return bank.Transfer(order, timeout=_FAR_SECONDS)

        for payer, payee in ('account-3', 'account-997'), ('account-997', 'account-3'):
            self.assertEqual(_CENTS - 300, transfer(payer, payee, 300).cents)
            error = self.assert_fails(grpc.StatusCode.FAILED_PRECONDITION, transfer, payer, payee,
                                      _CENTS + 1)
            self.assertEqual((_CENTS - 300, _CENTS + 1), _overdraft(error))
            self.assertIsNotNone(transfer(payee, payer, 300))
            for wrong in (0, -1, 10**18):
                self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, transfer, payer, payee, wrong)
            self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, transfer, payer, payer, 1)
            self.assert_fails(grpc.StatusCode.NOT_FOUND, transfer, payer, 'account-1000', 1)
            self.assert_fails(grpc.StatusCode.NOT_FOUND, transfer, 'account-1000', payer, 1)
        self.assert_sum(address)
        self.stop(service, *nodes)

    def test_a_deposit_of_a_transfer_is_made_once(self):
        nodes = self.start_nodes()
        for node in (0, 1):
            call = self.account(node, 'account-%d' % (4 + node))
            run = 'urn:uuid:00000000-0000-4000-8000-00000000000%d' % node

            def deposit(number, open_from, cents=5):
                transfer = account_pb2.TransferId(**{'from': 'test', 'run': run, 'number': number,
                                                     'open_from': open_from})
                return call('Deposit', account_pb2.DepositRequest(cents=cents,
                                                                  transfer=transfer)).cents

            self.assertEqual(_CENTS + 5, deposit(1, 1))
            self.assertEqual(_CENTS + 5, deposit(1, 1))
            self.assertEqual(_CENTS + 10, deposit(3, 1))
            self.assertEqual(_CENTS + 15, deposit(2, 2))
            self.assertEqual(_CENTS + 15, deposit(3, 2))
            for number, open_from in ((1, 1), (3, 4), (5, 0), (2000, 2)):
                self.assert_fails(grpc.StatusCode.INVALID_ARGUMENT, deposit, number, open_from)
            entries = list(call('History', account_pb2.HistoryRequest(limit=2)))
            self.assertEqual([(2, _CENTS + 10, 'test'), (3, _CENTS + 15, 'test')],
                             [(entry.number, entry.balance, entry.other) for entry in entries])
        self.stop(*nodes)

    def test_money_comes_back_or_stays_pending_when_the_other_node_is_gone(self):
        nodes = self.start_nodes()
        call = self.account(0, 'account-5')
        transfer = account_pb2.TransferRequest(to='account-995', cents=100)
        self.assertEqual(_CENTS - 100, call('Transfer', transfer).cents)
        nodes[1].signal(signal.SIGKILL)
        nodes[1].wait()
        with self.assertRaises(grpc.RpcError) as raised:
            call('Transfer', transfer)
        # Before and after it is noticed that the node is gone.
        self.assertIn(raised.exception.code(),
                      (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
                       grpc.StatusCode.NOT_FOUND))
        balance = call('GetBalance', account_pb2.GetBalanceRequest())
        self.assertEqual(_CENTS - 100, balance.cents + balance.pending_cents)
        # Started anew, it is found again.
        again = self.start_node(1)
        self.assertRegex(again.line(), '^listening')
        self.assertEqual('knows the accounts at ' + self.addresses[0], again.line())
        self.assertEqual('knows the accounts at ' + self.addresses[1], nodes[0].line())
        self.assertEqual(balance.cents - 100, call('Transfer', transfer).cents)
        self.stop(nodes[0], again)

    def test_says_what_to_do_where_nobody_listens(self):
        address = self.addresses[0]
        node = self.start_node(1)
        self.assertIn(address, node.await_error('bank_node: waits for the other node (--peer)'))
        result = program.run('bank/bank_service', '--listen=127.0.0.1:0', '--nodes=' + address)
        program.assert_refuses(self, 'start one with bank_node --listen=' + address, result)
        result = program.run('bank/bank_service', '--listen=127.0.0.1:0',
                             '--nodes=' + self.addresses[1])
        program.assert_refuses(self, 'does not know account-0', result)
        result = program.run('bank/client', '--node=' + address)
        program.assert_refuses(self, 'start a node with bank_node --listen=' + address, result)
        result = program.run('bank/total', '--service=' + address)
        program.assert_refuses(self, 'are bank_service --listen=%s and' % address, result)
        self.stop(node)

    def test_refuses_a_busy_port(self):
        nodes = self.start_nodes()
        service, address = self.start_service()
        program.assert_refuses(
            self, 'another process listens there',
            program.run('bank/bank_service', '--listen=' + address,
                        '--nodes=' + ','.join(self.addresses)))
        program.assert_refuses(self, 'another process listens there',
                               program.run('bank/bank_node', '--listen=' + self.addresses[0],
                                           '--peer=' + self.addresses[1]))
        self.stop(service, *nodes)

    def test_refuses_bad_flags(self):
        bad_csv = os.path.join(self.folder, 'bad.csv')
        with open(bad_csv, 'w', encoding='ascii') as file:
            file.write('from,to,cents\na,b\n')
        for name, flag, message in (
                ('bank_node', '--first=3', '--first is 0 at one node and 500 at the other one'),
                ('bank_node', '--accounts=3', '--accounts is an even number'),
                ('bank_node', '--cents=-1', '--cents is 0 or more'),
                ('bank_node', '--peer=127.0.0.1:7001', '--peer is the other node'),
                ('bank_node', '--peer=nowhere', 'bad address "nowhere": it has no port'),
                ('bank_node', '127.0.0.1:7001', 'an address is given as --listen=ADDRESS'),
                ('bank_service', '--nodes=', '--nodes names no node'),
                ('bank_service', '--nodes=nowhere', 'bad address "nowhere": it has no port'),
                ('bank_service', '--accounts=0', '--accounts is a number from 1'),
                ('replay', '--part=5/4', '--part is a part and their number'),
                ('replay', '--outstanding=0', '--outstanding and --progress are at least 1'),
                ('replay', '--file=/no/such', 'make one with make_transfers'),
                ('replay', '--file=' + bad_csv, 'bad.csv:2: "a,b" is not from,to,cents')):
            with self.subTest(program=name, flag=flag):
                program.assert_refuses(self, message, program.run('bank/' + name, flag))


if __name__ == '__main__':
    unittest.main()
