"""The head of the table: on what, with which versions, and whether the machine was quiet."""

import datetime
import os
import platform
import re
import subprocess


def _output(*command: str, folder: str | None = None) -> str:
    try:
        result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return result.stdout.strip() if result.returncode == 0 else ''


def _read(path: str) -> str:
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


def cpu_model(cpuinfo: str) -> str:
    found = re.search(r'^(?:model name|Processor|cpu model)\s*:\s*(.+)$', cpuinfo, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def memory_gib(meminfo: str) -> str:
    found = re.search(r'^MemTotal:\s*(\d+) kB', meminfo, re.MULTILINE)
    return '%.0f GiB' % (int(found.group(1)) / 2**20) if found else ''


def _virtual(cpuinfo: str) -> str:
    return ', virtual machine' if re.search(r'^flags\s*:.*\bhypervisor\b', cpuinfo,
                                            re.MULTILINE) else ''


def _package(name: str) -> str:
    """Its version without Debian's part of it."""
    version = _output('dpkg-query', '-W', '-f', '${Version}', name)
    return re.sub(r'^\d+:|[-+][^-]*$', '', version).split('+dfsg')[0]


def machine() -> dict[str, str]:
    cpuinfo = _read('/proc/cpuinfo')
    system = re.search(r'^PRETTY_NAME="?([^"\n]*)', _read('/etc/os-release'), re.MULTILINE)
    return {
        'processor': cpu_model(cpuinfo) + _virtual(cpuinfo),
        'cores': str(len(os.sched_getaffinity(0))),
        'memory': memory_gib(_read('/proc/meminfo')),
        'system': system.group(1) if system else platform.system(),
        'kernel': platform.release(),
        'compiler': _output('g++', '--version').split('\n')[0],
    }


def versions(root: str) -> dict[str, str]:
    packages = {'gRPC': 'libgrpc++-dev', 'CAF': 'libcaf-dev', 'Erlang': 'erlang-base',
                'Pykka': 'python3-pykka', "Cap'n Proto": 'libcapnp-dev'}
    commit = _output('git', 'describe', '--always', '--tags', '--dirty', folder=root)
    return {'Troupe': commit or 'not from git',
            **{name: _package(package) or 'not installed' for name, package in packages.items()}}


def load() -> float:
    """Processes that ran at the same time in the last minute: other work disturbs."""
    return os.getloadavg()[0]


def today() -> str:
    return datetime.date.today().isoformat()


def text(facts: dict[str, str]) -> str:
    return '; '.join('%s %s' % item for item in facts.items() if item[1])
