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
# # Five textbook obstacles to descent, measured
#
# ![verdict](../figures/11_optimization_challenges/verdict.svg)
#
# **Question.** A textbook shows five pictures of why descent might fail: the wrong goal, local minima, saddles, saturated
# units, random Hessians. What does each cost?
#
# **Answer.** Each cost follows from a formula; the runs agree. Plain descent leaves 42% of uniform starts in the local minimum; noise, also of
# minibatches, frees them in the time that the barrier predicts. Saddles cost a logarithm of the distance, saturation 264 times the steps.
#
# ![descent leaves a local minimum by noise, Gaussian or of minibatches](../figures/11_optimization_challenges/noise.svg)
#
# The share of runs that noise has freed within a fixed time, against the scale of the noise. The two dashed curves are the same: the scale of the noise
# decides, not whether it is Gaussian or that of a minibatch.
#
# *Source:* Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter
# [Optimization and deep learning](https://d2l.ai/chapter_optimization/optimization-intro.html) (d2l), its five
# pictures and its exercises.
#
# Before: [00](00_one_network.ipynb) · Next: [12](12_double_descent.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Descent is $x\leftarrow x-\eta f'(x)$, and time is $\eta$ times steps. The chapter's risk is $f(x)=x\cos\pi x$.

# %%
from math import cos, cosh, factorial, pi, sin


def f_slope(x):
    """The slope of f(x) = x cos(pi x)."""
    return cos(pi * x) - pi * x * sin(pi * x)


def descend(slope, x, eta, steps):
    """Where descent has come to after 0, 1, 2, ... steps."""
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - eta * slope(path[-1]))
    return path

# %% [markdown]
# From 0.3 descent finds the global minimum at 1.0904, and from 0.2 the local one at $-0.2739$. The barrier between them lies at $+0.2739$, since $f$ is odd.

# %%
[round(descend(f_slope, x, 0.02, 500)[-1], 4) for x in (0.3, 0.2)]

# %% [markdown]
# On $x^3$ descent crawls towards the flat point at 0, ever more slowly:

# %%
[round(x, 4) for x in descend(lambda x: 3 * x**2, 1.0, 0.1, 4000)[::1000]]

# %% [markdown]
# And on $\tanh$ the start decides. From 1 it takes 142 steps to 0; from 4, four times as far, it has hardly moved after 30,000:

# %%
[round(descend(lambda x: 1 / cosh(x) ** 2, x, 0.01, n)[-1], 2)
 for x, n in ((1, 142), (4, 142), (4, 30000))]

# %% [markdown]
# These are the chapter's obstacles in one variable. The rest of the page measures what each of them costs. These are its numbers, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
starts = 40000  # in [1000, 1000000]: starts of plain descent over [-1, 2]
noisy_runs = 800  # in [200, 10000]: runs at each noise scale and at each batch size
learning_rate = 0.01  # in [0.001, 0.02]: step size on f with noise and on tanh
sample_scale = 16.0  # in [12, 24]: noise of one sample, at eta = 0.01
hidden_units = 4  # in [2, 5]: hidden units d of the trained network
matrices = 1000000  # in [500000, 10000000]: random matrices of each size

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("11_optimization_challenges", globals())  # checks parameters

from lib.descent import Momentum, Plain, Record
from lib.landscapes import perceptrons
from lib.obstacles import surfaces as sf
from lib.statistics import largest, share, smallest, value
from lib.suite import figures

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import torch

figures.style()
rng, later = (np.random.default_rng(s) for s in (seed, [seed, 1]))

# %% [markdown]
# `lib` takes the same steps, from many starts at once:

# %%
np.allclose(
    sf.follow(sf.risk, sf.points([0.3, 0.2]), Plain(0.02), steps=40).weights[0][:, 0],
    [descend(f_slope, x, 0.02, 40)[-1] for x in (0.3, 0.2)],
)

# %% [markdown]
# ## 1. The wrong goal and the wrong minimum
#
# Fitting the data lowers an empirical risk, the chapter's $g=f+0.2\cos5\pi x$; we want the risk $f$ low. Their minima lie apart, and the price is the
# **excess risk**: $f$ at the minimum of $g$, less the smallest value of $f$.
#
# And on $[-1,2]$ the risk has a local minimum. All that starts to the left of the barrier ends there, a share
# $(0.2739+1)/3=0.4246$ of the interval.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.1a | Of uniform starts, the share that lies left of the barrier ends in the local minimum | share of starts lost ± reach | four standard errors of 40,000 starts are 0.01; reach is 0.015 | d2l, local minima (statement, read) |
#
# Uniform starts, and where each has come to after 1,000 steps:

# %%
low, top, deep = (float(x) for x in sf.turning_points(sf.risk, -1, 2))
begin = rng.uniform(-1, 2, starts)
end = sf.follow(
    sf.risk, sf.points(begin), Plain(0.02), steps=1000
).weights[0][:, 0].numpy()  # fmt: skip
{name: round(float((np.abs(end - x) < 1e-4).mean()), 4)
 for name, x in (("local minimum", low), ("global minimum", deep))}  # fmt: skip

# %% [markdown]
# Left: the two goals and their minima. Right: the risk on a wider interval; from the shaded part descent ends in the local minimum.

# %% tags=["hide-input"]
best = {
    name: sf.global_minimum(surface, 0.5, 1.5)
    for name, surface in (("f", sf.risk), ("g", sf.empirical_risk),
                          ("small", sf.wiggled_risk(0.002)))
}  # fmt: skip


def drawn(surface, *interval):
    """(x, value) of a surface of one variable."""
    x = np.linspace(*interval, 301)
    return x, surface.value(sf.points(x))


with figures.curves(
    "minima",
    {"the wrong goal": {"risk f": drawn(sf.risk, 0.5, 1.5),
                        "empirical risk g": drawn(sf.empirical_risk, 0.5, 1.5)},
     "the wrong minimum": {"risk f": drawn(sf.risk, -1, 2)}},
    "Risk and empirical risk, minima apart; local and global minimum of the risk.",
    sharey=False, height=3.2, xlabel="x", ylabel="risk",
) as axes:
    axes[0].plot(best["g"], sf.empirical_risk.value(best["g"]), "kv", label="min of g")
    axes[0].plot(best["f"], sf.risk.value(best["f"]), "k^", label="min of f")
    axes[1].axvspan(-1, top, color="grey", alpha=0.25, lw=0, label="ends left")

# %%
ledger.judge({
    "11.1a": share(np.abs(end - low) < 1e-4, digits=4),
}, lost=(top + 1) / 3, reach=0.015)  # fmt: skip

# %% [markdown]
# ## 2. Noise frees descent, and a minibatch is noise
#
# Put noise of standard deviation $\sigma$ into every gradient, and descent becomes nearly a diffusion of temperature $D=\eta\sigma^2/2$. The mean time
# $T$ to climb out of the local minimum and down to the global one is then a double integral over $e^{f/D}$ and $e^{-f/D}$ (Kramers 1940), and the share
# gone by time $t$ is near $1-e^{-t/T}$. Nothing is fitted.
#
# The chapter's hope is that the noise of minibatches does this for free. Take data of two kinds: half of the samples tilt the curve by
# $+sx$, the other half by $-sx$, so that the risk is untouched. A batch of $B$ samples sees their mean: a gradient noise of scale
# $s/\sqrt B$, which takes only $B+1$ values and is far from Gaussian for small $B$. If only the scale matters, the same $T$ holds.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.2a | Gaussian noise frees descent in the mean time that the barrier predicts | time / predicted 1 ± 0.1 | the diffusion is exact to 0.04; Kramers' short formula is off by 0.14 | Kramers 1940 (statement, recalled) |
# | 11.2b | Minibatches free descent in the time predicted for noise of scale s/√B | time / predicted 1 ± 0.1 | the same; B − 1 for B would be off by 0.3 | Ours, after d2l, local minima (read) |
#
# Runs from the local minimum at 13 noise scales and at 17 batch sizes. Which factor on all predicted times fits the shares best?

# %%
cooler = np.sqrt(0.01 / learning_rate)  # the same temperatures at any step size


def gone(noise, rng, batches=None):
    """(scales of the noise, how many of `noisy_runs` runs are gone by time 20)."""
    own = sf.Noise(np.repeat(noise, noisy_runs), rng)
    if batches is not None:
        own = replace(own, batches=np.repeat(batches, noisy_runs))
        noise = sf.minibatch_scale(noise, batches)
    found = sf.noisy_escape(
        sf.risk, sf.points(np.full(len(own.scales), low)), own,
        lambda p: p[:, 0] > deep, learning_rate=learning_rate,
        steps=round(20 / learning_rate), within=(-1.0, 2.0),
    )  # fmt: skip
    return noise, found.view(len(noise), -1).sum(1).tolist()


def escape_times(noise):
    """The mean times that the barrier predicts."""
    return np.array(
        [sf.mean_escape_time(sf.risk, low, deep, -1, s, learning_rate) for s in noise]
    )

# %% [markdown]
# For each kind of noise its scales and the numbers of runs that are gone by time 20, and the factor that fits best:

# %%
freed = {
    "Gaussian noise": gone(np.linspace(2, 8, 13) * cooler, rng),
    "minibatches": gone(
        np.full(17, sample_scale * cooler), later, np.arange(4, 37, 2)
    ),
}


def factor(name):
    """The factor on all predicted times that fits best, with its interval."""
    noise, counts = freed[name]
    best_fit, ends = sf.escape_factor(
        np.array(counts), noisy_runs, escape_times(noise), 20.0
    )
    return {"number": best_fit, "of": noisy_runs, "interval": ends}


{name: value(**factor(name)) for name in freed}

# %% [markdown]
# The shares themselves, and the prediction (the key figure):

# %% tags=["hide-input"]
law = pd.Series({s: -np.expm1(-20 / escape_times([s])[0])
                 for s in np.linspace(2, 9, 57) * cooler})  # fmt: skip
with figures.curves(
    "noise", {name: {} for name in freed},
    "The share that noise frees rises as the barrier predicts, also for batches.",
    height=3.4, xlabel=r"scale of the noise, $\sigma$ or $s/\sqrt{B}$",
    ylabel="share gone by time 20", xlim=(1.5 * cooler, 9 * cooler),
    legend="lower right",
) as axes:
    figures.shares(axes[0], *freed["Gaussian noise"], noisy_runs, "Gaussian noise")
    figures.shares(axes[1], *freed["minibatches"], noisy_runs, "minibatches")
    figures.predicted(axes[0], law.index, law, "predicted from the barrier")
    figures.predicted(axes[1], law.index, law, "predicted from the barrier")

# %%
ledger.judge({
    "11.2a": value(**factor("Gaussian noise")),
    "11.2b": value(**factor("minibatches")),
})

# %% [markdown]
# What such an escape takes: the noise that is predicted to free half of the runs by time 20, in units of the steepest slope of the barrier; and the
# share that two thirds of this noise would free.

# %%
{
    "noise that frees half / steepest slope": round(
        sf.crossing(law.index.to_numpy(), law.to_numpy())
        / float(sf.risk.gradient(sf.points(np.linspace(low, top, 2001))).max()), 1),
    "share that two thirds of it frees": round(float(np.interp(
        sf.crossing(law.index.to_numpy(), law.to_numpy()) / 1.5, law.index, law)), 3),
}  # fmt: skip

# %% [markdown]
# ## 3. Two kinds of saddle
#
# At 0, $x^3$ has neither slope nor curvature: the second-derivative test is silent. Gradient flow needs the time
# $\frac13(1/x_1-1/x_0)$ from $x_0$ to $x_1$, so descent from the right crawls as $1/(3\eta t)$ for ever.
#
# $x^2-y^2$ is a *strict* saddle: its curvature shows the way down, and $y$ grows by the factor $1+2\eta$ a step. That is the ball on a saddle of the
# chapter's exercise 4: it cannot stay, because every disturbance grows.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.3a | On the cubic descent takes the time of the flow from every start | largest relative difference ≤ 0.001 | discrete steps add a logarithm, 0.0003 | Ours, after d2l, saddle points (read) |
# | 11.3b | Descent leaves the saddle after log(1/δ)/log(1 + 2η) steps from the distance δ | largest distance in steps ≤ 1 | a whole number of steps | Ours, after d2l, exercise 4 (read) |
#
# A hundred starts on the cubic are followed for 30,000 steps at rate 0.1. The time of the run over that of the flow, least and largest:

# %%
at = rng.uniform(0.1, 2, 100)
crawl = sf.follow(
    sf.cubic, sf.points(at), Plain(0.1), steps=30000,
    record=Record(
        [*range(1, 10), *np.geomspace(10, 30000, 60).astype(int)],
        lambda w: {"x": w[0][:, 0]},
    ),
)
passed = 3000 / sf.cubic_time(torch.from_numpy(at), crawl.records["x"][-1])
round(float(passed.min()), 5), round(float(passed.max()), 5)

# %% [markdown]
# The steps to leave the strict saddle, from some of 29 distances between $10^{-15}$ and $0.1$:

# %%
delta = np.geomspace(1e-15, 0.1, 29)
leave = partial(
    sf.steps_until, sf.saddle, torch.tensor(np.stack([np.ones(29), delta], 1)),
    reached=lambda p: p[:, 1].abs() >= 1, limit=9999,
)  # fmt: skip
left_in = {rate: leave(rule=Plain(rate)).numpy() for rate in (0.01, 0.1, 0.5)}
pd.DataFrame(left_in, index=delta)[::7].rename_axis("δ").rename_axis(columns="η")

# %% [markdown]
# Left: two starts crawl towards the flat point for ever. Right: the steps to leave the strict saddle grow only as the logarithm of 1 / distance.

# %% tags=["hide-input"]
with figures.curves(
    "saddles",
    {"the flat point of x³: distance": {
        f"from {at[k]:.2g}": (
            crawl.steps, crawl.records["x"][:, k], 1 / (0.3 * crawl.steps))
        for k in range(2)},
     "x² − y²: steps to leave": {
        f"η = {rate}": (
            1 / delta[::-1], left_in[rate][::-1], sf.saddle_steps(delta[::-1], rate))
        for rate in left_in}},
    "Descent on the cubic falls as one over t; steps to leave a saddle, by formula.",
    prediction="formula", sharey=False, xscale="log", yscale="log",
    legend="upper right",
) as axes:
    axes[0].set(xlabel="step t", xlim=(1, 3e6), ylim=(5e-5, 5))
    axes[1].set(xlabel=r"1 / distance $\delta$", xlim=(5, 1e21), ylim=(1, 1e4))

# %%
ledger.judge({
    "11.3a": largest((passed - 1).abs(), digits=2),
    "11.3b": largest([np.abs(left_in[rate] - sf.saddle_steps(delta, rate))
                      for rate in left_in], of=len(delta), digits=2),
})  # fmt: skip

# %% [markdown]
# ## 4. Vanishing gradients are a matter of coordinates
#
# Descent on $\tanh$ from $x_0$ to 0 takes the time $T(x_0)=\int_0^{x_0}\cosh^2=\frac{x_0}2+\frac14\sinh2x_0$: exponential in the distance. Descent
# takes the steps of Euler's method, which lag behind the flow; that adds $\ln\cosh x_0$ steps to $T/\eta$.
#
# The chapter's cure is to reparametrise. Write $\tanh x=\sin z$. The values are the same, but the slope in $z$ is $\cos z$, and
# under descent in $z$ the old coordinate moves at speed one, $\dot x=-1$. The way from $x_0=4$, which took 375 units of time, takes 4.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.4a | Descent on tanh takes T(x₀)/η + ln cosh x₀ steps from every start | largest distance in steps ≤ 1 | a whole number of steps | Ours, after d2l, vanishing gradients (read) |
# | 11.4b | With tanh written as a sine the time is the distance | largest distance in steps ≤ 3 | steps of Euler's method add two or so | Ours, after d2l, vanishing gradients (read) |
#
# Steps to 0 from starts between 0.5 and 4, on tanh, on tanh as a sine, and on ReLU:

# %%
places = np.arange(0.5, 4.01, 0.25)
steps = {
    name: sf.steps_until(
        surface, sf.points(begin_at), reached=lambda p: p[:, 0] <= 0,
        rule=Plain(learning_rate), limit=round(400 / learning_rate),
    ).numpy()
    for name, surface, begin_at in (
        ("tanh", sf.tanh, places), ("ReLU", sf.relu, places),
        ("tanh as a sine", sf.sine, np.arcsin(np.tanh(places))),
    )
}  # fmt: skip
pd.DataFrame(steps, index=places).iloc[[2, 8, 14]].T.rename_axis(columns="start")

# %% [markdown]
# On tanh a start at 4 costs this many times the steps of a start at 1:

# %%
round(steps["tanh"][14] / steps["tanh"][2])

# %% [markdown]
# In the coordinate of the sine the exponential is gone:

# %% tags=["hide-input"]
with figures.curves(
    "vanishing_gradient",
    {"": {"tanh": (places, steps["tanh"], sf.tanh_steps(places, learning_rate)),
          "tanh as a sine": (places, steps["tanh as a sine"], places / learning_rate)}},
    "tanh saturates: steps grow exponentially, in other coordinates linearly.",
    prediction="formula", width=6.5, xlabel=r"start $x_0$", ylabel="steps to reach 0",
    yscale="log", xlim=(0.4, 5), legend="upper left",
):
    pass

# %%
ledger.judge({
    "11.4a": largest(
        np.abs(steps["tanh"] - sf.tanh_steps(places, learning_rate)), digits=2
    ),
    "11.4b": largest(
        np.abs(steps["tanh as a sine"] - places / learning_rate), digits=2
    ),
})

# %% [markdown]
# ## 5. Minima are rare among random matrices
#
# Random symmetric matrices stand for Hessians. At a minimum *all* $n$ eigenvalues are positive. For Gaussian matrices the probability of this falls
# faster than any exponential: eigenvalues repel, so their signs are not independent. De Bruijn's formula gives it exactly: $\frac12$,
# $\frac{2-\sqrt2}4$, $\frac14-\frac{\sqrt2}{2\pi}$ for $n=1,2,3$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.5a | The share of Gaussian matrices of size 2, 3 and 4 whose eigenvalues are all positive is de Bruijn's | largest relative difference ≤ 0.08 | four errors at n = 4; independent signs are off by 24 | de Bruijn 1955 (statement, recalled) |

# %%
rare = pd.DataFrame({
    "hits": {n: sf.count_positive_definite(n, matrices, rng) for n in range(1, 6)},
    "exact": {n: sf.probability_positive_definite(n) for n in range(1, 9)},
}).rename_axis("n")
rare[:5].astype({"hits": int})

# %% [markdown]
# The dotted line is what independent signs would give:

# %% tags=["hide-input"]
with figures.curves(
    "random_hessians", {"": {}},
    "The probability of a minimum falls much faster than two to the minus n.",
    width=6, height=3.2, xlabel="size n", ylabel="P(all eigenvalues > 0)", yscale="log",
) as axes:
    figures.shares(axes[0], range(1, 6), [int(n) for n in rare.hits[:5]], matrices)
    figures.predicted(axes[0], rare.index, rare.exact, "exact")
    axes[0].plot(rare.index, 0.5**rare.index, ":", color="C1", label=r"$2^{-n}$")

# %%
ledger.judge({
    "11.5a": largest((rare.hits / matrices / rare.exact - 1).abs().loc[2:4],
                     of=matrices, digits=2),
})  # fmt: skip

# %% [markdown]
# ## Reading
#
# **The pictures hold.** Where descent has one or two variables and no noise, basins, stalling and escape follow from a few lines of calculus, and the
# runs agree to the size of a step.
#
# **What the chapter leaves open.** *Noise helps*, at a price: the scale that frees half of the runs by time 20 is
# 4.7 times the steepest slope of the barrier; two thirds of it frees one in a hundred. *Saddles* are left in a time that is only
# logarithmic in how close one starts; what stalls for ever is the degenerate point of $x^3$, which no curvature betrays. Exercise 4.2 asks how one can use this:
# [notebook 26](26_escaping_saddles.ipynb) perturbs descent on purpose. *Vanishing gradients* are a matter of coordinates: the same function, written as a sine, has
# none. *Rare minima* is about random matrices: at $n=4$ one in 407, at $n=8$ one in $10^9$. A loss is not a random
# matrix: [22](22_energy_bands.ipynb) and [24](24_index_and_energy.ipynb) ask how much of this survives.
#
# **Against the chapter.** The numbers $-0.25$ and $-0.95$ in its second picture are positions in the drawing, not values of the risk. Exercise 2 reads
# as if symmetry held for any eigenvalue: it holds for one picked at random, not for the largest (11.6o).
#
# **Limits.** The noise is the same at every point, for the Gaussian and for our minibatches; in a network it changes from point to
# point. The ball of exercise 4 is an inertial one: momentum 0.9 stands in for it (11.6h).
#
# **Try.** `learning_rate = 0.02`: twice the temperature at the same noise, so that 3.3 times the steepest slope frees half.
# `sample_scale = 12`: the batch that frees half falls from 12 to 7 samples. `hidden_units = 5`: 3,840 images.

# %% [markdown]
# ## 6. Checks
#
# First what belongs to sections 1 to 3. For a small wiggle the excess risk is known: the minimum shifts by the wiggle's slope over the curvature
# $f''$, and the price is half of the curvature times the shift squared. With momentum $\mu$ the saddle's factor is the larger root of
# $r^2-(1+\mu+2\eta)r+\mu=0$. And for 300 random Hessians we compare what the second-derivative test says with what
# descent does: it comes back to the point from everywhere (minimum), ascent does (maximum), or neither (saddle).
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.6a | The excess risk of the chapter's empirical minimum is 0.0312 | excess risk 0.0312 ± 1e-4 | these are the digits given | Ours, after d2l, figure 1 (read) |
# | 11.6b | The excess risk of a wiggle 100 times smaller is what its slope and the curvature say | excess / predicted 1 ± 0.02 | the next order is a hundredth | Ours |
# | 11.6c | No start of 11.1a ends on the other side of the barrier | number of strays ≤ 0 | small steps cannot cross a barrier | Ours |
# | 11.6d | *control:* Without noise nothing leaves the local minimum | share of runs that leave ≤ 0.01 | none of 800 runs ends below it | d2l, local minima (statement, read) |
# | 11.6e | *control:* On x² the starts of 11.3a come to rest in 300 steps | largest distance ≤ 1e-12 | it is 0.8 to the 300th power | d2l, saddle points (statement, read) |
# | 11.6f | The signs of the eigenvalues say whether descent meets a minimum, a maximum or a saddle | share of agreement ≥ 0.95 | nearly flat directions, some 1%, need longer | d2l, saddle points (statement, read) |
# | 11.6g | No start leaves the saddle earlier than the formula of 11.3b says | smallest difference in steps ≥ 0 | growth is exact at every step | Ours |
# | 11.6h | With momentum 0.9 the base of the logarithm is the larger root | steps per ln(1/δ), measured / predicted 1 ± 0.005 | rounding to whole steps; μ alone is off by 0.1 | Ours |

# %%
hessians = torch.from_numpy(
    np.array([m + m.T for m in later.standard_normal((300, 3, 3))])
)
words = sf.class_by_descent(hessians, later)
pd.Series(words).value_counts()

# %% [markdown]
# This is what descent has met. The verdicts:

# %%
ledger.judge({
    "11.6a": value(sf.risk.value(best["g"]) - sf.risk.value(best["f"])),
    "11.6b": value((sf.risk.value(best["small"]) - sf.risk.value(best["f"]))
                   / sf.wiggle_excess(0.002)),
    "11.6c": value(int(((end < top) != (begin < top)).sum()), of=starts),
    "11.6d": share(np.arange(noisy_runs) < gone(np.zeros(1), rng=rng)[1][0]),
    "11.6e": largest(sf.follow(sf.quadratic(2.0), sf.points(at), Plain(0.1), steps=300)
                     .weights[0].abs(), rounding=True),
    "11.6f": share([sf.classify(h) == word
                    for h, word in zip(hessians, words, strict=True)]),
    "11.6g": smallest(np.round([left_in[rate] - sf.saddle_steps(delta, rate)
                                for rate in left_in], 6), of=len(delta), digits=1),
    "11.6h": value(np.divide(*(
        np.polyfit(np.log(1 / delta), needed, 1)[0] for needed in (
            leave(rule=Momentum(0.01, 0.9)).numpy(), sf.saddle_steps(delta, 0.01, 0.9))
    )), of=len(delta)),
})  # fmt: skip

# %% [markdown]
# Then sections 4 and 5, and the exercises. Exercise 3 asks for further challenges. The most common is conditioning: with curvatures 1 and $\kappa$,
# the best step size $2/(1+\kappa)$ shrinks both modes by $(\kappa-1)/(\kappa+1)$ a step, and any step above $2/\kappa$ diverges. Exercise 1: permuting the $d$
# hidden units of a network gives $d!$ networks that compute the same; for tanh any unit may also change the signs of all its weights, which makes
# $2^dd!$. That they are different points is counted. Exercise 2: $M$ and $-M$ have the same law, so an eigenvalue picked at random is
# positive as often as negative; but it may be exactly zero, and the largest eigenvalue does not share the symmetry. We take matrices of size 3 with
# entries 0, 1, $-1$ of probability 0.8, 0.1, 0.1, which can all be enumerated.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 11.6i | The slope of tanh at 4 is 0.00134095 | slope at 4 0.00134095 ± 1e-8 | the chapter prints 0.0013 | d2l, figure 5 (number, read) |
# | 11.6j | *control:* On ReLU the steps are the distance over the step size | largest distance in steps ≤ 1 | a whole number of steps | d2l, figure 5 (statement, read) |
# | 11.6k | Quadratics of condition κ = 10, 100, 1000 take the predicted steps down to 1e-6 of the first distance | largest difference in steps ≤ 1 | a whole number of steps | Polyak 1964 (statement, recalled) |
# | 11.6l | *control:* With a step size 1% above 2/κ descent moves away | share that comes nearer ≤ 0 | it grows by 1.02 a step | Ours |
# | 11.6m | The images of a trained logistic network under permutations are d! different points | number of different networks orders ± 0 | they are counted | d2l, exercise 1 (statement, read) |
# | 11.6n | The images of a trained tanh network under permutations and signs are 2^d d! different points | number of different networks all ± 0 | they are counted | Ours |
# | 11.6o | An eigenvalue picked at random is positive with probability 0.2322, not 1/2 | probability 0.2322 ± 5e-5 | enumerated; the digits given | Ours, after d2l, exercise 2 (read) |
# | 11.6p | *control:* The largest eigenvalue is positive far more often than negative | P(> 0) − P(< 0) ≥ 0.5 | 0.62 by enumeration | Ours |
#
# The networks are trained on random targets for all 5-bit patterns, with a weight decay of $10^{-3}$ that keeps the minimum at finite weights.

# %%
def images(units):
    """How many different networks a trained minimum has as images."""
    draw = np.random.default_rng([seed, 2])
    bits = perceptrons.parity(5).inputs[:, :5]
    network, *_ = perceptrons.local_minimum(
        perceptrons.start(10, 5, hidden_units, 1.0, draw),
        perceptrons.task(bits, draw.uniform(0, 1, 32)),
        weight_decay=1e-3, learning_rate=0.1, steps=6000, units=units,
    )  # fmt: skip
    found = perceptrons.equivalent_networks(network, flips=units == "tanh")
    return perceptrons.count_distinct(found)


# %% [markdown]
# The verdicts of the second table:

# %%
signs, of_largest = sf.spectrum_signs(3, [0.0, 1.0, -1.0], [0.8, 0.1, 0.1])
ledger.judge({
    "11.6i": value(sf.tanh.gradient(sf.points(4.0)), digits=6),
    "11.6j": largest(np.abs(steps["ReLU"] - places / learning_rate), digits=2),
    "11.6k": largest([
        abs(sf.steps_at_best_rate(k, 1e-6) - sf.conditioned_steps(k, 1e-6))
        for k in (10.0, 100.0, 1000.0)], digits=2),
    "11.6l": share([sf.distance_at_rate(k, 2.02 / k) < 2**0.5
                    for k in (10.0, 100.0, 1000.0)], sample=False),
    "11.6m": value(images("logistic")),
    "11.6n": value(images("tanh")),
    "11.6o": value(signs[0], digits=4),
    "11.6p": value(of_largest[0] - of_largest[1]),
}, orders=factorial(hidden_units),
   all=2**hidden_units * factorial(hidden_units))  # fmt: skip

# %%
ledger.conclude()
