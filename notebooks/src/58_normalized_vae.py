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
# # Pairs of images ruin a normalized autoencoder, unless it is convolutional
#
# ![verdict](../figures/58_normalized_vae/verdict.svg)
#
# **Question.** A student's convolutional variational autoencoder trained as expected only after its batch normalization was taken out. Why should normalization, which
# helps elsewhere, do harm here?
#
# **Answer.** Dense autoencoders normalized in pairs lose 8 nats of their likelihood bound, whether a step sees two images or 64: the size of the group
# matters. Layer normalization costs nothing. A convolutional one, of the student's kind, loses nothing: the failure is not reproduced.
#
# ![bound lost by normalization in pairs, by what is normalized](../figures/58_normalized_vae/key.svg)
#
# What normalization changes in the bound on the log-likelihood of test images (ELBO), for eight ways to normalize, each against its plain twin.
# "Encoder only" and "decoder only" are in pairs. Bars are 95% intervals over independent splits.
#
# *Source:* the fourth question in Cho 2020, *A few Q&A's from the course F'20 Deep Learning*, and his answer. The model: Kingma and Welling 2014, *Auto-encoding variational Bayes*
# ([arXiv:1312.6114](https://arxiv.org/abs/1312.6114)); the layers: Ioffe and Szegedy 2015 ([arXiv:1502.03167](https://arxiv.org/abs/1502.03167)), Ba, Kiros and Hinton 2016
# ([arXiv:1607.06450](https://arxiv.org/abs/1607.06450)).
#
# Before: [57](57_minibatches.ipynb) · Next: [59](59_attention_scale.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Batch normalization takes a unit's values over the images of a minibatch, subtracts their mean and divides by their standard deviation. What is left
# of a value when the group is small? Six values, normalized in pairs:

# %%
import math

import numpy as np


def in_groups(values, m):
    """Values normalized in groups of m neighbours."""
    groups = np.reshape(values, (-1, m))
    centred = groups - groups.mean(1, keepdims=True)
    return (centred / np.sqrt((centred**2).mean(1, keepdims=True))).ravel()


in_groups([3.1, 0.2, -1, 5, 0.1, 0.0], 2).round(2).tolist()

# %% [markdown]
# One bit is left: which of the two is larger. How far apart they are is gone, and the bit says as much about the *other* image as about one's own. Let
# the values $v$ be Gaussian, with mean 0 and standard deviation 1 in the population; $\bar v$ is their mean in a group of $m$, and $\hat z$ is the
# normalized value. As the values of a group are independent, $\mathbb E\,\hat z\,v=\mathbb E\,\hat z\,(v-\bar v)$, which is the mean of the group's own
# standard deviation:
#
# $$c_m=\operatorname{corr}(\hat z,v)=\sqrt{\frac2m}\;\frac{\Gamma(m/2)}{\Gamma((m-1)/2)},\qquad 1-c_m^2\approx\frac3{2m}.$$

# %%
def kept(m):
    """Correlation of a value, normalized in a group of m, with itself."""
    return math.sqrt(2 / m) * math.gamma(m / 2) / math.gamma((m - 1) / 2)


def correlation(m, count=64_000, seed=0):
    """The same, drawn."""
    v = np.random.default_rng(seed).normal(size=count)
    return np.corrcoef(in_groups(v, m), v)[0, 1]


{m: (round(kept(m), 2), round(float(correlation(m)), 2)) for m in (2, 4, 16, 64)}

# %% [markdown]
# In a pair 0.56 is left, in a group of 64 nearly all. This is the suspect: not normalization as such, and not the noise of small steps, but the size of
# the group. The rest of the notebook tests it.
#
# A variational autoencoder sends an image $x$ to the mean $\mu$ and the variance $s^2$ of a Gaussian, takes a random code $z=\mu+s\,\varepsilon$ from
# it, $\varepsilon$ standard normal, and sends $z$ to a probability $p_i$ for every pixel. It maximizes a lower bound on
# the log-likelihood of the image, in nats,
#
# $$\text{ELBO}=\sum_i\bigl[x_i\ln p_i+(1-x_i)\ln(1-p_i)\bigr]-\text{KL},\qquad\text{KL}=\tfrac12\sum_j\bigl(\mu_j^2+s_j^2-1-\ln s_j^2\bigr).$$
#
# The *dense* one is 100-64-(8 + 8)-64-100 with rectifiers, on digits of $10\times10$ grey pixels; its two hidden layers are plain or normalized. Adam makes 2,000 steps on minibatches of 2 or 600 on minibatches of 64, the last quarter at a fifth of
# the rate. All arms share splits, starts, order and noise $\varepsilon$, so that differences are paired. Normalized layers use running averages on tests.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
draws = 6  # in [3, 100]: splits, starts, orders and noise that are judged
tuning_draws = 2  # in [1, 50]: further ones, on which the learning rates are chosen
hidden = 64  # in [16, 256]: units of a hidden layer
code = 8  # in [2, 32]: numbers in the code
channels = 8  # in [2, 32]: channels of the first convolution
longer = 4000  # in [2500, 12000]: steps of the long run in pairs

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("58_normalized_vae", globals())  # reads and checks the parameters

from lib import data
from lib.practice import autoencoders as ae, convolutional_autoencoders as ca
from lib.practice.networks import PLAIN, Form, normalize, slope_before
from lib.statistics import largest, mean
from lib.suite import figures

import pandas as pd
import torch

figures.style()
digits = data.shrink(data.digits()[0].view(-1, 28, 28)[:, 4:24, 4:24].flatten(1), 10)

# %% [markdown]
# `lib` normalizes in groups as the model does, and has the same formula:

# %%
np.allclose(in_groups([3.0, 1, 4, 1.5], 2),
            normalize(torch.tensor([3.0, 1, 4, 1.5]).double(), 2, 0.0)[0]), [
    math.isclose(kept(m), ae.kept_signal(m)) for m in (2, 4, 16, 64)]

# %% [markdown]
# ## 1. Pairs, and normalization as such
#
# If normalization as such were bad for this model, it would be bad in any direction. *Layer* normalization does the same sums, over the units of one
# image in place of the images of one unit: no image sees another. If it does no harm in minibatches of two, then the arithmetic is not to blame.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 58.1a | In minibatches of two, batch normalization costs a dense autoencoder nats on tests | mean ELBO normalized − plain ≤ −4 | ours: half of what the mean image is below | Cho 2020, question 4 (statement, read) |
# | 58.1b | *control:* Layer normalization in minibatches of two costs next to nothing | mean ELBO normalized − plain 0 ± 1.5 | ours; a fifth of the loss by pairs | Ours, after Ba, Kiros and Hinton 2016 (recalled) |
#
# Each arm runs at its best rate, chosen on other splits. A decoder that paints the mean training image, whatever the code, is the last row of the table below.

# %%
def problems(which, count):
    """Splits, starts, orders and noise, side by side."""
    own = [np.random.default_rng([seed, which, k]) for k in range(count)]
    return ae.draw_with_noise(digits, 4000, 64 * 600, hidden, code, own)


tuning, judged = problems(1, tuning_draws), problems(2, draws)


def arm(B, where="both", rates=(0.001, 0.003, 0.01), m=None, how=PLAIN, steps=None):
    """One arm at its best rate, normalized in groups of m: `ae.BestRate`."""
    steps = steps or {2: 2000, 64: 600}[B]
    return ae.judged_at_best_rate(
        tuning, judged, rates, B, steps, where=ae.WHERE[where], how=how,
        groups=1 if m is None else B // m)


[tuple(x.shape) for x in judged.start]

# %% [markdown]
# These are the shapes of the weights and biases, a network for every draw. Now trained, and tested:

# %%
arms = {"plain": arm(2, "plain"), "batch": arm(2),
        "layer": arm(2, how=Form(over="units"))}
nothing = ae.mean_image_elbo(judged.images, judged.tests)
pd.DataFrame(
    {name: [run.rate, run.bound.mean(), run.kl.mean()] for name, run in arms.items()}
    | {"mean image": [np.nan, nothing.mean(), 0]},
    index=["rate", "ELBO", "KL"]).T.round(3)

# %% [markdown]
# This is what the loss looks like. From top to bottom: ten test digits, and what the plain and the normalized network make of their codes.

# %%
shown = judged.tests[:1, :10]


def painted(trained):
    """Pixels that the first network makes of ten tests."""
    first = tuple(x[:1] for x in trained.parameters)
    own = {layer: (m[:1], s[:1]) for layer, (m, s) in trained.running.items()}
    run = ae.pass_through(first, shown, judged.noise_of_tests[:1, :10],
                          where=trained.where, statistics=own)
    return torch.sigmoid(run.scores).mT


sheet = torch.cat([shown, painted(arms["plain"].trained),
                   painted(arms["batch"].trained)])
sheet.shape

# %% [markdown]
# Thirty pictures of a hundred pixels:

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(width=7, height=2.2)
ax.imshow(sheet.view(3, 10, 10, 10).transpose(1, 2).reshape(30, 100), cmap="gray_r")
ax.set_yticks([4.5, 14.5, 24.5], ["tests", "plain", "normalized"])
ax.set(xticks=[])
ax.grid(visible=False)
figures.save(fig, "pictures", "Plain networks paint the digits, normalized ones blurs.")

# %%
ledger.judge({
    "58.1a": mean(arms["batch"].bound - arms["plain"].bound, digits=2),
    "58.1b": mean(arms["layer"].bound - arms["plain"].bound, digits=2),
})

# %% [markdown]
# ## 2. Small steps or small groups?
#
# A minibatch of two is small in two ways: its gradient is noisy, and its statistics are those of two images. Take 64 images a step, but cut them into pairs, each with its own mean and standard deviation. Now the gradient is that of 64 images. If noise did the harm, the harm is gone.
#
# And is it the division that does it, which leaves one bit of a value? We only subtract the mean of each pair, divide by nothing, and compare with the
# same arithmetic over all 64.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 58.2a | Pairs in minibatches of 64 lose as much as minibatches of two | mean loss − loss of 58.1a 0 ± 2 | ours: a quarter of the loss | Ours, after Hoffer, Hubara and Soudry 2017 (recalled) |
# | 58.2b | The mean of a pair alone does harm: only centred in pairs, against only centred over 64 | mean difference of ELBO ≤ −1 | ours; a nat is an eighth of the loss | Ours |
#
# Differences in nats, with their intervals:

# %%
arms.update({
    "plain 64": arm(64, "plain", (0.003, 0.01, 0.03)),
    "all 64": arm(64, rates=(0.01, 0.03, 0.1)),
    "pairs": arm(64, m=2),
    "centred in pairs": arm(64, m=2, how=Form(scaled=False)),
    "centred": arm(64, rates=(0.003, 0.01, 0.03), how=Form(scaled=False)),
})


def gap(name, other):
    """ELBO of one arm less that of another, one for each split."""
    return arms[name].bound - arms[other].bound


{f"{name} − {other}": mean(gap(name, other), digits=2)
 for name, other in (("pairs", "plain 64"), ("all 64", "plain 64"),
                     ("centred in pairs", "centred"))}

# %% [markdown]
# Pairs lose as much with 64 images a step as with two. It is the group, and not the step. The mean of a pair alone accounts for less than half of it.

# %%
ledger.judge({
    "58.2a": mean(gap("pairs", "plain 64") - gap("batch", "plain"), digits=2),
    "58.2b": mean(gap("centred in pairs", "centred"), digits=2),
})

# %% [markdown]
# ## 3. Cho's answer
#
# Cho answers the student from experience. In the encoder normalization should not really matter: what it adds is noise, and the code is noisy anyway. In the decoder it may, since it changes $p(x\mid z)$ with whatever else is in the
# minibatch; but that should be felt in the early stage of learning, and not later. Both can be tested: one layer is normalized in pairs and the other
# is plain; and networks that learn from pairs are given
# more steps.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 58.3a | Pairs in the encoder alone do not matter | mean ELBO normalized − plain 0 ± 1 | ours: a nat is an eighth of the loss | Cho 2020, answer 4 (statement, recalled) |
# | 58.3b | What minibatches of two cost is a matter of the early stage: with more steps the loss shrinks | mean loss late − loss after 2,000 steps ≥ 1 | ours: a nat is an eighth of the loss | Cho 2020, answer 4 (statement, recalled) |

# %%
arms.update({
    "encoder in pairs": arm(64, "encoder", m=2),
    "decoder in pairs": arm(64, "decoder", m=2),
    "plain, late": arm(2, "plain", [arms["plain"].rate], steps=longer),
    "batch, late": arm(2, "both", [arms["batch"].rate], steps=longer),
})
pd.DataFrame({name: [one.rate, one.bound.mean(), one.kl.mean()]
              for name, one in arms.items()}, index=["rate", "ELBO", "KL"]).T.round(3)

# %% [markdown]
# Both halves suffer. Where only the decoder is normalized the code falls silent: a KL below one nat means that it is hardly used. And the loss does not
# shrink with more steps.

# %%
ledger.judge({
    "58.3a": mean(gap("encoder in pairs", "plain 64"), digits=2),
    "58.3b": mean(gap("batch, late", "plain, late") - gap("batch", "plain"), digits=2),
})

# %% [markdown]
# ## 4. The student's own case
#
# The student's autoencoder was convolutional. A convolution takes its statistics over all positions of an image too, so two images give fifty values in
# the first layer and eighteen in the second, though these are far from independent. If the size of the group decides, they should do little harm. Ours
# has three normalized convolutions, $3\times3$ with stride 2, of 8, 16 and 8 channels, and is trained on pairs as the dense one is.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 58.4a | In minibatches of two, batch normalization keeps a convolutional autoencoder from training as expected | mean ELBO normalized − plain ≤ −2 | ours: a quarter of what the dense one loses | Cho 2020, question 4 (statement, read) |

# %%
def convolutional(normalized):
    """ELBO on tests after 2,000 minibatches of two, at the better of two rates."""
    start = ca.convolutional_start(
        channels, code, [np.random.default_rng([seed, 3, k]) for k in range(draws)])
    run = ca.train_convolutional(judged, start, [0.003, 0.01], 2, 2000,
                                 normalized=normalized)
    return max(ca.convolutional_tests(judged, run)[0], key=np.mean)


conv = {"plain": convolutional(False), "normalized": convolutional(True)}
{name: mean(bound, digits=3) for name, bound in conv.items()}

# %% [markdown]
# All effects of this notebook, beside each other:

# %% tags=["hide-input"]
shown_gaps = {
    "dense, minibatches of 2": gap("batch", "plain"),
    "the same, after more steps": gap("batch, late", "plain, late"),
    "layer normalization, of 2": gap("layer", "plain"),
    "pairs in minibatches of 64": gap("pairs", "plain 64"),
    "pairs, encoder only": gap("encoder in pairs", "plain 64"),
    "pairs, decoder only": gap("decoder in pairs", "plain 64"),
    "one group of 64": gap("all 64", "plain 64"),
    "convolutional, minibatches of 2": conv["normalized"] - conv["plain"],
}
with figures.effects(
    "key", {name: (found.measured, *found.interval) for name, nats in shown_gaps.items()
            for found in [mean(nats)]},
    "Pairs cost dense networks 8 nats; layers, groups of 64 and convolutions nothing.",
    neutral=0, xlabel="ELBO on tests, normalized − plain [nats]",
):
    pass

# %%
ledger.judge({"58.4a": mean(conv["normalized"] - conv["plain"], digits=2)})

# %% [markdown]
# ## Reading
#
# **For the student.** Count the values that share a mean. If they are those of two or four images in a dense layer, take the normalization out, or
# normalize over the units, or take more images. A convolution has all positions to average over, and is safe here even in pairs; what went wrong in the
# student's network may have been something else, such as a normalized code or normalized pixels, which are not tried here.
#
# **Cho's answer.** That the decoder is the worse place is right: it loses 3 nats more than the encoder (check 58.5d). That the encoder does not matter
# is wrong for pairs (58.3a). And the loss is no matter of the early stage: it grows with more steps (58.3b), in which the plain network gains more than
# the normalized one.
#
# **Collapse?** A VAE that fails is often said to have given up its code. With both layers normalized it has not, quite: its code costs two nats and
# earns nothing, as the bound is below that of the mean image. The code falls silent where only the decoder is normalized (58.5e).
#
# **What is shown.** The cause is the size of the group: it alone was changed, with all else equal. *How* it harms is less clear. Two exact facts point
# the same way: in a group of $m$ a value correlates with what it was as $c_m$ says (check 58.5j), and the group lets the share $1-2/m$ of the square of
# a slope pass (58.5k). At $m=2$ both are at their worst. Testing in pairs, as in training, brings back a fifth of the loss (58.5h); the rest is in the
# weights.
#
# **Limits.** Grids hold three rates, and some arms took an end of theirs, as the table shows: in minibatches of two, batch normalization hardly minds
# the rate (on other splits −52.2, −51.1, −51.1 and −51.0 nats at 0.0003, 0.001, 0.003 and 0.01). All this is for small networks with rectifiers, one
# data set whose splits share 5,000 digits, and one schedule. In small groups descent is chaotic, so weights are rounded to multiples of $2^{-18}$ after
# every step. With minibatches of two every image is seen once, with 64 nearly ten times; only
# differences at the same minibatch are judged. The two convolutional networks each take the better of two rates on the very tests that judge them. The
# student's own architecture and data are not known.
#
# **Try.** `code = 2`: 58.1b fails, for pairs still lose 8 nats, but normalization of the layer now loses 1.8. `hidden = 16`: networks so narrow train
# less reliably, and splits differ so much that 58.5a fails and 58.1a, 58.1b, 58.2a and 58.5h hold only partly.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 58.5a | *control:* In minibatches of two the plain dense network beats the mean image | mean difference of ELBO ≥ 3 | the data suffice | Ours |
# | 58.5b | In minibatches of two the normalized dense network falls below the mean image | mean difference of ELBO ≤ 0 | worse than no network | Ours |
# | 58.5c | One group of 64 does no harm | mean ELBO normalized − plain ≥ −0.3 | ours; less than a twentieth of the loss by pairs | Ioffe and Szegedy 2015 (statement, abstract) |
# | 58.5d | Pairs in the decoder alone do more harm than pairs in the encoder alone | mean difference of ELBO ≤ −1 | ours; a nat is an eighth of the loss | Cho 2020, answer 4 (statement, recalled) |
# | 58.5e | Where only the decoder is normalized in pairs the code falls silent | mean KL ≤ 1.2 | plain networks have five | Ours |
# | 58.5f | In minibatches of two a normalized network buys less code than a plain one | mean KL normalized − plain ≤ −0.5 | ours; a tenth of the code | Ours |
# | 58.5g | Exact statistics over the training images do not cure the network of minibatches of two | mean ELBO normalized − plain ≤ −3 | ours; a third of the loss | Ours |
# | 58.5h | Tests in pairs, as trained, do not cure the network of minibatches of two | mean ELBO normalized − plain ≤ −3 | ours; a third of the loss | Ours |
# | 58.5i | Exact statistics change little against running averages | mean change of ELBO 0 ± 1 | ours; an eighth of the loss | Ours |
# | 58.5j | Values normalized in groups of 2, 4, 16 and 64 correlate with the true ones as the formula says, at the start | largest distance of measured/predicted from 1 ≤ 0.05 | pixels are not Gaussian, sums nearly | Ours |
# | 58.5k | Of the square of a random slope the share 1 − 2/m passes down through a group of m | largest difference ≤ 0.02 | near ties let a little through at two | Ioffe and Szegedy 2015 (statement, recalled) |
# | 58.5l | *control:* The plain convolutional network beats the mean image | mean difference of ELBO ≥ 3 | it trains as expected | Ours |
#
# The network of minibatches of two again, with the statistics of all training images; and tested in pairs, each with its own:

# %%
batch = arms["batch"].trained
exact = ae.elbo_on_tests(judged, batch, ae.recomputed(judged, batch))[0][0]
pairwise = ae.elbo_on_tests(judged, batch, group=2)[0][0]
{"running": mean(arms["batch"].bound), "exact": mean(exact), "in pairs": mean(pairwise)}

# %% [markdown]
# What groups keep of a value and let pass of a slope, in both hidden layers at the start:

# %%
ones = torch.ones(draws, hidden, dtype=torch.float64)
run = ae.pass_through((*judged.start, ones, ones), judged.images[:, :3968],
                      judged.noise_of_images[:, :3968], where=(0, 1))
values = torch.stack([run.normalized[0], run.normalized[1]])
slope = torch.from_numpy(np.random.default_rng([seed, 4]).standard_normal(values.shape))


def through(m):
    """Correlation of each unit's values with the true ones; share of slope passed."""
    z, (_, sd) = normalize(values, 3968 // m)
    below = slope_before(slope, z, sd) * sd.repeat_interleave(m, -1)
    return (values * z).mean((2, 3)), float(below.square().sum() / slope.square().sum())


passed = {m: through(m) for m in (2, 4, 16, 64)}
pd.DataFrame({m: [float(found[0].mean()), kept(m), found[1], 1 - 2 / m]
              for m, found in passed.items()},
             index=["correlation", "formula", "slope passed", "1 − 2/m"]).round(2)

# %% [markdown]
# All of the table:

# %%
ledger.judge({
    "58.5a": mean(arms["plain"].bound - nothing, digits=2),
    "58.5b": mean(arms["batch"].bound - nothing, digits=2),
    "58.5c": mean(gap("all 64", "plain 64"), digits=2),
    "58.5d": mean(gap("decoder in pairs", "encoder in pairs"), digits=2),
    "58.5e": mean(arms["decoder in pairs"].kl, digits=2),
    "58.5f": mean(arms["batch"].kl - arms["plain"].kl, digits=2),
    "58.5g": mean(exact - arms["plain"].bound, digits=2),
    "58.5h": mean(pairwise - arms["plain"].bound, digits=2),
    "58.5i": mean(exact - arms["batch"].bound, digits=2),
    "58.5j": largest([abs(found[0] / ae.kept_signal(m) - 1)
                      for m, found in passed.items()], of=draws, digits=1),
    "58.5k": largest([abs(found[1] - 1 + 2 / m) for m, found in passed.items()],
                     of=draws, digits=1),
    "58.5l": mean(conv["plain"] - nothing, digits=2),
})

# %%
ledger.conclude()
