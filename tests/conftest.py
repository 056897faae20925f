"""Settings of all tests."""

from hypothesis import settings

from lib.suite import threads

# As in a notebook; before numpy and torch are loaded.
threads.settle()

# The same examples on every run, and no time limit for one: a busy machine is not a failure.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")
