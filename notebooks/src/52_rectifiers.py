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
# # A leak pays to the end, the right start only at first
#
# ![verdict](../figures/52_rectifiers/verdict.svg)
#
# **Question.** A rectifier may let through a little of what is negative: leaky ReLU a fixed share $a$, PReLU a share that it
# learns. "These contribute to the final performance", a text of 2015 says. When, and why?
#
# **Answer.** In networks of eight thin layers a leak of a quarter ends three points of accuracy ahead of ReLU. The leak in use, a hundredth, gains
# nothing that shows; learning the slope adds nothing. The early lead of He's start is gone by the end.
#
# ![accuracy ahead of ReLU against steps, with intervals](../figures/52_rectifiers/key.svg)
#
# Test accuracy of networks of eight hidden layers, less that of ReLU from He's start, while they learn digits. All but one start as He et al. propose.
# Bands: 95% intervals of the mean.
#
# *Source:* a supplement of 2015 to an introduction to deep learning in the journal of the Operations Research Society of Japan. It names
# He, Zhang, Ren and Sun 2015, *Delving deep into rectifiers* ([arXiv:1502.01852](https://arxiv.org/abs/1502.01852)), from whom PReLU and
# the start come. Before them: LeCun, Bottou, Orr and Müller 1998, *Efficient backprop*; Glorot and Bengio 2010.
#
# Before: [51](51_batch_normalization.ipynb) · Next: [53](53_adaptive_methods.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A rectifier of **negative slope** $a$ turns $z$ into $\max(z,0)+a\min(z,0)$. ReLU has $a=0$. Weights start as $N(0,s^2/n)$ in layers of $n$
# units. There are two schools for $s^2$: "Xavier" (LeCun, Glorot) takes 1, which is right for linear layers; He et al. take $2/(1+a^2)$, because a
# rectifier drops half of the power, the mean square of the signal. We send a signal through thirty layers of 64 units, by ReLU under Xavier, ReLU under
# He, and a leak of a quarter under He:

# %%
import numpy as np


def random_layers(s2, n=64, L=30, seed=0):
    """Weights of L layers of n units."""
    return np.random.default_rng(seed).normal(0, (s2 / n) ** 0.5, (L, n, n))


def through(layers, x, a):
    """The input x, and what each layer makes of it."""
    seen = [x]
    for W in layers:
        z = W @ seen[-1]
        seen.append(np.where(z > 0, z, a * z))
    return seen


def loudness(s2, a):
    """Mean square of the units after 0, 10, 20 and 30 layers."""
    return [float(f"{(h * h).mean():.1g}")
            for h in through(random_layers(s2), np.ones(64), a)[::10]]


loudness(1, 0), loudness(2, 0), loudness(2 / (1 + 0.25**2), 0.25)

# %% [markdown]
# Under Xavier, half of the power is lost in every layer and the signal is gone; under He's start it stays within a factor of ten or so, with a leak and
# without. Now we send *two* inputs, at right angles, through one network of each kind. The cosine between them after 0, 5, 10 and 15 layers:


# %%
def cosines(s2, a):
    """Cosine of two inputs at right angles, layer by layer."""
    x, y = np.eye(64)[:2] * 8
    pairs = zip(*(through(random_layers(s2), v, a) for v in (x, y)), strict=True)
    return [round(float(h @ g / (h @ h * (g @ g)) ** 0.5), 2) for h, g in pairs][:16:5]


{a: cosines(2 / (1 + a * a), a) for a in (0, 0.01, 0.25)}

# %% [markdown]
# A rectifier forgets signs, and so it makes inputs alike. A leak of a quarter keeps them apart for longer; a leak of a hundredth hardly does. No start changes
# that, since scaling does not change an angle. So deep layers do two things to a signal: they make it faint, and they make inputs alike. A leak mends
# mainly the second. Which of them matters for learning?

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
networks = 20000  # in [10000, 1000000]: random networks of section 1 and the checks
width = 64  # in [32, 512]: units n of a layer there
narrow = [8, 16]  # each in [6, 32]: units of narrow networks in the checks
deep = 8  # in [6, 40]: hidden layers of deep networks
shallow = 3  # in [1, 5]: hidden layers of shallow ones
hidden = 16  # in [12, 128]: units of a layer that is trained
splits = 12  # in [6, 200]: splits of the digits, each with a start and an order
epochs = 40  # in [10, 200]: passes over the 1000 digits that are trained on
learning_rates = [0.01, 0.02, 0.04]  # each in [0.001, 0.08]: the best is kept

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("52_rectifiers", globals())  # reads and checks the parameters

from lib.data import small_digits
from lib.practice import networks as nets, rectifiers as rf
from lib.statistics import largest, mean, mean_interval, share
from lib.suite import figures

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` sends the same signal through the same layers:

# %%
one = nets.Network(
    tuple(torch.tensor(W)[None] for W in random_layers(1)),
    tuple(torch.zeros(1, 64).double() for _ in range(30)),
)
passed = nets.layers(one, torch.ones(1, 64).double(), nets.Form(nets.leaky(0.25)))
bool(np.allclose(passed.inputs[-1].flatten(),
                 through(random_layers(1), np.ones(64), 0.25)[29]))

# %% [markdown]
# ## 1. How loud is a layer?
#
# The **second moment** $q$ of a layer is the mean of the squares of its units on one input. Given $q$ below, the pre-activations are
# *exactly* independent $N(0,s^2q)$, at every width. Half of the power comes through the kink whole and half of it times $a^2$. So
#
# $$\mathbb E\,q'=r\,q,\qquad r=\frac{s^2(1+a^2)}2 .$$
#
# He's start is the one with $r=1$. ReLU under Xavier has $r=\frac12$, and a leak of a quarter mends little of that: $r=0.53$. The *typical* network is
# quieter than the mean, the more so the deeper and narrower it is. That, too, is known exactly (52.5b to 52.5e).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 52.1a | The mean second moment is multiplied by r in every layer, with a leak and without, from either start | largest departure of measured/predicted from 1 in the last layer ≤ 0.03 | errors 0.007; the a² of the leak left out is 0.4 | He et al. 2015 (statement, recalled) |
#
# Four kinds of network, from either start:

# %%
starts = {("ReLU", "He"): rf.Arm(0.0, rf.he_variance(0.0)),
          ("leaky", "He"): rf.Arm(0.25, rf.he_variance(0.25)),
          ("ReLU", "Xavier"): rf.Arm(0.0, 1.0),
          ("leaky", "Xavier"): rf.Arm(0.25, 1.0)}

# %% [markdown]
# Nothing but the law above is needed: layers are redrawn from it without a matrix, so 20,000 networks take a blink. Mean $q$ of the last layer,
# measured and predicted:

# %%
moments = {kind: rf.redrawn_moments(width, deep, arm.fan_in_variance,
                                    arm.negative_slope, networks, rng)
           for kind, arm in starts.items()}
ratios = {kind: rf.second_moment_ratio(arm.fan_in_variance, arm.negative_slope)
          for kind, arm in starts.items()}
pd.DataFrame({kind: [moments[kind][-1].mean(), ratios[kind] ** deep]
              for kind in starts}, index=["measured", "predicted"]).round(3)

# %% [markdown]
# Layer by layer, the mean (dashed: its prediction) and the mean of $\log q$ as the typical network:

# %% tags=["hide-input"]
line = np.arange(deep + 1)


def loud(kind, start):
    """Curves of one kind of network: mean and typical q with their predictions."""
    q, r = moments[kind, start], ratios[kind, start]
    quieter = r * np.exp(rf.log_drift(width, starts[kind, start].negative_slope))
    return {f"{kind}, mean": (line, q.mean(1), r**line),
            f"{kind}, typical": (line, np.exp(np.log(q).mean(1)), quieter**line)}


with figures.curves(
    "loudness", {f"start: {start}": loud("ReLU", start) | loud("leaky", start)
                 for start in ("He", "Xavier")},
    "Second moments lie on their predicted lines, the typical ones lower.",
    prediction="predicted", yscale="log", xlabel="layer", ylabel="second moment q",
):
    pass

# %%
ledger.judge({
    "52.1a": largest([abs(moments[kind][-1].mean() / ratios[kind] ** deep - 1)
                      for kind in starts], of=networks, digits=1),
})

# %% [markdown]
# ## 2. The head start
#
# Now training. Networks of eight hidden layers of 16 units learn digits of $10\times10$ pixels: 1,000 to train on, 500 to choose the learning rate
# by, 3,500 to test on. The loss is cross-entropy; descent has momentum 0.9, minibatches of 25, and a learning rate that falls in a line to zero over 40 epochs, so
# that a network comes to rest. Every network is trained at three learning rates, and at each look the rate is taken that is most accurate on the 500.
# So each way to train is at its own best rate on every split.
#
# The ways to train are ReLU, leaky ReLU with $a=0.25$ and with $a=0.01$ as in use, and PReLU, which starts at 0.25 and learns one slope for each layer.
# All start as He et al. propose, and ReLU from Xavier's start, too. They share splits, orders and random numbers, so that comparisons are paired.
# *Early* accuracy is the mean
# over the looks after 50, 100 and 200 of the 1,600 steps.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 52.2a | Early in training leaky ReLU of slope 0.25 is ahead of ReLU in deep networks | mean difference in early accuracy ≥ 0.05 | ours: five points | 2015 supplement (statement, read) |
# | 52.2b | Early in training ReLU is further with He's start than with Xavier's in deep networks | mean difference in early accuracy ≥ 0.01 | ours: one point | 2015 supplement (statement, read) |
#
# The ways, and the deep networks:

# %%
images, labels = small_digits()
arms = {"ReLU": rf.Arm(0.0, rf.he_variance(0.0)),
        "leaky 0.25": rf.Arm(0.25, rf.he_variance(0.25)),
        "leaky 0.01": rf.Arm(0.01, rf.he_variance(0.01)),
        "PReLU": rf.Arm(0.25, rf.he_variance(0.25), learned=True),
        "ReLU, Xavier": rf.Arm(0.0, 1.0)}
looks = [50, 100, 200, *range(400, 40 * epochs, 400), 40 * epochs]

# %% [markdown]
# A split of the digits, a start and an order come from one generator, the same at every depth:

# %%
def trained(layers, names):
    """Networks of so many hidden layers, trained in each of these ways."""
    sizes, steps = [100, *[hidden] * layers, 10], 40 * epochs
    each = [np.random.default_rng([seed, k]) for k in range(splits)]
    problems = rf.draw(images, labels, 1000, sizes, steps, 25, each)
    return rf.train_rectifiers({name: arms[name] for name in names}, problems, 25,
                               rates=learning_rates, looks=looks, held=500)


runs = {"deep": trained(deep, arms)}

# %% [markdown]
# Test accuracy after so many steps, means over the splits; training loss and mean slope at the end:

# %%
pd.DataFrame({
    way: dict(zip(looks, run.accuracy.mean(1).round(3), strict=True))
    | {"loss": run.loss.mean().round(3), "slope": run.slopes.mean().round(2)}
    for way, run in runs["deep"].items()
}).T

# %% [markdown]
# Accuracy at the end with each learning rate alone, 0 where descent diverged:

# %%
pd.DataFrame({way: run.every.mean(1) for way, run in runs["deep"].items()},
             index=sorted(learning_rates, reverse=True)).T.round(3)


# %%
def early(depth, way):
    """Mean accuracy over the first three looks, (splits,)."""
    return runs[depth][way].accuracy[:3].mean(0)


ledger.judge(
    {
        "52.2a": mean(early("deep", "leaky 0.25") - early("deep", "ReLU")),
        "52.2b": mean(early("deep", "ReLU") - early("deep", "ReLU, Xavier")),
    }
)

# %% [markdown]
# ## 3. In the end
#
# "Final performance" is what counts at the end. He et al. report that PReLU gains about one point of accuracy over ReLU, on a million images; a point
# is therefore what "contributes" is taken to mean. By the end ReLU, too, has nearly come to rest: its training loss is small (52.5i).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 52.3a | Leaky ReLU of slope 0.25 contributes a point to the final accuracy of deep networks, at this budget | mean difference in accuracy ≥ 0.01 | He et al.'s point | 2015 supplement (statement, read) |
# | 52.3b | Leaky ReLU of slope 0.01, as in use, contributes a point to the final accuracy of deep networks | mean difference in accuracy ≥ 0.01 | He et al.'s point | 2015 supplement (statement, read) |
# | 52.3c | Learning the slope contributes a point over the fixed slope of 0.25 in deep networks | mean difference in accuracy ≥ 0.01 | He et al.'s point | He et al. 2015 (statement, recalled) |
# | 52.3d | At the end He's start is ahead of Xavier's by less than two points for ReLU in deep networks | mean difference in accuracy ≤ 0.02 | a fifth of the head start | Ours |

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(width=7.5)
for name in ("leaky 0.25", "PReLU", "leaky 0.01", "ReLU, Xavier"):
    ahead = runs["deep"][name].accuracy - runs["deep"]["ReLU"].accuracy
    figures.measured(ax, looks, ahead.mean(1), name)
    ax.fill_between(
        looks,
        *np.transpose([mean_interval(x) for x in ahead]),
        color=figures.look(ax, name)["color"],
        alpha=0.2,
        linewidth=0,
    )
figures.level(ax, 0, "ReLU, He's start", theory=False)
ax.set(xscale="log", xlabel="steps", ylabel="accuracy ahead of ReLU, He's start")
figures.save(fig, "key", "A leak of a quarter stays ahead; the worse start catches up.")


# %%
def final(way, depth="deep"):
    """Accuracy at the end less that of ReLU, (splits,)."""
    return runs[depth][way].accuracy[-1] - runs[depth]["ReLU"].accuracy[-1]


ledger.judge(
    {
        "52.3a": mean(final("leaky 0.25")),
        "52.3b": mean(final("leaky 0.01")),
        "52.3c": mean(final("PReLU") - final("leaky 0.25")),
        "52.3d": mean(-final("ReLU, Xavier")),
    }
)

# %% [markdown]
# ## 4. A likely reason: inputs stay apart
#
# The leak has $r=1$, as ReLU has, and is ahead to the end; Xavier's start has $r=\frac12$, and catches up. So loudness is not the reason. The angle may
# be. Wide layers of slope $a$ turn the cosine $c$ of two inputs into
#
# $$c'=\frac{2a\,c+(1-a)^2J(c)}{1+a^2},\qquad J(c)=\frac{\sqrt{1-c^2}+(\pi-\arccos c)\,c}\pi,$$
#
# whatever $s^2$ is (52.5g). What is left of the distance, $1-c$, is what a classifier can use. If this is the reason, the gain must grow with depth,
# and a leak of a hundredth must give little, since it leaves the map nearly as it is. So we train networks of three layers on the same splits.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 52.4a | Leaky ReLU of slope 0.25 contributes more to the final accuracy of deep networks than to that of shallow ones | mean difference of the gains ≥ 0.002 | the same gain would be 0; errors 0.005 | Ours |
#
# Distances $1-c$ of two inputs at right angles, layer by layer, and the map:

# %% tags=["hide-input"]
mapped = {a: [0.0] for a in (0.0, 0.01, 0.25)}
[mapped[a].append(float(rf.cosine_map(mapped[a][-1], a)))
 for a in mapped for _ in line[1:]]
apart = {a: 1 - rf.redrawn_cosines(256, deep, a, networks // 10, rng) for a in mapped}
with figures.curves(
    "apart",
    {"": {f"a = {a}": (line, apart[a].mean(1), 1 - np.array(mapped[a]))
          for a in mapped}},
    "Distance of two inputs falls with depth, and less with a leak of a quarter.",
    prediction="map of wide layers", yscale="log", xlabel="layer",
    ylabel="distance 1 - cosine", width=7,
):
    pass

# %% [markdown]
# And the gains over ReLU at the end, with their intervals:

# %%
runs["shallow"] = trained(shallow, ["ReLU", "leaky 0.25", "leaky 0.01"])
gains = {f"{way}, {depth}": final(way, depth) for depth in ("deep", "shallow")
         for way in ("leaky 0.25", "leaky 0.01")}
gains |= {f"{way}, deep": final(way) for way in ("PReLU", "ReLU, Xavier")}
pd.DataFrame({name: [x.mean(), *mean_interval(x)] for name, x in gains.items()},
             index=["gain", "from", "to"]).T.round(3)

# %% [markdown]
# The gains of a slope of a quarter in deep networks, fixed or learned from there (PReLU), stand apart from the others:

# %% tags=["hide-input"]
with figures.effects(
    "gains", {name: (x.mean(), *mean_interval(x)) for name, x in gains.items()},
    "Gains at the end: a leak of a quarter in deep networks stands out.", neutral=0,
    xlabel="final accuracy less that of ReLU from He's start",
):
    pass

# %%
ledger.judge(
    {
        "52.4a": mean(gains["leaky 0.25, deep"] - gains["leaky 0.25, shallow"]),
    }
)

# %% [markdown]
# ## Reading
#
# **What the sentence should say.** In deep thin networks a leak of a quarter is worth a head start, and points at the end. The leak that is in use, a
# hundredth, does not differ from ReLU in what was measured (52.3b, 52.5h). He et al. report about a point for slopes that are learned for each channel,
# on a million images; a point at three layers is not excluded here, and at eight layers the fixed leak gives more than that. Learning the slope does
# not beat fixing it at a quarter (52.3c).
#
# **Two things, told apart.** From Xavier's start ReLU loses a factor of 256 in power on its way through eight layers, and training makes up for it within a few
# hundred steps. That inputs have become alike it may not make up for: the networks of slope 0.25 have $r=1$ as ReLU has, keep twice the distance at the
# start, and stay ahead. A leak of 0.01 leaves distances as they are and gains nothing that shows. This agrees with the angle as the reason; it is no
# proof, for a leak also keeps units from dying and gradients from vanishing.
#
# **How final is the end?** A learning rate that falls to zero brings every network to rest, at this budget of 40 passes. ReLU still has a higher training loss then, and more passes
# help it more (see below). Nor is any of this a statement about wide networks: there more units can tell apart inputs that are alike.
#
# **Learning rates.** With a leak of a quarter 0.04, the end of the list, is best on average; for all other deep networks it is 0.02. At 0.04 runs
# diverge, many of those with learned slopes among them. A longer list could only add to the gain of a quarter.
#
# **Limits.** There is one data set, whose digits the splits share, one width, and no normalization or skips, which take over much of what the start
# does. After every step weights
# are rounded to multiples of $2^{-18}$, a small part of a step: without it the last bits of another processor would make other runs.
#
# **Try.** `hidden = 32, splits = 6`: twice as wide, eight layers gain 0.011 by a leak of a quarter, less than half as much, so that 52.3a and 52.4a hold only partly; He's start is as
# large an advantage at first, and none at the end. `epochs = 80`: with twice as many passes the gain is 0.024, and ReLU's training loss falls to 0.025; no verdict
# changes.
#
# ## 5. Checks
#
# With $k=6(1+a^4)/(1+a^2)^2-1$, the relative variance of $q'$ in a layer is $k/n$. The mean logarithm has an exact form, since $q'/rq$ is a mean of $n$ independent squares whose
# Laplace transform is a power: with $f(x)=\frac12(1+x)^{-1/2}$ and $t'=4t/(n(1+a^2))$,
#
# $$\mathbb E\log\frac{q'}{rq}=\int_0^\infty\Bigl(e^{-t}-\bigl[f(t')+f(t'a^2)\bigr]^n\Bigr)\frac{dt}t\approx-\frac k{2n}.$$
#
# A layer of ReLU is off with probability $2^{-n}$, and then the network is dead; the formula is for those that live.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 52.5a | The mean square of q is multiplied by (1 + k/n) r² in every layer | largest departure of measured/predicted from 1 in layer 4 ≤ 0.05 | error 0.01; k too small by one fifth is 0.06 | Ours |
# | 52.5b | The typical network of section 1 is quieter than the mean as the integral says | largest departure of measured/predicted mean log from 1 ≤ 0.08 | errors of 0.02 in 20,000 networks | Ours |
# | 52.5c | The integral gives the mean logarithm of narrow networks, with a leak and without | largest departure of measured/predicted from 1 ≤ 0.04 | errors 0.01; −k/2n misses by a quarter at width 8 | Ours |
# | 52.5d | Networks with weight matrices have the same mean logarithm as redrawn layers | largest departure of measured/predicted from 1 ≤ 0.05 | errors of 0.015, half as many networks | Ours |
# | 52.5e | ReLU networks of the smallest width die in a share 1 − (1 − 2⁻ⁿ)^L | share dying ± 0.003 | error 0.0006; one layer more or less is 0.004 | Ours |
# | 52.5f | *control:* No leaky network of the smallest width dies | share ≤ 0 | it cannot by its form | Ours |
# | 52.5g | Distances of two inputs follow the map of wide layers in every layer, for all three slopes | largest departure of measured/predicted from 1 ≤ 0.05 | errors of 0.01, and as much for a width of 256 | Cho and Saul 2009 (statement, recalled) |
# | 52.5h | *control:* Leaky ReLU of slope 0.01 gives no head start in deep networks | mean difference in early accuracy 0 ± 0.05 | the bound of 52.2a; errors of 0.02 | Ours |
# | 52.5i | Deep ReLU networks have nearly come to rest at the end of training | mean training loss ≤ 0.15 | ours; it falls from 2.3 | Ours |
# | 52.5j | The slopes of PReLU rise from a quarter in deep networks | mean slope at the end ≥ 0.3 | ours: a fifth above the start | Ours |


# %%
def departure(q, n, a, r=1):
    """Of the mean log of those that live from the integral, relative."""
    found = np.log(q[-1][q[-1] > 0]).mean() - deep * np.log(r)
    return abs(found / (deep * rf.log_drift(n, a)) - 1)


def narrow_ones(drawn, count):
    """Departures of narrow networks, with a leak and without, from He's start."""
    return [departure(drawn(n, deep, rf.he_variance(a), a, count, rng), n, a)
            for n in narrow for a in (0.0, 0.25)]


ledger.judge({
    "52.5a": largest([
        abs((moments[kind][4] ** 2).mean() / ratios[kind] ** 8
            / (1 + rf.moment_spread(starts[kind].negative_slope) / width) ** 4 - 1)
        for kind in starts], of=networks, digits=1),
    "52.5b": largest([
        departure(moments[kind], width, starts[kind].negative_slope, ratios[kind])
        for kind in starts], of=networks, digits=1),
})

# %%
ledger.judge({
    "52.5c": largest(narrow_ones(rf.redrawn_moments, networks), of=networks, digits=1),
    "52.5d": largest(narrow_ones(rf.matrix_moments, networks // 2),
                     of=networks // 2, digits=1),
})

# %% [markdown]
# Those that die are counted among four times as many; then the angles and the training:

# %%
ledger.judge({
    "52.5e": share(rf.redrawn_moments(
        min(narrow), deep, 2.0, 0.0, 4 * networks, rng)[-1] == 0),
    "52.5f": share(rf.redrawn_moments(
        min(narrow), deep, 2.0, 0.25, networks, rng)[-1] == 0, sample=False),
    "52.5g": largest([np.abs(apart[a].mean(1) / (1 - np.array(mapped[a])) - 1)
                      for a in mapped], of=networks // 10, digits=1),
}, dying=rf.dying(min(narrow), deep))

# %%
ledger.judge({
    "52.5h": mean(early("deep", "leaky 0.01") - early("deep", "ReLU")),
    "52.5i": mean(runs["deep"]["ReLU"].loss),
    "52.5j": mean(runs["deep"]["PReLU"].slopes.mean(1)),
})

# %% [markdown]
# Together:

# %%
ledger.conclude()
