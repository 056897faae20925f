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
# # Depth speeds up steep losses by a constant, less than tuned momentum
#
# ![verdict](../figures/37_acceleration/verdict.svg)
#
# **Question.** A product of linear layers computes nothing that a single layer cannot. Can it still be trained faster,
# even where the single layer's problem is convex?
#
# **Answer.** Yes, for steep losses: on regressions with fourth powers two layers need half the steps of one, and with squares more. For two targets the gain is a
# larger safe step, known beforehand. Tuned momentum is more than twice as fast as two layers.
#
# ![steps of momentum and of deeper networks over those of one layer](../figures/37_acceleration/momentum.svg)
#
# Regressions with the square (left) and the fourth power (right) of the error: steps divided by those of plain descent on one layer, each method at its best step
# size. On the right momentum 0.9 is about as fast as two layers, momentum 0.5 more than twice as fast.
#
# *Source:* Arora, Cohen and Hazan 2018, *On the optimization of deep networks: implicit acceleration by
# overparameterization* ([arXiv:1802.06509](https://arxiv.org/abs/1802.06509)), theorems 1 and 2, section 6 and the experiments.
#
# Before: [36](36_identity_initialization.ipynb) · Next: [38](38_logistic_rate.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Two weights are to become $\rho$ and 1, and the loss is the fourth power of the errors, $\frac14\sum_i(w_i-y_i)^4$. A balanced network of $N$ layers with one output
# is one vector $v$ and one number $a$, the size of each of the other layers: $w=a^{N-1}v$.

# %%
import math


def step(v, a, N, eta, y):
    """One step of descent on all layers."""
    errors = [a ** (N - 1) * x - goal for x, goal in zip(v, y, strict=True)]
    slopes = [e * e * e for e in errors]
    pull = sum(g * x for g, x in zip(slopes, v, strict=True))
    v = [x - eta * a ** (N - 1) * g for g, x in zip(slopes, v, strict=True)]
    return v, a - eta * a ** (N - 2) * pull * (N > 1)


def train(N, c, rho):
    """Steps until both weights are within 5% of their targets, rho and 1."""
    y, eta = (rho, 1), c * rho ** (2 / N - 4)
    a = (math.hypot(*y) / 1000) ** (1 / N)
    v = [goal / 1000 / a ** (N - 1) for goal in y]
    for t in range(100_000):
        w = [a ** (N - 1) * x for x in v]
        if abs(w[0] / rho - 1) <= 0.05 and abs(w[1] - 1) <= 0.05:
            return t
        v, a = step(v, a, N, eta, y)
    return math.inf

# %% [markdown]
# The step is measured in units of the large target: $c=\eta\rho^{4-2/N}$. One layer is stable up to $c=2$, and we take 0.85 of it. Two layers
# bear up to $c=3.5$, as we shall see. How many steps do they need?

# %%
[train(1, 0.85 * 2, 3), train(2, 0.85 * 3.5, 3)]

# %% [markdown]
# Two layers are faster, by $3.5/2=1.75$. One layer cannot take that step:

# %%
train(1, 0.85 * 3.5, 3)

# %% [markdown]
# Now a large target of 12 in place of 3, so that the two are four times as unlike:

# %%
[train(1, 0.85 * 2, 12), train(2, 0.85 * 3.5, 12)]

# %% [markdown]
# Both need 16 times as many steps, and the quotient is still about 1.75. Here depth buys a larger step and nothing else. What follows says which steps are safe, what
# they buy for other losses and depths, and how this compares with momentum.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
problems = 20  # in [5, 1000]: random targets and starts of section 1
depths = [2, 3, 4]  # each in [2, 6]: depths N that are compared with 1
rates = [0.02, 0.01, 0.005]  # each of 2 or more in [1e-4, 0.02]: rates of section 1, each half of the last
starts = 200  # in [200, 1000]: random starts of section 2, of which the first 60 race
ratios = [6, 12, 24]  # each of 2 or more in [4, 64]: the large target rho, the small one is 1
powers = [2.25, 2.5, 3.0, 3.5, 4.0]  # each in [2.2, 4]: powers p of the loss
regressions = 60  # in [10, 1000]: random regressions of section 4
momenta = [0.0, 0.3, 0.5, 0.7, 0.8, 0.9]  # each of 3 or more in [0, 0.95]: momentum mu

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("37_acceleration", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.statistics import largest, mean, share, smallest
from lib.suite import figures
from lib.trajectories import acceleration as ac

from functools import cache

import numpy as np
import pandas as pd
import torch

if not np.allclose(np.divide(rates[:-1], rates[1:]), 2):
    raise ValueError("rates must be halved from one to the next")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` counts the same steps, for many starts at once. Here from the start of the model, with two layers:

# %%
int(ac.two_target_steps(torch.full((1, 2), 1e-3).double(), 3, 2, 4, 0.85 * 3.5))

# %% [markdown]
# ## 1. The rule that the product follows
#
# Multiply out one step of all layers, keep the first order in the step size, and use balance, $W_{j+1}^\top W_{j+1}=W_jW_j^\top$. The layers vanish, and what is left
# is descent on $W=W_N\cdots W_1$ with the slope $G=\partial\ell/\partial W$ passed through a map of $W$:
#
# $$W\leftarrow W-\eta\sum_{j=1}^{N}(WW^\top)^{(N-j)/N}\,G\,(W^\top W)^{(j-1)/N}.$$
#
# Directions in which $W$ is large move fast, others slowly: a memory of past steps, stored in the weights. The rule depends on the depth and not on the widths
# (37.5b). Theorem 2 of the paper adds that no regularizer does the same: from three layers on, the rule is not descent on any other loss (checks 37.5d to 37.5f).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.1a | Half the learning rate halves the distance between a balanced network and the rule | mean ratio of the distances 2 ± 0.2 | first order, with a tenth for the second | Arora, Cohen and Hazan 2018, theorem 1 (statement, recalled) |
#
# Targets are Gaussian matrices, 4 × 5, and starts 0.3 times such matrices; descent on $\frac12\|W-\Phi\|_F^2$ runs for a time (learning rate × steps) of 2. The
# control is out of balance: neighbouring layers differ by 0.3, and the product is the same. We take the largest distance on the way, relative to the target.

# %%
target, start = torch.from_numpy(rng.standard_normal((2, problems, 4, 5)))


def distances(N, imbalance):
    """Largest distance from the rule at each learning rate, (rates, problems)."""
    weights = ln.balanced_factors(0.3 * start, [5, *[4] * (N - 1), 4], rng)
    if imbalance:
        twist = torch.from_numpy(rng.standard_normal((N - 1, problems, 4, 4)))
        weights = ln.unbalance(weights, imbalance, [*(twist + twist.mT)])
    return torch.stack([ac.rule_gap(weights, target, eta, 2.0) for eta in rates])


# %% [markdown]
# With balance the distance halves from line to line; without, it stays.

# %%
apart = {(N, D): distances(N, D) for N in depths for D in (0, 0.3)}
pd.DataFrame({key: apart[key].mean(1) for key in apart}, index=rates).rename_axis(
    index="η", columns=["N", "imbalance"]).round(4)

# %% [markdown]
# The quotients of the last two lines, for the judgement:

# %%
def halving(D):
    """Distance at one rate over that at half of it, for each problem."""
    return torch.stack([apart[N, D][-2] / apart[N, D][-1] for N in depths]).mean(0)


ledger.judge({"37.1a": mean(halving(0))})

# %% [markdown]
# ## 2. The largest safe step
#
# Where could speed come from? The paper's own picture (its section 6) is the one of the first page: a large target $\rho$ and a small one, with the loss
# $\frac1p\sum_i|w_i-y_i|^p$. Descent must be gentle, $\eta<2/\rho^{p-2}$, lest the large error make it diverge; when that error is gone, the step that it dictated is
# far too small for the other, which crawls.
#
# Now depth. In units of the large target's $N$-th root, every layer $a$ moves as $a\leftarrow a+c\,a^{N-1}(1-a^N)|1-a^N|^{p-2}$ with $c=\eta\rho^{p-2/N}$. Let the
# **safe step** $c_N(p)$ be the largest $c$ below which every small start settles. It is computed from this one equation: $c_1=2$, and $c_N(4)=3.5,\ 3.06,\ 2.59$ for
# $N=2,3,4$. For $N>1$ the learning rate is smaller, $\eta=c\,\rho^{-(p-2/N)}$, but the small target does not lose by it: the hidden layers, long since fixed by the
# large target, multiply its step by $\rho^{2-2/N}$. It crawls at the step $c\,\rho^{-(p-2)}$ whatever the depth, so that it takes
#
# $$\text{steps}=\frac{0.05^{-(p-2)}-1}{p-2}\,\frac{\rho^{p-2}}{c}$$
#
# until both are within 5% of their targets: the **crawl formula**. If it is right, depth changes $c$ and leaves the power of $\rho$ alone.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.2a | Networks of every depth first fail at the step that one equation gives for a single mode, p = 4 | largest distance of safe step / c_N from 1 ≤ 0.02 | both are found to a hundredth | Ours |
# | 37.2b | Networks of every depth take the steps of the crawl formula, p = 4, largest ρ | largest distance of median steps / formula from 1 ≤ 0.05 | the escape and the finite step, 1% | Ours |
#
# The entries of the starts lie between $10^{-4}$ and $10^{-3}$ of their targets. We try steps $c$ upwards from 0.8, a hundredth apart, and take the last before the
# first at which any start fails. For each depth:

# %%
relative = ac.small_starts(starts, rng)
def unlike(p):
    """The large target that makes rho^(p-2) the same at every power."""
    return max(ratios) ** (2 / (p - 2))


@cache
def safe(N, p):
    """The last step, by hundredths, before the first at which a start fails."""
    return ac.safe_step(relative, unlike(p), N, p, np.arange(0.8, 4.5, 0.01))


pd.DataFrame({N: [safe(N, 4.0), ac.usable_step(N, 4.0)] for N in (1, *depths)},
             index=["measured", "c_N"]).round(2)

# %% [markdown]
# The share of starts that fail. Two layers and more first fail in a window half a percent wide, settle again, and fail for good only
# several percent later: a search by halving would overlook the window.

# %% tags=["hide-input"]
with figures.curves(
    "safe",
    {f"N = {N}": {"": (np.arange(0.95, 1.15, 0.0025), ac.failing_share(
        relative, unlike(4), N, 4.0,
        ac.usable_step(N, 4.0) * np.arange(0.95, 1.15, 0.0025)))} for N in depths[:3]},
    "No start fails below c_N; right above it some fail in a narrow window.",
    xlabel=r"step / $c_N$", ylabel="share of starts that fail", height=2.8,
) as axes:
    figures.level(axes, 1, r"predicted, $c_N$", axis="x")

# %% [markdown]
# And the speed: the steps needed at 0.85 of the safe step, for each large target $\rho$:

# %%
@cache
def race(N, p, rho):
    """Steps of sixty starts at 0.85 of the measured safe step."""
    return ac.two_target_steps(relative[:60], rho, N, p, 0.85 * safe(N, p))


def crawl(N, p, rho):
    """Steps of the crawl formula at that step."""
    return ac.crawl_steps(rho, p, 0.05, 0.85 * safe(N, p))


needed = {N: torch.stack([race(N, 4.0, rho) for rho in ratios]) for N in (1, *depths)}
pd.DataFrame({f"N = {N}": needed[N].nanmedian(1).values for N in needed}, index=ratios)

# %% [markdown]
# Divided by $\rho^2$ they should give level lines, with depth 2 the lowest, if the crawl formula is right. It has no other ingredient than the step taken:

# %% tags=["hide-input"]
def levelled(N):
    """Steps over the square of rho: median of the starts, and the crawl formula."""
    x, y = np.array(ratios), needed[N].nanmedian(1).values.numpy()
    return x, y / x**2, np.array([crawl(N, 4.0, rho) for rho in ratios]) / x**2


with figures.curves(
    "crawl", {"": {f"N = {N}": levelled(N) for N in needed}},
    "Steps over the square of the large target: level lines, two layers lowest.",
    prediction="crawl formula", width=6.5, ylabel=r"steps / $\rho^2$", ylim=(0, None),
    xlabel=r"large target $\rho$, the small one is 1", xticks=sorted(ratios),
):
    pass

# %%
ledger.judge({
    "37.2a": largest([abs(safe(N, 4.0) / ac.usable_step(N, 4.0) - 1) for N in needed],
                     of=starts),
    "37.2b": largest([
        np.abs(levelled(N)[1] / levelled(N)[2] - 1)[np.argmax(ratios)] for N in needed
    ], of=60, digits=2),
})

# %% [markdown]
# ## 3. From which power on depth helps
#
# If depth acts through $c_N(p)$ alone, its gain over one layer is $c_N(p)/2$. With squares depth must lose: there $c_N<2$. It
# wins where $c_N(p)>2$, from $p=2.63$ on for two layers and from $p=3.05$ on for three.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.3a | Two and three layers, each at its measured safe step, gain c_N(p)/2 over one, at every power | largest distance of median gain / prediction from 1 ≤ 0.05 | once the others have grown, a start is a tenth of the way | Ours |
#
# The targets must be so unlike that the crawl is long; else the escape from the start decides. What counts is the number $\rho^{p-2}$. We keep it at 576, the square
# of the largest ratio in the list, which for nearly square losses needs enormous $\rho$.

# %%
runs = {
    N: torch.stack([race(N, p, unlike(p)) for p in powers])
    for N in (1, 2, 3)
}


def gain(N):
    """Powers; median gain over one layer, and its prediction."""
    found = (runs[1] / runs[N]).nanmedian(1).values.numpy()
    return np.array(powers), found, np.array([ac.usable_step(N, p) / 2 for p in powers])


pd.DataFrame({(f"N = {N}", kind): gain(N)[j] for N in (2, 3)
              for j, kind in ((1, "gain"), (2, "predicted"))}, index=powers).round(2)

# %% [markdown]
# The gain passes 1, no gain, where $c_N$ passes 2:

# %% tags=["hide-input"]
with figures.curves(
    "gain", {"": {f"N = {N}": gain(N) for N in (2, 3)}},
    "Gain of two and three layers against the power: above 1 from 2.6 and 3 on.",
    prediction=r"predicted, $c_N(p)/2$", width=6.5, xlabel="power p of the loss",
    ylabel="gain over one layer", ylim=(0, 2),
) as axes:
    figures.level(axes, 1, "one layer", theory=False)

# %%
ledger.judge({
    "37.3a": largest(
        [np.abs(gain(N)[1] / gain(N)[2] - 1) for N in (2, 3)], of=60, digits=2
    ),
})

# %% [markdown]
# ## 4. Regressions, every method at its best
#
# Two coordinates are a caricature. So we take random regressions: 100 samples, 10 inputs, a covariance with condition number 10, a teacher with Gaussian weights, a
# start with entries of size 0.01. Each method gets the best of 55 learning rates for each problem, and we count the steps until the loss has fallen to $10^{-4}$ of
# its first value.
#
# The paper reports that depth beats AdaGrad with fourth powers and does not help with squares, and reads its rule as a mixture of momentum and adaptive rates. So the
# obvious opponent is momentum itself. Besides its rate it has a number $\mu$ to be chosen; we take one $\mu$ for all problems, the best of six.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.4a | With fourth powers two layers need fewer steps than one | mean log2 of the quotient ≤ 0 | fewer is below 0 | Arora, Cohen and Hazan 2018, experiments (statement, recalled) |
# | 37.4b | With fourth powers two layers need fewer steps than AdaGrad | mean log2 of the quotient ≤ 0 | fewer is below 0 | Arora, Cohen and Hazan 2018, experiments (statement, recalled) |
# | 37.4c | With fourth powers two layers need more steps than momentum at the best of its values | mean log2 of the quotient ≥ 0 | more is above 0 | Ours |
# | 37.4d | With squares two layers need more steps than one | mean log2 of the quotient ≥ 0 | more is above 0 | Arora, Cohen and Hazan 2018, section 6 (statement, recalled) |
#
# We set up the problems, the starts, the learning rates and the methods:

# %%
data = ac.power_regressions(regressions, rng)
near_zero = torch.from_numpy(0.01 * rng.standard_normal((regressions, 10)))
grid = np.geomspace(1e-4, 100, 55)
arms = {"one layer": ("descent", 1, 0), "two layers": ("descent", 2, 0),
        "three layers": ("descent", 3, 0), "AdaGrad": ("AdaGrad", 1, 0)}
arms |= {mu: ("momentum", 1, mu) for mu in sorted(momenta)}

# %% [markdown]
# Each method runs on each problem at each of the 55 rates:

# %%
tuned = {
    (arm, p): ac.tuned_to_reduction(
        method, near_zero, data, p, grid, depth=depth, mu=mu
    )
    for arm, (method, depth, mu) in arms.items() for p in (2, 4)
}

# %% [markdown]
# Steps divided by those of one layer, geometric means:

# %%
def log_quotient(arm, other, p):
    """log2 of the steps of one arm over those of another, a problem each."""
    return (tuned[arm, p][0] / tuned[other, p][0]).log2()


table = pd.DataFrame({f"p = {p}": {
    arm: 2 ** float(log_quotient(arm, "one layer", p).mean()) for arm in arms}
    for p in (2, 4)})
table.round(2)

# %% [markdown]
# As a picture, with two layers and AdaGrad as horizontal lines:

# %% tags=["hide-input"]
with figures.curves(
    "momentum",
    {f"p = {p}": {"momentum": (sorted(momenta), table[f"p = {p}"][sorted(momenta)])}
     for p in (2, 4)},
    "Momentum 0.5 is twice as fast as two layers with fourth powers.",
    sharey=False, xlabel=r"momentum $\mu$", ylabel="steps / steps of one layer",
    yscale="log", yticks=[0.2, 0.5, 1, 2, 3], yticklabels=["0.2", "0.5", "1", "2", "3"],
) as axes:
    [ax.minorticks_off() for ax in axes]
    [figures.level(axes[k], table.iloc[:, k][arm], arm, theory=False, linestyle=style)
     for k in (0, 1) for arm, style in (("two layers", "-."), ("AdaGrad", ":"))]

# %%
best = {p: min(momenta, key=lambda mu: table[f"p = {p}"][mu]) for p in (2, 4)}
ledger.judge({
    "37.4a": mean(log_quotient("two layers", "one layer", 4)),
    "37.4b": mean(log_quotient("two layers", "AdaGrad", 4)),
    "37.4c": mean(log_quotient("two layers", best[4], 4)),
    "37.4d": mean(log_quotient("two layers", "one layer", 2)),
})

# %% [markdown]
# ## Reading
#
# **With two targets the acceleration is a step size.** Depth multiplies the step of a small error by a power of the large target, and so bears a step that one layer
# does not. Its gain is $c_N(p)/2$, between 0.5 and 1.75 for two and three layers. It does not grow with the ratio of the targets, which is where the trouble came
# from: a problem that is many times worse for descent is as many times worse for a deep network. On regressions with fourth powers two layers gain about a factor of
# two, but three gain more still, which $c_N$ does not explain.
#
# **Against the paper.** Its experiments hold here: depth loses with squares, wins with fourth powers, and there beats AdaGrad, which itself is slower than descent.
# Its abstract says that depth can help more than some common acceleration schemes do. Of AdaGrad this is true; of momentum it is not, unless $\mu$ is badly chosen. At
# the customary $\mu=0.9$ it is about as fast as two layers, at $\mu=0.5$ or $0.7$ it needs less than half of their steps. With squares, well conditioned as they are
# here, $\mu=0.3$ halves the steps of descent and $\mu=0.9$ more than triples them.
#
# Where the loss has no minimum at all, the gain of depth is unbounded, though only a power of a logarithm: [notebook 38](38_logistic_rate.ipynb).
#
# **Limits.** "Safe" means safe from every small start. Above the first window of failures larger steps work again, up to $c=3.9$ for two layers, and a step tuned to a
# single start can be one of those. Where the targets are not very unlike, runs last some ten steps and the escape from the start decides: at $p=2.25$ and $\rho=24$
# depth loses far more than the formula says. Momentum on top of depth was not tried. The paper's own data (Gas Sensor Array) are not used, and the bodies of its
# proofs were not read.
#
# **Try.** `momenta = [0.0, 0.9, 0.95]`: 37.4c and 37.5i fail, since momentum has only its customary values. `depths = [2, 5]`: $c_5(4)$ has sunk to 2.2 and the gain
# with it. `ratios = [4, 8]`: the targets are less unlike, and 37.3a fails at the small powers.

# %% [markdown]
# ## 5. Checks
#
# First the rule of section 1. Without balance a network leaves it for good; and since balanced layers of different widths differ by rotations only, all widths give
# one product.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.5a | *control:* A network out of balance does not come nearer to the rule at smaller learning rates | mean ratio of the distances ≤ 1.5 | a distance that stays has ratio 1 | Ours |
# | 37.5b | All hidden widths give one and the same product, at any learning rate | largest distance ≤ 1e-12 | rounding of some hundred steps | Arora, Cohen and Hazan 2018, theorem 1 (statement, recalled) |
# | 37.5c | One layer takes the steps of the crawl formula at every ratio, p = 4 | largest distance of steps / formula from 1 ≤ 0.01 | descent on two separate coordinates | Ours |

# %%
def spread_of_widths(N):
    """Largest distance of the products of three hidden widths after a time of 2."""
    ends = []
    for width in (4, 8, 32):
        weights = ln.balanced_factors(0.3 * start, [5, *[width] * (N - 1), 4], rng)
        run = descend(ln.gradients, weights, problem=(target,), rule=Plain(rates[0]),
                      steps=round(2 / rates[0]))
        ends.append(ln.end_to_end(run.weights))
    return [(W - ends[0]).norm(dim=(1, 2)) for W in ends]


ledger.judge({
    "37.5a": mean(halving(0.3)),
    "37.5b": largest([spread_of_widths(N) for N in depths], rounding=True, of=problems),
    "37.5c": largest([
        (steps / crawl(1, 4.0, rho) - 1).abs()
        for steps, rho in zip(needed[1], ratios, strict=True)
    ], of=60, digits=1),
})

# %% [markdown]
# Next theorem 2. Were the rule a gradient, its integral round every loop would vanish. For one output and a constant slope $g$ it is
#
# $$\oint F\cdot dw=\frac{(N-1)(N-2)}{3N-2}\,|g|\,\bigl(R^{3-2/N}-r^{3-2/N}\bigr)(\cos\alpha_1-\cos\alpha_2)$$
#
# round the paper's loop, out along a ray from radius $r$ to $R$, along an arc, back along another ray. The condition $N>2$ of the theorem is
# needed: with two layers and a constant slope there is a potential.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.5d | At constant slope the loop integral is the closed form, one to eight layers | largest difference over \|g\| R^(3−2/N) ≤ 1e-9 | error of the quadrature | Ours |
# | 37.5e | At constant slope the loop integral of one and of two layers vanishes | largest integral over \|g\| R^(3−2/N) ≤ 1e-9 | error of the quadrature | Ours |
# | 37.5f | At constant slope the loop integral of three to eight layers does not vanish | smallest integral over \|g\| R^(3−2/N) ≥ 0.1 | the closed form gives 0.2 or more | Arora, Cohen and Hazan 2018, theorem 2 (statement, recalled) |

# %%
def loop(N):
    """Integrals round 25 loops over |g| R^(3-2/N), by quadrature and formula."""
    path = [torch.from_numpy(np.random.default_rng(seed).uniform(low, high, 25))
            for low, high in ((0.05, 0.3), (0.8, 2), (0, 1), (2, 3))]
    slope = torch.tensor([1.0, 0.0]).double()
    found = ac.loop_integral(lambda w: ac.row_field(w, slope.expand_as(w), N), *path)
    size = path[1] ** (3 - 2 / N)
    return found / size, ac.loop_formula(1.0, *path, N) / size


ledger.judge({
    "37.5d": largest([(loop(N)[0] - loop(N)[1]).abs() for N in range(1, 9)],
                     of=25, rounding=True),
    "37.5e": largest([loop(N)[0].abs() for N in (1, 2)], of=25, rounding=True),
    "37.5f": smallest([loop(N)[0].abs() for N in range(3, 9)], of=25),
})

# %% [markdown]
# Last the races: the power of $\rho$, the grid of learning rates, and momentum with squares.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 37.5g | Steps grow as ρ^(p − 2) at every depth, p = 4 | largest distance of the median exponent from 2 ≤ 0.1 | a gain in the exponent would be a half or more | Ours |
# | 37.5h | No method has its best learning rate at an end of the grid | share of problems ≤ 0.01 | a grid must contain its best; AdaGrad may be lucky anywhere | Ours |
# | 37.5i | Momentum at the best of its values needs fewer steps than descent, with squares | mean log2 of the quotient ≤ 0 | fewer is below 0 | Ours |

# %%
def ratio_exponent(N):
    """Median exponent of the steps as a power of rho."""
    x = np.log(ratios) - np.log(ratios).mean()
    return float((torch.from_numpy(x) @ needed[N].log()).nanmedian()) / (x @ x)


ledger.judge({
    "37.5g": largest([abs(ratio_exponent(N) - 2) for N in needed], of=60, digits=2),
    "37.5h": share([torch.isin(tuned[key][1], torch.from_numpy(grid[[0, -1]]))
                    for key in tuned], sample=False),
    "37.5i": mean(log_quotient(best[2], "one layer", 2)),
})

# %%
ledger.conclude()
