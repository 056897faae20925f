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
# # Large networks all end at nearly the same loss; small ones sometimes end badly
#
# Choromanska, Henaff, Mathieu, Ben Arous and LeCun 2015, *The loss surfaces of multilayer networks*
# ([arXiv:1412.0233](https://arxiv.org/abs/1412.0233)): the half that trains real networks.
#
# Theory (notebook 22) puts the low critical points of a spin glass into a band that narrows with size. The
# paper then asks real networks whether they behave so: train many from random starts, and look at where
# they end. Small networks should scatter, with a tail of poor ends. Large ones should end in a narrow
# band, so that it hardly matters which end was reached, least of all for the test loss.
#
# **Setting.** Real digits, shrunk to $10\times10$. One hidden layer of $h$ ReLU units, softmax,
# cross-entropy in nats, minibatches, learning rate falling linearly to 0. Networks of one width share
# data and minibatches; only their start differs.
#
# **Claims, and what would refute them** (fixed before the runs, but for 23.2e and 23.2f: the dead
# units were found here, and those two criteria were set on pilot seeds after the default seed had been seen)
#
# | id | claim | refuted if |
# |---|---|---|
# | 23.1 | spread and mean of the final test loss fall with $h$ | spread falls less than tenfold from $h=3$ to 100; it does not fall as a power of $h$ beyond the tail ($h\ge10$); the mean rises at one step in $h$ |
# | 23.2 | small networks have a tail of poor ends, large ones none | skewness at $h=3$ below 1, or at $h\ge25$ above 1 (a Gaussian has 0, an exponential tail 2); *poor* ends (a quarter above the median) rarer than 1 in 20 at $h=3$ or commoner at $h\ge25$. Our own addition, why: a unit that died; refuted if under 9 in 10 networks with a dead unit end poorly, or under half of the poor ends have one |
# | 23.3 | training loss tells the test loss of small networks, less so of large ones | correlation at $h=3$ below 0.99, or above 0.92 at some $h\ge25$ |
# | 23.4 | the ends are near-minima | after long training more than 0.5% of the Hessian's eigenvalues are below $-10^{-3}$, or more than a tenth of those at the start |
# | 23.5 | control: untrained, or after one epoch, the same networks break 23.1, 23.3 and 23.4 | one of them holds already |

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
widths = [3, 5, 10, 25, 50, 100]  # each in [2, 500]: hidden units h, rising; some <= 10, some >= 25
networks = 100  # in [10, 1000]: networks of each width
splits = 24  # in [3, 200]: splits into training and test digits for the smallest width
training_images = 4000  # in [500, 4900]: digits to train on; the rest of 5000 are the test set
epochs = 20  # in [2, 500]: passes over the training digits
long_epochs = 80  # in [2, 2000]: passes before the Hessian is judged
curvature_networks = 12  # in [12, 200]: networks of each width up to 10 trained longer; at most `networks`
batch_size = 50  # in [1, 500]: digits in a minibatch
learning_rate = 0.5  # in (0, 2]: at the start; falls linearly to 0

# %%
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.stats import skew

from lib import claims, data, figures
from lib import classifiers as cl

parameters = claims.parameters_of(globals())
figures.style()
rng = np.random.default_rng(seed)
rows = []
smallest, largest = widths[0], widths[-1]
beyond, large = [h for h in widths if h >= 10], [h for h in widths if h >= 25]
ours = partial(claims.check, source="Choromanska et al. 2015, experiments", seeds=networks)
here = partial(claims.check, source="found here, not in the paper")

# %% [markdown]
# ## A hundred networks of each width
#
# All networks of one width are trained at once. For the smallest width this is repeated on further random
# splits of the digits: its correlation and its tail depend on the split more than on the hundred starts.

# %%
images, labels = data.digits()
images = data.shrink(images)


def split():
    """Training and test digits of one random split."""
    order = torch.from_numpy(rng.permutation(len(labels)))
    return [(images[part], labels[part]) for part in (order[:training_images], order[training_images:])]


def both_losses(weights, biases, train, test):
    return {"train": cl.evaluate(weights, biases, *train)[0], "test": cl.evaluate(weights, biases, *test)[0]}


def run(starts, sets, epochs, record, measure=both_losses):
    return cl.train(
        *starts, *sets[0], learning_rate=learning_rate, batch_size=batch_size, epochs=epochs, rng=rng, falling=True,
        record=record, measure=lambda weights, biases: measure(weights, biases, *sets),
    )


sets = split()
starts = {h: cl.uniform_start([images.shape[1], h, 10], networks, rng) for h in widths}
ends = {h: run(starts[h], sets, epochs, [0, 1, epochs]) for h in widths}
record = {h: {name: x.numpy() for name, x in ends[h].records.items()} for h in widths}

# %%
def fresh(h):
    """A new split, and networks trained on it from new starts."""
    sets = split()
    return sets, run(cl.uniform_start([images.shape[1], h, 10], networks, rng), sets, epochs, [])


def final_state(sets, trained):
    """Training loss, test loss and number of dead units of every network: (3, networks)."""
    network = trained.weights, trained.biases
    return np.stack([*both_losses(*network, *sets).values(), cl.dead_units(*network, sets[0][0])])


several = [(sets, ends[smallest])] + [fresh(smallest) for _ in range(splits - 1)]
several = np.stack([final_state(*pair) for pair in several])  # (splits, 3, networks)
print(f"{len(sets[0][1])} training digits, {len(sets[1][1])} test digits, {networks} networks of each width")
for h in widths:
    accuracy = cl.evaluate(ends[h].weights, ends[h].biases, *sets[1])[1].mean()
    train, test = (record[h][name][-1] for name in ("train", "test"))
    print(f"h = {h:3}: training loss {train.mean():.3f}, test loss {test.mean():.3f}, spread {test.std(ddof=1):.4f}, "
          f"worst / median {test.max() / np.median(test):.2f}, accuracy {accuracy:.3f}")

# %%
relative = {h: record[h]["test"][-1] / np.median(record[h]["test"][-1]) for h in widths}
relative[smallest] = (several[:, 1] / np.median(several[:, 1], axis=1, keepdims=True)).ravel()
spread = {epoch: [record[h]["test"][k].std(ddof=1) for h in widths] for k, epoch in enumerate([0, 1, epochs])}
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6))
for k, h in enumerate(widths):
    seen = record[h]["test"][-1]
    left.plot(k + np.linspace(-0.3, 0.3, networks), seen, ls="", marker="o", ms=2.5, color=f"C{k}")
    left.plot([k - 0.38, k + 0.38], [np.median(seen)] * 2, color="black", lw=1.5)
    worse = np.sort(relative[h])
    right.plot(worse, 1 - np.arange(len(worse)) / len(worse), color=f"C{k}", drawstyle="steps-pre", label=f"h = {h}")
left.set(xticks=range(len(widths)), xticklabels=widths, xlabel="hidden units h", ylabel="final test loss [nats]",
         yscale="log", yticks=[0.3, 0.5, 1], title="every network (dot), median (line)")
left.yaxis.set_major_formatter("{x:g}")
left.yaxis.set_minor_formatter("")
for (epoch, sd), style in zip(spread.items(), ("v:", "s-.", "o-"), strict=True):
    middle.plot(widths, sd, style, color="C0" if epoch == epochs else "C7", label=f"measured, epoch {epoch}")
middle.plot(widths, [spread[epochs][0] / 10] * len(widths), **figures.PREDICTION, label=f"claimed: h = {largest} ends below")
middle.set(xscale="log", yscale="log", xlabel="hidden units h", ylabel="spread of the test loss [nats]", title="23.1: spread against width")
middle.set_xticks(widths, widths)
middle.minorticks_off()
middle.set_ylim(top=3)
right.axvline(1.25, **figures.PREDICTION, label="poor: beyond")
right.set(yscale="log", xlabel="test loss / median of its width", ylabel="share of networks at least as bad",
          title="23.2: tail of poor ends", xlim=(0.95, 2.3))
middle.legend(fontsize=8)
right.legend(fontsize=8)
figures.save(fig, "loss_by_width")

# %%
tests = np.stack([record[h]["test"][-1] for h in widths], 1)  # (networks, widths)
beyond_tests = tests[:, len(widths) - len(beyond):]
pooled = {name: np.concatenate([(x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True) for x in group], axis=None)
          for name, group in {"small": several[:, 1], "large": [record[h]["test"][-1] for h in large]}.items()}
dead = several[:, 2].ravel() > 0
poor = {"small": relative[smallest] > 1.25, "large": np.concatenate([relative[h] for h in large]) > 1.25}


def narrowing(x):
    return x[:, 0].std(ddof=1) / x[:, -1].std(ddof=1)


def exponent(x):
    return np.polyfit(np.log(beyond), np.log(x.std(axis=0, ddof=1)), 1)[0]


def smallest_drop(x):
    return -np.diff(x.mean(0)).max()


# %%
def share(flags):
    """The interval of a share and its number of seeds, as `check` takes them."""
    return {"interval": claims.wilson_interval(flags.sum(), flags.size), "seeds": flags.size}


boot = partial(claims.bootstrap_interval, seed=seed)
wide = f"h >= {large[0]}"
rows += [
    ours("23.1a", f"spread of the final test loss, h = {smallest} / h = {largest}", narrowing(tests), ">=", 10, interval=boot(tests, narrowing)),
    ours("23.1b", f"log spread against log h, h >= {beyond[0]}: slope", exponent(beyond_tests), "<=", 0, interval=boot(beyond_tests, exponent)),
    ours("23.1c", "mean test loss: smallest drop from one width to the next", smallest_drop(tests), ">=", 0, interval=boot(tests, smallest_drop)),
    ours("23.2a", f"skewness of the final test loss, h = {smallest}", skew(pooled["small"]), ">=", 1, interval=boot(pooled["small"], skew), seeds=pooled["small"].size),
    ours("23.2b", f"skewness of the final test loss, {wide} pooled", skew(pooled["large"]), "<=", 1, interval=boot(pooled["large"], skew), seeds=pooled["large"].size),
    ours("23.2c", f"share of poor ends, h = {smallest}", poor["small"].mean(), ">=", 0.05, **share(poor["small"])),
    ours("23.2d", f"share of poor ends, {wide}", poor["large"].mean(), "<=", 0.05, **share(poor["large"])),
    here("23.2e", f"h = {smallest}: share of poor ends among networks with a dead unit", poor["small"][dead].mean(), ">=", 0.9, **share(poor["small"][dead])),
    here("23.2f", f"h = {smallest}: share of the poor ends that have a dead unit", dead[poor["small"]].mean(), ">=", 0.5, **share(dead[poor["small"]])),
]

# %% [markdown]
# ## Training loss and test loss; longer training; curvature
#
# Is a network that ends low on the training digits also good on new ones? And do networks end at minima at
# all? Descent with noise stops where its learning rate dies, so we train the small networks again, four times
# as long, from the same starts, and count the negative eigenvalues of their exact Hessian on all training
# digits. The threshold $-10^{-3}$ is that of the authors' code.


# %%
def first(networks, count):
    return tuple(tuple(x[:count] for x in part) for part in networks)


def index_of(weights, biases, count):
    return cl.index_fraction(*first((weights, biases), count), *sets[0]).numpy()


judged, few = [h for h in widths if h <= 10], curvature_networks // 3
long, index = {}, {}
for h in judged:
    long[h] = run(first(starts[h], curvature_networks), sets, long_epochs, [0, 1],
                  lambda weights, biases, *_: {"index": torch.from_numpy(index_of(weights, biases, few))})
    final_networks = long[h].weights, long[h].biases
    index[h] = [*long[h].records["index"].numpy(), index_of(ends[h].weights, ends[h].biases, few),
                index_of(*final_networks, curvature_networks)]
    path = ", ".join(f"{share.mean():.4f}" for share in index[h])
    print(f"h = {h:2}: index at the start, after 1, {epochs}, {long_epochs} epochs: {path}; "
          f"gradient norm at the end {cl.gradient_norm(*final_networks, *sets[0]).mean():.3f}")


# %%
def correlation(train, test):
    return float(np.corrcoef(train, test)[0, 1])


r = {k: [correlation(record[h]["train"][k], record[h]["test"][k]) for h in widths] for k in (1, 2)}
fig, axes = plt.subplots(1, 3, figsize=(12, 3.6), width_ratios=[1, 1, 1.5])
for ax, h in zip(axes, (smallest, largest), strict=False):
    ax.plot(record[h]["train"][-1], record[h]["test"][-1], ls="", marker="o", ms=3, color=f"C{widths.index(h)}")
    ax.set(title=f"h = {h}, every network", xlabel="training loss [nats]", ylabel="test loss [nats]")
    ax.locator_params(nbins=5)
for k, colour, mark, text in ((2, "C0", "o", f"{epochs} epochs"), (1, "C7", "s", "1 epoch (control)")):
    low, high = np.transpose([claims.correlation_interval(x, networks) for x in r[k]])
    axes[2].errorbar(widths, r[k], [r[k] - low, high - r[k]], marker=mark, color=colour, capsize=2, label=f"measured, {text}")
long_losses = {h: both_losses(long[h].weights, long[h].biases, *sets).values() for h in judged}
axes[2].plot(judged, [correlation(*pair) for pair in long_losses.values()], ls=":", marker="^", color="C1",
             label=f"measured, {long_epochs} epochs, {curvature_networks} networks")
paper = {25: 0.7616, 50: 0.6861, 100: 0.5983, 250: 0.5302, 500: 0.4081}
axes[2].plot(paper.keys(), paper.values(), marker="x", **figures.PREDICTION, label="the paper's table, recalled")
axes[2].set(xscale="log", xlabel="hidden units h", ylabel="correlation", title="23.3: training and test loss", ylim=(0, 1.05))
axes[2].set_xticks([*widths, 250, 500], [*widths, 250, 500])
axes[2].minorticks_off()
axes[2].legend(fontsize=8, loc="lower left")
figures.save(fig, "train_and_test")

# %%
last = judged[-1]
one, final_one = first(starts[last], 1), first((long[last].weights, long[last].biases), 1)
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
for k, h in enumerate(judged):
    x = np.arange(4) + (k - 1) * 0.12
    for place, shares in zip(x, index[h], strict=True):
        left.plot([place] * len(shares), shares, ls="", marker=figures.MARKERS[k], ms=3, color=f"C{k}", alpha=0.4)
    left.plot(x, [shares.mean() for shares in index[h]], marker=figures.MARKERS[k], color=f"C{k}", label=f"mean, h = {h}")
left.axhline(0.005, **figures.PREDICTION, label="claimed: below this at the end")
left.set(xticks=range(4), xticklabels=["start", "1 epoch", f"{epochs} epochs", f"{long_epochs} epochs"],
         ylabel=r"share of eigenvalues $<-10^{-3}$", title="23.4: index along the way")
left.legend(fontsize=8)
for network, colour, mark, text in ((one, "C7", "s", "start"), (final_one, "C0", "o", f"{long_epochs} epochs")):
    values = torch.linalg.eigvalsh(cl.hessian(*network, *sets[0])[0])
    below = (np.arange(len(values)) + 1) / len(values)
    right.plot(values[::3], below[::3], color=colour, marker=mark, ms=3, markevery=15, label=f"measured, {text}")
right.axvline(-1e-3, **figures.PREDICTION, label=r"threshold $-10^{-3}$")
right.set(ylim=(-0.02, 1.02), xlabel="Hessian eigenvalue", ylabel="share of smaller eigenvalues",
          title=f"one network, h = {last}")
right.set_xscale("symlog", linthresh=1e-3)
right.legend(fontsize=8)
figures.save(fig, "index")

# %%
z = np.arctanh([correlation(*each[:2]) for each in several])
highest = max(r[2][widths.index(h)] for h in large)
worst = max(judged, key=lambda h: index[h][-1].mean())
at_start, at_end = np.mean(index[worst][0]), index[worst][-1]
authors = partial(claims.check, source="Choromanska et al. 2015, supplement (recalled), and authors' code", seeds=curvature_networks)
rows += [
    ours("23.3a", f"correlation of training and test loss, h = {smallest}, mean over {splits} splits", np.tanh(z.mean()), ">=", 0.99,
         interval=np.tanh(claims.mean_interval(z)).tolist(), seeds=splits * networks),
    ours("23.3b", f"correlation of training and test loss, largest at {wide}", highest, "<=", 0.92,
         interval=claims.correlation_interval(highest, networks)),
    authors("23.4a", f"share of eigenvalues < -1e-3, {long_epochs} epochs, largest mean (h = {worst})", at_end.mean(), "<=",
            0.005, interval=claims.mean_interval(at_end), digits=3),
    authors("23.4b", f"h = {worst}: that share at the end / mean share at the start", at_end.mean() / at_start, "<=", 0.1,
            interval=claims.mean_interval(at_end / at_start), digits=3),
]

# %%
start_tests = np.stack([record[h]["test"][0] for h in widths], 1)
early_z = np.mean([np.arctanh(r[1][widths.index(h)]) for h in large])
half = 1.96 / (len(large) * (networks - 3)) ** 0.5
lowest = min(judged, key=lambda h: index[h][1].mean())
rows += [
    ours("23.5a", f"before training: spread of the test loss, h = {smallest} / h = {largest}", narrowing(start_tests), "<=", 10,
         interval=boot(start_tests, narrowing), control=True),
    ours("23.5b", f"after one epoch: correlation of training and test loss, mean over {wide}", np.tanh(early_z), ">=", 0.92,
         interval=np.tanh([early_z - half, early_z + half]).tolist(), control=True),
    authors("23.5c", f"after one epoch: share of eigenvalues < -1e-3, smallest mean (h = {lowest})", index[lowest][1].mean(), ">=", 0.005,
            interval=claims.mean_interval(index[lowest][1]), control=True, seeds=few),
]
claims.conclude("23_network_loss_bands", rows, parameters)

# %% [markdown]
# ## Reading
#
# **The picture holds.** From $h=3$ to 100 the spread of the test loss falls some thirtyfold, and the mean
# falls at every step. A quarter of the smallest networks end a quarter above the median or worse; of
# those with 25 units and more, none. The worst large network is within about 10% of the typical one.
#
# **Why small networks fail.** At $h=3$ the poor ends stand apart in a cluster, and it has a plain cause: every network
# in which a unit died (off on all training digits, hence without gradient) is there, and they make up most of it.
# Such a network has become one of width 2. Large networks lose units as well, and do not notice. The tail here is a matter
# of too few spare units, which the spin glass, having no units to lose, does not contain.
#
# **Correlation.** Near 1 for three units, and clearly lower from 25 on, as in the paper's table (recalled; 60,000 digits,
# a thousand networks of each width). Between 25 and 100 the intervals overlap: we claim no further fall. And it is not
# a property of the minima. After one epoch it is above 0.9 at every width, and at $h=10$ it is lower after 80 epochs
# than after 20. It measures how far training has come.
#
# **Index.** At the start about 7% of the curvature is clearly negative, after 20 epochs up to 2% at $h=10$, after 80
# nearly nothing. The paper's index of zero needs long training. The gradient norm left over is near 0.01: these
# are near-minima, as claimed, not verified critical points. A pure count of eigenvalues below zero
# would say less: about four in ten are zero to within $10^{-4}$, on either side.
#
# **What the control shows.** Untrained large networks scatter about as little as trained ones do. What
# training adds is the scatter of the small ones, so the spread alone is weak evidence for a band of *minima*.
#
# **Reference.** An earlier, separate run (other draws): spread .248, .100, .0201, .0119, .0078, .0064 for the six widths,
# correlation .998, .989, .933, .844, .743, .687; ours differ by what the intervals allow. At $h=3$ the
# correlation of one split ranges from about .988 to .998, which is why 23.3a averages over splits. With 60 networks and 12
# splits, 23.3a held on 6 and 23.3b on 8 of 9 fresh seeds: the numbers were the same, the intervals too wide. The criteria
# stayed, the samples grew, and the sweep uses other seeds.
#
# **Limits.** One architecture, 4,000 digits, one order of minibatches shared by the networks of a width (the
# authors trained each alone, one digit at a time, at learning rate 0.01). Kawaguchi (2016) points out that the assumptions
# which lead from networks to the spin glass do not hold for real networks (recalled).
#
# **Try.** `epochs = 80`: the correlations of the large widths fall further. `learning_rate = 0.1`: fewer units
# die, and the tail thins. `splits = 40`: which splits have the low correlations at $h=3$.
