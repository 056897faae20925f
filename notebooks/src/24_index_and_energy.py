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
# # The higher a critical point lies, the more ways lead down
#
# ![verdict](../figures/24_index_and_energy/verdict.svg)
#
# **Question.** In high dimension, is a critical point of high loss almost surely a saddle? The claim is that the **index**,
# the number of directions that curve down, is tied to the height.
#
# **Answer.** Yes. For random fields on a sphere the tie is a formula, with a root mean square error below one direction. In a small nonlinear network
# nearly every critical point above the best one found is a saddle; a few are bad minima.
#
# ![index fraction against energy](../figures/24_index_and_energy/index_and_energy.svg)
#
# Each mark is a critical point. Left: a pure 3-spin glass. Middle: a mixed model against the energy. Right: the same points against the radial
# derivative, the slope along the radius, where they scatter less.
#
# *Source:* Dauphin, Pascanu, Gulcehre, Cho, Ganguli and Bengio 2014, *Identifying and attacking the saddle point problem*
# ([arXiv:1406.2572](https://arxiv.org/abs/1406.2572)), figure 1; Bray and Dean 2007, *Statistics of critical points of
# Gaussian fields on large-dimensional spaces* ([cond-mat/0611023](https://arxiv.org/abs/cond-mat/0611023)).
#
# Before: [23](23_network_loss_bands.ipynb) · Next: [25](25_saddles.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in twenty lines
#
# The energy is that of [notebook 22](22_energy_bands.ipynb): $H=\frac1n\sum J_{ijk}x_ix_jx_k$ with random $J$, on the sphere $|x|^2=n$. A point where
# the slope along the sphere vanishes is critical. Descent finds only minima, so we let the *squared slope* descend, by Newton's
# method with damping: it is zero at every critical point, whatever its index.

# %%
from itertools import permutations

import numpy as np


def glass(n, rng):
    """Symmetric couplings J of a 3-spin glass."""
    J = rng.standard_normal((n, n, n)) / n
    return sum(J.transpose(order) for order in permutations(range(3))) / 6


def bend(J, x):
    """Energy of each spin, slope along the sphere, and curvature there."""
    n, g = len(x), 3 * J @ x @ x
    P = np.eye(n) - np.outer(x, x) / n
    return g @ x / (3 * n), P @ g, P @ (6 * J @ x) @ P - (g @ x / n) * P


# %% [markdown]
# The energy and the index that one search finds:

# %%
def search(J, x, steps=60, damping=1.0):
    """A critical point (energy, index) reached from x, or None."""
    for _ in range(steps):
        u, g, C = bend(J, x)
        y = x - np.linalg.solve(C @ C + damping * np.eye(len(x)), C @ g)
        y *= np.sqrt(len(x) / (y @ y))
        better = np.linalg.norm(bend(J, y)[1]) < np.linalg.norm(g)
        x, damping = (y, damping / 5) if better else (x, damping * 4)
    curves_down = int((np.linalg.eigvalsh(C) < -1e-6).sum())
    return (round(float(u), 2), curves_down) if np.linalg.norm(g) < 1e-6 else None


search(glass(9, np.random.default_rng(0)), 3 * np.eye(9)[0])

# %% [markdown]
# The distinct critical points that forty searches find, from low to high, in a glass of 9 spins:

# %%
def points(n, seed, starts=40):
    """Distinct critical points (energy, index), sorted."""
    rng = np.random.default_rng(seed)
    J, x = glass(n, rng), rng.standard_normal((starts, n))
    x *= np.sqrt(n / (x**2).sum(1, keepdims=True))
    return sorted({search(J, start) for start in x} - {None})


points(9, 0)

# %% [markdown]
# And in another glass:

# %%
points(9, 1)

# %% [markdown]
# The higher, the more directions lead down. (Every point has a mirror image: $-x$ turns the energy and the curvature upside down.)
# These are the numbers of this notebook, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
size = 40  # in [10, 200]: spins n of the main experiments
draws = 24  # in [5, 1000]: draws of the couplings for each experiment at this size
starts = 30  # in [5, 1000]: searches in each draw
walk = 20  # in [1, 1000]: steps of descent or ascent before a search, fewer than this
mixed_walk = 60  # in [1, 1000]: the same on the mixed models
small_draws = 1200  # in [20, 5000]: draws in which all points of four spins are found
data_sets = 12  # in [3, 50]: sets of digits for the network
networks = 60  # in [10, 1000]: searches for each set
hidden_units = 4  # in [1, 10]: tanh units of the network
weight_decay = 1e-3  # in [1e-4, 1e-2]: of its loss; keeps critical points at finite weights

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("24_index_and_energy", globals())  # reads and checks the parameters

from lib import data
from lib.landscapes import (
    complexity as cx,
    critical_points as cp,
    perceptrons,
    spin_glass as sg,
)
from lib.statistics import bootstrap_interval, mean, ratio, share, value
from lib.suite import figures

import pandas as pd
import torch
from scipy.stats import rankdata

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` computes the same for any number of factors and many searches at once:

# %%
all(
    np.allclose(mine, theirs(sg.from_tensor(torch.from_numpy(8 * J)), x))
    for J, x in [(glass(8, rng), sg.random_spins(8, (), rng))]
    for mine, theirs in zip(
        bend(J, x.numpy()), (sg.energy, sg.gradient, sg.sphere_hessian), strict=True
    )
)

# %% [markdown]
# ## 1. The pure model
#
# At a point of energy $u$ the curvature along the sphere is a random symmetric matrix, whose eigenvalues fill a semicircle of radius $2\sqrt{p(p-1)}$
# shifted by $-pu$. The share of them below zero is $F_{sc}(u/E_\infty)$, with $F_{sc}$ the distribution function of the semicircle
# on $[-1,1]$ and $E_\infty=2\sqrt{(p-1)/p}$. At finite $n$ the mean index is half a direction less than $n$ times that:
#
# $$k\approx n\,F_{sc}(u/E_\infty)-\tfrac12.$$
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 24.1a | The index of a critical point of the pure 3-spin glass is n F_sc(u/E_∞) − 1/2 | largest mean square difference, in squared directions, of three sizes ≤ 1 | one direction, at any size | Bray and Dean 2007 (statement, recalled) |
# | 24.1b | The scale of energy that fits the index fractions best is E_∞ | scale / E_∞ 1 ± 0.015 | a threshold 2% off must fail | Bray and Dean 2007 (statement, recalled) |
#
# A search begins up to 20 steps of descent, or of ascent, away from a uniform point: that spreads the energies. Points of
# one glass are not independent: the glasses, random couplings each, are the sample.

# %%
def searched(n, covariance, number, walk):
    """Critical points of a model from random draws of its couplings."""
    seeds = rng.integers(2**32, size=number)
    models = [sg.mixed_couplings(n, covariance, int(s)) for s in seeds]
    return cp.spin_glass_points(models, starts, rng, walk=walk)

# %% [markdown]
# At three sizes:

# %%
pure = {
    n: searched(n, {3: 1.0}, number, walk)
    for n, number in (
        (size // 2, 2 * draws), (size, draws), (2 * size, max(5, draws // 3)),
    )
}  # fmt: skip
pd.DataFrame({
    n: [p.converged.numel(), int(p.converged.sum()), len(p.energy)]
    for n, p in pure.items()
}, ["searches", "converged", "distinct points"]).T  # fmt: skip

# %% [markdown]
# For the scale of energy the law is inverted: an index $k$ gives the height $F_{sc}^{-1}((k+\frac12)/n)$. A line through the origin is fitted to
# heights against energies in units of $E_\infty$, away from the ends, where a fraction is 0 or 1; the scale is one over its slope.

# %%
def misses(n):
    """Index less law, in directions, at the points found among n spins."""
    law = n * cx.index_share(pure[n].energy, 3) - 0.5
    return pure[n].index_fraction * (n - 1) - law


def heights(n):
    """(u², u × height by the index, draw), u in units of E_∞, |u| < 0.8."""
    grid = torch.linspace(-1, 1, 4001, dtype=torch.float64)
    u = pure[n].energy / cx.threshold_energy(3)
    k = pure[n].index_fraction * (n - 1)
    height = torch.from_numpy(np.interp((k + 0.5) / n, cx.semicircle_share(grid), grid))
    return [x[u.abs() < 0.8] for x in (u * u, u * height, pure[n].draw)]


{n: round(float(misses(n).abs().max()), 1) for n in pure}

# %% [markdown]
# This is the largest difference from the law at each size, in directions. The mean square, in directions squared:

# %%
worst = max(pure, key=lambda n: misses(n).square().mean())
pd.Series({n: round(float(misses(n).square().mean()), 2) for n in pure}).to_frame(
    "mean square difference, in squared directions"
).T

# %%
ledger.judge({
    "24.1a": mean(misses(worst) ** 2, groups=pure[worst].draw),
    "24.1b": ratio(*heights(size)[:2], groups=heights(size)[2]),
})

# %% [markdown]
# All this is about the points that the search finds. After a long walk down it finds only low ones, chosen for their low index: with `walk = 300` the
# scale is 0.97, and with `walk = 1000` at 20 spins 0.89.
#
# ## 2. What the index follows is the radial derivative
#
# Let the energy be any Gaussian random function with covariance $n\,\xi(x\cdot y/n)$; $\xi=t^p$ is the pure model. Write
# $\rho=x\cdot\nabla H/n$ for the **radial derivative**. In the pure model $\rho=pu$ everywhere; in a mixed one $u$ and $\rho$ are a pair of
# correlated Gaussian numbers, and only $\rho$ shifts the curvature:
#
# $$k\approx n\,F_{sc}(\rho/R)-\tfrac12,\qquad R=2\sqrt{\xi''},$$
#
# at any point, critical or not ($\xi,\xi',\xi''$ are taken at $t=1$).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 24.2a | In the field (t + t³)/2 the index of a critical point is n F_sc(ρ/R) − 1/2 | mean square difference, in squared directions ≤ 0.72 | 0.85 of one direction; K times the energy misses by more | Ours, after Bray and Dean 2007 (recalled) |
#
# What is special about critical points is *which* $\rho$ goes with an energy: an ordinary point has $\rho\approx(\xi'/\xi)u$, a critical one
#
# $$\rho\approx Ku,\qquad K=\frac{2\xi'\xi''}{\xi\xi''-\xi\xi'+\xi'^2},$$
#
# since the density of critical points favours large curvature. We search two models at 40 spins: $(t^2+t^3)/2$, and a field, $(t+t^3)/2$,
# where $K=2.4$ differs most from the 2 of ordinary points.

# %%
mixed = searched(size, {2: 0.5, 3: 0.5}, draws, mixed_walk)
field = searched(size, {1: 0.5, 3: 0.5}, draws, mixed_walk)
laws = {
    "mixed": sg.index_law({2: 0.5, 3: 0.5}), "field": sg.index_law({1: 0.5, 3: 0.5}),
}  # fmt: skip
pd.DataFrame({
    name: {"K": law.radial_given_energy, "slope of ordinary points": law.ordinary_slope}
    for name, law in laws.items()
}).round(3)

# %% [markdown]
# In the next picture the left panel shows the pure model. The other panels show the points of the field twice, against $u$ and against $\rho/K$. The
# dotted curve has the slope of ordinary points.

# %% tags=["hide-input"]
def show(ax, x, p, law, title, label):
    """Index fractions of up to 200 points, and the law."""
    few, line = slice(None, None, len(x) // 200 + 1), torch.linspace(-1.75, 1.75, 99)
    dots = {"joined": False, "mfc": "none", "ms": 3.5}
    figures.measured(ax, x[few], p.index_fraction[few], "critical point", **dots)
    figures.predicted(ax, line, law.index_at_energy(line), "law")
    ax.set(title=title, xlabel=label)

# %% [markdown]
# Up to 200 of the points found in each panel:

# %% tags=["hide-input"]
fig, axes = figures.panels(3, sharey=True, height=3.8)
show(axes[0], pure[size].energy, pure[size], sg.index_law({3: 1.0}), "p = 3", "u")
show(axes[1], field.energy, field, laws["field"], r"$\xi=(t+t^3)/2$", "u")
show(axes[2], field.radial / laws["field"].radial_given_energy, field, laws["field"],
     r"$\xi=(t+t^3)/2$", r"$\rho/K$")
figures.guide(axes[1:2], "slope of ordinary points", torch.linspace(-1.75, 1.75, 99), [
    cx.semicircle_share(2 * torch.linspace(-1.75, 1.75, 99) / laws["field"].radius)
])  # fmt: skip
axes[0].set(ylabel="index / (n - 1)")
figures.save(fig, "index_and_energy", "Index fractions lie on the curves.")

# %%
ledger.judge({
    "24.2a": mean(
        (field.index_fraction * (size - 1) + 0.5
         - size * laws["field"].index_at_radial(field.radial)) ** 2,
        groups=field.draw,
    ),
})  # fmt: skip

# %% [markdown]
# ## 3. All critical points of four spins
#
# A search does not bring back a fair sample, so at 40 spins the slope describes the search. At four spins we find *all* critical points of the field,
# or nearly all: Morse theory says that in each glass as many must be of even index as of odd, and the glasses that fail are searched again. Three
# numbers are known exactly there (`critical_moments`).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 24.3a | A field of four spins has the expected number of critical points, 12.98 | number found / expected 1 ± 0.08 | glasses differ by half; five standard errors | Ours, after Bray and Dean 2007 (recalled) |
# | 24.3b | The slope of ρ on u over all critical points of four spins is the exact one, 2.249 | slope / exact 1 ± 0.03 | ordinary points are 11% off | Ours |
# | 24.3c | The spread of ρ about that line exceeds that of uniform points by the exact factor, 1.060 | factor / exact 1 ± 0.03 | half of the way to no difference | Ours |
#
# Critical and uniform points of the *same* glasses are compared: their spreads vary together from glass to glass, so that their ratio is
# known better than either.

# %%
every = cp.complete_critical_points(
    sg.mixed_couplings(4, {1: 0.5, 3: 0.5}, rng.integers(2**32, size=small_draws)),
    100, rng,
)  # fmt: skip
exact = sg.critical_moments({1: 0.5, 3: 0.5}, 4)  # number, slope, spread
share(cp.morse_sum(every, 4) == 0, digits=3)

# %% [markdown]
# The slope of $\rho$ on $u$ is that of a line through the origin; the spread is that of $\rho$ about the line. Sums are kept for each glass, since the
# intervals resample glasses:

# %%
def sums(u, r):
    """Sums of u rho, u², rho² and 1 over the points of each draw of four spins."""
    uniform = torch.arange(small_draws).repeat_interleave(100)
    draw = every.draw if u.ndim == 1 else uniform
    u, r = u.flatten(), r.flatten()
    terms = torch.stack([u * r, u * u, r * r, torch.ones_like(u)], 1)
    return terms.new_zeros(small_draws, 4).index_add(0, draw, terms)

# %% [markdown]
# The factor of 24.3c, measured over exact:

# %%
def spread_factor(t):
    """Spread of rho about its line, critical / uniform points, measured / exact."""
    cross, uu, rr, count = t.sum(0).reshape(2, 4).T
    critical, uniform = np.sqrt((rr - cross**2 / uu) / count)
    return critical / uniform / (exact[2] / 0.5)


# %% [markdown]
# The slopes at four spins. Below them the starts at 40 spins: their walk alone, before any search, gives them a slope near $K$.

# %%
fourfold = [
    sums(every.energy, every.radial), sums(every.begin_energy, every.begin_radial),
]  # fmt: skip
pd.Series(
    [float(t[:, 0].sum() / t[:, 1].sum()) for t in fourfold]
    + [float((p.begin_energy * p.begin_radial).sum() / p.begin_energy.square().sum())
       for p in (field,)],
    ["all critical points", "uniform points", f"{size} spins: starts after a walk"],
).round(3).to_frame("slope of ρ on u")  # fmt: skip

# %%
ledger.judge({
    "24.3a": mean(fourfold[0][:, 3] / exact[0]),
    "24.3b": ratio(fourfold[0][:, 0] / exact[1], fourfold[0][:, 1]),
    "24.3c": value(
        spread_factor(torch.cat(fourfold, 1).numpy()), of=small_draws,
        interval=bootstrap_interval(torch.cat(fourfold, 1), spread_factor, seed),
    ),
})

# %% [markdown]
# ## 4. A small network
#
# None of this was about networks. So we take real digits, 3 and 9 against 5 and 8: 120 images in a data set, five principal components, four tanh
# units, one logistic output; the loss is half the mean square error plus weight decay. Nothing here is Gaussian or large, so there is no curve to
# match. The conjecture of Choromanska and others says only: *nearly all critical points but the best are saddles*.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 24.4a | Nearly all critical points of the network above the best one found have a direction that curves down | mean share over data sets ≥ 0.9 | what "nearly all" means | Choromanska et al. 2015 (statement, abstract) |
# | 24.4b | The loss of the network's critical points rises with their index, mean over data sets | rank correlation ≥ 0 | any rise counts | Dauphin et al. 2014, figure 1 (statement, recalled) |
#
# Critical points that differ only by the order of units or by signs count once. A unit with all weights zero is *silent*: such a point belongs to a
# smaller network, which tends to raise its loss, and silent units may offer ways down, which raises its index. So section 5 asks again without them.

# %%
def landscape():
    """Critical points of a network on 120 of the digits."""
    images, labels = data.digits()
    known = np.flatnonzero(np.isin(labels, (3, 5, 8, 9)))
    chosen = rng.choice(known, 120, replace=False)
    inputs = data.whiten(data.shrink(images[chosen]).mT, 5).mT
    task = perceptrons.task(inputs, np.isin(labels[chosen], (3, 9)))
    weights = perceptrons.start(networks, 5, hidden_units, 1.0, rng)
    begin = {"weight_decay": weight_decay, "walk": 1000, "learning_rate": 1.0}
    return perceptrons.critical_points(weights, task, rng, steps=80, **begin)


def above(net):
    """Which critical points lie above the best one found."""
    return net.loss > min(net.loss.tolist(), default=0.0) + 1e-6

# %% [markdown]
# The counts, in all twelve data sets together:

# %%
nets = [landscape() for _ in range(data_sets)]
pd.DataFrame([
    {"critical points": len(net.loss), "above the best": int(above(net).sum()),
     "bad minima": int((above(net) & (net.index_fraction == 0)).sum()),
     "best is a saddle": int((net.index_fraction[~above(net)] > 0).any())}
    for net in nets
]).sum().to_frame("in all data sets").T  # fmt: skip

# %% [markdown]
# In half of the data sets even the best point that the search finds is a saddle: minima are rare among critical points even in a network of 29
# parameters. The number of points with 0 to 4 silent units:

# %% tags=["hide-input"]
def silent(net):
    """Number of silent units at each critical point."""
    return (net.weights[0].norm(dim=2) < 1e-6).sum(1)


def cloud(k):
    """(losses, index fractions) of all points with k silent units."""
    pairs = [(n.loss[silent(n) == k], n.index_fraction[silent(n) == k]) for n in nets]
    return [torch.cat(parts) for parts in zip(*pairs, strict=True)]


{k: len(cloud(k)[0]) for k in range(hidden_units + 1)}

# %% [markdown]
# Each mark is a critical point, of any of the data sets:

# %% tags=["hide-input"]
fig, axes = figures.panels(1, width=7)
[figures.measured(axes[0], *cloud(k), f"{k} silent units", joined=False, mfc="none")
 for k in range(hidden_units + 1) if len(cloud(k)[0])]
axes[0].set(xlabel="loss", ylabel="negative eigenvalues / parameters")
figures.save(fig, "network", "A network's critical points: index rises with loss.")

# %%
def rank_correlation(net, kept):
    """Spearman's correlation of loss and index; nan where it is undefined."""
    x, y = (net.loss[kept] * 1e8).round(), (net.index_fraction[kept] * 1e6).round()
    if len(x) < 3 or min(len(x.unique()), len(y.unique())) < 2:
        return np.nan
    return np.corrcoef(rankdata(x), rankdata(y))[0, 1]


np.round([rank_correlation(net, net.loss > 0) for net in nets], 2)

# %% [markdown]
# These are the rank correlations of loss and index, one for each data set. The verdicts on the network:

# %%
ledger.judge({
    "24.4a": mean(
        [(net.index_fraction[above(net)] > 0).double().mean() for net in nets]
    ),
    "24.4b": mean([rank_correlation(net, net.loss > 0) for net in nets]),
})

# %% [markdown]
# ## Reading
#
# **The law holds where it should.** In the pure model, at sizes from 20 to 80, and in the field at 40 spins the index misses the formula by 0.6 or 0.7
# of a direction, in the root mean square: eigenvalues repel, so counts fluctuate by less than one, not by $\sqrt n$.
#
# **What the index follows is the radial derivative.** The energy only stands in for $\rho$, with a slope that belongs to critical points. At four
# spins, where nearly all of them are found, number, slope and spread are as computed.
#
# **The search selects.** At 40 spins the slope at the points found depends on the walk before the search (24.5b, 24.5c describe the search
# and not the landscape), and after a long walk the scale of 24.1b does too.
#
# **The network agrees, on a small scale.** A third of the searches converge, to about ten distinct points a data set. Nearly all but the best are
# saddles, which is the landscape conjecture in its own words; the few bad minima lie one to ten percent above the best one. The best one found need not
# be the global minimum, and in half of the data sets it is not even a minimum. [Notebook 23](23_network_loss_bands.ipynb) looks at the Hessian where
# trained networks end.
#
# **Limits.** The formula for the sphere is derived here and reduces to $F_{sc}(u/E_\infty)$ for pure models; Bray and Dean treat flat space. Points
# with silent units belong to smaller networks inside the larger one. They are two thirds of the points of 24.4b, and without them the correlation is
# less certain (24.5f).
#
# **Try.** `size = 20` or `80`: the law again holds to less than one direction. `walk = 300`: see the end of section 1. `mixed_walk = 1`: on the field
# the slope found at 40 spins falls to 2.2, and 24.5b, 24.5c fail. `weight_decay = 5e-3`: more searches of the network converge, half of them to points
# with silent units.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 24.5a | Most searches converge in the pure model | share that converges ≥ 0.5 | half lost would leave doubt | Ours |
# | 24.5b | The points that the search finds in (t² + t³)/2 have the slope K | slope of ρ on u / K 1 ± 0.016 | halfway to ordinary points, 2.5 for 2.581 | Ours |
# | 24.5c | *control:* For the field, the law with the slope of ordinary points misses the index by more than with K | mean square / mean square ≥ 2.25 | without effect it would be 1 | Ours |
# | 24.5d | *control:* Uniform points of four spins have the slope of ordinary points | slope / (ξ'/ξ) 1 ± 0.03 | the bound of 24.3b | Ours |
# | 24.5e | Nearly all glasses of four spins are complete by Morse's sum | share of glasses ≥ 0.97 | what is missed changes 24.3a | Ours |
# | 24.5f | Loss rises with the index also among critical points without silent units | rank correlation ≥ 0 | any rise counts | Ours |
#
# Row 24.5f leaves out data sets with fewer than three such points. The printed numbers are root mean square differences of the index fraction on the
# field, first with the slope of ordinary points, then with $K$.

# %%
def excess():
    """Squared misses with the ordinary slope, and with K."""
    law, found = laws["field"], field.index_fraction
    plain = cx.semicircle_share(law.ordinary_slope * field.energy / law.radius)
    return (found - plain) ** 2, (found - law.index_at_energy(field.energy)) ** 2


[round(float(square.mean().sqrt()), 3) for square in excess()]

# %% [markdown]
# All checks:

# %%
ledger.judge({
    "24.5a": share(pure[size].converged, groups=np.repeat(range(draws), starts)),
    "24.5b": ratio(
        mixed.energy * mixed.radial / laws["mixed"].radial_given_energy,
        mixed.energy**2, groups=mixed.draw,
    ),
    "24.5c": ratio(*excess(), groups=field.draw),
    "24.5d": ratio(fourfold[1][:, 0] / laws["field"].ordinary_slope, fourfold[1][:, 1]),
    "24.5e": share(cp.morse_sum(every, 4) == 0),
    "24.5f": mean([rank_correlation(net, silent(net) == 0) for net in nets]),
})  # fmt: skip

# %%
ledger.conclude()
