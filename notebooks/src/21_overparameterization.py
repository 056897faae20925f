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
# # A few more connections open paths round the places where descent sticks
#
# ![verdict](../figures/21_overparameterization/verdict.svg)
#
# **Question.** Back-propagation was published with a reassurance: descent hardly ever gets stuck, except in networks with just
# enough connections, since a few connections more open ways round the barrier. Is that so, and is that why?
#
# **Answer.** The reason holds: one *silent* unit, whose weights are all zero, frees stuck networks if and only if it opens a negative eigenvalue;
# training on, noise and single patterns free hardly any. *Hardly ever* fails: at the paper's own settings 36% get stuck.
#
# ![what frees stuck networks, and when](../figures/21_overparameterization/stuck_networks.svg)
#
# Left: share of stuck networks that each change frees; "train on", "noise" and "split 2" are controls. Right: the eigenvalue that a silent unit opens,
# against the coupling $|q|$ by which theory bounds it; crosses were not freed.
#
# *Source:* Rumelhart, Hinton and Williams 1986, *Learning representations by back-propagating errors*, Nature 323:533
# ([doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)), the closing remark on local minima and figure 1. That the noise of minibatches dislodges
# parameters is said by Zhang and others 2023, *Dive into Deep Learning*.
#
# Before: [12](12_double_descent.ipynb) · Next: [22](22_energy_bands.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# The task is the exclusive or of two bits (XOR). The network has two hidden units and one output unit, all logistic: the smallest such network that can
# do it. The energy is $E=\frac12\sum(y-t)^2$ over the four patterns, with $y$ the answer and $t$ the target, and descent has momentum 0.9.

# %%
import numpy as np

bits = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])  # the last is for biases
wanted = np.array([0, 1, 1, 0])


def answers(W, v):
    """Hidden units and answers to all patterns; W (3, h), v (h + 1,)."""
    s = np.c_[1 / (1 + np.exp(-bits @ W)), np.ones(4)]
    return s, 1 / (1 + np.exp(-s @ v))


def descended(W, v, sweeps=5000):
    """The weights after some sweeps of descent with momentum."""
    dW, dv = 0, 0
    for _ in range(sweeps):
        s, y = answers(W, v)
        delta = (y - wanted) * y * (1 - y)
        back = np.outer(delta, v[:-1]) * s[:, :-1] * (1 - s[:, :-1])
        dW, dv = 0.9 * dW - 0.5 * bits.T @ back, 0.9 * dv - 0.5 * s.T @ delta
        W, v = W + dW, v + dv
    return W, v


def energy(W, v):
    """E of a network."""
    return float(((answers(W, v)[1] - wanted) ** 2).sum() / 2)

# %% [markdown]
# Eight random starts between $-1$ and $1$, and the energy that each comes to:

# %%
def start(k):
    """Random weights of two hidden units."""
    draw = np.random.default_rng(k).uniform
    return draw(-1, 1, (3, 2)), draw(-1, 1, 3)


ends = [descended(*start(k)) for k in range(8)]
[round(energy(*end), 3) for end in ends]

# %% [markdown]
# Most solve it; some are stuck at $E=\frac14$ or $\frac13$. Take the one with the largest energy, give it a third hidden unit whose weights are *all
# zero*, and train it for as long again. The control trains on without the third unit:

# %%
worst = max(ends, key=lambda end: energy(*end))
[round(energy(*descended(*weights)), 3)
 for weights in ((np.c_[worst[0], np.zeros(3)], np.insert(worst[1], 2, 0)), worst)]

# %% [markdown]
# A unit that does nothing at all makes all the difference. At the start it changes neither the answers nor the energy, and the slope hardly. It changes
# the curvature: there is a new direction, and along it the energy falls. This is what the authors of back-propagation had in mind.
#
# These are the numbers of this notebook, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
xor_networks = 500  # in [50, 20000]: networks for each width and scale, XOR
parity_networks = 300  # in [50, 20000]: networks for each width, parity of 4 bits
symmetry_networks = 120  # in [20, 5000]: networks for each width and step size, and from a small start
online_networks = 60  # in [10, 5000]: networks for each task and rate that see one pattern a step

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("21_overparameterization", globals())  # reads and checks the parameters

from lib.landscapes import perceptrons as pc
from lib.statistics import difference_interval, largest, mean, median, share, value
from lib.suite import figures

from functools import partial

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` trains thousands of networks at once. The stuck network above has the same energy there:

# %%
np.allclose(
    pc.squared_error(
        (torch.tensor(worst[0].T)[None], torch.tensor(worst[1])[None]), pc.xor()),
    energy(*worst),
)

# %% [markdown]
# ## 1. Just enough connections is where it sticks
#
# Three tasks: XOR, from three scales of the uniform start; the parity of four bits; and the paper's own, whether a string of six bits is its own *mirror image*, at the
# paper's settings (two hidden units, step 0.1, start $\pm0.3$). One pass over all patterns is a *sweep*. *Solved* means that every answer is near enough to its
# target; *stuck* means not solved within the budget of sweeps, which is no proof of a minimum.
#
# If the remark is right, the share solved rises with the number of hidden units. And if descent hardly ever gets stuck, networks with just enough of
# them too get stuck very rarely.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.1a | On parity each width of 3, 4, 5, 6, 8 hidden units solves more than the one before | smallest rise of the share solved ≥ 0 | no gain refutes it | Rumelhart et al. 1986 (statement, read) |
# | 21.1b* | Even with just enough hidden units descent hardly ever gets stuck | share stuck ≤ 0.05 | ours; "very rarely" is one in twenty | Rumelhart et al. 1986 (statement, read) |

# %%
tasks = {  # task, setting
    "XOR": (pc.xor(), {"learning_rate": 0.5, "sweeps": 5000, "tolerance": 0.1}),
    "parity": (pc.parity(4), {"learning_rate": 0.15, "sweeps": 6000, "tolerance": 0.4}),
    "mirror": (pc.mirror_symmetry(6), {"learning_rate": 0.1, "sweeps": 5000,
                                       "tolerance": 0.5, "check_every": 25}),
}  # fmt: skip
{name: len(task.targets) for name, (task, _) in tasks.items()}

# %% [markdown]
# These are the numbers of patterns. Now a batch of 50 networks with four hidden units, trained at once on XOR; the share solved:

# %%
def trained(name, h, scale, networks, **changed):
    """Networks of h hidden units from a uniform start, after their budget."""
    task, setting = tasks[name]
    begin = pc.start(networks, task.inputs.shape[1] - 1, h, scale, rng)
    return pc.train(begin, task, **(setting | changed))


float((trained("XOR", 4, 1.0, 50).stopped >= 0).double().mean())

# %% [markdown]
# The shares solved, for every task, start and width:

# %%
runs = {("XOR", scale, h): trained("XOR", h, scale, xor_networks, **more)
        for scale, more in ((0.5, {"learning_rate": 0.25, "sweeps": 10_000}),
                            (1.0, {}), (3.0, {})) for h in (2, 3, 4, 6)}
runs |= {("parity", 1.0, h): trained("parity", h, 1.0, parity_networks)
         for h in (3, 4, 5, 6, 8)}
runs |= {("mirror", 0.3, h): trained("mirror", h, 0.3, symmetry_networks)
         for h in (2, 4, 6)}  # fmt: skip
pd.Series({key: round(float((run.stopped >= 0).double().mean()), 3) for key, run in
           runs.items()}).rename_axis(["task", "start", "h"]).unstack("h").map(
    lambda found: "" if found != found else found)

# %% tags=["hide-input"]
def solved(*key):
    """Which networks of a task, scale and width are solved."""
    return runs[key].stopped >= 0


with figures.curves(
    "widths",
    {"": {f"{name}, start ±{scale:g}": (
        [h for *key, h in runs if key == [name, scale]],
        [float(solved(*key).double().mean()) for key in runs
         if key[:2] == (name, scale)])
        for name, scale in dict.fromkeys(key[:2] for key in runs)}},
    "The share solved rises with width, but for mirror symmetry, where it falls.",
    width=8, xlabel="hidden units h", ylabel="share solved", ylim=(-0.03, 1.03),
) as axes:  # fmt: skip
    axes[0].set(xlim=(1.8, 9.2))

# %% [markdown]
# A stuck XOR network answers two patterns rightly and $\frac12$ to the other two, or one rightly and the mean of their targets to the other three. The
# difference of two shares has Newcombe's interval:

# %%
def rise(name, scale, wide, narrow):
    """Share solved with more hidden units less that with fewer."""
    more, less = solved(name, scale, wide), solved(name, scale, narrow)
    interval = difference_interval(
        int(more.sum()), len(more), int(less.sum()), len(less))
    gain = float(more.double().mean() - less.double().mean())
    return {"number": gain, "of": len(more), "interval": interval}  # fmt: skip


ledger.judge({
    "21.1a": value(**min((rise("parity", 1.0, b, a)
                          for a, b in ((3, 4), (4, 5), (5, 6), (6, 8))),
                         key=lambda found: found["number"])),
    "21.1b*": {"XOR, start ±0.5": share(~solved("XOR", 0.5, 2)),
               "XOR, start ±1": share(~solved("XOR", 1.0, 2)),
               "XOR, start ±3": share(~solved("XOR", 3.0, 2)),
               "mirror image": share(~solved("mirror", 0.3, 2))},
})  # fmt: skip

# %% [markdown]
# ## 2. What frees a stuck network, and what does not
#
# Now take the networks that are stuck, XOR with $h=2$ and parity with $h=4$. Make one change to each, and train it for the same budget
# again, from rest. The changes are
#
# - `silent`: one new unit with incoming weights $w=0$ and outgoing weight $v=0$;
# - `add m`: $m$ new units with random incoming weights and $v=0$; `direct`: connections of weight zero from the inputs straight to the answer;
# - the controls: `train on` changes nothing, `noise` adds noise of standard deviation 0.58, that of the start, `split 2` doubles two units, which makes as many new
#   weights as `add 2` but no new direction.
#
# And there is *one pattern a step* in place of all at once: the noise of minibatches, it is often said, dislodges parameters from local minima. Is that
# so for the very networks that are stuck? Each task has three rates, a quarter of the full batch's, the same, and four times, and the best counts.
# Fresh starts have four rates, from a sixty-fourth of the full batch's up to the same, and either method takes its best.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.2a* | One silent unit frees stuck networks within the same budget | share freed ≥ 0.9 | ours; nine in ten | Ours, after Rumelhart et al. 1986 (read) |
# | 21.2c* | The noise of one pattern a step frees stuck networks, at its best rate | share freed ≥ 0.5 | ours; half of them | Zhang et al. 2023 (statement, read) |
# | 21.2e | From fresh starts XOR networks that see one pattern a step solve more than the full batch, each at its best rate | difference of shares ≥ 0 | no gain refutes it | Ours, after Zhang et al. 2023 (read) |

# %%
stuck = {
    name: pc.chosen(runs[key].weights, ~solved(*key))
    for name, key in (("XOR", ("XOR", 1.0, 2)), ("parity", ("parity", 1.0, 4)))
}
{name: len(weights[0]) for name, weights in stuck.items()}

# %% [markdown]
# These are the numbers of stuck networks. Each change frees so many of them:

# %%
changes = {
    "silent": pc.add_silent,
    **{f"add {k}": partial(pc.add_units, count=k, half_width=1.0, rng=rng)
       for k in (1, 2, 4)},
    "direct": pc.add_connections, "train on": lambda w: w,
    "noise": partial(pc.add_noise, standard_deviation=0.58, rng=rng),
    "split 2": partial(pc.split_units, count=2),
}
after = {name: pc.freed(w, tasks[name][0], changes, **tasks[name][1])
         for name, w in stuck.items()}  # fmt: skip
pd.DataFrame({name: {change: f"{int(found.solved.sum())} of {len(found.solved)}"
                     for change, found in arms.items()}
              for name, arms in after.items()})

# %% [markdown]
# One pattern a step, drawn at random for each network: 5,000 sweeps for XOR, that is 20,000 steps, and 1,500 for parity, 24,000 steps. The shares that
# are freed, by rate. The control is the same training with a silent unit:

# %%
def alone(name, weights, factor, sweeps):
    """Which networks are solved after one pattern a step, at a multiple of the rate."""
    task, setting = tasks[name]
    rate = factor * setting["learning_rate"]
    run = pc.train_online(weights, task, rng, learning_rate=rate, sweeps=sweeps,
                          tolerance=setting["tolerance"])  # fmt: skip
    return run.stopped >= 0


lone = {
    (name, factor): alone(name, grow(pc.chosen(stuck[name], slice(online_networks))),
                          1.0 if factor == "silent" else factor, sweeps)
    for name, sweeps in (("XOR", 5000), ("parity", 1500))
    for factor, grow in ((0.25, tuple), (1.0, tuple), (4.0, tuple),
                         ("silent", pc.add_silent))
}  # fmt: skip
pd.Series({(name, str(factor)): round(float(out.double().mean()), 3) for
           (name, factor), out in lone.items()}).rename_axis(["", "rate ×"]).unstack()

# %% [markdown]
# Shares solved on XOR from fresh starts, the same starts for both methods and all rates:

# %%
fresh = pc.start(4 * online_networks, 2, 2, 1.0, rng)
online = {factor: alone("XOR", fresh, factor, 5000)
          for factor in (1 / 64, 1 / 16, 1 / 4, 1.0)}
whole = {factor: pc.train(fresh, pc.xor(), learning_rate=0.5 * factor, sweeps=5000,
                          tolerance=0.1).stopped >= 0 for factor in online}  # fmt: skip
pd.DataFrame({"one pattern": online, "all patterns": whole}).map(
    lambda out: round(float(out.double().mean()), 3)).T  # fmt: skip

# %%
ledger.judge({
    "21.2a*": {name: share(after[name]["silent"].solved) for name in stuck},
    "21.2c*": {name: share(max((lone[name, k] for k in (0.25, 1.0, 4.0)),
                               key=torch.sum)) for name in stuck},
    "21.2e": mean(max(online.values(), key=torch.sum).double()
                  - max(whole.values(), key=torch.sum).double()),
})  # fmt: skip

# %% [markdown]
# ## 3. If and only if there is a way down
#
# Why does a silent unit work? It changes neither energy nor answers. Its own slope is
# $\partial E/\partial v=\frac12\,\partial E/\partial c$, with $c$ the bias of the answer, and $w$ has none. To second order $w$ couples to $v$
# alone, by the vector $q=\frac14\sum(y-t)\,y(1-y)\,x$. So where the old Hessian has no negative eigenvalue, the new one has one with
# $$-|q|\le\lambda_{\min}\le-\tfrac2{\sqrt5}|q|,$$
# a way down that is closed only if $q=0$.
#
# Nearly all of the networks above are freed by a silent unit: whoever says "always freed" is right as often as the theory. A fair test
# needs networks where it opens nothing. Parity has many: from a small start ($\pm0.05$) descent stays where every answer is
# $\frac12$. There the errors are orthogonal to every input, and $q=0$. Theory says that there, and only there, a silent unit must fail. Random units need not fail there:
# their incoming weights are not zero, and their outputs are not orthogonal to the errors.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.3a | Where the silent unit gives an eigenvalue below −1e-3 the network is freed | share freed ≥ 0.95 | ours; one in twenty may be too slow | Ours |
# | 21.3b | Where the silent unit gives none, the network is not freed | share freed ≤ 0.05 | ours; one in twenty by another way | Ours |

# %%
runs["parity", 0.05, 4] = trained("parity", 4, 0.05, symmetry_networks)
stuck["small start"] = pc.chosen(
    runs["parity", 0.05, 4].weights, ~solved("parity", 0.05, 4))  # fmt: skip
tasks["small start"] = tasks["parity"]
after["small start"] = pc.freed(
    stuck["small start"], *tasks["parity"][:1],
    {name: changes[name] for name in ("train on", "silent", "add 1", "add 4")},
    **tasks["parity"][1],
)  # fmt: skip
{change: f"{int(found.solved.sum())} of {len(found.solved)}"
 for change, found in after["small start"].items()}  # fmt: skip

# %% [markdown]
# Where the silent unit frees none, four random units free most: these networks are not too slow, they lack the direction. In the right panel below all
# networks with a silent unit lie between the two bounds, and those that it does not free (crosses) lie at zero.

# %% tags=["hide-input"]
def coupled(name, which=slice(None)):
    """(coupling |q|, minus the new smallest eigenvalue) of some networks."""
    q = pc.silent_coupling(stuck[name], tasks[name][0])
    return q[which], -after[name]["silent"].lowest[which]


fig, (left, right) = figures.panels(2, height=3.8, width_ratios=[1.2, 1])
[figures.shares(left, np.arange(len(changes)) + shift,
                [int(x.solved.sum()) for x in after[name].values()],
                len(stuck[name][0]), f"{name}, {len(stuck[name][0])} stuck")
 for name, shift in (("XOR", -0.1), ("parity", 0.1))]
left.set(xticks=range(len(changes)), ylabel="share freed", ylim=(-0.03, 1.03))
left.set_xticklabels(changes, rotation=35, ha="right")
[figures.measured(right, *coupled(name), name, joined=False, mfc="none", ms=size)
 for name, size in (("small start", 5), ("parity", 5), ("XOR", 9))]
[right.plot(*coupled(name, ~found["silent"].solved), "kx", ms=7)
 for name, found in after.items()]
[figures.predicted(right, [0, 0.04], [0, 0.04 * k], "bounds") for k in (1, 2 / 5**0.5)]
right.set(xlabel="coupling |q|", ylabel="minus the new smallest eigenvalue")
left.legend(loc="center left")
figures.save(fig, "stuck_networks", "Silent and added units free, controls do not.",
             legend="upper left")  # fmt: skip

# %%
def joined(part):
    """Some attribute of all networks with a silent unit."""
    return torch.cat([getattr(arms["silent"], part) for arms in after.values()])


ledger.judge({
    "21.3a": share(joined("solved")[joined("lowest") < -1e-3]),
    "21.3b": share(joined("solved")[joined("lowest") >= -1e-3]),
})

# %% [markdown]
# ## 4. Wider is not always better
#
# The remark says that wider networks should do no worse. On the paper's own task, at the paper's step size, they do much worse. It is the step that
# does it: nearly all failures are saturated, with a firm *no* as every answer ($E=4$, 21.5r), and with a step of 0.03 every width solves nearly all
# (21.5q).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.4a | At the paper's step size networks of six hidden units solve mirror symmetry no less often than those of two | difference of shares ≥ 0 | a loss refutes it | Rumelhart et al. 1986 (statement, read) |

# %%
calm = {h: trained("mirror", h, 0.3, symmetry_networks, learning_rate=0.03, sweeps=8000)
        for h in (2, 4, 6)}  # fmt: skip
pd.DataFrame({
    "step 0.1": {h: float(solved("mirror", 0.3, h).double().mean()) for h in calm},
    "step 0.03": {h: float((calm[h].stopped >= 0).double().mean()) for h in calm},
}).rename_axis("h").T.round(2)

# %%
ledger.judge({"21.4a": value(**rise("mirror", 0.3, 6, 2))})

# %% [markdown]
# ## Reading
#
# **The remark's reason holds.** A stuck network that gets one unit which does nothing at all, at the same energy and with nearly the same tiny slope,
# finds a negative eigenvalue where there was none, and is free within the same budget. Two direct connections of weight zero free XOR, and four free
# parity. As many new weights as with `add 2`, but without a new direction (`split 2`), do no more than training on. And the bounds say when a silent
# unit opens a way down: always, unless the errors are orthogonal to every input. There it fails, as it must, while four random units free most.
#
# **Its reassurance does not.** Instead of *very rarely* we find up to 40% of XOR networks with two units stuck, depending on the scale of the start,
# and more than a third at the paper's own settings. The paper's single run of 1,425 sweeps is an ordinary one among those that succeed (21.5k).
#
# **Noise is no substitute for a direction.** One pattern a step frees hardly any of these networks, at any of three rates, and from fresh starts we do
# not find that it solves more than the full batch. Noise helps out of a well in one variable ([notebook 11](11_optimization_challenges.ipynb)), and out
# of a bad minimum with a wall of finite height ([notebook 28](28_bad_minimum.ipynb)). Here the stuck places are flat (21.5m), and on a plain a random
# walk finds no way down if there is none.
#
# **Limits.** Stuck is a budget, not a theorem: the weights of stuck XOR networks creep to infinity, and many stuck parity networks are at very flat
# saddles already. The silent unit's slope is no larger than before, so its success is an escape from a saddle; `add m` also raises the slope, so its
# success may be more than that. A copied unit gives lines of stationary points (Fukumizu and Amari 2000).
#
# **Try.** In the model: give the third unit a copy of the first unit's weights and halve the outgoing weights of both, or train for 50,000 sweeps
# without it. Either way the energy stays at 0.333.

# %% [markdown]
# ## 5. Checks
#
# Where a row is about XOR and parity, the one that fares worse is judged.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.5a | Stuck XOR networks with two units sit at E = 1/4 or 1/3 | share within 3% ≥ 0.95 | one in twenty may still be on its way | Ours |
# | 21.5b | Three hidden units solve XOR more often than two, at every scale | smallest rise of the share solved ≥ 0 | no gain refutes it | Rumelhart et al. 1986 (statement, read) |
# | 21.5c | Six hidden units solve XOR nearly always, at every scale | least share solved ≥ 0.95 | ours; "very rarely" stuck | Rumelhart et al. 1986 (statement, read) |
# | 21.5d | *control:* Three hidden units are too few for parity of four bits | share solved ≤ 0.05 | ours; a few lucky ones | Ours |
# | 21.5e | *control:* Training on frees few stuck networks | larger share freed ≤ 0.2 | ours; one in five | Ours |
# | 21.5f | *control:* Noise as large as the start frees few stuck networks | larger share freed ≤ 0.2 | ours; one in five | Ours |
# | 21.5g | *control:* Doubled units free few stuck networks | larger share freed ≤ 0.2 | ours; one in five | Ours |
# | 21.5h | *control:* With a silent unit, one pattern a step frees stuck networks, too | lesser share freed ≥ 0.8 | ours; the test can be passed | Ours |
# | 21.5i | Four random units free stuck networks | lesser share freed ≥ 0.9 | ours; nine in ten | Rumelhart et al. 1986 (statement, read) |
# | 21.5j | Two direct connections of weight zero free XOR networks | share freed ≥ 0.9 | ours; nine in ten | Rumelhart et al. 1986 (statement, read) |
# | 21.5k | The paper's 1,425 sweeps lie between the quartiles of the runs that solve mirror symmetry | share that is faster 1/2 ± 1/4 | inside the quartiles | Rumelhart et al. 1986, figure 1 (number, read) |
# | 21.5l | *control:* Four random units free networks where the silent unit opens nothing | share freed ≥ 0.7 | ours; most of them | Ours |

# %%
def at_rest(name, scale, widths, *levels):
    """Which stuck networks are within 3% of one of some energies."""
    ends = torch.cat([pc.squared_error(pc.chosen(runs[name, scale, h].weights,
                                          ~solved(name, scale, h)), tasks[name][0])
                      for h in widths])  # fmt: skip
    known = torch.tensor(levels, dtype=torch.float64)
    return ((ends[:, None] / known - 1).abs() < 0.03).any(1)


share(at_rest("XOR", 3.0, (2,), 1 / 3))

# %% [markdown]
# This is the share of stuck XOR networks from the largest start that sit at $\frac13$.

# %%
def change(name, pick=min):
    """Which networks a change frees, of the task that fares worst, or best."""
    arms = [after[task][name].solved for task in ("XOR", "parity")]
    return pick(arms, key=lambda out: float(out.double().mean()))


ledger.judge({
    "21.5a": share(torch.cat([at_rest("XOR", scale, (2,), 1 / 4, 1 / 3)
                              for scale in (0.5, 1.0, 3.0)])),
    "21.5b": value(**min((rise("XOR", scale, 3, 2) for scale in (0.5, 1.0, 3.0)),
                         key=lambda found: found["number"])),
    "21.5c": share(min((solved("XOR", scale, 6) for scale in (0.5, 1.0, 3.0)),
                       key=lambda out: int(out.sum()))),
    "21.5d": share(solved("parity", 1.0, 3)),
    "21.5e": share(change("train on", max)), "21.5f": share(change("noise", max)),
    "21.5g": share(change("split 2", max)),
    "21.5h": share(min((lone[name, "silent"] for name in ("XOR", "parity")),
                       key=lambda out: float(out.double().mean()))),
    "21.5i": share(change("add 4")), "21.5j": share(after["XOR"]["direct"].solved),
    "21.5k": share(runs["mirror", 0.3, 2].stopped[solved("mirror", 0.3, 2)] < 1425),
    "21.5l": share(after["small start"]["add 4"].solved),
})  # fmt: skip

# %% [markdown]
# The eigenvalues before and after, the bounds of section 3, and the failures of section 4.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 21.5m | Stuck networks have no way down | lesser median of the smallest eigenvalue ≥ -1e-3 | flat, up to what the budget leaves | Rumelhart et al. 1986 (statement, read) |
# | 21.5n | A silent unit opens a way down | larger median of the smallest eigenvalue ≤ -0.01 | ten times the other bound | Ours |
# | 21.5o | The new smallest eigenvalue lies between the two bounds, widened by the old one where that is negative | largest distance outside ≤ 1e-12 | rounding of an eigenvalue | Ours |
# | 21.5p | *identity:* A silent unit raises the norm of the gradient by no more than √5/2 | largest after / before ≤ 1.118034 | its own slope is half of the bias's | Ours |
# | 21.5q | *control:* At step 0.03 every width solves mirror symmetry | least share solved ≥ 0.9 | ours; nine in ten | Ours |
# | 21.5r | *control:* The failures at step 0.1 sit at E = 4, every answer no | share within 3% ≥ 0.8 | ours; most of them | Ours |

# %%
def lowest(change, pick):
    """The smallest eigenvalues after a change, of the task that fares worse."""
    found = [after[name][change].lowest for name in ("XOR", "parity")]
    return pick(found, key=lambda one: float(one.median()))


def outside(name):
    """How far the new eigenvalue lies outside its bounds."""
    low, high = pc.silent_eigenvalue_bounds(stuck[name], tasks[name][0])
    found = after[name]["silent"].lowest
    return (low - found).maximum(found - high).clamp(min=0)


median(lowest("train on", min), digits=2), median(lowest("silent", max), digits=2)

# %% [markdown]
# These are the medians before and after, of XOR or parity, whichever is worse. The verdicts:

# %%
ledger.judge({
    "21.5m": median(lowest("train on", min), digits=2),
    "21.5n": median(lowest("silent", max), digits=2),
    "21.5o": largest([outside(name) for name in after], rounding=True),
    "21.5p": largest([after[name]["silent"].slope / after[name]["train on"].slope
                      for name in after]),
    "21.5q": share(min((run.stopped >= 0 for run in calm.values()),
                       key=lambda out: int(out.sum()))),
    "21.5r": share(at_rest("mirror", 0.3, (2, 4, 6), 4.0)),
})  # fmt: skip

# %%
ledger.conclude()
