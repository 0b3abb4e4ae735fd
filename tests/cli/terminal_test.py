#!/usr/bin/env python3
"""The command-line program in a terminal: colours, Ctrl-C, completion with the tabulator."""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

_CTRL_C = '\x03'
_CTRL_U = '\x15'  # empties the line


class TerminalTest(unittest.TestCase):

    def terminal(self, *arguments, **environment):
        environment.setdefault('NO_COLOR', None)
        return program.Terminal(self, [program.path('troupe'), *arguments], environment)

    def test_has_colours_and_indents_json(self):
        host = program.Server(self)
        terminal = self.terminal('health', host.address)
        self.assertEqual('\033[32mSERVING\033[0m\n', terminal.rest())
        self.assertEqual(0, terminal.wait())
        call = ('call', host.address, 'alice', 'Deposit', '{"amount": 1}')
        self.assertEqual('{\n  \033[36m"amount"\033[0m: \033[32m"1"\033[0m,\n'
                         '  \033[36m"entries"\033[0m: 1\n}\n', self.terminal(*call).rest())
        self.assertEqual('{"amount":"2","entries":2}\n', self.terminal(*call, '--json').rest())
        terminal = self.terminal('call', host.address, 'nobody', 'Deposit')
        self.assertTrue(terminal.rest().startswith('\033[31mNOT_FOUND:\033[0m '))
        self.assertEqual(1, terminal.wait())
        self.assertIn('\033[1mbank.v1.Account\033[0m\n  \033[36mDeposit\033[0m   bank',
                      self.terminal('list', host.address).rest())

    def test_has_no_colours_where_they_are_not_wanted(self):
        host = program.Server(self)
        for environment in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}, {'TERM': None}):
            with self.subTest(environment=environment):
                self.assertEqual('SERVING\n',
                                 self.terminal('health', host.address, **environment).rest())
        self.assertEqual('\033[32mSERVING\033[0m\n',
                         self.terminal('health', host.address, NO_COLOR='').rest())

    def test_names_of_actors_cannot_command_the_terminal(self):
        server = program.Server(self, 'fake_server')
        text = self.terminal('list', server.address, '--actors', NO_COLOR='1').rest()
        self.assertIn('carl\\x1b[31m', text)
        self.assertNotIn('\033', text)

    def test_ctrl_c_ends_a_watch_and_a_stream(self):
        host = program.Server(self)
        terminal = self.terminal('health', host.address, '--watch')
        terminal.expect('SERVING')
        terminal.type(_CTRL_C)
        self.assertEqual(130, terminal.wait())
        call = ('call', host.address, 'alice')
        self.terminal(*call, 'Deposit', '{"amount": 1}').rest()
        terminal = self.terminal(*call, 'History', '{"follow": true}', '--timeout=0', NO_COLOR='1')
        terminal.expect('"time": "2023-11-14T22:13:20Z"\r\n}\r\n')
        terminal.type(_CTRL_C)
        self.assertEqual('^C', terminal.rest())
        self.assertEqual(130, terminal.wait())
        self.assertEqual('ended', host.line())

    def test_takes_a_request_that_is_typed(self):
        host = program.Server(self)
        terminal = self.terminal('call', host.address, 'alice', 'Deposit', '-', NO_COLOR='1')
        terminal.type('{"amount":\n7}\n\x04')
        terminal.expect('  "amount": "7",\r\n  "entries": 1\r\n}\r\n')
        self.assertEqual(0, terminal.wait())


class ShellTest(unittest.TestCase):

    def shell(self, words, **environment):
        folder = os.path.dirname(program.path('troupe'))
        shell = program.Terminal(self, words, {
            'PATH': folder + ':' + os.environ['PATH'], 'INPUTRC': '/dev/null', 'PS1': 'ready> ',
            'HISTFILE': None, **environment})
        return shell

    def test_bash_completes(self):
        address = program.Server(self, 'fake_server').address
        bash = self.shell(['bash', '--norc', '--noprofile', '-i'], TERM='dumb')
        bash.expect('ready> ')
        bash.type('bind "set enable-bracketed-paste off"; eval "$(troupe completion bash)"\n')
        bash.expect('bash)"\r\n')
        bash.expect('ready> ')
        bash.type('troupe he\t')
        bash.expect('troupe he')
        bash.type('a\t')
        bash.expect('alth ')
        bash.type(address + ' fake.v1.O\t')
        bash.expect('fake.v1.Other ')
        # Not Ctrl-C, which bash may miss while it completes.
        bash.type(_CTRL_U)
        # An address has a colon, where bash begins another word.
        bash.type('troupe call %s be\t' % address)
        bash.expect('troupe call %s bert ' % address)
        bash.type('E\t')
        bash.expect('Echo ')
        bash.type('5 --js\t')
        bash.expect('--json ')
        bash.type('--timeo\t')
        bash.expect('--timeout=')
        bash.type('5s; echo "ended with $?"\n')
        bash.expect('["bert",5]\r\n')
        bash.expect('ended with 0')
        # Several: as far as they agree, then a beep, and then a list of them.
        bash.type('troupe call %s an\t' % address)
        bash.expect('na')
        bash.type('\t\t')
        bash.expect('anna     annabel')

    def test_bash_completes_a_program_that_is_not_in_the_path(self):
        bash = self.shell(['bash', '--norc', '--noprofile', '-i'], TERM='dumb',
                          PATH=os.environ['PATH'], HOME=os.path.dirname(program.path('troupe')))
        bash.expect('ready> ')
        bash.type('bind "set enable-bracketed-paste off"; eval "$(~/troupe completion bash)"\n')
        bash.expect('bash)"\r\n')
        bash.expect('ready> ')
        bash.type('~/troupe compl\t')
        bash.expect('etion ')
        bash.type('f\t')
        bash.expect('fish ')

    def test_zsh_completes(self):
        if shutil.which('zsh') is None:
            self.skipTest('there is no zsh')
        address = program.Server(self, 'fake_server').address
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        zsh = self.shell(['zsh', '-f', '-i'], TERM='dumb', ZDOTDIR=folder.name)
        zsh.expect('ready> ')
        zsh.type('unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; '
                 'eval "$(troupe completion zsh)"; echo "set" "up"\n')
        zsh.expect('set up')
        zsh.expect('ready> ')
        zsh.type('troupe call %s be\t' % address)
        zsh.expect('t ')
        zsh.type('E\t5 --js\t--timeo\t5s\n')
        zsh.expect('["bert",5]')


if __name__ == '__main__':
    unittest.main()
