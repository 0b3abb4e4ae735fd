#!/usr/bin/env python3
"""Writes transfers between the accounts of a bank, as CSV; the same ones for the same seed."""

import argparse
import random
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--count', type=int, default=100_000, help='transfers')
    parser.add_argument('--accounts', type=int, default=1000, help='account-0 and so on')
    parser.add_argument('--most', type=int, default=20_000, help='cents of the largest transfer')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--output', default='-', help='a file; - is the standard output')
    options = parser.parse_args()
    if options.count < 0 or options.accounts < 2 or options.most < 1:
        parser.error('--count is at least 0, --accounts 2, --most 1')

    some = random.Random(options.seed)
    lines = ['from,to,cents']
    for _ in range(options.count):
        payer, payee = some.sample(range(options.accounts), 2)
        lines.append('account-%d,account-%d,%d' % (payer, payee, some.randint(1, options.most)))
    text = '\n'.join(lines) + '\n'
    if options.output == '-':
        sys.stdout.write(text)
        return 0
    try:
        with open(options.output, 'w', encoding='ascii') as file:
            file.write(text)
    except OSError as error:
        print('make_transfers: %s' % error, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
