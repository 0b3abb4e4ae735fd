"""The rules of this tree that no compiler checks. tidy_test runs them; scripts/lint does, too."""

import ast
import os
import re
import shutil
import subprocess

import build_files
import cpp

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100

# Who may include whom: of a file, the longest of these that it is in. What is in none may include
# everything.
LAYERS = {
    'proto': {'proto'},
    'runtime': {'runtime', 'proto'},
    'node': {'node', 'runtime', 'proto'},
    'node/cli': {'node/cli', 'proto'},
    'codegen': {'codegen'},
    'troupe.h': {'node', 'runtime', 'proto'},
}
# Libraries that only some may see, by the beginning of the include's path.
GRPC = ('grpc/', 'grpcpp/', 'grpc++/')
LOGGING = ('glog/',)
# Libraries whose headers are included with quotes, as their authors do.
QUOTED_LIBRARIES = (
    'absl/', 'benchmark/', 'caf/', 'glog/', 'gmock/', 'google/', 'grpcpp/', 'gtest/')
# The headers of users: what these reach is public.
PUBLIC_ROOTS = ('troupe.h', 'runtime/testing/')

_SKIPPED_FOLDERS = {'.git', '.cache', '.vscode', '__pycache__', 'external', 'node_modules'}
_CPP = ('.h', '.cc')
_LIMITED = _CPP + ('.proto', '.bzl', '.py', '.sh')
_TEST_NAME = re.compile(r'^[ \t]*(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)',
                        re.MULTILINE)
_SLEEP = re.compile(r'\babsl::SleepFor\b|\bthis_thread::sleep_|(?<![\w.>])(?:u|nano)?sleep\(')
_UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)\b')


class Tree:
    """The files below a folder, read once."""

    def __init__(self, root):
        self.root = root
        self._texts = {}
        self.paths = sorted(self._walk())

    def _walk(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = [f for f in folders
                          if f not in _SKIPPED_FOLDERS and not f.startswith('bazel-')
                          and not os.path.islink(os.path.join(folder, f))]
            for file in files:
                path = os.path.join(folder, file)
                if not os.path.islink(path):
                    yield os.path.relpath(path, self.root)

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding='utf-8', errors='replace') as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def sources(self, *suffixes):
        return [path for path in self.paths if path.endswith(suffixes)]

    def scripts(self):
        return [path for path in self.paths if self.text(path).startswith('#!')]

    def build_files(self):
        return [path for path in self.paths
                if os.path.basename(path) in ('BUILD', 'WORKSPACE') or path.endswith('.BUILD')]

    def limited(self):
        return sorted({*self.sources(*_LIMITED), *self.build_files(), *self.scripts()})

    def ours(self, include):
        """Says whether an include names a file of this tree, or what is generated from one."""
        schema = re.sub(r'\.capnp\.h$', '.capnp',
                        re.sub(r'(?:(?:\.grpc)?\.pb|\.troupe)\.h$', '.proto', include))
        return include in self.paths or (schema != include and schema in self.paths)


def _outside_workspace(path):
    """The program in tests/import/workspace is a user's: it follows a user's rules."""
    return path.startswith('tests/import/workspace/')


def _layer(path):
    return max((layer for layer in LAYERS if path == layer or path.startswith(layer + '/')),
               key=len, default=path.split('/')[0])


def layers(tree):
    for path in tree.sources(*_CPP):
        layer = _layer(path)
        for line, include, quoted in cpp.includes(tree.text(path)):
            if layer in LAYERS and quoted and tree.ours(include):
                if _layer(include) not in LAYERS[layer]:
                    yield path, line, '%s must not include %s' % (layer, include)
            if layer in ('runtime', 'proto') and (
                    include.startswith(GRPC) or include.endswith('.grpc.pb.h')):
                yield path, line, '%s must not know of gRPC: %s' % (layer, include)
            if (layer == 'runtime' and not path.startswith('runtime/testing/')
                    and include.startswith('runtime/testing/')):
                yield path, line, 'the runtime must not include what tests it: %s' % include


def includes_from_the_root(tree):
    for path in tree.sources(*_CPP):
        if _outside_workspace(path):
            continue
        for line, include, quoted in cpp.includes(tree.text(path)):
            if quoted and not include.startswith(QUOTED_LIBRARIES) and not tree.ours(include):
                yield path, line, '"%s" is no path from the root of the tree' % include
            if not quoted and include in tree.paths:
                yield path, line, 'a file of ours is included with quotes: <%s>' % include


def public_headers(tree):
    """A header that users reach includes neither gRPC nor the log library."""
    found = {path: path for path in tree.sources('.h') if path.startswith(PUBLIC_ROOTS)}
    todo = list(found)
    while todo:
        path = todo.pop()
        for line, include, _ in cpp.includes(tree.text(path)):
            if include.startswith(GRPC + LOGGING) or include.endswith('.grpc.pb.h'):
                yield path, line, 'a public header (%s) includes %s' % (found[path], include)
            elif include in tree.paths and include not in found:
                found[include] = '%s -> %s' % (found[path], include)
                todo.append(include)


def file_length(tree):
    for path in tree.limited():
        count = tree.text(path).count('\n')
        if count > MAX_FILE_LINES:
            yield path, MAX_FILE_LINES + 1, '%d lines, %d are the limit' % (count, MAX_FILE_LINES)


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno, node.name


def function_length(tree):
    for path in tree.sources(*_CPP, '.py'):
        find = cpp.functions if path.endswith(_CPP) else _python_functions
        for first, last, name in find(tree.text(path)):
            count = last - first + 1
            if count > MAX_FUNCTION_LINES:
                yield path, first, '%s has %d lines, %d are the limit' % (
                    name, count, MAX_FUNCTION_LINES)


def header_guards(tree):
    for path in tree.sources('.h'):
        guard = 'TROUPE_' + re.sub(r'\W', '_', path).upper() + '_'
        code = [line for line in cpp.strip(tree.text(path)).split('\n') if line.strip()]
        if code[:2] != ['#ifndef ' + guard, '#define ' + guard]:
            yield path, 1, 'the header guard is to be %s' % guard
        elif tree.text(path).rstrip().split('\n')[-1] != '#endif  // ' + guard:
            yield path, tree.text(path).count('\n'), 'the last line is to be #endif  // %s' % guard


def lines(tree):
    for path in tree.limited():
        text = tree.text(path)
        for number, line in enumerate(text.split('\n'), 1):
            if len(line) > MAX_COLUMNS and '://' not in line:
                yield path, number, '%d columns, %d are the limit' % (len(line), MAX_COLUMNS)
            if line != line.rstrip():
                yield path, number, 'space at the end of the line'
            if '\t' in line:
                yield path, number, 'a tab'
            if _UNFINISHED.search(line):
                yield path, number, 'unfinished work belongs into an issue'
        if text and not text.endswith('\n'):
            yield path, text.count('\n') + 1, 'no newline at the end'


def test_names(tree):
    for path in tree.sources('.cc'):
        text = tree.text(path)
        for match in _TEST_NAME.finditer(cpp.strip(text)):
            suite, name = match.groups()
            line = text.count('\n', 0, match.start()) + 1
            if not suite.endswith('Test') or not re.fullmatch(r'[A-Z][A-Za-z0-9]+', name):
                yield path, line, ('tests are named as sentences, TEST(ThingTest, DoesThis):'
                                   ' %s, %s' % (suite, name))


def forbidden_calls(tree):
    """Sleeps make tests slow and flaky; ThreadSanitizer does not see Debian's absl::Mutex."""
    for path in tree.sources(*_CPP):
        if _outside_workspace(path):
            continue
        for number, line in enumerate(cpp.strip(tree.text(path)).split('\n'), 1):
            if re.search(r'\babsl::(Mutex|MutexLock|CondVar)\b', line):
                yield path, number, 'use troupe::Mutex (runtime/mutex.h)'
            if _SLEEP.search(line) and 'clock' not in os.path.basename(path):
                yield path, number, 'only the clock sleeps; wait for a condition'


def build_form(tree):
    for path in tree.build_files():
        loads_first = not path.endswith('WORKSPACE')
        for line, message in build_files.check(tree.text(path), loads_first):
            yield path, line, message


def clang_format(tree):
    """Skipped without clang-format 14: other versions lay out some things differently."""
    tool = shutil.which('clang-format-14')
    if tool is None:
        return
    files = tree.sources(*_CPP, '.proto')
    for i in range(0, len(files), 50):
        result = subprocess.run([tool, '--dry-run', '--Werror', *files[i:i + 50]], cwd=tree.root,
                                stderr=subprocess.PIPE, text=True, check=False)
        first_lines = {}
        for match in re.finditer(r'^(\S+?):(\d+):\d+: error: ', result.stderr, re.MULTILINE):
            first_lines.setdefault(match.group(1), int(match.group(2)))
        for path, line in first_lines.items():
            yield path, line, 'not laid out as clang-format would: run scripts/lint --fix'


RULES = (layers, includes_from_the_root, public_headers, file_length, function_length,
         header_guards, lines, test_names, forbidden_calls, build_form, clang_format)


def check(root, rules=RULES):
    """Returns 'file:line: message [rule]' for everything amiss below the folder."""
    tree = Tree(root)
    return ['%s:%d: %s [%s]' % (*found, rule.__name__) for rule in rules for found in rule(tree)]
