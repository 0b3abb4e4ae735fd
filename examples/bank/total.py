#!/usr/bin/python3
"""Asks a bank's service for the sum of all accounts, when no transfer is on its way any more."""

import argparse
import os
import sys
import time

import grpc

# Where the stubs are, below Bazel's folder of outputs: this file's own place, from the root.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from examples.bank import bank_pb2  # pylint: disable=wrong-import-position
from examples.bank import bank_pb2_grpc  # pylint: disable=wrong-import-position


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--service', default='127.0.0.1:7003', help='address of bank_service')
    parser.add_argument('--patience', type=float, default=30,
                        help='seconds to wait for the end of all transfers')
    options = parser.parse_args()

    end = time.monotonic() + options.patience
    with grpc.insecure_channel(options.service, [('grpc.enable_http_proxy', 0)]) as channel:
        bank = bank_pb2_grpc.BankStub(channel)
        while True:
            try:
                total = bank.Total(bank_pb2.TotalRequest(),
                                   timeout=max(0.0, end - time.monotonic()))
            except grpc.RpcError as error:
                print('total: %s: %s' % (error.code().name, error.details()), file=sys.stderr)
                if error.code() == grpc.StatusCode.UNAVAILABLE:
                    print('total: are bank_service --listen=%s and its nodes running?'
                          % options.service, file=sys.stderr)
                return 1
            if total.pending_cents == 0:
                break
            time.sleep(0.1)
    print('%d accounts have %d.%02d' % (total.accounts, *divmod(total.cents, 100)))
    return 0


if __name__ == '__main__':
    sys.exit(main())
