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
# # Gradient descent trains deep linear networks at a linear rate
#
# ![verdict](../figures/31_linear_convergence/verdict.svg)
#
# **Question.** The loss of a deep linear network is not convex and is full of saddles, some flat to second order.
# Why does plain descent train it all the same, and how fast?
#
# **Answer.** From balanced layers near the target, every step removes at least a fixed share of the loss, at depths 2 to 8. The slowest starts with one output remove
# only twice the promised share. Random starts are rarely near: three by three ones in 0.14%.
#
# ![decrease of the first step over the promise](../figures/31_linear_convergence/slack.svg)
#
# What the first step takes from the loss, divided by what lemma 1 promises: 100 starts in each cloud. From random starts it takes far more; only from the slowest
# ones, which we construct, does it come down to the two values predicted (dashed), $2N$ for a square network and 2 for one output.
#
# *Source:* Arora, Cohen, Golowich and Hu 2018, *A convergence analysis of gradient descent for deep linear
# neural networks* ([arXiv:1810.02281](https://arxiv.org/abs/1810.02281)), theorem 1 and lemma 1.
#
# Before: [28](28_bad_minimum.ipynb) · Next: [32](32_balancedness.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A linear network multiplies its input by $W=W_N\cdots W_1$, and on whitened data its loss is $\ell=\frac12\Vert W-\Phi\Vert_F^2$ for a target
# matrix $\Phi$. Descent moves all layers at once. We start in *balance*: all layers have the same singular values, and
# neighbours share their singular vectors.

# %%
import numpy as np


def product(layers):
    """W_N ... W_1 of 3 x 3 layers; the identity for none."""
    W = np.eye(3)
    for layer in layers:
        W = layer @ W
    return W


def balanced(W, N):
    """N layers with product W that share their singular values."""
    U, s, V = np.linalg.svd(W)
    root = np.diag(s ** (1 / N))
    return [root @ V, *[root] * (N - 2), U @ root]


# %% [markdown]
# One step of descent moves each layer against the error $E=W-\Phi$, seen through the other layers:


# %%
def losses(layers, Phi, eta, steps):
    """The loss at the start and after each step."""
    found = []
    for _ in range(steps + 1):
        E = product(layers) - Phi
        found.append((E**2).sum() / 2)
        layers = [
            w - eta * product(layers[j + 1 :]).T @ E @ product(layers[:j]).T
            for j, w in enumerate(layers)
        ]
    return np.array(found)


# %% [markdown]
# Take a target with singular values 1.4, 1 and 0.6, a start at the distance 0.5 from it, in all directions alike, four layers and the step size 0.05. Which share of
# the loss do 20 steps leave, and the next 20, and so on?

# %%
Phi = np.diag([1.4, 1, 0.6])
loss = losses(balanced(np.diag([1.11, 0.71, 0.31]), 4), Phi, 0.05, 160)
(loss[20::20] / loss[:-20:20]).round(3)

# %% [markdown]
# After a while always the same: in the language of optimization, a linear rate. Now a start at distance 0.8, farther than the target's smallest singular value. Its
# last entry has the wrong sign, and the loss comes to rest at $0.6^2/2=0.18$:

# %%
lost = losses(balanced(np.diag([1.4, 1, -0.2]), 4), Phi, 0.05, 160)
lost[20::20].round(3)

# %% [markdown]
# What the first start has and the second lacks is a **deficiency margin**
#
# $$c=\sigma_{\min}(\Phi)-\Vert W-\Phi\Vert_F>0.$$
#
# As long as the loss does not rise, this margin at the start keeps $\sigma_{\min}(W)\ge c$, so that no direction of the problem is ever lost. These are the numbers of
# the experiments that follow:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [2, 3, 4, 8]  # each in [2, 16]: depths N of the runs at practical step sizes
seeds = 100  # in [2, 5000]: networks for each of these depths
size = 5  # in [2, 12]: rows and columns d of the target
step_size = 0.1  # in (0, 0.3]: learning rate in units of 1/(N sigma_max^(2-2/N)), 1/largest curvature
theorem_depths = [2, 3]  # each in [2, 4]: depths N of the runs with the theorem's constants
theorem_seeds = 20  # in [2, 1000]: networks for each of these depths
margin_share = 0.9  # in (0, 1): margin c / sigma_min there; the steps grow as its power -4 and faster
reduction = 1e-3  # in [1e-12, 0.1]: final loss / initial loss asked for there
components = 20  # in [9, 100]: principal components of the digits
random_starts = 3000000  # in [500000, 100000000]: Gaussian matrices for each size of section 4

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("31_linear_convergence", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.descent import Plain, Record, descend
from lib.statistics import largest, mean, share, smallest
from lib.suite import figures
from lib.trajectories import linear_convergence as lc, margins as mg

import pandas as pd
import torch

figures.style()
rng, slow_rng = (np.random.default_rng(s) for s in (seed, [seed, 1]))

# %% [markdown]
# `lib` takes the same steps, for any widths and for hundreds of networks at once. Here it walks from the second start:

# %%
layers = tuple(torch.tensor(w)[None] for w in balanced(np.diag([1.4, 1, -0.2]), 4))
walk = descend(
    ln.gradients, layers, Plain(0.05), problem=(torch.from_numpy(Phi)[None],),
    steps=160, record=Record(range(161), lc.progress),
)  # fmt: skip
np.allclose(walk.records["loss"][:, 0], lost)

# %% [markdown]
# ## 1. The theorem with its own constants
#
# Balance need not be perfect. The *imbalance* is $\delta=\max_j\Vert W_{j+1}^\top W_{j+1}-W_jW_j^\top\Vert_F$. Theorem 1 says: if
#
# $$\delta\le\frac{c^2}{256N^3\Vert\Phi\Vert_F^{2(N-1)/N}}\quad\text{and}\quad\eta\le\frac{c^{(4N-2)/N}}{6144N^3\Vert\Phi\Vert_F^{(6N-4)/N}},$$
#
# then the loss is below $\epsilon$ from step $T=\log(\ell_0/\epsilon)\,/\,(\eta\,c^{2(N-1)/N})$ on. The step size is near $10^{-6}$, so $T$ is millions of steps.
# Layers that are diagonal in the target's singular bases stay so, and each mode is then a problem in $N$ numbers, so that even this run costs seconds only. It starts
# at the largest imbalance allowed, on $2\times2$ targets with singular values near 1.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.1a | With the step size and the imbalance of theorem 1, every network arrives by step T | largest steps needed / T ≤ 1 | one late network refutes it | Arora et al. 2018, theorem 1 (statement, recalled) |

# %%
theorem = {
    n: lc.theorem_run(n, theorem_seeds, margin_share, reduction, rng)
    for n in theorem_depths
}

# %% [markdown]
# The smallest $T$ of all networks, and the largest share of its $T$ that any of them needs:

# %%
pd.DataFrame({
    f"N = {n}": {"T": f"{run.bound.min():.2g}",
                 "steps needed / T": f"{(run.needed / run.bound).max():.3f}"}
    for n, run in theorem.items()
})  # fmt: skip

# %% [markdown]
# The loss against the share of $T$ that has passed: the band holds all networks, the line is the median.

# %% tags=["hide-input"]
with figures.curves(
    "theorem_constants",
    {"": {f"N = {n}": (run.steps / float(run.bound.max()),
                       run.loss.where(run.loss > reduction / 4, np.nan))
          for n, run in theorem.items()}},
    "Loss against step / T at the theorem's constants: far below the promise.",
    band=(0, 1), xlabel="step / largest T", ylabel=r"loss $\ell/\ell_0$", yscale="log",
    xlim=(0, 1.05), ylim=(reduction / 10, 2), legend="upper right",
) as axes:
    figures.predicted(axes[0], [0, 1], [1, reduction], "promised")

# %%
ledger.judge({
    "31.1a": largest([run.needed / run.bound for run in theorem.values()]),
})

# %% [markdown]
# ## 2. The slowest starts
#
# A bound that is kept four times over may have the wrong form: with $c$ near $\sigma_{\min}$, any power of $c$ would do. So we look
# for the starts from which descent is slowest. The engine of the proof is lemma 1: each step takes at least
#
# $$\frac\eta2\,\sigma_{\min}(W)^{2(N-1)/N}\,\Vert W-\Phi\Vert_F^2$$
#
# from the loss. In a square network, put the whole error on the weakest pair of singular vectors. There each of the $N$ layers contributes
# $\sigma_{\min}(W)^{2(N-1)/N}$, while the proof counts one of them and halves it: the promise is too small by $2N$. With one output, turn $W$ away from $\Phi$ until
# the error is at right angles to $W$. Only $W_1$ can reach that error, and the proof loses no more than the factor one half: the promise is too small by 2.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.2a | From the slowest starts, at its own constants, T is too long by the predicted factor | largest relative difference of a mean ≤ 0.01 | σ_min(W) grows by up to 0.5% meanwhile | Ours, after Arora et al. 2018, theorem 1 (recalled) |
# | 31.2b | From the slowest starts of every depth, the first step takes 2N times what lemma 1 promises if the network is square, and twice that with one output | largest relative difference of a mean ≤ 0.005 | the step is 1/1000 of the inverse curvature | Ours, after Arora et al. 2018, lemma 1 (read) |
#
# First theorem 1, with margins from $0.5$ to $0.9\,\sigma_{\min}$, until the loss has fallen by one percent, so that $\sigma_{\min}(W)$ hardly has time to move. $T$
# divided by the steps needed should be $2N$ in a square network and $2(\sigma_{\min}(W)/c)^{2(N-1)/N}$ with one output.

# %%
slowest = {
    f"{name}, N = {n}": lc.slowest_run(n, outputs, theorem_seeds, slow_rng)
    for n in theorem_depths
    for outputs, name in ((2, "square"), (1, "one output"))
}

# %% [markdown]
# This factor, measured over predicted, with its interval:

# %%
excess = {
    name: mean(run.promised / run.steps / run.predicted, digits=4)
    for name, run in slowest.items()
}
excess

# %% [markdown]
# Then the first step, for all depths, with margins from 0.02 to 0.9 of $\sigma_{\min}$. Beside it, for section 3, random starts inside the margin at practical step
# sizes.

# %%
practical = {n: lc.practical_run(n, size, seeds, step_size, rng) for n in depths}
first_step = {
    n: {"one output": lc.slowest_ratio(n, size, 1, seeds, slow_rng),
        "square": lc.slowest_ratio(n, size, size, seeds, slow_rng),
        "random start, square": practical[n].ratio[0]}
    for n in depths
}  # fmt: skip

# %% [markdown]
# The decrease of the loss divided by the promised one, means:

# %%
pd.DataFrame({
    n: {name: float(ratio.mean()) for name, ratio in found.items()}
    for n, found in first_step.items()
}).rename_axis(columns="N").round(2)

# %% [markdown]
# Every start as a point (the key figure):

# %% tags=["hide-input"]
def cloud(ax, name, shift, label):
    """Every seed of every depth as a point, beside the others of its depth."""
    x = [k + shift + np.linspace(-0.06, 0.06, seeds) for k in range(len(depths))]
    y = torch.cat([first_step[n][name] for n in depths])
    figures.measured(ax, np.ravel(x), y, label, joined=False, ms=3, alpha=0.5)


with figures.curves(
    "slack", {"": {}},
    "First steps over lemma 1: random starts high, the slowest at 2N and 2 exactly.",
    yscale="log", xticks=range(len(depths)), xticklabels=[f"N = {n}" for n in depths],
    ylabel="decrease of the first step / promise", legend="upper left", ylim=(0.8, 300),
) as axes:
    cloud(axes[0], "random start, square", -0.2, "random start, square")
    cloud(axes[0], "square", 0, "slowest start, square")
    cloud(axes[0], "one output", 0.2, "slowest start, one output")
    figures.predicted(axes[0], range(len(depths)), [2 * n for n in depths], "2N, and 2")
    figures.level(axes[0], 2)
    figures.level(axes[0], 1, "promised by lemma 1", theory=False)

# %%
ledger.judge({
    "31.2a": largest([abs(s.measured - 1) for s in excess.values()], digits=2),
    "31.2b": largest([
        abs(found[name].mean() / factor - 1)
        for n, found in first_step.items()
        for name, factor in (("square", 2 * n), ("one output", 2))
    ], digits=2),
})  # fmt: skip

# %% [markdown]
# So the power of $c$ in $T$ is right, as the square networks show, and no more than one layer may be counted, as those with one output show. Only the factor 2 could
# go, for steps that tend to 0.

# %% [markdown]
# ## 3. Practical steps, and how much imbalance is too much
#
# Now the start is as the theorem asks (margin from 0.1 to 0.9 of $\sigma_{\min}$, imbalance exactly its $\delta$), but the steps are a tenth of the inverse of the
# largest curvature: hundreds of thousands of times what the theorem allows. Late in a run the logarithm of the loss should fall by $-2\ln(1-\eta\lambda)$ a step, with
# $\lambda=N\sigma_{\min}^{2(N-1)/N}$ the smallest curvature at the minimum.
#
# The theorem's $\delta$ is tiny, too. How much imbalance is too much? Take one output and the error at right angles to $W$, which $W_1$ alone can mend, at the pace
# $b^{2(N-1)}$, where $b$ is the size of every layer above. Let $W_1$, of size $a_1$, be larger than these by the imbalance $D=a_1^2-b^2$. Then $b$ must be smaller,
# since $a_1b^{N-1}=|W|$, and the pace falls. It is down to the half that lemma 1 promises at
#
# $$D=|W|^{2/N}\bigl(2-2^{-1/(N-1)}\bigr).$$
#
# Beyond this imbalance the lemma's promise is false: there is a start that breaks it with the first step, however small.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.3a | At practical step sizes every step of every network takes at least what lemma 1 promises | smallest decrease / promised ≥ 1 | one step refutes it | Arora et al. 2018, lemma 1 (statement, read) |
# | 31.3b | Late in a run the logarithm of the loss falls at the pace of the smallest curvature | largest relative difference of a median ≤ 0.01 | where two curvatures are close the slower is not alone yet | Ours |
# | 31.3c | From the slowest starts of one output, the imbalance of W_1 at which lemma 1 begins to fail is that of the formula | largest relative difference ≤ 0.005 | a finite step moves it by 0.001 | Ours |
#
# We find this edge by trial, with 40 halvings of an interval for each of the slowest starts of one output. Below it, the formula and the imbalance that the theorem
# allows if the target is 1 and $c=1$:

# %%
edges = {n: lc.measured_imbalance_edge(n, size, seeds, slow_rng) for n in depths}
pd.DataFrame({
    n: {"edge / |W|^(2/N), by trial": round(float((edge / norm ** (2 / n)).mean()), 4),
        "by formula": round(lc.imbalance_edge(1.0, n), 4), "theorem 1": float(
            f"{ln.convergence_guarantee(torch.eye(1).double(), n, 1.0).imbalance:.1g}")}
    for n, (edge, norm) in edges.items()
}).rename_axis(columns="N")

# %% [markdown]
# Every step of the runs, as decrease over promise: all networks as a band, the median as a line. Dotted: $2N$, to which the ratio comes down in the end, when the
# weakest pair of singular vectors is all that remains of the error.

# %% tags=["hide-input"]
with figures.curves(
    "practical_steps",
    {"": {f"N = {n}": (range(200), run.ratio[:200]) for n, run in practical.items()}},
    "Every step takes more than lemma 1 promises; in the end 2N times as much.",
    band=(0, 1), width=7.5, yscale="log", xlim=(-5, 230), ylim=(0.5, 60),
    xlabel="step", ylabel="decrease / promise", legend="lower left",
) as axes:
    for n in depths:
        figures.level(axes[0], 2 * n, theory=False, of=f"N = {n}")
    figures.level(axes[0], 1, "promised by lemma 1")

# %%
ledger.judge({
    "31.3a": smallest([r.ratio.nan_to_num(np.inf).amin(0) for r in practical.values()]),
    "31.3b": largest(
        [((r.late_slope / r.predicted_slope).nanmedian() - 1).abs()
         for r in practical.values()], of=seeds, digits=1,
    ),
    "31.3c": largest(
        [(e / lc.imbalance_edge(norm, n) - 1).abs() for n, (e, norm) in edges.items()],
        digits=1,
    ),
})  # fmt: skip

# %% [markdown]
# ## 4. How many starts have a margin?
#
# The paper says that a random balanced start has a margin with positive probability. How large is it? Its recipe chooses $W$ first, with
# Gaussian entries of some scale $s$, and splits it into balanced layers. Then $\Vert W-\Phi\Vert_F^2/s^2$ is a noncentral chi-square variable, and the
# probability that $\Vert W-\Phi\Vert_F<\sigma_{\min}$ is its distribution function: for the identity in $d$ dimensions
#
# $$P(c>0)=F_{\chi'^2}\bigl(1/s^2;\ d^2,\ d/s^2\bigr),$$
#
# with $d^2$ degrees of freedom and noncentrality $d/s^2$. Of all square targets the identity is the most favourable one.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.4a | The share of Gaussian starts that have a margin is that of the noncentral chi-square | largest relative difference ≤ 0.06 | four errors of a share of 4,000 hits | Ours, after Arora et al. 2018 (read) |
#
# At the best scale $s$ for two and three dimensions, and in two also at half and twice the best scale:

# %%
best = {d: mg.best_margin_scale(torch.eye(d).double()) for d in range(1, 11)}
margins = pd.DataFrame([
    {"d": d, "s": factor * best[d][0],
     "share": mg.starts_with_margin(torch.eye(d).double(), factor * best[d][0],
                                    random_starts, slow_rng) / random_starts,
     "formula": mg.margin_probability(torch.eye(d).double(), factor * best[d][0])}
    for d, factor in ((2, 1 / 2), (2, 1), (2, 2), (3, 1))
])  # fmt: skip
margins.round(5)

# %% [markdown]
# And at the best scale of every dimension:

# %% tags=["hide-input"]
with figures.curves(
    "margin", {"": {}},
    "The best probability of a margin falls from a half to 1e-51 in ten dimensions.",
    width=6.5, height=3.2, yscale="log", xlabel="dimension d of a square network",
    ylabel="probability of a margin", xticks=range(1, 11),
) as axes:
    figures.predicted(axes[0], [*best], [p for _, p in best.values()], "formula")
    at_best = margins.iloc[[1, 3]]
    figures.measured(axes[0], at_best.d, at_best.share, "measured", joined=False)

# %%
ledger.judge({
    "31.4a": largest((margins.share / margins.formula - 1).abs(),
                     of=random_starts, digits=1),
})  # fmt: skip

# %% [markdown]
# ## Reading
#
# **The theorem holds, and its rate has the right form.** Run with its own constants, even the slowest of the networks arrives four times (two layers) or six times
# (three) earlier than promised. A factor of two of that is the price of discrete steps. The rest depends on the network: if it is square, each of the $N$ layers
# contributes as much as the one that the proof counts; with a single output there are errors that $W_1$ alone can mend, and nothing is left to gain.
#
# **The constants of step size and imbalance are another matter.** They are sufficient and far from necessary. At steps a hundred thousand times larger each step still
# takes more than the promise, and the smallest imbalance at which we can break a promise is thousands of times larger than the one allowed: at two layers it is
# $1.5\,|W|$. A theorem with $N^2$ for $N^3$ in its $\delta$ would pass every row.
#
# **The loss is a square, which has a minimum.** The logistic loss of separable classes has none, and there the same networks have the rate 1/t ([notebook
# 38](38_logistic_rate.ipynb)).
#
# **The labels are exact.** Under label noise layers leave balance, unless there are as many inputs as outputs ([notebook 39](39_conserved_balance.ipynb)).
#
# **A margin is rare.** Nearly all random square starts are outside the theorem, from four dimensions on in practice all of them. And yet about half of all balanced
# starts converge: those whose determinant has the target's sign ([notebook 33](33_deficiency_margin.ipynb)). With one output a margin is no rarity ([notebook
# 34](34_balanced_initialization.ipynb)).
#
# **Against the paper.** We disagree with no statement. The numerical constants (256, 6144) are those that public course notes quote from it.
#
# **Limits.** Section 1 runs on $2\times2$ targets near the identity, with diagonal layers. All networks are linear, all data whitened. Notebooks
# [32](32_balancedness.ipynb) and [33](33_deficiency_margin.ipynb) take each assumption away.
#
# **Try.** `margin_share = 0.6`: more room everywhere; the promise grows faster than the steps needed. `step_size = 0.3`: less room, and the
# smallest cut is still more than three times the promise. `depths = [16]`: it is about thirty times the promise.

# %% [markdown]
# ## 5. Checks
#
# First, what the proof keeps in check along the way, at the theorem's steps and at practical ones. The targets of section 3 have singular values from 0.6 to 1.4, each
# a good way from the next, since equal values have no vectors to align. Neighbouring gradients satisfy $W_{j+1}^\top g_{j+1}=g_jW_j^\top$, so the first-order change
# of the imbalance cancels, and what it drifts over a fixed time is proportional to $\eta$: we compare $\eta/8$ with $\eta/16$.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.5a | At the theorem's constants the smallest singular value of W stays above c | smallest σ_min(W) / c ≥ 1 | the bound of the paper | Arora et al. 2018, claim 1 (statement, read) |
# | 31.5b | At the theorem's constants the imbalance hardly moves, where 2δ is allowed | largest imbalance / δ − 1 ≤ 0.01 | drift is of second order in the step | Arora et al. 2018, theorem 1 (statement, read) |
# | 31.5c | At practical steps the smallest singular value of W stays above c | smallest σ_min(W) / c ≥ 1 | the bound of the paper | Arora et al. 2018, claim 1 (statement, read) |
# | 31.5d | From 1e-6 to 1e-14 the logarithm of the loss is a straight line | share of runs with R² ≥ 0.99, this share ≥ 0.98 | one run in hundreds is still turning | Ours |
# | 31.5e | Layers share their singular values all along | largest relative difference ≤ 0.001 | ours; 0.1 would be no sharing | Arora et al. 2018, section 4 (statement, recalled) |
# | 31.5f | Singular vectors of neighbouring layers stay aligned all along | smallest cosine ≥ 0.999 | ours; angles of three degrees | Arora et al. 2018, section 4 (statement, recalled) |
# | 31.5g | Over a fixed time, half the step gives half the drift of the imbalance | mean ratio 2 ± 0.02 | the next order is a hundredth | Ours |

# %%
run = practical[depths[0]]
drift, half_drift = (
    lc.imbalance_drift(run.weights, run.target, run.rate / h, 100 * h) for h in (8, 16)
)
ledger.judge({
    "31.5a": smallest([r.kept for r in theorem.values()], digits=4),
    "31.5b": largest([r.imbalance - 1 for r in theorem.values()], rounding=True),
    "31.5c": smallest([r.kept.amin(0) for r in practical.values()]),
    "31.5d": share([r.straight >= 0.99 for r in practical.values()]),
    "31.5e": largest([r.spread.amax(0) for r in practical.values()]),
    "31.5f": smallest([r.alignment.amin(0) for r in practical.values()]),
    "31.5g": mean(drift / half_drift, digits=4),
})

# %% [markdown]
# The bound $2\delta$ itself does not hold at practical steps. The largest imbalance along the way divided by $\delta$ (median of the networks), by depth:

# %%
{n: f"{r.imbalance.amax(0).median():.0e}" for n, r in practical.items()}

# %% [markdown]
# Then real data. After whitening, regression on 5,000 handwritten digits *is* the matrix problem with $\Phi=YX^\top/m$, plus a constant. We descend on the
# images and on the matrix, from the same four starts; here the target is wide and the layers narrow from 20 to 12 to 9. (The labels
# are the indicators of nine classes. With all ten, $\Phi$ loses a rank, since they sum to one, and no margin could be positive.)
#
# And the control: the starts of section 3 with one unit taken out of every hidden layer. Then $W$ has rank $d-1$ at most, there is no margin, and the loss cannot
# fall below $\sigma_{\min}^2/2$, that of the best matrix of this rank (Eckart and Young).
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 31.5h | On whitened images the loss is that of the matrix problem plus a constant, all along | largest difference ≤ 1e-10 | rounding, far below the loss | Arora et al. 2018, section 2 (statement, read) |
# | 31.5i | On digits the logarithm of the loss falls no slower than guaranteed | smallest fall / guaranteed ≥ 1 | one run refutes it | Arora et al. 2018, lemma 1 (statement, read) |
# | 31.5j | *identity:* With one hidden unit too few the loss stays above that of the best matrix of rank d − 1 | smallest loss / (σ_min²/2) ≥ 1 | Eckart and Young 1936 | Arora et al. 2018, section 3 (statement, recalled) |
# | 31.5k | *control:* At full width the starts of 31.5j go far below this loss | largest final loss / (σ_min²/2) ≤ 1e-6 | ours; six decades are no floor | Arora et al. 2018, theorem 1 (statement, read) |

# %%
whitened = lc.whitened_run(components, step_size, rng)
too_narrow, wide = lc.rank_floor_runs(practical[depths[0]])
gap = whitened.on_images - whitened.on_matrix - whitened.constant
ledger.judge({
    "31.5h": largest(gap.abs(), of=1, rounding=True),
    "31.5i": smallest(whitened.pace, of=1),
    "31.5j": smallest(too_narrow.amin(0)),
    "31.5k": largest(wide[-1].clamp(min=1e-20)),
})

# %%
ledger.conclude()
