"""Room for listings in one router."""

import pytest

from serve_app.admission import Admission
from serve_app.error import BusyError


def test_the_listing_that_does_not_fit_is_refused() -> None:
    room = Admission(2)
    with room.enter(), room.enter():
        with pytest.raises(BusyError) as refused, room.enter():
            pass
        assert (refused.value.status_code, refused.value.retry_after_s) == (503, 1)
        assert room.listings == 2
    room.check()


def test_a_batch_that_is_larger_than_the_room_is_let_in_alone() -> None:
    room = Admission(2)
    with room.enter():
        with pytest.raises(BusyError):
            room.check(5)
        room.check(1)
    with room.enter(5), pytest.raises(BusyError):
        room.check()


def test_room_is_given_back_when_answering_fails() -> None:
    room = Admission(1)
    with pytest.raises(KeyError), room.enter():
        raise KeyError
    assert room.listings == 0
