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
# # What optimization faces: minima, saddles and vanishing gradients, in pictures that are measured
#
# Zhang, Lipton, Li and Smola, *Dive into Deep Learning*, chapter
# [Optimization and deep learning](https://d2l.ai/chapter_optimization/optimization-intro.html) (d2l).
#
# The chapter shows in five pictures why descent might fail: the minimum of the data is not the minimum that we
# want, local minima hold it, saddles and saturated units stall it. Here each picture is redrawn and its
# sentence turned into a number. In one or two variables almost every number can be predicted exactly.
#
# **Setting.** $x\leftarrow x-\eta f'(x)$; time is $\eta$ times steps. Risk $f(x)=x\cos\pi x$, empirical risk
# $g=f+0.2\cos5\pi x$.
#
# **Claims, and what would refute them** (fixed before the runs; that the noise of 11.2 and the tolerance of 11.5c follow $\eta$ was
# added after a run at another $\eta$, and at the default they are what they were)
#
# | id | claim | refuted if |
# |---|---|---|
# | 11.1 | the minimum of $g$ on $[0.5,1.5]$ is at 1.016983, that of $f$ at 1.090408: excess risk 0.0312 | a place off by $10^{-6}$, the risk by $10^{-4}$; control: a wiggle 100 times smaller leaves more than $10^{-4}$ |
# | 11.2 | on $[-1,2]$ $f$ has a local minimum beside the global one; descent finds the one whose basin it starts in; gradient noise leaves the local one | share of starts off the basin's by 0.015; the noise that frees half, off the diffusion's by 5%; control: without noise over 1% leave |
# | 11.3 | at 0 slope and curvature of $x^3$ vanish, and descent stalls: $x_t\sim1/(3\eta t)$ | $3\eta tx_t$ off 1 by 0.01; control: $x^2$ takes as long |
# | 11.4 | $x^2-y^2$ has signature $(+,-)$ at 0; leaving from $\lvert y\rvert=\delta$ takes $\log(1/\delta)/\log(1+2\eta)$ steps | off by more than one step; control: a start with $y=0$ leaves |
# | 11.5 | $\tanh'(4)=0.00134095$: descent from 4 loses $T(4)/T(1)=266$ times the steps from 1, $T(x)=\frac x2+\frac14\sinh2x$ | off by 2%; control: ReLU loses more than the distance |
# | 11.6 | exercises: $d!$ images of a minimum ($2^dd!$ for tanh); symmetric spectra need not give $P(\lambda>0)=\frac12$; minima are rare in high dimension | losses differ by $10^{-12}$; images coincide; $P(\text{all}>0)$ off the exact value by 10%; controls: see below |

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
starts = 40000  # in [1000, 1000000]: starts of plain descent over [-1, 2]
noisy_runs = 400  # in [100, 10000]: runs at each noise scale
learning_rate = 0.01  # in [0.001, 0.02]: step size of descent on f with noise and on tanh
hidden_units = 4  # in [2, 5]: hidden units d of the trained network
matrices = 1000000  # in [10000, 10000000]: random matrices of each size

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch

from lib import claims, figures, perceptrons
from lib import surfaces as sf

parameters = claims.parameters_of(globals())
figures.style()
rng = np.random.default_rng(seed)
rows = []
check = partial(claims.check, source="d2l, Optimization and deep learning; numbers computed here", seeds=1)
for name, surface, place in (("x^2 - y^2", sf.saddle, [0.0, 0.0]), ("x^2 + y^2", sf.quadratic(2.0, 2.0), [0.0, 0.0]),
                             ("-x^2 - y^2", sf.quadratic(-2.0, -2.0), [0.0, 0.0]), ("x^3", sf.cubic, [0.0])):
    hessian = surface.hessian(torch.tensor(place, dtype=torch.float64))
    print(f"{name:>11} at 0: eigenvalues (positive, negative, zero) {sf.signature(hessian)}: {sf.classify(hessian)}")

# %% [markdown]
# ## The goal that is not the goal, and the minimum that is not the lowest
#
# $f$ is odd, so its local minimum at $-0.27$ has a twin, the barrier at $+0.27$: everything that starts to its left
# is lost to the local minimum. That is a share $(0.2739+1)/3=0.4246$ of the interval.
#
# Noise of scale $\sigma$ in the gradient makes descent a diffusion of temperature $D=\eta\sigma^2/2$. The mean time
# $T$ to climb out is then a double integral of $e^{f/D}$ (Kramers 1940, recalled), and the share gone by time $t$ is
# near $1-e^{-t/T}$.

# %%
def value(surface, x):
    return float(surface.value(sf.points(x)))


low, top, deep = (float(x) for x in sf.turning_points(sf.risk, -1, 2))
wanted, found = (float(sf.global_minimum(s, 0.5, 1.5)) for s in (sf.risk, sf.empirical_risk))
smoother = float(sf.global_minimum(sf.wiggled_risk(0.002), 0.5, 1.5))
begin = rng.uniform(-1, 2, starts)
end = sf.follow(sf.risk, sf.points(begin), learning_rate=0.02, steps=1000).weights[0][:, 0].numpy()
captured = np.abs(end - low) < 1e-4
strays = int(starts - (captured & (begin < top)).sum() - ((np.abs(end - deep) < 1e-4) & (begin > top)).sum())
print(f"local minimum ({low:.6f}, {value(sf.risk, low):.6f}), global ({deep:.6f}, {value(sf.risk, deep):.6f})")
print(f"risk at the empirical minimum {value(sf.risk, found):.6f}, lowest {value(sf.risk, wanted):.6f}")
rows += [
    check("11.1a", "minima of empirical risk and of risk: farther from 1.016983, 1.090408",
          max(abs(found - 1.016983), abs(wanted - 1.090408)), "<=", 1e-6, digits=1),
    check("11.1b", "excess risk of the empirical minimum", value(sf.risk, found) - value(sf.risk, wanted),
          "within", 0.0312, tolerance=1e-4),
    check("11.1c", "a wiggle 100 times smaller: excess risk", value(sf.risk, smoother) - value(sf.risk, wanted),
          "<=", 1e-4, control=True),
    check("11.2a", "(x, f) of both minima: farthest from (-0.273853, -0.178603), (1.090408, -1.046721)",
          max(abs(low + 0.273853), abs(value(sf.risk, low) + 0.178603), abs(deep - 1.090408),
              abs(value(sf.risk, deep) + 1.046721)), "<=", 1e-6, digits=1),
    check("11.2b", "share of starts on [-1, 2] that end in the local minimum", captured.mean(), "within",
          (top + 1) / 3, tolerance=0.015, seeds=starts, interval=claims.wilson_interval(captured.sum(), starts)),
    check("11.2c", "starts that end outside of their own basin", strays, "<=", 0, seeds=starts),
]

# %%
cooler = np.sqrt(0.01 / learning_rate)  # the same temperatures at any step size
scales = np.linspace(2, 8, 13) * cooler
noise = np.repeat(scales, noisy_runs)
escape = partial(sf.noisy_escape, sf.risk, escaped=lambda p: p[:, 0] > deep, rng=rng,
                 learning_rate=learning_rate, steps=round(20 / learning_rate), low=-1.0, high=2.0)
gone = escape(sf.points(np.full(len(noise), low)), noise).view(len(scales), noisy_runs).numpy()
still = escape(sf.points(np.full(noisy_runs, low)), np.zeros(noisy_runs)).numpy()
fine = np.linspace(2, 8, 49) * cooler
law = 1 - np.exp([-20 / sf.mean_escape_time(sf.risk, low, deep, -1.0, s, learning_rate) for s in fine])
predicted = np.interp(0.5, law, fine)


def half(runs):
    """Noise scale at which half of the runs (runs, scales) are gone."""
    return np.interp(0.5, np.maximum.accumulate(runs.mean(0)), scales)


noisy = partial(check, seeds=noisy_runs)
kramers = partial(noisy, source="Kramers 1940 for the diffusion, recalled; the claim is d2l's")
rows += [
    noisy("11.2d", f"noise scale {scales[-1]:.3g}: share that leaves the local minimum by time 20", gone[-1].mean(), ">=", 0.95,
          interval=claims.wilson_interval(gone[-1].sum(), noisy_runs)),
    kramers("11.2e", "noise scale that frees half / predicted", half(gone.T) / predicted, "within", 1, tolerance=0.05,
            interval=claims.bootstrap_interval(gone.T, lambda g: half(g) / predicted, seed)),
    noisy("11.2f", "without noise: share that leaves", still.mean(), "<=", 0.01, control=True,
          interval=claims.wilson_interval(still.sum(), noisy_runs)),
]

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 3.4))
arrow = {"arrowstyle": "->", "color": "black"}
x = np.arange(0.5, 1.5, 0.01)
for surface, text, dash in ((sf.risk, "risk f", "-"), (sf.empirical_risk, "empirical risk g", "-.")):
    axes[0].plot(x, surface.value(sf.points(x)), dash, label=text)
axes[0].annotate("min of\nempirical risk", (found, value(sf.empirical_risk, found)), (0.52, -1.15), arrowprops=arrow)
axes[0].annotate("min of risk", (wanted, value(sf.risk, wanted)), (1.05, -0.5), arrowprops=arrow)
axes[0].set(title="11.1", xlabel="x", ylabel="risk")
axes[0].legend(loc="upper center", fontsize=9)
x = np.arange(-1.0, 2.0, 0.01)
axes[1].axvspan(-1, top, color="C1", alpha=0.15, lw=0)
axes[1].plot(x, sf.risk.value(sf.points(x)))
axes[1].annotate("local\nminimum", (low, value(sf.risk, low)), (-0.85, -1.0), arrowprops=arrow)
axes[1].annotate("global\nminimum", (deep, value(sf.risk, deep)), (0.75, 0.7), arrowprops=arrow)
axes[1].set(title=f"11.2: {captured.mean():.1%} of starts end in the local one (shaded)", xlabel="x", ylabel="f(x)")
figures.shares(axes[2], scales, gone.sum(1), noisy_runs, label="measured, 95%")
axes[2].plot(fine, law, **figures.PREDICTION, label="predicted from the barrier")
axes[2].set(title="11.2: noise leaves the local minimum", xlabel=r"noise scale $\sigma$", ylabel="share gone by time 20")
axes[2].legend(loc="lower right", fontsize=9)
figures.save(fig, "minima")

# %% [markdown]
# ## Two kinds of saddle
#
# At 0, $x^3$ has neither slope nor curvature: the second-derivative test is silent. $1/x_t$ grows by $3\eta$ a step, so
# descent from the right crawls as $1/t$ for ever, and from the left it falls off the other side.
#
# $x^2-y^2$ is the honest saddle, where $y$ grows by the factor $1+2\eta$ a step. That is the ball on a saddle of
# exercise 4: it cannot stay, because every disturbance grows; with momentum it leaves faster still.

# %%
at = rng.uniform(0.1, 2, 100)
crawl = sf.follow(sf.cubic, sf.points(at), learning_rate=0.1, steps=30000, 
                  record=[*range(1, 10), *np.geomspace(10, 30000, 60).astype(int)], measure=lambda w: {"x": w[0][:, 0]})
scaled = 3 * 0.1 * crawl.steps[:, None] * crawl.records["x"]
gap = np.geomspace(0.001, 0.01, 20)
over = sf.steps_until(sf.cubic, sf.points(-gap), lambda p: p[:, 0] < -1, learning_rate=0.1, limit=9999).numpy()
bowl = sf.follow(sf.quadratic(2.0), sf.points(at), learning_rate=0.1, steps=300).weights[0].abs().max()
delta, rates = np.geomspace(1e-15, 0.1, 29), (0.01, 0.1, 0.5)
ridge = torch.tensor(np.stack([np.ones(len(delta)), delta], 1))
leave = partial(sf.steps_until, sf.saddle, reached=lambda p: p[:, 1].abs() >= 1, limit=9999)
left = {rate: leave(ridge, learning_rate=rate).numpy() for rate in rates}
fast = leave(ridge, learning_rate=0.01, momentum=0.9).numpy()
pace = [np.polyfit(np.log(1 / delta), steps, 1)[0] for steps in (fast, sf.saddle_steps(delta, 0.01, 0.9))]
late = max(np.abs(left[rate] - sf.saddle_steps(delta, rate)).max() for rate in rates)
stays = sf.follow(sf.saddle, torch.tensor([[1.0, 0.0]], dtype=torch.float64), learning_rate=0.1, steps=9999).weights[0]
exact = partial(check, source="d2l, exercise 4; formula derived here", seeds=len(delta))
rows += [
    check("11.3a", "x^3: 3 eta t x_t after 30000 steps, farthest from 1", scaled[-1][(scaled[-1] - 1).abs().argmax()],
          "within", 1, tolerance=0.01, seeds=100),
    check("11.3b", "x^3 from -delta: steps to pass -1 / ((1/delta - 1)/(3 eta)), largest",
          (over / ((1 / gap - 1) / 0.3)).max(), "within", 1, tolerance=0.03, seeds=20),
    check("11.3c", "x^2 from the same starts: largest |x| after 300 steps", bowl, "<=", 1e-12, seeds=100, control=True),
    check("11.4a", "x^2 - y^2 at 0: one eigenvalue positive, one negative (1 = yes)",
          sf.signature(sf.saddle.hessian(ridge[0])) == (1, 1, 0), ">=", 1),
    exact("11.4b", "steps to leave the saddle, distance from the formula, largest", late, "<=", 1),
    exact("11.4c", "momentum 0.9, eta 0.01: steps per unit of log(1/delta) / predicted", pace[0] / pace[1], "within", 1, tolerance=0.02),
    exact("11.4d", "start on the ridge, y = 0: |y| after 9999 steps", stays[0, 1].abs(), "<=", 0, control=True),
]

# %%
fig = plt.figure(figsize=(12, 6))
cube, stall, solid, law = (fig.add_subplot(2, 2, k, projection="3d" if k == 3 else None) for k in (1, 2, 3, 4))
x = np.arange(-2.0, 2.0, 0.01)
cube.plot(x, sf.cubic.value(sf.points(x)))
cube.annotate("saddle point", (0, 0), (-0.6, -5.0), arrowprops=arrow)
cube.set(title="11.3", xlabel="x", ylabel=r"$x^3$")
for k in range(5):
    stall.plot(crawl.steps, crawl.records["x"][:, k], color=f"C{k}", marker=figures.MARKERS[k], markevery=(k, 8), lw=1)
stall.plot(crawl.steps, 1 / (0.3 * crawl.steps), **figures.PREDICTION, label=r"predicted $1/(3\eta t)$")
stall.plot([], [], color="grey", marker="o", label="measured, five starts")
stall.set(title=r"11.3: descent on $x^3$ stalls", xlabel="step t", ylabel=r"$x_t$", xscale="log", yscale="log", ylim=(5e-5, 5))
stall.legend()
grid = torch.linspace(-1, 1, 21, dtype=torch.float64)
mesh = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), -1)
solid.plot_wireframe(mesh[..., 0].numpy(), mesh[..., 1].numpy(), sf.saddle.value(mesh).numpy(), rstride=2, cstride=2, lw=0.8)
solid.plot([0], [0], [0], "x", color="C3", markersize=9)
solid.set(title=r"11.4: $x^2-y^2$", xlabel="x", ylabel="y", xticks=[-1, 0, 1], yticks=[-1, 0, 1], zticks=[-1, 0, 1])
for k, rate in enumerate(rates):
    law.plot(delta, left[rate], figures.MARKERS[k], color=f"C{k}", label=rf"measured, $\eta$ = {rate}")
    law.plot(delta, sf.saddle_steps(delta, rate), **figures.PREDICTION)
law.plot(delta, fast, figures.MARKERS[3], color="C3", label=r"$\eta$ = 0.01, momentum 0.9")
law.plot(delta, sf.saddle_steps(delta, 0.01, 0.9), **figures.PREDICTION, label="predicted")
law.set(title="11.4: leaving the saddle", xlabel=r"start $|y|=\delta$", ylabel="steps", xscale="log", yscale="log", ylim=(1, 2e4))
law.legend(ncols=2, fontsize=8, loc="upper right")
figures.save(fig, "saddles")

# %% [markdown]
# ## Vanishing gradients
#
# Descent on $\tanh$ from $x_0$ to 0 takes the time $T(x_0)=\int_0^{x_0}\cosh^2=\frac{x_0}2+\frac14\sinh2x_0$:
# exponential in the distance. On ReLU it is the distance itself, from the right; on the left its slope is 0 and
# nothing ever moves.

# %%
places = np.arange(0.5, 4.01, 0.25)
past = partial(sf.steps_until, starts=sf.points(places), reached=lambda p: p[:, 0] <= 0,
               learning_rate=learning_rate, limit=round(400 / learning_rate))
steps = {"tanh": past(sf.tanh).numpy(), "ReLU": past(sf.relu).numpy()}
time, one, four = sf.tanh_time(places), 2, 14  # places[2] = 1, places[14] = 4
fig, (left_ax, right_ax) = plt.subplots(1, 2, figsize=(10, 3.4))
x = np.arange(-2.0, 5.0, 0.01)
left_ax.plot(x, sf.tanh.value(sf.points(x)), label="tanh")
left_ax.annotate("vanishing gradient", (4, 1), (1.7, 0.0), arrowprops=arrow)
left_ax.set(title="11.5", xlabel="x", ylabel="tanh x")
for k, (name, needed) in enumerate(steps.items()):
    right_ax.plot(places, needed, figures.MARKERS[k], color=f"C{k}", label=f"measured, {name}")
right_ax.plot(places, time / learning_rate, **figures.PREDICTION)
right_ax.plot(places, places / learning_rate, **figures.PREDICTION, label=r"predicted $T(x_0)/\eta$")
right_ax.set(title="11.5: steps lost", xlabel=r"start $x_0$", ylabel="steps to reach 0", yscale="log")
right_ax.legend()
figures.save(fig, "vanishing_gradient")
flow = partial(check, source="d2l, vanishing gradients; integral derived here")
rows += [
    flow("11.5a", "tanh'(4)", sf.tanh.gradient(sf.points(4.0)), "within", 0.00134095, tolerance=1e-8, digits=6),
    flow("11.5b", "tanh: steps from 4 / steps from 1", steps["tanh"][four] / steps["tanh"][one], "within", time[four] / time[one],
         tolerance=0.02 * time[four] / time[one]),
    flow("11.5c", "tanh: steps / (T(x0)/eta), farthest from 1 over the starts", 1 + np.abs(steps["tanh"] * learning_rate / time - 1).max(),
         "within", 1, tolerance=2 * learning_rate, seeds=len(places)),  # Euler's step is off by O(eta)
    flow("11.5d", "from 4: steps on tanh / steps on ReLU", steps["tanh"][four] / steps["ReLU"][four], "within",
         time[four] / 4, tolerance=0.02 * time[four] / 4),
    flow("11.5e", "ReLU: steps from 4 / steps from 1, no more than the distance asks", steps["ReLU"][four] / steps["ReLU"][one],
         "within", 4, tolerance=0.08, control=True),
]

# %% [markdown]
# ## The exercises, by experiment
#
# **1. Equivalent minima.** A network of $d$ hidden units, random targets on all 5-bit patterns, trained to a minimum
# (a weight decay of $10^{-3}$ keeps it at finite weights). Permuting its units gives $d!$ minima, and for tanh a change of sign of any
# unit makes it $2^dd!$. They are different points only while no two units agree: with two equal ones half are left.
#
# **2. Random symmetric matrices** stand for Hessians. $M$ and $-M$ have one law, so a uniformly picked eigenvalue has
# $P(\lambda>0)=P(\lambda<0)$; but zero may have mass, and then neither is $\frac12$. Nor does the largest eigenvalue
# share the symmetry. All $n$ positive, a minimum, has a probability that falls faster than any exponential.

# %%
decay, bits, images, gaps = 1e-3, 5, {}, []
patterns = perceptrons.task(perceptrons.parity(bits).inputs[:, :bits], rng.uniform(0, 1, 2**bits))
for units, flips in (("logistic", False), ("tanh", True)):
    begin = perceptrons.start(10, bits, hidden_units, 1.0, rng)
    network, slope, curvature = perceptrons.local_minimum(
        begin, patterns, weight_decay=decay, learning_rate=0.1, steps=6000, units=units)
    images[units] = perceptrons.equivalent_networks(network, flips=flips)
    losses = perceptrons.energy(images[units], patterns, units=units)
    losses = losses + decay / 2 * sum(w.flatten(1).square().sum(1) for w in images[units])
    gaps.append(float(losses.max() - losses.min()))
    print(f"{units}: loss {losses[0]:.4f}, gradient norm below 1e-6: {slope < 1e-6}, "
          f"smallest eigenvalue {curvature:.4f}, {perceptrons.count_distinct(images[units])} distinct images")
equal = tuple(w.clone() for w in network)
equal[0][:, 1], equal[1][:, 1] = equal[0][:, 0], equal[1][:, 0]
orders = np.prod(np.arange(1, hidden_units + 1))
image = partial(check, source="d2l, exercise 1")
rows += [
    image("11.6a", "logistic and tanh units: loss over all images, largest difference",
          claims.power_of_ten_above(max(gaps)), "<=", 1e-12),
    image("11.6b", "permuted logistic networks that differ", perceptrons.count_distinct(images["logistic"]), "within", orders, tolerance=0),
    image("11.6c", "permuted and sign-flipped tanh networks that differ", perceptrons.count_distinct(images["tanh"]),
          "within", 2**hidden_units * orders, tolerance=0),
    image("11.6d", "two units made equal: permuted networks that differ", perceptrons.count_distinct(perceptrons.equivalent_networks(equal)),
          "within", orders / 2, tolerance=0, control=True),
]

# %%
uniform, largest = sf.spectrum_signs(3, [0.0, 1.0, -1.0], [0.8, 0.1, 0.1])
print("3 x 3, entries 0, 1, -1 with p = .8, .1, .1: P(> 0), P(< 0), P(= 0) =", np.round(uniform, 4).tolist())
hits = [sf.count_positive_definite(n, matrices, rng) for n in range(1, 6)]
exact = [sf.probability_positive_definite(n) for n in range(1, 9)]
bowls = sf.count_positive_definite(4, matrices, rng, shift=8.0)
signs = partial(check, source="d2l, exercise 2; enumerated here")
rows += [
    signs("11.6e", "sparse sign matrices: |P(eigenvalue > 0) - P(< 0)|, enumerated",
          claims.power_of_ten_above(uniform[0] - uniform[1]), "<=", 1e-12),
    signs("11.6f", "the same: P(eigenvalue > 0), well below 1/2", uniform[0], "within", 0.231, tolerance=0.005),
    signs("11.6g", "the same for the largest eigenvalue: P(> 0) - P(< 0)", largest[0] - largest[1], ">=", 0.5, control=True),
    *(check(f"11.6{letter}", f"random symmetric matrices, n = {n}: P(all eigenvalues > 0) / exact",
            hits[n - 1] / matrices / exact[n - 1], "within", 1, tolerance=0.1, seeds=matrices,
            interval=np.array(claims.wilson_interval(hits[n - 1], matrices)) / exact[n - 1],
            source="d2l, saddles in high dimension; exact value by de Bruijn's formula")
      for letter, n in zip("hij", (2, 3, 4), strict=True)),
    signs("11.6k", "n = 4, plus 8 I (convex): P(all eigenvalues > 0)", bowls / matrices, ">=", 0.99, control=True, seeds=matrices),
]
fig, (left_ax, right_ax) = plt.subplots(1, 2, figsize=(10, 3.2))
left_ax.bar(np.arange(3) - 0.2, uniform, 0.4, label="an eigenvalue picked at random")
left_ax.bar(np.arange(3) + 0.2, largest, 0.4, label="the largest", hatch="//")
left_ax.axhline(0.5, **figures.PREDICTION, label="1/2")
left_ax.set(xticks=range(3), xticklabels=["> 0", "< 0", "= 0"], ylim=(0, 0.95), title="11.6: probability of a sign")
figures.shares(right_ax, range(1, 6), hits, matrices, label="measured, 95%")
right_ax.plot(range(1, 9), exact, **figures.PREDICTION, label="exact")
right_ax.plot(range(1, 9), 0.5 ** np.arange(1, 9), ":", color="C1", label=r"$2^{-n}$: independent signs")
right_ax.set(xlabel="size n", yscale="log", title="11.6: P(all n eigenvalues > 0)")
_ = left_ax.legend(), right_ax.legend()
figures.save(fig, "random_hessians")
claims.conclude("11_optimization_challenges", rows, parameters)

# %% [markdown]
# ## Reading
#
# **The pictures hold to the digit.** Where descent has one or two variables there is nothing to estimate: basins,
# stalling and escape follow from two lines of calculus, and the runs agree to the size of a step.
#
# **What the chapter leaves open.** *Noise helps*, at a price: the scale that frees half of the runs by time 20 is
# 4.7 times the steepest slope of the barrier; two thirds of it frees one in a hundred. *Saddles* are left in a time
# that is only logarithmic in how close one starts; what stalls for ever is the degenerate point of $x^3$, which no
# curvature betrays. *Rare minima* is about random matrices: at $n=4$ one in 400, at $n=8$ one in $10^9$, far
# below $2^{-n}$, since eigenvalues repel. A loss is not a random matrix: 22 and 24 ask how much of this survives.
#
# **Disagreements.** The labels $-0.25$ and $-0.95$ in the chapter's second picture are places of text, not values.
# Reference values .231, .232, .537 and .0026 were sampled; the exact ones are .2322, .2322, .5356 and .002457.
# Exercise 2 reads as if symmetry held for any eigenvalue: it holds for one picked at random, not for the largest.
#
# **Limits.** The noise is Gaussian and the same everywhere; minibatch noise is neither. The ball of exercise 4 is an
# inertial one: momentum 0.9 stands in for it. A logistic unit has the sign symmetry too, once the bias behind it
# takes up the change, so 24 undercounts its images.
#
# **Try.** `learning_rate = 0.02`: twice the temperature at the same noise, so less noise is needed. `hidden_units = 5`: 3840 images.
