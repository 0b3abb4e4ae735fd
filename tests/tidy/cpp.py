"""What the tidy rules need to know of C++: code without comments and literals, and functions."""

import re

_TOKEN = re.compile(
    r'//(?:[^\n\\]|\\.|\\\n)*'  # a comment to the end of the line
    r'|/\*.*?\*/'
    r'|(?:u8|[uUL])?R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"'  # a raw string
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'",  # a character, not the ' in 1'000
    re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<how>["<])(?P<what>[^">\n]+)[">]',
                      re.MULTILINE)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.MULTILINE | re.DOTALL)
# Statements that need no semicolon.
_STATEMENT_MACRO = re.compile(r'^[ \t]*TROUPE_(?:ACTOR|STRUCT)\([^()]*\)', re.MULTILINE)
_SCOPE = re.compile(r'(?:(?:inline|typedef|static|export|friend)\s+)*'
                    r'(?:namespace|class|struct|union|enum|extern\s+"")(?!\w)')


def _blank(match):
    """Keeps the lines and a trace of the literal, nothing of what it said."""
    text = match.group(0)
    newlines = '\n' * text.count('\n')
    return newlines if text.startswith('/') else '""' + newlines


def strip(text):
    """Returns the text without comments and with empty literals; line numbers stay."""
    return _TOKEN.sub(_blank, text)


def includes(text):
    """Yields (line, path, quoted) of every #include that is not in a comment."""
    def keep_includes(match):
        line_start = text.rfind('\n', 0, match.start()) + 1
        before = text[line_start:match.start()].strip()
        return match.group(0) if re.fullmatch(r'#\s*include', before) else _blank(match)

    plain = _TOKEN.sub(keep_includes, text)
    for match in _INCLUDE.finditer(plain):
        line = plain.count('\n', 0, match.start('how')) + 1
        yield line, match.group('what'), match.group('how') == '"'


def _without_template(statement):
    """Drops leading template<...> and [[...]] so that the statement's kind comes first."""
    statement = re.sub(r'^\s*(\[\[.*?\]\]\s*)*', '', statement)
    while re.match(r'template\s*<', statement):
        depth = 0
        for i, char in enumerate(statement):
            depth += (char == '<') - (char == '>' and statement[i - 1] != '-')
            if char == '>' and depth == 0:
                break
        statement = re.sub(r'^\s*(\[\[.*?\]\]\s*)*', '', statement[i + 1:])
    return statement


def _kind(statement):
    """Says what a { after this text opens: 'scope', 'function' or 'other'."""
    statement = _without_template(statement.strip())
    statement = re.sub(r'^((public|protected|private)\s*:\s*)+', '', statement)
    statement = _without_template(statement)
    if _SCOPE.match(statement):
        return 'scope'
    if re.search(r'(?<![=!<>])=\s*$', statement):
        return 'other'
    return 'function' if '(' in statement else 'other'


def _name(statement):
    statement = _without_template(statement.strip())
    statement = re.sub(r'^requires\s*\([^()]*(\([^()]*\)[^()]*)*\)', '', statement)
    statement = re.sub(r'\s*=\s*\[.*', '(', statement, flags=re.DOTALL)  # a named lambda
    head = re.sub(r'\s+', ' ', statement.split('(')[0]).strip()
    name = head.split(' ')[-1] if head else '(function)'
    if name.startswith('TEST') or name.startswith('TYPED_TEST'):
        return re.sub(r'\s+', ' ', statement).strip()
    return name


def functions(text):
    """Yields (first line, last line, name) of every function that is no part of another one."""
    code = _DIRECTIVE.sub(lambda match: '\n' * match.group(0).count('\n'), strip(text))
    code = _STATEMENT_MACRO.sub(lambda match: ';' + '\n' * match.group(0).count('\n'), code)
    open_scopes = []  # one kind for each brace that is open
    start = 0  # where the statement at hand begins
    opened = 0
    inside = 0  # braces open inside of a function or an initializer
    kind = 'other'
    for i, char in enumerate(code):
        if inside:
            inside += (char == '{') - (char == '}')
            if inside:
                continue
            follows = re.match(r'\s*(.)', code[i + 1:i + 2000], re.DOTALL)
            if follows and follows.group(1) in ',{(':
                continue  # a member's initializer: the function's body is still to come
            if kind == 'function':
                first = opened - len(code[start:opened].lstrip())
                yield (code.count('\n', 0, first) + 1, code.count('\n', 0, i) + 1,
                       _name(code[start:opened]))
            start = i + 1
        elif char == '{':
            kind = _kind(code[start:i])
            if kind == 'scope':
                open_scopes.append(kind)
                start = i + 1
            else:
                inside = 1
                opened = i
        elif char == '}':
            if open_scopes:
                open_scopes.pop()
            start = i + 1
        elif char == ';':
            start = i + 1
