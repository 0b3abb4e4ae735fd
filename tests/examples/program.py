"""Runs the examples that Bazel built."""

import os
import subprocess


def path(example):
    """Returns the path of an example's program; EXAMPLES_BIN is where it lies outside of Bazel."""
    if 'EXAMPLES_BIN' in os.environ:
        return os.path.join(os.environ['EXAMPLES_BIN'], example)
    return os.path.join(os.environ['TEST_SRCDIR'], os.environ['TEST_WORKSPACE'], 'examples',
                        example, example)


def run(example, *arguments):
    return subprocess.run([path(example), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def assert_prints(test, lines, result):
    """Fails unless the program ended well, with these lines and no others."""
    test.assertEqual('', result.stderr)
    test.assertEqual(0, result.returncode)
    test.assertEqual(lines, result.stdout.splitlines())


def assert_refuses(test, message, result):
    """Fails unless the program ended with code 1, a message with this in it, no other output."""
    test.assertEqual(1, result.returncode)
    test.assertEqual('', result.stdout)
    test.assertIn(message, result.stderr)
