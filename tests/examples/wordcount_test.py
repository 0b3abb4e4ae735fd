#!/usr/bin/env python3
"""The counts of examples/wordcount are those of coreutils."""

import gzip
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

# As words.h defines a word, in the words of coreutils. Files do not run into each other.
_COREUTILS = r'''
  for file in "$@"; do zcat -f -- "${file}"; echo; done |
    tr -cs A-Za-z '\n' | tr A-Z a-z | grep . | fold -b -w 100 |
    sort | uniq -c | sort -k1,1nr -k2
'''
_SUMMARY = re.compile(r'(\d+) files, (\d+) bytes, (\d+) words, (\d+) distinct, \d+\.\d\d seconds\n'
                      r'(?:skipped: (\d+) binary, (\d+) unreadable; counted in part: (\d+)\n)?$')
_ALL = '--top=1000000'


def coreutils(paths):
    """Returns [(word, count)] in the order of wordcount."""
    done = subprocess.run(['bash', '-c', _COREUTILS, 'coreutils', *paths], check=True,
                          stdout=subprocess.PIPE, text=True, env={**os.environ, 'LC_ALL': 'C'})
    return [(word, int(count)) for count, word in map(str.split, done.stdout.splitlines())]


def text_bytes(paths):
    """Returns the size of the files, those of the .gz files unzipped."""
    total = 0
    for path in paths:
        with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
            total += len(file.read())
    return total


class WordcountTest(unittest.TestCase):

    def setUp(self):
        self.root = os.path.realpath(tempfile.mkdtemp(dir=os.environ.get('TEST_TMPDIR')))
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, content):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def count(self, *arguments):
        """Returns [(word, count)] and the numbers of the summary, 0 for what is not there."""
        result = program.run('wordcount', *arguments)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        summary = _SUMMARY.search(result.stdout)
        self.assertTrue(summary, result.stdout)
        words = [line.split() for line in result.stdout[:summary.start()].splitlines()]
        return ([(word, int(count)) for count, word in words],
                [int(number or 0) for number in summary.groups()])

    def assert_counts(self, paths, *arguments, skipped=(0, 0, 0)):
        expected = coreutils(paths)
        words, summary = self.count(_ALL, *arguments)
        self.assertEqual(expected, words)
        self.assertEqual([len(paths), text_bytes(paths), sum(count for _, count in expected),
                          len(expected), *skipped], summary)

    def write_tree(self):
        """Writes a tree with a file of each kind; returns the paths of those that count."""
        counted = [
            self.write('text', b'The quick brown fox; the lazy dog.\nThe end'),
            self.write('below/it/text', b"don't e-mail r\xc3\xa9sum\xc3\xa9 \xff42x 1st\r\nA\ta\n"),
            self.write('below/zipped.gz', gzip.compress(b'The zipped fox\n' * 1000)),
            self.write('below/members.gz', gzip.compress(b'two mem') + gzip.compress(b'bers')),
            self.write('below/empty', b''),
            self.write('below/empty.gz', gzip.compress(b'')),
            self.write('name with spaces,\n and more', b'spaces'),
            self.write('long', b'a' * 1234 + b' ' + b'b' * 200 + b' ' + b'C' * 101),
            self.write('large', b'pieces are cut anywhere in words ' * 30000),
            self.write('late', b'x ' * 5000 + b'\0 y'),
        ]
        self.write('binary', b'text\0text')
        self.write('binary.gz', gzip.compress(b'text\0text'))
        self.write('broken.gz', gzip.compress(b'text')[:10] + b'\xff' * 100)
        os.symlink('text', os.path.join(self.root, 'link'))
        os.symlink('..', os.path.join(self.root, 'below/loop'))
        os.symlink('nothing', os.path.join(self.root, 'dangling'))
        os.mkfifo(os.path.join(self.root, 'fifo'))
        return counted

    def test_counts_a_tree_as_coreutils_do(self):
        self.assert_counts(self.write_tree(), self.root, skipped=(2, 1, 0))

    def test_counts_the_same_with_any_number_of_actors(self):
        counted = self.write_tree()
        for numbers in ((1, 1, 1), (1, 5, 1), (7, 1, 2), (20, 20, 3)):
            with self.subTest(numbers=numbers):
                self.assert_counts(counted, '--mappers=%d' % numbers[0],
                                   '--reducers=%d' % numbers[1], '--threads=%d' % numbers[2],
                                   self.root, skipped=(2, 1, 0))

    def test_counts_the_licenses_of_debian_as_coreutils_do(self):
        folder = '/usr/share/common-licenses'
        paths = subprocess.run(['find', folder, '-type', 'f'], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
        self.assertTrue(paths)
        self.assert_counts(paths, '--dir=' + folder)

    def test_counts_the_same_on_several_nodes(self):
        counted = self.write_tree()
        hosts = [program.Host(self) for _ in range(3)]
        for number in (1, 2, 3):
            nodes = '--nodes=' + ','.join(host.address for host in hosts[:number])
            for flags in ((), ('--mappers=3', '--reducers=2', '--threads=1')):
                with self.subTest(nodes=nodes, flags=flags):
                    self.assert_counts(counted, nodes, *flags, self.root, skipped=(2, 1, 0))
        for host in hosts:
            self.assertEqual(0, host.stop())

    def test_fails_if_a_node_dies(self):
        # Two large files, one for each node; without different words, so that they stay small.
        member = gzip.compress(b'some text ' * 1000000)
        for name in ('one.gz', 'two.gz'):
            self.write(name, member * 1000)
        hosts = [program.Host(self) for _ in range(2)]
        # The progress bar says when both are at work.
        terminal, program_side = os.openpty()
        with os.fdopen(terminal, 'rb', buffering=0) as reader:
            wordcount = subprocess.Popen(
                [program.path('wordcount'), '--nodes=' + ','.join(host.address for host in hosts),
                 '--mappers=1', self.root], stdout=subprocess.PIPE, stderr=program_side)
            self.addCleanup(wordcount.kill)
            os.close(program_side)
            shown = b''
            while b' 2 of 2 files' not in shown:
                shown += reader.read(1000)
            hosts[1].signal(signal.SIGKILL)
            self.assertEqual((b'', None), wordcount.communicate())
            self.assertEqual(1, wordcount.returncode)
            error = reader.read(10000).split(b'wordcount: ')[-1]
            self.assertIn(b'UNAVAILABLE', error)
            self.assertIn(hosts[1].address.encode(), error)

    def test_counts_more_words_than_a_mapper_holds(self):
        some = random.Random(1)
        letters = 'abcdefghijklmnopqrstuvwxyz'
        text = ' '.join(''.join(some.choices(letters, k=4)) for _ in range(200000))
        self.assert_counts([self.write('text', text.encode())], self.root)

    def test_counts_a_file_once_however_often_it_is_named(self):
        text = self.write('below/text', b'one two two')
        other = self.write('other', b'three three three')
        os.symlink('below', os.path.join(self.root, 'link'))
        below = os.path.dirname(text)
        self.assert_counts([text, other], self.root, below, text)
        self.assert_counts([text], '--dir=%s,%s' % (below, os.path.join(self.root, 'link')), text)

    def test_prints_as_many_words_as_it_is_told_ties_by_the_alphabet(self):
        text = self.write('text', b'c b a c b a d d d')
        self.assertEqual([('d', 3), ('a', 2)], self.count('--top=2', text)[0])
        self.assertEqual([], self.count('--top=0', text)[0])
        self.assertEqual(20, len(self.count('/usr/share/common-licenses')[0]))

    def test_counts_a_file_that_breaks_off_up_to_there(self):
        content = gzip.compress(b' '.join(b'%c%c%c' % (a, b, c) for a in b'qwertz' for b in b'uiop'
                                          for c in b'asdfghjkl'))
        words, summary = self.count(_ALL, self.write('cut.gz', content[:len(content) // 2]))
        self.assertTrue(0 < len(words) < 6 * 4 * 9, words)
        self.assertEqual([1, 0, 0, 1], [summary[0], *summary[4:]])

    @unittest.skipIf(os.geteuid() == 0, 'root can read everything')
    def test_skips_what_it_may_not_read(self):
        os.chmod(self.write('secret', b'a b c'), 0)
        folder = os.path.dirname(self.write('folder/text', b'a b c'))
        os.chmod(folder, 0)
        self.addCleanup(os.chmod, folder, 0o700)
        self.assert_counts([self.write('text', b'a')], self.root, skipped=(0, 2, 0))

    def test_counts_nothing_in_an_empty_folder(self):
        self.assertEqual(([], [0] * 7), self.count(self.root))

    def test_draws_a_progress_bar_on_a_terminal_only(self):
        terminal, program_side = os.openpty()
        with os.fdopen(terminal, 'rb', buffering=0) as reader:
            done = subprocess.run([program.path('wordcount'), self.write('text', b'a')],
                                  stdout=subprocess.PIPE, stderr=program_side, text=True,
                                  check=True)
            self.assertIn(b'\r\033[K', reader.read(10000))
        os.close(program_side)
        self.assertNotIn('\033', done.stdout)

    def test_refuses_bad_flags_and_folders(self):
        missing = os.path.join(self.root, 'missing')
        for flag, message in (
                ('--mappers=-1', '--mappers is to be from 0 to 1000, not -1'),
                ('--reducers=1001', '--reducers is to be from 0 to 1000, not 1001'),
                ('--threads=x', "Illegal value 'x' specified for flag 'threads'"),
                ('--top=-1', '--top is to be from 0 to 1000000, not -1'),
                ('--nodes=nowhere', 'bad address "nowhere": it has no port'),
                ('--nodes=unix:/no/such/folder/node', 'wordcount: UNAVAILABLE'),
                ('--tops=1', "Unknown command line flag 'tops'"),
                ('--dir=' + missing, 'wordcount: NOT_FOUND: ' + missing),
                (missing, 'wordcount: NOT_FOUND: ' + missing)):
            with self.subTest(flag=flag):
                program.assert_refuses(self, message, program.run('wordcount', flag))


if __name__ == '__main__':
    unittest.main()
