#!/usr/bin/python3
"""What Pykka 3.1 (python3-pykka) reaches with the work of tests/bench/local.cc.

    local.py ROW [SCALE]

Pykka's actors are threads, so that a row does a tenth to a two-hundredth of the work that others
do, and there is no fork_join. Mailboxes have no bound: no `bounded`. Messages go through tell() and
ask(), which proxies are made of, and cost less. Pykka is Debian's, for Debian's Python.
"""

import argparse
import queue
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pykka

Results = queue.SimpleQueue  # how actors tell the main thread that they are done


def resident_bytes() -> int:
    with open('/proc/self/status', encoding='utf-8') as file:
        for line in file:
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) * 1024
    return 0


def report(figure: str, value: float, unit: str = '/s') -> None:
    print(f'{figure} {value:.1f} {unit}')


def expect(actual: int, expected: int, what: str) -> None:
    if actual != expected:
        sys.exit(f'{what}: {actual} instead of {expected}')


class Node(pykka.ThreadingActor):
    """Hands a number on to its neighbour until it is zero."""

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results = results
        self._next: Any = None

    def on_receive(self, message: Any) -> None:
        if isinstance(message, pykka.ActorRef):
            self._next = message
        elif message == 0:
            self._results.put(0)
        else:
            self._next.tell(message - 1)


def run_nodes(nodes: int, messages: int) -> float:
    results: Results = Results()
    ring = [Node.start(results) for _ in range(nodes)]
    for node, neighbour in zip(ring, ring[1:] + ring[:1]):
        node.tell(neighbour)
    start = time.perf_counter()
    ring[0].tell(messages)
    expect(results.get(), 0, 'messages left')
    return messages / (time.perf_counter() - start)


def ping_pong(scale: float) -> None:
    report('ping_pong', run_nodes(2, 2 * scaled(20_000, scale)) / 2)


def ring(scale: float) -> None:
    report('ring', run_nodes(503, scaled(50_000, scale)))


class Consumer(pykka.ThreadingActor):
    """Counts and sums what it is sent; tells the sum when all has come."""

    def __init__(self, expected: int, results: Results) -> None:
        super().__init__()
        self._left = expected
        self._sum = 0
        self._results = results

    def on_receive(self, message: int) -> None:
        self._sum += message
        self._left -= 1
        if self._left == 0:
            self._results.put(self._sum)


class Producer(pykka.ThreadingActor):
    def __init__(self, consumer: pykka.ActorRef) -> None:
        super().__init__()
        self._consumer = consumer

    def on_receive(self, message: int) -> None:
        for number in range(1, message + 1):
            self._consumer.tell(number)


def many_to_one(figure: str, producers: int, scale: float) -> None:
    each = scaled(100_000, scale) // producers
    results: Results = Results()
    consumer = Consumer.start(each * producers, results)
    refs = [Producer.start(consumer) for _ in range(producers)]
    start = time.perf_counter()
    for ref in refs:
        ref.tell(each)
    expect(results.get(), producers * each * (each + 1) // 2, 'sum')
    report(figure, producers * each / (time.perf_counter() - start))


class Counter(pykka.ThreadingActor):
    def __init__(self, consumer: pykka.ActorRef) -> None:
        super().__init__()
        self._consumer = consumer

    def on_receive(self, message: int) -> None:
        self._consumer.tell(message)


def spawn(scale: float) -> None:
    actors = scaled(5_000, scale)
    results: Results = Results()
    consumer = Consumer.start(actors, results)
    before = resident_bytes()
    start = time.perf_counter()
    refs = []
    for _ in range(actors):
        refs.append(Counter.start(consumer))
        refs[-1].tell(1)
    expect(results.get(), actors, 'messages')
    report('spawn', actors / (time.perf_counter() - start))
    report('spawn_bytes', (resident_bytes() - before) / actors, 'bytes')


class Adder(pykka.ThreadingActor):
    def on_receive(self, message: int) -> int:
        return message + 1


class Asker(pykka.ThreadingActor):
    def __init__(self, adder: pykka.ActorRef) -> None:
        super().__init__()
        self._adder = adder

    def on_receive(self, message: int) -> int:
        i = 0
        while i < message:
            i = self._adder.ask(i)
        return i


def actor_ask(scale: float) -> None:
    calls = scaled(20_000, scale)
    asker = Asker.start(Adder.start())
    start = time.perf_counter()
    expect(asker.ask(calls), calls, 'answer')
    report('actor_ask', calls / (time.perf_counter() - start))


def ask(figure: str, outstanding: int, calls: int) -> None:
    adder = Adder.start()
    futures: deque[pykka.Future] = deque()
    total = 0
    start = time.perf_counter()
    for i in range(calls):
        if len(futures) == outstanding:
            total += futures.popleft().get() - 1
        futures.append(adder.ask(i, block=False))
    total += sum(future.get() - 1 for future in futures)
    report(figure, calls / (time.perf_counter() - start))
    expect(total, calls * (calls - 1) // 2, 'sum of the answers')


class Relay(pykka.ThreadingActor):
    def __init__(self, following: pykka.ActorRef | None) -> None:
        super().__init__()
        self._following = following

    def on_receive(self, message: int) -> int:
        return self._following.ask(message + 1) if self._following else message + 1


def blocking_chain(scale: float) -> None:
    size = 64
    chains = scaled(100, scale)
    first = None
    for _ in range(size):
        first = Relay.start(first)
    expect(first.ask(0), size, 'relays')
    start = time.perf_counter()
    for i in range(chains):
        expect(first.ask(i), i + size, 'relays')
    report('blocking_chain', chains * size / (time.perf_counter() - start))


def scaled(full: int, scale: float) -> int:
    return max(1, int(full * scale))


ROWS: dict[str, Callable[[float], None]] = {
    'ping_pong': ping_pong,
    'one_to_one': lambda scale: many_to_one('one_to_one', 1, scale),
    'four_to_one': lambda scale: many_to_one('four_to_one', 4, scale),
    'ring': ring,
    'spawn': spawn,
    'actor_ask': actor_ask,
    'ask_1': lambda scale: ask('ask_1', 1, scaled(10_000, scale)),
    'ask_1000': lambda scale: ask('ask_1000', 1_000, scaled(50_000, scale)),
    'blocking_chain': blocking_chain,
}


def main() -> None:
    parser = argparse.ArgumentParser(description='measures Pykka inside one process')
    parser.add_argument('row', choices=ROWS)
    parser.add_argument('scale', nargs='?', type=float, default=1.0)
    arguments = parser.parse_args()
    try:
        ROWS[arguments.row](arguments.scale)
    finally:
        pykka.ActorRegistry.stop_all(block=False)


if __name__ == '__main__':
    main()
