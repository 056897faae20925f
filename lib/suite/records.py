"""What other runs said about a notebook: its rows on fresh seeds, its wrong theories.

results/records/NAME.json:

    {"notebook": NAME, "next_seed": the first seed that nobody has looked at,
     "rows": {id: {"beside", "seeds", "held", "failed", "interval"}},
     "mutants": [{"name", "theory", "source", "expected", "failed", "outcome", "beside"}]}

A record speaks for the rows it was made beside, and keeps their fingerprints. Where a row is another
today, or the text of a wrong theory, it stays in the file and is shown nowhere.
"""

import hashlib
import json
from pathlib import Path

from lib.suite.claims import JUDGED
from lib.suite.output import read_json, write_text
from lib.suite.parameters import Fault

FIRST = 4001  # the seeds below were looked at before the criteria stood, in one notebook or another
_NEAR = 5e-3  # relative: what may lie between two prints of one number


def record_path(root, name):
    """Where the record of notebook `name` lies."""
    return Path(root, "results", "records", f"{name}.json")


def read(root, name):
    """The record of notebook `name`, an empty one if there is none."""
    empty = {"notebook": name, "next_seed": FIRST, "rows": {}, "mutants": []}
    path = record_path(root, name)
    return empty | read_json(path) if path.exists() else empty


def write(root, record):
    """Write a record, a line for each row and each wrong theory."""

    def line(value):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    rows = ",\n".join(f"  {line(id)}: {line(row)}" for id, row in record["rows"].items())
    mutants = ",\n".join(f"  {line(mutant)}" for mutant in record["mutants"])
    text = (
        f'{{\n "notebook": {line(record["notebook"])},\n "next_seed": {record["next_seed"]},\n'
        f' "rows": {{\n{rows}\n }},\n "mutants": [\n{mutants}\n ]\n}}\n'
    )
    write_text(record_path(root, record["notebook"]), text)


def fingerprint(row):
    """What stands for one row of a ledger: id, criterion, number and cases, not its other words."""
    found = [row["id"], row.get("measure"), row["seeds"], *(row[key] for key in JUDGED)]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:12]


# --- Fresh seeds ---------------------------------------------------------------------------------


def entry(beside, seeds, failed):
    """One row on its fresh seeds: `failed` are those on which it was not reproduced; Wilson, 95%."""
    from lib.statistics import wilson_interval  # numpy: the site reads records without it

    held = len(seeds) - len(failed)
    ends = [round(x, 4) for x in wilson_interval(held, len(seeds))]
    found = {"beside": beside, "seeds": seeds, "held": held, "failed": failed}
    return found | {"interval": ends}


def swept(record, rows):
    """{id: entry} of those of the ledger's rows that the record speaks for."""
    known = record["rows"]
    now = {row["id"]: fingerprint(row) for row in rows}
    return {id: known[id] for id in now if id in known and known[id]["beside"] == now[id]}


def with_sweep(record, rows, found):
    """(the record with a sweep added, the seeds that were left out).

    found: {id: {seed: whether the row was reproduced}}; rows: those of the published ledger. Left out
    are seeds that somebody has looked at: those below `next_seed` which a row's record does not hold
    already. Of a seed that it holds the new verdict counts.
    """
    fresh, known, after, old = record["next_seed"], swept(record, rows), {}, set()
    for row in rows:
        id, verdicts = row["id"], found.get(row["id"], {})
        before = known.get(id, {"seeds": [], "failed": []})
        new = {s: good for s, good in verdicts.items() if s >= fresh or s in before["seeds"]}
        old |= verdicts.keys() - new.keys()
        all_ = {s: s not in before["failed"] for s in before["seeds"]} | new
        if all_:
            failed = sorted(seed for seed, good in all_.items() if not good)
            after[id] = entry(fingerprint(row), sorted(all_), failed)
    last = max((seed for verdicts in found.values() for seed in verdicts), default=0)
    return record | {"next_seed": max(fresh, last + 1), "rows": after}, sorted(old)


# --- Wrong theories ------------------------------------------------------------------------------


def rejected(record, rows, declared):
    """The entries of wrong theories that are today what was run: text, and the rows they must fail.

    declared: the mutants of the notebook's file, `lib.suite.mutants.declared_mutants`.
    """
    now = {row["id"]: fingerprint(row) for row in rows}
    texts = {mutant.name: mutant for mutant in declared}
    return [
        one
        for one in record["mutants"]
        if (mutant := texts.get(one["name"]))
        and [*mutant] == [one["name"], one["theory"], one["expected"], one["source"]]
        and one["beside"] == {id: now.get(id) for id in mutant.expected}
    ]


# --- Rows under new names ------------------------------------------------------------------------


def same(old, new):
    """Whether two rows are one: the same criterion and cases, numbers near, other words and id.

    A number may have been printed with more digits, or by another processor.
    """

    def near(a, b):
        return a == b or (None not in (a, b) and abs(a - b) <= _NEAR * abs(a))

    def interval(row):
        """One without width says no more than none."""
        ends = row["interval"] or [None, None]
        return ends if ends[0] != ends[1] else [None, None]

    ends = [interval(row) for row in (old, new)]
    equal = ("predicted", "relation", "tolerance", "verdict", "seeds")
    return all(old[key] == new[key] for key in equal) and all(
        near(a, b)
        for a, b in zip([old["measured"], *ends[0]], [new["measured"], *ends[1]], strict=True)
    )


def carried(record, old, new, plan):
    """(the record under the rows' new ids, [new ids that lost their seeds]).

    old, new: the rows of the ledger as they were and as they are. plan: `{"renumbered": {old id: new id
    or None}, "as_before": [new ids whose experiment is what it was]}`; an id that is not named stays,
    and without `as_before` all are meant. A row keeps its seeds, and a wrong theory its verdict, only
    where the rows are the `same`. Can be done again: what stands beside the new rows already stays.
    Raises Fault for ids that are none, and for two rows that become one.
    """
    before, after = ({row["id"]: row for row in rows} for rows in (old, new))
    renumbered = plan.get("renumbered", {})
    named = {*renumbered, *renumbered.values()}
    ids = {id: id for id in before if id in after and id not in named}
    ids |= {id: to for id, to in renumbered.items() if to is not None}
    if strange := sorted({*renumbered} - {*before} | {*ids.values()} - {*after}):
        raise Fault(f"{record['notebook']}: no such row: {', '.join(strange)}")
    if len({*ids.values()}) < len(ids):
        raise Fault(f"{record['notebook']}: two rows are given one id")
    meant = plan.get("as_before", after)
    alike = {id: to for id, to in ids.items() if to in meant and same(before[id], after[to])}
    was, now = swept(record, old), swept(record, new)
    moved = {
        to: was[id] | {"beside": fingerprint(after[to])} for id, to in alike.items() if id in was
    }
    rows = {id: (now | moved)[id] for id in after if id in now | moved}
    mutants = [_carried(one, before, after, ids, alike) for one in record["mutants"]]
    lost = [to for id, to in ids.items() if id in was and to not in rows]
    return record | {"rows": rows, "mutants": mutants}, lost


def _carried(one, before, after, ids, alike):
    """One wrong theory's entry under new ids, if all the rows that it must fail are alike."""
    was = {id: fingerprint(before[id]) for id in one["expected"] if id in before}
    if one["beside"] != was or not {*one["expected"]} <= {*alike}:
        return one
    expected = [ids[id] for id in one["expected"]]
    failed = [ids[id] for id in one["failed"] if id in ids]
    beside = {id: fingerprint(after[id]) for id in expected}
    return one | {"expected": expected, "failed": failed, "beside": beside}
