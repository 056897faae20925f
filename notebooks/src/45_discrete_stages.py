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
# # Discrete descent learns a regression component by component, in its own order
#
# ![verdict](../figures/45_discrete_stages/verdict.svg)
#
# **Question.** Two linear layers that start near zero are said to pass through the solutions of reduced-rank regression, rank by
# rank. When exactly does each component come, with steps of finite size, and does it happen on real data?
#
# **Answer.** In the paper's exact case each component comes within one step of the predicted one. On digits an autoencoder passes by the best solution
# of rank 1; label regression does not. There, on few digits, two layers stopped early do not beat one.
#
# ![strengths of the components against rescaled time, in both orders](../figures/45_discrete_stages/order.svg)
#
# Left: four components of one problem come one after another, at the predicted steps (dashed). Right: where component 1, with the larger covariance,
# explains less than component 2, a network with one hidden unit that has learned 1 forgets it and turns to 2; the smaller the noise, the later.
#
# *Source:* Gidel, Bach and Lacoste-Julien 2019, *Implicit regularization of discrete gradient dynamics in linear neural
# networks* ([arXiv:1904.13262](https://arxiv.org/abs/1904.13262)). What is said here of discrete steps is ours.
#
# Before: [44](44_skipping_plateaus.ipynb) · Next: [46](46_sparse_stages.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A linear network of two layers sees its data through two moments, the covariance $C_{xx}$ of the inputs and $C_{yx}$ between outputs and inputs. In
# the paper's exact case they share their bases:
# $C_{xx}=U\,\mathrm{diag}(\lambda)\,U^\top$, $C_{yx}=V\,\mathrm{diag}(\sigma)\,U^\top$. If the layers start as $e^{-\delta}$ times orthogonal matrices in these
# bases, each component evolves by itself, with the same weight $w$ in both layers. Its strength $w^2$ grows from $e^{-2\delta}$ to $\sigma/\lambda$:

# %%
from math import exp, log


def rise(sigma, lam=1.0, delta=16.0, eta=0.2):
    """Steps until a component has half of its final strength."""
    w, t = exp(-delta), 0
    while w * w < sigma / lam / 2:
        w += eta * w * (sigma - lam * w * w)
        t += 1
    return t


# %%
sizes = [2.0, 1.2, 0.7, 0.4]
[rise(sigma) for sigma in sizes]

# %% [markdown]
# Gradient flow would take $(\delta+\frac12\ln(\sigma/\lambda))/(\eta\sigma)$ steps:

# %%
[round((16 + log(sigma) / 2) / (0.2 * sigma), 1) for sigma in sizes]

# %% [markdown]
# But a step of finite size multiplies a tiny weight by $1+\eta\sigma$ and not by $e^{\eta\sigma}$. With $\ln(1+\eta\sigma)$ in place of $\eta\sigma$:

# %%
[round((16 + log(sigma) / 2) / log(1 + 0.2 * sigma), 1) for sigma in sizes]

# %% [markdown]
# So components come in the order of $\sigma$. Regression ranks them otherwise: a component lowers the loss by $\frac12\sigma^2/\lambda$. Here is one hidden unit, which must
# choose, with weights $a$, $b$ for two components: the first is faster ($\sigma=1$), the second explains more ($\sigma=0.8$, but $\lambda=\frac14$).

# %%
import numpy as np


def one_unit(steps, eta=0.05):
    """Strengths of two components after so many steps, from tiny weights."""
    sigma, lam = np.array([1, 0.8]), np.array([4, 0.25])
    a, b = np.array([1e-6, 1e-6]), np.array([1e-6, 1e-6])
    for _ in range(steps):
        M = np.diag(sigma) - np.outer(b, a * lam)
        a, b = a + eta * b @ M, b + eta * M @ a
    return (a * b).round(2).tolist()


[one_unit(steps) for steps in (250, 300, 400, 500)]

# %% [markdown]
# It learns the first, and then throws it away for the second. What these two small models say is tested below on whole matrices, on data whose moments
# do not share their bases, and on digits. The parameters:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
problems = 20  # in [5, 1000]: random problems of sections 1 to 3
covariances = [2.0, 1.2, 0.7, 0.4]  # each of 2 or more in [0.1, 2.2]: sigma of the components, +-5%
rate = 0.2  # in [0.02, 0.22]: learning rate of sections 1 and 2
deltas = [8.0, 16.0, 32.0]  # each of 2 or more in [6, 36]: logarithms of the start's smallness
noises = [1e-3, 1e-6, 1e-9, 1e-12]  # each of 2 or more in [1e-14, 1e-2]: noise that starts the forgetting
generic = 40  # in [10, 500]: random regressions of section 5
splits = 16  # in [4, 100]: random halves of the digits, each with a start
start_scale = 1e-8  # in [1e-10, 0.01]: scale of the start on digits

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("45_discrete_stages", globals())  # reads and checks the parameters

from lib.linear_networks import gaussian_weights, orthogonal
from lib.stages import discrete_stages as ds, two_layer as tl
from lib.statistics import correlation, largest, mean, median, ratio, share, smallest
from lib.suite import figures

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` follows whole matrices. Its components cross half of their strength in the steps that `rise` counts:

# %%
np.allclose(
    ds.half_times(ds.strength_path([sizes], [[1.0] * 4], 16.0, 0.2, 300),
                  torch.tensor([sizes])).ceil(),
    [[rise(sigma) for sigma in sizes]],
)  # fmt: skip

# %% [markdown]
# ## 1. When each component comes
#
# Four components with $\sigma$ about 2, 1.2, 0.7, 0.4 and $\lambda$ between 0.8 and 1.25 make a problem; all are drawn anew for each. The prediction,
#
# $$\frac{\delta+\frac12\ln(\sigma/\lambda)}{\ln(1+\eta\sigma)}\ \text{ steps}$$
#
# to half of the final strength, takes the end of the rise from gradient flow, which should be wrong by a fraction of a step. The paper's rescaled time,
# $1/\sigma$ for each
# unit of $\delta$, is a statement about the flow or about $\eta\to0$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 45.1a | Every component switches within one step of the predicted one | largest difference in steps ≤ 1 | nothing shorter than a step can be seen; the flow is off by three to fifteen | Gidel et al. 2019, rescaled time (statement, abstract) |
#
# One run for each smallness $\delta$ of the start, and its length in steps:

# %%
sigma = torch.from_numpy(
    np.sort(covariances)[::-1] * rng.uniform(0.95, 1.05, (problems, len(covariances)))
)
variances = torch.from_numpy(rng.uniform(0.8, 1.25, sigma.shape))
paths = {
    delta: ds.strength_path(
        sigma, variances, delta, rate,
        int(1.3 * ds.switch_steps(delta, sigma, variances, rate).max()) + 20)
    for delta in sorted(deltas)
}  # fmt: skip
{delta: len(path) for delta, path in paths.items()}

# %% [markdown]
# Largest differences in steps, by the discrete law and by the flow's:

# %%
def late(law_rate):
    """Steps of the switches less the law's, {δ: (problems, components)}."""
    return {
        delta: ds.half_times(path, sigma / variances)
        - ds.switch_steps(delta, sigma, variances, law_rate) * law_rate / rate
        for delta, path in paths.items()
    }


pd.DataFrame({
    name: {d: round(float(x.abs().max()), 2) for d, x in late(law_rate).items()}
    for name, law_rate in (("discrete", rate), ("flow", 1e-9))
})

# %%
ledger.judge({
    "45.1a": largest([x.abs() for x in late(rate).values()], of=problems, digits=2)
})

# %% [markdown]
# ## 2. How near the solutions of low rank it comes
#
# Between the switches of components $k$ and $k+1$ the first $k$ have arrived and the others are still tiny: $W_2W_1$ is near the solution of rank $k$.
# How near? Component
# $k$ still settles, by a factor $1-2\eta\sigma_k=e^{-a}$ a step, and component $k+1$ already grows, by $(1+\eta\sigma_{k+1})^2=e^{b}$. Where the two are equal, the distance is least: it is
# $e^{-e\delta}$ with
#
# $$e=\frac{2a}{a+b}\Bigl(1-\frac{\ln(1+\eta\sigma_{k+1})}{\ln(1+\eta\sigma_k)}\Bigr).$$
#
# The flow has the same law with $a=2\eta\sigma_k$, $b=2\eta\sigma_{k+1}$ and the ratio of the $\sigma$. One layer has no stages: every component starts at once.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 45.2a* | The nearest approach to the solution of rank k falls exponentially in δ, with the predicted exponent | mean of exponent / predicted 1 ± 0.02 | the flow's law misses by 3 to 14% | Gidel et al. 2019, theorem on the limit (statement, abstract) |
#
# The nearest approach is read from the runs of section 1:

# %%
def nearest(k):
    """Nearest approach to the solution of rank k, (deltas, problems)."""
    kept = torch.arange(sigma.shape[1]) < k
    away = [path - kept * sigma / variances for path in paths.values()]
    return torch.stack([x.norm(dim=-1).amin(0) for x in away])


def exponent(k):
    """By how much its logarithm falls for each unit of δ, (problems,)."""
    return -nearest(k)[[0, -1]].log().diff(dim=0)[0] / (max(deltas) - min(deltas))

# %% [markdown]
# The measured exponents over the predicted ones (means):

# %%
stages = range(1, len(covariances))
pd.DataFrame({
    name: {k: float((exponent(k) / ds.approach_exponent(sigma, law_rate, k)).mean())
           for k in stages} for name, law_rate in (("discrete", rate), ("flow", 1e-9))
}).round(3)  # fmt: skip

# %% [markdown]
# All problems are drawn thin, their median bold:

# %% tags=["hide-input"]
with figures.curves(
    "stages",
    {"": {f"rank {k}": (
        [*paths], nearest(k), float(nearest(k)[0].median()) * np.exp(
            -float(ds.approach_exponent(sigma, rate, k).median())
            * (np.array([*paths]) - min(deltas)))) for k in stages}},
    "Nearest approach to rank k against delta: straight lines of the predicted slope.",
    prediction="predicted slope", yscale="log", xlabel=r"$\delta$",
    ylabel="nearest approach to rank k",
):  # fmt: skip
    pass

# %%
ledger.judge({
    "45.2a*": {
        f"k = {k}": mean(exponent(k) / ds.approach_exponent(sigma, rate, k), digits=4)
        for k in stages
    }
})

# %% [markdown]
# ## 3. The order is not the regression's
#
# The component with the largest covariance $\sigma$ comes first. The one that lowers the loss most has the largest $s^2=\sigma^2/\lambda$. With inputs
# of equal variance these are the same, and in an autoencoder too, where $\sigma=\lambda$. Otherwise they need not be. With $\sigma=(1,\ 0.8)$ and
# $\lambda=(4,\ \frac14)$ the first component is faster and explains ten times less.
#
# Then the first plateau lies above the best loss of rank 1, by $\frac12(s_2^2-s_1^2)$. With one hidden unit the network cannot add the
# second component to the first; but at the first one's point, a saddle now, the second grows at a rate
#
# $$r=-\lambda_{\min}\begin{pmatrix}\lambda_2\sigma_1/\lambda_1&-\sigma_2\\-\sigma_2&\sigma_1\end{pmatrix}>0\iff s_2>s_1.$$
#
# It must push the first one out. The network forgets what it has learned.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 45.3a | Where the orders disagree the first plateau lies above the best loss of rank 1, by (s₂² − s₁²)/2 | mean of excess / predicted 1 ± 0.01 | what the second component has by then | Ours |
# | 45.3b | One hidden unit forgets the first component at the rate r | mean of steps per ln(1/noise) times ln(1 + ηr) 1 ± 0.02 | straight lines over nine decades | Ours |
#
# The loss half way between the two arrivals, less the best loss of rank 1, over the prediction:

# %%
pair = torch.from_numpy([1.0, 0.8] * rng.uniform(0.97, 1.03, (problems, 2)))
unequal = torch.from_numpy([4.0, 0.25] * rng.uniform(0.9, 1.1, (problems, 2)))


def excess():
    """Loss between the two arrivals above the best of rank 1, over (s₂² − s₁²)/2."""
    arrival = ds.switch_steps(40.0, pair, unequal, 0.05)
    path = ds.strength_path(pair, unequal, 40.0, 0.05, int(1.2 * arrival.max()))
    there = path[arrival.mean(-1).round().long(), torch.arange(problems)]
    explained = pair**2 / unequal / 2
    above = (there * (there * unequal / 2 - pair)).sum(-1) + explained.amax(-1)
    return above / (explained[:, 1] - explained[:, 0])

# %% [markdown]
# The mean of that quotient:

# %%
round(float(excess().mean()), 4)

# %% [markdown]
# A network of width 1 starts on the first component, with a little noise in the weights of the second. Steps until the second has half of its
# strength, for each noise (means):

# %%
def forget(noise, variances=unequal):
    """A network of width 1 that starts on the first component (see lib)."""
    speed = torch.log1p(0.05 * ds.forgetting_rate(pair, unequal)).min()
    steps = int(1.1 * np.log(1 / min(noises)) / float(speed)) + 600
    return ds.forgetting_run(pair, variances, noise, 0.05, steps)

# %%
forgetting = {noise: forget(noise) for noise in sorted(noises, reverse=True)}
half = {noise: ds.half_times(path[..., 1], (pair / unequal)[:, 1])
        for noise, (path, _) in forgetting.items()}  # fmt: skip
{noise: round(float(t.mean()), 1) for noise, t in half.items()}

# %% [markdown]
# The key picture, for the first problem:

# %% tags=["hide-input"]
def strengths(path, final, words="", unit=1):
    """{component: (time, strength over its final one)} of the first problem."""
    y = path[:, 0] / final[0]
    return {f"{k + 1}{words}": (np.arange(len(y)) / unit, y[:, k])
            for k in range(y.shape[1])}  # fmt: skip


with figures.curves(
    "order",
    {"time in steps / δ": strengths(
        paths[max(deltas)], sigma / variances, unit=max(deltas)),
     "one hidden unit; time in steps": {
        name: curve for noise in {max(noises), min(noises)}
        for name, curve in strengths(
            forgetting[noise][0], pair / unequal, f", noise {noise:g}").items()}},
    "Left: components rise one after another. Right: one replaces the other.",
    sharey=False, xlabel="time", ylabel="strength / final strength",
) as axes:  # fmt: skip
    [figures.level(axes[0], float(t) / max(deltas), "_" if k else "predicted", axis="x")
     for k, t in enumerate(ds.switch_steps(max(deltas), sigma, variances, rate)[0])]

# %%
ledger.judge({
    "45.3a": mean(excess(), digits=4),
    "45.3b": mean((half[min(noises)] - half[max(noises)])
                  / np.log(max(noises) / min(noises))
                  * torch.log1p(0.05 * ds.forgetting_rate(pair, unequal)), digits=4),
})  # fmt: skip

# %% [markdown]
# ## 4. Real digits
#
# Now 2,000 digits, 20 principal components, a network with 12 hidden units, Gaussian starts of $10^{-8}$. The paper's own worked case is the linear **autoencoder**, $Y=X$: there $C_{yx}=C_{xx}$, so that
# the moments share their bases and $\sigma=\lambda$ sorts the components as regression does. The other case is **label regression** on the ten classes,
# where neither holds; with **whitened** inputs $\lambda=1$, and the order is that of regression again.
#
# Section 2 says roughly how near to rank $k$ each can come from a start of scale $\epsilon$: to $\epsilon^e$, with $e$ from the gap between $\sigma_k$
# and $\sigma_{k+1}$ (for aligned starts; 45.5m is about Gaussian ones). Gaps of real data are narrow.
#
# And is it of use? If low rank is a good regularizer, then, where training data are few, two layers that stop on a stage should do better on new digits
# than one layer can.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 45.4a | On digits a linear autoencoder passes by the best solution of rank 1 | mean relative distance ≤ 0.1 | ours; a tenth is generous for "passes by" | Gidel et al. 2019, figure 1 (statement, read) |
# | 45.4b* | On digits label regression passes by the best solution of rank 1 | mean relative distance ≤ 0.1 | ours; a tenth is generous for "passes by" | Ours, after Gidel et al. 2019 (abstract) |
# | 45.4d | In the autoencoder the gaps tell how near descent comes to each rank from 1 to 6 | correlation of the log distances with the exponents ≤ -0.8 | ours; -1 if nothing else counted | Ours |
# | 45.4e | On 30 digits two layers, stopped at their best, have a lower test loss than one layer, stopped at its best | mean of one layer's least loss / two layers' − 1 ≥ 0 | below zero one layer is better | Ours, after Gidel et al. 2019 (abstract) |
#
# Steps are $\eta=0.3/\sigma_1$, and every step is looked at, since the passage is short. The nearest approach to ranks 1 to 6, means over the splits:

# %%
data = ds.digit_moments(splits, rng)
{name: [round(float(s), 2) for s in torch.linalg.svdvals(cyx[0])[:7]]
 for name, (_, cyx, _) in data.items()}  # fmt: skip

# %% [markdown]
# (The leading covariances of the first split.) An approach, and what the law says of it:

# %%
def passing(name, scale, steps=600):
    """Nearest approach to ranks 1 to 6 and the law's exponents, (splits, 6) both."""
    speeds = torch.linalg.svdvals(data[name][1])
    eta = 0.3 / speeds[:, 0]
    begin = gaussian_weights([20, 12, data[name][1].shape[1]], splits, rng, scale)
    near = ds.nearest_approach(
        begin, data[name], 6, learning_rate=eta, steps=steps, every=1
    )
    laws = [ds.approach_exponent(speeds, eta, k) for k in range(1, 7)]
    return near, torch.stack(laws, -1)

# %% [markdown]
# Measured (upper rows) and $\epsilon^e$ (lower rows):

# %%
seen = {name: passing(name, start_scale) for name in data}
pd.DataFrame({
    (name, what): found.mean(0).numpy() for name, (near, e) in seen.items()
    for what, found in (("measured", near), ("law", start_scale**e))
}, index=[f"rank {k}" for k in range(1, 7)]).T.round(3)  # fmt: skip

# %% [markdown]
# The autoencoder passes by rank 1 within a hundredth and by higher ranks as their gaps allow. Whitened labels behave as predicted: their leading covariances are within a few
# percent of each other, and rank 3, after which there is a gap, is the first to be seen. Labels as they are stay farther off than their gaps allow,
# probably because what descent learns first is not what regression would keep (section 3).

# %% tags=["hide-input"]
with figures.curves(
    "digits",
    {name: {f"rank {k + 1}": (start_scale ** e[:, k], near[:, k]) for k in range(6)}
     for name, (near, e) in seen.items()},
    "Nearest approach against the law: autoencoder and whitened labels follow it.",
    xscale="log", yscale="log", xlabel=r"law, $\epsilon^e$", ylabel="nearest approach",
) as axes:  # fmt: skip
    [line.set(linestyle="", markevery=1) for ax in axes for line in ax.lines]
    [figures.predicted(ax, [1e-3, 1], [1e-3, 1], "equal") for ax in axes]

# %% [markdown]
# Stopping early: the test loss of two layers at the end over its least, and the least of one layer over that of two, both stopped at their own best step on the test
# digits themselves. Means over the splits.

# %%
def stopped(samples):
    """Test loss at the end / least; one layer's least / two layers' least; less 1."""
    train, test = ds.digit_splits(splits, np.random.default_rng([seed, samples]),
                                  samples=samples)  # fmt: skip
    two, one = (ds.held_out_losses(tl.moments(*train), tl.moments(*test), layers, rng)
                for layers in (2, 1))  # fmt: skip
    return two[-1] / two.amin(0) - 1, one.amin(0) / two.amin(0) - 1

# %% [markdown]
# For 30, 200 and 2,000 training digits:

# %%
stopping = {samples: stopped(samples) for samples in (30, 200, 2000)}
pd.DataFrame({f"n = {n}": [float(gain.mean()) for gain in found]
              for n, found in stopping.items()},
             index=["gain of stopping", "one / two layers - 1"]).T.round(4)  # fmt: skip

# %%
ledger.judge({
    "45.4a": mean(seen["autoencoder"][0][:, 0]),
    "45.4b*": {name: mean(seen[name][0][:, 0]) for name in data if "labels" in name},
    "45.4d": correlation(
        seen["autoencoder"][0].log(), seen["autoencoder"][1],
        groups=np.repeat(np.arange(splits), 6)),
    "45.4e": mean(stopping[30][1], digits=2),
})  # fmt: skip

# %% [markdown]
# ## Reading
#
# **The discrete dynamics is as simple as the flow.** With $\ln(1+\eta\sigma)$ in place of $\eta\sigma$ the waiting times of the paper's exact case are
# right to half of a step (45.1a). The order
# never changes: the logarithm is monotone.
#
# **"Rank by rank" holds, "reduced-rank regression" only where the orders agree.** The saddle after $k$ switches is the best solution of rank $k$ if
# $\sigma$ and $\sigma^2/\lambda$ sort the components alike, as in the autoencoder of the paper's first figure. If not, early stopping returns the fast
# components and not those that explain most, and a network
# without a spare unit must unlearn. The paper orders by the covariance and has a perturbation result for moments that nearly share their bases, of which we have read a summary only;
# generic moments are measured in 45.5j to 45.5l.
#
# **The limit is real, and as far away as the gaps say.** $\epsilon^e$ is no small number where two covariances are within a few percent of each other. From Gaussian starts the
# exponent lies between the one to leading order and that of aligned starts, an eighth above the first (45.5m, partly reproduced): why it is not the first we do not know.
#
# **As a regularizer** stages do little here. Two layers stopped early gain a percent or so on 30 digits and nothing on 2,000 (45.5n); one layer,
# stopped at its best, does better on few digits (45.4e), perhaps because its path is like that of ridge regression.
#
# **Limits.** The digits have twenty components only; other data, with a wide spectrum, do show stages ([notebook 43](43_stagewise_networks.ipynb)
# builds some). Stopping is judged on the test digits, which
# favours it.
#
# **Try.** `rate = 0.05`: the flow is right within a step or so, and the control 45.5d fails. `covariances = [2.0, 1.7, 0.7, 0.4]`: the first stage is short.
# `noises = [1e-2, 1e-3]`: 45.3b holds even for a hundredth of noise. `start_scale = 1e-10`: the autoencoder comes nearer.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 45.5a | The distance of descent to the flow's closed form halves with the learning rate | mean ratio 2 ± 0.1 | first order, a twentieth for the second | Gidel et al. 2019, closed form (statement, recalled) |
# | 45.5b | Components of moments that commute do not mix | largest strength off the diagonal ≤ 1e-9 | rounding, grown along the way | Gidel et al. 2019, closed form (statement, recalled) |
# | 45.5c | *control:* Components mix where the moments do not commute | mean of the largest strength off the diagonal ≥ 0.05 | a turned input has a tenth of each direction in another | Ours |
# | 45.5d | *control:* The flow's time misses the switch of every component | smallest difference in steps ≥ 2 | the discrete law's is half of one | Gidel et al. 2019, rescaled time (statement, abstract) |
# | 45.5e | *control:* One layer never comes near the solution of rank 1 | smallest relative distance ≥ 0.2 | "near" is a tenth for two layers | Gidel et al. 2019 (statement, abstract) |
# | 45.5f | Components rise monotonically up to a step of ησ = 1/2 | largest monotone ησ 0.5 ± 0.005 | the grid's spacing is 0.002 | Gidel et al. 2019, condition on the step (statement, recalled) |
# | 45.5g | Components settle up to a step of ησ = 1 | largest settling ησ 1 ± 0.005 | the grid's spacing is 0.002 | Ours |
# | 45.5h | The forgetting unit ends at the best loss of rank 1 | largest loss above it ≤ 1e-6 | a settled run | Ours |
# | 45.5i | *control:* Where the orders agree one unit forgets nothing | largest strength of the second component at the end ≤ 1e-9 | a growth rate below zero | Ours |
# | 45.5j | In random regressions whose moments do not commute descent passes by the solution of rank 1 | median relative distance ≤ 1e-4 | a power of the scale; problems with a small gap stay far | Gidel et al. 2019 (statement, abstract) |
# | 45.5k | In random regressions whose moments do not commute descent passes by the solution of rank 2 | median relative distance ≤ 1e-4 | a power of the scale; problems with a small gap stay far | Gidel et al. 2019 (statement, abstract) |
# | 45.5l | In random regressions a smaller start comes nearer to both solutions | share of problems ≥ 0.8 | in nearly all, interval included | Gidel et al. 2019 (statement, abstract) |
# | 45.5m | On whitened digits the nearest approach falls with the start's scale by the exponent of Gaussian starts, 2(1 − r)/(1 + r) | mean exponent / mean predicted 1 ± 0.15 | that of aligned starts, section 2, is off by 0.25 | Ours |
# | 45.5n | *control:* On 2,000 digits stopping two layers early gains next to nothing | mean relative gain ≤ 0.001 | a tenth of what would be worth having | Ours |
#
# The closed form of the flow is $\sigma/(\lambda+(\sigma e^{2\delta}-\lambda)e^{-2\sigma t})$; descent with whole matrices, in random bases, over a time of 20, should meet it up to an error that halves with the learning
# rate. The control turns the inputs.

# %%
def unmixed(eta, turn=None):
    """Error against the closed form, largest strength off the diagonal, (problems,)."""
    u = ds.product_path(sigma, variances, 4.0, eta, round(20 / eta), rng, turn=turn)
    diagonal = torch.diagonal(u, 0, -2, -1)
    times = eta * torch.arange(len(u))[:, None, None]
    flow = ds.regression_strength(times, sigma, variances, 4.0)
    mixed = (u - torch.diag_embed(diagonal)).abs().amax((0, 2, 3))
    return (diagonal - flow).abs().amax((0, 2)), mixed

# %%
whole = {
    "0.02": unmixed(0.02), "0.01": unmixed(0.01),
    "0.02, turned": unmixed(0.02, orthogonal(len(covariances), rng, (problems,))),
}  # fmt: skip
{name: round(float(error.max()), 3) for name, (error, _) in whole.items()}

# %% [markdown]
# These are the largest errors. The verdicts on them, on sections 1 to 3, and on single components at many step sizes, where the largest step of an
# unbroken series that is monotone, or settles, is taken:

# %%
limits = ds.step_limits()
ledger.judge({
    "45.5a": mean(whole["0.02"][0] / whole["0.01"][0]),
    "45.5b": largest(whole["0.01"][1], rounding=True),
    "45.5c": mean(whole["0.02, turned"][1]),
    "45.5d": smallest([x.abs() for x in late(1e-9).values()], of=problems, digits=2),
    "45.5e": smallest(ds.one_layer_nearest(sigma, variances, 0.05)),
    "45.5f": largest([limits[0]]),
    "45.5g": largest([limits[1]]),
    "45.5h": largest([run[1].abs() for run in forgetting.values()], of=problems,
                     rounding=True),
    "45.5i": largest(forget(max(noises), torch.ones_like(pair))[0][-1, :, 1],
                     rounding=True),
})  # fmt: skip

# %% [markdown]
# The random regressions have five inputs of unequal variance, four outputs, a teacher with singular values 3, 1.2, 0.5, labels with noise, and a
# network of width 8 from random Gaussian weights. Nothing is aligned at the start. The whitened digits start from $10^{-32}$ and $10^{-150}$: from a
# Gaussian start
# the direction of the first component still turns after its switch, by the ratio of the growths a step, and this is what the growing second component meets: $e=2(1-r)/(1+r)$ with
# $r=\ln(1+\eta\sigma_2)/\ln(1+\eta\sigma_1)$. Medians of the nearest approach of the random regressions to ranks 1 and 2, from $10^{-6}$ and $10^{-12}$:

# %%
def random_regressions():
    """Nearest approach to ranks 1 and 2, (two start scales, problems, 2)."""
    x, y = tl.teacher_problem(
        generic, rng, variances=[1.5, 1.25, 1, 0.75, 0.5],
        singular_values=[3, 1.2, 0.5], outputs=4, samples=100)  # fmt: skip
    y = y + 0.2 * torch.from_numpy(rng.standard_normal(tuple(y.shape)))
    begin = gaussian_weights([5, 8, 4], generic, rng)
    runs, moments = tl.scaled_runs(begin, tl.moments(x, y), [1e-6, 1e-12])
    near = ds.nearest_approach(runs, moments, 2, learning_rate=0.04, steps=4000)
    return near.view(2, generic, 2)

# %%
near = random_regressions()
tiny = {scale: passing("labels, whitened", scale, 1900) for scale in (1e-32, 1e-150)}
[[f"{float(x):.0e}" for x in row] for row in near.median(1).values]

# %% [markdown]
# These, and section 4's stopping:

# %%
ledger.judge({
    "45.5j": median(near[1, :, 0], digits=1),
    "45.5k": median(near[1, :, 1], digits=1),
    "45.5l": share((near[1] < near[0]).all(-1)),
    "45.5m": ratio(
        (tiny[1e-150][0] / tiny[1e-32][0]).log()[:, 0] / np.log(1e-118),
        ds.unaligned_exponent(
            torch.linalg.svdvals(data["labels, whitened"][1]), 0.3, 1)),
    "45.5n": mean(stopping[2000][0], digits=2),
})  # fmt: skip

# %%
ledger.conclude()
