import threading

import pytest

from recognizance.vision.room import Room


def test_what_fits_is_given_at_once():
    room = Room(10)
    with room.take(4), room.take(6):
        pass


def test_more_than_there_is_goes_to_who_is_alone():
    with Room(10).take(1000):
        pass


def waiter(room, amount, done):
    def work():
        with room.take(amount):
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("amount", [7, 1000])
def test_what_does_not_fit_waits_until_it_does(amount):
    room, done = Room(10), threading.Event()
    with room.take(4):
        thread = waiter(room, amount, done)
        assert not done.wait(0.05)
    thread.join(5)
    assert done.is_set()


def test_who_asks_for_little_does_not_overtake_who_waits_for_much():
    room, much, little = Room(10), threading.Event(), threading.Event()
    with room.take(4):
        first = waiter(room, 10, much)
        while not room._turn.locked():
            pass
        second = waiter(room, 1, little)
        assert not little.wait(0.05)
    first.join(5)
    second.join(5)
    assert much.is_set()
    assert little.is_set()


def test_room_is_given_back_after_a_failure():
    room = Room(10)
    with pytest.raises(RuntimeError), room.take(10):
        raise RuntimeError("no")
    with room.take(10):
        pass
