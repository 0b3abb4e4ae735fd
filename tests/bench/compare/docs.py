"""Replaces what stands between two markers of a Markdown file."""

import os


class DocsError(Exception):
    """The file does not have the markers, each once and in order."""


def replace_between(text: str, name: str, content: str) -> str:
    """The lines `<!-- name:begin ... -->` and `<!-- name:end -->` stay."""
    lines = text.split('\n')
    begins = [i for i, line in enumerate(lines) if line.startswith('<!-- %s:begin' % name)]
    ends = [i for i, line in enumerate(lines) if line.startswith('<!-- %s:end' % name)]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise DocsError('needs one <!-- %s:begin --> before one <!-- %s:end -->' % (name, name))
    return '\n'.join([*lines[:begins[0] + 1], '', content.strip('\n'), '', *lines[ends[0]:]])


def update(path: str, name: str, content: str) -> None:
    with open(path, encoding='utf-8') as file:
        text = file.read()
    try:
        text = replace_between(text, name, content)
    except DocsError as error:
        raise DocsError('%s %s' % (path, error)) from error
    new = path + '.new'
    with open(new, 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(new, path)
