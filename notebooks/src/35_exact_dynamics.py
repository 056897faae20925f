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
# # Deep linear networks learn along known curves, and depth costs a finite delay
#
# ![verdict](../figures/35_exact_dynamics/verdict.svg)
#
# **Question.** A deep linear network computes a linear map, but its training is nonlinear: long plateaus, sudden drops.
# Can that be solved? And what does depth cost?
#
# **Answer.** Each singular value of a two-layer network follows one sigmoid, and this closed form predicts even
# Gaussian starts: half times to 1.5%, once the start is read off in the right way. With the best step, 1000 layers need the finite
# number of steps that a formula for infinite depth gives, to 1%; but this number grows as the inverse of the start, where that of two
# layers grows as the logarithm. Orthogonal layers need 1.5 times as many steps at depth 32 as at depth 4; Gaussian ones of depth 32 need thirty times as
# many as those. The surprise, and the one row that does not reproduce: for a *square* target, half of all orthogonal starts of depth 4
# and 8 do not train.
#
# ![a Gaussian start on the predicted sigmoids; half times against strength](../figures/35_exact_dynamics/key.svg)
#
# *The claim:* Saxe, McClelland and Ganguli 2014, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
# networks* ([arXiv:1312.6120](https://arxiv.org/abs/1312.6120)), main text and figures 3, 4, 6.

# %% [markdown]
# ## Setting
#
# $N$ layers, $\ell=\frac12\|W_N\cdots W_1-\Phi\|_F^2$, target $\Phi=U\,\mathrm{diag}(s)\,V^\top$. Time is step size times steps.
# Suppose that every layer is diagonal in the target's singular bases (with any rotation between layers), and that all layers
# have the same entry for a mode. Then the modes do not see each other, and the strength $u$ of each one, its singular value in the
# product, obeys under gradient flow
#
# $$\dot u=N\,u^{2-2/N}(s-u).$$
#
# The last factor is the error. The first is what depth adds: a mode that is small learns slowly, since every layer's gradient
# is the product of all the others. Slow, then fast, then done: this is where plateaus come from.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
strengths = [3.0, 2.0, 1.2, 0.7, 0.4]  # each of 2 or more in [0.1, 10]: singular values s, falling
jitter = 0.05  # in [0, 0.1]: each is moved by up to this share
aligned_start = 0.001  # in [1e-6, 0.1]: u at the start of section 1
step_sizes = [0.008, 0.004, 0.002]  # each of 2 or more in [1e-4, 0.05]: halved from one to the next
networks = 40  # in [10, 1000]: Gaussian starts of section 2
scales = [1e-2, 1e-4, 1e-8]  # each of 2 or more in [1e-10, 0.02]: their standard deviations
depths = [2, 3, 5, 10, 30, 100, 1000]  # each in [2, 10000]: depths of section 3
starts = [0.1, 0.03, 0.01, 0.003]  # each in [1e-4, 0.3]: u at the start there
products = 60  # in [20, 1000]: Gaussian products of section 4
deepest = 32  # in [16, 64]: largest depth of section 5
problems = 40  # in [12, 200]: targets of section 5
gaussian_problems = 8  # in [6, 200]: those of them that Gaussian starts get
targets = 160  # in [60, 1000]: square targets of section 6
square_depths = [2, 3, 4, 8]  # each in [2, 12]: depths of section 6
square_steps = 2500  # in [1000, 100000]: steps allowed there

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("35_exact_dynamics", globals())

from lib import linear_networks as ln
from lib.descent import log_steps
from lib.statistics import largest, mean, ratio, share, slope
from lib.suite import figures
from lib.trajectories import exact_dynamics as ed

import numpy as np
import torch

large_first = sorted(step_sizes, reverse=True)
if not np.allclose(np.divide(large_first[:-1], large_first[1:]), 2):
    raise ValueError("step_sizes must be halved from one to the next")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. Two layers: one sigmoid for each mode
#
# For $N=2$ the equation is the logistic one, and its solution is
#
# $$u(t)=\frac{s}{1+(s/u_0-1)\,e^{-2st}},\qquad u=\tfrac s2\;\text{ at }\;t_{1/2}=\frac{\ln(s/u_0-1)}{2s}.$$
#
# We train whole 5-8-5 networks in ten random bases, with the singular vectors turned at random and a random rotation between the
# layers, and look at the product in the target's bases. Descent is not flow, so the formula can only hold up to an error that is
# proportional to the step size: that is the first row. The half time $t_{1/2}$ is the length of the plateau, $1/s$ up to a logarithm.
#
# The control has no hidden layer. There $\dot u=s-u$: every mode is half way at $t=\ln2$, whatever its strength.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.1a | half the step size halves the distance from u(t) | mean ratio 2 ± 0.1 | first order, next order some percent | Saxe et al. 2014, fig. 3 |
# | 35.1b | at the smallest step whole networks follow u(t) | largest distance / s ≤ 0.01 | pilot runs: 0.005 | Saxe et al. 2014, fig. 3 |
# | 35.1c | modes stay decoupled | largest entry off the diagonal ≤ 1e-12 | rounding | Saxe et al. 2014 |
# | 35.1d | each mode is half way at the predicted time | largest relative distance ≤ 0.02 | the step size alone makes 1% | Saxe et al. 2014 |
# | 35.1e | *control:* without a hidden layer all modes are half way together | largest latest / earliest half time ≤ 1.01 | every mode is half way at ln 2 | derived here |

# %%
size, levels = len(strengths), np.sort(strengths)[::-1]
strength = levels * rng.uniform(1 - jitter, 1 + jitter, (10, size))
s = torch.from_numpy(strength)
left, right = ed.bases(10, size, rng)
product = aligned_start * left @ right.mT
start = ln.balanced_factors(product, [size, size + 3, size], rng)

# %% [markdown]
# Three step sizes, each half of the one before, for twice the longest half time; then one layer from the same product.

# %%
long = 2 * ed.half_time(strength, aligned_start).max()
runs = {}
for eta in large_first:
    options = {"learning_rate": eta, "time": long, "every": 0.05}
    runs[eta] = ed.follow_modes(start, s, left, right, **options)
off = {h: ed.sigmoid_distance(r, strength, aligned_start) for h, r in runs.items()}
shallow = ed.follow_modes((product,), s, left, right, **options)

# %% [markdown]
# Left: one network at the smallest step, its five modes on the formula; the fifth waits five times as long as the first, and longer.
# Right: the largest distance from the formula in each of the ten networks, against the step size, and a line of slope one.

# %% tags=["hide-input"]
fig, (curves, errors) = figures.panels(2)
last = runs[min(runs)]
law = ed.mode_strength(last.times[:, None].numpy(), strength[0], aligned_start)
for k in range(size):
    name, u = f"s = {strength[0, k]:.2f}", last.strength[:, 0, k]
    figures.measured(curves, last.times, u, name, linewidth=4, alpha=0.5)
    figures.predicted(curves, last.times, law[:, k], "u(t)")
curves.set(xlabel="time", ylabel="strength u", title="aligned start", ylim=(-0.1, 4.6))
curves.legend(ncols=3, loc="upper center")
figures.measured(errors, [*off], np.stack([*off.values()]), "ten networks")
line = off[min(off)].mean() * np.array([*off]) / min(off)
figures.predicted(errors, [*off], line, "slope 1")
errors.set(xscale="log", yscale="log", xlabel=r"step size $\eta$")
errors.set(ylabel="distance / s")
alt = "five modes rise one by one along dashed curves; distances on a line of slope 1"
figures.save(fig, "sigmoids", alt)

# %%
last = runs[min(runs)]
half = ed.crossing(last.times, last.strength, s / 2).numpy()
half_law = ed.half_time(strength, aligned_start)
one_layer = ed.crossing(shallow.times, shallow.strength, s / 2).numpy()
distances = np.stack([*off.values()])
pairs = [*range(10)] * (len(off) - 1)

# %% [markdown]
# Ten networks are the draws; their modes and step sizes are not counted as more.

# %%
ledger.judge({
    "35.1a": mean(distances[:-1] / distances[1:], groups=pairs),
    "35.1b": largest(distances[-1]),
    "35.1c": largest([r.coupling for r in runs.values()], of=10, rounding=True),
    "35.1d": largest(np.abs(half / half_law - 1), of=10),
    "35.1e": largest(one_layer.max(-1) / one_layer.min(-1)),
})

# %% [markdown]
# ## 2. Gaussian starts: the same sigmoid, if the start is read off right
#
# Nobody starts aligned. But a small Gaussian start aligns itself. Let $v_i$ and $u_i$ be the singular vectors of $\Phi$. Near zero, the
# parts $a_i=W_1v_i$ and $b_i=W_2^\top u_i$ of a mode obey $\dot a=sb$, $\dot b=sa$, so that $g_i=\frac12(a_i+b_i)$ grows as $e^{st}$ and the rest dies out. As far as this goes, the
# mode starts at $|g_i|^2$. One correction is needed: stronger modes come first and take up
# hidden directions, in which a weaker mode then decays. Hence
#
# $$u_0=\bigl|\,g_i\text{ without its parts along }g_1,\dots,g_{i-1}\bigr|^2,$$
#
# which is the square of a diagonal entry of the QR decomposition of $(g_1,\dots,g_k)$. With this $u_0$ we use the formula of
# section 1 as it stands. The paper says that time goes as $1/s$. That is the limit $u_0\to0$: at any real start the
# logarithm $\ln(s/u_0)$ grows with $s$ too, and the exponent is a little above $-1$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.2a | modes are learned in the order of s, scale 1e-4 | share of networks ≥ 0.9 | pilot runs: all; close strengths may swap | Saxe et al. 2014 |
# | 35.2b | the formula with this u0 gives every half time, at the two smallest scales | largest relative distance ≤ 0.03 | the step size alone makes 1.5% | derived here |
# | 35.2c | half time falls as a power of s, scale 1e-4 | mean exponent -0.95 ± 0.05 | -1 + 1/ln(s/u0), u0 about 1e-8 | Saxe et al. 2014 |
# | 35.2d | the exponent tends to −1: its distance from −1, at the smallest scale / at the second smallest | ratio ≤ 0.7 | ln(s/u0) doubles | Saxe et al. 2014 |
# | 35.2e | *control:* u0 = \|g_i\|², nothing taken out, gives wrong half times | largest relative distance ≥ 0.05 | pilot runs: 0.1 to 0.2 | derived here |
# | 35.2f* | exponent measured minus that of the formula's half times | mean 0 ± 0.015 | the step size alone makes 0.006 | derived here |

# %%
strength = levels * rng.uniform(1 - jitter, 1 + jitter, (networks, size))
s = torch.from_numpy(strength)
left, right = ed.bases(networks, size, rng)
unit = ln.gaussian_weights([size, size + 3, size], networks, rng)

# %% [markdown]
# The same draw at each scale. Each run is as long as its own prediction says, and a third more.

# %%
small, laws, waits = {}, {}, {}
for scale in sorted(scales, reverse=True):
    weights = tuple(scale * w for w in unit)
    laws[scale] = ed.half_time(strength, ed.growing_start(weights, left, right).numpy())
    options = {"learning_rate": 0.01, "time": 1.3 * laws[scale].max(), "every": 0.05}
    small[scale] = ed.follow_modes(weights, s, left, right, **options)
    waits[scale] = ed.crossing(small[scale].times, small[scale].strength, s / 2).numpy()

# %% [markdown]
# Left: one network from a Gaussian start, on the sigmoids that its first weights predict. Right: half times of all modes of all
# networks against strength, for three scales of the start; the dashed lines join the medians of the predicted half times.

# %% tags=["hide-input"]
fig, (curves, times) = figures.panels(2)
scale = sorted(scales)[len(scales) // 2]
run, law = small[scale], laws[scale][0]
for k in range(size):
    name, u = f"s = {strength[0, k]:.2f}", run.strength[:, 0, k]
    figures.measured(curves, run.times, u, name, linewidth=4, alpha=0.5)
    sigmoid = strength[0, k] / (1 + np.exp(-2 * strength[0, k] * (run.times - law[k])))
    figures.predicted(curves, run.times, sigmoid, "predicted")
curves.set(xlabel="time", ylabel="strength u", ylim=(-0.1, 4.6))
curves.set(title=f"Gaussian start, scale {scale:g}")
curves.legend(ncols=3, loc="upper center")
for scale, found in waits.items():
    points, x = {"joined": False, "alpha": 0.3}, strength.ravel()
    figures.measured(times, x, found.ravel(), f"scale {scale:g}", **points)
    middle = np.median(laws[scale], 0)
    figures.predicted(times, np.median(strength, 0), middle, "median predicted")
times.set(xscale="log", yscale="log", xlabel="strength s", ylabel="half time")
alt = "a Gaussian start on five dashed sigmoids; half times fall with strength"
figures.save(fig, "key", alt)

# %% [markdown]
# The exponent of each network is a least-squares slope over its modes.

# %%
def exponent(times):
    x = np.log(strength) - np.log(strength).mean(-1, keepdims=True)
    return (x * np.log(times)).sum(-1) / (x * x).sum(-1)


*_, second, smallest_scale = waits
powers = {scale: exponent(found) for scale, found in waits.items()}
in_order = (np.diff(waits[second]) > 0).all(-1)
away = np.stack([waits[k] / laws[k] - 1 for k in (second, smallest_scale)])
whole = ((unit[0] @ right + unit[1].mT @ left) / 2 * second).square().sum(-2).numpy()
naive = waits[second] / ed.half_time(strength, whole) - 1

# %%
ledger.judge({
    "35.2a": share(in_order),
    "35.2b": largest(np.abs(away), of=networks),
    "35.2c": mean(powers[second]),
    "35.2d": ratio(1 + powers[smallest_scale], 1 + powers[second]),
    "35.2e": largest(np.abs(naive), of=networks),
    "35.2f*": {f"scale {k:g}": mean(powers[k] - exponent(laws[k])) for k in powers},
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
# So depth costs "a finite delay". But look at the term $1/u_0$: two layers pay for a small start by a logarithm, a thousand
# layers by its inverse. The step size of the runs is $c=0.05$, the strengths are random in $[0.5,2]$, and $u_f=0.9s$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.3a | steps follow the integral at every depth, start and strength | largest relative distance ≤ 0.02 | c = 0.05 makes about 1% | Saxe et al. 2014 |
# | 35.3b | at the largest depth they are those of infinite depth | largest relative distance ≤ 0.02 | 2 ln(s/u0)/N at N = 1000 | Saxe et al. 2014, fig. 4 |
# | 35.3c | steps at the largest depth minus those at the smallest grow as 1/u0 | exponent of u0 -1 ± 0.1 | the logarithm of two layers is left in | derived here |
# | 35.3d | a step just below 2/(N s^(2−2/N)), by 1%, settles at the target | share ≥ 1 | linear stability, no exception | Saxe et al. 2014, fig. 4 |
# | 35.3e | a step just above this limit, by 1%, does not | share that settles ≤ 0 | linear stability, no exception | Saxe et al. 2014, fig. 4 |
# | 35.3f | *control:* a step that suits two layers, half of their limit, does not settle at depths from 10 on | share that settles ≤ 0 | 1.4 times the limit or more, for s ≥ 0.5 | derived here |

# %%
s = rng.uniform(0.5, 2, 5)
u = np.array(sorted(starts))[:, None]
steps, integral, limit = {}, {}, ed.depth_limit(s, u, 0.9 * s) * s**2 / 0.05
for depth in sorted(depths):
    eta = ed.curvature_step(s, depth, 0.05)
    times = np.vectorize(ed.transit_time)(u, s, depth, 0.1 * s / (s - u))
    integral[depth] = times / eta
    record = range(int(1.2 * integral[depth].max()))
    path = ed.equal_layers_descent(u, s, depth, learning_rate=eta, record=record)
    steps[depth] = ed.crossing(record, path, 0.9 * s).numpy()

# %% [markdown]
# The second experiment starts one part in ten thousand above the target, and asks whether 200 steps bring it nearer (it *settles*).

# %%
def settles(depth, eta):
    options = {"learning_rate": eta, "record": [0, 200]}
    first, last = np.abs(ed.equal_layers_descent(1.0001 * s, s, depth, **options) - s)
    return last < first


below = [settles(n, ed.curvature_step(s, n, 1.98)) for n in depths]
above = [settles(n, ed.curvature_step(s, n, 2.02)) for n in depths]
unscaled = [settles(n, ed.curvature_step(s, 2, 1.0)) for n in depths if n >= 10]
least, most = min(depths), max(depths)
delay = (steps[most] - steps[least]) / s
x, draws = np.log(u + 0 * delay), np.arange(5) + 0 * delay

# %% [markdown]
# Steps against depth for the first strength. For each start they level off, at a height that goes as $1/u_0$ when $u_0$ is small.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1)
for i, a in enumerate(u[:, 0]):
    name = f"$u_0$ = {a:g}"
    found = [x[i, 0] for x in steps.values()]
    figures.measured(ax, [*steps], found, name, joined=False)
for i in range(len(u)):
    figures.predicted(ax, [*steps], [x[i, 0] for x in integral.values()], "integral")
    figures.level(ax, limit[i, 0], "infinite depth", theory=False)
ax.set(xscale="log", yscale="log", xlabel="depth N", ylabel="steps")
ax.set(title=f"s = {s[0]:.2f}")
figures.legend_beside(fig)
alt = "steps rise with depth along the integral and level off"
figures.save(fig, "depth", alt)

# %%
ledger.judge({
    "35.3a": largest([np.abs(steps[n] / integral[n] - 1) for n in depths], of=5),
    "35.3b": largest(np.abs(steps[most] / limit - 1), of=5),
    "35.3c": slope(x, np.log(delay), groups=draws),
    "35.3d": share(below, sample=False),
    "35.3e": share(above, sample=False),
    "35.3f": share(unscaled, sample=False),
})

# %% [markdown]
# ## 4. Products of Gaussian layers fall apart
#
# So far all layers were alike. Random ones differ, and what counts at the start is the singular values of their product. For
# entries $N(0,1/n)$ the length of a vector survives on average, but not all directions do: the logarithm of the $k$-th singular
# value grows with every layer by
#
# $$\lambda_k=\tfrac12\bigl[\psi\bigl(\tfrac{n-k+1}2\bigr)+\ln\tfrac2n\bigr]$$
#
# on average ($\psi$ is the digamma function), so that the condition number multiplies by $e^{\lambda_1-\lambda_n}$. We measure it by the
# growth of volumes along a product of 32 layers, which is unbiased at every depth. Orthogonal layers are the control.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.4a | every λ_k is the formula's | largest distance in standard errors ≤ 4 | 16 of them: passed at random in 997 of 1000 | Newman 1986, recalled |
# | 35.4b | spread λ_1 − λ_n, measured / formula | mean 1 ± 0.05 | 60 products: standard error 0.01 | Saxe et al. 2014, fig. 6; Newman 1986, recalled |
# | 35.4c | *control:* orthogonal layers keep condition number 1 at every depth | largest logarithm ≤ 1e-10 | rounding | Saxe et al. 2014 |

# %%
n, layers = 16, 32
gaussian = ln.gaussian_weights([n] * (layers + 1), products, rng, n**-0.5)
growth, exponents = ed.layer_growth(gaussian).numpy(), ed.lyapunov_exponents(n)
error = growth.std(0, ddof=1) / products**0.5
conditions = ed.log_conditions(gaussian[:11])
isometries = ed.orthogonal_weights([n] * (layers + 1), products, rng)

# %% [markdown]
# Left: the sixteen exponents. Right: the condition number of the first layers' product; each thin line is one product. The dashed
# slope is $\lambda_1-\lambda_n$; the height is not predicted. (Beyond eleven layers the smallest singular value is lost to rounding.)

# %% tags=["hide-input"]
fig, (left_panel, right_panel) = figures.panels(2)
k = np.arange(1, n + 1)
figures.measured(left_panel, k, growth.mean(0), f"{products} products", joined=False)
figures.predicted(left_panel, k, exponents, r"$\lambda_k$")
left_panel.set(xlabel="k", ylabel="growth of ln(k-th value) per layer")
j = np.arange(1, len(conditions) + 1)
figures.measured(right_panel, j, conditions.numpy(), "Gaussian", linewidth=2)
flat = ed.log_conditions(isometries[:11]).numpy()
figures.measured(right_panel, j, flat, "orthogonal", linewidth=2)
line = conditions.median(1).values[4] + (exponents[0] - exponents[-1]) * (j - 5)
figures.predicted(right_panel, j, line, r"slope $\lambda_1-\lambda_n$")
right_panel.set(xlabel="layers", ylabel="ln(condition number)", ylim=(-2, 35))
alt = "sixteen exponents on the formula; Gaussian condition numbers grow exponentially"
figures.save(fig, "products", alt)

# %%
spread = (growth[:, 0] - growth[:, -1]) / (exponents[0] - exponents[-1])
ledger.judge({
    "35.4a": largest(np.abs(growth.mean(0) - exponents) / error, of=products),
    "35.4b": mean(spread),
    "35.4c": largest(ed.log_conditions(isometries), of=products, rounding=True),
})

# %% [markdown]
# ## 5. Training from random layers: orthogonal against Gaussian
#
# The paper's figure 6: the time to learn grows with depth for Gaussian starts and hardly at all for orthogonal ones. Here: 16 inputs, hidden
# layers of 16, 4 outputs, a Gaussian target; we count steps until the loss is $10^{-3}$. Each start gets the best of four step sizes, $0.1$, $0.2$, $0.4$ and
# $0.8$ over $N$; a wider grid changed nothing in pilot runs. All depths share the targets. A Gaussian start that needs more than
# 4,000 steps counts as 4,000, which can only make the last two ratios smaller.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.5a | orthogonal starts: steps at the largest depth over those at depth 4 | ratio ≤ 2 | "the same time" up to a factor | Saxe et al. 2014, fig. 6 |
# | 35.5b | Gaussian starts: steps at depth 8 over those at depth 2 | ratio ≥ 3 | pilot runs: 4 to 10 | Saxe et al. 2014, fig. 6 |
# | 35.5c | steps of Gaussian over those of orthogonal starts, at the largest depth | ratio ≥ 10 | pilot runs: 30 to 46 | Saxe et al. 2014, fig. 6 |

# %%
rectangles = torch.from_numpy(rng.standard_normal((problems, 4, 16)) / 4)
few = rectangles[:gaussian_problems]
options = {"final_loss": 1e-3, "steps": 4000}
orthogonal_steps, gaussian_steps = {}, {}
for depth in [2, 4, 8, 16, deepest]:
    widths, rates = [16] * depth + [4], np.array([0.1, 0.2, 0.4, 0.8]) / depth
    start = ed.orthogonal_weights(widths, problems, rng)
    orthogonal_steps[depth] = ed.fewest_steps(start, rectangles, rates, **options)
    start = ln.gaussian_weights(widths, len(few), rng, 0.25)
    slow = ed.fewest_steps(start, few, rates, **options)
    gaussian_steps[depth] = slow.clamp(max=options["steps"])

# %% [markdown]
# Medians, and every target as a thin line. Orthogonal starts stay near 20 steps, Gaussian ones go up to 1000.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(1)
for name, found in (("Gaussian", gaussian_steps), ("orthogonal", orthogonal_steps)):
    counts = torch.stack([*found.values()]).numpy()
    figures.measured(ax, [*found], counts, name, linewidth=2)
ax.set(xscale="log", yscale="log", xlabel="depth N", ylabel="steps at the best step")
ax.set_xticks([*gaussian_steps], labels=[*gaussian_steps])
ax.minorticks_off()
alt = "orthogonal starts stay near 20 steps at all depths, Gaussian ones rise to 1000"
figures.save(fig, "training", alt)

# %%
ledger.judge({
    "35.5a": ratio(orthogonal_steps[deepest], orthogonal_steps[4]),
    "35.5b": ratio(gaussian_steps[8], gaussian_steps[2]),
    "35.5c": ratio(gaussian_steps[deepest], orthogonal_steps[deepest][: len(few)]),
})

# %% [markdown]
# ## 6. The surprise: square targets
#
# Now make the target square, 4 by 4, with singular values in $[0.5,1.5]$. An orthogonal start has determinant $+1$ or $-1$,
# and to change its sign the product must become singular on the way. Under the flow a balanced network never gets through: it comes to
# rest at a saddle where the weakest mode is missing, with loss $\frac12\sigma_{\min}(\Phi)^2$. Half of all starts have the wrong sign, that
# is not the sign of the target's determinant.
#
# Descent is not the flow: its steps unbalance the layers a little, by an amount proportional to $\eta$. At $N=2$ the saddle
# is strict, and any disturbance grows out of it. From $N=3$ on it is flat. There a layer can slip through zero only
# because the others do not vanish with it, and the waiting time grows with depth. The step size is $0.2/N$; a start has *trained* when the
# loss is below $10^{-6}$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 35.6a | starts of the wrong sign do not train at depth 4 and more | share that trains ≤ 0.05 | pilot runs: none | derived here |
# | 35.6b | at depth 4 and more those are held at σ_min²/2 | mean loss / (σ_min²/2) 1 ± 0.02 | slow descent may be some percent above | derived here |
# | 35.6c | starts of the wrong sign train at depth 2 | share ≥ 0.9 | the saddle is strict; 60 draws or more reach 0.94 at best | derived here |
# | 35.6d | every start trains, at any depth | share ≥ 0.95 | "learning time independent of depth" | Saxe et al. 2014, fig. 6, read for square targets |
# | 35.6e | *control:* orthogonal starts of the rectangular problem train at all depths | share ≥ 0.9 | no determinant, no barrier; 40 draws reach 0.91 at best | Saxe et al. 2014, fig. 6 |
# | 35.6f | *control:* with Gaussian noise of 0.1 on the layers, starts of the wrong sign train at depth 4 | share ≥ 0.85 | unbalanced layers do not vanish together; a few are late | derived here |
# | 35.6g* | starts whose determinant has the target's sign train | share ≥ 0.9 | slow exceptions at weak modes | derived here |

# %%
values = torch.from_numpy(rng.uniform(0.5, 1.5, (targets, 4)))
squares, record = ln.rotated(values, rng), log_steps(square_steps)
agree, losses = {}, {}
for depth in square_depths:
    start = ed.orthogonal_weights([4] * (depth + 1), targets, rng)
    agree[depth] = ed.same_side(start, squares)
    losses[depth] = ed.descend_losses(start, squares, 0.2 / depth, record)

# %% [markdown]
# The control of balance: the same at depth 4 with a little noise on every layer.

# %%
exact = ed.orthogonal_weights([4] * 5, targets, rng)
rough = tuple(w + 0.1 * torch.from_numpy(rng.standard_normal(w.shape)) for w in exact)
rough_losses = ed.descend_losses(rough, squares, 0.05, record)

# %% [markdown]
# Left: the share of the starts with the wrong sign that have trained, against time: soon at depth 2, late at depth 3, not at all
# at 4 and 8. Right: where those of depth 4 and more are held.

# %% tags=["hide-input"]
fig, (shares, held) = figures.panels(2)
for depth, loss in losses.items():
    trained = (loss < 1e-6)[:, ~agree[depth]].double().mean(1)
    figures.measured(shares, 0.2 / depth * np.array(record), trained, f"N = {depth}")
    if depth >= 4:
        floor = (values.amin(-1) ** 2 / 2)[~agree[depth]]
        figures.against(held, floor, loss[-1, ~agree[depth]], f"N = {depth}")
shares.set(xscale="log", xlabel="time", ylabel="share trained", title="wrong sign")
shares.set(ylim=(-0.05, 1.05))
held.set(xlabel=r"$\sigma_{\min}^2/2$ of the target", ylabel="final loss")
alt = "wrong-sign starts train at depth 2 and 3 only; the others end on the diagonal"
figures.save(fig, "square", alt)

# %% [markdown]
# All depths share the targets, so a target is one draw, whatever the number of depths at which it was tried.

# %%
final = {n: loss[-1] for n, loss in losses.items()}
deep = [n for n in final if n >= 4]
stuck = [final[n][~agree[n]] / (values.amin(-1)[~agree[n]] ** 2 / 2) for n in deep]
numbers = torch.arange(targets)
wrong = [numbers[~agree[n]] for n in deep]
everyone = [numbers] * len(final)
two = final[2][~agree[2]] < 1e-6 if 2 in final else []
rectangular = [steps.isfinite() for steps in orthogonal_steps.values()]

# %% [markdown]
# Row 35.6d is what the paper's sentence on depth would say of square targets. It does not reproduce.

# %%
ledger.judge({
    "35.6a": share([final[n][~agree[n]] < 1e-6 for n in deep], groups=wrong),
    "35.6b": mean(stuck, groups=wrong),
    "35.6c": share(two),
    "35.6d": share([final[n] < 1e-6 for n in final], groups=everyone),
    "35.6e": share(rectangular, groups=[torch.arange(problems)] * len(rectangular)),
    "35.6f": share(rough_losses[-1][~ed.same_side(rough, squares)] < 1e-6),
    "35.6g*": {f"N = {n}": share(final[n][agree[n]] < 1e-6) for n in final},
})

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **The closed form holds, and holds for more than it was made for.** Aligned starts follow it to the error of the step. Gaussian
# starts do not satisfy its premise, and follow it all the same once $u_0$ is read off as the growing part of a mode, without the
# hidden directions that stronger modes have taken: half times agree to 1.5%, which is what $\eta=0.01$ does to $s=3$. Leave the correction out
# and single modes are off by a tenth or more. Time goes as $s^{-0.96}$ at scale $10^{-4}$ and $s^{-0.98}$ at $10^{-8}$:
# the paper's $1/s$ is the limit, and the logarithm makes up the rest.
#
# **Depth costs a finite delay, at a price.** A thousand layers need the steps that the formula gives for infinitely many, to 1%, if the step
# size is $c/(Ns^{2-2/N})$. But this number is of order $1/u_0$, where two layers pay $\ln(1/u_0)$. The delay is small only for starts
# whose product is of order one, and those are the orthogonal ones.
#
# **Why Gaussian layers are slow.** With each layer the condition number of the product grows sevenfold at width 16. At depth 32 the
# start has lost nearly all of its directions. Orthogonal layers keep them all: from depth 4 to depth 32 the steps grow by half.
#
# **What the paper does not say: signs.** For a square target the sentence "orthogonal starts train in a time independent of depth" is
# wrong for half of the starts. Not at depth 2, where the saddle is strict, nor for good at depth 3, where
# the run slips through late. At depth 4 and 8 none of them trained. The paper's experiments have rectangular maps,
# for which there is no determinant and no barrier; our control agrees with it. "Half fail at any depth" would be
# true of the flow, and we expected it; descent at depth 2 and 3 gets out. Nor is the failure generic: with noise of 0.1 on the layers,
# depth 4 trains from either side. It is exact orthogonality that traps.
#
# **Limits.** Targets are whitened, that is the inputs are uncorrelated. The paper's nonlinear networks and its criterion of the edge of
# chaos are not tested here. Section 5 counts steps to a loss of $10^{-3}$ at the best of four step sizes.
#
# **Try.** `scales = [0.02, 1e-3, 1e-4]`: 35.2d fails, since the logarithm no longer doubles between the last two. `depths = [2, 5, 20]`:
# 35.3b fails, twenty layers are not infinitely many. `square_steps = 20000`: depth 3 trains altogether, at depth 4 and 8
# there is still none.
# `jitter = 0`: all networks share their strengths, and nothing else changes.
