# ---
# jupyter:
#   jupytext:
#     formats: notebooks///ipynb,notebooks/src///py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Larger networks end more alike, but already after one epoch
#
# ![verdict](../figures/23_network_loss_bands/verdict.svg)
#
# **Question.** Theory puts the low critical points of a spin glass into a band that narrows with size
# ([notebook 22](22_energy_bands.ipynb)). Do trained networks behave so: does it matter less, in larger ones, where a random start ends?
#
# **Answer.** It does matter less: from 3 to 100 hidden units the spread of the final test loss falls some fortyfold. But most of that happens below ten
# units, the narrowing is there after one epoch, and up to ten units the ends are not minima.
#
# ![spread against width](../figures/23_network_loss_bands/loss_by_width.svg)
#
# Left: standard deviation of the test loss over random starts, before training, after one epoch and at the end. Right: the same in units of the mean
# loss.
#
# *Source:* Choromanska, Henaff, Mathieu, Ben Arous and LeCun 2015, *The loss surfaces of multilayer networks*
# ([arXiv:1412.0233](https://arxiv.org/abs/1412.0233)), the half that trains real networks.
#
# Before: [22](22_energy_bands.ipynb) · Next: [24](24_index_and_energy.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in twenty lines
#
# One hidden layer of $h$ ReLU units, softmax, cross-entropy. We begin with a toy: three arms of a spiral in the plane, thirty points each.

# %%
import numpy as np


def spiral():
    """Points (2, 90) on three arms, and the arm of each."""
    t, arm = np.tile(np.linspace(0.2, 1, 30), 3), np.repeat([0, 1, 2], 30)
    angle = 4 * t + 2 * np.pi * arm / 3
    return 2 * t * np.array([np.cos(angle), np.sin(angle)]), arm

# %% [markdown]
# The network, its loss and the slopes of the loss:

# %%
def pull(W, V, b, c, x, y):
    """Mean loss, and its slopes in W, V, b, c."""
    a, truth = W @ x + b[:, None], np.eye(len(c))[:, y]
    hidden = np.maximum(a, 0)
    q = np.exp(V @ hidden + c[:, None])
    q /= q.sum(0)
    d = (q - truth) / len(y)
    e = V.T @ d * (a > 0)
    slopes = e @ x.T, d @ hidden.T, e.sum(1), d.sum(1)
    return -np.log((q * truth).sum(0)).mean(), slopes

# %% [markdown]
# Plain gradient descent from a random start, and the losses at which eight starts end:

# %%
def train(parts, x, y, eta=0.3, steps=1500):
    """Final loss of descent from the weights and biases `parts`."""
    for _ in range(steps):
        parts = [w - eta * g for w, g in zip(parts, pull(*parts, x, y)[1], strict=True)]
    return pull(*parts, x, y)[0]


def random_parts(h, seed):
    """Weights and biases of h units, uniform."""
    rng = np.random.default_rng(seed)
    shapes = ((h, 2), 2), ((3, h), h), ((h,), 2), ((3,), h)
    return [rng.uniform(-1, 1, shape) / n**0.5 for shape, n in shapes]


[round(float(train(random_parts(3, k), *spiral())), 2) for k in range(8)]

# %% [markdown]
# That was with three units. With fifty:

# %%
[round(float(train(random_parts(50, k), *spiral())), 2) for k in range(8)]

# %% [markdown]
# The small networks end anywhere, the large ones alike. Is this a fact about minima? The same eight starts of three units, and of fifty, after only 30
# of the 1,500 steps:

# %%
[
    [round(float(train(random_parts(h, k), *spiral(), steps=30)), 2) for k in range(8)]
    for h in (3, 50)
]

# %% [markdown]
# No: the large ones are alike long before they end. Now real digits, shrunk to $10\times10$ pixels, with minibatches and a learning rate that
# falls to zero. Networks of one width and split share data and minibatches; only their start differs. So the **splits** into training and
# test digits **are the sample**, and the *spread* is the standard deviation over the networks of one width and split.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
widths = [3, 5, 10, 25, 50, 100]  # each of 3 or more in [2, 500]: h, rising; some <= 10, two >= 25
splits = 8  # in [3, 200]: splits into training and test digits
networks = 10  # in [5, 1000]: networks of each width on each split
tail_splits = 10  # in [3, 200]: further splits for the smallest width
crowd = 40  # in [10, 1000]: networks of the smallest width on each of those
training_images = 4000  # in [500, 4900]: digits to train on; the rest of 5000 are the test set
epochs = 20  # in [2, 500]: passes over the training digits
long_epochs = 80  # in [2, 2000]: passes before the Hessian is judged
curvature_splits = 3  # in [2, 200]: splits on which the Hessian is judged; at most `splits`
batch_size = 50  # in [1, 500]: digits in a minibatch
learning_rate = 0.5  # in (0, 2]: at the start; falls linearly to 0
slower = 5  # in [2, 100]: the second learning rate of section 2 is so many times lower
temperature = 1e-4  # in [1e-6, 1e-2]: of simulated annealing at the start; falls linearly to 0

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("23_network_loss_bands", globals())  # reads and checks the parameters

from lib import data, statistics as st
from lib.descent import Plain, Record
from lib.practice import classifiers as cl, draws, splits as sp
from lib.practice.annealing import Annealed
from lib.practice.classifiers import Falling
from lib.statistics import mean, ratio, share, value
from lib.suite import figures

from functools import partial

import pandas as pd
import torch

if widths != sorted(set(widths)) or not widths[0] <= 10 < 25 <= widths[-2]:
    raise ValueError("widths must rise, from 10 or less to two of 25 or more")
if curvature_splits > splits:
    raise ValueError("curvature_splits must be at most splits")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` trains many networks at once; here one of them on the spiral, all points in one minibatch:

# %%
def spiral_in_lib(steps):
    """Final loss of one network of lib, and of the same start trained above."""
    begin = cl.uniform_start([2, 4, 3], 1, np.random.default_rng(1))
    x, y = (torch.from_numpy(part) for part in spiral())
    one, order = (x.mT[None], y[None]), draws.draw_order(90, 90 * steps, [rng])
    how = {"batch_size": 90, "record": Record([steps])}
    order = order.view(1, steps, 90)
    run = sp.train_on_splits(begin, (one, one), order, Plain(0.3), **how)
    parts = [part[0].numpy() for part in begin.tensors()]
    return run.records["test"][0, 0], train(parts, *spiral(), steps=steps)


# %% [markdown]
# After 200 steps:

# %%
np.allclose(*spiral_in_lib(200))

# %% [markdown]
# ## 1. Spread against width
#
# The paper shows histograms of the final test loss: wide for small networks, ever narrower for larger ones, as in a spin glass. If that is a property
# of where descent *ends*, of a band of critical points, then it should show more at the end than on the way.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 23.1a | The spread of the final test loss falls with width, from the smallest to the largest | spread / spread ≥ 10 | three times what the start shows | Choromanska et al. 2015, figure 3 (statement, recalled) |
# | 23.1b | *control:* From 10 units on, the spread falls with width at least as steeply after one epoch as at the end | slope of log spread on log h, one epoch − end ≤ 0 | a matter of ends would be steeper there | Ours |

# %%
sets = draws.draw_splits(
    data.shrink(data.digits()[0]), data.digits()[1], training_images,
    [rng] * (splits + tail_splits),
)  # fmt: skip


def trained(units, which, number, rule=Falling, rate=learning_rate, **options):
    """So many networks of each of these numbers of units on some of the splits."""
    some = draws.some_splits(sets, which)
    options = {"epochs": epochs, "batch_size": batch_size} | options
    return sp.train_drawn(some, units, number, partial(rule, rate), rng, **options)

# %% [markdown]
# We train every width on every split:

# %%
runs = np.array([
    trained([h], slice(splits), networks, record=Record([0, 1, epochs]))
    .stacked("train", "test") for h in widths
])  # fmt: skip
runs.shape  # (widths, splits, training and test loss, records, networks)

# %% [markdown]
# Mean and spread of the test loss, averaged over the splits:

# %%
spread = runs[:, :, 1].std(-1, ddof=1)  # (widths, splits, records)
pd.DataFrame(
    np.concatenate([runs[:, :, 1].mean((1, 3)), spread.mean(1)], 1),
    pd.Index(widths, name="h"),
    pd.MultiIndex.from_product([["loss", "spread"], ["start", "one epoch", "end"]]),
).map("{:.3g}".format)

# %% tags=["hide-input"]
with figures.curves(
    "loss_by_width",
    {
        "spread of the test loss": {
            name: (widths, spread.mean(1)[:, k])
            for k, name in enumerate(("start", "one epoch", "end"))
        },
        "spread / mean loss": {
            name: (widths, (spread / runs[:, :, 1].mean(-1)).mean(1)[:, k])
            for k, name in enumerate(("start", "one epoch", "end"))
        },
    },
    "The spread falls with width, most steeply after one epoch.",
    xscale="log", yscale="log", xlabel="hidden units h", xlim=(2.5, 250),
    width=9.5, sharey=False,
):
    pass

# %% [markdown]
# From 25 to 100 units, the part of the paper's range that we reach, the spread falls about twofold, and at 25 and 50 units training does not bring it
# clearly below that of the start. The fortyfold fall is owed to networks smaller than the paper's. The slope of log spread on log $h$ from ten units
# on, at the start, after one epoch and at the end:

# %%
def steepness(k):
    """Slope of log spread on log h, h ≥ 10, at record k, in each split."""
    wide = [h >= 10 for h in widths]
    x, y = np.log(np.array(widths)[wide]), np.log(spread[wide, :, k])
    return np.polyfit(x, y, 1)[0]


[round(float(steepness(k).mean()), 2) for k in range(3)]

# %% [markdown]
# The verdicts:

# %%
ledger.judge({
    "23.1a": ratio(spread[0, :, -1], spread[-1, :, -1]),
    "23.1b": mean(steepness(1) - steepness(2)),
})

# %% [markdown]
# ## 2. The tail of poor ends, and annealing
#
# "Poor quality local minima have non-zero probability of being recovered" in small networks, says the abstract. A network ends **poorly** if its test
# loss is more than 1.25 times the median of its width, split and learning rate. At the smallest width we train more networks on further splits, at two
# learning rates: the one used so far, and a fifth of it.
#
# Is it descent that fails, or are the minima missing? The paper compares with simulated annealing: the same steps with noise, whose
# temperature falls to zero. And do poor ends have a cause that one can see? A ReLU unit that is off on all
# training digits gets no gradient: it is **dead**, and the network is left with two.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 23.2a | Small networks end poorly more often than networks of 25 units and more | difference of shares ≥ 0.1 | one in ten is a tail | Choromanska et al. 2015 (statement, abstract) |
# | 23.2b | In the smallest networks simulated annealing ends lower than descent | mean test loss, annealed / descent ≤ 0.97 | a third of what we saw at first | Choromanska et al. 2015, supplement (statement, recalled) |
# | 23.2c | At the lower learning rate too most poor ends of the smallest networks have a dead unit | share of poor ends ≥ 0.5 | "most", if dead units are the cause | Ours |

# %%
tail = {
    rate: trained([widths[0]], slice(splits, None), crowd, rate=rate,
                  record=Record([epochs], sp.losses_and_dead))
    .stacked("train", "test", "dead")[:, :, 0]
    for rate in (learning_rate, learning_rate / slower)
}  # fmt: skip  # (splits, losses and dead units, networks)


def is_poor(test):
    """Which networks end poorly; test: (splits, networks)."""
    return test > 1.25 * np.median(test, -1, keepdims=True)


{rate: run.shape for rate, run in tail.items()}

# %% [markdown]
# Shares of the networks:

# %%
pd.DataFrame({
    f"rate {rate:g}": {
        "end poorly": is_poor(t[:, 1]).mean(), "have a dead unit": (t[:, 2] > 0).mean(),
        "poor ends that have a dead unit": (t[:, 2] > 0)[is_poor(t[:, 1])].mean(),
        "dead units that end poorly": is_poor(t[:, 1])[t[:, 2] > 0].mean(),
    } for rate, t in tail.items()
}).round(3)  # fmt: skip

# %% [markdown]
# At either rate about a fifth end poorly. At the higher rate most of these have a dead unit, which might be taken for the cause; at the lower one most
# have all units alive. Annealing, on the same splits and with the same number of steps:

# %%
def annealed(h, which):
    """Final test losses (splits, networks) of simulated annealing."""
    rule = partial(Annealed, temperature=temperature, seed=range(seed, seed + 1000))
    how = {"rule": rule, "record": Record([epochs])}
    return trained([h], which, crowd // 2, **how).records["test"][:, 0]

# %% [markdown]
# The shares of poor ends after annealing, by width:

# %%
cooled = {
    h: annealed(h, which)
    for h, which in ((widths[0], slice(splits, None)), (10, slice(3))) if h in widths
}
{h: round(float(is_poor(test).mean()), 3) for h, test in cooled.items()}

# %% [markdown]
# The tail of the smallest networks in full: the share of networks whose test loss is at least so many times the median of its split.

# %% tags=["hide-input"]
def beyond(losses):
    """(loss / median of its split, sorted; share at least as large)."""
    x = np.sort((losses / np.median(losses, -1, keepdims=True)).ravel())
    return x, 1 - np.arange(len(x)) / len(x)

# %% [markdown]
# Fewer of the annealed networks lie in the tail. "Lower rate" too is of the smallest width:

# %% tags=["hide-input"]
with figures.curves(
    "tail",
    {"": {
        f"h = {widths[-1]}": beyond(runs[-1, :, 1, -1]),
        f"h = {widths[0]}": beyond(tail[learning_rate][:, 1]),
        f"h = {widths[0]}, lower rate": beyond(tail[learning_rate / slower][:, 1]),
        f"h = {widths[0]}, annealed": beyond(cooled[widths[0]]),
    }},
    "Networks of three units have a tail of poor ends, annealed ones hardly.",
    yscale="log", xlim=(0.95, 2.6),
    xlabel="test loss / median", ylabel="share at least as bad",
) as axes:
    figures.level(axes, 1.25, "poor: beyond", axis="x", theory=False)

# %%
def poor_difference():
    """Share of poor ends, smallest width less 25 units and more, and its interval."""
    few = is_poor(tail[learning_rate][:, 1])
    many = is_poor(runs[[h >= 25 for h in widths], :, 1, -1])
    ends = st.difference_interval(few.sum(), few.size, many.sum(), many.size)
    return {"number": few.mean() - many.mean(), "of": few.size, "interval": ends}


round(float(poor_difference()["number"]), 3)
# %% [markdown]
# The verdicts of this section:

# %%
ledger.judge({
    "23.2a": value(**poor_difference()),
    "23.2b": ratio(
        cooled[widths[0]].mean(1), tail[learning_rate][:, 1].mean(-1)
    ),
    "23.2c": share(
        (tail[learning_rate / slower][:, 2] > 0)[
            is_poor(tail[learning_rate / slower][:, 1])
        ],
        groups=np.nonzero(is_poor(tail[learning_rate / slower][:, 1]))[0],
    ),
})

# %% [markdown]
# ## 3. Does the training loss tell the test loss?
#
# Is a network that ends low on the training digits also good on new ones? In the paper's table the correlation of both losses over networks falls
# with width, from 0.76 at 25 units to 0.60 at 100. Here each split gives one correlation $r$ for each width; they are averaged as
# $z=\operatorname{artanh}r$, which is nearly Gaussian.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 23.3a | From 25 units on the training loss tells less of the test loss: their correlation is far from 1 | mean correlation ≤ 0.92 | clearly below 1, its value at 3 units | Choromanska et al. 2015, table 1 (number, recalled) |

# %%
def artanh_correlation(train, test):
    """z = artanh of the correlation over networks, (...) from (..., networks)."""
    a, b = (x - x.mean(-1, keepdims=True) for x in (train, test))
    r = (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.arctanh(np.clip(r, -1 + 1e-9, 1 - 1e-9))


def back(z):
    """Mean of z over splits as a correlation, for `value`."""
    ends = np.tanh(st.mean_interval(z)).tolist()
    return {"number": np.tanh(z.mean()), "of": len(z), "interval": ends}

# %% [markdown]
# Mean correlations, after one epoch and at the end:

# %%
z = artanh_correlation(runs[:, :, 0], runs[:, :, 1])  # (widths, splits, records)
pd.DataFrame(
    np.tanh(z.mean(1))[:, 1:], pd.Index(widths, name="h"), ["one epoch", "end"]
).round(3)

# %% [markdown]
# The low correlation comes with training: after one epoch it is above 0.9 at every width, and it falls as training goes on.

# %%
ledger.judge({
    "23.3a": value(**back(z[[h >= 25 for h in widths], :, 2].mean(0))),
})

# %% [markdown]
# ## 4. Are the ends minima?
#
# The paper finds that descent ends at minima: no eigenvalue of the Hessian counts as negative. Its authors' code counts those below $-10^{-3}$. We
# train networks of up to ten units four times as long, compute the exact Hessian on all training digits, and count at every threshold.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 23.4a | After long training hardly an eigenvalue lies below −0.001, at the worst width | mean share ≤ 0.01 | one in a hundred | Choromanska et al. 2015, supplement (statement, recalled) |
# | 23.4b | After long training hardly an eigenvalue is negative beyond rounding, below −1e-8, at the worst width | mean share ≤ 0.005 | the bound of 23.4a | Choromanska et al. 2015 (statement, abstract) |

# %%
few = slice(curvature_splits)
bends = sp.spectra(
    trained([h for h in widths if h <= 10], few, 3, epochs=long_epochs),
    draws.some_splits(sets, few),
)  # {h: (splits, start and end, networks, D)}
{h: values.shape for h, values in bends.items()}

# %% [markdown]
# Shares of eigenvalues below some thresholds:

# %%
def negative(h, threshold, k=1):
    """Share of eigenvalues < -threshold by split, at the end (k=1) or the start."""
    return (bends[h][:, k] < -threshold).mean((1, 2))


pd.DataFrame({
    f"h = {h}": {
        f"< {-t:g}": negative(h, t).mean() for t in (1e-2, 1e-3, 1e-4, 1e-6, 1e-8)
    } for h in bends
}).round(4)

# %% tags=["hide-input"]
with figures.curves(
    "index",
    {name: {f"h = {h}": (10.0 ** np.arange(-12, -0.9, 0.25), [
        negative(h, t, k).mean() for t in 10.0 ** np.arange(-12, -0.9, 0.25)
    ]) for h in bends} for k, name in enumerate(("start", "after long training"))},
    "After training few eigenvalues are below -0.001; several percent are negative.",
    xscale="log", xlabel="threshold", ylabel="share of eigenvalues < −threshold",
    width=9.5,
) as axes:
    figures.level(axes, 1e-3, "the authors' threshold", axis="x", theory=False)

# %% [markdown]
# Only a threshold like the authors' makes minima of the ends. Between one and six percent of the directions still curve down, weakly. Below $10^{-8}$
# the share hardly changes any more, so this is not rounding.

# %%
ledger.judge({
    "23.4a": mean(max((negative(h, 1e-3) for h in bends), key=np.mean)),
    "23.4b": mean(max((negative(h, 1e-8) for h in bends), key=np.mean)),
})

# %% [markdown]
# ## Reading
#
# **The picture holds, its explanation does not follow.** Spread and tail shrink with width, as the paper says. But large networks are alike already
# before training, and from ten units on the spread falls with width most steeply after one epoch. So the spread alone is no evidence for a band of
# *minima*.
#
# **In small networks it is descent that fails.** With noise that fades, one network of three units in twenty ends poorly instead of one in five, in the
# same number of steps; at ten units, where there is no tail, annealing changes little (23.5c). Good ends are there, and descent misses them. Why it
# does is open: a dead unit is one way to fail, and at the lower rate not the usual one.
#
# **The ends are no minima.** Up to ten units, where the Hessian was computed, they curve down weakly in some directions. "Index zero" is a statement
# about a threshold.
#
# **Limits.** One architecture and 4,000 digits; the test digits of different splits overlap. The paper trained 250 and 500 units and a thousand networks
# of each width, one digit at a time. The curvature is computed up to ten units, the paper's up to 100. The step from networks to the
# spin glass needs assumptions that real networks break.
#
# **Try.** `temperature = 1e-3` or `1e-5`: the tail shrinks at either, less than at `1e-4`. `long_epochs = 20`: 23.4a fails, since training is not over.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 23.5a | From 25 units to the largest width the spread falls also in units of the mean loss | ratio ≥ 1 | any fall counts | Choromanska et al. 2015, figure 3 (statement, recalled) |
# | 23.5b | The mean test loss falls from each width to the next | smallest mean drop ≥ 0 | one rise refutes it | Choromanska et al. 2015, figure 3 (statement, recalled) |
# | 23.5c | *control:* At ten units annealing and descent end alike | mean test loss, annealed / descent 1 ± 0.03 | the effect at 3 units is 8% | Choromanska et al. 2015, supplement (statement, recalled) |
# | 23.5d | *control:* Before training the spread falls much less with width | spread / spread ≤ 5 | 23.1a asks for twice that | Ours |
# | 23.5e | At the smallest width the training loss tells the test loss | mean correlation ≥ 0.99 | nearly one, as claimed | Ours |
# | 23.5f | *control:* After one epoch, from 25 units on, the correlation is not yet lower | mean correlation ≥ 0.92 | the bound of 23.3a | Ours |
# | 23.5g | At the lower learning rate too the smallest networks end poorly at times | share of networks ≥ 0.05 | one in twenty | Ours |
# | 23.5h | At the higher learning rate nearly all of the smallest networks with a dead unit end poorly | share of those ≥ 0.9 | what "nearly all" means | Ours |
# | 23.5i | *control:* At the start many eigenvalues lie below −0.001, at the width with fewest | mean share ≥ 0.02 | four times the bound of 23.4a | Ours |

# %%
def relative_spread(h):
    """Spread of the final test loss / its mean, in each split, at width h."""
    return spread[widths.index(h), :, -1] / runs[widths.index(h), :, 1, -1].mean(-1)


{h: round(float(relative_spread(h).mean()), 4) for h in widths}

# %% [markdown]
# This is the spread of the final test loss in units of its mean, by width.

# %%
ledger.judge({
    "23.5a": ratio(
        relative_spread(min(h for h in widths if h >= 25)), relative_spread(widths[-1])
    ),
    "23.5b": mean(min(-np.diff(runs[:, :, 1, -1].mean(-1), axis=0), key=np.mean)),
    "23.5c": ratio(
        cooled[10].mean(1) if 10 in cooled else [np.nan],
        runs[widths.index(10), :3, 1, -1].mean(-1) if 10 in cooled else [np.nan],
    ),
    "23.5d": ratio(spread[0, :, 0], spread[-1, :, 0]),
})

# %% [markdown]
# The correlations, the tail and the curvature at the start:

# %%
ledger.judge({
    "23.5e": value(
        **back(artanh_correlation(*tail[learning_rate][:, :2].swapaxes(0, 1)))
    ),
    "23.5f": value(**back(z[[h >= 25 for h in widths], :, 1].mean(0))),
    "23.5g": share(
        is_poor(tail[learning_rate / slower][:, 1]),
        groups=np.repeat(range(tail_splits), crowd),
    ),
    "23.5h": share(is_poor(tail[learning_rate][:, 1])[tail[learning_rate][:, 2] > 0]),
    "23.5i": mean(min((negative(h, 1e-3, 0) for h in bends), key=np.mean)),
})

# %%
ledger.conclude()
