import threading
import time

from recognizance.gallery.indexes.turns import Turns

LONG = 10


def test_readers_share() -> None:
    turns, inside = Turns(), threading.Barrier(3, timeout=LONG)

    def read() -> None:
        with turns.read():
            inside.wait()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not inside.broken
    assert inside.n_waiting == 0


def test_a_writer_is_alone() -> None:
    turns, seen = Turns(), [0, 0]
    torn = list[str]()

    def write() -> None:
        for _ in range(200):
            with turns.write():
                seen[0] += 1
                seen[1] += 1

    def read() -> None:
        for _ in range(200):
            with turns.read():
                if seen[0] != seen[1]:
                    torn.append("half a change was seen")

    threads = [threading.Thread(target=work) for work in (write, write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert torn == []
    assert seen == [400, 400]


def test_a_stream_of_readers_does_not_keep_a_writer_out() -> None:
    turns, stop = Turns(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            with turns.read():
                time.sleep(0.002)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        begun = time.monotonic()
        for _ in range(20):
            with turns.write():
                pass
        assert time.monotonic() - begun < LONG
    finally:
        stop.set()
        for reader in readers:
            reader.join(LONG)


def test_a_turn_ends_when_its_block_fails() -> None:
    turns = Turns()
    for turn in (turns.read, turns.write):
        try:
            with turn():
                raise KeyError
        except KeyError:
            pass
    with turns.write():
        pass
