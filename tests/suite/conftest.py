"""Projects of one tiny notebook, for the tests of the suite."""

import pytest
import tiny


@pytest.fixture
def project(tmp_path):
    """A project of one tiny notebook."""
    return tiny.make(tmp_path / "project")


@pytest.fixture
def formed(tmp_path):
    """A project of one tiny notebook in the form."""
    return tiny.make_formed(tmp_path / "project")
