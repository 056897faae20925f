"""A claim, its check and its verdict; the ledger in results/ and the claim table in README.

Only the standard library is imported at module level: the runner reads and prints ledgers without
paying for torch or scipy.
"""

import json
import math
import os
import re
import textwrap
from pathlib import Path

REPRODUCED = "reproduced"
PARTLY = "partly reproduced"
NOT_REPRODUCED = "not reproduced"
RELATIONS = ("<=", ">=", "within")


def _holds(value, predicted, relation, tolerance):
    if relation == "<=":
        return value <= predicted
    if relation == ">=":
        return value >= predicted
    return abs(value - predicted) <= tolerance


def verdict(*, predicted, measured, relation, tolerance=None, interval=None):
    """Verdict of one row.

    The claim marks a region: measured <= predicted, measured >= predicted, or
    |measured - predicted| <= tolerance. `reproduced`: the measured number and, where there is one,
    its whole interval lie in the region. `partly reproduced`: the number does, the interval does
    not. `not reproduced`: the number does not.

    Raises ValueError for an unknown relation, a tolerance that is missing or out of place, and
    numbers that are not finite.

    >>> verdict(predicted=1.0, measured=0.9, relation="<=", interval=[0.8, 1.1])
    'partly reproduced'
    """
    if relation not in RELATIONS:
        raise ValueError(f"relation must be one of {', '.join(RELATIONS)}, got {relation!r}")
    if (relation == "within") != (tolerance is not None):
        raise ValueError("tolerance belongs to the relation 'within' and to no other")
    if not all(math.isfinite(x) for x in (predicted, measured, *(interval or ()))):
        raise ValueError("predicted, measured and interval must be finite numbers")
    if not _holds(measured, predicted, relation, tolerance):
        return NOT_REPRODUCED
    if interval and not all(_holds(end, predicted, relation, tolerance) for end in interval):
        return PARTLY
    return REPRODUCED


def significant(value, digits=4):
    """`value` as a float with `digits` significant digits.

    >>> significant(0.0123456)
    0.01235
    """
    return float(f"{float(value):.{digits}g}")


def power_of_ten_above(value):
    """The least power of ten that is not below |value| (0 stays 0).

    For numbers at the level of rounding: the bound is the same on every machine, the number is not.

    >>> power_of_ten_above(3.1e-15)
    1e-14
    """
    value = abs(float(value))
    return 0.0 if value == 0 else float(f"1e{math.ceil(math.log10(value))}")


def check(
    id,
    statement,
    measured,
    relation,
    predicted,
    *,
    source,
    seeds,
    tolerance=None,
    interval=None,
    control=False,
    digits=4,
):
    """One row of the ledger: `measured` `relation` `predicted`, and the verdict.

    Numbers are rounded to `digits` significant digits (what is stable across machines) before the
    verdict is taken, so that the row itself proves its verdict. A row with `control=True` states
    the failure that must be seen once an assumption is broken.

    >>> check("0.1", "share solved", 0.9, ">=", 0.8, source="arithmetic", seeds=10)["verdict"]
    'reproduced'
    """
    row = {
        "id": id,
        "statement": statement,
        "source": source,
        "predicted": significant(predicted, 8),
        "measured": significant(measured, digits),
        "relation": relation,
        "tolerance": None if tolerance is None else float(tolerance),
        "seeds": int(seeds),
        "interval": None if interval is None else [significant(end, digits) for end in interval],
        "control": bool(control),
    }
    judged = ("predicted", "measured", "relation", "tolerance", "interval")
    return row | {"verdict": verdict(**{key: row[key] for key in judged})}


def wilson_interval(successes, trials):
    """95% Wilson interval [low, high] of a share.

    >>> [round(end, 3) for end in wilson_interval(95, 100)]
    [0.888, 0.978]
    """
    from scipy.stats import binomtest

    share = binomtest(int(successes), int(trials)).proportion_ci(method="wilson")
    return [float(share.low), float(share.high)]


def difference_interval(successes, trials, other_successes, other_trials):
    """95% interval [low, high] of share - other share, both independent (Newcombe 1998, method 10).

    >>> [round(end, 3) for end in difference_interval(56, 70, 48, 80)]
    [0.052, 0.334]
    """
    p, q = successes / trials, other_successes / other_trials
    (l, u), (m, v) = (
        wilson_interval(successes, trials),
        wilson_interval(other_successes, other_trials),
    )
    return [p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)]


def mean_interval(values):
    """95% Student interval [low, high] of the mean of independent values (1-D)."""
    from scipy.stats import t

    values = [float(x) for x in values]
    if len(values) < 2:
        raise ValueError(f"values must hold two numbers or more, got {len(values)}")
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))
    half = float(t.ppf(0.975, len(values) - 1)) * spread / math.sqrt(len(values))
    return [mean - half, mean + half]


def correlation_interval(correlation, samples):
    """95% interval [low, high] of a correlation by Fisher's transform, artanh r +- 1.96/sqrt(n - 3).

    Meant for pairs that are close to Gaussian. Raises ValueError unless |r| < 1 and n > 3.

    >>> [round(end, 3) for end in correlation_interval(0.8, 60)]
    [0.685, 0.876]
    """
    if not (abs(correlation) < 1 and samples > 3):
        raise ValueError(f"need |correlation| < 1 and samples > 3, got {correlation}, {samples}")
    middle, half = math.atanh(correlation), 1.959964 / math.sqrt(samples - 3)
    return [math.tanh(middle - half), math.tanh(middle + half)]


def bootstrap_interval(values, statistic, seed, *, resamples=2000):
    """95% percentile bootstrap interval [low, high] of `statistic` over the first axis.

    `values`: an array (n, ...), rows independent; `statistic`: array (n, ...) -> number.
    """
    import numpy as np

    values = np.asarray(values)
    draws = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    return [float(q) for q in np.quantile([statistic(values[d]) for d in draws], [0.025, 0.975])]


def number(value):
    """A number as the tables print it.

    >>> number(0.25), number(1.5e-12), number(1234567.0)
    ('0.25', '1.5e-12', '1.235e+06')
    """
    return f"{value:.4g}"


def _region(row):
    if row["relation"] == "within":
        return f"{number(row['predicted'])} ± {number(row['tolerance'])}"
    return f"{row['relation'].replace('<=', '≤').replace('>=', '≥')} {number(row['predicted'])}"


def _measured(row):
    if row["interval"] is None:
        return number(row["measured"])
    return f"{number(row['measured'])} [{', '.join(number(end) for end in row['interval'])}]"


def table(claims):
    """The verdict table of a notebook as plain text, two lines or more a row."""
    lines = []
    for row in claims:
        kind = "control: " if row["control"] else ""
        head = f"{row['id']:<6} {kind}{row['statement']}"
        lines += textwrap.wrap(head, 96, subsequent_indent=" " * 7)
        seeds = f"{row['seeds']} seed{'s' if row['seeds'] != 1 else ''}"
        lines.append(
            f"       predicted {_region(row)} | measured {_measured(row)} | {seeds} | "
            f"{row['verdict'].upper()}"
        )
    return "\n".join(lines)


def parameters_of(namespace):
    """The literals of a notebook's parameters cell: call it with globals() right after that cell.

    >>> parameters_of({"seed": 1, "depths": [2, 3], "_hidden": 2, "In": [], "len": len})
    {'seed': 1, 'depths': [2, 3]}
    """
    return {
        name: value
        for name, value in namespace.items()
        if name[0].islower() and isinstance(value, (bool, int, float, str, list))
    }


def output_folder():
    """Where a notebook writes: the folder in $CLAIMS_OUTPUT, else build/lab of this checkout."""
    default = Path(__file__).resolve().parents[1] / "build" / "lab"
    return Path(os.environ.get("CLAIMS_OUTPUT", default))


def write_text(path, text):
    """Write a text file so that a reader sees the old file or the new one, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def conclude(notebook, claims, parameters):
    """Print the verdict table and write `<notebook>.json`: the notebook's rows of the ledger."""
    repeated = {row["id"] for row in claims if sum(r["id"] == row["id"] for r in claims) > 1}
    if repeated:
        raise ValueError(f"claim ids must differ, repeated: {', '.join(sorted(repeated))}")
    ledger = {"notebook": notebook, "parameters": parameters, "claims": claims}
    text = json.dumps(ledger, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(output_folder() / f"{notebook}.json", text)
    print(table(claims))


BEGIN, END = "<!-- claims: begin (generated) -->", "<!-- claims: end -->"


def _sweep(row):
    """`30 of 30 seeds, 89-100%`: how often one row held in the sweep, if there was one."""
    if not row.get("sweep"):
        return ""
    low, high = (f"{100 * end:.0f}" for end in row["sweep"]["interval"])
    return f"{row['sweep']['held']} of {row['sweep']['runs']} seeds, {low}-{high}%"


def _sweeps(rows):
    """Of one notebook: the rows that failed on some seed, each by name, then all others."""
    swept = [row for row in rows if row.get("sweep")]
    short = [row for row in swept if row["sweep"]["held"] < row["sweep"]["runs"]]
    others = dict.fromkeys(_sweep(row) for row in swept if row not in short)
    words = [f"{row['id']}: {_sweep(row)}" for row in short]
    return "<br>".join([*words, *(f"{'others: ' if short else ''}{share}" for share in others)])


def _paper(source):
    """`Li, Luo, Lyu 2021` of `Li, Luo, Lyu 2021, theorem 6`; without a year, what stands first."""
    dated = re.match(r"[^;]*?\b(?:19|20)\d\d\b", source)
    return dated[0] if dated else re.split("[,;]", source)[0]


def _summary(ledger):
    """One line of the first table: a notebook, what held in it and what did not."""
    rows, name = ledger["claims"], ledger["notebook"]
    sources = dict.fromkeys(_paper(row["source"]) for row in rows)
    missed = [row for row in rows if row["verdict"] != REPRODUCED]
    held = f"{len(rows) - len(missed)} of {len(rows)}"
    words = [
        f"**{row['id']} {row['verdict']}**: {row['statement']}: {_measured(row)}, "
        f"claimed {_region(row)}"
        for row in missed
    ]
    title = ledger.get("title", name)
    return (
        f"| [{name[:2]}](notebooks/{name}.ipynb) | {title} | {'; '.join([*sources][:2])} | {held} "
        f"| {'<br>'.join(words)} | {_sweeps(rows)} |"
    )


def _details(ledger):
    """Every row of one notebook, folded under its name."""
    rows = [
        f"<details><summary>{ledger['notebook']}: every claim</summary>",
        "",
        "| | claim | predicted | measured | seeds | verdict | fresh seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in ledger["claims"]:
        kind = "*control:* " if row["control"] else ""
        statement = row["statement"].replace("|", "\\|")
        mark = row["verdict"] if row["verdict"] == REPRODUCED else f"**{row['verdict']}**"
        rows.append(
            f"| {row['id']} | {kind}{statement} <br> <sub>{row['source']}</sub> | {_region(row)} "
            f"| {_measured(row)} | {row['seeds']} | {mark} | {_sweep(row)} |"
        )
    return "\n".join([*rows, "", "</details>"])


def _markdown(results):
    rows = [
        "| | the claim | source | held | what did not | held on fresh seeds |",
        "|---|---|---|---|---|---|",
        *map(_summary, results),
    ]
    return "\n".join([*rows, "", *map(_details, results)])


def readme_with_table(text, results):
    """`text` of README with the claim table between its two marks made anew from the ledgers."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"README must hold the marks {BEGIN} and {END} once each")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{_markdown(results)}\n{END}{rest.split(END)[1]}"


def ledgers(root):
    """All ledgers under results/, in the order of their notebooks.

    Each gets the `title` of its notebook; a row that a sweep has run on fresh seeds
    (results/robustness.json) carries what came out as `sweep`: {"held", "runs", "interval"}.
    """
    results = Path(root, "results")
    paths = sorted(results.glob("[0-9][0-9]_*.json"))
    found = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    swept = results / "robustness.json"
    known = json.loads(swept.read_text(encoding="utf-8")) if swept.exists() else []
    by_row = {(entry["notebook"], row["id"]): row for entry in known for row in entry["claims"]}
    for ledger in found:
        source = Path(root, "notebooks", "src", f"{ledger['notebook']}.py")
        lines = source.read_text(encoding="utf-8").split("\n") if source.exists() else []
        heads = [line[4:] for line in lines if line.startswith("# # ")]
        ledger["title"] = heads[0] if heads else ledger["notebook"]
        for row in ledger["claims"]:
            row["sweep"] = by_row.get((ledger["notebook"], row["id"]))
    return found


def update_readme(root):
    """Make README's claim table agree with results/; writes only if it does not."""
    path = Path(root, "README.md")
    old = path.read_text(encoding="utf-8")
    new = readme_with_table(old, ledgers(root))
    if new != old:
        write_text(path, new)
