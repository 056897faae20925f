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
# # A linear rate needs a minimum; on separable classes it is 1/t
#
# ![verdict](../figures/38_logistic_rate/verdict.svg)
#
# **Question.** The theorem of [notebook 31](31_linear_convergence.ipynb) promises that every step of descent removes a fixed share of the loss, which there is a
# square. What is left of the promise for classification with the logistic loss?
#
# **Answer.** With overlapping classes one layer keeps the linear rate. On separable ones the loss has no minimum: at a fixed learning rate one layer's loss falls as
# 1/t, at a pace set by the largest margin. Depth gains a power of a logarithm.
#
# ![Loss of plain descent against time for one, two and three layers](../figures/38_logistic_rate/loss.svg)
#
# Mean loss of plain descent over twenty separable data sets, for N layers. Dashed: what the margin predicts after the first tenth of the steps.
#
# *Source:* Soudry, Hoffer, Nacson, Gunasekar and Srebro 2018, *The implicit bias of gradient descent on separable data*
# ([arXiv:1710.10345](https://arxiv.org/abs/1710.10345)). Depth: Lyu and Li 2020, *Gradient descent maximizes the margin of homogeneous neural
# networks* ([arXiv:1906.05890](https://arxiv.org/abs/1906.05890)).
#
# Before: [37](37_acceleration.ipynb) · Next: [39](39_conserved_balance.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Take one example with the input 1 and $N$ layers, each of them the same number $a$, so that the network multiplies its input by $w=a^N$. The logistic loss is
# $\ln(1+e^{-w})$: it falls as long as $w$ grows, and is never zero.

# %%
from math import exp, log, log1p


def losses(N, eta=0.5, decades=6):
    """The loss after 10, 100, ... steps of descent from a = 0.5."""
    a, found, step = 0.5, [], 0
    for k in range(1, decades + 1):
        while step < 10**k:
            a += eta * a ** (N - 1) / (1 + exp(a**N))
            step += 1
        found.append(log1p(exp(-(a**N))))
    return found

# %% [markdown]
# With one layer, loss times time ($\eta$ times the number of steps) tends to 1:

# %%
[round(L * 0.5 * 10**k, 3) for k, L in enumerate(losses(1), 1)]

# %% [markdown]
# With two layers it does not, but loss times time times $2\ln(1/L)$ does, slowly:

# %%
[round(L * 0.5 * 10**k * 2 * log(1 / L), 2) for k, L in enumerate(losses(2), 1)]

# %% [markdown]
# Why? Where $w$ is large the loss $L$ is $e^{-w}$, so that its slope in $w$ has the size of the loss itself: the smaller the loss, the smaller the steps. In flow time
# $\dot L=-Na^{2N-2}L^2$ and $w=\ln(1/L)$, so $1/L$ grows at the rate $N\ln(1/L)^{2-2/N}$: a constant for $N=1$, and a power of a logarithm for $N>1$. Near a minimum,
# by contrast, the slope is in proportion to the square root of what is left of the loss, and that makes the rate linear.
#
# The rest of this notebook asks the same of data sets and matrices, and follows the loss much farther than plain descent can.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
problems = 20  # in [10, 500]: data sets
samples = 30  # in [20, 60]: examples of each
inputs = 5  # in [2, 8]: inputs of each
gap = 0.3  # in [0.3, 2]: by so much are the classes moved apart
deeper = [2, 3]  # each in [2, 6]: numbers of layers N beside one
steps = 20_000  # in [5000, 1000000]: steps of plain descent
far_steps = 8000  # in [4000, 40000]: steps of the run that goes far
odds = 4  # in [2, 10]: right labels of an example for each wrong one, in the control

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("38_logistic_rate", globals())  # reads and checks the parameters

from lib.statistics import largest, mean, median, smallest
from lib.suite import figures
from lib.trajectories import separable as sp

import numpy as np
import pandas as pd
import torch

figures.style()
depths = [1, *sorted(set(deeper))]
rng, later = (np.random.default_rng(s) for s in (seed, [seed, 1]))

# %% [markdown]
# `lib` takes the same steps, for layers that are matrices and for many data sets at once:

# %%
unit = torch.ones(1, 1, 1, dtype=torch.float64)
same = sp.plain_run(unit, (0.5 * unit, 0.5 * unit), torch.tensor([0.5]).double(), 1000)
bool(np.isclose(float(same.losses[-1]), losses(2, decades=3)[-1]))

# %% [markdown]
# ## 1. Plain descent
#
# The inputs $x_i$ have the labels $y_i=\pm1$. With $z_i=y_ix_i$ the loss is $L=\sum_i\ln(1+e^{-z_i\cdot w})$, and $w=W_N\cdots W_1$. If some direction $w$ has
# $z_i\cdot w>0$ for all $i$, the classes are separable, and the largest value that $\min_iz_i\cdot w$ takes for $|w|=1$ is the **margin** $\gamma$. Late in a run only
# the examples nearest to the border count, the gradient in $w$ has the length $\gamma L$, and for balanced layers ([notebook 32](32_balancedness.ipynb))
#
# $$\frac{d}{dt}\frac1L=N\gamma^2|w|^{2-2/N}.$$
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 38.1a | With one layer the loss of plain descent falls as 1/t | mean exponent of t −1 ± 0.05 | over the last nine tenths of the time | Soudry et al. 2018 (statement, abstract) |
# | 38.1b | At every depth 1/L grows at the rate that margin and size of w predict | mean growth / predicted 1 ± 0.1 | more examples than the nearest still count | Lyu and Li 2020 (statement, recalled) |
# | 38.1c | *control:* Where the classes overlap the rate is linear, and that of the Hessian at the minimum | median rate / predicted 1 ± 0.05 | ours: a start may hardly see the slowest direction, and then is faster | Ours |
#
# The learning rate is the inverse of the largest curvature; the layers start small and balanced. The loss after 2,000 and after 20,000 steps, mean over all data sets:

# %%
z = sp.separable_classes(problems, samples, inputs, gap, rng)
margin = sp.largest_margin(z)
starts = {N: sp.balanced_start(problems, inputs, N, 0.5, rng) for N in depths}
plain = {N: sp.plain_run(z, starts[N], sp.stable_rate(z, N), steps) for N in depths}
late = steps // 100  # a tenth of the records
pd.DataFrame({f"N = {N}": plain[N].losses[[late, -1]].mean(-1) for N in depths},
             index=[10 * late, steps]).map(lambda x: f"{x:.1e}")


# %% [markdown]
# The growth of $1/L$ after the first tenth of the steps, divided by the predicted one:

# %%
risen = {N: sp.growth_from(plain[N], margin.size, N, late) for N in depths}
{f"N = {N}": round(float((a[-1] / b[-1]).mean()), 2) for N, (a, b) in risen.items()}

# %% [markdown]
# In the control, with one layer, each example appears five times, once with the wrong label, so that no $w$ separates the classes and the loss has a minimum. How far
# the mean loss is above it at the start, after 20 and after 40 steps:

# %%
mixed = sp.overlapping_classes(problems, samples, inputs, odds, later)
low = sp.minimum(mixed)
pace = sp.stable_rate(mixed, 1)
begin = sp.balanced_start(problems, inputs, 1, 0.5, later)
excess = sp.plain_run(mixed, begin, pace, 2000, 1).losses
excess = excess - sp.logistic_loss((low[:, None],), mixed)
[f"{x:.0e}" for x in excess[[0, 20, 40]].mean(-1)]

# %% [markdown]
# The fall is fast at first; its rate at the end is what 38.1c measures. Back to the separable classes, the whole run:

# %% tags=["hide-input"]
def falling(N):
    """Mean time, mean loss, and what is predicted for it from the first tenth on."""
    run, grown = plain[N], risen[N][1]
    after = (1 / (1 / run.losses[late] + grown)).mean(-1)
    theory = np.concatenate([np.full(late, np.nan), after])
    return run.times.mean(-1)[1:], run.losses.mean(-1)[1:], theory[1:]


with figures.curves(
    "loss",
    {"": {f"N = {N}": falling(N) for N in depths}},
    "Loss against time, both logarithmic: slope -1 for one layer, steeper for more.",
    prediction="predicted by the margin", xscale="log", yscale="log",
    xlabel="time (learning rate × steps)", ylabel="loss", width=7,
):
    pass

# %%
ledger.judge({
    "38.1a": mean(sp.time_exponent(plain[1], late)),
    "38.1b": mean([a[-1] / b[-1] for a, b in risen.values()],
                  groups=[[*range(problems)]] * len(depths)),
    "38.1c": median(sp.tail_rate(excess) / sp.linear_rate(mixed, low, pace)),
})

# %% [markdown]
# ## 2. Very far out
#
# Plain descent cannot go far: each factor of ten in the loss costs ten times the steps. But descent on $\ln L$ takes the same path at another pace (38.4c), and the
# time that the flow on $L$ would need for each of its steps can be added up. So we can look at losses so small that only the nearest examples count.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 38.2a | The square of the gradient is Nγ²‖w‖^(2−2/N)L² at every depth | largest relative distance ≤ 0.01 | falls as 1/ln t | Lyu and Li 2020 (statement, recalled) |
# | 38.2b | The growth of 1/L follows ln(1/L) with the power 2 − 2/N: depth gains a logarithm, not a rate | largest distance of the mean power ≤ 0.04 | direction and size still settle | Ours, after Lyu and Li 2020 (recalled) |
#
# The decimal logarithms of time and loss at the end, means over all data sets:

# %%
far = {N: sp.far_run(z, starts[N], far_steps) for N in depths}
pd.DataFrame({f"N = {N}": [float(x[-1].mean()) for x in far[N][:2]] for N in depths},
             index=["time", "loss"]).div(np.log(10)).round(0)


# %% [markdown]
# The power of $\ln(1/L)$ in the growth of $1/L$, fitted over the second half of the run, and the predicted one:

# %%
powers = {N: float(sp.growth_power(far[N]).mean()) for N in depths}
{f"N = {N}": (round(powers[N], 2), round(2 - 2 / N, 2)) for N in depths}

# %% [markdown]
# The growth itself, for the first data set:

# %% tags=["hide-input"]
def growing(N):
    """ln(1/L), and the measured and predicted growth of 1/L, of the first data set."""
    rise, x = (a[50:, 0] for a in sp.measured_growth(far[N]))
    return x.exp(), rise.exp(), sp.growth(margin.size[0], x.exp() / margin.size[0], N)


with figures.curves(
    "growth", {"": {f"N = {N}": growing(N) for N in depths}},
    "Growth of 1/L against ln(1/L), both logarithmic, on lines of slope 0, 1 and 4/3.",
    prediction=r"$N\gamma^{2/N}\ln(1/L)^{2-2/N}$", xscale="log", yscale="log",
    xlabel="ln(1/L)", ylabel="d(1/L)/dt", width=6.5,
):
    pass

# %%
ledger.judge({
    "38.2a": largest([
        (far[N].log_square - sp.gradient_square(
            margin.size, far[N].sizes, far[N].log_loss, N))[-1].expm1().abs()
        for N in depths
    ], of=problems),
    "38.2b": largest([abs(powers[N] - 2 + 2 / N) for N in depths], of=problems),
})

# %% [markdown]
# ## 3. Where the weights go
#
# Since only the nearest examples pull, $w$ turns to the direction in which the nearest examples are as far from the border as they can be: that of the largest margin,
# which a support vector machine finds directly. Descent takes its time: for one layer the angle between $w$ and this direction falls as $1/\ln t$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 38.3a | At every depth w turns to the direction of the largest margin | largest 1 − cos ≤ 0.005 | half of the control's bound | Soudry et al. 2018 (statement, abstract) |
# | 38.3b | With one layer the angle falls as 1/ln t, 1 − cos as its square, in the median data set | median power −2 ± 0.25 | where one more example is nearly as near as the nearest the law comes later | Soudry et al. 2018 (statement, recalled) |
# | 38.3c | *control:* The least squares solution points elsewhere | mean 1 − cos ≥ 0.01 | twice the bound of 38.3a | Ours |

# %%
turns = {N: sp.turn(far[N], margin.direction) for N in depths}
square = torch.linalg.pinv(z).sum(-1)  # the least squares solution of z w = 1
straight = 1 - (square * margin.direction).sum(-1) / square.norm(dim=-1)
{"w at the end": round(max(float(t[-1].max()) for t in turns.values()), 3),
 "least squares": round(float(straight.mean()), 2)}

# %% [markdown]
# On the way there, $1-\cos$ of this angle, mean over all data sets. Note that the horizontal axis is the logarithm of time:

# %% tags=["hide-input"]
with figures.curves(
    "direction",
    {"": {f"N = {N}": (far[N].log_time[40:].mean(-1) / np.log(10),
                       turns[N][40:].mean(-1)) for N in depths}},
    "One minus the cosine to the largest margin falls slowly, the slower the deeper.",
    xlabel=r"decimal logarithm of time", ylabel="1 − cos", yscale="log", width=6.5,
) as axes:
    figures.level(axes, straight.mean(), "least squares", theory=False)

# %%
ledger.judge({
    "38.3a": largest([turns[N][-1] for N in depths], of=problems),
    "38.3b": median(sp.angle_power(far[1], margin.direction)),
    "38.3c": mean(straight),
})

# %% [markdown]
# ## Reading
#
# **What theorem 1 does not cover.** The theorem that [notebook 31](31_linear_convergence.ipynb) tests gives a linear rate for the square loss, from balance and a
# margin of another kind. What is missing here is not the square but the minimum: where classes overlap the same logistic loss has one, and with one layer the rate is
# linear again (38.1c). Without a minimum a step of one layer removes a share of the loss that is in proportion to the loss itself, and so ever less.
#
# **The shrinking steps are the cause.** Let the learning rate grow as the loss falls, in proportion to $1/L$, and with one layer the rate is linear: that is what the
# runs of section 2 do (38.4f). So the slow law belongs to descent at a fixed learning rate, and three times that rate does not change it (38.4e). At ten times the
# rate the first step leaps so far that some losses then hardly fall until the law has caught up with them; no row measures this.
#
# **Depth helps, by a logarithm.** [Notebook 37](37_acceleration.ipynb) finds that depth speeds up steep losses by a constant at best. Here, by the law of 38.2b, its
# gain grows without bound, though slowly, and it is not small: after 20,000 steps the loss of two layers is some twenty times lower than that of one, and that of
# three layers some sixty times.
#
# **A rate is not all.** All examples are on the right side once the loss is below $\ln2$, which it is early in the run. What goes on for ever is the growth of $w$,
# and its turn to the largest margin, which for one layer is slower than any power of time.
#
# **Limits.** Of the papers on the logistic loss only abstracts were read. Layers start in exact balance; the laws are those of gradient flow, whose path section 2
# follows to first order in the step on $\ln L$. Depths are compared at the same share of the largest stable step, not each at a rate of its own.
#
# **Try.** `gap = 2`: all examples are nearly as far away as the nearest, more of them count, and 38.1b fails at 1.10. `inputs = 2, samples = 20`: 38.1a holds only
# partly, and 38.3c fails, since in two dimensions least squares points nearly the right way. `inputs = 8, samples = 60`: there is so much to turn that 38.2b and 38.3b
# fail. `deeper = [6]`: six layers have not settled yet, and 38.2a and 38.3a fail. `steps = 5000`: so few steps do not yet show the power of t, and 38.1a fails at
# −0.94. `deeper = [3, 2]`: all rows hold.

# %% [markdown]
# ## 4. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 38.4a | No example is nearer to the border than the margin says | smallest z·w / γ − 1 ≥ −1e-9 | rounding of a linear solver | Ours |
# | 38.4b | Layers stay balanced under plain descent | largest imbalance / size of a layer squared ≤ 0.1 | the flow keeps it; first order in the largest stable step | Arora et al. 2018 (statement, read) |
# | 38.4c | Descent on ln L has the loss of plain descent at the same time | largest difference of ln L ≤ 0.05 | first order in the pace | Ours |
# | 38.4d | At the end the size of w is ln(1/L)/γ | largest relative distance ≤ 0.1 | constants beside a logarithm of a hundred | Soudry et al. 2018 (statement, abstract) |
# | 38.4e | At three times the learning rate the loss of one layer falls as 1/t, too | mean exponent of t −1 ± 0.05 | the bound of 38.1a | Ours |
# | 38.4f | *control:* Steps in proportion to 1/L have a linear rate, γ² times the step on ln L | mean fall of ln L a step / predicted 1 ± 0.02 | first order in the step | Ours |

# %%
ledger.judge({
    "38.4a": smallest(
        (z @ margin.direction[..., None])[..., 0].amin(-1) / margin.size - 1),
    "38.4b": largest([sp.relative_imbalance(z, starts[N], 2000) for N in depths[1:]]),
    "38.4c": largest([sp.same_time_gap(plain[N], far[N]) for N in depths],
                     of=problems),
    "38.4d": largest([
        abs(far[N].sizes[-1] * margin.size / -far[N].log_loss[-1] - 1) for N in depths
    ], of=problems),
    "38.4e": mean(sp.time_exponent(
        sp.plain_run(z, starts[1], 3 * sp.stable_rate(z, 1), steps), late)),
    "38.4f": mean(sp.falls_a_step(far[1]) / (margin.size**2 * sp.pace(z))),
})

# %%
ledger.conclude()
