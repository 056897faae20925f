"""Each piece against a limit, a closed form, or something that does not share its code."""


import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib import low_rank as lr
from lib.descent import descend


def test_plateaus_of_two_layers_are_the_ranks_of_the_target():
    """Diagonal target: saddles at losses (1.5^2 + .7^2)/2 and .7^2/2, ranks 1 and 2."""
    rng = np.random.default_rng(0)
    target = torch.diag(torch.tensor([3.0, 1.5, 0.7], dtype=torch.float64)).expand(4, 3, 3)
    weights = tuple(1e-5 * torch.from_numpy(rng.standard_normal((4, 3, 3))) for _ in range(2))

    def measure(w, t):
        norm = sum(g.square().sum((-2, -1)) for g in ln.gradients(w, t)).sqrt()
        product = ln.end_to_end(w)
        return {
            "norm": norm,
            "loss": ln.matrix_loss(product, t),
            "values": torch.linalg.svdvals(product),
        }

    run = descend(
        ln.gradients,
        weights,
        problem=(target,),
        learning_rate=0.02,
        steps=4000,
        record=range(0, 4001, 10),
        measure=measure,
        stop=lambda w, t: ln.loss(w, t) < 1e-4,
    ).records
    for seed, found in enumerate(lr.plateaus(run["norm"], run["values"])):
        # The origin itself counts when a start comes nearer to it before it leaves.
        ranks = [p.rank for p in found]
        assert ranks in ([1, 2], [0, 1, 2])
        losses = [float(run["loss"][p.record, seed]) for p in found if p.rank]
        assert losses == pytest.approx([(1.5**2 + 0.7**2) / 2, 0.7**2 / 2], rel=0.01)


def test_plateaus_need_a_rise_on_both_sides():
    time = torch.linspace(0, 1, 101, dtype=torch.float64)
    rank = torch.ones(101, 3, 1, dtype=torch.float64)
    dip = (time - 0.5).square()
    norms = torch.stack([torch.exp(-time), 1 + dip, 0.01 + dip], 1)
    # No dip; a dip by a fifth; a deep one.
    assert [len(found) for found in lr.plateaus(norms, rank)] == [0, 0, 1]
    assert lr.plateaus(norms, rank)[2] == [lr.Plateau(50, 1)]
    assert len(lr.plateaus(norms, rank, prominence=0.9)[1]) == 1


BAD = {
    "norms": (lambda: lr.plateaus(torch.ones(3), torch.ones(3, 1)), "records, seeds"),
    "prominence": (
        lambda: lr.plateaus(torch.ones(3, 1), torch.ones(3, 1, 1), prominence=2.0),
        "prominence",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
