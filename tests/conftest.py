"""Settings of all tests."""

import pytest
import tiny
from hypothesis import settings

# The same examples on every run, and no time limit for one: a busy machine is not a failure.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")


@pytest.fixture
def project(tmp_path):
    """A project of one tiny notebook."""
    return tiny.make(tmp_path / "project")


@pytest.fixture
def formed(tmp_path):
    """A project of one tiny notebook in the form."""
    return tiny.make_formed(tmp_path / "project")
