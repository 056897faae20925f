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
# **Answer.** Steps to leave a strict saddle grow as the logarithm of the dimension; at the flat one of linear networks of $N=3$ or $4$ layers,
# as the power $(N-2)/4$ of the number of weights. Strong label noise can drive descent into a saddle.
#
# ![steps against the dimension](../figures/26_escaping_saddles/dimension.svg)
#
# Left: mean steps to leave a strict saddle, one of whose many directions leads out, after perturbations of radius $r$. Right: deep linear networks at
# zero, a saddle that is strict for two layers and flat for more (medians; bands hold 80% of the runs); here the scale of the steps is logarithmic too.
# Dashed: the formulas.
#
# *Source:* Jin, Ge, Netrapalli, Kakade and Jordan 2017 ([arXiv:1703.00887](https://arxiv.org/abs/1703.00887)) on one perturbation; Du and others
# 2017 ([arXiv:1705.10412](https://arxiv.org/abs/1705.10412)) on chains of saddles; Ge and others 2015
# ([arXiv:1503.02101](https://arxiv.org/abs/1503.02101)) and Ziyin and others 2023 ([arXiv:2303.13093](https://arxiv.org/abs/2303.13093)) on noise;
# Dauphin and others 2014 ([arXiv:1406.2572](https://arxiv.org/abs/1406.2572)) on curvature. The abstracts were read.
#
# Before: [25](25_saddles.ipynb) · Next: [27](27_edge_of_stability.ipynb) · [symbols](../NOTATION.md)

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
# Two layers start at the sizes 0.1, 0.01 and 0.001. Each factor of ten costs the same number of additional steps:

# %%
[steps_out([size] * 2) for size in (0.1, 0.01, 0.001)]

# %% [markdown]
# With three layers each factor of ten makes the time ten times as long:

# %%
[steps_out([size] * 3) for size in (0.1, 0.01, 0.001)]

# %% [markdown]
# The first saddle is **strict**: its Hessian has a negative eigenvalue, $-1$, and what lies along it grows by $1.1$ a step. The second is **flat**: its
# Hessian is zero, and the slope near it is of second order, so that the speed itself is proportional to the distance squared.
#
# What has this to do with the dimension? A random vector of length 1 in $d$ dimensions has only a part of about $1/\sqrt d$ along any
# given direction. Here are the medians of that part for $d=10$, 100 and 1,000:

# %%
import numpy as np


def part(d):
    """The median part of a random vector of length 1 along one direction, of 2,000."""
    g = np.random.default_rng(0).standard_normal((2000, d))
    return float(np.median(abs(g[:, 0]) / np.linalg.norm(g, axis=1)))


[round(part(d), 3) for d in (10, 100, 1000)]

# %% [markdown]
# So a hundred times the dimension means a tenth of the size. At a strict saddle that costs a fixed number of additional steps, at a flat one of three
# layers ten times the steps. These are the numbers of this notebook, to play with:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
dimensions = [10, 100, 1000, 10000, 100000, 1000000]  # each of 2 or more in [2, 1e9]: dimensions d at the strict saddle
radii = [1e-2, 1e-4, 1e-6]  # each in [1e-8, 0.05]: radii r of the perturbation there
runs = 1000  # in [100, 100000]: runs for each dimension and radius, and of label noise; forty times as many of additive noise
gamma = 1.0  # in [0.1, 4]: negative curvature of the strict saddle
widths = [12, 24, 48]  # each of 2 or more in [4, 64]: widths of the networks; the two least for four layers
network_runs = 96  # in [8, 1000]: runs for each network
noise_scales = [1e-2, 1e-4, 1e-6]  # each in [1e-12, 0.02]: scales sigma of additive noise
label_scales = [1.0, 2.0, 3.0, 5.0, 6.0, 8.0]  # each in [0.01, 30]: scales sigma of label noise
stages = 12  # in [10, 16]: stages of the octopus
starts = 40  # in [4, 1000]: starts on the octopus and of Newton's method

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("26_escaping_saddles", globals())  # reads and checks the parameters

from lib import linear_networks as ln
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
# The constant is not fitted either. It has two parts: the mean logarithm of a coordinate of a random point, and the logarithm of the size $K$ that pure
# exponential growth would have reached when descent is half of the way down. We find $K$ by following descent backwards.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.1a | After one perturbation at a strict saddle the steps grow by 1/(2 ln(1 + ηγ)) for each unit of ln d | slope of steps / predicted, less ln(1/r²) 1 ± 0.03 | at d = 10 the square root is 1% off | Jin et al. 2017 (statement, abstract) |
# | 26.1b | The number of steps itself is that of the formula, at every dimension and radius | mean of steps / predicted 1 ± 0.005 | five times the error of the mean | Ours, after Jin et al. 2017 (abstract) |
#
# Each run goes on until half of the way down. All coordinates $y$ shrink alike, so their norm stands for them, and a
# million dimensions cost no more than two. The mean number of steps, and the formula:

# %%
well = {"gamma": gamma, "learning_rate": 0.05}
strict = {
    (r, d): es.strict_saddle_steps(d, runs, rng, radius=r, **well).double()
    for r, d in product(radii, dimensions)
}
law = {(r, d): es.perturbed_steps_law(d, radius=r, **well) for r, d in strict}
pd.DataFrame({
    "measured": {key: float(n.mean()) for key, n in strict.items()}, "formula": law,
}).rename_axis(["r", "d"]).round(0).astype(int).unstack("r")  # fmt: skip

# %%
ledger.judge({
    "26.1a": slope(
        [np.full(runs, np.log(d)) for _, d in strict],
        [n / es.perturbation_slope(gamma, 0.05) + 2 * np.log(r)
         for (r, _), n in strict.items()],
    ),
    "26.1b": mean(torch.cat([n / law[key] for key, n in strict.items()]), digits=4),
})  # fmt: skip

# %% [markdown]
# ## 2. A flat saddle: a power of the dimension
#
# Now a deep linear network: $N$ layers, matrices of $d\times d$, so $D=Nd^2$ weights, and a target with one singular value 1. At zero, for $N\ge3$, the
# loss is flat: its lowest terms are of degree $N$. From a perturbation of half the size descent takes $2^{N-2}$ times as long. But which size counts?
# All weights together lie in a ball of radius $r$, so each of them is about $r/\sqrt D$. If each layer were a number and the other coordinates idle, as
# in the model above, that would be all, and the steps would grow as $D^{(N-2)/2}$. But a matrix acts on a vector with $d$ entries at once: it
# multiplies its length by about $\sqrt d\cdot r/\sqrt D\sim rD^{-1/4}$. So for networks
#
# $$\text{steps}\propto D^{(N-2)/4}\quad(N\ge3),$$
#
# half the power, but still a power. What theory promises at strict saddles, a power of $\ln D$, is lost.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.2a* | In a deep linear network the steps after one perturbation at zero grow as the power (N − 2)/4 of the number of weights | slope of ln steps on ln D power ± 0.1 | not half of the way to 0, or to twice the power | Ours |
#
# The starts are perturbations of radius 0.3. The median steps, with two layers as the control:

# %%
def perturbed(n):
    """{D: steps of every run} of networks of n layers."""
    sizes = sorted(widths)[: 2 if n == 4 else None]
    setting = {"radius": 0.3, "learning_rate": 0.05 if n == 2 else 0.4, "steps": 50_000}
    return {n * d * d: es.network_steps(n, d, network_runs, rng, **setting).double()
            for d in sizes}  # fmt: skip


networks = {n: perturbed(n) for n in (2, 3, 4)}
pd.Series({(n, D): int(steps.median()) for n, found in networks.items()
           for D, steps in found.items()}).rename_axis(["N", "D"]).to_frame("steps").T

# %% [markdown]
# For four times the weights networks of two layers need a few steps more, those of four layers twice as many. Section 1 and these networks in one
# picture, with the laws:

# %% tags=["hide-input"]
def against(n):
    """(numbers of weights, steps, law through the first median) for n layers."""
    size, taken = np.array([*networks[n]]), torch.stack([*networks[n].values()])
    start, power = taken[0].median(), es.flat_saddle_exponent(n, matrices=True)
    grown = es.perturbation_slope(1.0, 0.05) / 2 * np.log(size / size[0])
    return size, taken, start + grown if n == 2 else start * (size / size[0]) ** power


with figures.curves(
    "dimension",
    {"strict: the double well": {
        f"r = {r:g}": (dimensions, [strict[r, d].mean() for d in dimensions],
                       [law[r, d] for d in dimensions]) for r in radii},
     "networks at zero": {f"N = {n}": against(n) for n in networks}},
    "Steps against dimension: straight in log d at strict saddles, else powers.",
    band=(0.1, 0.9), sharey=False, xscale="log", ylabel="steps", legend="lower right",
) as axes:  # fmt: skip
    axes[0].set(xlabel="dimension d", ylim=(0, None))
    axes[1].set(xlabel="number of weights D", yscale="log")
    axes[1].set_xticks([300, 1000, 3000], ["300", "1,000", "3,000"])
    axes[1].xaxis.set_minor_formatter("")

# %%
ledger.judge({
    "26.2a*": {f"N = {n}": slope(np.log([*networks[n]]).repeat(network_runs),
                                 torch.cat([*networks[n].values()]).log())
               for n in (3, 4)},
}, power={f"N = {n}": es.flat_saddle_exponent(n, matrices=True) for n in (3, 4)}
)  # fmt: skip

# %% [markdown]
# ## 3. Noise at every step, if it does not vanish
#
# Stochastic descent is perturbed at every step, and Ge and others showed that this too frees it from strict saddles. On $-\frac\gamma2y^2$ with
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
def relative(sigma):
    """Steps of every run with additive noise / the mean of the formula."""
    setting = {"noise_scale": sigma, "gamma": gamma, "learning_rate": 0.2}
    setting["boundary"] = 1.0
    return es.noisy_steps(40 * runs, rng, **setting) / es.noisy_law(**setting)


noisy = {sigma: relative(sigma) for sigma in noise_scales}
{sigma: mean(found, digits=4) for sigma, found in noisy.items()}

# %% [markdown]
# The learning rate is 0.2 here: with coarse steps one sees that the formula is that of descent, and not of a stochastic differential equation.
#
# For label noise the starts are of size $10^{-4}$, the learning rate is 0.1, and each run has 4,000 steps. The mean logarithm, and the share that
# leaves:

# %%
def leaves(sigma, size=1e-4):
    """Which runs leave the saddle under label noise."""
    setting = {"noise_scale": sigma, "learning_rate": 0.1, "steps": 4000}
    return es.label_noise_leaves(runs, rng, size=size, **setting)


labelled = {sigma: leaves(sigma) for sigma in label_scales}
pd.DataFrame({sigma: {
    "mean logarithm": es.label_noise_exponent(sigma, 0.1),
    "share that leaves": float(out.double().mean()),
} for sigma, out in labelled.items()}).round(2)  # fmt: skip

# %%
ledger.judge({
    "26.3a": share([out == (es.label_noise_exponent(sigma, 0.1) > 0)
                    for sigma, out in labelled.items()]),
    "26.3b*": {f"σ = {sigma:g}": mean(x, digits=4) for sigma, x in noisy.items()},
})  # fmt: skip

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
# Perturbed descent gets a fresh start at each saddle instead: a perturbation of radius $r$ wherever the gradient is small. Its stages are equally long,
# and each costs one logarithm, $\ln(1/r)/\ln(1+2\eta\gamma)$ steps and a constant.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.4a | On the octopus the exit times of plain descent multiply by 1 + κ at each stage, at three settings | largest difference of slope of ln t / ln(1 + κ) from 1 ≤ 0.01 | the constant still counts a little at stage 6 | Ours, after Du et al. 2017 (abstract) |
# | 26.4b | A perturbation a hundred times smaller makes each stage of perturbed descent ln 100/ln(1 + 2ηγ) steps longer | mean of additional steps / predicted 1 ± 0.1 | ours; descent may wait ten steps for its turn | Ours, after Jin et al. 2017 (abstract) |
#
# A number that is halved more than 1,074 times is zero in float64, so for plain descent we keep the waiting coordinates as logarithms, without any
# approximation. Starts are uniform in $[0,e]$ in each coordinate. Median times of leaving the last stage:

# %%
def begin(stages):
    """Uniform starts on the octopus."""
    return torch.from_numpy(rng.uniform(0, np.e, (starts, stages)))


exits = {(L, rate): es.Octopus(L, 1).exits(begin(stages), rate)
         for L, rate in ((1, 0.25), (2, 0.125), (1, 0.0625))}  # fmt: skip
{f"1 + κ = {es.Octopus(L, 1).factor(rate):.2f}": f"{float(t[:, -1].median()):.1e} steps"
 for (L, rate), t in exits.items()}  # fmt: skip

# %% [markdown]
# Perturbed descent has the first setting, ten stages, and two radii. Its median time of leaving the tenth:

# %%
pushed = {
    r: es.perturbed_octopus(es.Octopus(1, 1), begin(10), radius=r * np.e,
                            learning_rate=0.25, steps=1500, rng=rng)
    for r in (1e-2, 1e-4)
}  # fmt: skip
{r: float(t[:, -1].median()) for r, (t, _) in pushed.items()}

# %% [markdown]
# Exit times of all stages, medians over the starts. On this scale a straight line is exponential growth.

# %% tags=["hide-input"]
def law_of_stages(L, rate):
    """(stages, median exit times, growth by 1 + κ a stage through the last)."""
    k, t = np.arange(1.0, stages + 1), exits[L, rate].median(0).values
    return k, t, t[-1] * es.Octopus(L, 1).factor(rate) ** (k - stages)


with figures.curves(
    "octopus",
    {"": {f"1 + κ = {es.Octopus(key[0], 1).factor(key[1]):.2f}": law_of_stages(*key)
          for key in exits}
     | {f"perturbed, {r:g}": (range(1, 11), t.median(0).values)
        for r, (t, _) in pushed.items()}},
    "Exit steps against stages: exponential for plain descent, slow when perturbed.",
    prediction=r"factor $1+\kappa$ a stage", width=8, yscale="log", xlabel="stage k",
    ylabel="steps until stage k has passed",
) as axes:  # fmt: skip
    axes[0].set(xlim=(0.5, stages + 2))

# %%
def per_stage(L, rate):
    """Slope of ln t from stage 6 on, mean over starts / ln(1 + κ)."""
    found = np.polyfit(range(6, stages + 1), exits[L, rate][:, 5:].log().T, 1)[0].mean()
    return found / np.log(es.Octopus(L, 1).factor(rate))


ledger.judge({
    "26.4a": largest([abs(per_stage(*key) - 1) for key in exits], of=starts, digits=2),
    "26.4b": mean((pushed[1e-4][0] - pushed[1e-2][0]).diff(dim=1)[:, 3:].mean(1)
                  / (np.log(100) / np.log(1.5))),
})  # fmt: skip

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


def newton(n):
    """Steps of saddle-free Newton from every distance, (distances, starts)."""
    x = torch.from_numpy(rng.standard_normal((starts, n)))
    out = es.newton_direction(es.chain_field, absolute=True)
    return torch.stack([
        es.steps_out(out, d * x, lambda at: es.chain_loss(at) < 0.4) for d in deltas
    ])  # fmt: skip


free = {n: newton(n) for n in (2, 3, 4)}
pd.DataFrame({f"N = {n}": taken.mean(1).int().numpy() for n, taken in free.items()},
             index=[f"δ = {d:g}" for d in deltas]).T  # fmt: skip

# %%
def fitted(taken, n):
    """Steps for each unit of ln(1/δ), of every start / predicted."""
    found = np.polyfit(-np.log(deltas[: len(taken)]), taken, 1)[0]
    return found * np.log(es.saddle_free_growth(n, 0.5))


ledger.judge({"26.5a*": {f"N = {n}": mean(fitted(t, n)) for n, t in free.items()}})

# %% [markdown]
# ## Reading
#
# **What perturbed descent promises it keeps, for strict saddles only.** Here a million dimensions cost about 118 steps more than ten. The theorem of
# Jin and others has a premise: a negative curvature of a given size at every saddle. At the saddle of a network of three or four layers there is none,
# and the steps grow as the fourth root of the number of weights or as its square root. From small starts deep linear networks pass near such saddles
# ([notebook 25](25_saddles.ipynb)). For flat saddles of third order Anandkumar and Ge (2016) have an algorithm of their own; they also show that from
# the fourth order on the general problem is NP-hard.
#
# **Noise frees only where it does not vanish.** The gradient noise of a network comes from its data, and at a saddle where all layers are zero it is
# zero too. Near the saddle of two scalar layers it multiplies the distance at random: moderate label noise does no harm, strong noise drives descent
# *into* the saddle.
#
# **The octopus is exponential, with a base that depends on the step size.** $\kappa$ is $L/\gamma$, the number of the paper, only for small steps: at
# $\eta=0.25$ the base is 2.71, not 2.
#
# **Saddle-free Newton is the one method here that flatness hardly slows**: at three layers it takes 1.8 times, at four 2.6 times as many steps as at
# the strict saddle of two, from any distance. Its price is a Hessian and its eigenvalues at each step.
#
# **Limits.** The power $(N-2)/4$ is that of square layers and of a perturbation of fixed radius for all weights together; at a fixed size of each
# weight the dimension would not count. Idle coordinates are exact for the double well and for no other model. Our octopus follows a public
# implementation; the constants of the theorems were not read.
#
# **Try.** `dimensions = [100, 1000000000]`: still the same slope. `label_scales = [4.0, 4.2]`: next to the change of sign the runs are too short to
# tell, and 26.3a fails. `stages = 16`: exit times of up to $10^{10}$ steps.

# %% [markdown]
# ## 6. Checks
#
# The controls, the law of scalar layers with idle coordinates, and saddle-free Newton on whole networks. The *number* in a
# criterion is what theory gives, $(N-2)/2$.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 26.6a | *control:* Without the perturbation descent stays exactly at the strict saddle | share of coordinates with a slope ≤ 0 | the gradient is exactly 0 | Ours |
# | 26.6b* | For N scalar layers and idle coordinates the median steps grow as the power (N − 2)/2 of the dimension | slope of ln steps on ln D number ± 0.06 | at these D it is 0.02 low | Ours |
# | 26.6d | *control:* For two layers of matrices the steps grow as a logarithm, 1/(4 ln(1 + η)) for each unit of ln D | slope / predicted 1 ± 0.2 | the radius 0.3 is not small | Ours |
# | 26.6e | *control:* Started exactly at the saddle, label noise never moves a network | share that leaves ≤ 0 | the gradient is exactly 0 | Ziyin et al. 2023 (statement, abstract) |
# | 26.6f | Perturbed descent passes all ten stages of the octopus | share ≥ 1 | one that stays refutes it | Du et al. 2017 (statement, abstract) |
# | 26.6g | Perturbed descent passes them in a small part of the median time of plain descent | median ratio ≤ 0.02 | ours; a fiftieth is small | Du et al. 2017 (statement, abstract) |
# | 26.6h | Perturbed descent takes stages of equal length | mean of stages 8 to 10 / stages 5 to 7 1 ± 0.1 | ours; plain descent would give 20 | Ours, after Du et al. 2017 (abstract) |
# | 26.6i | Perturbed descent perturbs at most once at each saddle | mean number of perturbations / saddles ≤ 1 | a gradient that grows is no longer small | Ours, after Jin et al. 2017 (abstract) |
# | 26.6j | *control:* Plain descent in float64 passes five stages | share of starts ≥ 1 | the saddles are strict | Ours |
# | 26.6k | *control:* Plain descent in float64 does not pass ten, since the last coordinate falls to the end of the floats | share of starts where it ends below 1e-300 ≥ 1 | 1,074 halvings come before stage eight | Ours |
# | 26.6l* | Saddle-free Newton leaves the flat saddle of networks of 3 × 3 matrices in steps that grow by the same law | mean slope / predicted 1 ± 0.05 | ours; steps are whole numbers | Ours, after Dauphin et al. 2014 (abstract) |
#
# Scalar layers: 1,600 perturbations for each dimension, in eight groups of which the median is taken, since a product that starts negative
# first has to pass through zero, which is late but not never. Networks start from Gaussian weights of scale $\delta$ and run until a tenth of the loss is gone.

# %%
def whole(n):
    """Steps of saddle-free Newton, n layers of 3 x 3: (4 distances, starts)."""
    shape, goal = [3] * (n + 1), torch.diag(torch.tensor([1.5, 1.0, 0.6]).double())
    x = sd.as_points(ln.gaussian_weights(shape, starts, rng))
    out = es.newton_direction(sd.network_field(goal, shape), absolute=True)
    done = lambda at: ln.loss(sd.layers(at, shape), goal) < 0.45 * goal.square().sum()
    return torch.stack([es.steps_out(out, d * x, done) for d in deltas[:4]])


mean(fitted(whole(3), 3))

# %% [markdown]
# This is the slope, measured / predicted, of saddle-free Newton on networks of three layers (26.6l). The exponent of chains of three scalar layers with
# idle coordinates (26.6b):

# %%
def idle(n, sizes):
    """ln D and ln(median steps) of groups, n scalar layers and idle coordinates."""
    kicks = [es.in_ball(1600, D, 0.3, rng, kept=n)[:, :n] for D in sizes]
    setting = {"learning_rate": 0.2, "steps": 10**6, "quorum": 0.6}
    taken = [es.chain_steps(x, **setting).reshape(8, -1) for x in kicks]
    middle = torch.cat([t.median(1).values for t in taken])
    return np.log(sizes).repeat(8), middle.log()


slope(*idle(3, [10, 100, 1000, 10_000]))

# %% [markdown]
# Plain descent on the octopus in float64, from starts like those above:

# %%
def last(d):
    """Where plain descent in float64 is after 3,000 steps on an octopus of d stages."""
    return es.plain_octopus(es.Octopus(1, 1), begin(d), learning_rate=0.25, steps=3000)


sorted({*es.Octopus(1, 1).stage(last(10)).tolist()})

# %% [markdown]
# These are the numbers of stages that it passes, of ten. The verdicts on these controls:

# %%
def length(a, b):
    """Mean length of the perturbed stages a + 1 to b, of every start."""
    return pushed[1e-2][0].diff(dim=1)[:, a - 1 : b - 1].mean(1)


ledger.judge({
    "26.6a": share(es.double_well_gradient(torch.zeros(1, 10), gamma) != 0,
                   sample=False),
    "26.6b*": {"N = 3": slope(*idle(3, [10, 100, 1000, 10_000])),
               "N = 4": slope(*idle(4, [10, 40, 160, 640]))},
    "26.6d": slope(np.log([*networks[2]]).repeat(network_runs),
                   torch.cat([*networks[2].values()]) * 4 * np.log(1.05)),
    "26.6e": share(leaves(1.0, size=0.0), sample=False),
    "26.6f": share(pushed[1e-2][0][:, -1].isfinite(), sample=False),
    "26.6g": median(pushed[1e-2][0][:, -1] / exits[1, 0.25][:, 9].median(), digits=2),
    "26.6h": mean(length(7, 10) / length(4, 7)),
    "26.6i": mean(pushed[1e-2][1] / 10),
    "26.6j": share(es.Octopus(1, 1).stage(last(5)) == 5, sample=False),
    "26.6k": share(last(10)[:, -1].abs() < 1e-300, sample=False),
    "26.6l*": {f"N = {n}": mean(fitted(whole(n), n)) for n in (3, 4)},
}, number={f"N = {n}": es.flat_saddle_exponent(n) for n in (3, 4)})  # fmt: skip

# %%
ledger.conclude()
