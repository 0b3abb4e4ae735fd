#!/usr/bin/python3
"""A gRPC client of a bank's accounts, made of the stubs that gRPC generates for Python.

Deposits, transfers, reads the history as it streams in, and withdraws more than there is.
"""

import argparse
import os
import sys

import grpc

# Where the stubs are, below Bazel's folder of outputs: this file's own place, from the root.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from examples.bank import account_pb2  # pylint: disable=wrong-import-position
from examples.bank import account_pb2_grpc  # pylint: disable=wrong-import-position


def money(cents: int) -> str:
    return '%d.%02d' % divmod(cents, 100)


def overdraft_of(error: grpc.RpcError) -> account_pb2.Overdraft | None:
    """Returns the Overdraft among the error's details, if there is one."""
    for key, value in error.trailing_metadata() or ():
        if key != 'grpc-status-details-bin':
            continue
        for detail in account_pb2.ErrorStatus.FromString(value).details:
            overdraft = account_pb2.Overdraft()
            if detail.Unpack(overdraft):
                return overdraft
    return None


class AccountClient:
    """One account, at whatever node it lives."""

    def __init__(self, channel: grpc.Channel, name: str, seconds: float):
        self._stub = account_pb2_grpc.AccountStub(channel)
        self._name = name
        # Of every call: which actor it is for, and how long it may take.
        self._options = {'metadata': [('troupe-actor', name)], 'timeout': seconds}

    def deposit(self, cents: int) -> None:
        balance, call = self._stub.Deposit.with_call(account_pb2.DepositRequest(cents=cents),
                                                     **self._options)
        node = dict(call.trailing_metadata())['troupe-node']
        print('%s, which lives at %s, has %s' % (self._name, node, money(balance.cents)))

    def transfer(self, to: str, cents: int) -> None:
        balance = self._stub.Transfer(account_pb2.TransferRequest(to=to, cents=cents),
                                      **self._options)
        print('%s went to %s, %s are left' % (money(cents), to, money(balance.cents)))

    def history(self, limit: int) -> None:
        for entry in self._stub.History(account_pb2.HistoryRequest(limit=limit), **self._options):
            print('%5d  %-12s %-11s %10s %12s' % (
                entry.number, account_pb2.Entry.Kind.Name(entry.kind), entry.other,
                money(entry.cents), money(entry.balance)))

    def overdraw(self) -> None:
        balance = self._stub.GetBalance(account_pb2.GetBalanceRequest(), **self._options)
        try:
            self._stub.Withdraw(account_pb2.WithdrawRequest(cents=balance.cents + 1),
                                **self._options)
        except grpc.RpcError as error:
            overdraft = overdraft_of(error)
            if overdraft is None:
                raise
            print('refused with %s: %s (balance %s, wanted %s)' % (
                error.code().name, error.details(), money(overdraft.balance),
                money(overdraft.wanted)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--node', default='127.0.0.1:7001', help='address of a node of the bank')
    parser.add_argument('--account', default='account-1')
    parser.add_argument('--to', default='account-999', help='the account of the transfer')
    parser.add_argument('--cents', type=int, default=1250)
    parser.add_argument('--deadline', type=float, default=5, help='seconds, of each call')
    options = parser.parse_args()

    with grpc.insecure_channel(options.node, [('grpc.enable_http_proxy', 0)]) as channel:
        account = AccountClient(channel, options.account, options.deadline)
        try:
            account.deposit(options.cents)
            account.transfer(options.to, options.cents)
            account.history(10)
            account.overdraw()
        except grpc.RpcError as error:
            print('client: %s: %s' % (error.code().name, error.details()), file=sys.stderr)
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                print('client: start a node with bank_node --listen=%s, or name another one with '
                      '--node=ADDRESS' % options.node, file=sys.stderr)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
