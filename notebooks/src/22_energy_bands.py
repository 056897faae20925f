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
# # Where minima lie is known exactly; 200 spins hardly have a band
#
# ![verdict](../figures/22_energy_bands/verdict.svg)
#
# **Question.** Simplified enough, a deep network's loss is the energy of a spin glass. There nearly all minima are said to
# lie in a narrow band of low energy. Do they, and does descent end there?
#
# **Answer.** Only in the limit. At 200 spins 0.04% of the minima are expected in the band: too few to test whether descent aims for it. Up to 100 spins
# descent ends lower than the average minimum; at that size its ends spread as minima do.
#
# ![energies of minima and of ends of descent](../figures/22_energy_bands/descent.svg)
#
# Solid: where descent ends. Dashed: the exact law of all minima, without a free number. Grey: the band.
#
# *Source:* Choromanska, Henaff, Mathieu, Ben Arous and LeCun 2015, *The loss surfaces of multilayer networks*
# ([arXiv:1412.0233](https://arxiv.org/abs/1412.0233)); the mathematics is Auffinger, Ben Arous and Černý 2013
# ([arXiv:1003.1129](https://arxiv.org/abs/1003.1129)).
#
# Before: [21](21_overparameterization.ipynb) · Next: [23](23_network_loss_bands.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in twenty lines
#
# Take $n$ numbers $x_i$, the spins, with $|x|^2=n$, and give every product of three of them a random weight: the energy is
# $H=\frac1n\sum J_{ijk}x_ix_jx_k$. This is a *spin glass*. The number of factors, here 3, plays the part of the network's depth, and $x$ that of its
# weights.

# %%
from itertools import permutations

import numpy as np


def glass(n, seed):
    """Symmetric couplings J of a 3-spin glass, and a random point on the sphere."""
    rng = np.random.default_rng(seed)
    J, x = rng.standard_normal((n, n, n)) / n, rng.standard_normal(n)
    J = sum(J.transpose(order) for order in permutations(range(3))) / 6
    return J, x * np.sqrt(n / (x @ x))


def energy(J, x):
    """Energy of each spin, u = H/n."""
    return J @ x @ x @ x / len(x)

# %% [markdown]
# Descent follows the slope along the sphere. The *index* of a point is the number of directions in which the energy curves
# down there.

# %%
def step(J, x, eta=0.1):
    """One step of gradient descent, and back to the sphere."""
    x = x - eta * (3 * J @ x @ x - 3 * energy(J, x) * x)
    return x * np.sqrt(len(x) / (x @ x))


def index(J, x):
    """How many directions along the sphere curve down at x."""
    P = np.eye(len(x)) - np.outer(x, x) / len(x)
    curvature = P @ (6 * J @ x) @ P - 3 * energy(J, x) * P
    return int((np.linalg.eigvalsh(curvature) < -1e-9).sum())

# %% [markdown]
# A walk that records both from time to time:

# %%
def walk(n, seed, steps=(0, 4, 8, 16, 32, 64, 128, 512)):
    """Energy and index along descent."""
    (J, x), seen = glass(n, seed), []
    for t in range(steps[-1] + 1):
        if t in steps:
            seen.append((round(float(energy(J, x)), 2), index(J, x)))
        x = step(J, x)
    return seen

# %% [markdown]
# One walk among 40 spins. The lower it comes, the fewer directions still lead down, until none is left:

# %%
walk(40, 0)

# %% [markdown]
# The energies at which six walks end, in six small glasses and in six larger ones:

# %%
[[walk(n, seed)[-1][0] for seed in range(6)] for n in (10, 70)]

# %% [markdown]
# In the larger glasses the walks end more alike, and lower. Theory says that for $n\to\infty$ all low critical points lie in a band between two
# energies, $-1.657$ and $-1.633$. This notebook asks how much of that is seen at sizes that one can compute.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
sizes = [25, 50, 100]  # each of 3 or more in [10, 200]: spins n of the descents, rising
draws = [200, 60, 30]  # each of 3 or more in [5, 2000]: draws of the couplings for each of these sizes
starts = 16  # in [2, 1000]: descents in each draw
step_size = 0.18  # in (0, 0.18]: learning rate; 2 / (largest curvature) is 0.2 at p = 3
final_gradient = 3e-3  # in [1e-6, 1e-2]: |gradient| / sqrt n where a descent stops
annealing_steps = 1000  # in [10, 100000]: steps of simulated annealing, at the second size
count_size = 400  # one of 200, 300, 400: spins n of the largest count in section 1
samples = 4000  # in [1000, 100000]: random matrices behind each probability
large_p = 12  # in [6, 16]: order at which the layers can be told apart

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("22_energy_bands", globals())  # reads and checks the parameters

from lib.landscapes import (
    complexity as cx,
    critical_points as cp,
    glass_descent as gd,
    minima as mn,
    spin_glass as sg,
)
from lib.statistics import bootstrap_interval, largest, mean, ratio, share, value
from lib.suite import figures

import pandas as pd
import torch

if len(sizes) != len(draws) or sizes != sorted(set(sizes)):
    raise ValueError("sizes must rise, each with a number in draws")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` computes the same for any number of factors $p$ and many starts at once, with each product of spins kept once:

# %%
np.allclose(
    [[energy(*glass(12, k)), index(*glass(12, k))] for k in range(3)],
    [[sg.energy(c, x), sg.index(c, x)[0]] for k in range(3)
     for c, x in [map(torch.from_numpy, glass(12, k))]
     for c in [sg.from_tensor(12 * c)]],
)  # fmt: skip

# %% [markdown]
# ## 1. Layers, in the limit
#
# The number of critical points of index $k$ up to the energy $u$ is expected to grow as $e^{n\Theta_k(u)}$, with
#
# $$\Theta_k(u)=\tfrac12\ln(p-1)-\frac{p-2}{4(p-1)}u^2-(k+1)\,\frac2{E_\infty^2}\int_{E_\infty}^{-u}\sqrt{z^2-E_\infty^2}\,dz,
# \qquad E_\infty=2\sqrt{\frac{p-1}p},$$
#
# for $u\le-E_\infty$. Each further direction that curves down costs the integral once more. Where $\Theta_k<0$ such points are
# exponentially rare; $\Theta_k(-E_k)=0$ defines the layer in which index $k$ begins. The **band** reaches from the ground state $-E_0$ up
# to the **threshold** $-E_\infty$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.1a | Inside the band the numbers of critical points of index 0, 1 and 2 grow at the three rates Θ_k | largest difference ≤ 0.008 | a third of what keeps layers apart | Auffinger et al. 2013, theorem 2.5 (statement, recalled) |
#
# The expected number is an integral over eigenvalues of random symmetric matrices, exact at every $n$: for a low index we
# integrate over the $k+1$ lowest and draw the others. Its logarithm is $n\Theta-a\ln n+c$, so that the second difference
# over $m$, $2m$ and $4m$ spins, divided by $m$, is $\Theta$ without $a$ and $c$. The band of $p=3$ is too narrow to see layers; we
# take $p=12$ and four energies.

# %%
heights = np.array([
    -cx.band_edge(large_p, 0) * (1 - f) - cx.threshold_energy(large_p) * f
    for f in (0.1, 0.3, 0.5, 0.7)
])  # fmt: skip


def growth(count, u, *which, **options):
    """Second difference over m, 2m, 4m spins of a logarithm of a count."""
    m = count_size // 4
    low, middle, high = (count(u, n, *which, **options) for n in (m, 2 * m, 4 * m))
    return (high - 2 * middle + low) / m

# %% [markdown]
# The rates that are counted at these four energies, for indices 0, 1 and 2:

# %%
layers = {
    f"index {k}": (
        heights,
        [growth(cx.log_index_count, u, large_p, k, samples=400,
                rng=np.random.default_rng([seed, k])) for u in heights],
        cx.complexity(heights, large_p, k).numpy(),
    ) for k in range(3)
}  # fmt: skip
pd.DataFrame({name: rates for name, (_, rates, _) in layers.items()}, heights).round(3)

# %% [markdown]
# Where a line crosses zero its layer begins. Index 0 does so at the ground state, left of the picture:

# %% tags=["hide-input"]
with figures.curves(
    "growth", {"": layers}, "Counts of index 0, 1, 2 grow as the formulas say.",
    prediction=r"formula $\Theta_k$", legend="lower right",
    xlabel="energy u", ylabel="growth rate of the number",
    xlim=(heights[0] - 0.01, heights[-1] + 0.05),
) as axes:
    axes[0].axhline(0, color="black", lw=0.6)
    figures.level(
        axes, -cx.band_edge(large_p, 0), "ground state", axis="x", theory=False
    )

# %%
ledger.judge({
    "22.1a": largest([np.abs(y - t) for _, y, t in layers.values()], digits=1),
})

# %% [markdown]
# ## 2. At finite size: stripes with soft edges
#
# What is the index of a critical point of energy $u$? The order $p$ enters the numbers of section 1 only through a weight of the energy, so
# at one energy it cancels. What remains is a question about random matrices alone:
#
# $$P(\text{index}=k\mid u)=\rho_k(x)\Big/\sum_j\rho_j(x),\qquad x=u/E_\infty,$$
#
# with $\rho_k$ the density of the eigenvalue that has $k$ others below it, in a random matrix whose eigenvalues fill the semicircle on $[-1,1]$. Near
# the threshold this depends on $s=2n^{2/3}(-u/E_\infty-1)$ only, and the share of minima has a limit in Airy functions. So the rim of the band is soft:
# at 200 spins it is wider than the whole band of $p=3$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.2a | The share of minima among critical points near the threshold follows the Airy limit at 200 spins | largest difference ≤ 0.06 | sampling; corrections fall as n^-2/3 = 0.03 | Ours |

# %%
stripes = {
    n: cx.shares_of_index(
        -np.arange(1.72, 1.19, -0.01) / cx.threshold_energy(3),
        n, samples, rng, indices=12,
    ) for n in (50, 200)
}
pd.DataFrame(
    stripes[200][1][:4, 8:20:3].T.round(2),
    (stripes[200][0][8:20:3] * cx.threshold_energy(3)).round(3),
    [f"index {k}" for k in range(4)],
)

# %% [markdown]
# Each stripe is one index, the number written in it; its height is its share among the critical points of that energy. The darkest
# field holds all indices from 12 on. With more spins the stripes narrow and crowd towards the threshold:

# %% tags=["hide-input"]
def stripe_panel(ax, n):
    """The shares of the indices, one upon the other."""
    u, shares = stripes[n][0] * cx.threshold_energy(3), stripes[n][1]
    shares, shades = [*shares, 1 - shares.sum(0)], figures.plt.cm.YlGnBu
    ax.stackplot(u, shares, colors=shades(np.linspace(0.08, 1, 13)), lw=0.3, ec="white")
    ax.set(xlabel="energy u", title=f"n = {n}", xlim=(-1.72, -1.2), ylim=(0, 1))
    for k in range(4):
        best = np.nanargmax(shares[k] * (u > -1.62))
        height = sum(share[best] for share in shares[:k])
        ax.text(u[best], height + shares[k][best] / 2, k, ha="center", va="center")


fig, axes = figures.panels(2, sharey=True)
[stripe_panel(ax, n) for ax, n in zip(axes, stripes, strict=True)]
figures.level(axes, -cx.threshold_energy(3), r"threshold $-E_\infty$", axis="x")
figures.level(axes, -cx.band_edge(3, 0), "ground state", axis="x", theory=False)
axes[0].set(ylabel="share of critical points")
figures.legend_beside(fig)
figures.save(fig, "stripes", "Minima below the threshold, then index 1, 2, 3.")

# %% [markdown]
# The rim itself, in units of its own width and with four times as many matrices. Largest differences from the Airy limit:

# %%
def rim_share(n):
    """(s, share of minima, Airy limit) in fourteen bins around the threshold."""
    edges = -1 - np.linspace(2, -5, 15) / (2 * n ** (2 / 3))
    x, shares = cx.shares_of_index(edges, n, 4 * samples, rng, indices=1)
    s = 2 * n ** (2 / 3) * (-x - 1)
    return s[::-1], shares[0, ::-1], cx.minimum_share(s[::-1])


rims = {f"n = {n}": rim_share(n) for n in (50, 100, 200)}
{name: largest(np.abs(y - airy), digits=2) for name, (_, y, airy) in rims.items()}

# %% [markdown]
# And the curves:

# %% tags=["hide-input"]
with figures.curves(
    "border", {"": rims}, "The share of minima at three sizes falls on the Airy limit.",
    prediction="Airy limit", legend="upper left",
    xlabel=r"$s=2n^{2/3}(-u/E_\infty-1)$", ylabel="share of minima",
) as axes:
    figures.level(axes, 0, "threshold", axis="x", theory=False)

# %%
ledger.judge({
    "22.2a": largest(np.abs(rims["n = 200"][1] - rims["n = 200"][2]), digits=2),
})

# %% [markdown]
# ## 3. How many minima lie outside the band?
#
# "The number of local minima outside that band diminishes exponentially with the size of the network", says the paper's abstract. This needs no
# descent: a minimum is a critical point whose lowest eigenvalue is positive, and the law of the lowest eigenvalue can be computed
# exactly (`minimum_law`, a ratio of Pfaffians). It gives the expected number of minima above every energy, without sampling.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.3a | The expected number of minima outside the band falls from 25 to 200 spins | number at 200 / number at 25 ≤ 1 | any rise refutes it | Choromanska et al. 2015 (statement, abstract) |
# | 22.3b | The expected number of minima more than 0.25 above the band falls with each doubling from 25 to 200 spins | largest number at 2n / number at n ≤ 1 | one rise refutes it | Choromanska et al. 2015 (statement, abstract) |
# | 22.3c | At 200 spins most minima lie in the band | share of minima in the band ≥ 0.5 | what "most" means | Choromanska et al. 2015 (statement, abstract) |

# %%
band = -cx.band_edge(3, 0), -cx.threshold_energy(3)
law = {n: mn.minimum_law(n, 3) for n in sorted({25, 50, 100, 200, *sizes})}
pd.DataFrame({
    f"n = {n}": {
        "in the band": law[n].above(band[0]) - law[n].above(band[1]),
        "above it": law[n].above(band[1]),
        "more than 0.1 above it": law[n].above(band[1] + 0.1),
        "more than 0.25 above it": law[n].above(band[1] + 0.25),
    } for n in (25, 50, 100, 200)
}).map("{:.2g}".format)

# %% [markdown]
# Far above the band minima vanish, faster than exponentially; just above it they multiply. From which height above the threshold on does a
# doubling of the spins leave fewer of them?

# %%
{
    f"from {n} to {2 * n} spins": round(law[2 * n].falls_beyond(law[n]) - band[1], 3)
    for n in (25, 50, 100)
}

# %% [markdown]
# This height falls by a quarter with each doubling. If that goes on, nothing is left of it in the limit, as the theorem says. A second computation of
# the same numbers, by weighted samples of random matrices:

# %% tags=["hide-input"]
def numbers_above(n):
    """(energies, sampled number of minima above, exact number)."""
    u = np.arange(-1.72, -1.29, 0.02)
    found, weights = cx.critical_point_sample(n, 3, 0, samples=samples, seed=[seed, n])
    sampled = ((found[:, None] > torch.from_numpy(u)) * weights[:, None]).mean(0)
    return u, np.where(sampled > 1e-2, sampled, np.nan), law[n].above(u)

# %% [markdown]
# Solid: sampled. Dashed, with open marks: exact. Grey: the band.

# %% tags=["hide-input"]
with figures.curves(
    "minima", {"": {f"n = {n}": numbers_above(n) for n in (25, 50, 100, 200)}},
    "Far above the band minima vanish as spins are added; just above it they multiply.",
    prediction="exact law", yscale="log", ylim=(1e-2, 1e4), legend="lower left",
    xlabel="energy u", ylabel="expected number of minima above u",
) as axes:
    axes[0].axvspan(*band, color="grey", alpha=0.4, lw=0)

# %%
ledger.judge({
    "22.3a": value(law[200].above(band[1]) / law[25].above(band[1])),
    "22.3b": largest([
        law[2 * n].above(band[1] + 0.25) / law[n].above(band[1] + 0.25)
        for n in (25, 50, 100)
    ]),
    "22.3c": value(law[200].share(*band), digits=2),
})

# %% [markdown]
# ## 4. Where descent ends
#
# The paper conjectures that stochastic descent and simulated annealing land in the band. At 100 spins one run in 80 does. This refutes nothing: one
# glass is expected to have 0.3 minima there, and 200 above it. What can be asked is how the ends compare with the minima that there are.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.4a | Descent ends lower than the average minimum, at each size | smallest mean distance / spread of minima ≥ 0.5 | all ends 0.02 higher must fail | Ours |
# | 22.4b | The ends of descent spread as the minima do, at the largest size | spread of ends / spread of minima 1 ± 0.15 | a spread that falls as n^-1/2 is 20% off | Ours |
# | 22.4c | For infinitely many spins the energy comes down to the threshold as t^-2/3 | slope of log gap on log t, over the last octave, -2/3 ± 0.03 | another power, −1 or −1/2, is far off | Cugliandolo and Kurchan 1993 (statement, recalled) |
#
# Plain gradient descent on the sphere from uniform starts, 16 in each glass. The glasses, each with random couplings of its own, are the sample.

# %%
def ends(n, number, p=3, **more):
    """Final energies (draws, starts) of descent at n spins."""
    options = {"learning_rate": step_size, "tolerance": final_gradient} | more
    own = np.random.default_rng([seed, n])
    return gd.descent_ends(n, p, number, starts, own, steps=20000, **options)

# %% [markdown]
# At each size, beside the exact law of all minima:

# %%
final = {n: ends(n, number)[0] for n, number in zip(sizes, draws, strict=True)}
pd.DataFrame({
    f"n = {n}": {
        "mean end": float(e.mean()), "mean minimum": law[n].moments()[0],
        "spread of ends": float(e.std()), "spread of minima": law[n].moments()[1],
        "share of ends in band": float(((e > band[0]) & (e < band[1])).double().mean()),
        "share of minima in band": law[n].share(*band),
    } for n, e in final.items()
}).round(4)

# %% [markdown]
# The ends are a sample of the minima that leans towards low energies, by more as the system grows:

# %% tags=["hide-input"]
def rim_units(e):
    """Final energies of the largest size in the unit s of the soft rim, section 2."""
    return 2 * sizes[-1] ** (2 / 3) * (-e / cx.threshold_energy(3) - 1)


def densities(n):
    """(energies, density of the ends of descent, exact density of minima)."""
    density, edges = np.histogram(final[n], np.arange(-1.9, -1.09, 0.02), density=True)
    u = (edges[1:] + edges[:-1]) / 2
    return u, density, law[n].density(u)

# %% [markdown]
# The solid lines are the ends of descent:

# %% tags=["hide-input"]
with figures.curves(
    "descent", {f"n = {n}": {"descent": densities(n)} for n in sizes},
    "Ends of descent lie a little below the law of minima, and both above the band.",
    prediction="all minima, exact", xlabel="energy u", ylabel="density", height=3.2,
    width=9.5, xlim=(-1.85, -1.1), legend="upper left",
) as axes:
    [ax.axvspan(*band, color="grey", alpha=0.5, lw=0) for ax in axes]

# %% [markdown]
# And for more spins than any computer holds? For $n\to\infty$ the energy along descent obeys closed equations in two times, which `infinite_descent`
# solves. Its gap to the threshold falls as $t^{-2/3}$, as far as we follow it. If that goes on, infinitely many spins come down to the upper rim of the
# band and no farther, in any finite time. Finite systems follow this curve until they feel their size:

# %%
def power(p):
    """Slope of the log gap on log time, n = ∞, over the last octave of 96 units."""
    t, u = gd.infinite_descent(p, 96.0, 0.08)
    return np.polyfit(np.log(t[600:]), np.log(u[600:] + cx.threshold_energy(p)), 1)[0]


def along(n):
    """(times, energy above the threshold in 8 draws, the same for n = ∞)."""
    times = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
    own = np.random.default_rng([seed, n])
    curves = gd.energy_curve(n, 3, 8, 8, times, own, step=0.08)
    limit = np.interp(times, *gd.infinite_descent(3, 26.0, 0.04))
    return times, (curves - band[1]).T, limit - band[1]

# %% [markdown]
# The power is judged below. The gap at six times on the way, for infinitely many spins and for the smallest and the largest size:

# %%
speed = {f"n = {n}": along(n) for n in (sizes[0], sizes[-1])}
pd.DataFrame(
    {"n = ∞": speed[f"n = {sizes[0]}"][2]}
    | {name: gaps.mean(1) for name, (_, gaps, _) in speed.items()},
    speed[f"n = {sizes[0]}"][0],
).round(3)

# %% [markdown]
# The larger the system, the longer it follows the infinite one:

# %% tags=["hide-input"]
with figures.curves(
    "speed", {"": speed}, "The gap falls as in the infinite system, then levels off.",
    prediction=r"$n=\infty$", xscale="log", yscale="log", legend="lower left",
    xlabel="time (learning rate × steps)", ylabel="energy above the threshold",
    xlim=(0.7, 45),
):
    pass

# %%
ledger.judge({
    "22.4a": mean(min(
        ((law[n].moments()[0] - final[n].mean(1)) / law[n].moments()[1] for n in sizes),
        key=torch.mean,
    )),
    "22.4b": value(
        float(final[sizes[-1]].std()) / law[sizes[-1]].moments()[1], of=draws[-1],
        interval=bootstrap_interval(
            final[sizes[-1]], lambda e: e.std() / law[sizes[-1]].moments()[1], seed
        ),
    ),
    "22.4c": value(power(3)),
})

# %% [markdown]
# ## Reading
#
# **The theorem is right, and its limit is far away.** Counts, random matrices and the replica method agree wherever we could compare them (section 5).
# But the band of $p=3$ is 0.024 wide, and the soft rim of the band, of width $n^{-2/3}$, exceeds it until there are a few thousand spins. At 200 spins
# nearly all minima lie above the band, and many more than at 25.
#
# **The conjecture cannot be decided at 200 spins.** Descent lands in the band more often than minima lie there (1.3% against 0.2% at 100 spins), and
# far less often than not. Both say little about the limit. The equations for $n\to\infty$ say more: with the power law found there, descent comes down
# to the rim of the band and not below it, in any finite time. The ends do grow more alike with size, but so do all minima.
#
# **Sections 2 and 4 are one picture.** In the rim's own unit the median end of descent at 100 spins lies near $s=-2$ (22.5k), where about half of the
# critical points are minima: descent stops in the soft rim, where saddles begin to outnumber minima.
#
# **Annealing gains, restarts gain more.** At 50 spins a thousand steps of simulated annealing end lower than descent on the same couplings. The best of
# as many descents as fit into those steps ends lower still (22.5i, 22.5j).
#
# **Limits.** Numbers of minima are averages over the disorder. The step from networks to this model needs independence
# assumptions that real networks break; [notebook 23](23_network_loss_bands.ipynb) looks at networks themselves,
# [notebook 24](24_index_and_energy.ipynb) at the index higher up.
#
# **Try.** `large_p = 16`: wider layers, and 22.1a holds. `large_p = 6, count_size = 200`: 22.1a fails, since terms in $1/n$ have not died out.
# `sizes = [10, 11, 12]` with five glasses of each: 22.4a fails, since they are too few to tell.

# %% [markdown]
# ## 5. Checks
#
# First the formulas. $E_0$ is also a result of the replica method, a minimum over one number. The number of all critical points has a density in closed
# form; on the circle it is Rice's $2\sqrt7$. Morse theory demands, at 5 spins, two more points of even index than of odd.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.5a | The lower end of the band is the ground state of the replica method, for p = 3 to 50 | largest difference ≤ 1e-10 | two routes to one number | Auffinger et al. 2013, theorem 2.14 (statement, recalled) |
# | 22.5b | The number of all critical points grows at the rate Θ, for p = 3 and large p | largest difference ≤ 0.001 | a term in 1/n stays | Auffinger et al. 2013, theorem 2.8 (statement, recalled) |
# | 22.5c | The number counted on the circle is the expected one | ratio 1 ± 0.05 | five standard errors of 1,000 draws | Auffinger et al. 2013, theorem 2.1 (statement, recalled) |
# | 22.5d | At 5 spins the expected numbers of even index exceed those of odd index by Euler's characteristic of the sphere | difference 2 ± 0.1 | error of the sampling | Ours |
# | 22.5e | At 3 spins a search finds the expected number of critical points of each index | largest difference from 1 ≤ 0.1 | the search misses up to a twentieth | Auffinger et al. 2013, theorem 2.1 (statement, recalled) |
# | 22.5f | At 5 spins a search finds the expected number of critical points of each index | largest difference from 1 ≤ 0.15 | fewer draws, more points to miss | Auffinger et al. 2013, theorem 2.1 (statement, recalled) |

# %%
def expected(n, k):
    """Expected number of critical points of index k at p = 3, by random matrices."""
    own = [seed, n, k]
    return cx.expected_critical_points(n, 3, k, samples=5 * samples, seed=own)[0]


def counted(n, number, searches):
    """Critical points found by search / expected, by index, and the number of draws."""
    c = sg.couplings(n, 3, rng.integers(2**32, size=number))
    points = cp.all_critical_points(c, searches, rng)
    found = np.bincount((points.index_fraction * (n - 1)).round().int(), minlength=n)
    return found / number / [expected(n, k) for k in range(n)]


[round(expected(3, k), 2) for k in range(3)]

# %%
ledger.judge({
    "22.5a": largest([abs(cx.band_edge(p, 0) - cx.ground_state_energy(p))
                      for p in range(3, 51)], rounding=True),
    "22.5b": largest([
        abs(growth(cx.log_count, u, p) - cx.complexity(u, p))
        for p in (3, large_p)
        for u in ((-1.645, -1.6, -1.4, -1.0) if p == 3 else heights)
    ], digits=2),
    "22.5c": ratio(
        sg.circle_count(sg.couplings(2, 3, rng.integers(2**32, size=1000))),
        np.full(1000, 2 * 7**0.5),
    ),
    "22.5d": value(sum((-1) ** k * expected(5, k) for k in range(5)), of=5 * samples),
    "22.5e": largest(np.abs(counted(3, 400, 80) - 1), of=400, digits=2),
    "22.5f": largest(np.abs(counted(5, 150, 400) - 1), of=150, digits=2),
})  # fmt: skip

# %% [markdown]
# Then the stripes of section 2 and the ends of section 4.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 22.5g | In the band of p = 3 nearly all critical points of 200 spins are minima | share of minima ≥ 0.97 | 0.98 is the Airy limit at the threshold | Choromanska et al. 2015 (statement, abstract) |
# | 22.5h | Descent ends in the band more often than minima lie there, in the mean over all draws of the three sizes | share of ends / share of minima ≥ 1 | no preference would give 1 | Ours |
# | 22.5i | Simulated annealing ends lower than descent on the same couplings, at the second size | mean difference / spread of minima ≥ 0 | any gain counts | Choromanska et al. 2015 (statement, abstract) |
# | 22.5j | The best of as many descents as fit into the steps of annealing ends no higher than annealing does on average | mean difference / spread of minima ≥ 0 | any loss refutes it | Ours |
# | 22.5k | The median end of descent lies where half of the critical points are minima, s = −2.28 in the rim's unit, at the largest size | median of s -2.28 ± 0.5 | the rim is some five units wide | Ours |
# | 22.5l | *control:* For two-body couplings, p = 2, descent finds the ground state from every start | share within 0.001 ≥ 0.98 | 300 draws, all right, bound it by 0.987 | Ours |
# | 22.5m | *control:* For two-body couplings the energy of infinitely many spins comes down as 1/t | slope of log gap on log t, over the last octave, -1 ± 0.03 | known in closed form | Cugliandolo and Kurchan 1993 (statement, recalled) |
# | 22.5n | The gap between mean end and threshold closes as spins are added, from the smallest size to the largest | ratio of gaps ≤ 0.6 | a fall as n^-1/3 gives 0.63 | Ours |
#
# Annealing lets the temperature fall linearly from 1, above the glass transition, to 0, and then descends. A descent of 50 spins
# takes about 160 steps. Mean energies of descent, of annealing, and of the best of as many descents as fit into its steps:

# %%
def rivals(number):
    """Mean end of descent, of annealing, best descent of its budget: (3, draws)."""
    cooling = {"learning_rate": 0.1, "temperature": 1.0, "steps": annealing_steps}
    cooled = ends(sizes[1], number, annealing=cooling | {"seed": seed})[0].mean(1)
    once = final[sizes[1]][:number]
    best = once[:, : 1 + annealing_steps // 160].amin(1)
    return torch.stack([once.mean(1), cooled, best])

# %% [markdown]
# These three means, over twenty glasses:

# %%
race = rivals(min(20, draws[1]))
[round(float(u), 3) for u in race.mean(1)]

# %%
ledger.judge({
    "22.5g": value(
        cx.shares_of_index(
            np.array(band) / cx.threshold_energy(3), 200, 4 * samples, rng, indices=1
        )[1][0, 0],
        of=4 * samples,
    ),
    "22.5h": ratio(
        np.concatenate([((e > band[0]) & (e < band[1])).double().mean(1)
                        for e in final.values()]),
        np.concatenate([[law[n].share(*band)] * len(e) for n, e in final.items()]),
    ),
    "22.5i": mean((race[0] - race[1]) / law[sizes[1]].moments()[1]),
    "22.5j": mean((race[1] - race[2]) / law[sizes[1]].moments()[1]),
})

# %% [markdown]
# Last, the ends in the rim's own unit, and the controls with two-body couplings:

# %%
ledger.judge({
    "22.5k": value(
        float(rim_units(final[sizes[-1]]).median()), of=draws[-1],
        interval=bootstrap_interval(rim_units(final[sizes[-1]]), np.median, 0),
    ),
    "22.5l": share(
        np.subtract(*ends(sizes[0], 300, 2, learning_rate=0.3, tolerance=1e-3)) < 1e-3,
        groups=np.arange(300 * starts) // starts,
    ),
    "22.5m": value(power(2)),
    "22.5n": value(
        float((final[sizes[-1]].mean() - band[1]) / (final[sizes[0]].mean() - band[1])),
        of=sum(draws),
    ),
})

# %%
ledger.conclude()
