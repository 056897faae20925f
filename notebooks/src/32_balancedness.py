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
# # Without balance, descent can fail at any step size
#
# ![verdict](../figures/32_balancedness/verdict.svg)
#
# **Question.** Notebook 31 needs two things from the start: a deficiency margin, and layers in balance. Is balance
# really needed?
#
# **Answer.** Yes. Choose any step size: there is a start, its product as close to the target as you like, from which the
# loss overflows float64 within five steps. For two layers we know the exact edge between the starts that converge and those
# that do not (dashed, left): 2 of 22,500 starts lie on the wrong side of it, and where the edge is sought by trial, halving the
# interval again and again, it is within 0.002% of the formula. One row does not reproduce, and it was our own: at step size 1 even a
# balanced start cannot settle.
#
# ![map of starts and step sizes](../figures/32_balancedness/failure_map.svg)
#
# Each point is a start and a step size; $c$ is the margin, $\lambda$ the curvature at the minimum nearby. A catapult: the loss first
# climbs, then settles at a flatter minimum.
#
# *The claim:* Arora, Cohen, Golowich and Hu 2018, *A convergence analysis of gradient descent for deep linear neural
# networks* ([arXiv:1810.02281](https://arxiv.org/abs/1810.02281)), claim 4 and lemma 17 of the appendix.

# %% [markdown]
# ## Setting
#
# $N$ linear layers, $N$ even, trained on $\ell=\frac12\|W_N\cdots W_1-I\|_F^2$. The start is diagonal and equal to one except in
# one entry. There half of the layers are huge, $a_j=A$, and the others tiny, $a_j=c^{2/N}/A$. Their product is $c$
# whatever $A$ is, so the margin is $c$ too, while the imbalance $D=A^2-(c^{2/N}/A)^2$ is as large as one likes. The other
# entries sit at their optimum and never move. What is left is a network of scalars on $\frac12(a_N\cdots a_1-1)^2$.
#
# Why should it fail? The first step, pushing along the huge layers, throws the tiny ones far over the target; each further
# step throws all of them farther.
#
# Each table of claims below is the check: the machine reads its criteria from the same lines as you. They were fixed
# before the runs.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
step_sizes = [1.0, 0.1, 0.001]  # each in [1e-4, 10]: learning rates eta of the construction
depths = [2, 4]  # each one of 2, 4, 6, 8: depths N
margins = [0.75, 0.95]  # each in [0.05, 0.99]: margins c, sigma_min is 1
seeds = 50  # in [2, 2000]: starts for each combination
excess = 1000.0  # in [1, 1e6]: starts are up to so many times larger than the proof needs
cells = 150  # in [100, 400]: cells of the map in each direction
map_margin = 0.75  # in [0.5, 0.99]: margin c of every start on the map
deeper = 4  # one of 4, 6, 8: depth of the second map

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("32_balancedness", globals())  # reads and checks the parameters

from lib import counterexamples as ce
from lib import linear_networks as ln
from lib.descent import log_steps
from lib.statistics import largest, share, smallest
from lib.suite import figures

from itertools import product

import numpy as np
import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. The construction overflows
#
# Step size first, start second: `overshooting_size` makes $A$ from $\eta$, $N$ and $c$ so that the induction of the proof
# begins at step 1, where $B(1)$ and $C(1)$ are the smallest and the largest layer. From there on the proof promises
# $B(t)\le|a_j(t)|\le C(t)$ for every layer, with
#
# $$B(t+1)=9\,C(t),\qquad C(t+1)=\eta\,C(t)^{2N-1}:$$
#
# the number of digits grows by the factor $2N-1$ at each step. Overflow is not an accident here but the result.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 32.1a | every start has the deficiency margin c | largest distance from c ≤ 1e-12 | rounding of a product | Arora et al. 2018, claim 4 |
# | 32.1b | after the first step the loss never falls below the first loss | smallest loss / first loss ≥ 1 | one lower loss refutes it | Arora et al. 2018, claim 4 |
# | 32.1c | every start overflows float64 | share ≥ 1 | one that does not refutes it | Arora et al. 2018, claim 4 |
# | 32.1d | every layer stays between the proof's B(t) and C(t) | smallest log10 of layer / B(t) and C(t) / layer ≥ 0 | below 0 a bound is left | Arora et al. 2018, lemma 17 |
# | 32.1e | after the first step the premise of the lemma holds, B(1) ≥ 2 and ηB(1)^(2N−1) ≥ 20 C(1) | smallest left side / right side ≥ 1 | the proof's | Arora et al. 2018, lemma 17 |
#
# The first start of each combination has the smallest $A$ that the proof needs; the others are up to `excess` times larger.

# %%
combinations = list(product(depths, step_sizes, margins))
runs = {}
for depth, rate, margin in combinations:
    factors = excess ** np.append(0, rng.uniform(0, 1, seeds - 1))
    large = ce.overshooting_size(rate, depth, margin) * torch.from_numpy(factors)
    runs[depth, rate, margin] = ce.overshoot(large, rate, depth, margin)

# %% [markdown]
# What the smallest start of each kind looks like, at the first margin of the list:

# %%
eye = torch.eye(1, dtype=torch.float64)
table = []
for (depth, rate, margin), run in runs.items():
    A, allowed = run.start[0, 0], ln.convergence_guarantee(eye, depth, margin).imbalance
    too_much = ce.two_group_imbalance(A, depth, margin) / allowed
    lasts = int(run.losses[:, 0].isfinite().sum()) - 1
    table.append([depth, rate, margin, f"{A:.3g}", f"{too_much:.0e}", lasts])
names = ["N", "η", "c", "A", "imbalance / allowed by theorem 1", "last finite step"]
pd.DataFrame(table, columns=names)[lambda t: t.c == margins[0]].set_index(["N", "η"])

# %% [markdown]
# The loss in powers of ten. Exponential growth would be a straight line; this is far worse, and above the proof's bound.

# %% tags=["hide-input"]
fig, axes = figures.panels(len(depths), sharey=True)
for ax, depth in zip(axes, depths, strict=True):
    for rate in step_sizes:
        run, name = runs[depth, rate, margins[0]], rf"$\eta$ = {rate:g}"
        t = range(len(run.losses))[: int(run.losses[:, 0].isfinite().sum()) + 1]
        figures.measured(ax, t, run.losses[t, 0].log10().clamp(max=330), name)
        floor = 2 * depth * run.low[: len(t) - 1, 0] - np.log10(2)
        figures.predicted(ax, t[1:], floor, "the proof's lower bounds", of=name)
    ax.axhspan(308.3, 360, color="black", alpha=0.15, lw=0, label="beyond float64")
    ax.set(xlabel="step", title=f"N = {depth}, c = {margins[0]:g}", ylim=(-15, 345))
axes[0].set(ylabel=r"$\log_{10}$ loss")
words = "Loss in powers of ten against the step: every run leaves float64."
figures.save(fig, "overshoot", words)

# %%
off = {}
for (depth, rate, c), run in runs.items():
    whole = run.start.prod(0)[:, None, None]
    off[depth, rate, c] = (ln.deficiency_margin(whole, eye) - c).abs()
ledger.judge({
    "32.1a": largest(off, rounding=True),
    "32.1b": smallest([(r.losses[1:] / r.losses[0]).amin(0) for r in runs.values()]),
    "32.1c": share([r.losses[-1].isinf() for r in runs.values()], sample=False),
    "32.1d": smallest([r.room for r in runs.values()]),
    "32.1e": smallest([r.premise for r in runs.values()]),
})

# %% [markdown]
# ## 2. The balanced twin
#
# Is it the imbalance, or is the step simply too large? The twin has the same product $c$, shared equally:
# $a_j=c^{1/N}$. We follow it for $40/(\eta N)$ steps, a time that shrinks the loss $10^{34}$ times at small $\eta$.
# The curvature at the balanced minimum is $N$, so descent is stable there only for $\eta<2/N$, and only there can the
# twin prove its point.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 32.2a | the twin converges at every step size of the list | share ≥ 1 | one that does not refutes it | derived here |
# | 32.2b | *control:* the twin converges where its minimum is stable, η < 2/N | share ≥ 1 | theory leaves no exception | derived here |
# | 32.2c | *control:* and does not where it is unstable, η ≥ 2/N | share that converges ≤ 0 | theory leaves no exception | derived here |

# %%
twins = {}
for depth, rate, margin in combinations:
    twin = torch.full((depth,), margin ** (1 / depth), dtype=torch.float64)
    record = log_steps(400 + int(40 / (rate * depth)))
    twins[depth, rate, margin] = ce.scalar_descent(twin, rate, record)

# %% [markdown]
# All twins reach rounding level except those at $\eta=1$. There, for $N=2$, the minimum is exactly marginal and the loss
# creeps down as $1/t$; for $N=4$ the twin jumps about and comes to rest at $\ell=\frac12$, on the flat saddle at zero.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=8)
for depth, rate in product(depths, step_sizes):
    steps, _, loss = twins[depth, rate, margins[0]]
    unstable = r" $\geq 2/N$" if rate >= 2 / depth else ""
    name = rf"N = {depth}, $\eta$ = {rate:g}" + unstable
    figures.measured(ax, steps + 1, loss.clamp(1e-26, 1e3), name)
figures.level(ax, 1e-12, "converged", theory=False)
ax.set(xscale="log", yscale="log", xlabel="step + 1", ylabel="loss")
ax.set(title=f"balanced twins, c = {margins[0]:g}")
figures.legend_beside(fig)
words = "Loss of the balanced twins: all but those at step size 1 fall to rounding."
figures.save(fig, "twins", words)

# %%
done = {key: bool(loss[-1] <= 1e-12) for key, (_, _, loss) in twins.items()}
stable = {key: key[1] < 2 / key[0] for key in twins}
ledger.judge({
    "32.2a": share(done, sample=False),
    "32.2b": share([done[k] for k in done if stable[k]], sample=False),
    "32.2c": share([done[k] for k in done if not stable[k]], sample=False),
})

# %% [markdown]
# ## 3. The exact edge, for two layers
#
# Two layers in one dimension. A step multiplies the imbalance by $1-\eta^2(p-1)^2$, and
#
# $$f=4-\eta S+\eta^2(p-1)\quad\text{becomes}\quad f\,\bigl(1+\eta^2p(p-1)\bigr),\qquad S=a_1^2+a_2^2,\;p=a_2a_1,$$
#
# where the factor is positive for $\eta<2$. So $f$ never changes its sign; at a minimum of curvature $\lambda$ it is
# $4-\eta\lambda$. A start with $f<0$ is cut off from every minimum on which descent could rest ($\eta\lambda\le2$). Beyond
# $\eta=1$ there is none, for no minimum is flatter than $\lambda=2$. In between, where $\eta\lambda>2$ but $f>0$, descent cannot
# settle at the minimum nearby, climbs away from it, and is thrown to a flatter, better balanced one: a **catapult**.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 32.3a | the exact edge sorts the starts of two layers | share sorted right ≥ 0.99 | close to the edge, runs may be too short | derived here; Liang and Montúfar 2025, recalled |
# | 32.3e | sought by trial, the edge of a start is the formula's | largest relative difference ≤ 1e-4 | ours; sixteen halvings leave 2e-5 | derived here; Liang and Montúfar 2025, recalled |
# | 32.3b | in the catapult zone, ηλ > 2 inside the edge, descent converges | share ≥ 0.95 | close to the edge, runs may be too short | derived here |
# | 32.3c | where descent converged, its minimum is stable | largest η × curvature ≤ 2 | linear stability | derived here |
# | 32.3d | *control:* for η > 1 nothing converges, whatever its imbalance | share that converges ≤ 0 | theory leaves no exception | derived here |
#
# Each cell of the map holds one start, drawn at random inside it. A second map asks whether depth 4 looks alike. But a map sorts 99.9% of
# its starts right even if the last term of $f$ has the wrong sign: hardly a cell lies between the two edges. So for 40 more starts the
# edge itself is sought, from a learning rate that converges and one that does not, by halving: sixteen times, 20,000 steps each.

# %%
imbalances = np.logspace(-1, 3, cells + 1)
rates = np.logspace(-2.5, 0.5, cells + 1)
two = ce.failure_map(imbalances, rates, 2, map_margin, rng)
deep = ce.failure_map(imbalances, rates, deeper, map_margin, rng)
size = torch.from_numpy(10 ** np.random.default_rng([seed, 1]).uniform(0.7, 2, 40))
begun = ce.modes_of_imbalance(size, 2, map_margin)
flat = 2 / ce.nearby_sharpness(size, 2)  # where the minimum nearby stops being stable
found = ce.bisected_edge(begun, 0.5 * flat, 4 * flat)

# %% [markdown]
# What each start has come to after 4,000 steps. The dashed line on the left is the formula, not a fit.

# %% tags=["hide-input"]
kinds = [torch.where(m.converged, m.stretch > 2, 2 + m.overflow) for m in (two, deep)]
names = "converges", "converges after a catapult", "bounded, not converged", "overflows"
colours = "#cfe8d5", "#3a9d5d", "#f2c14e", "#a23b3b"
fig, axes = figures.panels(2, sharey=True, height=4.2)
figures.regions(axes, imbalances, rates, kinds, names, colours)
d = torch.from_numpy(imbalances)
edge = ce.critical_learning_rate(ce.modes_of_imbalance(d, 2, map_margin))
figures.predicted(axes[0], d, edge, r"exact edge: $f=0$ or $\eta=1$")
figures.level(axes[1], 2 / deeper, r"$\eta=2/N$: no stable minimum")
for ax, depth in zip(axes, (2, deeper), strict=True):
    ax.plot(d, 2 / ce.nearby_sharpness(d, depth), "k:", label=r"$\eta\lambda=2$")
    ax.set(xlabel="imbalance D at the start", title=f"N = {depth}, c = {map_margin:g}")
axes[0].set(ylabel=r"learning rate $\eta$")
words = "Maps of what starts come to; the exact edge bounds the region that converges."
figures.save(fig, "failure_map", words, legend="lower left")

# %%
inside = (ce.overshoot_gap(two.start, two.rate) > 0) & (two.rate < 1)
settled = (two.rate * ce.sharpness(two.end))[two.converged]
ledger.judge({
    "32.3a": share(two.converged == inside),
    "32.3e": largest((found / ce.critical_learning_rate(begun) - 1).abs(), digits=1),
    "32.3b": share(two.converged[inside & (two.stretch > 2)]),
    "32.3c": largest(settled, digits=4),
    "32.3d": share(two.converged[two.rate > 1], sample=False),
})

# %% [markdown]
# Starts on the wrong side of the edge, of all 22,500:

# %%
int((two.converged != inside).sum())

# %% [markdown]
# At depth 4 the zone is real but loses its far end. Between $\eta\lambda=2$ and $4$, at $\eta<2/N$, this share converges:

# %%
zone = (deep.stretch > 2) & (deep.stretch < 4) & (deep.rate < 2 / deeper)
share(deep.converged[zone], digits=2)

# %% [markdown]
# ## 4. The order of the quantifiers
#
# Claim 4 fixes the step and then chooses the start. Turn it round: keep each start of section 1 and shrink the step to
# $\eta=1/\lambda$, the inverse curvature at the minimum that gradient flow reaches,
# $\lambda=\frac N2\sqrt{D^2+4}$. If each start has a step size that works, what it lacks is not a step, but one known
# beforehand from $c$ and the target alone, which is what theorem 1 gives to balanced starts.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 32.4a | every start of section 1 converges at η = 1/λ | share ≥ 1 | one that fails refutes it | Arora et al. 2018, claim 4 |
# | 32.4b | imbalance of two layers follows D(0) Π(1 − η²(p − 1)²) | largest relative difference ≤ 1e-9 | rounding of some hundred factors | derived here |
# | 32.4c | imbalance survives where descent converges calmly, ηλ < 1 | smallest end / start ≥ 0.9 | "survives": a tenth may go | derived here |

# %%
stretches = torch.logspace(-2, 2, 161, dtype=torch.float64)  # ηλ; the middle one is 1
arrival = {
    key: ce.arrival_steps(run.start, key[0], stretches) for key, run in runs.items()
}
at_one = [steps[len(stretches) // 2].isfinite() for steps in arrival.values()]

# %% [markdown]
# The second claim needs single runs: nine starts at $\eta=0.1$, $N=2$, and the steps that they need to reach a loss of
# $10^{-14}$ (−1: never). At $A=4.5$ to $6$ they are catapulted; at $A=8$ the edge is passed.

# %%
sizes = torch.tensor([1, 2, 3, 4, 4.4, 4.5, 5, 6, 8], dtype=torch.float64)
_, path, loss = ce.scalar_descent(ce.two_group_modes(sizes, 2, 0.75), 0.1, range(601))
arrived = (loss <= 1e-14).any(0)
needed = torch.where(arrived, (loss <= 1e-14).int().argmax(0), -1)
measured, law = ce.imbalance_law(path, 0.1)
pd.DataFrame({"A": sizes, "steps to 1e-14": needed}).set_index("A").T

# %% [markdown]
# Left: steps to converge against $\eta\lambda$, for six starts, at curvatures $\lambda$ from 700 to $3\cdot10^{15}$: below 2 the curves coincide.
# Right: the imbalance along five converging runs, and the exact law.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
for (depth, _, margin), steps in arrival.items():
    if margin == margins[0]:
        figures.measured(left, stretches, steps[:, 0], f"N = {depth}", lw=1)
figures.level(left, 2, r"$\eta\lambda=2$", axis="x", theory=False)
figures.level(left, 4, r"edge for N = 2: $\eta\lambda=4$", axis="x")
left.set(xscale="log", yscale="log", xlabel=r"$\eta\lambda$")
left.set(ylabel="steps to loss 1e-12")
for j in (1, 3, 5, 6, 7):
    t = np.arange(int(needed[j]) + 1)
    figures.measured(right, t + 1, measured[t, j].abs(), f"A = {sizes[j]:g}")
    figures.predicted(right, t + 1, law[t, j].abs(), "exact product")
right.set(xscale="log", xlabel="step + 1", ylabel="imbalance |D|", ylim=(0, 38))
words = "Steps to converge fall until 2, end at 4; imbalance follows the exact law."
figures.save(fig, "quantifiers", words)

# %%
kept = (two.end[0] ** 2 - two.end[1] ** 2).abs() / two.imbalance
drift = ((measured - law).abs().amax(0) / measured[0].abs())[arrived]
ledger.judge({
    "32.4a": share(at_one, sample=False),
    "32.4b": largest(drift, rounding=True),
    "32.4c": smallest(kept[two.converged & (two.stretch < 1)]),
})

# %% [markdown]
# After a catapult, this part of the imbalance is left (median):

# %%
round(float(kept[two.converged & (two.stretch > 2)].median()), 2)

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **The failure is as violent as claimed.** For each step size, depth and margin the start has margin $c$ to the last
# bit and overflows within a few steps. Every layer stays inside the bounds of the proof. The imbalance is $10^7$ times what theorem 1 allows, or more, up to $10^{21}$ for the
# smallest starts: nothing here says how much is too much. The map does, for two layers: $\eta\lambda=4$, that is
# $D\approx4/\eta$.
#
# **One row does not reproduce, and it is our own, not the paper's.** The twin cannot converge at *every* $\eta$: at
# $\eta=1$ the balanced minimum itself is no longer stable. The paper promises convergence only for small $\eta$. Where $\eta<2/N$
# every twin converges, and there the failure is imbalance's alone.
#
# **Between $\eta\lambda=2$ and $4$ descent repairs the start.** It settles only where $\eta\lambda\le2$, so a catapult must lower the
# imbalance, to a quarter or so in the middle. At $N=4$ with $D$ above about 20, descent stays bounded and does not converge in
# 4,000 steps. No exact edge is known to us there. (The word is Lewkowycz and others', 2020, recalled. Wang and others 2021
# prove that large steps balance two layers; Liang and Montúfar 2025 announce the exact critical step in their abstract, its
# formula is recalled and agrees with the one derived here.)
#
# **Against reference numbers.** The losses above, and $A=5060$ and $237$, agree with a separate computation. The eight starts from
# $A=1$ to 6 need 66, 27, 7, 30, 211, 326, 25 and 42 steps to $10^{-14}$ there, one more than here each: a difference in counting.
#
# **Limits.** The paper's own $A$ was not readable in our copy: ours is derived from its lemma and only has to be large enough.
# Diagonal starts and one moving mode, as in the paper. The quantifiers are the claim: the start is made after the step.
#
# **Try.** `step_sizes = [0.4, 0.1]`: all twins converge, so that 32.2a is reproduced and 32.2c has nothing to measure.
# `margins = [0.05, 0.99]`: the start may be poor or nearly perfect, the verdicts are the same. So they are with `map_margin = 0.5`. `cells = 400`: the edge under a lens.
