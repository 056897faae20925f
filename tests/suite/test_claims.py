"""Verdicts, claims declared in the text, the ledger that brings them together, atomic writes."""

import json

import numpy as np
import pytest

from lib.statistics import Statistic, largest, mean, share
from lib.suite import claims
from lib.suite.claims import Ledger, declared_claims
from lib.suite.output import write_text
from lib.suite.parameters import Fault


@pytest.mark.parametrize(
    ("predicted", "measured", "relation", "tolerance", "interval", "expected"),
    [
        (1, 0.9, "<=", None, None, "reproduced"),
        (1, 1.1, "<=", None, None, "not reproduced"),
        (1, 0.9, "<=", None, [0.8, 0.95], "reproduced"),
        (1, 0.9, "<=", None, [0.8, 1.05], "partly reproduced"),
        (1, 1.1, "<=", None, [0.8, 1.2], "not reproduced"),
        (1, 1.0, ">=", None, None, "reproduced"),
        (1, 0.99, ">=", None, None, "not reproduced"),
        (1, 1.2, ">=", None, [0.9, 1.3], "partly reproduced"),
        (2, 2.05, "within", 0.1, None, "reproduced"),
        (2, 2.05, "within", 0.1, [1.95, 2.15], "partly reproduced"),
        (2, 1.8, "within", 0.1, [1.7, 2.1], "not reproduced"),
    ],
)
def test_verdicts(predicted, measured, relation, tolerance, interval, expected):
    found = claims.verdict(
        predicted=predicted,
        measured=measured,
        relation=relation,
        tolerance=tolerance,
        interval=interval,
    )
    assert found == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"relation": "=="}, "relation"),
        ({"relation": "within"}, "tolerance"),
        ({"tolerance": 0.1}, "tolerance"),
        ({"measured": float("nan")}, "finite"),
        ({"predicted": float("inf")}, "finite"),
        ({"interval": [0.0, float("nan")]}, "finite"),
    ],
)
def test_bad_rows_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        claims.verdict(**({"predicted": 1, "measured": 1, "relation": "<="} | change))


TABLE = """\
# %% tags=["parameters"]
seed = 3  # in [0, 10]: seed
depths = [2, 3]  # each in [1, 8]: depths

# %%
ledger = Ledger("01_x", globals())

# %% [markdown]
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 01.1a | it is small | largest \\|x\\| ≤ 1e-12 | rounding | A 2000 |
# | 01.1b | *control:* it is often | share ≥ 19/20 | ours | A 2000 |
# | 01.2 | it agrees | mean theory ± 0.1 | a tenth | B 2001, theorem 2 |
"""
GIVEN = {"seed": 3, "depths": [2, 3], "stray": 5, "In": ["", "seed = 3"]}


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Ledger of a notebook with the given source and namespace."""

    def ledger(source=TABLE, **namespace):
        write_text(tmp_path / "01_x.py", source)
        monkeypatch.setenv("CLAIMS_SOURCE", str(tmp_path / "01_x.py"))
        monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
        return Ledger("01_x", GIVEN | namespace)

    return ledger


def test_a_table_is_read_as_it_stands():
    found = declared_claims(TABLE)
    assert [*found] == ["01.1a", "01.1b", "01.2"]
    assert (found["01.1a"].statement, found["01.1a"].measure) == ("it is small", "largest |x|")
    assert (found["01.1a"].relation, found["01.1a"].predicted) == ("<=", 1e-12)
    assert (found["01.1b"].control, found["01.1b"].predicted) == (True, 0.95)
    assert found["01.2"][2:5] == ("within", "theory", 0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("≤ 1e-12", "small"), "ends in none"),
        (("01.1b", "01.1a"), "twice"),
        (("| rounding ", ""), "five cells"),
    ],
)
def test_bad_tables_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        declared_claims(TABLE.replace(*change))


def test_the_ledger_from_declaration_to_file(opened, tmp_path):
    ledger = opened()
    shown = ledger.judge({"01.1a": largest([1e-15]), "01.1b": share([True] * 100)})
    assert "✔ reproduced" in shown._repr_html_() and "REPRODUCED" in repr(shown)
    with pytest.raises(ValueError, match=r"never judged: 01\.2"):
        ledger.conclude()
    ledger.judge({"01.2": mean([2.5, 2.4, 2.6])}, theory=2.0)
    end = ledger.conclude()
    stored = json.loads((tmp_path / "01_x.json").read_text())
    assert stored["parameters"] == {"seed": 3, "depths": [2, 3]}
    assert [r["verdict"] for r in stored["claims"]] == ["reproduced"] * 2 + ["not reproduced"]
    assert stored["claims"][0]["because"] == "rounding"
    assert "2 of 3 claims reproduced; not reproduced: 01.2" in end._repr_html_()
    assert "2 of 3" in (tmp_path / "figures" / "verdict.svg").read_text()


def test_the_verdict_is_that_of_the_rounded_numbers(opened):
    ledger = opened()
    (row,) = ledger.judge({"01.1b": Statistic(0.94999, 10, None, 3)})
    assert (row["measured"], row["verdict"]) == (0.95, "reproduced")


def test_claims_unknown_or_judged_twice_and_words_without_a_number_are_refused(opened):
    ledger = opened()
    ledger.judge({"01.1a": largest([0])})
    with pytest.raises(ValueError, match="judged before"):
        ledger.judge({"01.1a": largest([0])})
    with pytest.raises(ValueError, match="not declared"):
        ledger.judge({"01.9": largest([0])})
    with pytest.raises(ValueError, match=r"theory=\.\.\."):
        ledger.judge({"01.2": mean([2, 2])})


def test_a_number_that_no_draw_defines_is_said_and_ends_nothing(opened):
    ledger = opened()
    row, other = ledger.judge({"01.1a": largest([np.nan]), "01.1b": share([True, np.nan])})
    assert (row["measured"], row["verdict"]) == (None, "not measured")
    assert (other["seeds"], other["undefined"]) == (1, 1)
    ledger.judge({"01.2": mean([2, 2])}, theory=2.0)
    assert "not measured: 01.1a" in repr(ledger.conclude())


def test_what_overflows_is_not_reproduced(opened):
    (row,) = opened().judge({"01.1a": largest([np.inf])})
    assert row["verdict"] == "not reproduced" and row["measured"] == 1e308
    (row,) = opened().judge({"01.2": mean([1.0, np.inf])}, theory=2.0)
    assert (row["verdict"], row["interval"]) == ("not reproduced", None)


def test_a_family_has_a_claim_for_each_case(opened):
    row = "# | 01.4e* | it rises | smallest rise ≥ least | ours | A 2000 |\n"
    ledger = opened(TABLE.split("# %% [markdown]")[0] + "# %% [markdown]\n" + row)
    statistics = {"n = 25": largest([1]), "n = 50": largest([2])}
    ledger.judge({"01.4e*": statistics}, least={"n = 25": 0, "n = 50": 3})
    rows = [(row["id"], row["statement"], row["verdict"]) for row in ledger.conclude()]
    assert rows == [
        ("01.4e", "n = 25: it rises", "reproduced"),
        ("01.4f", "n = 50: it rises", "not reproduced"),
    ]


def test_a_family_longer_than_its_letters_takes_two(opened):
    """A parameter may be a list of any length: no id meets another's, and none leaves the alphabet."""
    row = "# | 01.4{} | it rises | smallest rise ≥ 0 | ours | A 2000 |\n"
    rows = "".join(row.format(end) for end in ("b*", "d", "y*"))
    ledger = opened(TABLE.split("# %% [markdown]")[0] + "# %% [markdown]\n" + rows)
    many = {f"n = {n}": largest([n]) for n in range(60)}
    ledger.judge({"01.4b*": many, "01.4d": largest([1]), "01.4y*": many})
    ids = [row["id"] for row in ledger.conclude()]
    assert len({*ids}) == 121
    assert ids[:4] + ids[27:30] == "01.4b 01.4c 01.4ba 01.4bb 01.4bz 01.4baa 01.4bab".split()
    assert ids[60:64] == "01.4d 01.4y 01.4z 01.4ya".split()


def test_a_family_and_a_claim_do_not_share_an_id(opened):
    row = "# | 01.4{} | it rises | smallest rise ≥ 0 | ours | A 2000 |\n"
    with pytest.raises(ValueError, match="declared twice"):
        opened(TABLE + row.format("b*") + row.format("b"))


def test_an_identity_is_shown_and_not_counted(opened):
    ledger = opened(TABLE.replace("*control:* it", "*identity:* it"))
    ledger.judge(
        {"01.1a": largest([0]), "01.1b": share([True], sample=False), "01.2": mean([2, 2])},
        theory=2,
    )
    rows = ledger.conclude()
    assert "2 of 2 claims reproduced" in repr(rows) and "identity" in claims.table(rows)


CHECKS = """
# %% [markdown]
# ## 2. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 01.2a | It starts where it should | largest distance ≤ 1e-12 | rounding of a product | A 2000 |
# | 01.2b | *identity:* It is itself | largest difference ≤ 0 | true by algebra | derived here |
"""


def test_rows_under_the_heading_checks_are_checks_and_count_apart(opened, tmp_path):
    table = TABLE.replace("01.2 ", "01.1c ").replace(
        "# | | claim", "# ## 1. Claims\n#\n# | | claim"
    )
    ledger = opened(table + CHECKS)
    roles = [claim.role for claim in ledger.declared.values()]
    assert roles == ["claim"] * 3 + ["check"] * 2
    ledger.judge(
        {"01.1a": largest([0]), "01.1b": share([True] * 100), "01.1c": mean([5, 5])}, theory=2
    )
    ledger.judge({"01.2a": largest([0]), "01.2b": largest([0])})
    said = "2 of 3 claims reproduced, 1 of 1 checks passed; not reproduced: 01.1c"
    assert repr(ledger.conclude()) == said
    assert said in (tmp_path / "figures" / "verdict.svg").read_text()
    stored = json.loads((tmp_path / "01_x.json").read_text())["claims"]
    assert [row["role"] for row in stored] == roles
    assert stored[3]["measure"] == "largest distance"


def test_an_interval_without_width_is_none(opened):
    same, wide = opened().judge(
        {"01.1a": Statistic(0.0, 3, [0.0, 0.0], 3), "01.1b": Statistic(0.96, 3, [0.9, 1.0], 3)}
    )
    assert (same["interval"], wide["interval"]) == (None, [0.9, 1.0])


def test_cases_are_empty_where_there_is_one_and_close_to_one_two_digits_are_left(opened):
    one, many = opened().judge(
        {"01.1a": largest([0]), "01.1b": share([True] * 22_498 + [False] * 2)}
    )
    assert (claims.cases(one), claims.cases(many)) == ("", "22,500")
    assert claims.measurement(many) == "0.999911 [0.99968, 0.999976]"


# --- Parameters in the notebook itself -----------------------------------------------------------


def test_only_declared_parameters_are_read_and_stray_names_do_no_harm(opened):
    assert opened(table=np.zeros(3)).parameters == {"seed": 3, "depths": [2, 3]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 11}, r"parameter seed: 11 is not allowed; it must be an integer in \[0, 10\]"),
        ({"depths": 2}, "parameter depths: 2 is not allowed; it must be a list"),
        ({"depths": "[2, 9]"}, "not allowed"),
        ({"In": ["", "# Parameters\nsead = 7\n"]}, "unknown parameter 'sead'; 01_x has: seed"),
    ],
)
def test_bad_parameters_are_one_line(opened, given, words):
    with pytest.raises(Fault, match=words) as caught:
        opened(**given)
    assert caught.value._render_traceback_() == [f"Fault: {caught.value}"]


def test_a_list_in_words_becomes_the_list(opened):
    assert opened(depths="[2, 5]").parameters["depths"] == [2, 5]


def test_claims_are_read_from_the_notebook_file_where_there_is_no_repository(tmp_path, monkeypatch):
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "source": TABLE.split("\n\n")[0].split("\n", 1)[1],
        },
        {"cell_type": "code", "metadata": {}, "source": 'ledger = Ledger("01_x", globals())'},
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": TABLE.split("[markdown]\n")[1].replace("# ", ""),
        },
    ]
    (tmp_path / "01_x.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.delenv("CLAIMS_SOURCE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert [*Ledger("01_x", {"seed": 3, "depths": [2]}).declared] == ["01.1a", "01.1b", "01.2"]
    with pytest.raises(Fault, match=r"read from 02_y\.ipynb"):
        Ledger("02_y", {})


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\udc80")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]
