"""The form of BUILD files: what buildifier would leave as it is, as far as ours need it."""

import ast

# The order that buildifier gives to attributes; all others stand between these, by their names.
_FIRST = ('name', 'size', 'timeout', 'testonly', 'src', 'srcs', 'out', 'outs', 'hdrs')
_LAST = ('exports', 'runtime_deps', 'deps', 'alwayslink')
_SORTED_LISTS = ('srcs', 'hdrs', 'deps', 'data', 'tags', 'visibility')


def _attribute_key(name):
    if name in _FIRST:
        return (0, _FIRST.index(name), '')
    if name in _LAST:
        return (2, _LAST.index(name), '')
    return (1, 0, name)


def _label_key(label):
    """Sorts as buildifier does: files, then :targets, //labels and @repositories."""
    phase = 0
    if label.startswith(':'):
        phase = 1
    elif label.startswith('//'):
        phase = 2
    elif label.startswith('@'):
        phase = 3
    return (phase, label.replace(':', '.').split('.'))


def _check_list(name, node):
    values = [getattr(element, 'value', None) for element in node.elts]
    values = [value for value in values if isinstance(value, str)]
    if len(values) != len(node.elts):
        return
    if name in _SORTED_LISTS and values != sorted(values, key=_label_key):
        yield node.lineno, '%s is not sorted' % name
    if len(set(values)) != len(values):
        yield node.lineno, '%s names something twice' % name
    lines = {e.lineno for e in node.elts}
    if len(values) > 1 and len(lines) > 1 and len(lines) != len(values):
        yield node.lineno, '%s has several elements on one line and not all' % name
    if len(values) > 1 and len(lines) == 1 and name in _SORTED_LISTS:
        yield node.lineno, '%s needs a line for each element' % name


def _check_rule(call, indent):
    keywords = [k for k in call.keywords if k.arg]
    names = [k.arg for k in keywords]
    if 'name' not in names or call.args:
        return
    if names != sorted(names, key=_attribute_key):
        order = ', '.join(sorted(names, key=_attribute_key))
        yield call.lineno, 'attributes in the order: ' + order
    starts = [k.lineno for k in keywords]
    if len(names) > 1 and (len(set(starts)) != len(starts) or starts[0] == call.lineno):
        yield call.lineno, 'needs a line for each attribute'
    for keyword in keywords:
        if keyword.lineno != call.lineno and keyword.col_offset != (indent or 4):
            yield keyword.lineno, 'indentation is by 4 spaces'
        if isinstance(keyword.value, ast.List):
            yield from _check_list(keyword.arg, keyword.value)


def _check_loads(tree):
    seen_rule = False
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id != 'load':
            seen_rule = True
        elif seen_rule:
            yield call.lineno, 'load() belongs at the top'


def check(text, loads_first=True):
    """Yields (line, message) for what is not in form."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        yield error.lineno or 1, 'does not parse: %s' % error.msg
        return
    if loads_first:
        yield from _check_loads(tree)
    generated = {node.elt for node in ast.walk(tree) if isinstance(node, ast.ListComp)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _check_rule(node, 0 if node in generated else node.col_offset + 4)
    lines = text.split('\n')
    for number, line in enumerate(lines, 1):
        if "'" in line and '"' not in line and '#' not in line:
            yield number, 'strings are in double quotes'
        if not line and number < len(lines) and not lines[number]:
            yield number, 'two empty lines'
