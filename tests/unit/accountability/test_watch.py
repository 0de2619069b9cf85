"""What a process may still believe: for a quarter of a second, of a time that never runs backwards or stands still."""

from datetime import UTC, datetime, timedelta

import pytest

from recognizance.accountability.watch import LASTS, Watch
from recognizance.errors import DatabaseUnusable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Rows:
    """A database that has one answer, counts how often it is asked, and fails when told to."""

    def __init__(self):
        self.version, self.newest, self.asked, self.fails = 7, None, 0, False

    def rows(self, query, values=None, /):
        self.asked += 1
        if self.fails:
            raise DatabaseUnusable("the database cannot be read")
        return [{"version": self.version, "newest": self.newest}]

    def batches(self, query, size, /):
        raise AssertionError


@pytest.fixture
def rows():
    return Rows()


@pytest.fixture
def moments():
    """The clock's time, and the timer's seconds."""
    return [NOON, 0.0]


@pytest.fixture
def watch(rows, moments):
    return Watch(rows, lambda: moments[0], lambda: moments[1])


def test_the_version_is_read_again_when_it_is_a_quarter_of_a_second_old(watch, rows, moments):
    assert watch.version() == 7
    rows.version = 8
    moments[1] = LASTS
    assert (watch.version(), rows.asked) == (7, 1)
    moments[1] = LASTS + 0.001
    assert (watch.version(), rows.asked) == (8, 2)


def test_ones_own_change_is_read_at_once(watch, rows):
    assert watch.version() == 7
    rows.version = 8
    watch.changed()
    assert watch.version() == 8


def test_its_age_counts_from_before_it_was_asked_for(rows, moments):
    def slowly():
        moments[1] += 0.2  # each look at the timer is later, as if the answer were on its way
        return moments[1]

    watch = Watch(rows, lambda: NOON, slowly)
    for _ in range(3):
        watch.version()
    assert rows.asked == 2


def test_where_the_database_does_not_answer_nothing_is_believed(watch, rows, moments):
    assert watch.version() == 7
    moments[1] = 1.0
    rows.fails = True
    for _ in range(2):
        with pytest.raises(DatabaseUnusable):
            watch.version()
    rows.fails = False
    assert watch.version() == 7


def test_a_clock_set_back_sets_nothing_back(watch, moments):
    assert watch.now() == NOON
    moments[0] = NOON - timedelta(days=1)
    assert watch.now() == NOON
    moments[0] = NOON + timedelta(seconds=1)
    assert watch.now() == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("zone", [None, UTC])
def test_what_the_ledger_has_seen_has_been(watch, rows, zone):
    rows.newest = (NOON + timedelta(hours=1)).replace(tzinfo=zone)
    assert watch.now() == NOON
    watch.version()
    assert watch.now() == NOON + timedelta(hours=1)


def test_after_a_jump_ahead_time_goes_on_at_one_second_a_second(watch, moments):
    assert watch.now() == NOON
    moments[0] = NOON + timedelta(days=365)
    assert watch.now() == NOON + timedelta(days=365)
    moments[:] = NOON + timedelta(seconds=60), 60.0
    assert watch.now() == NOON + timedelta(days=365, seconds=60)
    moments[:] = NOON + timedelta(hours=48), 48 * 3600.0
    assert watch.now() == NOON + timedelta(days=365, hours=48)


def test_what_the_ledger_has_seen_goes_on_too_and_is_no_less_for_being_read_again(watch, rows, moments):
    rows.newest = NOON + timedelta(days=365)
    watch.version()
    moments[:] = NOON + timedelta(seconds=90), 90.0
    watch.version()
    assert watch.now() == NOON + timedelta(days=365, seconds=90)


def test_a_clock_that_jumps_far_ahead_is_warned_of_once(watch, moments, caplog):
    watch.now()
    moments[:] = NOON + timedelta(hours=3), 3 * 3600.0  # a quiet night is no jump
    watch.now()
    assert caplog.records == []
    moments[0] += timedelta(minutes=6)
    for _ in range(3):
        watch.now()
    moments[0] -= timedelta(minutes=6)
    watch.now()
    moments[0] += timedelta(minutes=6)
    watch.now()
    (told,) = caplog.records
    assert told.levelname == "WARNING"
    assert "0:06:00 ahead" in told.message


def test_a_clock_that_is_ahead_of_the_ledger_when_a_process_starts_is_not_warned_of(watch, rows, moments, caplog):
    rows.newest = NOON - timedelta(days=30)  # nobody asked for a month
    watch.version()
    assert watch.now() == NOON
    assert caplog.records == []
