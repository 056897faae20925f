"""nbval asks lib.suite.agreement whether a stored output and the one made anew agree."""

from nbval.plugin import IPyNbCell

from lib.suite.agreement import disagreement


class Output(str):
    """The text of an output: equal to another if the two agree."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return not disagreement(str(self), str(other))

    def __ne__(self, other):
        return not self == other


def pytest_itemcollected(item):
    """nbval passes every output through `sanitize`, then compares; a mismatch, to its report."""
    if isinstance(item, IPyNbCell):
        item.sanitize = lambda value: Output(value) if isinstance(value, str) else value
        item.format_output_compare = lambda key, stored, made: item.comparison_traceback.append(
            f"{key}: {disagreement(str(stored), str(made))}"
        )
