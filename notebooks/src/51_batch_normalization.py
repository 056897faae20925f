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
# # Batch normalization rescues deep sigmoid networks and makes gradients explode with depth
#
# ![verdict](../figures/51_batch_normalization/verdict.svg)
#
# **Question.** Batch normalization is said to carry gradients undiminished through networks of any depth, and to reach the same accuracy in
# fourteen times fewer steps. What does it do to a gradient, and fewer steps than what?
#
# **Answer.** In random normalized layers gradients never decay: they grow by a known factor a layer. The speed-up is no constant: little at one hidden layer, 20 at five; centring and scaling are both needed. Layers aren't whitened; with pairs of images training fails.
#
# ![size of the gradient against depth, with and without normalization](../figures/51_batch_normalization/key.svg)
#
# Size of the gradient of each layer's weights at the start, relative to the last hidden layer. Normalized gradients grow on the way down, as the
# formula of section 1 says (dashed, no free number); plain sigmoids lose theirs.
#
# *Source:* Ioffe and Szegedy 2015, *Batch normalization: accelerating deep network training by reducing internal covariate shift*
# ([arXiv:1502.03167](https://arxiv.org/abs/1502.03167)); a supplement of 2015 to an introduction to deep learning in the journal of the Operations Research Society of Japan, which says why it should work; the third question in Cho 2020,
# *A few Q&A's from the course F'20 Deep Learning*. The formula: Yang et al. 2019, *A mean field theory of batch normalization*
# ([arXiv:1902.08129](https://arxiv.org/abs/1902.08129)).
#
# Before: [46](46_sparse_stages.ipynb) · Next: [52](52_rectifiers.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A layer takes $z=Wh$, an array with a row for each unit and a column for each example of the minibatch. Batch normalization replaces $z$ by
# $\hat z=(z-\operatorname{mean}z)/\operatorname{sd}z$, with the mean and the standard deviation of each row. On the way back, derivatives pass through the mean and the
# standard deviation too: what is left of them has mean 0 and no part along $\hat z$.

# %%
import numpy as np


def normalize(z):
    """Each row with mean 0 and variance 1, and its standard deviation before."""
    sd = z.std(1, keepdims=True)
    return (z - z.mean(1, keepdims=True)) / sd, sd


def back(d, z, sd):
    """The derivative before normalization, from that after it, d."""
    d = d - d.mean(1, keepdims=True)
    return (d - z * (d * z).mean(1, keepdims=True)) / sd

# %% [markdown]
# A stack of random layers: the signal goes up, a random derivative comes down from the top.

# %%
def up(f, normalized, rng, h, layers=41):
    """Weights, values z and sd of the layers, the top one first."""
    kept = []
    for _ in range(layers):
        W = rng.normal(size=(len(h), len(h))) / len(h) ** 0.5
        z, sd = normalize(W @ h) if normalized else (W @ h, 1)
        h, kept = f(z), [(W, z, sd), *kept]
    return kept


def sizes(f, slope, normalized, n=100, m=64, seed=0):
    """Size of the derivative in z at every tenth layer from the top, where it is 1."""
    rng, found = np.random.default_rng(seed), []
    h, d = rng.normal(size=(2, n, m))
    for W, z, sd in up(f, normalized, rng, h):
        d = d * slope(z)
        found.append((d**2).mean() ** 0.5)
        d = W.T @ (back(d, z, sd) if normalized else d)
    return [float(f"{size / found[0]:.1g}") for size in found[::10]]

# %% [markdown]
# Forty layers of sigmoids, as one would have started them in 1998. The derivative is lost:

# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


sizes(sigmoid, lambda z: sigmoid(z) * sigmoid(-z), normalized=False)

# %% [markdown]
# The same layers, normalized. It is not lost; if anything it grows a little:

# %%
sizes(sigmoid, lambda z: sigmoid(z) * sigmoid(-z), normalized=True)

# %% [markdown]
# And rectifiers, the units of today, normalized:

# %%
sizes(lambda z: np.maximum(z, 0), lambda z: z > 0, normalized=True)

# %% [markdown]
# It explodes, by a factor of more than a thousand. So normalization does keep gradients from decaying, but it does not keep their size. Section 1
# says by how much they grow and why; the others ask what is gained in training.
#
# The networks that are trained here are 100-32-...-32-10, on handwritten digits of $10\times10$ pixels, with cross-entropy, plain descent at a constant rate, and minibatches of 50. Normalized layers give
# $f(\gamma\hat z+\beta)$ with learned $\gamma$ and $\beta$, and $\epsilon=10^{-5}$ is added to the variance. Tests use the statistics of 500 training images.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
draws = 8  # in [5, 100]: splits, starts and orders that are judged
tuning_draws = 3  # in [2, 50]: further ones, on which the learning rates are chosen
hidden = 32  # in [10, 200]: units of a hidden layer
width = 512  # in [64, 2048]: units of a normalized hidden layer in section 1
nets = 5  # in [3, 100]: networks of section 1, and of the invariances among the checks
pair_steps = 800  # in [200, 12000]: most steps in minibatches of two

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("51_batch_normalization", globals())  # reads and checks the parameters

from lib import data
from lib.practice import batch_normalization as bn, conditioning as cd, networks
from lib.practice.draws import draw_problems
from lib.practice.networks import RELU, SIGMOID, TANH, Form
from lib.practice.starts import he, lecun, normal_start
from lib.statistics import largest, mean, share, smallest, value
from lib.suite import figures

from functools import cache

import pandas as pd
import torch

figures.style()
pixels = data.shrink(data.digits()[0].view(-1, 28, 28)[:, 4:24, 4:24].flatten(1), 10)

# %% [markdown]
# `lib` normalizes as the model does, and goes back as it does:

# %%
def agrees(z, d):
    """Whether both passes of lib are those of the model."""
    own, (_, sd) = networks.normalize(torch.tensor(z), epsilon=0.0)
    down = networks.slope_before(torch.tensor(d), own, sd)
    both = (own, normalize(z)[0]), (down, back(d, *normalize(z)))
    return all(np.allclose(*pair) for pair in both)


agrees(*np.random.default_rng(seed).normal(size=(2, 5, 20)))

# %% [markdown]
# ## 1. What becomes of a gradient
#
# Let the weights be random and the layers wide, so that $\hat z$ is Gaussian. Going down, a derivative is multiplied by $f'(\hat z)$, by $W^\top$, and goes back through the normalization, which divides it
# by the standard deviation of $Wh$. With weights of variance $w$ and $n$ units, $W^\top$ multiplies its square by $nw$, and the variance of $Wh$ is $nw\operatorname{Var}f$. The scale of the weights cancels:
#
# $$\frac{|g_j|^2}{|g_{j+1}|^2}=\frac{\mathbb E\,f'(\hat z)^2}{\operatorname{Var}f(\hat z)}\cdot\frac{B-2}{B-3},\qquad\hat z\sim N(0,1).$$
#
# (The last factor is 1 but for small minibatches of $B$: normalization takes two of $B$ directions away, and the inverse of an estimated variance is too large on average. The gradient of
# the weights grows by the same factor, once the angles between the examples have settled, some layers up.) The first is $\pi/(\pi-1)=1.467$ for rectifiers, 1.178
# for tanh and 1.034 for sigmoids. For which $f$ is it less than 1? For none: that $\operatorname{Var}f\le\mathbb E f'^2$ is the Gaussian Poincaré
# inequality, with equality for straight lines only. So in wide random layers gradients never decay, as the supplement says, and always explode with
# depth unless the network is linear, which it does not say.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.1a | From a normalized layer to the one below, the square of the gradient grows as the formula says, for rectifiers, tanh and sigmoids | largest distance of mean measured/predicted from 1 ≤ 0.015 | what 512 units leave is 0.005; the factor of B is 0.016 | Yang et al. 2019 (statement, abstract) |
# | 51.1b | However deep the normalized network, its gradients come back undiminished | smallest factor a layer ≥ 1 | one that is smaller refutes it | 2015 supplement (statement, read) |
#
# We take the gradient of the weights of every layer, in networks of 30 layers with 512 units each and minibatches of 64. For comparison there are plain
# networks of 128 units: rectifiers from the start of He et al. (variance $2/n$), the others from weights of variance $1/n$. Factors a layer for the
# square of the gradient:

# %%
units = {"rectifier": RELU, "tanh": TANH, "sigmoid": SIGMOID}
squares = {
    (name, on): bn.gradient_squares(
        Form(f, on, epsilon=0.0), [100] + [n] * 30 + [10],
        [np.random.default_rng([seed, 1, k]) for k in range(nets)],
        variance=he if f is RELU else lecun)
    for name, f in units.items() for on, n in ((True, width), (False, 128))
}
factors = {arm: bn.factor_a_layer(found) for arm, found in squares.items()}
predicted = {name: bn.growth_factor(f, 64) for name, f in units.items()}
pd.DataFrame({name: {
    "normalized": factors[name, True].mean(), "formula": predicted[name],
    "plain": factors[name, False].mean()} for name in units}).round(2)

# %% [markdown]
# The plain sigmoids lose nineteen parts in twenty at every layer. Plain tanh and plain rectifiers, from the right start, keep what they have: at the start it is they, and not the
# normalized networks, that carry a gradient undiminished.

# %% tags=["hide-input"]
def profile(name, on):
    """Layers below the top; size of the gradient, above 1/1000; the same by formula."""
    found = (squares[name, on][:, 1:-1] / squares[name, on][:, -2:-1]).sqrt().numpy().T
    below = np.arange(len(found))
    found = np.where(found > 1e-3, found, np.nan)[::-1]
    return (below, found) + ((predicted[name] ** (below / 2),) if on else ())


with figures.curves(
    "key", {title: {name: profile(name, on) for name in units}
            for title, on in (("normalized", True), ("plain", False))},
    "Normalized gradients grow going down, as dashed; plain sigmoids lose theirs.",
    prediction="formula", band=(0, 1), yscale="log", xlabel="layers below the top",
    ylabel="size of the gradient, relative", ylim=(1e-3, 1e3), legend="lower left",
):
    pass

# %%
ledger.judge({
    "51.1a": largest([abs(np.mean(factors[name, True] / predicted[name]) - 1)
                      for name in units], of=nets, digits=1),
    "51.1b": smallest([factors[name, True] for name in units], of=nets),
})

# %% [markdown]
# ## 2. How many times faster?
#
# The slope of a sigmoid is at most 1/4: weights of variance $1/n$ pass on a quarter of a signal, and of a gradient on the way back. With one hidden layer that hardly matters. With five, training begins on a plateau, and
# the first thing that normalization saves is the time spent there. So its factor should grow with depth. It should also be larger for modest targets, which are reached soon after the plateau: a plateau is paid once.
#
# We count the steps to a test accuracy, looked at every 5 steps and later every 4%. Both arms share split, start and order of the digits, so that quotients are
# paired. Each arm has its own best learning rate out of a grid, found on other splits and in half of the steps; `inside` says whether it was no end of its grid. A run that has not arrived after `cap` steps is *capped*: no
# quotient is made of it. Means of quotients are geometric. (Weights are rounded to multiples of $2^{-18}$ after every step: else the last bits of a processor would decide which of two runs one sees.)
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.2a | With five hidden layers of sigmoids, a normalized network needs at most one fourteenth of the steps to accuracy 0.85 | steps without / with ≥ 14 | the factor of the abstract | Ioffe and Szegedy 2015 (number, abstract) |
# | 51.2b | *control:* With one hidden layer of sigmoids normalization changes the steps to accuracy 0.85 by less than a factor of two | steps without / with 1.25 ± 0.75 | three layers give four and more | Ours |

# %%
@cache
def drawn(which, count, layers, variance=lecun, scale=1, unit=None):
    """So many splits and orders, and a start for each; unit: of raw pixels."""
    images, labels = data.small_digits()
    images = images if unit is None else pixels * unit
    splits, starts = ([np.random.default_rng([seed, kind, k]) for k in range(count)]
                      for kind in (which, which + 10))
    return (draw_problems(images, labels, 4000, 300_000, [100, 10], splits),
            normal_start([100, *[hidden] * layers, 10], starts, variance, gain=scale))


def race(layers, arm, cap, goals=(0.7, 0.85), B=50, more=1, **given):
    """An arm at its best rate, a `bn.Race`."""
    tuning, judged = (drawn(which, count, layers, **given)
                      for which, count in ((2, tuning_draws), (3, more * draws)))
    return bn.race_at_its_best(tuning, judged, arm, B, goals, cap)


[tuple(w.shape) for w in drawn(3, draws, 5)[1].weights]


# %% [markdown]
# Above are the shapes of the weights with five hidden layers, those of all splits in one tensor. Each race is run once. Sigmoids first: the rates
# chosen, and how many runs were capped before each target.

# %%
plain, full = Form(SIGMOID), Form(SIGMOID, True)
races = {
    ("1 layer", "plain"): race(1, bn.Racer(plain, [1, 2, 4, 8]), 400, more=2),
    ("1 layer", "normalized"): race(1, bn.Racer(full, [1, 2, 4, 8, 16]), 400, more=2),
    ("3 layers", "plain"): race(3, bn.Racer(plain, [1, 2, 4, 8]), 1500),
    ("3 layers", "normalized"): race(3, bn.Racer(full, [0.25, 0.5, 1, 2]), 400),
    ("5 layers", "plain"): race(5, bn.Racer(plain, [2, 4, 8]), 6000),
    ("5 layers", "normalized"): race(5, bn.Racer(full, [0.125, 0.25, 0.5, 1, 2]), 600),
}
{arm: (run.rate, run.capped.tolist()) for arm, run in races.items()}

# %% [markdown]
# Then three starts that do not lose the signal: sigmoids with weights four times as large, which makes up for their slope; rectifiers from the start of
# He et al.; and tanh. Since $\tanh z=2\sigma(2z)-1$ with the sigmoid $\sigma$, a tanh network *is* a sigmoid network with the right scale and with
# biases that take off the means.

# %%
races.update({
    ("5 layers, × 4", "plain"): race(5, bn.Racer(plain, [0.5, 1, 2]), 1500, scale=4),
    ("5 layers, × 4", "normalized"): race(
        5, bn.Racer(full, [0.5, 1, 2, 4, 8]), 400, scale=4),
    ("5 layers, rectifiers", "plain"): race(
        5, bn.Racer(Form(RELU), [0.05, 0.1, 0.2, 0.4]), 400, variance=he),
    ("5 layers, rectifiers", "normalized"): race(
        5, bn.Racer(Form(RELU, True), [0.2, 0.4, 0.8, 1.6, 3.2]), 400, variance=he),
    ("5 layers, tanh", "plain"): race(5, bn.Racer(Form(TANH), [0.1, 0.3, 1]), 400),
    ("5 layers, tanh", "normalized"): race(
        5, bn.Racer(Form(TANH, True), [0.1, 0.3, 1]), 400),
})
pd.DataFrame({arm: {"rate": run.rate, "inside": run.inside,
                    "steps to 0.85": f"{np.exp(np.nanmean(run.logs[-1])):.2g}",
                    "capped": f"{run.capped[-1]} of {run.steps.shape[1]}"}
              for arm, run in races.items()}).T

# %% [markdown]
# Quotients of the steps to 0.85, without / with: little above 1 at one layer, 4 to 5 at three, 20 at five; from starts that do not lose the signal, 1 to 4.

# %%
def gain(name, other="normalized", goal=-1):
    """ln of (steps of the plain arm / of the other), one for each split."""
    slow, fast = (races[name, arm].logs[goal] for arm in ("plain", other))
    return slow - fast


def times(logs):
    """A geometric mean and its interval, for `value`; nan if all runs were capped."""
    found = mean(logs) if np.isfinite(logs).sum() > 1 else mean([np.nan])
    ends = [float(np.exp(end)) for end in found.interval or ()]
    number = np.nan if found.measured is None else np.exp(found.measured)
    return {"number": number, "of": found.seeds, "digits": 2, "interval": ends or None}


{name: value(**times(gain(name))) for name, arm in races if arm == "plain"}

# %% [markdown]
# The same for two targets: the modest one, 0.70, is reached soon after the plateau, and its factor is larger. The fourteen that the paper reports
# (dashed) is one value of many.

# %% tags=["hide-input"]
with figures.effects(
    "speedup", {f"{name}, to {goal:.2f}": (found["number"], *found["interval"])
                for name, arm in races if arm == "plain"
                for k, goal in enumerate((0.7, 0.85))
                for found in [times(gain(name, goal=k))] if found["interval"]},
    "Speed-up: 1 at one layer, 5 at three, above 20 at five; small from good starts.",
    xscale="log", xlabel="steps without / with normalization",
) as axes:
    figures.level(axes, 14, "14, as reported", axis="x")

# %%
ledger.judge({
    "51.2a": value(**times(gain("5 layers"))),
    "51.2b": value(**times(gain("1 layer"))),
})

# %% [markdown]
# ## 3. Scale or mean?
#
# Normalization does two things: it takes off the mean and divides by the standard deviation. Which one helps? There is a reason for either. A sigmoid
# shrinks the signal; and at rest it gives 1/2, a mean that every layer passes on. So both are taken away in turn: *only scaled* divides by
# the root mean square and leaves the mean, *only centred* takes off the mean and leaves the scale.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.3a | At five hidden layers of sigmoids, a network that is only centred or only scaled needs at least twice the steps of one that is both | smaller of the two quotients ≥ 2 | ours: half of the speed is gone | Ours |
#
# Factors to 0.85 at five layers:

# %%
races.update({
    ("5 layers", "only scaled"): race(
        5, bn.Racer(full._replace(centred=False), [0.25, 0.5, 1, 2]), 1000),
    ("5 layers", "only centred"): race(
        5, bn.Racer(full._replace(scaled=False), [1, 2, 4, 8]), 1600),
    ("5 layers", "shaken"): race(
        5, bn.Racer(full, [0.125, 0.25, 0.5, 1], shaken=(0.5, 0.25, seed)), 600),
})
alone = {arm: gain("5 layers", arm)
         for arm in ("normalized", "only scaled", "only centred", "shaken")}
{arm: value(**times(found)) for arm, found in alone.items()}

# %% [markdown]
# Which of the two is worth more depends on which is there already. Scaling is worth a factor of 5 by itself and of 8 or so on top of centring; centring 2 to 3 by itself and 4 on top of scaling. If they helped independently, the two factors would multiply to that of
# both; they fall short of it (check 51.6g). A likely reason: scaled alone, a network keeps the mean of its sigmoids, which becomes most of what a layer
# passes on; centred alone, it passes on a quarter of a clean signal.
#
# The last arm, *shaken*, tests the title of the paper. *Reducing internal covariate shift* means that each layer sees inputs whose mean and size no
# longer wander. So let them wander:
# after normalization every unit gets a new random mean in $\pm0.5$ and a new random size in $1\pm0.25$ at every step, after an idea of Santurkar et al. 2018.
# The gain hardly changes (check 51.6f): it does not rest on steady means and sizes, at least not against wandering of this size.

# %%
ledger.judge({
    "51.3a": value(**times(min(
        (alone["normalized"] - alone[arm] for arm in ("only scaled", "only centred")),
        key=np.mean))),
})

# %% [markdown]
# ## 4. Higher rates, whiter layers
#
# Two more things are said. The abstract: normalization "allows us to use much higher learning rates". The supplement of 2015: it whitens every layer, as one used to whiten inputs. Whitened values have the
# identity as covariance, all eigenvalues equal; normalization equalizes the variances of units and cannot do anything about their correlations.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.4a | With five hidden layers of rectifiers, normalized networks arrive at accuracy 0.85 at much higher learning rates | largest rate with / without ≥ 3 | ours: "much" is threefold | Ioffe and Szegedy 2015 (statement, abstract) |
# | 51.4b | Normalization whitens the layers: the covariance of normalized values has equal eigenvalues | largest geometric mean of the condition number, over layers ≤ 2 | 1 if white | 2015 supplement (statement, read) |
#
# Every rate of a grid of factors of two runs for 200 steps. The quotient, with / without, of the largest rates at which a network still arrives; then
# the quotients of the best rates of section 2, for rectifiers and for sigmoids:

# %%
def highest(on, grid):
    """ln of the largest rate at which each network of rectifiers arrives, or nan."""
    arm = bn.Racer(Form(RELU, on), grid)
    there = bn.steps_to_accuracy(*drawn(3, draws, 5, he), arm, 50, [0.85], 200)[0]
    best = (np.isfinite(there) * np.array(grid)[:, None]).max(0)
    return np.log(np.where(best > 0, best, np.nan))


allowed = highest(True, [0.8, 1.6, 3.2, 6.4]) - highest(False, [0.2, 0.4, 0.8, 1.6])
{"rectifiers, largest rate": value(**times(allowed))} | {
    f"{name}, best rate": races[name, "normalized"].rate / races[name, "plain"].rate
    for name in ("5 layers, rectifiers", "5 layers")}

# %% [markdown]
# For rectifiers it is true. For the five sigmoid layers the opposite holds: the best rate with normalization is several times lower than without, since a plain network whose gradients are tiny can take, and needs, a large
# one. What normalization allows depends on what stops the plain network.
#
# Now the eigenvalues: the condition number of the covariance of what enters the units, at the start, on 1,000 images. Geometric means over the splits:

# %%
spread = {
    name: bn.condition_numbers(
        drawn(3, draws, 5)[1], drawn(3, draws, 5)[0].images[:, :1000],
        form._replace(epsilon=0.0)).log().mean(1).exp().numpy()
    for name, form in (("plain", plain), ("normalized", full))
}
pd.DataFrame({name: [f"{x:.0e}" for x in numbers] for name, numbers in spread.items()},
             index=[f"layer {j}" for j in range(1, 6)])

# %% [markdown]
# Far from white, by two to six powers of ten. In the first layer normalization changes nothing to speak of. Higher up it slows the plain network's
# decline, in which the condition becomes worse with every layer of sigmoids.

# %%
ledger.judge({
    "51.4a": value(**times(allowed)),
    "51.4b": largest(spread["normalized"], of=draws, digits=1),
})

# %% [markdown]
# ## 5. Why not the whole data set, once?
#
# A student asks Cho: why normalize batches and not the whole data set, if the statistics of a batch are noisy, and may make learning slower? For the inputs one can do just that (check 51.6t). Inside, layers move, and the whole
# data set would have to be sent through the network at every step. Is the fear justified? With two images the normalized value of a unit is
# $\pm1/\sqrt{1+4\epsilon/\Delta^2}$, where $\Delta$ is the difference of the two: their
# order, and nothing else. Its derivative is nearly zero.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.5a | With two images in a minibatch, normalized networks of two tanh layers do not arrive at accuracy 0.80, at any rate of the grid | share of networks that arrive ≤ 0 | one that arrives refutes it | Cho 2020, question 3 (statement, read) |
#
# The cap is 800 steps (`pair_steps`); plain networks, at their best rate, arrive after about 200. No quotient can be given, since no run arrives. How many networks arrive, by rate:

# %%
pairs = np.isfinite(bn.steps_to_accuracy(
    *drawn(3, draws, 2), bn.Racer(Form(TANH, True), [0.003, 0.01, 0.03]), 2, [0.8],
    pair_steps))[0]
dict(zip(["rate 0.003", "rate 0.01", "rate 0.03"], pairs.sum(1).tolist(), strict=True))

# %% [markdown]
# The same networks in larger minibatches, each arm at its best rate. Steps to 0.80, with / without:

# %%
races.update({
    (f"B = {B}", kind): race(
        2, bn.Racer(Form(TANH, kind == "normalized"), rates), 600, [0.8], B)
    for B, rates in ((2, [0.01, 0.03, 0.1, 0.3]), (4, [0.03, 0.1, 0.3]),
                     (250, [0.3, 1, 3]))
    for kind in ("plain", "normalized") if (B, kind) != (2, "normalized")
})
{f"B = {B}": value(**times(-gain(f"B = {B}"))) for B in (4, 250)}

# %% [markdown]
# The price is one of tiny minibatches: where 250 images are normalized together, it turns into a gain.

# %%
ledger.judge({
    "51.5a": share(pairs, sample=False),
})

# %% [markdown]
# ## Reading
#
# **Undiminished, and more.** The supplement's sentence is right as it stands, and its point is lost: at the start a plain network of tanh or
# rectifiers, with the right weights, keeps the size of a gradient through thirty layers, and a normalized one multiplies it. In fifty layers of
# rectifiers its square would grow by $2\times10^8$. Yang et al. conclude that such networks cannot be trained at all if they are deep enough, and that
# skip connections are what makes normalization usable there. For the sigmoids of 1998 it is another
# matter: there nothing else was at hand, and growth by the factor 1.02 a layer is next to nothing.
#
# **Fourteen.** The paper's number belongs to one deep network, with its own start, rates and target, and to five times the rate and half a dozen other changes at once. With each arm at its best rate the factor runs here from 1 to nearly 60, by depth
# and target; from a start that suits the units it is between 1 and 4 for the target 0.85. That contradicts nothing in the abstract, but the factor is
# often told as if it were a constant.
#
# **What is repaired.** Not the scale alone nor the mean alone, but both, and each is worth much less without the other. It does not take a steadier
# stream of inputs (51.6f), and it is not whitening (51.4b). What no start gives are the invariances among the checks: at no time in training does the
# length of a unit's weights change what the unit computes.
#
# **Why minibatches?** Because the layers inside move. What the student feared is seen in minibatches of two and of four, and not at 250.
#
# **Limits.** All this is for small networks, plain descent, constant rates from coarse grids, and one data set whose splits share 5,000 digits.
# Minibatches of two were followed for 800 steps at three rates. The paper's own setting, convolutions on ImageNet, is out of reach. Steps are counted,
# not
# seconds: a normalized step takes up to twice the time of a plain one. The noise of the shaken arm is ours; that of Santurkar et al. was stronger and drawn for each example.
#
# **Try.** `hidden = 50`: wider layers change no verdict; the factor at five layers was 24. `width = 64`: the formula of section 1 is off by 1 to 3%, since narrow layers are
# not Gaussian, and 51.1a fails. `pair_steps = 200`: plain networks still arrive,
# all of them, and normalized ones do not.

# %% [markdown]
# ## 6. Checks
#
# What the comparisons rest on. First the gradients of plain networks, then the races.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.6a | *control:* In plain networks of sigmoids the square of the gradient falls with every layer down | largest factor a layer ≤ 0.2 | at most 1/16 by the slope | Ours |
# | 51.6b | In plain networks of tanh and rectifiers, from the right start, the gradient keeps its size | largest distance of the mean factor from 1 ≤ 0.05 | 128 units leave 0.02 | He et al. 2015 (statement, recalled) |
# | 51.6c | Of the runs of a race of which a quotient is taken at most one met the cap | largest number of capped runs ≤ 1 | such a run is left out, and counted here | Ours |
# | 51.6d | Chosen learning rates lie inside their grids, not at an end | share ≥ 0.85 | chosen on few splits, a neighbour may win | Ours |
# | 51.6e | At five sigmoid layers the factor of normalization is larger for accuracy 0.70 than for 0.85 | quotient of the factors ≥ 1.5 | a plateau is paid once | Ours |
# | 51.6f | Noise put back after every normalization leaves most of the factor at five layers: means and sizes that wander do little harm | steps plain / shaken ≥ 8 | ours: two fifths of the whole factor of 20 | Ours, after Santurkar et al. 2018 (recalled) |
# | 51.6g | Centring and scaling together are worth more than the product of what each is worth alone | factor of both / product of the factors ≥ 1 | 1 if they were independent | Ours |
# | 51.6h | From weights four times as large, which keep the scale, the factor at five sigmoid layers is small | steps without / with 4 ± 2.5 | scale is repaired, the mean is not | 2015 supplement (statement, read) |
# | 51.6i | With tanh, which keeps scale and mean, the factor at five layers is near 1 | steps without / with 1.4 ± 0.7 | what is left is not at the start | LeCun et al. 1998 (statement, recalled) |
# | 51.6j | Three sigmoid layers gain more by normalization than one | quotient of the factors ≥ 2.5 | the factor grows with depth | Ours |
# | 51.6k | At five sigmoid layers the best learning rate with normalization is lower than without | quotient of the rates ≤ 0.5 | at least one place of the grid | Ours |
# | 51.6l | Gains that stay at 1 cost steps from one hidden layer to accuracy 0.90, at the best of three rates | steps (1,000 where capped) without / with learned gains ≥ 1.1 | ours: more than a tenth | Ours |
# | 51.6m | *control:* In minibatches of two nearly all plain networks arrive at accuracy 0.80 within the budget | share ≥ 0.75 | three in four; no normalized one does | Ours |
# | 51.6n | In minibatches of four normalization costs steps to accuracy 0.80 | steps with / without ≥ 1 | as the student feared | Cho 2020, question 3 (statement, read) |
# | 51.6o | In minibatches of 250 normalization saves steps to accuracy 0.80 | steps with / without ≤ 1 | enough images for a mean | Ioffe and Szegedy 2015 (statement, abstract) |

# %%
def to_90(gains):
    """Steps of one layer to 0.90 at the best of three rates, 1,000 where capped."""
    arm = bn.Racer(full, [1, 2, 4], gains=gains)
    found = bn.steps_to_accuracy(*drawn(3, 2 * draws, 1), arm, 50, [0.9], 1000)[0]
    return np.minimum(found.min(0), 1000)


fixed = np.log(to_90(False) / to_90(True))
value(**times(fixed))

# %%
ledger.judge({
    "51.6a": largest(factors["sigmoid", False], digits=2),
    "51.6b": largest([abs(factors[name, False].mean() - 1)
                      for name in ("tanh", "rectifier")], of=nets, digits=1),
    "51.6c": largest([run.capped.max() for run in races.values()]),
    "51.6d": share([run.inside for run in races.values()], sample=False, digits=2),
    "51.6e": value(**times(gain("5 layers", goal=0) - gain("5 layers"))),
    "51.6f": value(**times(alone["shaken"])),
    "51.6g": value(**times(
        alone["normalized"] - alone["only scaled"] - alone["only centred"])),
    "51.6h": value(**times(gain("5 layers, × 4"))),
    "51.6i": value(**times(gain("5 layers, tanh"))),
    "51.6j": value(**times(gain("3 layers") - gain("1 layer")[:draws])),
    "51.6k": value(
        races["5 layers", "normalized"].rate / races["5 layers", "plain"].rate),
    "51.6l": value(**times(fixed)),
    "51.6m": share(np.isfinite(races["B = 2", "plain"].steps), sample=False),
    "51.6n": value(**times(-gain("B = 4"))),
    "51.6o": value(**times(-gain("B = 250"))),
})

# %% [markdown]
# **What a normalized network cannot see.** Multiply the weights of a unit by a number: $\hat z$ stays (for $\epsilon=0$). So the gradient has nothing along the weights; each step adds at a right angle, and by Pythagoras $|W|^2$ grows by
# $\eta^2|g|^2$; and a start $cW$ with the rate $c^2\eta$ runs through the same functions. Tanh networks of two hidden layers, 30 steps, $c=7$.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.6p | The gradient of each normalized unit stands at a right angle to its weights | largest cosine ≤ 1e-12 | rounding; 0.4 if statistics were held fixed | Ours, after van Laarhoven 2017 (recalled) |
# | 51.6q | The square of normalized weights grows by the square of the step | largest relative difference ≤ 1e-12 | rounding of one step | Ours, after van Laarhoven 2017 (recalled) |
# | 51.6r | Weights c times as large at c² times the rate give the same scores after every step | largest difference / largest score ≤ 1e-11 | rounding, carried through 30 steps | Ours, after van Laarhoven 2017 (recalled) |
# | 51.6s | *control:* Without normalization the stretched network computes something else | smallest difference / largest score ≥ 0.1 | nothing forbids it | Ours |

# %%
def walked(on, c):
    """Thirty steps of tanh networks, weights times c: `bn.Paths`."""
    problems, start = drawn(1, nets, 2)
    sets = problems.images[:, :500], problems.labels[:, :500]
    orders = problems.order.view(nets, -1, 50)[:, :31] % 500
    return bn.paths(start, sets, orders, 0.3, form=Form(TANH, on), scale=c)


paths = {(on, c): walked(on, c) for on in (True, False) for c in (1.0, 7.0)}
stretched = {on: (paths[on, 1.0].scores - paths[on, 7.0].scores).abs().amax((0, 2, 3))
             / paths[on, 1.0].scores.abs().amax((0, 2, 3)) for on in (True, False)}
{on: bool(found.max() < 1e-9) for on, found in stretched.items()}

# %%
ledger.judge({
    "51.6p": largest(paths[True, 1.0].across, rounding=True, of=nets),
    "51.6q": largest(
        (paths[True, 1.0].squares[:1] + paths[True, 1.0].growth.cumsum(0)[:-1])
        / paths[True, 1.0].squares[1:] - 1, rounding=True, of=nets),
    "51.6r": largest(stretched[True], rounding=True, of=nets),
    "51.6s": smallest(stretched[False], digits=1),
})

# %% [markdown]
# **Inputs, normalized once.** "Normalization equalizes the eigenvalues", the student goes on. For a linear classifier with squared loss what that is worth can be computed: with eigenvalues $\lambda_i$ of the Hessian, and $s_i$ the share of the
# excess along each, $\sum_is_i(1-\eta\lambda_i)^{2t}$ is left after $t$ steps. Steps to a tenth of the excess, and the condition number, for six preparations of the pixels:
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 51.6t | Normalized networks take equally many steps on pixels in 0..255 and in 0..1 (ε = 0) | share of splits ≥ 1 | theory leaves no exception | Ours |
# | 51.6u | *control:* Plain networks need more steps on pixels in 0..255 than on 0..1, each at its best rate (300 where capped) | smallest quotient ≥ 2 | ours: twice as many | LeCun et al. 1998 (statement, recalled) |
# | 51.6v | The formula counts the steps of descent, for six preparations | largest difference ≤ 0 | theory leaves no exception | Ours |
# | 51.6w | The condition number overstates what an unequal spectrum costs, for all preparations but the white one | largest steps / condition number ≤ 0.1 | a bound by it has a factor of 1 | Ours |
# | 51.6x | Taking off the mean is the larger part of preparing inputs | smallest quotient of steps raw / centred ≥ 4 | from whitening, after it, a factor of 4 is left | LeCun et al. 1998 (statement, recalled) |
# | 51.6y | With equal eigenvalues one step is enough | largest number of steps ≤ 1 | theory leaves no exception | Cho 2020, question 3 (statement, read) |

# %%
counted = np.stack([
    cd.steps_by_preparation(pixels[part], data.one_hot(data.small_digits()[1][part]).mT)
    for k in range(draws)
    for part in [np.random.default_rng([seed, 4, k]).permutation(len(pixels))[:4000]]
])
pd.DataFrame(np.median(counted, 0), columns=cd.PREPARATIONS, index=[
    "steps by formula", "steps of descent", "condition number"]).map("{:.0f}".format)

# %% [markdown]
# And the races on raw pixels:

# %%
raw = {
    (on, unit): bn.steps_to_accuracy(
        *drawn(3, draws, 2, unit=unit), bn.Racer(Form(TANH, on, epsilon=0.0), rates),
        50, [0.85], 300)[0]
    for on, unit, rates in (
        (True, 1.0, [0.1, 0.3, 1]), (True, 255.0, [0.1, 0.3, 1]),
        (False, 1.0, [0.1, 0.3, 1]), (False, 255.0, [0.003, 0.01, 0.03]))
}
ledger.judge({
    "51.6t": share(raw[True, 255.0] == raw[True, 1.0], sample=False),
    "51.6u": smallest(
        np.minimum(raw[False, 255.0], 300).min(0) / raw[False, 1.0].min(0), digits=1),
    "51.6v": largest(np.abs(counted[:, 1] - counted[:, 0]), of=draws),
    "51.6w": largest((counted[:, 1] / counted[:, 2])[:, :5], of=draws, digits=1),
    "51.6x": smallest(counted[:, 1, 1] / counted[:, 1, 2], digits=2),
    "51.6y": largest(counted[:, 1, 5]),
})

# %%
ledger.conclude()
