#!/usr/bin/env python3
"""Each rule of tidy.py finds its bad sample, and nothing in a good one."""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import cpp  # pylint: disable=wrong-import-position
import tidy  # pylint: disable=wrong-import-position

GUARDED = '#ifndef {0}\n#define {0}\n\n{1}\n#endif  // {0}\n'


def header(guard, body=''):
    return GUARDED.format(guard, body)


class RulesTest(unittest.TestCase):

    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def found(self, rule, **files):
        """Writes the files (a_slash_b_dot_h names a/b.h) and returns what the rule says."""
        for name, text in files.items():
            path = os.path.join(self.root, name.replace('_slash_', '/').replace('_dot_', '.'))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        return tidy.check(self.root, [rule])

    def assert_finds(self, expected, found):
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def test_the_runtime_must_not_include_the_node(self):
        found = self.found(tidy.layers, node_slash_peer_dot_h='',
                           runtime_slash_actor_dot_h='\n#include "node/peer.h"\n')
        self.assert_finds('runtime/actor.h:2: runtime must not include node/peer.h', found)

    def test_the_node_must_not_include_tests_and_the_protocol_nothing(self):
        found = self.found(tidy.layers, tests_slash_a_dot_h='', runtime_slash_a_dot_h='',
                           node_slash_a_dot_cc='#include "tests/a.h"\n',
                           proto_slash_b_dot_h='#include "runtime/a.h"\n')
        self.assertEqual(len(found), 2, found)

    def test_the_command_line_program_must_not_include_the_node_nor_the_node_it(self):
        found = self.found(tidy.layers, node_slash_a_dot_h='#include "node/cli/b.h"\n',
                           node_slash_cli_slash_b_dot_h='#include "node/a.h"\n',
                           node_slash_cli_slash_c_dot_cc='#include "node/cli/b.h"\n')
        self.assertEqual(len(found), 2, found)
        self.assertIn('node/cli must not include node/a.h', found[1])

    def test_the_runtime_must_not_include_grpc(self):
        self.assert_finds('gRPC', self.found(
            tidy.layers, runtime_slash_a_dot_cc='#include <grpcpp/grpcpp.h>\n'))

    def test_the_runtime_must_not_include_its_testing_kit(self):
        self.assert_finds('what tests it', self.found(
            tidy.layers, runtime_slash_testing_slash_probe_dot_h='',
            runtime_slash_a_dot_cc='#include "runtime/testing/probe.h"\n'))

    def test_downward_includes_and_includes_in_comments_are_fine(self):
        self.assertEqual([], self.found(
            tidy.layers, runtime_slash_a_dot_h='', troupe_dot_h='#include "runtime/a.h"\n',
            proto_slash_a_dot_proto='', node_slash_a_dot_cc='#include "runtime/a.h"\n',
            runtime_slash_b_dot_cc='#include "proto/a.pb.h"\n// #include "node/a.h"\n'))

    def test_includes_are_written_from_the_root(self):
        self.assert_finds('"b.h" is no path from the root', self.found(
            tidy.includes_from_the_root, runtime_slash_b_dot_h='',
            runtime_slash_a_dot_cc='#include "b.h"\n#include "runtime/b.h"\n'))

    def test_our_own_files_are_included_with_quotes(self):
        self.assert_finds('with quotes', self.found(
            tidy.includes_from_the_root, runtime_slash_b_dot_h='',
            runtime_slash_a_dot_cc='#include <runtime/b.h>\n'))

    def test_a_public_header_must_not_pull_in_the_log_library_or_grpc(self):
        found = self.found(tidy.public_headers, troupe_dot_h='#include "runtime/a.h"\n',
                           runtime_slash_a_dot_h='#include "runtime/b.h"\n',
                           runtime_slash_b_dot_h='#include <glog/logging.h>\n')
        self.assert_finds('troupe.h -> runtime/a.h -> runtime/b.h) includes glog/logging.h', found)
        found = self.found(tidy.public_headers,
                           runtime_slash_b_dot_h='#include <grpcpp/channel.h>\n')
        self.assert_finds('includes grpcpp/channel.h', found)

    def test_a_header_that_users_do_not_reach_may_log(self):
        self.assertEqual([], self.found(tidy.public_headers, troupe_dot_h='',
                                        runtime_slash_b_dot_h='#include <glog/logging.h>\n'))

    def test_files_have_500_lines_at_most(self):
        self.assertEqual([], self.found(tidy.file_length, a_dot_cc='\n' * 500))
        self.assert_finds('501 lines', self.found(tidy.file_length, a_dot_cc='\n' * 501))

    def test_scripts_without_a_suffix_are_limited_too(self):
        self.assert_finds('scripts/run', self.found(
            tidy.file_length, scripts_slash_run='#!/bin/bash\n' + '\n' * 500))

    def test_functions_have_70_lines_at_most(self):
        body = 'int F() {\n' + 'x;\n' * 68 + '}\n'
        self.assertEqual([], self.found(tidy.function_length, a_dot_cc=body))
        body = 'int F() {\n' + 'x;\n' * 69 + '}\n'
        self.assert_finds('a.cc:1: F has 71 lines', self.found(tidy.function_length, a_dot_cc=body))

    def test_tests_and_python_functions_are_limited_too(self):
        body = 'TEST(ATest, Runs) {\n' + 'x;\n' * 70 + '}\n'
        self.assert_finds('TEST(ATest, Runs)', self.found(tidy.function_length, a_dot_cc=body))
        body = 'def f():\n' + '    x()\n' * 70
        found = self.found(tidy.function_length, b_dot_py=body, a_dot_cc='')
        self.assert_finds('b.py:1: f has 71 lines', found)

    def test_header_guards_follow_the_path(self):
        good = header('TROUPE_RUNTIME_A_H_')
        self.assertEqual([], self.found(tidy.header_guards, runtime_slash_a_dot_h=good,
                                        troupe_dot_h=header('TROUPE_TROUPE_H_')))
        self.assert_finds('TROUPE_RUNTIME_A_H_', self.found(
            tidy.header_guards, runtime_slash_a_dot_h=header('RUNTIME_A_H_')))
        self.assert_finds('TROUPE_RUNTIME_A_H_', self.found(
            tidy.header_guards, runtime_slash_a_dot_h='#pragma once\n'))
        self.assert_finds('#endif', self.found(
            tidy.header_guards, runtime_slash_a_dot_h=good.replace('  // TROUPE', ' /* TROUPE')))

    def test_lines_have_100_columns_at_most(self):
        self.assertEqual([], self.found(tidy.lines, a_dot_cc='x' * 100 + '\n'))
        self.assert_finds('101 columns', self.found(tidy.lines, a_dot_cc='x' * 101 + '\n'))

    def test_spaces_tabs_and_unfinished_work_are_found(self):
        self.assert_finds('space', self.found(tidy.lines, a_dot_cc='x \n'))
        self.assert_finds('tab', self.found(tidy.lines, a_dot_cc='\tx\n'))
        self.assert_finds('newline', self.found(tidy.lines, a_dot_cc='x'))
        self.assert_finds('issue', self.found(tidy.lines, a_dot_cc='// TO' 'DO: x\n'))

    def test_tests_are_named_as_sentences(self):
        self.assertEqual([], self.found(
            tidy.test_names, a_dot_cc='TEST(MailboxTest, PushAfterCloseReturnsClosed) {}\n'))
        for bad in ('TEST(Mailbox, Closes)', 'TEST(MailboxTest, push_closed)'):
            self.assert_finds('sentences', self.found(tidy.test_names, a_dot_cc=bad + ' {}\n'))

    def test_sleeps_and_abseils_mutex_are_forbidden(self):
        self.assert_finds('sleeps', self.found(
            tidy.forbidden_calls, tests_slash_a_dot_cc='std::this_thread::sleep_for(x);\n'))
        self.assert_finds('troupe::Mutex', self.found(
            tidy.forbidden_calls, tests_slash_a_dot_cc='absl::Mutex mu; // sleep(1)\n'))

    def test_build_files_are_formatted_alike(self):
        good = ('load("//a:b.bzl", "b")\n\ncc_library(\n    name = "a",\n    srcs = ["a.cc"],\n'
                '    deps = [\n        ":b",\n        "//c",\n        "@d//:e",\n    ],\n)\n')
        self.assertEqual([], self.found(tidy.build_form, BUILD=good))
        bad = {
            'load() belongs': good + '\nload("//x:y.bzl", "z")\n',
            'order': good.replace('srcs = ["a.cc"]', 'visibility = []').replace('deps', 'srcs'),
            'sorted': good.replace('":b"', '"@z//:z"'),
            'twice': good.replace('":b"', '"//c"'),
            'does not parse': good + '(\n',
            'indentation': good.replace('    name', '  name'),
            'double quotes': good + "\nb(\n    name = 'x',\n)\n",
            'two empty': good.replace('\n\n', '\n\n\n'),
            'each attribute': good + '\nb(name = "x", tags = [])\n',
            'each element': good + '\nb(\n    name = "x",\n    tags = ["a", "b"],\n)\n',
        }
        for expected, text in bad.items():
            with self.subTest(expected):
                self.assert_finds(expected, self.found(tidy.build_form, BUILD=text))

    @unittest.skipUnless(shutil.which('clang-format-14'), 'clang-format-14 is not installed')
    def test_clang_format_is_asked(self):
        found = self.found(tidy.clang_format, a_dot_cc='int  x ;\n')
        self.assertTrue(found)


class FunctionsTest(unittest.TestCase):

    def names(self, text):
        return [name for _, _, name in cpp.functions(text)]

    def test_methods_lambdas_operators_and_constructors_are_functions(self):
        self.assertEqual(['F', 'Foo', 'operator==', 'g', 'G'], self.names('''
            namespace a::b {
            class Foo final : public Bar<int> {
             public:
              void F() const override { if (x) { y(); } }
              explicit Foo(int x) : Bar<int>{x}, y_{1} { Start(); }
              bool operator==(const Foo& o) const { return true; }
              int z_ = 0;
              std::vector<int> v_ = {1, 2};
            };
            constexpr auto g = [](int i) { return i; };
            template <typename T = std::vector<int>, bool (*P)() = nullptr>
            requires (sizeof(T) > 3)
            auto G(T t) -> decltype(t) { return t; }
            }  // namespace a::b
        '''))

    def test_tables_enums_and_declarations_are_no_functions(self):
        self.assertEqual([], self.names('''
            enum class E { kA, kB };
            const int kTable[] = {1, 2, 3};
            struct A { int b; };
            void Declared(int x);
            extern "C" { void D(); }
        '''))

    def test_braces_in_literals_and_comments_do_not_count(self):
        text = 'void F() { // {\n  a("{", \'{\', R"x({{)x", 1\'000); /* { */\n}\nvoid G() {}\n'
        self.assertEqual([(1, 3, 'F'), (4, 4, 'G')], list(cpp.functions(text)))


if __name__ == '__main__':
    unittest.main()
