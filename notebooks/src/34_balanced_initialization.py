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
# # Balanced starts work over more scales, because of what scale means
#
# ![verdict](../figures/34_balanced_initialization/verdict.svg)
#
# **Question.** Customarily every entry of every layer is drawn from $\mathcal N(0,s^2)$: a **layer-wise** start. Procedure 1 of the paper takes the *product* of the
# layers at random and splits it evenly over them: a **balanced** start. Does a deep network then depend less on $s$?
#
# **Answer.** Yes: eight linear layers train over 0.4 decades of $s$ layer-wise, over 3.6 balanced. But $s$ is the scale of each layer in one, of the product in the
# other. At equal scale of the product the gain in decades is gone; some speed remains.
#
# ![steps against the scale of the start](../figures/34_balanced_initialization/steps_against_scale.svg)
#
# Left: steps to a loss of $10^{-5}$ against the scale that each scheme calls $s$. Right: the same runs against the scale of the product. A curve ends where fewer than
# half of the starts arrive. Dashed: a predicted waiting time.
#
# *Source:* Arora, Cohen, Golowich and Hu 2018, *A convergence analysis of gradient descent for deep linear neural networks*
# ([arXiv:1810.02281](https://arxiv.org/abs/1810.02281)), procedure 1, theorem 2, claim 2 and section 4.
#
# Before: [33](33_deficiency_margin.ipynb) · Next: [35](35_exact_dynamics.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A linear network $W_N\cdots W_1$ with one output is to become the row $\Phi=(1,0,\dots,0)$. The loss is $\frac12|W_N\cdots W_1-\Phi|^2$, and its gradient in a layer
# is what comes down from the layers above times what comes up from those below.

# %%
import numpy as np


def loss_and_slopes(layers):
    """|W_N ... W_1 - Φ|²/2, and its gradient in every layer."""
    below, slopes = [np.eye(layers[0].shape[1])], []  # W_j ... W_1 for j = 0, ..., N
    for W in layers:
        below.append(W @ below[-1])
    error = below.pop() - np.eye(1, len(below[0]))
    loss = np.sum(error**2) / 2
    for W, rest in zip(layers[::-1], below[::-1], strict=True):
        slopes.insert(0, error @ rest.T)
        error = W.T @ error
    return loss, slopes

# %% [markdown]
# A layer-wise start of eight layers, six units wide, is drawn once and multiplied by scales $s$ from 0.1 to 0.5. The steps until it has learned:

# %%
def steps_to_goal(layers, eta=0.1):
    """Steps of descent until the loss is 1e-5; inf if it explodes or needs 1,500."""
    for t in range(1500):
        loss, slopes = loss_and_slopes(layers)
        if not 1e-5 < loss < 1e9:
            return t if loss <= 1e-5 else np.inf
        layers = [W - eta * slope for W, slope in zip(layers, slopes, strict=True)]
    return np.inf


dice = np.random.default_rng(0)
start = [dice.standard_normal((6 if j < 7 else 1, 6)) for j in range(8)]
[steps_to_goal([s * W for W in start]) for s in (0.1, 0.2, 0.3, 0.4, 0.5)]

# %% [markdown]
# Procedure 1 takes a row, the product, and gives every layer the same size: the $N$-th root of its length. With a row of random numbers, for
# scales from $10^{-4}$ to 10:

# %%
def split(row, N):
    """Layers of equal size whose product is this row."""
    size = np.linalg.norm(row) ** (1 / N)
    hidden, first = np.zeros((row.size, row.size)), np.zeros((row.size, row.size))
    hidden[0, 0], first[0] = size, row * size ** (1 - N)
    return [first, *[hidden] * (N - 2), hidden[:1]]


[steps_to_goal(split(s * start[0][0], 8)) for s in (1e-4, 1e-3, 0.01, 0.1, 1, 10)]

# %% [markdown]
# The layer-wise start works between 0.1, where it waits too long, and 0.5, where it explodes. The balanced one works over a factor of a thousand. Are balanced layers
# so much better? Take the five layer-wise starts from above and split *their* products, so that nothing but balance is changed:

# %%
[steps_to_goal(split(s**8 * np.linalg.multi_dot(start[::-1])[0], 8))
 for s in (0.1, 0.2, 0.3, 0.4, 0.5)]

# %% [markdown]
# The range is about the same again. Doubling each of eight layers multiplies the product by 256: the two schemes do not call the same thing $s$. What follows asks the
# same of wide networks and many starts, and then how long a start waits, what theorem 2 promises, and how often a start has the deficiency margin of [notebook
# 33](33_deficiency_margin.ipynb).

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
depths = [3, 8]  # each in [3, 12]: depths N, in any order
seeds = 12  # in [3, 1000]: starts of each depth, each tried at every scale
steps = 1500  # in [1000, 1000000]: most steps of one run
scales_per_decade = 2  # in [1, 10]: scales in a decade, 1e-8 to 1000, of the product
learning_rates = [0.3, 0.1, 0.03, 0.01, 0.003]  # each in [1e-6, 1]: grid of the search
waiting = 200  # in [50, 1000]: time near the saddle of the starts of section 2
ratios = [20, 50, 100, 1000, 10000]  # each in [18, 1000000]: constant a of theorem 2
draws = 20000  # in [1000, 10000000]: starts drawn for each probability
networks = 3  # in [2, 20]: draws of the ReLU networks
epochs = 10  # in [1, 1000]: passes over the digits

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("34_balanced_initialization", globals())  # checks the parameters

from lib import data, linear_networks as ln
from lib.practice.relu_scales import relu_ends
from lib.statistics import largest, mean, share, significant, slope, smallest, value
from lib.suite import figures
from lib.trajectories import initialization as init, promises as pr, races
from lib.trajectories.margins import best_margin_scale

import pandas as pd
import torch

if not min(learning_rates) < 2 / max(depths):
    raise ValueError("learning_rates must reach below 2 / depth, for every depth")
figures.style()
rng = np.random.default_rng(seed)
goal = 1e-5

# %% [markdown]
# `lib` searches the fastest of several learning rates for many starts at once. Here it gets one rate and the layer-wise starts from above:

# %%
np.array_equal(races.fastest(
    races.whole_race(goal),
    ln.at_scales([torch.from_numpy(W)[None] for W in start], [0.15, 0.2, 0.25]),
    [0.1], steps=1500, problem=(torch.eye(1, 6).double().expand(3, -1, -1),),
)[0], [steps_to_goal([s * W for W in start]) for s in (0.15, 0.2, 0.25)])

# %% [markdown]
# ## 1. Which scales work
#
# The paper regresses a gas-sensor data set with 128 features on one label, with 32 units in each hidden layer. Whitened, all that is left of the data is the vector
# $\Phi=YX^\top/m$, rescaled to length 1; and since neither scheme prefers a direction, *which* unit vector does not matter. So there is nothing to download (checks
# 34.6a and b show it on digits). Steps are counted to a loss of $10^{-5}$ at the best learning rate of a grid, found anew for every start: the paper's protocol. Rates
# above $2/N$ are left out: no minimum is flatter than the balanced one, whose largest curvature is $N$, so descent at such a rate cannot settle at any minimum.
#
# The **scale of the product** is the standard deviation of an entry of $W=W_N\cdots W_1$: for a balanced start $s$ itself, for a layer-wise
# one $s^N\sqrt{d_1\cdots d_{N-1}}$. A scale *works* for a start if it needs at most ten times the steps that half of the starts of its scheme need at the best
# scale. Every start is drawn once and multiplied by every $s$, and each balanced one is the product of a layer-wise one, split evenly.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.1a | Layer-wise starts of eight layers or more work over at most one decade of s | mean ≤ 1 | the paper: "a narrow band" | Arora et al. 2018, section 4 (statement, read) |
# | 34.1b | Balanced starts of eight layers or more work over two decades of s, at least | mean ≥ 2 | the paper: "a wide range" | Arora et al. 2018, section 4 (statement, read) |
# | 34.1c | At equal scale of the product both schemes work over as many decades, at every depth | at the depth farthest off: mean of balanced / layer-wise 1 ± 0.2 | at N = 3 a gain of 2 or 4 in s lies outside | Ours |
#
# Every start runs at every scale and rate, in both schemes. The fewest steps in which half of the starts arrive, at the best scale:

# %%
products = np.array([
    significant(10 ** (k / scales_per_decade))
    for k in range(-8 * scales_per_decade, 3 * scales_per_decade + 1)
])
found = {
    N: init.search_scales(
        [128] + [32] * (N - 1) + [1], products, seeds, rng,
        learning_rates=learning_rates, final_loss=goal, steps=steps,
    ) for N in sorted(depths)
}  # fmt: skip
pd.DataFrame({
    N: {scheme: arm.best() for scheme, arm in arms.items()} for N, arms in found.items()
}).T.rename_axis("N")

# %% [markdown]
# The decades of $s$ that work, means over the starts. A decade of a layer-wise $s$ is $N$ decades of the product, so at equal scale of the product the
# gain is to be divided by $N$:

# %%
def gain(N, limit=None):
    """Decades of s that work, balanced over layer-wise, for every start."""
    return found[N]["balanced"].decades(limit) / found[N]["layer-wise"].decades(limit)


pd.DataFrame({
    N: {scheme: float(arm.decades().mean()) for scheme, arm in found[N].items()}
    | {"gain": float(gain(N).mean()), "at equal product": float(gain(N).mean()) / N}
    for N in found
}).T.rename_axis("N").round(2)

# %% [markdown]
# And the steps: medians, with the middle half of the starts shaded. Dashed: the waiting time of section 2 for a start at a right angle to $\Phi$, divided by the
# largest rate of the grid that is below $2/N$. The balanced curves follow it at their left ends:

# %% tags=["hide-input"]
def curve(N, scheme, axis):
    """(scales, steps where half of the starts arrive, predicted ones if W is small)."""
    arm, small = found[N][scheme], torch.from_numpy(products)
    arrive = (arm.steps.median(1).values <= steps)[:, None]
    wait = pr.waiting_time(0 * small, small * 128**0.5, N)
    wait = wait / max(rate for rate in learning_rates if rate < 2 / N)
    wait[(small > 0.011) | (wait > steps) | (scheme != "balanced")] = torch.nan
    return getattr(arm, axis), arm.steps.clamp(max=steps).where(arrive, torch.nan), wait


with figures.curves(
    "steps_against_scale", {
        title: {f"N = {N}, {scheme}": curve(N, scheme, axis)
                for N in found for scheme in found[N]}
        for title, axis in (("each scheme's own $s$", "scale"),
                            ("scale of the product", "product"))
    },
    "Steps to 1e-5 against scale; at equal product the curves of one depth agree.",
    prediction="waiting time, balanced", band=(0.25, 0.75), height=4,
    xscale="log", yscale="log", xlabel="scale", ylabel=r"steps to $\ell\leq10^{-5}$",
):
    pass

# %%
ledger.judge({
    "34.1a": mean([found[N]["layer-wise"].decades() for N in found if N >= 8]),
    "34.1b": mean([found[N]["balanced"].decades() for N in found if N >= 8]),
    "34.1c": mean(max((gain(N) / N for N in found), key=lambda x: abs(x.mean() - 1))),
})

# %% [markdown]
# ## 2. How long the saddle holds a balanced start
#
# The left end of every curve is a wait near the saddle $W=0$, and for balanced starts it can be predicted. Such a start stays balanced: every layer has a single
# singular value that is not zero, the same $a$ for all, and $|W|=a^N$. Let $c$ be the cosine between $W$ and $\Phi$. While $|W|\ll1$ gradient flow reads
#
# $$\dot a=a^{N-1}c,\qquad\dot c=a^{N-2}(1-c^2),$$
#
# so $a\sqrt{1-c^2}$ is conserved while $W$ turns towards $\Phi$, wherever it starts. A start that points away first shrinks, turns, and then grows. The time until $a$
# is large follows by one integral,
#
# $$T=\bigl(a\sqrt{1-c^2}\bigr)^{-(N-2)}\int_c^1(1-x^2)^{\frac{N}{2}-2}\,dx;$$
#
# for three layers it is the angle divided by its sine, divided by $a$. No constant is fitted.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.2a | Start by start and at every depth, T is the time until the loss has fallen to half of its value at W = 0 | largest relative difference ≤ late | the last stretch takes a time of order 1: late is 2/T at a right angle | Ours |
#
# For each depth we draw starts of one scale, at which a start at a right angle to $\Phi$ would wait for a time of 200. They differ in length and direction, and $T$
# depends on both. Measured time over $T$, least and largest:

# %%
waits = {N: pr.waiting_run(128, N, waiting, 10 * seeds, rng) for N in found}
pd.DataFrame({
    N: (time / T).aminmax() for N, (time, T) in waits.items()
}, index=["least", "largest"]).T.rename_axis("N").astype(float).round(3)

# %% [markdown]
# Each marker is a start:

# %% tags=["hide-input"]
with figures.points(
    "waiting", {"": {f"N = {N}": waits[N][::-1] for N in reversed(found)}},
    "Measured waiting time against the predicted one: all starts lie on the diagonal.",
    width=5.5, xlabel="predicted waiting time T", ylabel="time to half the loss",
) as axes:
    figures.predicted(axes[0], *[axes[0].get_xlim()] * 2, "measured = predicted")

# %%
ledger.judge({
    "34.2a": largest([(time / T - 1).abs() for time, T in waits.values()]),
}, late=2 / waiting)

# %% [markdown]
# ## 3. What theorem 2 promises
#
# Theorem 2 takes a balanced start of the scale $s=1/\sqrt{a\,d_0^2}$, with a constant $a$ that can be chosen (it is not the $a$ of section 2), and promises that at a
# certain small learning rate descent arrives within a certain number of steps, with probability at least
#
# $$P=\bigl(1-2e^{-d_0/16}\bigr)\,\tfrac12\bigl(3-4F(2\sqrt{2/a})\bigr),$$
#
# where $F$ is the normal distribution function. The proof needs the deficiency margin $s^2d_0/2$ at the start and applies theorem 1 twice, first up to
# $|W-\Phi|=\frac12$. The promised learning rate is below $10^{-17}$, so we run at 0.1 and compare *times*, learning rate × steps.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.3a | At least the promised share P of balanced starts has the theorem's margin, and arrives in its time, at every a and N | the smaller share − P, smallest ≥ 0 | one pair refutes it | Arora et al. 2018, theorem 2 (statement, read) |
#
# Five constants $a$ at each depth:

# %%
kept = {
    (a, N): pr.kept_promises(128, N, a, draws, rng, final_loss=goal)
    for N in found for a in sorted(ratios, reverse=True)
}
pd.DataFrame({
    case: {
        "P": f"{run.promise.probability:.3f}",
        "have the margin": f"{run.had_margin.mean():.3f}",
        "arrive in time": f"{run.in_time(goal).mean():.3f}",
        "median time": f"{np.median(run.times):.0f}",
        "promised time": f"{run.promise.time(goal):.0e}",
    } for case, run in kept.items()
}).T.rename_axis(["a", "N"])

# %% [markdown]
# The promise is kept, but much more happens than it says. All starts arrive in time, those without a margin too: section 2 says why. And for small $s$ the time is
# close to that of section 2, $T\propto s^{-(1-2/N)}$, while the promised one grows as $s^{-(4-4/N)}$:

# %% tags=["hide-input"]
def times(N):
    """(s, measured times, waiting times, promised times) at the constants a."""
    runs = [run for (_, depth), run in kept.items() if depth == N]
    s = torch.tensor([run.promise.init_scale for run in runs]).double()
    promised = [run.promise.time(goal) for run in runs]
    wait = pr.waiting_time(0 * s, s * 128**0.5, N)
    return s, [run.times for run in runs], wait, promised


with figures.curves(
    "promise", {f"N = {N}": {"measured": times(N)[:3]} for N in found},
    "Measured times lie on the waiting time, far below the promised ones.",
    prediction="waiting time, right angle", band=(0, 1), xscale="log", yscale="log",
    xlabel="$s$", ylabel="time to loss 1e-5, rate × steps",
) as axes:
    [ax.plot(times(N)[0], times(N)[3], "k:", label="_" if k else "promised")
     for k, (ax, N) in enumerate(zip(axes, found, strict=True))]

# %%
worst = min(run.spare(goal) for run in kept.values())
ledger.judge({"34.3a": value(worst[0], of=draws, interval=worst[1])})

# %% [markdown]
# ## 4. How often a start has a margin
#
# The theorem is about one output, and that is no accident. A start has a deficiency margin if $c=\sigma_{\min}(\Phi)-|W-\Phi|_F>0$. A small start lies at a distance
# of about $|\Phi|_F$ from the target. With one output $|\Phi|_F=\sigma_{\min}$, and half of all directions lead into the ball of this radius. With two,
# $|\Phi|_F>\sigma_{\min}$: a small start has no margin at all, and a larger one must happen to lie near $\Phi$.
#
# For a Gaussian product of scale $s$ and a target of $m$ outputs and $d$ inputs, $|W-\Phi|_F^2/s^2$ is a noncentral chi-square variable, and
#
# $$P(c>0)=F_{\chi'^2}\bigl(\sigma_{\min}^2/s^2;\ m\,d,\ |\Phi|_F^2/s^2\bigr).$$
#
# [Notebook 31](31_linear_convergence.ipynb) needs the best scale for square targets; here is the whole law.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.4a | At every scale the share of balanced starts with a margin is the noncentral chi-square's, for one, two and three outputs | largest distance in standard deviations ≤ 5 | fifty cases pass 5 by chance in one run of thousands | Ours, after Arora et al. 2018 (read) |
#
# The best probability that any scale gives, for identities of $m$ outputs and $d$ inputs:

# %%
pd.Series({
    f"{m} × {d}": f"{best_margin_scale(torch.eye(m, d).double())[1]:.1g}"
    for m, d in ((2, 2), (3, 3), (4, 4), (5, 5), (2, 8), (2, 128))
})

# %% [markdown]
# The shares drawn, beside the law:

# %%
spreads = np.array([significant(10 ** (k / 4)) for k in range(-20, 3)])
margins = {
    f"{m} × {d}": pr.margin_counts(torch.eye(m, d).double(), spreads, draws, rng)
    for m, d in ((1, 128), (2, 2), (3, 3))
}
pd.DataFrame({
    (name, kind): x for name, (counts, law) in margins.items()
    for kind, x in (("drawn", counts / draws), ("law", law))
}, index=spreads)[::2].rename_axis("s").round(4)

# %% [markdown]
# With one output the share is one half as long as the product is small. Two outputs are enough to make a margin rare:

# %% tags=["hide-input"]
with figures.curves(
    "margins",
    {"": {name: (spreads, np.where(counts, counts / draws, np.nan), law)
          for name, (counts, law) in margins.items()}},
    "Share of starts with a margin: one half if small and with one output, else few.",
    prediction="noncentral chi-square", width=6.5, xscale="log", yscale="log",
    ylim=(2e-5, 1),
    xlabel="scale of the product", ylabel="share of starts with a margin",
):
    pass

# %%
def deviations(counts, chances):
    """Distance from the law in standard deviations, where ten or more are expected."""
    chances = np.broadcast_to(chances, np.shape(counts))
    spread = np.sqrt(draws * chances * (1 - chances))
    away = np.abs(np.array(counts) - draws * chances)
    return away[spread**2 > 10] / spread[spread**2 > 10]


ledger.judge({
    "34.4a": largest([deviations(*case) for case in margins.values()], of=draws),
})

# %% [markdown]
# ## 5. A network with ReLU
#
# The paper's last test leaves the theory: 784-128-32-10, ReLU, cross-entropy, stochastic descent in batches of 100 at rate 0.01. Balanced means procedure 1 as if the
# network were linear, with random rotations between the layers. We take 5,000 digits, without the pixels that are dark in 99 of 100, and 10 epochs, which are 500
# steps (the paper: all of MNIST, 6,000). The arm that could explain a difference away is balanced **at the layer-wise network's own scale of the product**, $64s^3$.
# Every repetition has its own starts and its own order of the digits.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.5a | At the same s a balanced ReLU network ends at a lower loss, for every s up to 1 | largest balanced / layer-wise ≤ 1 | the paper: "lower" | Arora et al. 2018, section 4, figure on MNIST (statement, read) |
# | 34.5b | At the same scale of the product, too, a balanced ReLU network ends at a lower loss, s being 0.1 or more | largest balanced / layer-wise ≤ 1 | lower without the help of the axis | Ours |
#
# The final training loss of the balanced network divided by that of the layer-wise one, means over the repetitions:

# %%
ends = relu_ends(
    *data.digits(), [784, 128, 32, 10],
    [significant(10 ** (k / 2)) for k in range(-3, 2)], networks, rng,
    learning_rate=0.01, batch_size=100, epochs=epochs,
)  # fmt: skip


def quotient(scales):
    """Loss of balanced networks at these scales over that of the layer-wise ones."""
    return ends.balanced_at(scales) / ends.layered


pd.DataFrame({
    "same s": quotient(ends.scale).mean(1),
    "same product": quotient(ends.product).mean(1),
}, index=ends.scale).rename_axis("s").round(2)

# %% [markdown]
# At $s=0.03$ and equal product both networks still guess after 500 steps, and their quotient says nothing.

# %% tags=["hide-input"]
with figures.curves(
    "relu_digits",
    {name: {"layer-wise": (x, ends.layered.clamp(max=1e3)),
            "balanced": (ends.products, ends.balanced.clamp(max=1e3))}
     for name, x in (("each scheme's own s", ends.scale),
                     ("scale of the product", ends.product))},
    "Final loss of ReLU networks against scale: at equal product as wide, but deeper.",
    xscale="log", yscale="log", ylim=(0.3, 5), xlabel="scale",
    ylabel="final training loss [nats]",
) as axes:
    figures.level(axes, np.log(10), "guessing: ln 10")
    axes[0].set_yticks([0.5, 1, 2, 4], [0.5, 1, 2, 4])
    axes[0].minorticks_off()

# %%
ledger.judge({
    "34.5a": largest(quotient(ends.scale)[ends.scale <= 1], of=networks, digits=2),
    "34.5b": largest(quotient(ends.product)[ends.scale >= 0.1], of=networks, digits=2),
})

# %% [markdown]
# ## Reading
#
# **The figures of the paper come back.** Layer-wise, eight layers train over less than half a decade of $s$ and three layers over two decades; balanced, three layers
# train over almost six decades and eight over three and a half.
#
# **But what is wider is the axis.** Layer-wise, a factor in $s$ is its $N$-th power in the product. At equal scale of the product both schemes work over as many
# decades, to within a tenth at three layers and at eight. That is no theorem: at small scales both wait at the saddle, by the same power of the product's scale, and
# at large scales they happen to fail alike. (At three layers a gain of $N-1$ or $N+1$ would be seen; at eight, nine could not be told from eight.) What balance gains
# is speed: near the scale 0.1 of the product it needs about two thirds of the steps, and at three layers it endures a product ten times as large. In the ReLU network,
# too, the decades are the axis (34.6v, w), the lower loss is not.
#
# **Theorem 2 holds, and promises far less than happens.** The margin is needed by the proof, not by descent: at a product of scale 1 no start has one, and three
# layers still converge. And with more than one output chance no longer gives one: for two outputs and 128 inputs no scale gives a margin with a probability above
# $10^{-40}$.
#
# **Imbalance.** From $s=0.001$ it stays constant to 1%, as the flow conserves it, and is under 0.1% of the smallest layer at the end (34.6r, s). The paper's "far
# below the weights" holds only once descent leaves the saddle, not before (34.6t). At $s=0.1$ it stays above the smallest layer to the end (34.6u), and descent
# converges all the same. Claim 2 holds in every draw: Markov's inequality is generous. Whether a layer-wise start has margin and balance *together* often enough for
# theorem 1, the paper leaves open.
#
# **Against the paper.** Nothing contradicts it. We read theorem 2 in a copy without displayed formulas, so parts of the constants are from memory; that theorem 1
# applied twice gives them, up to rounding (34.6l, m), is evidence for the reading. The paper stops at $10^6$ steps; our limit, 1,500, is not reached at any scale that
# works.
#
# **Limits.** The grid of learning rates is coarse, and at large scales the best one falls between its points. The ReLU runs have 500 steps; with the paper's 6,000 the layer-wise
# network catches up at small scales. The lower loss belongs to this network: on digits of $14\times14$ pixels, of the same brightness, it is gone at $s=0.3$.
#
# **Try.** `depths = [3, 5]`: without eight layers 34.1a, 34.1b and 34.6c are not measured, and the gain at five layers is still about five. `epochs = 40`: all losses
# fall, and all rows hold. `scales_per_decade = 4`: smoother curves, and the same verdicts.

# %% [markdown]
# ## 6. Checks
#
# First the search. Its first rows compare descent on real images, digits with their value as label, with the reduced problem: the rows of $W_1$ never leave the span
# of $\Phi$ and their own start, which leaves 33 inputs of 128 (layer-wise) or three numbers (balanced).
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.6a | *identity:* The loss on whitened digits, above its optimum, is that of the reduced network at every step | largest difference ≤ 1e-10 | rounding of 150 steps | Arora et al. 2018, section 2 (statement, read) |
# | 34.6b | *identity:* Both schemes take as many steps on the digits as in the reduced runs | largest difference ≤ 0 | it is a count | Ours |
# | 34.6c | *control:* Layer-wise, at eight layers or more, scales half a decade or more off the best do not work | share ≥ 0.95 | ours: what "narrow" means | Arora et al. 2018, section 4 (statement, read) |
# | 34.6d | At every depth balanced starts work over twice as many decades of s as layer-wise ones | smallest mean ratio ≥ 2 | ours: a figure shows it | Arora et al. 2018, section 4 (statement, read) |
# | 34.6e | While the saddle holds, the steps of the shallowest layer-wise network grow as the power −(N − 2) of s | slope power ± 0.1 | a tenth of the power at three layers | Ours |
# | 34.6f | The smallest learning rate of the grid is the best one of no start | share ≤ 0 | else the grid is too short | Ours |
# | 34.6g | With one limit of 1,000 steps for both schemes they work over as many decades of the product, too | largest distance of the mean ratio from 1 ≤ 0.3 | ours: the limit is another for each depth | Ours |

# %% [markdown]
# Steps on the digits, layer-wise and balanced, three starts each:

# %%
checked = init.reduction_on_digits(3, rng, final_loss=goal)
checked[1].int().numpy()

# %%
ledger.judge({
    "34.6a": largest(checked[0], of=3, rounding=True),
    "34.6b": largest((checked[1] - checked[2]).abs(), of=3),
    "34.6c": share([
        arms["layer-wise"].off_best(0.5) > 10 * arms["layer-wise"].best()
        for N, arms in found.items() if N >= 8
    ], sample=False),
    "34.6d": smallest([gain(N).mean() for N in found], of=seeds),
    "34.6e": slope(**found[min(found)]["layer-wise"].held(products < 9e-5)),
    "34.6f": share([
        arm.rate[arm.rate.isfinite()] == min(learning_rates)
        for arms in found.values() for arm in arms.values()
    ], sample=False),
    "34.6g": largest([abs(gain(N, 1000).mean() / N - 1) for N in found], of=seeds),
}, power=2 - min(found))

# %% [markdown]
# Next, waiting and the constants of theorem 2. To have the margin $s^2d_0/2$ is, for small $s$, to draw a normal variable above $1/\sqrt a$, so the true probability
# is $1-F(1/\sqrt a)$. For large $a$ both tend to one half from below, and the true one lacks only $1/(4\sqrt2)=0.177$ of what $P$ lacks. The promised time must be
# compared with theorem 1 itself: it is so long that a promise a hundred times shorter would be kept as well.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.6h | Starts that point away from the target arrive all the same, within 10 T | share ≥ 0.95 | theory leaves no exception | Ours |
# | 34.6i | *control:* T at a right angle, taken for all starts, is wrong | largest relative difference ≥ 0.05 | five times the bound of 34.2a | Ours |
# | 34.6j | The share of starts with the margin of theorem 2 is that of the noncentral chi-square, for every a and N | largest distance in standard deviations ≤ 5 | ten cases pass 5 by chance in one run of 10,000 | Ours |
# | 34.6k | For a up to 100 the share drawn lacks 0.177 of what P lacks of one half | mean 0.177 ± 0.03 | 0.25 if P had 2/√a in place of 2√(2/a) | Ours |
# | 34.6l | The promised time is that of theorem 1 applied twice, for every a and N | log2 of the quotient, largest distance from 0 ≤ 1 | the paper rounds constants up | Arora et al. 2018, proof of theorem 2 (statement, read) |
# | 34.6m | The promised learning rate is that of theorem 1 applied twice, for every a and N | log2 of the quotient, largest distance from 0 ≤ 1 | the paper rounds constants up | Arora et al. 2018, proof of theorem 2 (statement, read) |

# %%
ledger.judge({
    "34.6h": share([time[T > waiting].isfinite() for time, T in waits.values()]),
    "34.6i": largest([(time / waiting - 1).abs() for time, _ in waits.values()]),
    "34.6j": largest([
        deviations(run.had_margin.sum(), run.promise.chance()) for run in kept.values()
    ], of=draws),
    "34.6k": mean([
        (0.5 - run.had_margin.mean()) / (0.5 - run.promise.probability)
        for (a, _), run in kept.items() if a <= 100
    ]),
    "34.6l": largest([abs(k.promise.over_theorem_1(goal)[0]) for k in kept.values()]),
    "34.6m": largest([abs(k.promise.over_theorem_1(goal)[1]) for k in kept.values()]),
})

# %% [markdown]
# Then margin and balance of layer-wise starts. Claim 2 of the paper says that a *small* start is nearly balanced: its imbalance is at most $\delta$ with probability
# $1-10Ns^4d_{\max}^3/\delta^2$ or more. The proof is Markov's inequality, and the mean that it needs is known: a pair of layers has the mean square imbalance
#
# $$\mathbb E\|W_{j+1}^\top W_{j+1}-W_jW_j^\top\|_F^2=s^4d_j\bigl[(d_{j-1}-d_{j+1})^2+(d_{j-1}+d_{j+1})(d_j+1)\bigr].$$
#
# Balance is conserved by the flow: a layer-wise start keeps the imbalance it has, while the weights grow around it. "Smallest layer" is the smallest
# $\|W_jW_j^\top\|_F$. Three layers:
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.6n | Half of the layer-wise starts have a margin at a product of scale 1e-5, at every depth | largest distance in standard deviations ≤ 5 | as for balanced starts | Arora et al. 2018, claim 3 (statement, read) |
# | 34.6o | *control:* At a product of scale 1 no balanced start has a margin | share ≤ 0.01 | the margin needs a small start | Arora et al. 2018, theorem 2 (statement, read) |
# | 34.6p | At s = 0.1 the imbalance is at most the δ for which claim 2 says 3/4 | share ≥ 0.75 | the claim's own number | Arora et al. 2018, claim 2 (statement, read) |
# | 34.6q | At s = 0.1 the square imbalance of a pair has the mean of the formula | mean ratio 1 ± 0.008 | the nearest wrong formula is off by 0.013 | Ours |
# | 34.6r | From s = 0.001 the imbalance ends far below the smallest layer | largest imbalance / layer ≤ 0.01 | ours: "far below" is a hundredth | Arora et al. 2018, section 4 (statement, read) |
# | 34.6s | From s = 0.001 the imbalance changes little along the way | largest relative change ≤ 0.03 | conserved by the flow, descent adds the square of the rate | Arora et al. 2018, section 3 (statement, read) |
# | 34.6t | *control:* At the start, s = 0.001, the imbalance is not below the smallest layer | smallest imbalance / layer ≥ 1 | before the weights grow | Arora et al. 2018, section 4 (statement, read) |
# | 34.6u | *control:* From s = 0.1 the imbalance stays above the smallest layer to the end | smallest imbalance / layer ≥ 1 | this start is not small | Arora et al. 2018, section 4 (statement, read) |

# %%
low, high = (
    init.balance_run([128, 32, 32, 1], s, rate, seeds, rng)
    for s, rate in ((1e-3, 0.3), (0.1, 0.1))
)
imbalances = pr.drawn_imbalance([128, 32, 32, 1], 0.1, 2000, rng)

# %% [markdown]
# From $s=0.001$ the imbalance stays where it was, and the smallest layer grows past it when descent leaves the saddle.

# %% tags=["hide-input"]
with figures.curves(
    "balance", {"": {"imbalance": (low.steps, low.records["imbalance"]),
                     "smallest layer": (low.steps, low.records["smallest"])}},
    "The imbalance stays flat while the smallest layer grows past it.",
    width=6.5, yscale="log", xlabel="step", ylabel="size",
) as axes:
    figures.level(axes[0], float(low.records["imbalance"][0].median()),
                  "conserved by the flow (median)")

# %%
ledger.judge({
    "34.6n": largest([
        deviations(pr.positive_margins(
            [128] + [32] * (N - 1) + [1], [1e-5], draws, rng), 0.5) for N in found
    ], of=draws),
    "34.6o": value(margins["1 × 128"][0][list(spreads).index(1)] / draws, of=draws),
    "34.6p": share(imbalances[0] <= (40 * 3 * 0.1**4 * 128**3) ** 0.5),
    "34.6q": mean(imbalances[1], groups=[[*range(2000)]] * 2),
    "34.6r": largest(low.records["imbalance"][-1] / low.records["smallest"][-1]),
    "34.6s": largest(
        (low.records["imbalance"] / low.records["imbalance"][0] - 1).abs(), of=seeds
    ),
    "34.6t": smallest(low.records["imbalance"][0] / low.records["smallest"][0]),
    "34.6u": smallest(high.records["imbalance"][-1] / high.records["smallest"][-1]),
})

# %% [markdown]
# Last, the ReLU network: over how many decades of its own $s$, and of the product, each scheme ends within twice its best loss.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 34.6v | Over more decades of s a balanced ReLU network ends within twice its best loss | mean balanced / layer-wise ≥ 1.5 | ours: "wider" by half | Arora et al. 2018, section 4, figure on MNIST (statement, read) |
# | 34.6w | *control:* At equal scale of the product it does so over as many decades as the layer-wise one | mean balanced / layer-wise 1 ± 0.5 | the gain of 34.6v must go | Ours |

# %%
def good(scales, losses):
    """Decades of the scale within twice the best loss, in every draw."""
    return init.working_decades(scales, losses, 2 * losses.amin(0))


ledger.judge({
    "34.6v": mean(good(ends.products, ends.balanced) / good(ends.scale, ends.layered)),
    "34.6w": mean(good(ends.scale, ends.balanced_at(ends.product))
                  / good(ends.scale, ends.layered)),
})

# %%
ledger.conclude()
