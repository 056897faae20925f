"""Verdicts, intervals, tables, atomic writes."""

import json

import numpy as np
import pytest

from lib import claims

BASE = {"id": "1.1", "statement": "s", "source": "t", "seeds": 10}


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
    row = claims.check(
        **BASE,
        predicted=predicted,
        measured=measured,
        relation=relation,
        tolerance=tolerance,
        interval=interval,
    )
    assert row["verdict"] == expected


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
    row = {"predicted": 1, "measured": 1, "relation": "<="} | change
    with pytest.raises(ValueError, match=words):
        claims.check(**BASE, **row)


def test_the_verdict_is_that_of_the_rounded_numbers():
    row = claims.check(**BASE, predicted=0.5, measured=0.50001, relation="<=", digits=2)
    assert (row["measured"], row["verdict"]) == (0.5, "reproduced")


def test_wilson_at_a_textbook_value():
    """81 of 263: [.2553, .3662] (Newcombe 1998, table I)."""
    assert claims.wilson_interval(81, 263) == pytest.approx([0.2553, 0.3662], abs=1e-4)


def test_intervals_of_a_mean_cover_it_as_often_as_they_say():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(1000):
        low, high = claims.mean_interval(rng.standard_normal(5))
        inside += low < 0 < high
    assert 930 <= inside <= 968  # 95% of 1000, three standard deviations either way


def test_bootstrap_agrees_with_student_for_many_values():
    values = np.random.default_rng(1).standard_normal(400)
    boot = claims.bootstrap_interval(values, np.mean, 0)
    assert boot == pytest.approx(claims.mean_interval(values), abs=0.02)
    assert boot == claims.bootstrap_interval(values, np.mean, 0)


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="two numbers"):
        claims.mean_interval([1.0])


def ledger(name, measured):
    rows = [claims.check(**BASE, predicted=1, measured=measured, relation="<=")]
    return {"notebook": name, "parameters": {"seed": 0}, "claims": rows}


def test_conclude_writes_the_ledger_and_prints_its_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path / "new" / "folder"))
    rows = ledger("01_x", 0.5)["claims"]
    claims.conclude("01_x", rows, {"seed": 3})
    written = json.loads((tmp_path / "new" / "folder" / "01_x.json").read_text())
    assert written == {"notebook": "01_x", "parameters": {"seed": 3}, "claims": rows}
    assert capsys.readouterr().out.strip() == claims.table(rows)
    assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["01_x.json"]


def test_conclude_refuses_a_repeated_id(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_OUTPUT", str(tmp_path))
    with pytest.raises(ValueError, match=r"repeated: 1\.1"):
        claims.conclude("01_x", ledger("01_x", 0.5)["claims"] * 2, {})
    assert not list(tmp_path.iterdir())


def test_readme_table_follows_the_ledgers(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"head\n{claims.BEGIN}\nold\n{claims.END}\ntail\n")
    (tmp_path / "results").mkdir()
    for name, measured in (("02_b", 2.0), ("01_a", 0.5)):
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(ledger(name, measured)))
    claims.update_readme(tmp_path)
    text = readme.read_text()
    assert text.startswith("head\n") and text.endswith("\ntail\n") and "old" not in text
    assert text.index("01_a") < text.index("02_b")
    assert "**not reproduced**" in text
    assert claims.readme_with_table(text, claims.ledgers(tmp_path)) == text
    changed = claims.ledgers(tmp_path)
    changed[0]["claims"][0]["measured"] = 0.6
    assert claims.readme_with_table(text, changed) != text


def test_readme_names_the_rows_that_failed_on_fresh_seeds(tmp_path):
    (tmp_path / "README.md").write_text(f"{claims.BEGIN}\n{claims.END}\n")
    rows = [claims.check(f"1.{k}", "s", 1, "<=", 2, source="t", seeds=1) for k in (1, 2, 3)]
    entry = {"notebook": "01_x", "parameters": {}, "claims": rows}
    swept = [
        {"id": f"1.{k}", "held": held, "runs": 30, "interval": claims.wilson_interval(held, 30)}
        for k, held in ((1, 30), (2, 24), (3, 30))
    ]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "01_x.json").write_text(json.dumps(entry))
    robustness = [{"notebook": "01_x", "seeds": [*range(30)], "claims": swept}]
    (tmp_path / "results" / "robustness.json").write_text(json.dumps(robustness))
    claims.update_readme(tmp_path)
    head, details = (tmp_path / "README.md").read_text().split("<details>")
    assert "| 1.2: 24 of 30 seeds, 63-90%<br>others: 30 of 30 seeds, 89-100% |" in head
    assert details.count("| 30 of 30 seeds, 89-100% |") == 2
    assert details.count("| 24 of 30 seeds, 63-90% |") == 1


def test_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        claims.readme_with_table("no table here", [])


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        claims.write_text(path, "\udc80")
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_correlation_interval_covers_the_true_correlation():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 2, 40))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    ends = [claims.correlation_interval(np.corrcoef(pair)[0, 1], 40) for pair in x]
    assert 0.93 <= np.mean([low <= 0.6 <= high for low, high in ends]) <= 0.97


@pytest.mark.parametrize("correlation, samples", [(1.0, 60), (0.5, 3)])
def test_correlation_interval_refuses_what_has_none(correlation, samples):
    with pytest.raises(ValueError, match="correlation"):
        claims.correlation_interval(correlation, samples)
