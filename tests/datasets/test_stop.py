"""A stop that was asked for is known for one, whatever a library made of it."""

import pytest

from datasets.stop import is_stop


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(15)])
def test_a_stop_is_known_and_what_is_made_of_it(stop: BaseException) -> None:
    assert is_stop(stop)
    with pytest.raises(ImportError) as said:
        try:
            raise stop
        except BaseException as error:
            raise ImportError("initialization failed") from error
    assert is_stop(said.value)
    with pytest.raises(ImportError) as hidden:
        try:
            raise stop
        except BaseException:
            raise ImportError("initialization failed") from None
    assert is_stop(hidden.value)


def test_a_failure_is_none() -> None:
    assert not is_stop(None)
    with pytest.raises(ValueError) as said:
        try:
            raise OSError("disk full")
        except OSError as error:
            raise ValueError("not written") from error
    assert not is_stop(said.value)
