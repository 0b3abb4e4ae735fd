"""Runs the examples that Bazel built."""

import os
import queue
import signal
import subprocess
import threading

# Only a test that fails waits this long.
_PATIENCE_SECONDS = 120


def path(example):
    """Returns the path of an example's program; EXAMPLES_BIN is where it lies outside of Bazel.

    Of a folder with several programs: 'folder/program'.
    """
    folder, _, name = example.rpartition('/')
    if 'EXAMPLES_BIN' in os.environ:
        return os.path.join(os.environ['EXAMPLES_BIN'], name)
    return os.path.join(os.environ['TEST_SRCDIR'], os.environ['TEST_WORKSPACE'], 'examples',
                        folder or name, name)


def run(example, *arguments):
    return subprocess.run([path(example), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=_PATIENCE_SECONDS)


class Program:
    """An example that runs beside the test: its lines are waited for one by one.

    With read_output=False nobody reads its standard output before the first line is asked for, so
    that it blocks when a pipe full of lines waits.
    """

    def __init__(self, test, example, *arguments, read_output=True):
        self._process = subprocess.Popen([path(example), *arguments], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._lines = {'stdout': queue.Queue(), 'stderr': queue.Queue()}
        self._readers = {name: threading.Thread(target=self._read, args=(name,), daemon=True)
                         for name in self._lines}
        self._readers['stderr'].start()
        if read_output:
            self._readers['stdout'].start()
        test.addCleanup(self._end)

    def _read(self, name):
        for line in getattr(self._process, name):
            self._lines[name].put(line.rstrip('\n'))
        self._lines[name].put(None)

    def _end(self):
        self._process.kill()
        self._process.wait()
        for name, reader in self._readers.items():
            if reader.ident is not None:
                reader.join()
            getattr(self._process, name).close()
        self._process.stdin.close()

    def _next(self, name):
        if self._readers[name].ident is None:
            self._readers[name].start()
        return self._lines[name].get(timeout=_PATIENCE_SECONDS)

    def line(self):
        """Returns the next line of its standard output."""
        line = self._next('stdout')
        if line is None:
            raise EOFError('it has ended; standard error: %s' % self.rest('stderr'))
        return line

    def await_error(self, text):
        """Waits for a line of its standard error with this in it, and returns that."""
        seen = []
        while True:
            line = self._next('stderr')
            if line is None:
                raise EOFError('no %r in %s' % (text, seen))
            if text in line:
                return line
            seen.append(line)

    def rest(self, name='stdout'):
        """Returns all lines that are left, when it has closed that file."""
        return list(iter(lambda: self._next(name), None))

    def send_line(self, line):
        self._process.stdin.write(line + '\n')
        self._process.stdin.flush()

    def close_input(self):
        self._process.stdin.close()

    def signal(self, number):
        self._process.send_signal(number)

    def freeze(self):
        """Stops all its threads, for good."""
        self.signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def wait(self):
        """Returns its exit code, when it has ended."""
        return self._process.wait(timeout=_PATIENCE_SECONDS)


class Host(Program):
    """A running examples/host; `address` is where it listens."""

    def __init__(self, test, listen='127.0.0.1:0'):
        super().__init__(test, 'host', '--listen=' + listen)
        first = self.line()
        test.assertTrue(first.startswith('listening at '), first)
        self.address = first[len('listening at '):]

    def stop(self):
        """Asks it to end, and returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()


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
