#!/usr/bin/env python3
"""The command-line program and the actors of a node: list, description, calls by name."""

import json
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import program  # pylint: disable=wrong-import-position


class ActorsTest(unittest.TestCase, program.Assertions):

    def setUp(self):
        self.host = program.Server(self)
        self.address = self.host.address

    def test_lists_and_describes_them(self):
        self.assert_prints('Actors\n'
                           '  adder    Adder\n'
                           '  alice    SavingsAccount  bank.v1.Account\n'
                           '  auditor  Auditor         bank.v1.Audit\n'
                           '  bob      SavingsAccount  bank.v1.Account\n',
                           'list', self.address, '--actors')
        adder, = self.json_of('describe', self.address, 'adder')
        self.assertRegex(adder['urn'], '^urn:uuid:')
        self.assertEqual(('actor', 'Adder', []), (adder['kind'], adder['class'], adder['services']))
        self.assertIn('AddOne(int64) -> int64', adder['methods'])
        self.assertEqual([adder], self.json_of('describe', self.address, adder['urn']))

    def test_a_short_name_is_that_of_the_actors_service(self):
        self.assertIn('troupe-actor=alice',
                      self.json_of('call', self.address, 'alice', 'Look')['metadata'])
        self.assert_prints('{}\n', 'call', self.address, 'auditor', 'Look')

    def test_calls_methods_by_name(self):
        call = ('call', self.address, 'adder')
        self.assert_prints('42\n', *call, 'AddOne', '41')
        self.assert_prints('-9223372036854775807\n', *call, 'AddOne', '-9223372036854775808')
        self.assert_prints('2\n', *call, 'calls')
        self.assert_prints('null\n', *call, 'calls', '7')
        self.assert_prints('7\n', *call, 'calls', '[]')
        urn = self.json_of('describe', self.address, 'adder')[0]['urn']
        self.assert_prints('6\n', 'call', self.address, urn, 'AddOne', '[5]')
        self.assert_prints('[1,[]]\n', *call, 'Echo', '[[1, []]]')
        for value in ('null', 'true', '"t"', '1.5', '{"a":{"b":1}}',
                      '{"@bytes":"aGk="}', '{"@number":"NaN"}', '{"@@key":1}',
                      '{"@type":"bank.v1.Entry","kind":"DEPOSIT","amount":"5"}',
                      '{"@type":"google.protobuf.Duration","value":"1.500s"}'):
            self.assert_prints(value + '\n', *call, 'Echo', value)

    def test_references_go_there_and_come_back(self):
        urn = self.json_of('describe', self.address, 'bob')[0]['urn']
        reference = self.json_of('call', self.address, 'adder', 'Echo',
                                 json.dumps({'@ref': {'urn': urn}}))
        self.assertEqual(urn, reference['@ref']['urn'])
        self.assertEqual(reference, self.json_of('call', self.address, 'adder', 'Echo',
                                                 json.dumps(reference)))

    def test_errors_are_those_of_the_method(self):
        call = ('call', self.address, 'adder')
        self.assert_fails(1, 'NOT_FOUND: nothing here\n', *call, 'Fail')
        self.assert_fails(1, 'UNIMPLEMENTED: ', *call, 'Nothing')
        self.assert_fails(1, ', did you mean AddOne?', *call, 'AdOne')
        self.assert_fails(1, ', did you mean Deposit?', 'call', self.address, 'alice', 'Depsit')
        self.assert_fails(1, 'INVALID_ARGUMENT: ', *call, 'AddOne')
        self.assert_fails(1, 'INVALID_ARGUMENT: ', *call, 'AddOne', '"five"')
        self.assert_fails(1, 'NOT_FOUND: ', 'call', self.address, 'nobody', 'Nothing')

    def test_who_may_not_see_the_list_may_still_call(self):
        address = program.Server(self, 'test_host', '--forbidden=Actors.List').address
        result = program.troupe('list', address)
        self.assertEqual((1, 'PERMISSION_DENIED: not allowed\n'),
                         (result.returncode, result.stderr))
        self.assertIn('bank.v1.Account\n', result.stdout)
        self.assert_prints('{"amount":"5","entries":1}\n', 'call', address, 'alice', 'Deposit',
                           '{"amount": 5}')


if __name__ == '__main__':
    unittest.main()
