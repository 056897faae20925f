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
# # One perturbation leaves a strict saddle quickly, a flat one slowly
#
# ![verdict](../figures/26_escaping_saddles/verdict.svg)
#
# **Question.** After one small perturbation, how long does descent stay near a saddle, and how does that time grow with the dimension?
# What do curvature and noise at every step change?
#
# **Answer.** A strict saddle costs a logarithm of the dimension, as the theory of perturbed descent says. At the flat saddle of $N$ layers the
# time grows as the power $(N-2)/4$ of the number of weights. Label noise need not help: it vanishes there.
#
# ![steps against the dimension](../figures/26_escaping_saddles/dimension.svg)
#
# Left: steps at a strict saddle, one of whose many directions leads out, after perturbations of radius $r$ (band: 10% to 90% of the runs). Right: deep linear
# networks at zero, a saddle that is strict for two layers and flat for more; here the steps, too, have a logarithmic scale.
#
# *Source:* Jin, Ge, Netrapalli, Kakade and Jordan 2017 ([arXiv:1703.00887](https://arxiv.org/abs/1703.00887)) on one perturbation; Du and others
# 2017 ([arXiv:1705.10412](https://arxiv.org/abs/1705.10412)) on chains of saddles; Ge and others 2015
# ([arXiv:1503.02101](https://arxiv.org/abs/1503.02101)) and Ziyin and others 2023 ([arXiv:2303.13093](https://arxiv.org/abs/2303.13093)) on noise;
# Dauphin and others 2014 ([arXiv:1406.2572](https://arxiv.org/abs/1406.2572)) on curvature. The abstracts were read.
#
# [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Take $N$ layers, each of them a single number $x_j$, whose product should become 1. The loss $\frac12(1-x_1\cdots x_N)^2$ has a saddle
# where all layers are zero. We start near it and count the steps until the product has reached one half.

# %%
import math


def step(x, eta=0.1):
    """One step of gradient descent on (1 - x_1 ... x_N)²/2."""
    p = math.prod(x)
    return [a - eta * (p - 1) * p / a for a in x]


def steps_out(x):
    """Steps until the product of the layers is 1/2."""
    count = 0
    while math.prod(x) < 0.5:
        x, count = step(x), count + 1
    return count

# %% [markdown]
# Two layers, from the sizes 0.1, 0.01 and 0.001. Each factor of ten costs the same number of steps:

# %%
[steps_out([size] * 2) for size in (0.1, 0.01, 0.001)]

# %% [markdown]
# With three layers it costs ten times as many:

# %%
[steps_out([size] * 3) for size in (0.1, 0.01, 0.001)]

# %% [markdown]
# The first saddle is **strict**: its Hessian has a negative eigenvalue, $-1$, and what lies along it grows by $1.1$ a step. The second is **flat**: its
# Hessian is zero, and the slope near it is of second order, so that the speed itself is proportional to the distance squared.
#
# What has this to do with the dimension? A random vector of length 1 in $d$ dimensions has only a part of about $1/\sqrt d$ along any
# given direction. Here are the medians of that part for $d=10$, 1,000 and 100,000:

# %%
import numpy as np

draws = np.random.default_rng(0)
spheres = {d: draws.standard_normal((200, d)) for d in (10, 1000, 100_000)}
[round(float(np.median(abs(g[:, 0]) / np.linalg.norm(g, axis=1))), 4)
 for g in spheres.values()]  # fmt: skip

# %% [markdown]
# So ten thousand times the dimension means a hundredth of the size. A strict saddle answers with a fixed number of additional steps, a flat
# one of three layers with a hundred times as many. These are the numbers of this notebook, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
dimensions = [10, 100, 1000, 10000, 100000, 1000000]  # each of 2 or more in [2, 1e9]: dimensions d at the strict saddle
radii = [1e-2, 1e-4, 1e-6]  # each in [1e-8, 0.05]: radii r of the perturbation there
runs = 1000  # in [100, 100000]: runs for each dimension and radius
gamma = 1.0  # in [0.1, 4]: negative curvature of the strict saddle
step_size = 0.05  # in [1e-3, 0.2]: learning rate there
widths = [12, 24, 48]  # each of 2 or more in [4, 64]: widths of the networks; the two least for four layers
network_runs = 96  # in [8, 1000]: runs for each network
noise_scales = [1e-2, 1e-4, 1e-6]  # each in [1e-12, 0.02]: scales sigma of additive noise
noisy_runs = 40000  # in [500, 100000]: runs for each of them
label_scales = [1.0, 2.0, 3.0, 5.0, 6.0, 8.0]  # each in [0.01, 30]: scales sigma of label noise
octopus_starts = 40  # in [4, 1000]: starts on the octopus
stages = 12  # in [8, 16]: its stages
newton_runs = 60  # in [4, 1000]: starts of Newton's method

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("26_escaping_saddles", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.landscapes import escapes as es, saddles as sd
from lib.statistics import largest, mean, median, share, slope
from lib.suite import figures

from itertools import product

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` walks many chains of layers at once. From three layers of size 0.1 and from two of 0.01:

# %%
np.allclose(
    [es.chain_steps(torch.full((1, n), size).double(), learning_rate=0.1, steps=1000)
     for n, size in ((3, 0.1), (2, 0.01))],
    [[steps_out([0.1] * 3)], [steps_out([0.01] * 2)]],
)  # fmt: skip

# %% [markdown]
# ## 1. A strict saddle: a logarithm of the dimension
#
# The simplest strict saddle is that of the double well $f=-\frac\gamma2x^2+\frac14x^4+\frac12|y|^2$ at 0: $x$ leads out, and the other $d-1$ coordinates $y$ lead back.
# Started exactly there, descent stays for ever. Jin and others give it one perturbation, uniform in a ball of radius $r$, and show
# that it then leaves in a number of steps that is polylogarithmic in $d$. For the double well one can say exactly how many. Along
# $x$ the perturbation has a part of size $r/\sqrt d$, which grows by $1+\eta\gamma$ a step; so on average
#
# $$\text{steps}=\frac{\ln(1/r)+\frac12\ln d+\text{const}}{\ln(1+\eta\gamma)}.$$
#
# The constant is no fit either. It has two parts: the mean logarithm of a coordinate of a random point, and the size $K$ at
# which growth without end would have reached half of the way down, which we find by following descent backwards.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.1a | After one perturbation at a strict saddle the steps grow by 1/(2 ln(1 + ηγ)) for each unit of ln d | mean of slope / predicted 1 ± 0.03 | at d = 10 the square root is 1% off | Jin et al. 2017 (statement, abstract) |
# | 26.1b | The number of steps itself is that of the formula, at every dimension and radius | mean of steps / predicted 1 ± 0.005 | five times the error of the mean | Ours, after Jin et al. 2017 (abstract) |
#
# Each run goes on until half of the way down. All coordinates $y$ shrink alike, so their norm stands for them, and a
# million dimensions cost no more than two. The mean number of steps, and the formula:

# %%
well = {"gamma": gamma, "learning_rate": step_size}
strict = {
    (r, d): es.strict_saddle_steps(d, runs, rng, radius=r, **well).double()
    for r, d in product(radii, dimensions)
}
law = {(r, d): es.perturbed_steps_law(d, radius=r, **well) for r, d in strict}
pd.DataFrame({"measured": {k: float(n.mean()) for k, n in strict.items()}, "formula": law}
             ).rename_axis(["r", "d"]).round(0).astype(int).unstack("r")  # fmt: skip

# %%
per_log = [np.polyfit(np.log(dimensions), torch.stack([strict[r, d] for d in dimensions]), 1)[0]
           for r in radii]  # fmt: skip
ledger.judge({
    "26.1a": mean(per_log / np.array(es.perturbation_slope(gamma, step_size))),
    "26.1b": mean(torch.cat([n / law[k] for k, n in strict.items()]), digits=4),
})

# %% [markdown]
# ## 2. A flat saddle: a power of the dimension
#
# Now a deep linear network: $N$ layers, matrices of $d\times d$, so $D=Nd^2$ weights, and a target with one singular value 1. At zero, for
# $N\ge3$, the loss is flat: its lowest terms are of degree $N$. From a perturbation of half the size descent takes $2^{N-2}$ times as long. What is the
# size that counts? All weights together lie in a ball of radius $r$, so each of them is about $r/\sqrt D$. If each layer were a number and
# the other coordinates idle, as in the model above, that would be all, and the steps would grow as $D^{(N-2)/2}$. But a matrix acts
# on a vector with $d$ entries at once: it makes it longer by $\sqrt d\cdot r/\sqrt D\sim rD^{-1/4}$. So for networks
#
# $$\text{steps}\propto D^{(N-2)/4}\quad(N\ge3),$$
#
# half the power, but a power. What theory promises at strict saddles, a power of $\ln D$, is lost.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.2a* | In a deep linear network the steps after one perturbation at zero grow as the power (N − 2)/4 of the number of weights | slope of ln steps on ln D power ± 0.1 | not half of the way to 0, or to twice the power | Ours |
#
# The starts are perturbations of radius 0.3. Medians of the steps, for two layers as well:

# %%
networks = {}
for n, count in ((2, len(widths)), (3, len(widths)), (4, 2)):
    setting = {"radius": 0.3, "learning_rate": 0.05 if n == 2 else 0.4, "steps": 50_000}
    for width in sorted(widths)[:count]:
        found = es.network_steps(n, width, network_runs, rng, **setting)
        networks[n, n * width**2] = found.double()
pd.Series({key: int(steps.median()) for key, steps in networks.items()}).rename_axis(
    ["N", "D"]).to_frame("steps").T  # fmt: skip

# %% tags=["hide-input"]
def against(n):
    """(numbers of weights, steps, law through the first median) of networks of n layers."""
    size = np.array([D for depth, D in networks if depth == n])
    taken = torch.stack([steps for (depth, _), steps in networks.items() if depth == n])
    start, power = taken[0].median(), es.flat_saddle_exponent(n, matrices=True)
    grown = es.perturbation_slope(1.0, 0.05) / 2 * np.log(size / size[0])
    return size, taken, start + grown if n == 2 else start * (size / size[0]) ** power


shown = {f"r = {r:g}": (dimensions, torch.stack([strict[r, d] for d in dimensions]),
                        [law[r, d] for d in dimensions]) for r in radii}  # fmt: skip
with figures.curves(
    "dimension", {"strict: the double well": shown,
                  "networks at zero": {f"N = {n}": against(n) for n in (2, 3, 4)}},
    "Steps against dimension: straight in log d at strict saddles, powers at flat ones.",
    band=(0.1, 0.9), sharey=False, xscale="log", ylabel="steps", legend="upper left",
) as axes:
    axes[0].set(xlabel="dimension d", ylim=(0, None))
    axes[1].set(xlabel="number of weights D", yscale="log")

# %%
def grows(n):
    """Slope of ln steps on ln D for n layers, over all runs."""
    size, taken, _ = against(n)
    return slope(np.repeat(np.log(size), network_runs), taken.log())


ledger.judge(
    {"26.2a*": {f"N = {n}": grows(n) for n in (3, 4)}},
    power={f"N = {n}": es.flat_saddle_exponent(n, matrices=True) for n in (3, 4)},
)

# %% [markdown]
# ## 3. Noise at every step, if it does not vanish
#
# Stochastic descent is perturbed at every step, and Ge and others showed that this, too, frees it from strict saddles. On $-\frac\gamma2y^2$ with
# Gaussian noise of scale $\sigma$ added to the gradient, $y_{t+1}=(1+\eta\gamma)y_t-\eta\sigma\xi_t$, and $y_t/(1+\eta\gamma)^t$ tends to a Gaussian
# number of scale $s=\eta\sigma/\sqrt{(1+\eta\gamma)^2-1}$. With Euler's constant $0.5772$, the mean number of steps to $|y|>1$ is
#
# $$\frac{\ln(1/s)+\frac12(0.5772+\ln2)}{\ln(1+\eta\gamma)}+\frac12,$$
#
# a logarithm of the noise. But is the noise of training additive? Take two scalar layers whose target is noisy, $\frac12(x_1x_2-1-\sigma\xi)^2$. At
# the saddle the gradient is zero *whatever the label is*: nothing pushes. Near it a step multiplies $x_1+x_2$ by $1+\eta(1+\sigma\xi)$,
# and what decides is the mean logarithm of the factor, $E\ln|1+\eta(1+\sigma\xi)|$. Where it is negative, descent falls into the saddle,
# although the mean curvature leads out. Ziyin and others call such saddles *type II*.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.3a | With label noise the sign of the mean logarithm decides whether descent leaves the saddle or falls into it | share of runs as the sign says ≥ 0.9 | some wander out before they fall | Ziyin et al. 2023 (statement, abstract) |
# | 26.3b* | With additive noise the mean number of steps from a strict saddle is that of the formula | mean of steps / predicted 1 ± 0.004 | four times the error of the mean | Ours, after Ge et al. 2015 (abstract) |

# %%
additive = {"gamma": gamma, "learning_rate": 0.2, "boundary": 1.0}
noisy = {
    sigma: es.noisy_steps(noisy_runs, rng, noise_scale=sigma, **additive)
    / es.noisy_law(noise_scale=sigma, **additive)
    for sigma in noise_scales
}
{sigma: mean(relative, digits=4) for sigma, relative in noisy.items()}

# %% [markdown]
# The learning rate is 0.2 here: coarse steps show whether the formula is that of descent or of a stochastic differential equation.
#
# For label noise the starts are of size $10^{-4}$, the learning rate is 0.1, and each run has 4,000 steps. The mean logarithm, and the share that
# leaves:

# %%
starts = torch.from_numpy(1e-4 * rng.standard_normal((runs, 2)))
labels = {"learning_rate": 0.1, "steps": 4000}
leaves = {
    sigma: es.label_noise_leaves(starts, rng, noise_scale=sigma, **labels)
    for sigma in label_scales
}
exponent = {sigma: es.label_noise_exponent(sigma, 0.1) for sigma in label_scales}
pd.DataFrame({
    "mean logarithm": exponent,
    "share that leaves": {k: float(x.double().mean()) for k, x in leaves.items()},
}).rename_axis("σ").T.round(2)  # fmt: skip

# %%
ledger.judge({
    "26.3a": share([x == (exponent[sigma] > 0) for sigma, x in leaves.items()]),
    "26.3b*": {f"σ = {sigma:g}": mean(x, digits=4) for sigma, x in noisy.items()},
})

# %% [markdown]
# ## 4. A chain of strict saddles
#
# From a random start plain descent leaves every strict saddle in the end (Lee and others 2016). Du and others show that this can take exponential
# time. In their landscape, the *octopus*, $x_1$ leaves 0 first, with curvature $-2\gamma$, while all others are pressed to zero with curvature $2L$.
# Once $x_1$ has left, $x_2$ may leave, and so on: stage $k$ ends, at the step $t_k$, when $x_k$ has left. A coordinate that waits shrinks by $1-2\eta L$ a
# step. When its turn has come it has to make up for that, growing by $1+2\eta\gamma$ a step. So, exactly,
#
# $$t_{k+1}=(1+\kappa)\,t_k+\text{const},\qquad\kappa=\frac{-\ln(1-2\eta L)}{\ln(1+2\eta\gamma)}.$$
#
# Perturbed descent gets a fresh start at each saddle instead: a perturbation of radius $r$ wherever the gradient is small. Its stages are equally long, and
# each costs one logarithm, $\ln(1/r)/\ln(1+2\eta\gamma)$ steps and some.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.4a | On the octopus the exit times of plain descent multiply by 1 + κ at each stage, at three settings | largest difference of slope of ln t / ln(1 + κ) from 1 ≤ 0.01 | the constant still counts a little at stage 6 | Ours, after Du et al. 2017 (abstract) |
# | 26.4b | A perturbation a hundred times smaller makes each stage of perturbed descent ln 100/ln(1 + 2ηγ) steps longer | mean of additional steps / predicted 1 ± 0.1 | ours; descent may wait ten steps for its turn | Ours, after Jin et al. 2017 (abstract) |
#
# A number that is halved more than 1,074 times is zero in float64, so for plain descent we keep the waiting coordinates as
# logarithms, without any approximation. Starts are uniform in $[0,e]$ in each coordinate. Median exit times at the last stage:

# %%
exits = {}
for L, rate in ((1, 0.25), (2, 0.125), (1, 0.0625)):
    begin = torch.from_numpy(rng.uniform(0, np.e, (octopus_starts, stages)))
    octopus = es.Octopus(L, 1)
    exits[octopus.factor(rate)] = octopus.exits(begin, rate)
{round(factor, 2): f"{float(t[:, -1].median()):.2g}" for factor, t in exits.items()}

# %% [markdown]
# Perturbed descent at the first setting, for ten stages, with two radii. Its median exit time at the tenth:

# %%
octopus = es.Octopus(1, 1)
begin = torch.from_numpy(rng.uniform(0, np.e, (octopus_starts, 10)))
pushed = {r: es.perturbed_octopus(octopus, begin, radius=r * np.e, learning_rate=0.25,
                                  steps=1500, rng=rng) for r in (1e-2, 1e-4)}  # fmt: skip
{r: float(arrivals[:, -1].median()) for r, (arrivals, _) in pushed.items()}

# %% [markdown]
# Exit times of all stages, medians over the starts. On this scale a straight line is exponential growth.

# %% tags=["hide-input"]
def late(t, factor):
    """(stages, median exit times, the law through the last)."""
    k, middle = np.arange(1, t.shape[1] + 1), t.median(0).values
    return k, middle, middle[-1] * factor ** (k - k[-1].astype(float))


with figures.curves(
    "octopus", {"": {f"plain, 1 + κ = {f:.2f}": late(t, f) for f, t in exits.items()}
                | {f"perturbed, r = {r:g}e": late(t, 1)[:2] for r, (t, _) in pushed.items()}},
    "Exit steps against stages: exponential for plain descent, slow when perturbed.",
    prediction=r"factor $1+\kappa$ a stage", width=8, yscale="log", xlabel="stage k",
    ylabel="steps until stage k has passed",
) as axes:  # fmt: skip
    axes[0].set(xlim=(0.5, stages + 4))

# %%
slopes = [np.polyfit(range(6, stages + 1), t[:, 5:].log().T, 1)[0].mean() / np.log(factor)
          for factor, t in exits.items()]  # fmt: skip
lengths = {r: t.diff(dim=1)[:, 3:].mean(1) for r, (t, _) in pushed.items()}
ledger.judge({
    "26.4a": largest(np.abs(np.array(slopes) - 1), of=octopus_starts, digits=2),
    "26.4b": mean((lengths[1e-4] - lengths[1e-2]) / (np.log(100) / np.log(1.5))),
})

# %% [markdown]
# ## 5. What curvature can do, even where it vanishes
#
# Newton's method is drawn to saddles. Dauphin and others take the eigenvalues of the Hessian $H$ by their absolute value, and step by
# $-\eta|H|^{-1}g$, with $g$ the gradient. This leaves strict saddles at a speed that does not depend on the curvature. Does it help where
# the curvature at the saddle is zero? It does. Where the loss is a constant plus a part that is homogeneous of degree $N$, Euler's identity gives
# $Hx=(N-1)g$, so
#
# $$-\eta H^{-1}g=-\frac{\eta}{N-1}\,x,\qquad-\eta|H|^{-1}g=-\frac\eta{N-1}\,\mathrm{sign}(H)\,x:$$
#
# Newton's own step goes straight in, and the saddle-free one goes out by the factor $1+\eta/(N-1)$, from any distance $\delta$. Plain descent needs some
# $\delta^{-(N-2)}$ steps.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.5a* | Saddle-free Newton leaves the saddle of N scalar layers, strict or flat, in steps that grow as ln(1/δ)/ln(1 + η/(N − 1)) | mean slope / predicted 1 ± 0.02 | steps are whole numbers | Ours, after Dauphin et al. 2014 (abstract) |

# %%
deltas = 10.0 ** -np.arange(2, 11, 2)
chains = {n: torch.from_numpy(rng.standard_normal((newton_runs, n))) for n in (2, 3, 4)}
saddle_free = es.newton_direction(es.chain_field, absolute=True)
free = {n: torch.stack([
    es.steps_out(saddle_free, d * x, lambda x: es.chain_loss(x) < 0.4) for d in deltas
]) for n, x in chains.items()}  # fmt: skip
pd.DataFrame({f"N = {n}": taken.mean(1).int().numpy() for n, taken in free.items()},
             index=[f"δ = {d:g}" for d in deltas]).T  # fmt: skip

# %% [markdown]
# Plain descent, from larger distances, since from small ones it would not end. Here the product starts positive:

# %%
near = {3: 0.1 / 2.0 ** np.arange(4), 4: 0.2 / 2.0 ** np.arange(4)}
slow = {n: torch.stack([
    es.chain_steps(d * chains[n].abs(), learning_rate=0.1, steps=10**6) for d in sizes
]) for n, sizes in near.items()}  # fmt: skip
{n: taken.median(1).values.int().tolist() for n, taken in slow.items()}

# %% tags=["hide-input"]
growth = {n: np.log(es.saddle_free_growth(n, 0.5)) for n in free}
with figures.curves("newton", {
    "saddle-free Newton": {
        f"N = {n}": (1 / deltas, t.mean(1),
                     t[0].mean() + np.log(deltas[0] / deltas) / growth[n])
        for n, t in free.items()},
    "descent": {
        f"N = {n}": (1 / near[n], t.median(1).values,
                     t[0].median() * (near[n][0] / near[n]) ** (n - 2))
        for n, t in slow.items()},
}, "Steps against inverse distance: logarithms for saddle-free Newton, else powers.",
    sharey=False, xscale="log", xlabel=r"$1/\delta$", ylabel="steps",
) as axes:  # fmt: skip
    axes[1].set(yscale="log", xticks=[10, 100])

# %%
def fitted(taken, per):
    """Steps for each unit of ln(1/δ), of every start, times a number."""
    return np.polyfit(-np.log(deltas[: len(taken)]), taken, 1)[0] * per


ledger.judge({"26.5a*": {f"N = {n}": mean(fitted(t, growth[n])) for n, t in free.items()}})

# %% [markdown]
# ## Reading
#
# **What perturbed descent promises it keeps, for strict saddles only.** A million dimensions cost 116 steps more than ten. The theorem of Jin and others
# has a premise: a negative curvature of a given size at every saddle. At the saddle of a network of three or four layers there is none, and the
# steps grow as the fourth root of the number of weights or as its square root. In deep networks from small starts these are the saddles that
# descent passes ([notebook 25](25_saddles.ipynb)). For flat saddles of third order Anandkumar and Ge (2016) have an
# algorithm of their own; they also show that from the fourth order on the general problem is NP-hard.
#
# **Noise frees only where it does not vanish.** The gradient noise of a network comes from its data, and at a saddle where a whole layer is zero
# it is zero, too. There it multiplies. Moderate label noise does no harm, strong noise drives descent *into* the saddle.
#
# **The octopus is exponential, with a base that depends on the step size.** $\kappa$ is $L/\gamma$, the number of the paper, only for small steps: at
# $\eta=0.25$ the base is 2.71, not 2.
#
# **Saddle-free Newton is the one method here that flatness hardly slows**: at three layers it takes 1.8 times, at four 2.6 times as many steps as at the
# strict saddle of two, from any distance. It pays with a Hessian and its eigenvalues at each step.
#
# **Limits.** The power $(N-2)/4$ is that of square layers and of a perturbation of fixed radius for all weights together; at a fixed size of each
# weight the dimension would not count. Idle coordinates are exact for the double well and for no other model. Our octopus follows a public
# implementation; the constants of the theorems were not read.
#
# **Try.** `dimensions = [100, 1000000000]`: still the same slope. `label_scales = [4.0, 4.3]`: next to the change of sign, the runs are too short to
# tell, and 26.3b fails. `stages = 16`: exit times beyond $10^{10}$ steps.

# %% [markdown]
# ## 6. Checks
#
# The controls, the law of scalar layers with idle coordinates, and Newton's method on whole networks. The *number* in a
# criterion is what theory gives: (N − 2)/2 for scalar layers, (N − 2)/(N − 1) for Newton's factor, N − 2 for descent.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.6a | *control:* Without the perturbation descent stays exactly at the strict saddle | share that has moved after 10,000 steps ≤ 0 | the gradient is exactly 0 | Ours |
# | 26.6b* | For N scalar layers and idle coordinates the median steps grow as the power (N − 2)/2 of the dimension | slope of ln steps on ln D number ± 0.06 | at these D it is 0.02 low | Ours |
# | 26.6d | *control:* For two layers of matrices the steps grow as a logarithm, 1/(4 ln(1 + η)) for each unit of ln D | slope / predicted 1 ± 0.15 | the radius 0.3 is not small | Ours |
# | 26.6e | *control:* Started exactly at the saddle, label noise never moves a network | share that leaves ≤ 0 | the gradient is exactly 0 | Ziyin et al. 2023 (statement, abstract) |
# | 26.6f | Perturbed descent passes all ten stages of the octopus | share ≥ 1 | one that stays refutes it | Du et al. 2017 (statement, abstract) |
# | 26.6g | Perturbed descent passes them in a small part of the steps of plain descent | median ratio ≤ 0.02 | ours; a fiftieth is small | Du et al. 2017 (statement, abstract) |
# | 26.6h | Perturbed descent takes stages of equal length | mean of stages 8 to 10 / stages 5 to 7 1 ± 0.1 | ours; plain descent would give 20 | Ours, after Du et al. 2017 (abstract) |
# | 26.6i | Perturbed descent perturbs at most once at each saddle | mean number of perturbations / saddles ≤ 1 | a gradient that grows is no longer small | Ours, after Jin et al. 2017 (abstract) |
# | 26.6j | *control:* Plain descent in float64 passes five stages | share of starts ≥ 1 | the saddles are strict | Ours |
# | 26.6k | *control:* Plain descent in float64 does not pass ten, since the last coordinate falls to the end of the floats | share of starts where it ends below 1e-300 ≥ 1 | 1,074 halvings come before stage eight | Ours |

# %%
zero = torch.zeros(1, 10, dtype=torch.float64)
still = es.steps_out(
    lambda w: (es.double_well_gradient(w[0], gamma),), zero,
    lambda x: x.norm(dim=1) > 0, learning_rate=step_size, steps=10_000)  # fmt: skip
idle = {3: [10, 100, 1000, 10_000], 4: [10, 40, 160, 640]}
medians = {n: np.median([
    np.reshape(es.chain_steps(
        es.in_ball(1600, D, 0.3, rng, kept=n)[:, :n],
        learning_rate=0.2, steps=10**6, quorum=0.6), (8, 200)) for D in sizes
], axis=2) for n, sizes in idle.items()}  # fmt: skip
plain = {d: descend(
    lambda w: (octopus.gradient(w[0]),), (begin[:, :d],), Plain(0.25), steps=3000
).weights[0] for d in (5, 10)}  # fmt: skip
{n: found.mean(1).astype(int).tolist() for n, found in medians.items()}

# %%
def powers(n):
    """Slope of ln steps on ln D for n scalar layers, over groups of runs."""
    return slope(np.repeat(np.log(idle[n]), 8), np.log(medians[n]))


size, taken, _ = against(2)
arrivals, pushes = pushed[1e-2]
ledger.judge({
    "26.6a": share(still >= 0, sample=False),
    "26.6b*": {f"N = {n}": powers(n) for n in idle},
    "26.6d": slope(np.repeat(np.log(size), network_runs),
                   taken / (es.perturbation_slope(1.0, 0.05) / 2)),
    "26.6e": share(es.label_noise_leaves(0 * starts, rng, noise_scale=1.0, **labels),
                   sample=False),
    "26.6f": share(arrivals[:, -1].isfinite(), sample=False),
    "26.6g": median(arrivals[:, -1] / exits[octopus.factor(0.25)][:, 9], digits=2),
    "26.6h": mean(arrivals.diff(dim=1)[:, 6:].mean(1)
                  / arrivals.diff(dim=1)[:, 3:6].mean(1)),
    "26.6i": mean(pushes / 10),
    "26.6j": share(octopus.stage(plain[5]) == 5, sample=False),
    "26.6k": share(plain[10][:, -1].abs() < 1e-300, sample=False),
}, number={f"N = {n}": es.flat_saddle_exponent(n) for n in idle})  # fmt: skip

# %% [markdown]
# Newton's method, plain and saddle-free. Whole networks have 3 × 3 matrices as layers, Gaussian weights of scale $\delta$ at the start, and run
# until a tenth of the loss is gone; eigenvalues below $10^{-9}$ of the largest are raised to that, since dividing by rounding errors makes no sense.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.6l* | Saddle-free Newton leaves the flat saddle of networks of matrices in steps that grow by the same law | mean slope / predicted 1 ± 0.05 | ours; steps are whole numbers | Ours, after Dauphin et al. 2014 (abstract) |
# | 26.6n* | Newton's own step goes into a flat saddle by the factor (N − 2)/(N − 1) | mean contraction factor ± 0.001 | the next order is δ^N, δ = 1e-4 | Dauphin et al. 2014 (statement, abstract) |
# | 26.6p* | The steps of plain descent grow as the power N − 2 of 1/δ | mean exponent power ± 0.1 | at these δ it is 0.03 high | Ours |

# %%
goal = torch.diag(torch.tensor([1.5, 1.0, 0.6], dtype=torch.float64))


def whole(n):
    """Steps of saddle-free Newton from four distances, (4, runs), n layers of 3 x 3."""
    shape = [3] * (n + 1)
    x = sd.as_points(ln.gaussian_weights(shape, newton_runs, rng))
    out = es.newton_direction(sd.network_field(goal, shape), absolute=True)
    small = 0.45 * goal.square().sum()
    done = lambda at: ln.loss(sd.layers(at, shape), goal) < small
    return torch.stack([es.steps_out(out, d * x, done) for d in deltas[:4]])


def contraction(n):
    """Distance from the saddle after one step of Newton's method / before it."""
    x = 1e-4 * chains[n]
    into = es.newton_direction(es.chain_field, absolute=False)
    end = descend(into, (x,), Plain(1.0), steps=1).weights[0]
    return end.norm(dim=1) / x.norm(dim=1)


ledger.judge({
    "26.6l*": {f"N = {n}": mean(fitted(whole(n), growth[n])) for n in near},
    "26.6n*": {f"N = {n}": mean(contraction(n)) for n in near},
    "26.6p*": {f"N = {n}": mean(np.polyfit(-np.log(near[n]), t.log(), 1)[0])
               for n, t in slow.items()},
}, factor={f"N = {n}": (n - 2) / (n - 1) for n in near},
   power={f"N = {n}": n - 2 for n in near})  # fmt: skip

# %%
ledger.conclude()
