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
# # A lottery ticket wins by its own signs, however it is pruned
#
# ![verdict](../figures/56_lottery_tickets/verdict.svg)
#
# **Question.** Train a network, throw away the weights that ended small, set the rest back to their start, train again: the sparse network learns, where
# the same connections with new weights learn less. What did it draw in the lottery?
#
# **Answer.** Its signs, in their places. At one size per layer they serve as well as the ticket; drawn anew, they cost six points of accuracy. They
# need not be the trained network's: pruned by movement, a third disagree, and the smallest ticket is as good.
#
# ![accuracy of the ticket and of what is left of it](../figures/56_lottery_tickets/key.svg)
#
# Test accuracy of networks with one weight in fourteen left, less that of the ticket, each at its own best learning rate; 95% intervals of the mean.
# With its own signs a network does as well as the ticket, with random signs or new weights worse, and in shuffled places worst.
#
# *Source:* Frankle and Carbin 2019, *The lottery ticket hypothesis* ([arXiv:1803.03635](https://arxiv.org/abs/1803.03635)); Zhou, Lan, Liu and Yosinski 2019,
# *Deconstructing lottery tickets* ([arXiv:1905.01067](https://arxiv.org/abs/1905.01067)). Kyunghyun Cho's *A few Q&A's* (2020) names the first
# where it asks whether large networks have bad minima.
#
# Before: [55](55_hints.ipynb) · Next: [57](57_minibatches.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# Twelve ReLU units $h=\max(Wx,0)$ learn $y=\max(x_1-x_2,0)-\max(x_3+x_4,0)$ from 200 inputs of eight numbers, by gradient descent on the
# mean squared error of $v\cdot h$. A **mask** of zeros and ones says which entries of $W$ are open; closed ones are 0 and stay there.

# %%
import numpy as np


def task(seed):
    """Inputs, outputs, and the starts W and v."""
    rng = np.random.default_rng(seed)
    X, W, v = rng.normal(size=(200, 8)), rng.normal(size=(12, 8)), rng.normal(size=12)
    y = np.maximum(X[:, 0] - X[:, 1], 0) - np.maximum(X[:, 2] + X[:, 3], 0)
    return X, y, W / 8**0.5, v / 12**0.5

# %% [markdown]
# Descent moves the open entries only:

# %%
def train(X, y, W, v, mask, eta=0.1, steps=400):
    """W at the end, and the mean squared error there."""
    W = W * mask
    for _ in range(steps):
        H = np.maximum(X @ W.T, 0)
        e = (H @ v - y) / len(y)
        W, v = W - eta * mask * ((e[:, None] * v * (H > 0)).T @ X), v - eta * H.T @ e
    return W, float(((np.maximum(X @ W.T, 0) @ v - y) ** 2).mean())

# %% [markdown]
# A round of pruning trains, closes the smaller half of what is open, and sets the rest back. After three rounds one entry in eight is open. Each row is
# a unit:

# %%
def ticket(X, y, W, v):
    """The mask after three rounds: train, close the smaller half, rewind."""
    mask = np.ones_like(W)
    for _ in range(3):
        size = np.abs(train(X, y, W, v, mask)[0])
        mask = mask * (size >= np.median(size[mask > 0]))
    return mask


ticket(*task(0)).astype(int)

# %% [markdown]
# The mask with the start $W$ is the **ticket**. Take something away: the whole start (new weights), the sizes (one size, own signs) or the signs (own sizes, random signs).
# In how many of 16 seeds does training fail, with an error above 0.12 at the end?

# %%
def left(seed):
    """Error of the ticket, and without its start, its sizes, its signs."""
    X, y, W, v = task(seed)
    mask, rng = ticket(X, y, W, v), np.random.default_rng(seed + 100)
    starts = (W, rng.normal(0, 8**-0.5, W.shape), np.sign(W) / 8**0.5,
              np.abs(W) * rng.choice([-1, 1], W.shape))
    return [train(X, y, start, v, mask)[1] for start in starts]


failed = (np.array([left(seed) for seed in range(16)]) > 0.12).sum(0)
dict(zip(("ticket", "new weights", "one size", "random signs"), failed.tolist(),
         strict=True))

# %% [markdown]
# With its own signs a sparse network learns nearly always, whatever the sizes. With random ones it often fails, perhaps because a unit that has one or
# two inputs left, of the wrong sign, is of no use and cannot be replaced. The rest tests this on digits, with each network at its own best learning
# rate, and asks whose signs they are.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
splits = 8  # in [3, 100]: splits of the digits, each with a start and an order
epochs = 15  # in [2, 100]: passes over the 1000 digits that are trained on
learning_rates = [0.002, 0.006, 0.02, 0.06]  # each in [1e-5, 0.2]: of Adam
hidden = [50, 30]  # each in [10, 300]: hidden units

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("56_lottery_tickets", globals())  # reads and checks the parameters

from lib.data import small_digits
from lib.practice import lottery_tickets as lt, networks as nets
from lib.statistics import largest, mean, mean_interval
from lib.suite import figures

import pandas as pd
import torch

figures.style()

# %% [markdown]
# `lib` masks, trains and prunes many networks of any depth at once. Whether the model and `lib` answer alike with one masked network:

# %%
def answers(X, y, W, v):
    """Of the ticket, as the model and as lib give them."""
    mask = ticket(X, y, W, v)
    sparse = lt.masked((torch.tensor(W)[None],), (torch.tensor(mask)[None],))
    biases = torch.zeros(1, 12).double(), torch.zeros(1, 1).double()
    one = nets.Network((*sparse, torch.tensor(v)[None, None]), biases)
    here = np.maximum(X @ (W * mask).T, 0) @ v
    return here, nets.scores(one, torch.tensor(X)).flatten()


bool(np.allclose(*answers(*task(0))))

# %% [markdown]
# ## 1. Is it a ticket?
#
# Digits of $10\times10$ pixels, 1,000 to train on, 500 to choose the learning rate by, 3,500 to test on; a network 100-50-30-10 of ReLU units; cross-entropy, Adam on
# minibatches of 50, 15 epochs. Weights start from $N(0,2/(d_{j-1}+d_j))$, biases, which are never pruned, at 0. A round of **pruning** trains the
# open weights from their start $W_0$ to $W$, closes in each layer the half of them that ended smallest (three in ten in the last layer), and sets the others
# back. After four rounds one weight in fourteen is open.
#
# Everything is done at four learning rates, rounds of pruning included, and each way to train gets the rate that is most accurate on the 500 digits, in
# the mean over the splits: its own best rate. All share splits, starts and orders; comparisons are paired.
#
# A ticket is worth the name only if its own start matters, and its places. Two controls test this: the same mask with **new weights**, and its own
# weights under a **shuffled
# mask**, with as many open in each layer.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 56.1a | The smallest ticket is ahead of its own connections with new weights, each at its best rate | mean difference in test accuracy ≥ 0.01 | ours: one point | Frankle and Carbin 2019 (statement, recalled) |
# | 56.1b | The smallest ticket is ahead of its own weights under a shuffled mask, each at its best rate | mean difference in test accuracy ≥ 0.01 | ours: one point | Frankle and Carbin 2019 (statement, recalled) |
#
# For each round we show the share kept, the test accuracy at each learning rate and at the best one, and the latter less that of the dense network:

# %%
widths = [100, *hidden, 10]


def generators(which, copies=1):
    """One generator a split, again for each of so many copies."""
    return [np.random.default_rng([seed, which, k]) for _ in range(copies)
            for k in range(splits)]


digits = lt.draw_tickets(*small_digits(), 1000, 500, epochs, 50, widths, generators(0))
how = {"rates": learning_rates, "looks": range(0, 20 * epochs + 1, 20)}
layers = [*[0.5] * len(hidden), 0.7]  # of the open weights, what a round keeps
rounds = lt.prune_by_rounds(digits, layers, 4, **how)

# %% [markdown]
# Means over the splits:

# %%
dense = rounds[0].trained
pd.DataFrame({
    f"{float(lt.kept_share(r.mask).mean()):.3f}":
    dict(zip(learning_rates, r.trained.accuracy.mean(1), strict=True))
    | {"best": r.trained.at_best().mean(),
       "less dense": (r.trained.at_best() - dense.at_best()).mean()}
    for r in rounds
}).T.round(3)

# %% [markdown]
# The same for what is left of the smallest ticket when something is taken away; section 2 tells what each is.

# %%
mask, start = rounds[-1].mask, digits.start
flat = lt.constant_size(start)
found = {"ticket": rounds[-1].trained} | lt.train_arms(digits, {
    "one size, own signs": (flat, mask),
    "own sizes, random signs": (lt.random_signs(start, generators(3)), mask),
    "one size, random signs": (lt.random_signs(flat, generators(4)), mask),
    "new weights": (lt.new_weights(widths, generators(1)), mask),
    "shuffled mask": (start, lt.shuffled(mask, generators(2, len(learning_rates)))),
}, **how)
pd.DataFrame({
    name: dict(zip(learning_rates, one.accuracy.mean(1), strict=True))
    | {"best": one.at_best().mean()} for name, one in found.items()
}).T.round(3)

# %%
def less(name, other="ticket"):
    """Test accuracy of one less that of another, (splits,)."""
    return found[name].at_best() - found[other].at_best()


ledger.judge({
    "56.1a": mean(-less("new weights")),
    "56.1b": mean(-less("shuffled mask")),
})

# %% [markdown]
# ## 2. Signs or sizes
#
# A weight is a sign and a size. We keep the mask, and take one away at a time: *one size* gives every weight of a layer the root mean square of that layer's
# start; *random signs* tosses a coin for every weight. The **sign effect** is the mean of the two networks with own signs less that of the two with random ones.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 56.2a | The smallest ticket is less than two points ahead of its own signs at one size | mean difference in test accuracy ≤ 0.02 | less than half of its lead over new weights | Zhou et al. 2019 (statement, abstract) |
# | 56.2b | Own signs are worth more than a point of accuracy to the smallest ticket | mean sign effect ≥ 0.01 | a point, as in 56.1a | Zhou et al. 2019 (statement, abstract) |

# %% tags=["hide-input"]
with figures.effects(
    "key", {name: (less(name).mean(), *mean_interval(less(name)))
            for name in found if name != "ticket"},
    "Without its signs a ticket loses points; without its sizes hardly any.", neutral=0,
    xlabel="test accuracy less that of the ticket",
):
    pass

# %%
signs = (less("ticket", "own sizes, random signs")
         + less("one size, own signs", "one size, random signs")) / 2
ledger.judge({
    "56.2a": mean(less("ticket", "one size, own signs")),
    "56.2b": mean(signs),
})

# %% [markdown]
# ## 3. Whose signs?
#
# Why are the signs of a random start worth anything? One would say, because they were chosen: a weight that has changed its sign has passed zero and tends
# to end small, so pruning by size keeps signs that are those of the *trained* network. Untrained, such a ticket already reads digits (56.5c).
#
# Pruning by **movement** puts this to the test: it closes the weights that moved least, by $|W-W_0|$, whatever their size. A weight that crossed zero
# has moved far and tends to be kept, with the sign of its start, which training had turned round.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 56.3a | The smallest ticket pruned by movement is not two points behind the one pruned by size | mean difference in test accuracy ≥ -0.02 | less than half of its lead over new weights | Ours, after Zhou et al. 2019 (abstract) |
# | 56.3b | Fewer of its signs are those at the end of the training that chose it, when a ticket is pruned by movement | mean difference of the shares ≥ 0.1 | ours: a tenth | Ours |
# | 56.3c | Own signs are worth more than a point of accuracy to the smallest ticket pruned by movement, too | mean difference in test accuracy ≥ 0.01 | a point, as in 56.1a | Ours |
#
# Both tickets, round by round: test accuracy at the best rate, share of signs that are those of the training before, and accuracy on the 500 digits before any
# training:

# %%
moved = lt.prune_by_rounds(digits, layers, 4, by="movement", dense=dense, **how)
found.update(lt.train_arms(digits, {"by movement, random signs": (
    lt.random_signs(start, generators(3)), moved[-1].mask)}, **how))
found["by movement"] = moved[-1].trained

# %% [markdown]
# In numbers:

# %%
def agreeing(rounds, k):
    """Share of the signs of ticket k as at the end of training k - 1, (splits,)."""
    own = tuple(w.repeat(len(learning_rates), 1, 1) for w in start)
    same = lt.same_sign(own, rounds[k - 1].trained.weights, rounds[k].mask)
    return rounds[k].trained.at_best(same.view(-1, splits).numpy())


def untrained(one):
    """Accuracy on the 500 digits before training, (splits,)."""
    return one.at_best(one.validation_accuracy[0])


pd.DataFrame({
    (way, k): {"accuracy": own[k].trained.at_best().mean(),
               "same signs": agreeing(own, k).mean(),
               "untrained": untrained(own[k].trained).mean()}
    for way, own in (("size", rounds), ("movement", moved)) for k in range(1, 5)
}).T.round(3)

# %%
ledger.judge({
    "56.3a": mean(less("by movement")),
    "56.3b": mean(agreeing(rounds, 4) - agreeing(moved, 4)),
    "56.3c": mean(less("by movement", "by movement, random signs")),
})

# %% [markdown]
# ## 4. Against the dense network
#
# The hypothesis says that tickets train as well as the dense network, and the larger of them to *a higher accuracy*. Whoever compares at one learning
# rate chooses the winner with it: at 0.002 the dense network is ahead of the ticket with a quarter of the weights, at 0.02 it is behind. Here each has
# its own rate.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 56.4a | A ticket with a quarter of the weights is not a point behind the dense network, each at its best rate | mean difference in test accuracy ≥ -0.01 | a point; pairs resolve half a point | Frankle and Carbin 2019 (statement, recalled) |
#
# Tickets of each round less the dense network, with intervals:

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(width=7)
for way, own in (("by size", rounds), ("by movement", moved)):
    ahead = np.stack([r.trained.at_best() - dense.at_best() for r in own[1:]])
    kept = [float(lt.kept_share(r.mask).mean()) for r in own[1:]]
    figures.measured(ax, kept, ahead.mean(1), way)
    ax.fill_between(kept, *np.transpose([mean_interval(x) for x in ahead]), alpha=0.2)
figures.level(ax, 0, "dense", theory=False)
ax.set(xscale="log", xlabel="share of weights kept", ylabel="accuracy less dense")
ax.set_xticks(kept, [f"{share:.2f}" for share in kept])
ax.minorticks_off()
figures.save(fig, "dense", "Tickets of a quarter, by size, are level with dense.")

# %%
ledger.judge({
    "56.4a": mean(rounds[2].trained.at_best() - dense.at_best()),
})

# %% [markdown]
# ## Reading
#
# **What was drawn.** The name suggests a lucky start that training only has to reveal. What counts of that start is one bit a weight, its sign,
# together with the places. It is tempting to say that the signs are those of the trained network, so that a ticket is a sketch of it that reads digits
# untrained. Pruned by size, it is: 93% of the signs of the smallest agree (56.5a). Pruned by movement it is one much less (56.3b, 56.5d), and the
# smallest ticket is as good, though those of a quarter and an eighth of the weights are nearly a point behind. So being a sketch is not what makes the
# smallest win. What remains is a guess: the places were chosen together with these signs, and a sparse network cannot repair a sign, since it has no
# other weight that could stand in.
#
# **Against the dense network.** Pruned by size, tickets of a half and a quarter of the weights are level with it, each at its own rate; smaller ones fall behind. The paper finds its larger tickets *ahead*: here
# one is behind and one ahead by tenths of a point, which eight splits do not tell from nothing. At one rate for all, the rate would decide.
#
# **What this says of minima.** Cho names tickets beside the old remark that networks of just enough connections get stuck, and that a few more give a
# way round. Section 1 has an example: the same connections, from a new start, end at a lower accuracy after as many steps.
#
# **Limits.** The grid of rates ends where one size with random signs does best; it gains less than a point there on the rate before, where six would be
# needed. All this is for one small network, trained by Adam on 5,000 digits that the splits share, with half of the weights closed in a round (Frankle
# and Carbin close a fifth) and no rewinding to a later step, which larger networks need. Two ways to prune are tried. All runs stop after 15 epochs.
# Pixels, and weights after every step, are multiples of $2^{-18}$: with weights of one size many units stand exactly at their kink,
# where the last bits of a processor would make other runs.
#
# **Try.** `learning_rates = [0.002]`: what is then seen is the first column of the tables. Signs are worth twice as much, 0.13 in place of 0.06, since networks with random ones are
# far from done at so small a rate: whoever looks at one rate measures speed. Sizes then differ more from split to split, and 56.5b holds only partly.
#
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 56.5a | Pruned by size, the smallest ticket has the signs of the end of the training that chose it | mean share ≥ 0.85 | ours: nearly all | Zhou et al. 2019 (statement, abstract) |
# | 56.5b | Sizes of the start are worth less than two points to the smallest ticket, up or down | mean size effect 0 ± 0.02 | a third of what signs are worth | Zhou et al. 2019 (statement, abstract) |
# | 56.5c | The smallest ticket pruned by size reads digits untrained | mean accuracy ≥ 0.2 | twice what chance gives | Zhou et al. 2019 (statement, abstract) |
# | 56.5d | Untrained, the ticket pruned by movement reads fewer digits than the one pruned by size | mean difference ≤ -0.02 | one in fifty; eight splits show the sign and not much more | Ours |
# | 56.5e | *control:* Untrained, networks without the ticket's signs or places, and the dense one, read one digit in ten | largest distance of the mean accuracy from 0.1 ≤ 0.1 | ten classes, errors of 0.02 | Ours |

# %%
blind = [dense, *(found[name] for name in (
    "new weights", "own sizes, random signs", "shuffled mask"))]
ledger.judge({
    "56.5a": mean(agreeing(rounds, 4)),
    "56.5b": mean((less("ticket", "one size, own signs")
                   + less("own sizes, random signs", "one size, random signs")) / 2),
    "56.5c": mean(untrained(found["ticket"])),
    "56.5d": mean(untrained(found["by movement"]) - untrained(found["ticket"])),
    "56.5e": largest([abs(untrained(one).mean() - 0.1) for one in blind],
                     of=splits, digits=2),
})

# %%
ledger.conclude()
