"""Runs the command-line program, and the servers that it talks to."""

import json
import os
import select
import subprocess
import sys
import threading
import time

# Only a test that fails waits this long.
PATIENCE_SECONDS = 40

_FOLDERS = {'troupe': 'node/cli', 'test_host': 'tests/cli', 'fake_server': 'tests/cli'}


def path(program):
    """Returns where a program lies: in CLI_BIN, or where Bazel has put it."""
    if 'CLI_BIN' in os.environ:
        return os.path.join(os.path.abspath(os.environ['CLI_BIN']), program)
    return os.path.join(os.environ['TEST_SRCDIR'], os.environ['TEST_WORKSPACE'],
                        _FOLDERS[program], program)


def troupe(*arguments, text=''):
    """Runs it to its end, with `text` as its standard input."""
    return subprocess.run([path('troupe'), *arguments], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding='utf-8', check=False,
                          timeout=PATIENCE_SECONDS)


class Server:
    """A test_host or fake_server that runs until the test ends; `address` is where it listens."""

    def __init__(self, test, program='test_host', *flags):
        self._process = subprocess.Popen([path(program), *flags], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, encoding='utf-8')
        test.addCleanup(self._end)
        self.address = self.line()
        test.assertNotEqual('', self.address, 'it did not start')

    def line(self):
        """Returns the next line that it writes."""
        return self._process.stdout.readline().rstrip('\n')

    def stop(self):
        """Has it end in good order, and does not wait for that."""
        self._process.stdin.close()

    def wait(self):
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def _end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process.stdin.close()


class Terminal:
    """A program with a terminal of its own, whose user is the test."""

    def __init__(self, test, words, environment=None):
        ours, theirs = os.openpty()
        # In a session of its own, whose terminal it becomes: Ctrl-C is for the program alone.
        claim = 'import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); ' \
                'os.execvp(sys.argv[1], sys.argv[1:])'
        variables = {**os.environ, 'TERM': 'xterm', **(environment or {})}
        variables = {name: value for name, value in variables.items() if value is not None}
        self._process = subprocess.Popen([sys.executable, '-c', claim, *words], stdin=theirs,
                                         stdout=theirs, stderr=theirs, env=variables,
                                         start_new_session=True)
        os.close(theirs)
        self._file = ours
        self._text = ''
        test.addCleanup(self._end)

    def type(self, text):
        os.write(self._file, text.encode())

    def _read(self, deadline):
        """Adds what comes next; false at the end."""
        ready, _, _ = select.select([self._file], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError('it wrote only %r' % self._text)
        try:
            data = os.read(self._file, 65536)
        except OSError:  # how a terminal says that nobody has it open
            return False
        self._text += data.decode(errors='replace')
        return bool(data)

    def expect(self, text):
        """Waits for the text, and returns what came before it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self._text:
            if not self._read(deadline):
                raise EOFError('no %r in %r' % (text, self._text))
        before, _, self._text = self._text.partition(text)
        return before

    def rest(self):
        """Returns all that it writes until its end, with newlines as \\n."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self._text.replace('\r\n', '\n')

    def wait(self):
        """Returns its exit code."""
        return self._process.wait(timeout=PATIENCE_SECONDS)

    def _end(self):
        self._process.kill()
        self._process.wait()
        os.close(self._file)


class Running:
    """A troupe that runs beside the test, with pipes."""

    def __init__(self, test, *arguments, **kwargs):
        self.process = subprocess.Popen([path('troupe'), *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        encoding='utf-8', **kwargs)
        self._watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        self._watchdog.start()
        test.addCleanup(self._end)

    def line(self):
        return self.process.stdout.readline().rstrip('\n')

    def end(self):
        """Returns its exit code, the rest of its output, and its errors."""
        out, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out, err

    def _end(self):
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.process.stderr):
            file.close()


class Assertions:
    """Of a unittest.TestCase."""

    def assert_prints(self, output, *arguments, text=''):
        """Fails unless it ends well and prints just this; returns nothing."""
        result = troupe(*arguments, text=text)
        self.assertEqual(('', 0), (result.stderr, result.returncode), arguments)
        self.assertEqual(output, result.stdout)

    def assert_fails(self, code, message, *arguments, text=''):
        """Fails unless it ends with this code, and a message of one line with this in it."""
        result = troupe(*arguments, text=text)
        self.assertEqual(code, result.returncode, (arguments, result))
        self.assertEqual('', result.stdout)
        self.assertIn(message, result.stderr)

    def json_of(self, *arguments):
        """Returns what it prints with --json, which has to be one document on one line."""
        result = troupe(*arguments, '--json')
        self.assertEqual(('', 0), (result.stderr, result.returncode), arguments)
        self.assertEqual(1, result.stdout.count('\n'), result.stdout)
        return json.loads(result.stdout)

    def error_of(self, code, *arguments):
        """Returns the error that it prints with --json."""
        result = troupe(*arguments, '--json')
        self.assertEqual((code, 1), (result.returncode, result.stderr.count('\n')), result)
        return json.loads(result.stderr)['error']
