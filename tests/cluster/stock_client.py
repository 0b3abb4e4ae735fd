#!/usr/bin/python3
"""The same as stock_client.cc, which says what it obeys, with gRPC's stubs for Python."""

import os
import sys
import threading

import grpc

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.node import gateway_pb2 as pb  # pylint: disable=wrong-import-position
from tests.node import gateway_pb2_grpc  # pylint: disable=wrong-import-position

_FAR_SECONDS = 60


class Client:
    """The parrot that one command is for."""

    def __init__(self, channel: grpc.Channel, actor: str, cancel: bool):
        self._channel = channel
        self._stub = gateway_pb2_grpc.ParrotStub(channel)
        self._metadata = [('troupe-actor', actor)] if actor else []
        self._cancel = cancel

    def _unary(self, name: str, request, milliseconds: str = '0', more=()):
        call = getattr(self._stub, name).future(
            request, metadata=[*self._metadata, *more], timeout=self._seconds(milliseconds))
        return self._answered(call), call

    @staticmethod
    def _seconds(milliseconds: str) -> float:
        return int(milliseconds) / 1000 or _FAR_SECONDS

    def _answered(self, call):
        """Waits for the end of a call, which the next line of the input cancels, if it is to."""
        if not self._cancel:
            return call.exception() is None
        canceller = threading.Thread(target=lambda: (sys.stdin.readline(), call.cancel()))
        canceller.start()
        try:
            return call.exception() is None
        except grpc.FutureCancelledError:
            return False
        finally:
            canceller.join()

    @staticmethod
    def _text(call, rest: str = '') -> str:
        code = call.code()
        return '%d %s' % (code.value[0], rest if code == grpc.StatusCode.OK else call.details())

    def say(self, text: str) -> str:
        good, call = self._unary('Say', pb.Text(text=text))
        if not good:
            return self._text(call)
        return self._text(call, '%s %s' % (call.result().text,
                                           dict(call.trailing_metadata())['troupe-node']))

    def raw(self, method: str, request: str) -> str:
        call = self._channel.unary_unary(method).future(
            bytes.fromhex(request), metadata=self._metadata, timeout=_FAR_SECONDS)
        self._answered(call)
        return self._text(call)

    def resize(self, request: str, reply: str) -> str:
        good, call = self._unary('Resize', pb.Blob(data=b'r' * int(request),
                                                   reply_bytes=int(reply)))
        return self._text(call, str(len(call.result().data)) if good else '')

    def fail(self, code: str, text: str, detail: str) -> str:
        _, call = self._unary('Fail', pb.Failure(code=int(code), message=text, detail=detail))
        details = dict(call.trailing_metadata()).get('grpc-status-details-bin', b'')
        return self._text(call) + (' with ' + detail if detail.encode() in details else '')

    def hang(self, milliseconds: str) -> str:
        _, call = self._unary('Hang', pb.Text(text='x'), milliseconds)
        return self._text(call)

    def look(self, key: str, value: str) -> str:
        good, call = self._unary('Look', pb.Text(text='before'), more=[(key, value)])
        if not good:
            return self._text(call)
        seen = call.result()
        initial = dict(call.initial_metadata()).get('seen-initial', '')
        trailing = dict(call.trailing_metadata()).get('seen-trailing-bin', b'')
        return self._text(call, 'seen=%d deadline=%d initial=%s trailing=%d' % (
            ('%s=%s' % (key, value)).encode() in seen.metadata, seen.has_deadline, initial,
            len(trailing)))

    def count(self, count: str, size: str) -> str:
        stream = self._stub.Count(pb.Range(count=int(count), bytes=int(size)),
                                  metadata=self._metadata, timeout=_FAR_SECONDS)
        items = 0
        try:
            for item in stream:
                items += int(item.text) == items
        except grpc.RpcError:
            pass
        return self._text(stream, str(items))

    def hang_stream(self, milliseconds: str) -> str:
        stream = self._stub.HangAfterOne(pb.Text(text='one'), metadata=self._metadata,
                                         timeout=self._seconds(milliseconds))
        canceller = threading.Thread(target=lambda: (sys.stdin.readline(), stream.cancel()))
        if self._cancel:
            canceller.start()
        try:
            for _ in stream:
                print('item', flush=True)
        except grpc.RpcError:
            pass
        if self._cancel:
            canceller.join()
        return self._text(stream)


def main() -> None:
    cancel = False
    for line in iter(sys.stdin.readline, ''):
        words = line.rstrip('\n').split(' ')
        if words == ['cancel']:
            cancel = True
            print('1', flush=True)
            continue
        command, address, actor, *rest = words
        options = [('grpc.enable_http_proxy', 0), ('grpc.use_local_subchannel_pool', 1),
                   ('grpc.max_receive_message_length', -1)]
        with grpc.insecure_channel(address, options) as channel:
            answer = getattr(Client(channel, actor, cancel), command)(*rest)
        print(answer, flush=True)
        cancel = False


if __name__ == '__main__':
    main()
