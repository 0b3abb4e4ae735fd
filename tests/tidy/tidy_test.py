#!/usr/bin/env python3
"""Fails with a line for each place in the tree that breaks a rule of tidy.py."""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

import tidy  # pylint: disable=wrong-import-position


def main():
    root = os.path.dirname(os.path.dirname(HERE))
    found = tidy.check(root)
    for line in found:
        print(line)
    print('%d files, %d findings' % (len(tidy.Tree(root).paths), len(found)))
    if tidy.shutil.which('clang-format-14') is None:
        print('clang-format-14 is not installed: the layout of C++ was not checked')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
