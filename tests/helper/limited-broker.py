#!/usr/bin/env python3
"""limited-broker.py DATA [TOPIC]: klog-broker on the directory DATA, behind a
proxy that hides from clients that it has transactions or, where a topic is
named, says that they may not know about it. Prints its address; ends, with the
broker, by SIGTERM."""
import signal
import socket
import struct
import subprocess
import sys
import threading

METADATA = 3
API_VERSIONS = 18
TOPIC_AUTHORIZATION_FAILED = 29
HIDDEN = (24, 25, 26, 28)   # AddPartitionsToTxn, AddOffsetsToTxn, EndTxn,
NO_API = 0x7FFF             # TxnOffsetCommit


def frames(sock):
    f = sock.makefile("rb")
    while len(head := f.read(4)) == 4:
        yield f.read(struct.unpack(">i", head)[0])


def send(sock, frame):
    sock.sendall(struct.pack(">i", len(frame)) + frame)


def hide(frame):
    """An answer of version 3: correlation, error, a count, 7 bytes an API."""
    b = bytearray(frame)
    at = 7 if b[6] < 0x80 else 8
    count = (b[6] if at == 7 else (b[6] & 0x7F) | b[7] << 7) - 1
    for i in range(at, at + 7 * count, 7):
        if struct.unpack_from(">h", b, i)[0] in HIDDEN:
            struct.pack_into(">h", b, i, NO_API)
    return bytes(b)


def deny(frame):
    """An answer of version 9 or newer: the topic's error is before its name."""
    b = bytearray(frame)
    name = sys.argv[2].encode()
    at = b.find(bytes([len(name) + 1]) + name)
    if at > 1:
        struct.pack_into(">h", b, at - 2, TOPIC_AUTHORIZATION_FAILED)
    return bytes(b)


def pump(source, to, each):
    try:
        for frame in frames(source):
            send(to, each(frame))
    except OSError:
        pass
    for s in (source, to):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, broker):
    what, how = (METADATA, deny) if len(sys.argv) > 2 else (API_VERSIONS, hide)
    asked = set()

    def request(frame):
        api, _, correlation = struct.unpack_from(">hhi", frame)
        if api == what:
            asked.add(correlation)
        return frame

    def answer(frame):
        return how(frame) if struct.unpack_from(">i", frame)[0] in asked \
            else frame

    threading.Thread(target=pump, args=(client, broker, request),
                     daemon=True).start()
    pump(broker, client, answer)


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    me = "127.0.0.1:%d" % listener.getsockname()[1]
    child = subprocess.Popen(
        ["klog-broker", "--listen", "127.0.0.1:0", "--data", sys.argv[1], "-X",
         "advertised.listeners=PLAINTEXT://" + me], stdout=subprocess.PIPE)
    host, port = child.stdout.readline().split()[-1].decode().split(":")

    def end(*_):
        child.terminate()
        sys.exit(child.wait())

    signal.signal(signal.SIGTERM, end)
    print(me, flush=True)
    while True:
        client, _ = listener.accept()
        broker = socket.create_connection((host, int(port)))
        threading.Thread(target=serve, args=(client, broker),
                         daemon=True).start()


main()
