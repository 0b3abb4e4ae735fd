"""What is compared: each work, its figures, who else does it, and what Troupe is to reach.

Nothing here runs anything; this is the one place to add a row.
"""

import dataclasses

# Who else is compared with, as the table names them.
PEERS: dict[str, str] = {
    'caf': 'CAF',
    'erlang': 'Erlang',
    'pykka': 'Pykka',
    'capnproto': "Cap'n Proto",
    'grpc': 'plain gRPC stream',
    'grpc_spin': 'plain gRPC stream, spinning',
    'grpc_batched': 'plain gRPC stream, batches',
    'grpc_server': 'plain gRPC server',
    'tcp': 'plain TCP',
    'cache_line': 'two threads, one cache line',
    'queue': 'bare queue of two threads',
}


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound of Troupe's figure divided by that of each of these peers.

    At least, where more is better; at most, where less is. At least X times the best of two peers
    is the same as at least X times each of them. Without peers it bounds the figure itself.
    """
    bound: float
    against: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number that the programs print for a work."""
    name: str
    unit: str
    text: str
    more_is_better: bool = True
    targets: tuple[Target, ...] = ()

    def target(self, peer: str | None) -> float | None:
        """The bound of the ratio to this peer, or of the figure itself for None."""
        for target in self.targets:
            if (peer in target.against) if peer else not target.against:
                return target.bound
        return None


@dataclasses.dataclass(frozen=True)
class Contestant:
    """Who does a work: a row of a program.

    Where the row has another name than the work, so have its figures: ask_p50 of the work ask is
    raw_ping_p50 of the row raw_ping.
    """
    peer: str
    program: str
    work: str
    row: str

    def figure(self, ours: str) -> str:
        if ours.startswith(self.work):
            return self.row + ours[len(self.work):]
        return ours


@dataclasses.dataclass(frozen=True)
class Work:
    """Something that Troupe and others do, and the figures that come of it."""
    name: str
    group: str
    troupe: Contestant
    figures: tuple[Figure, ...]
    peers: tuple[Contestant, ...]

    def wanted(self, names: list[str]) -> bool:
        """Says whether one of the names is the work, a figure of it, or its group."""
        mine = {self.name, self.group, *(figure.name for figure in self.figures)}
        return not names or bool(mine.intersection(names))


def _rate(name: str, text: str, *targets: Target) -> Figure:
    return Figure(name, '/s', text, targets=targets)


def _less(name: str, unit: str, text: str, *targets: Target) -> Figure:
    return Figure(name, unit, text, more_is_better=False, targets=targets)


def _work(group: str, name: str, figures: tuple[Figure, ...], peers: str,
          limits: dict[str, tuple[str, str]]) -> Work:
    troupe = Contestant('troupe', 'troupe ' + group, name, name)
    others = [Contestant(peer, '%s %s' % (peer, group), name, name) for peer in peers.split()]
    others += [Contestant(peer, program, name, row) for peer, (program, row) in limits.items()]
    return Work(name, group, troupe, figures, tuple(others))


def _local(name: str, *figures: Figure, peers: str = 'caf erlang pykka', **limits: str) -> Work:
    """`limits`: PEER='row of the limits'."""
    return _work('local', name, figures, peers,
                 {peer: ('limits', row) for peer, row in limits.items()})


def _remote(name: str, *figures: Figure, peers: str = 'caf erlang capnproto',
            **limits: str) -> Work:
    """`limits`: PEER='row of tests/bench/remote' that does the work without Troupe."""
    return _work('remote', name, figures, peers,
                 {peer: ('troupe remote', row) for peer, row in limits.items()})


_BOTH = ('caf', 'erlang')

LOCAL: tuple[Work, ...] = (
    _local('ping_pong', _rate('ping_pong', 'round trips of two actors', Target(2.5, _BOTH)),
           cache_line='limit_cache_line'),
    _local('ring', _rate('ring', 'hops round 503 actors', Target(2.5, _BOTH))),
    _local('one_to_one', _rate('one_to_one', 'messages from one actor to another',
                               Target(1.5, ('erlang',)), Target(3.0, ('caf',))),
           queue='limit_queue'),
    _local('four_to_one', _rate('four_to_one', 'messages from four actors to one',
                                Target(2.5, _BOTH))),
    _local('bounded', _rate('bounded', 'messages of eight actors to one with room for 1,024'),
           peers='caf erlang'),
    _local('actor_ask', _rate('actor_ask', "an actor awaits another's answers, one at a time",
                              Target(2.0, ('erlang',)))),
    _local('ask_1', _rate('ask_1', 'a plain thread awaits answers, one at a time',
                          Target(3.0, ('caf',)))),
    _local('ask_1000', _rate('ask_1000', 'the same, 1,000 outstanding', Target(1.5, ('caf',)))),
    _local('spawn', _rate('spawn', 'actors made, each gets a message', Target(2.5, ('caf',))),
           _less('spawn_bytes', 'bytes', 'resident for an idle actor', Target(400.0))),
    _local('fork_join', _rate('fork_join', 'actors of a tree of 2^20 that sum up'),
           peers='caf erlang'),
    _local('blocking_chain', _rate('blocking_chain', 'blocking calls in a chain of 64 actors')),
)


def _processor(name: str, what: str) -> list[Figure]:
    return [_less('%s_cpu_%s' % (name, side), 'ns', 'processor time %s, %s' % (what, text))
            for side, text in (('caller', 'calling side'), ('host', 'called side'))]


def _asks(outstanding: int, *targets: Target, cpu: bool = False) -> Work:
    name = 'asks_%d' % outstanding
    figures = [_rate(name, 'asks, %s outstanding' % format(outstanding, ','), *targets)]
    return _remote(name, *figures, *(_processor(name, 'an ask') if cpu else ()),
                   grpc_batched='raw_' + name)


def _bytes(name: str, text: str, *targets: Target) -> Work:
    return _remote(name, Figure(name, 'MB/s', 'messages of ' + text, targets=targets),
                   grpc='raw_' + name)


REMOTE: tuple[Work, ...] = (
    _remote('ask', _less('ask_p50', 'us', 'ask, 1 outstanding: median', Target(1.15, ('grpc',)),
                         Target(1.0, ('erlang',)), Target(0.5, ('caf',))),
            _less('ask_p99', 'us', 'the slowest of 100'),
            _less('ask_p999', 'us', 'the slowest of 1,000'),
            grpc='raw_ping_callback', grpc_spin='raw_ping_spin', tcp='raw_tcp_ping'),
    _remote('busy_ask', _less('busy_ask_p50', 'us', 'the same with busy polling: median',
                              Target(1.4, ('grpc_spin',))),
            _less('busy_ask_p99', 'us', 'the slowest of 100'), peers='', grpc_spin='raw_ping_spin'),
    _asks(16),
    _asks(256, Target(0.5, ('grpc_batched',)), Target(8.0, _BOTH), cpu=True),
    _asks(4096),
    _remote('many_to_many', _rate('many_to_many', 'asks of 1,000 actors to 1,000 actors')),
    _remote('one_way_64', _rate('one_way_64', 'one-way messages of 64 bytes',
                                Target(0.5, ('grpc_batched',)), Target(10.0, ('erlang',)),
                                Target(20.0, ('caf',))),
            *_processor('one_way_64', 'a message'), grpc_batched='raw_one_way_64',
            grpc='raw_one_way_single'),
    _bytes('bytes_1k', '1 KiB'),
    _bytes('bytes_64k', '64 KiB'),
    _bytes('bytes_1m', '1 MiB', Target(0.8, ('grpc',))),
    _remote('connect', _less('connect', 'us', 'a new connection to its first reply'),
            grpc='raw_connect'),
    _remote('idle', _less('idle_cpu', '%', 'of a core, for doing nothing', Target(0.1)),
            _less('idle_cpu_100_peers', '%', 'the same with 100 connected peers', Target(0.1)),
            peers=''),
)



def _gateway(work: str, *figures: Figure) -> Work:
    return _work('gateway', 'gateway_' + work, figures, '',
                 {'grpc_server': ('troupe gateway', 'raw_' + work)})


# The same stub of a stock gRPC client, which calls an actor or a plain server.
GATEWAY: tuple[Work, ...] = (
    _gateway('unary', _less('gateway_unary_p50', 'us', "a gRPC client's call: median",
                            Target(1.3, ('grpc_server',))),
             _less('gateway_unary_p99', 'us', 'the slowest of 100')),
    _gateway('calls_64', _rate('gateway_calls_64', "a gRPC client's calls, 64 outstanding",
                               Target(0.7, ('grpc_server',)))),
)

WORKS: tuple[Work, ...] = LOCAL + REMOTE + GATEWAY
GROUPS: dict[str, str] = {
    'local': 'In one process',
    'remote': 'Two processes on loopback',
    'gateway': 'Calls of gRPC clients',
}
