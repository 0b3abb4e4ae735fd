#!/usr/bin/env python3
"""What the command-line program does with other servers, and calls by name."""

import os
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position

_BERT = 'urn:uuid:00000000-0000-4000-8000-000000000003'


class ActorsTest(unittest.TestCase, program.Assertions):

    def setUp(self):
        self.address = program.Server(self, 'fake_server').address

    def test_lists_the_actors_of_all_pages(self):
        self.assert_prints('Actors\n'
                           '  anna          Person  fake.v1.Greeter\n'
                           '  annabel       Person\n'
                           '  bert          Person\n'
                           '  carl\\x1b[31m  Person\n'
                           '  dora          Person  at 10.0.0.9:7000\n',
                           'list', self.address, '--actors')
        listed = self.json_of('list', self.address)
        self.assertEqual(['anna', 'annabel', 'bert', 'carl\033[31m', 'dora'],
                         [actor['name'] for actor in listed['actors']])
        self.assertEqual({'name': 'bert', 'urn': _BERT, 'class': 'Person', 'node': None,
                          'methods': ['Echo(Value) -> Value'], 'services': []},
                         listed['actors'][2])
        self.assertEqual('10.0.0.9:7000', listed['actors'][4]['node'])
        # What the server does not describe is there, too.
        self.assertIn({'name': 'fake.v1.NotDescribed', 'methods': []}, listed['services'])

    def test_describes_actors(self):
        self.assert_prints('  name     bert\n'
                           '  urn      %s\n'
                           '  class    Person\n'
                           '  methods  Echo(Value) -> Value\n' % _BERT,
                           'describe', self.address, 'bert')
        actor, = self.json_of('describe', self.address, _BERT)
        self.assertEqual(('actor', 'bert'), (actor['kind'], actor['name']))
        self.assert_fails(2, 'nor an actor of that name', 'describe', self.address, 'ann')

    def test_describes_with_comments(self):
        self.assert_prints('// fake.v1.Greeting, fake/v1/greeter.proto\n'
                           'message Greeting {\n'
                           '  // In any language.\n'
                           '  string text = 1;\n'
                           '  .fake.v1.Greeting next = 2;\n'
                           '  int64 number = 3;\n'
                           '}\n', 'describe', self.address, 'fake.v1.Greeting')
        self.assertIn('// Says something.\nservice Greeter {\n  // Says what it is told.\n',
                      program.troupe('describe', self.address, 'Greeter').stdout)

    def test_a_short_name_is_that_of_the_actors_services(self):
        self.assert_prints('{"text":"hi"}\n', 'call', self.address, 'anna', 'Hello',
                           '{"text": "hi"}')
        # Whose services are not known, may have any.
        for actor in ('dora', 'nobody', _BERT, '-'):
            self.assert_fails(2, 'Hello is ambiguous; give one of fake.v1.Greeter/Hello, '
                              'fake.v1.Other/Hello', 'call', self.address, actor, 'Hello')

    def test_calls_by_name_what_is_no_rpc(self):
        call = ('call', self.address, 'bert', 'Echo')
        self.assert_prints('["bert"]\n', *call)
        self.assert_prints('["bert"]\n', *call, '[]')
        self.assert_prints('["bert",5]\n', *call, '5')
        self.assert_prints('["bert",-5]\n', *call, '-5')
        self.assert_prints('["bert",[1,2]]\n', *call, '[[1, 2]]')
        self.assert_prints('["bert",1,{"a":null,"b":{"@bytes":"aGk="}},"x",2.0]\n', *call, '-',
                           text='[1, {"b": {"@bytes": "aGk="}, "a": null}, "x", 2.0]')
        message = '{"@type":"fake.v1.Greeting","text":"x","number":"5"}'
        self.assert_prints('["bert",%s]\n' % message, *call, '[%s]' % message)
        self.assert_prints('["bert",{"@type":"no.Such","@bytes":"aGk="}]\n', *call,
                           '{"@type": "no.Such", "@bytes": "aGk="}')
        # Of bert it is known that he has no services.
        self.assert_fails(1, 'UNIMPLEMENTED: no method Hello', 'call', self.address, 'bert',
                          'Hello')

    def test_arguments_that_are_wrong_are_not_sent(self):
        for argument, message in (('[1', 'no JSON: parse error at line 1, column 3'),
                                  ('{"@bytes": 5}', '@bytes is to be base64'),
                                  ('{"@type": "no.Such", "x": 1}', 'does not know'),
                                  ('[' * 200 + ']' * 200, 'too deeply')):
            self.assert_fails(2, message, 'call', self.address, 'bert', 'Echo', argument)
        self.assert_fails(2, 'has no rpc Echo', 'call', self.address, '-', 'Echo')

    def test_sends_no_stream_of_requests(self):
        self.assert_fails(2, 'takes a stream of requests', 'call', self.address, '-', 'Collect')

    def test_a_server_that_breaks_the_rules_is_an_error(self):
        self.assert_fails(1, 'INTERNAL: the call ended well, and without a reply', 'call',
                          self.address, '-', 'Never')
        result = program.troupe('call', self.address, '-', 'Twice')
        self.assertEqual(1, result.returncode)
        self.assertIn('INTERNAL: there was more than one reply', result.stderr)
        endless = program.Server(self, 'fake_server', '--endless').address
        self.assert_fails(1, 'INTERNAL: the node\'s list of actors has no end', 'list', endless,
                          '--actors')
        self.assert_fails(1, 'UNIMPLEMENTED: ', 'health', self.address)


class OtherServersTest(unittest.TestCase, program.Assertions):

    def test_older_servers_have_another_version_of_reflection(self):
        address = program.Server(self, 'fake_server', '--reflection=v1alpha').address
        self.assert_prints('{"text":"hi"}\n', 'call', address, '-', 'Greeter/Hello',
                           '{"text": "hi"}')

    def test_without_reflection_there_is_nothing_to_be_done(self):
        address = program.Server(self, 'fake_server', '--reflection=none').address
        for words in (('list', address), ('describe', address, 'x'),
                      ('call', address, '-', 'Hello')):
            self.assert_fails(3, '%s has no gRPC reflection' % address, *words)

    def test_servers_without_actors_have_services(self):
        address = program.Server(self, 'fake_server', '--nolist').address
        result = program.troupe('list', address)
        self.assertEqual((0, 'troupe: this server has no list of actors\n'),
                         (result.returncode, result.stderr))
        self.assertIsNone(self.json_of('list', address)['actors'])
        self.assert_fails(1, 'UNIMPLEMENTED: ', 'list', address, '--actors')
        self.assert_prints('{}\n', 'call', address, 'anyone', 'Greeter/Hello')
        self.assert_fails(1, 'has no rpc Echo, and takes no calls by name', 'call', address,
                          'anyone', 'Echo')


class CompletionTest(unittest.TestCase):

    def setUp(self):
        self.address = program.Server(self, 'fake_server').address

    def candidates(self, *words):
        result = program.troupe('__complete', *words)
        self.assertEqual((0, ''), (result.returncode, result.stderr))
        return result.stdout.split()

    def test_completes_commands_and_options(self):
        self.assertEqual(['call', 'completion', 'describe', 'health', 'help', 'list'],
                         self.candidates(''))
        self.assertEqual(['call', 'completion'], self.candidates('c'))
        self.assertEqual(['--tls', '--tls_ca=', '--tls_cert=', '--tls_key=', '--tls_name='],
                         self.candidates('list', self.address, '--t')[1:])
        self.assertIn('--watch', self.candidates('health', '--'))
        self.assertNotIn('--watch', self.candidates('list', '--'))
        self.assertEqual(['bash', 'fish', 'zsh'], self.candidates('completion', ''))
        self.assertEqual(['call', 'completion'], self.candidates('help', 'c'))

    def test_asks_the_node_for_names(self):
        self.assertEqual(['-', 'anna', 'annabel', 'bert', 'dora'],
                         self.candidates('call', self.address, ''))
        self.assertEqual(['anna', 'annabel'], self.candidates('call', self.address, 'an'))
        # Those of her services, and the others by their names.
        self.assertEqual(['Collect', 'Echo', 'Hello', 'Never', 'Twice'],
                         self.candidates('call', '--json', self.address, 'anna', ''))
        self.assertEqual(['Echo'], self.candidates('call', self.address, 'bert', ''))
        # In two services.
        self.assertIn('fake.v1.Greeter/Hello', self.candidates('call', self.address, '-', ''))
        self.assertEqual(['fake.v1.Other/Hello'],
                         self.candidates('call', self.address, '-', 'fake.v1.O'))
        self.assertEqual(['fake.v1.Greeter', 'fake.v1.Greeter.Collect', 'fake.v1.Greeter.Hello',
                          'fake.v1.Greeter.Never', 'fake.v1.Greeter.Twice', 'fake.v1.Greeting'],
                         self.candidates('describe', self.address, 'fake.v1.G'))
        self.assertEqual(['troupe.v1.Actors'], self.candidates('health', self.address, 't'))

    def test_says_nothing_where_there_is_nothing(self):
        self.assertEqual(['-'], self.candidates('call', '127.0.0.1:1', ''))
        for words in (('nothing', ''), ('call', 'x', ''), ('health', '127.0.0.1:1', ''),
                      ('list', self.address, ''), ('call', self.address, 'anna', 'Hello', ''),
                      ('list', '--nothing', '')):
            self.assertEqual([], self.candidates(*words), words)

    def test_the_script_for_fish_completes(self):
        if shutil.which('fish') is None:
            self.skipTest('there is no fish')
        line = '%s call %s be' % ('troupe', self.address)
        script = 'troupe completion fish | source; complete -C "%s"' % line
        folder = os.path.dirname(program.path('troupe'))
        result = subprocess.run(['fish', '--no-config', '-c', script],
                                env={**os.environ, 'PATH': folder + ':' + os.environ['PATH']},
                                stdout=subprocess.PIPE, encoding='utf-8', check=False,
                                timeout=program.PATIENCE_SECONDS)
        self.assertEqual('bert\n', result.stdout)


if __name__ == '__main__':
    unittest.main()
