"""Settings of all tests."""

from contextlib import contextmanager

import pytest
from hypothesis import settings

from lib.suite import threads

# As in a notebook; before numpy and torch are loaded.
threads.settle()

# The same examples on every run, and no time limit for one: a busy machine is not a failure.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.fixture
def refused():
    """`with refused(words):` what stands inside is a ValueError in one clear line, with these words."""

    @contextmanager
    def one_clear_line(words):
        with pytest.raises(ValueError, match=words) as caught:
            yield
        assert "\n" not in str(caught.value)

    return one_clear_line
