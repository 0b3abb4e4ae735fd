"""Runs a program once and reads the figures that it prints."""

import dataclasses
import math
import os
import signal
import subprocess
import tempfile


@dataclasses.dataclass
class Outcome:
    """Figures by name; or an error, in a few words, and none."""
    figures: dict[str, float] = dataclasses.field(default_factory=dict)
    error: str = ''


def parse(output: str) -> dict[str, float]:
    """Reads lines of `FIGURE VALUE UNIT` and passes over all others."""
    figures = {}
    for line in output.split('\n'):
        words = line.split(None, 2)
        if len(words) != 3:
            continue
        try:
            value = float(words[1])
        except ValueError:
            continue
        if math.isfinite(value) and value >= 0:
            figures[words[0]] = value
    return figures


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.split('\n') if line.strip()]
    return lines[-1][:160] if lines else ''


def _end_group(process: subprocess.Popen) -> None:
    """Ends what the program started and left behind, and the program, if it still runs."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(arguments: list[str], seconds: float) -> Outcome:
    """Runs the program for at most so many seconds. Never raises for what the program does."""
    # Files, no pipes: a daemon that a program leaves behind (Erlang's epmd) would keep these open.
    with tempfile.TemporaryFile('w+', errors='replace') as output, \
            tempfile.TemporaryFile('w+', errors='replace') as errors:
        try:
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=errors, start_new_session=True)
        except OSError as error:
            return Outcome(error='cannot be run: %s' % error.strerror)
        try:
            status = process.wait(timeout=max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            return Outcome(error='did not end within %g s' % seconds)
        finally:
            _end_group(process)
        output.seek(0)
        errors.seek(0)
        text = output.read()
        if status != 0:
            how = 'exit status %d' % status if status > 0 else 'signal %d' % -status
            said = _last_line(errors.read()) or _last_line(text)
            return Outcome(error='%s: %s' % (how, said) if said else how)
        figures = parse(text)
        return Outcome(figures) if figures else Outcome(error='printed no figures')
