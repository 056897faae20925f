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
# # Deep linear networks learn along known curves; depth costs a finite delay
#
# ![verdict](../figures/35_exact_dynamics/verdict.svg)
#
# **Question.** A deep linear network computes a linear map, but its training is nonlinear: long plateaus, sudden drops. Can its course be computed? And what does
# depth cost?
#
# **Answer.** Yes: with two layers each singular value follows a sigmoid, even from small Gaussian starts. Infinite depth needs finitely many steps, inversely
# proportional to the start. Depth slows narrow Gaussian layers, hardly orthogonal ones; but square targets stop half of these from depth 4 on.
#
# ![a Gaussian start on the predicted sigmoids](../figures/35_exact_dynamics/key.svg)
#
# One network from a Gaussian start of scale 0.0001: the strengths of its five modes against time. Dashed: the formula, whose start is read off the weights before the
# run.
#
# *Source:* Saxe, McClelland and Ganguli 2014, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
# networks* ([arXiv:1312.6120](https://arxiv.org/abs/1312.6120)), main text and figures 3, 4, 6. Section 4: Hu, Xiao and Pennington 2020
# ([arXiv:2001.05992](https://arxiv.org/abs/2001.05992)).
#
# Before: [34](34_balanced_initialization.ipynb) · Next: [36](36_identity_initialization.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Take $N$ layers, each a single number $w$, all equal. Their product $u=w^N$ is to become $s$, and the loss is $\frac12(u-s)^2$.

# %%
def path(s, u=0.001, eta=0.01, every=50, records=12):
    """The product of two layers at the start and after each `every` steps."""
    w, seen = u**0.5, [u]
    for _ in range(records - 1):
        for _ in range(every):
            w -= eta * (w * w - s) * w
        seen.append(round(w * w, 3))
    return seen


def learn(N, u, s=1, c=0.05):
    """Steps of size c/(N s^(2-2/N)) in which the product grows from u to 0.9 s."""
    w, t, eta = u ** (1 / N), 0, c / (N * s ** (2 - 2 / N))
    while w**N < 0.9 * s:
        w, t = w - eta * (w**N - s) * w ** (N - 1), t + 1
    return t

# %% [markdown]
# Two layers, a strong target and a weak one. Each product waits, then rises, then rests; the weak one waits three times as long.

# %%
path(3)

# %%
path(1)

# %% [markdown]
# Now depth: steps from $u=0.01$, with the step size that each depth bears. More layers need more steps, but not without bound:

# %%
[learn(N, 0.01) for N in (2, 5, 20, 100, 1000)]

# %% [markdown]
# Where does this number come from? From the start. Ten times closer to zero, two layers need a few dozen steps more, a thousand layers ten
# times as many:

# %%
[learn(N, 0.001) for N in (2, 1000)]

# %% [markdown]
# Under gradient flow the product obeys $\dot u=N\,u^{2-2/N}(s-u)$. The last factor is the error. The power of $u$ is what depth adds: while $u$ is small so is the
# gradient of every layer, since it contains the product of all the others. The rest of this notebook asks how far this one equation carries: to matrices, to Gaussian
# starts, to a thousand layers, to random ones.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
strengths = [3.0, 2.0, 1.2, 0.7, 0.4]  # each of 2 or more in [0.1, 10]: singular values s, falling
step_sizes = [0.008, 0.004, 0.002]  # each of 2 or more in [1e-4, 0.05]: halved from one to the next
networks = 40  # in [10, 1000]: Gaussian starts of section 2
scales = [1e-2, 1e-4, 1e-8]  # each of 2 or more in [1e-10, 0.02]: their standard deviations
depths = [2, 3, 5, 10, 30, 100, 1000]  # each in [2, 10000]: depths of section 3
starts = [0.1, 0.03, 0.01, 0.003]  # each of 2 or more in [1e-4, 0.3]: u at the start there
widths = [16, 32, 64]  # each of 2 or more in [16, 256]: widths of section 4
layer_counts = [2, 4, 8, 16, 32]  # each of 2 or more in [2, 32]: depths of section 4
problems = 6  # in [6, 100]: targets of section 4
targets = 160  # in [60, 1000]: square targets of section 5
square_depths = [2, 3, 4, 8]  # each in [2, 12]: depths of section 5
square_time = 125.0  # in [50, 2000]: time allowed there

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("35_exact_dynamics", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.descent import log_steps
from lib.statistics import largest, mean, ratio, share, slope, smallest
from lib.suite import figures
from lib.trajectories import exact_dynamics as ed

import numpy as np
import pandas as pd
import torch

if not np.allclose(np.divide(step_sizes[:-1], step_sizes[1:]), 2):
    raise ValueError("step_sizes must be halved from one to the next")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` takes the same steps, for any number of layers and modes at once:

# %%
bool(np.allclose(path(3), ed.equal_layers_descent(
    0.001, 3, 2, learning_rate=0.01, record=range(0, 551, 50)), atol=6e-4))

# %% [markdown]
# ## 1. Two layers: one sigmoid for each mode
#
# Now matrices, $\ell=\frac12\|W_N\cdots W_1-\Phi\|_F^2$ with $\Phi=U\,\mathrm{diag}(s)\,V^\top$. If every layer is diagonal in these singular bases (with any rotation
# between layers), the modes do not influence each other, and each singular value of the product moves as the $u$ of the model. For $N=2$ its equation is the logistic
# one:
#
# $$u(t)=\frac{s}{1+(s/u_0-1)\,e^{-2st}},\qquad u=\tfrac s2\;\text{ at }\;t_{1/2}=\frac{\ln(s/u_0-1)}{2s}.$$
#
# Time is step size times steps. The half time $t_{1/2}$ measures the length of the plateau: $1/s$ times a logarithm.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.1a | Each mode of a two-layer network in random bases follows u(t), at the smallest step size | largest distance / s ≤ 0.01 | descent is flow to first order in the step | Saxe et al. 2014, figure 3 (statement, read) |
#
# Strengths are moved by up to 5% at random. We train whole 5-8-5 networks in ten random bases, from $u_0=0.001$, with the singular vectors turned at random and a
# random rotation between the layers, and look at the product in the target's bases. The largest distance from the formula over time and modes, relative to $s$, mean
# of the ten networks:

# %%
few = ed.random_modes(strengths, 10, rng)
runs = {eta: ed.aligned_run(few, 0.001, [len(strengths) + 3], rng, eta)
        for eta in step_sizes}
away = {eta: ed.sigmoid_distance(runs[eta], few[0], 0.001) for eta in step_sizes}
pd.Series({eta: away[eta].mean() for eta in step_sizes}).rename_axis("η").round(4)

# %% [markdown]
# It halves with the step size. One of the networks, with the formula:

# %% tags=["hide-input"]
def first_network(run, sizes, start):
    """Times, strengths and formula of each mode of the first network, by its label."""
    law = ed.mode_strength(run.times[:, None].numpy(), sizes, start)
    return {f"s = {sizes[j]:.2f}": (run.times, run.strength[:, 0, j], law[:, j])
            for j in range(len(sizes))}


with figures.curves(
    "sigmoids", {"": first_network(runs[step_sizes[-1]], few[0][0], 0.001)},
    "Five modes rise one by one along dashed curves.", prediction="u(t)",
    xlabel="time", ylabel="strength u", width=6.5,
):
    pass

# %%
ledger.judge({"35.1a": largest(away[step_sizes[-1]])})

# %% [markdown]
# ## 2. Gaussian starts: the same sigmoid, if the start is read off right
#
# Nobody starts aligned. But a small Gaussian start aligns itself. Let $v_i$ and $u_i$ be the singular vectors of $\Phi$ (vectors, not strengths). Near zero, the parts
# $a_i=W_1v_i$ and $b_i=W_2^\top u_i$ of a mode obey $\dot a=sb$, $\dot b=sa$, so that $g_i=\frac12(a_i+b_i)$ grows as $e^{st}$ and the rest dies out. As far as this
# goes, the mode starts at $|g_i|^2$. One correction is needed: stronger modes come first and take up hidden directions, in which a weaker mode then decays. Hence
#
# $$u_0=\bigl|\,g_i\text{ without its parts along }g_1,\dots,g_{i-1}\bigr|^2,$$
#
# which is the square of a diagonal entry of the QR decomposition of $(g_1,\dots,g_k)$. With this $u_0$ we use the formula of
# section 1 as it stands. (For starts in balance the flow is solved exactly without any alignment, as a matrix Riccati equation: Fukumizu 1998,
# Braun and others 2022. A Gaussian start is not in balance; what is left to say about it is this one number for each mode.)
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.2a | From a Gaussian start the formula with this u0 gives every half time, at the two smallest scales | largest relative distance ≤ 0.03 | the step size alone makes 1.5% | Ours, after Saxe et al. 2014 (read) |
#
# The same random numbers serve at each scale. Each run lasts a third longer than its own prediction says. The largest relative distance from the predicted half times,
# over all modes of the networks:

# %%
many = ed.random_modes(strengths, networks, rng)
unit = ln.gaussian_weights(
    [len(strengths), len(strengths) + 3, len(strengths)], networks, rng)
gaussian = {scale: ed.gaussian_run(many, unit, scale) for scale in sorted(scales)}
pd.Series({scale: np.abs(gaussian[scale].half / gaussian[scale].law - 1).max()
           for scale in gaussian}).rename_axis("scale").round(4)

# %% [markdown]
# The first network at the second smallest scale, on the sigmoids that its first weights predict:

# %% tags=["hide-input"]
with figures.curves(
    "key", {"": first_network(gaussian[sorted(scales)[1]].run, many[0][0],
                              gaussian[sorted(scales)[1]].start[0])},
    "A Gaussian start rises along five predicted sigmoids.", xlabel="time",
    ylabel="strength u", width=7,
):
    pass

# %% [markdown]
# The paper says that time goes as $1/s$. That is the limit $u_0\to0$. At any start of finite size the logarithm $\ln(s/u_0)$ grows with $s$ too, and the exponent is a
# little above $-1$ (checks 35.6f and 35.6g below).

# %%
ledger.judge({
    "35.2a": largest([np.abs(gaussian[scale].half / gaussian[scale].law - 1)
                      for scale in sorted(scales)[:2]], of=networks),
})

# %% [markdown]
# ## 3. What depth costs, at the best step
#
# Near the target the curvature along a mode is $N s^{2-2/N}$, so the step must shrink as $1/N$; take $\eta=c/(N s^{2-2/N})$.
# Then the $N$ in front of the equation of motion cancels, and the number of steps from $u_0$ to $u_f$ is
# $\frac{s^{2-2/N}}{c}\int\frac{du}{u^{2-2/N}(s-u)}$, which has a limit for infinite depth:
#
# $$\frac{s^2}{c}\left[\frac1{s^2}\ln\frac{u_f(s-u_0)}{u_0(s-u_f)}+\frac1{su_0}-\frac1{su_f}\right].$$
#
# So depth costs a finite delay. But look at the term $1/u_0$: two layers pay for a small start by a logarithm, a thousand
# layers by its inverse.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.3a | At the largest depth of the list networks need the steps of infinite depth | largest relative distance ≤ 0.02 | 2 ln(s/u0)/N at N = 1000 | Saxe et al. 2014, figure 4 (statement, read) |
# | 35.3b | The steps that the largest depth adds to those of the smallest grow as 1/u0 | exponent of u0 -1 ± 0.1 | the logarithm of two layers is left in | Ours |
#
# The step size of the runs has $c=0.05$, five strengths are random in $[0.5,2]$, and $u_f=0.9s$. We compute the number of steps twice, counted and by the integral:

# %%
s, u = rng.uniform(0.5, 2, 5), np.array(sorted(starts))[:, None]


def to_nine_tenths(N):
    """Steps from each u to 0.9 s for each s: counted, and by the integral."""
    eta = ed.curvature_step(s, N, 0.05)
    law = np.vectorize(ed.transit_time)(u, s, N, 0.1 * s / (s - u)) / eta
    record = range(int(1.2 * law.max()))
    seen = ed.equal_layers_descent(u, s, N, learning_rate=eta, record=record)
    return ed.crossing(record, seen, 0.9 * s).numpy(), law

# %% [markdown]
# The steps counted for the first strength; each row is a start, each column a depth:

# %%
needed = {N: to_nine_tenths(N) for N in sorted(depths)}
needed["limit"] = [ed.depth_limit(s, u, 0.9 * s) * s**2 / 0.05]
pd.DataFrame({N: needed[N][0][:, 0] for N in needed},
             index=u[:, 0]).rename_axis("u0").round(0)

# %% [markdown]
# The same against depth. For each start the steps level off, at a height that goes as $1/u_0$ when $u_0$ is small.

# %% tags=["hide-input"]
with figures.curves(
    "depth",
    {f"s = {s[0]:.2f}": {
        f"$u_0$ = {u[j, 0]:g}": (
            sorted(depths), *([needed[N][kind][j, 0] for N in sorted(depths)]
                              for kind in (0, 1)))
        for j in range(len(u))}},
    "Steps rise with depth along the integral and level off.", prediction="integral",
    xscale="log", yscale="log", xlabel="depth N", ylabel="steps", width=6.5,
) as axes:
    [figures.level(axes[0], height, "" if k else "infinite depth", theory=False)
     for k, height in enumerate(needed["limit"][0][:, 0])]

# %%
def added(kind):
    """Steps that the largest depth adds to those of the smallest, over s."""
    return (needed[max(depths)][kind] - needed[min(depths)][kind]) / s


ledger.judge({
    "35.3a": largest(np.abs(needed[max(depths)][0] / needed["limit"][0] - 1), of=5),
    "35.3b": slope(np.log(u + 0 * s), np.log(added(0)), groups=np.arange(5) + 0 * u),
})

# %% [markdown]
# ## 4. Random layers: width decides between Gaussian and orthogonal
#
# So far all layers were alike. With random ones the delay should be set by the smallest singular values of their product. Orthogonal layers keep all of them at 1.
# Gaussian layers of width $n$ keep the length of a vector on average, but not all directions: the logarithm of the $k$-th singular value grows with every layer by
#
# $$\lambda_k=\tfrac12\bigl[\psi\bigl(\tfrac{n-k+1}2\bigr)+\ln\tfrac2n\bigr]$$
#
# on average ($\psi$ is the digamma function). A map onto four outputs has four singular values, and they part by the factor $e^{\lambda_1-\lambda_4}$ a layer. For
# wide layers $\lambda_1-\lambda_4\approx3/(2n)$: over $N$ layers the spread is $e^{3N/2n}$, and **depth over width** is what counts. So the advantage of orthogonal
# layers should be greatest in narrow networks. Hu and others prove as much: Gaussian starts need a width in proportion to the depth, orthogonal ones do not.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.4a | At the smallest width Gaussian starts need many times the steps of orthogonal ones, at the largest depth | quotient of mean steps ≥ 10 | ours: "many" is ten | Saxe et al. 2014, figure 6 (statement, read) |
# | 35.4b | At the largest depth, Gaussian starts of the smallest width need many times the steps of the largest width | quotient of mean steps ≥ widening | steps fall faster than the width grows | Hu et al. 2020 (statement, abstract) |
#
# 16 inputs, 4 outputs, a Gaussian target; we count steps until the loss is $10^{-3}$. Each start gets the best of six step sizes, from $0.05$ to $1.6$ over $N$,
# doubled from one to the next. *Isotropic* layers are Gaussian with entries of variance one over their inputs. All depths and widths share the targets. A start that
# needs more than 2,000 steps counts as 2,000, which can only make the two quotients smaller.

# %%
maps = torch.from_numpy(rng.standard_normal((problems, 4, 16)) / 4)


def train_from(start, n, N):
    """Steps of each target at its best step size, from random layers of width n."""
    layers = getattr(ed, f"{start}_weights")([16] + [n] * (N - 1) + [4], problems, rng)
    rates = np.array([0.05, 0.1, 0.2, 0.4, 0.8, 1.6]) / N
    return ed.fewest_steps(
        layers, maps, rates, final_loss=1e-3, steps=2000).clamp(max=2000)


# %% [markdown]
# The steps, medians of all targets:

# %%
trained = {(start, n, N): train_from(start, n, N)
           for start in ("isotropic", "orthogonal")
           for n in widths for N in layer_counts}
pd.Series({key: float(trained[key].median()) for key in trained}).rename_axis(
    ["start", "width", "N"]).unstack("N")

# %% [markdown]
# Lines are medians, bands hold eight targets of ten:

# %% tags=["hide-input"]
with figures.curves(
    "training",
    {title: {f"width {n}": (layer_counts, np.stack(
        [trained[start, n, N] for N in layer_counts])) for n in widths}
     for title, start in (("Gaussian", "isotropic"), ("orthogonal", "orthogonal"))},
    "Gaussian starts slow down with depth the less the wider; orthogonal ones hardly.",
    band=(0.1, 0.9), xscale="log", yscale="log", xlabel="depth N",
    ylabel="steps at the best step size", xticks=layer_counts, xticklabels=layer_counts,
) as axes:
    [ax.minorticks_off() for ax in axes]

# %%
ledger.judge({
    "35.4a": ratio(trained["isotropic", min(widths), max(layer_counts)],
                   trained["orthogonal", min(widths), max(layer_counts)]),
    "35.4b": ratio(trained["isotropic", min(widths), max(layer_counts)],
                   trained["isotropic", max(widths), max(layer_counts)]),
}, widening=max(widths) / min(widths))

# %% [markdown]
# ## 5. Square targets: the sign of the determinant
#
# Now make the target square, 4 by 4, with singular values in $[0.5,1.5]$. An orthogonal start has determinant $+1$ or $-1$, and to change its sign the product must
# become singular on the way. Under the flow a balanced network never gets through: it comes to rest at a saddle where the weakest mode is missing, with loss
# $\frac12\sigma_{\min}(\Phi)^2$. Half of all starts have the wrong sign: their determinant has not that of the target. It is the same barrier that holds the starts of
# [notebook 33](33_deficiency_margin.ipynb) and decides from the identity in [notebook 36](36_identity_initialization.ipynb).
#
# Descent is not the flow: its steps unbalance the layers a little, by an amount proportional to $\eta$. At $N=2$ the saddle is strict, and any disturbance grows out
# of it. From $N=3$ on it is flat. There a layer can slip through zero only because the others do not vanish with it, and the wait is the longer the deeper the
# network.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.5a | At depth 4 and more an orthogonal start trains on a square target if, and only if, its determinant has the target's sign | share of starts whose sign tells their fate ≥ 0.95 | slow exceptions at weak modes | Ours |
# | 35.5b | Starts of the wrong sign are held where the weakest mode is missing, at loss σ_min²/2 | mean loss / (σ_min²/2) 1 ± 0.02 | slow descent may be some percent above | Ours |
#
# The paper shows rectangular maps, for which there is no determinant and no barrier; it claims nothing about square targets. The step size is $0.2/N$ and every depth
# gets a time of 125; a start has *trained* when the loss is below $10^{-6}$.

# %%
squares = ln.rotated(torch.from_numpy(rng.uniform(0.5, 1.5, (targets, 4))), rng)


def on_squares(N, noise=0.0):
    """Whether signs agree; times; losses (records, targets); last over the floor."""
    layers = ed.orthogonal_weights([4] * (N + 1), targets, rng)
    layers = tuple(
        w + noise * torch.from_numpy(rng.standard_normal(w.shape)) for w in layers)
    record = log_steps(int(square_time * N / 0.2))
    losses = ed.descend_losses(layers, squares, 0.2 / N, record)
    floor = torch.linalg.svdvals(squares).amin(-1) ** 2 / 2
    times = 0.2 / N * np.array(record)
    return ed.same_side(layers, squares), times, losses, losses[-1] / floor


square = {N: on_squares(N) for N in square_depths}

# %% [markdown]
# The shares that train, by sign:

# %%
pd.DataFrame({N: [float((square[N][2][-1, square[N][0] == same] < 1e-6).double().mean())
                  for same in (True, False)] for N in square_depths},
             index=["right sign", "wrong sign"]).round(3)

# %% [markdown]
# The starts of the wrong sign train soon at depth 2, late at depth 3, not at all at 4 and 8:

# %% tags=["hide-input"]
with figures.curves(
    "square", {"starts of the wrong sign": {
        f"N = {N}": (square[N][1][1:], (
            square[N][2][1:, ~square[N][0]] < 1e-6).double().mean(1).numpy())
        for N in square_depths}},
    "Starts of the wrong sign train at depth 2 at once, at 3 late, at 4 and 8 not.",
    xscale="log", xlabel="time", ylabel="share trained", ylim=(-0.05, 1.05),
    xlim=(5, 1.4 * square_time), width=6.5,
):
    pass

# %%
ledger.judge({
    "35.5a": share([(square[N][2][-1] < 1e-6) == square[N][0]
                    for N in square_depths if N >= 4],
                   groups=[torch.arange(targets) for N in square_depths if N >= 4]),
    "35.5b": mean(
        [square[N][3][~square[N][0]] for N in square_depths if N >= 4],
        groups=[torch.arange(targets)[~square[N][0]] for N in square_depths if N >= 4]),
})

# %% [markdown]
# ## Reading
#
# **The closed form holds, and for more than it was made for.** Aligned starts follow it to the error of the step. Gaussian starts do not satisfy its premise, and
# follow it all the same once $u_0$ is read off as the growing part of a mode, without the hidden directions that stronger modes have taken. Without this correction
# single modes are off by a tenth or more (35.6h).
#
# **Depth costs a finite delay, at a price.** A thousand layers need the steps that the formula gives for infinitely many, to 1%, if the step
# size is $c/(Ns^{2-2/N})$. But this number is of order $1/u_0$, where two layers pay $\ln(1/u_0)$. The delay is small only for starts
# whose product is of order one.
#
# **Gaussian layers slow down with depth over width.** The four singular values of the map part by $\lambda_1-\lambda_4$ a layer, which is about $3/(2n)$. At width 16
# this is 0.11, and 32 layers part them by a factor of thirty; at width 64 by a factor of two. At equal depth over width the steps are about equal (35.6s). Orthogonal
# layers of width 64 are faster than Gaussian ones too, but by less. It is not the condition number of the square layers' product that counts: this gets worse with
# width, from sevenfold a layer at $n=16$ to fifteenfold at 64, and training gets faster.
#
# **Signs.** For a square target half of the orthogonal starts have the wrong sign: harmless at depth 2, a delay at depth 3, and the end at depth 4 and 8 within this
# time. Nor is the failure generic: with noise of 0.1 on the layers, depth 4 trains from either side (35.6r). What traps is exact orthogonality.
#
# **Limits.** The inputs are white, that is uncorrelated and of equal variance. The paper's nonlinear networks and its criterion of the edge of chaos are not tested
# here. Section 4 has one shape, 16 inputs and 4 outputs.
#
# **Try.** `scales = [0.02, 1e-3, 1e-4]`: 35.6g fails, since the logarithm no longer doubles between the last two. `depths = [2, 5, 20]`: 35.3a fails, since twenty
# layers are not infinitely many. `square_time = 1000`: at depth 3 all starts of the wrong sign train, at depth 4 and 8 still none.

# %% [markdown]
# ## 6. Checks
#
# First sections 1 and 2. The control of section 1 has no hidden layer: there $\dot u=s-u$, and every mode is half way at $t=\ln2$, whatever its strength.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.6a | Half the step size halves the distance from u(t) | mean ratio 2 ± 0.1 | first order, the next order some percent | Saxe et al. 2014, figure 3 (statement, read) |
# | 35.6b | Aligned modes stay decoupled for ever | largest entry off the diagonal ≤ 1e-12 | rounding of some thousand steps | Saxe et al. 2014 (statement, read) |
# | 35.6c | Each aligned mode is half way at the predicted time | largest relative distance ≤ 0.02 | the step size alone makes 1% | Saxe et al. 2014 (statement, read) |
# | 35.6d | *control:* Without a hidden layer all modes are half way at ln 2, whatever their strength | largest relative distance ≤ 0.01 | the step size alone makes 0.1% | Ours |
# | 35.6e | From Gaussian starts modes are learned in the order of s, at the second smallest scale | share of networks ≥ 0.9 | close strengths may swap their places | Saxe et al. 2014 (statement, read) |
# | 35.6f | The half time falls as a power of s near −1, at the second smallest scale | mean exponent -0.95 ± 0.05 | −1 + 1/ln(s/u0), u0 about 1e-8 | Saxe et al. 2014 (statement, read) |
# | 35.6g | The exponent tends to −1 with the scale: its distance from −1, smallest scale / second smallest | ratio ≤ 0.7 | the logarithm ln(s/u0) doubles | Saxe et al. 2014 (statement, read) |
# | 35.6h | *control:* With u0 = \|g_i\|², nothing taken out, the formula gives wrong half times | largest relative distance ≥ 0.05 | well above the bound of 35.2a | Ours |

# %%
powers = {
    scale: ed.power_of_strength(many[0], gaussian[scale].half) for scale in gaussian
}
[round(float(powers[scale].mean()), 3) for scale in powers]

# %% [markdown]
# These are the exponents of half time in strength, from the smallest scale to the largest.

# %%
ledger.judge({
    "35.6a": mean([away[step_sizes[j]] / away[step_sizes[j + 1]]
                   for j in range(len(step_sizes) - 1)],
                  groups=[[*range(10)]] * (len(step_sizes) - 1)),
    "35.6b": largest([run.coupling for run in runs.values()], of=10, rounding=True),
    "35.6c": largest(np.abs(ed.half_times(runs[step_sizes[-1]], few[0])
                            / ed.half_time(few[0], 0.001) - 1), of=10),
    "35.6d": largest(np.abs(ed.half_times(
        ed.aligned_run(few, 0.001, [], rng, step_sizes[-1]), few[0])
        / np.log(2) - 1), of=10),
    "35.6e": share((np.diff(gaussian[sorted(scales)[1]].half) > 0).all(-1)),
    "35.6f": mean(powers[sorted(scales)[1]]),
    "35.6g": ratio(1 + powers[min(scales)], 1 + powers[sorted(scales)[1]]),
    "35.6h": largest(np.abs(gaussian[sorted(scales)[1]].half
                            / gaussian[sorted(scales)[1]].naive - 1), of=networks),
})

# %% [markdown]
# Then section 3: the integral at every depth, and the edge of stability, tried for 200 steps from one part in ten thousand above the target.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.6i | Steps follow the integral at every depth, start and strength | largest relative distance ≤ 0.02 | c = 0.05 makes about 1% | Saxe et al. 2014 (statement, read) |
# | 35.6j | A step 1% below 2/(N s^(2−2/N)) settles at the target, at every depth | share that settles ≥ 1 | linear stability leaves no exception | Saxe et al. 2014, figure 4 (statement, read) |
# | 35.6k | *control:* A step 1% above that limit does not settle | share that settles ≤ 0 | linear stability leaves no exception | Ours |

# %%
ledger.judge({
    "35.6i": largest([np.abs(needed[N][0] / needed[N][1] - 1) for N in depths], of=5),
    "35.6j": share([ed.settles(s, N, 1.98) for N in depths], sample=False),
    "35.6k": share([ed.settles(s, N, 2.02) for N in depths], sample=False),
})

# %% [markdown]
# Last sections 4 and 5: the exponents, measured by the growth of volumes along products of 32 layers, which is unbiased at every depth; and square targets from starts
# that are not exactly orthogonal.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.6l | The spread of four singular values grows by λ1 − λ4 a layer, at every width | largest distance in standard errors ≤ 4 | passed at random in all but 1 of 5,000 | Newman 1986 (statement, recalled) |
# | 35.6m | Orthogonal starts need less than three times the steps at the largest depth that they need at the smallest, at every width | largest quotient of mean steps ≤ 3 | depth grows sixteenfold meanwhile | Saxe et al. 2014, figure 6 (statement, read) |
# | 35.6n | All sixteen exponents are the formula's, at width 16 | largest distance in standard errors ≤ 4 | passed at random in 999 of 1000 | Newman 1986 (statement, recalled) |
# | 35.6o | *control:* Orthogonal layers keep condition number 1 at every depth | largest logarithm ≤ 1e-10 | rounding of 32 products | Saxe et al. 2014 (statement, read) |
# | 35.6p | Starts whose determinant has the target's sign train, at every depth | smallest share ≥ 0.9 | slow exceptions at weak modes | Ours |
# | 35.6q | Starts of the wrong sign train at depth 2 | share ≥ 0.9 | the saddle is strict there | Ours |
# | 35.6r | *control:* With Gaussian noise of 0.1 on the layers, starts of the wrong sign train at depth 4 | share ≥ 0.85 | unbalanced layers do not vanish together; a few are late | Ours |
# | 35.6s | Where depth is half of the width, Gaussian starts need about the steps of those of the smallest width | largest distance of the quotient of mean steps from 1 ≤ 0.5 | at one width, twice the depth makes 2.5 | Ours |

# %%
ledger.judge({
    "35.6l": largest([ed.exponent_errors(n, 4, 400, rng)[1] for n in widths], of=400),
    "35.6m": largest([
        trained["orthogonal", n, max(layer_counts)].mean()
        / trained["orthogonal", n, min(layer_counts)].mean() for n in widths
    ], of=problems),
    "35.6n": largest(ed.exponent_errors(16, 16, 400, rng)[0], of=400),
    "35.6o": largest(ed.log_conditions(ed.orthogonal_weights([16] * 33, 20, rng)),
                     of=20, rounding=True),
})

# %% [markdown]
# Then the rows on square targets, and Gaussian starts of each width at a depth of half the width.

# %%
rough = on_squares(4, 0.1)
halves = [key for key in trained if key[0] == "isotropic" and key[1] == 2 * key[2]]
ledger.judge({
    "35.6p": smallest([(square[N][2][-1, square[N][0]] < 1e-6).double().mean()
                       for N in square_depths], of=targets),
    "35.6q": share(square[2][2][-1, ~square[2][0]] < 1e-6 if 2 in square else []),
    "35.6r": share(rough[2][-1, ~rough[0]] < 1e-6),
    "35.6s": largest([abs(trained[key].mean() / trained[halves[0]].mean() - 1)
                      for key in halves[1:]], of=problems),
})

# %%
ledger.conclude()
