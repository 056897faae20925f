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
# # Double descent is a peak of variance, which the right ridge removes
#
# ![verdict](../figures/12_double_descent/verdict.svg)
#
# **Question.** A student asks: beside bias and variance there is now "double descent". How should one think of it?
#
# **Answer.** As a peak of variance. Where features equal samples, the risk of least squares has no mean. On digits all 24 splits peak there, and a
# ridge, a penalty on large coefficients, removes the peak; beyond, error and effective parameters fall together.
#
# ![risk against the number of features, with and without ridge](../figures/12_double_descent/key.svg)
#
# Dashed: the exact mean of the fit of least norm, infinite at 40 features, and the limit law of the best ridge. Nothing is
# fitted. Beside the threshold means do not settle, so medians are shown there.
#
# *Source:* Belkin, Hsu and Xu 2019, *Two models of double descent for weak features*
# ([arXiv:1903.07571](https://arxiv.org/abs/1903.07571)); Hastie, Montanari, Rosset and Tibshirani 2019
# ([arXiv:1903.08560](https://arxiv.org/abs/1903.08560)); Nakkiran, Venkat, Kakade and Ma 2021
# ([arXiv:2003.01897](https://arxiv.org/abs/2003.01897)); Curth, Jeffares and van der Schaar 2023
# ([arXiv:2310.18988](https://arxiv.org/abs/2310.18988)). The question is the seventh of those that Kyunghyun Cho answered in 2020.
#
# Before: [11](11_optimization_challenges.ipynb) · Next: [21](21_overparameterization.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# There are $D$ independent Gaussian features, and $y=\beta\cdot x$ plus noise of variance $s^2$, with $|\beta|=1$. We fit the first
# $p$ features to $n$ samples by least squares. Beyond $p=n$ many coefficients fit perfectly; then we take those of least norm,
# which is where gradient descent from zero ends. The risk is the mean squared error on a new sample.

# %%
import numpy as np


def problem(seed, n=20, D=100, s2=0.25):
    """Inputs X, direction beta and outputs y."""
    rng = np.random.default_rng(seed)
    X, beta = rng.standard_normal((n, D)), rng.standard_normal(D)
    beta /= np.linalg.norm(beta)
    return X, beta, X @ beta + s2**0.5 * rng.standard_normal(n)


def fit(A, y, ridge):
    """The coefficients that minimize |A w - y|² + ridge |w|²."""
    if not ridge:
        return np.linalg.lstsq(A, y)[0]
    return np.linalg.solve(A.T @ A + ridge * np.eye(A.shape[1]), A.T @ y)


def risk(p, X, beta, y, ridge=0.0, s2=0.25):
    """Mean squared error on a new sample; what p features do not see of beta stays."""
    w = fit(X[:, :p], y, ridge)
    return round(float(((w - beta[:p]) ** 2).sum() + (beta[p:] ** 2).sum() + s2), 2)


# %% [markdown]
# One problem with 20 samples. From 5 features to 100 the risk climbs, peaks where $p=n=20$, and descends:

# %%
[risk(p, *problem(1)) for p in (5, 10, 15, 20, 25, 40, 100)]

# %% [markdown]
# How high is the peak? Eight problems give eight answers, and none of them is typical:

# %%
[risk(20, *problem(seed)) for seed in range(1, 9)]

# %% [markdown]
# A *ridge* of 100, a penalty of $100\,|w|^2$, changes the first list into this one:

# %%
[risk(p, *problem(1), ridge=100) for p in (5, 10, 15, 20, 25, 40, 100)]

# %% [markdown]
# Why at $p=n$? There the inputs form a square matrix, and the smallest singular value of a square random matrix is close to zero.
# Least squares divides by it, a ridge does not. With fewer features or more, the matrix is oblong and its smallest singular value
# stays away from zero. These are the numbers of the experiments that follow:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
samples = 40  # in [24, 200]: samples n of the Gaussian model
total = 200  # in [100, 2000]: all features D
noise = 0.25  # in [0.05, 2]: variance s^2 of the noise
features = [5, 10, 20, 30, 38, 40, 42, 50, 60, 80, 120, 160, 200]  # each in [1, 2000]: p
draws = 3000  # in [500, 100000]: draws of the Gaussian model
tail_draws = 400000  # in [20000, 4000000]: draws for a tail, a multiple of 500
digit_samples = 200  # in [50, 300]: training images, n
splits = 24  # in [8, 200]: random splits of the digits
wrong_labels = 0.2  # in [0.05, 0.5]: share of wrong labels in the noisy half
digit_ridge = 0.1  # in [0.01, 1]: ridge on digits

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("12_double_descent", globals())  # reads and checks the parameters

from lib.obstacles import least_squares as ls
from lib.statistics import largest, mean, median, share, smallest, value
from lib.suite import figures

import pandas as pd
import torch
from scipy.stats import spearmanr

if total <= samples or tail_draws % 500:
    raise ValueError("total must be above samples, tail_draws a multiple of 500")
figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` finds the same coefficients, for hundreds of problems at once:


# %%
def same_fit(X, beta, y):
    """Whether lib and the model above agree below, at and beyond the threshold."""
    found = [ls.fit(*(torch.from_numpy(a) for a in (X[:, :p], y[:, None])))
             for p in (10, 20, 60)]
    return [np.allclose(w[:, 0], fit(X[:, : len(w)], y, 0)) for w in found]


same_fit(*problem(1))

# %% [markdown]
# ## 1. Bias and variance
#
# The part of the signal that sits in unseen features has variance $r=1-p/D$. It is Gaussian and independent of what is seen: noise in
# all but name. So the effective noise is $r+s^2$, and every feature that is added turns some noise into signal. The noise
# enters through the pseudo-inverse of the inputs, and the mean of that is the mean of an inverse Wishart matrix:
#
# $$\text{risk}=\begin{cases}(r+s^2)\bigl(1+\frac p{n-p-1}\bigr)&p\le n-2\\[2pt]\frac pD\bigl(1-\frac np\bigr)+(r+s^2)\bigl(1+\frac n{p-n-1}\bigr)&p\ge n+2\end{cases}$$
#
# and it is infinite in between. How much of this is bias? On average the fit of least norm is $a\beta$ on the features that it sees, with $a=1$ up to
# $n$ and $a=n/p$ beyond, since $n$ samples span $n$ of $p$ directions. The squared bias, $(1-a)^2\frac pD+r$, falls on both sides. All the rest is
# variance, and with it the whole peak. (Hastie and others define the bias for given inputs; then it stays at $1-n/D$ from $p=n$ on, and the rest of its
# fall counts as variance.)
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.1a | The formula gives the mean risk wherever p and n differ by 10 or more | largest relative difference ≤ 0.05 | five errors of a mean; n − p for n − p − 1 misses by 0.08 | Belkin, Hsu and Xu 2019, theorem 1 (statement, recalled) |
# | 12.1b | The squared bias falls with every feature that is added, below the threshold and beyond it | largest rise between neighbours ≤ 0 | no rise is what is claimed | Ours |
#
# Every problem is fitted with every $p$:

# %%
counts = sorted({*features, samples // 2, samples, total})
counts = [p for p in counts if p <= total]
risks = ls.subset_risks(counts, samples, total, noise, draws, rng)
plain = dict(zip(counts, risks.least_norm, strict=True))

# %% [markdown]
# The mean over problems, the formula, and the shrinkage $a$:

# %%
table = pd.DataFrame({
    "far": [abs(p - samples) >= 10 for p in counts],
    "mean": risks.least_norm.mean(1),
    "exact": [ls.least_norm_risk(p, samples, total, noise) for p in counts],
    "shrinkage": risks.overlap.mean(1), "ridge": risks.ridge.mean(1),
    "law": [ls.ridge_risk(p, samples, total, noise) for p in counts],
}, index=counts)
table[table.far][["mean", "exact", "shrinkage"]].round(2).T

# %% [markdown]
# Squared bias and variance, measured (solid) and exact. Close to the threshold the curves have a gap, since means do not settle there.

# %% tags=["hide-input"]
table["bias"] = [ls.squared_bias(p, total, a) for p, a in table.shrinkage.items()]
table["bias law"] = [ls.squared_bias(p, total, min(1, samples / p)) for p in counts]


def shown(mean, law):
    """(p, mean, law), without values near the threshold."""
    return counts, mean.where(table.far), law.where(table.far)


with figures.curves(
    "bias_variance",
    {"": {"squared bias": shown(table.bias, table["bias law"]), "variance": shown(
        table["mean"] - noise - table.bias, table.exact - noise - table["bias law"])}},
    "The squared bias falls from 1 to 0.64; the variance has a peak at p = n.",
    prediction="exact", xlabel="features p", ylabel="part of the risk",
    ylim=(0, None), legend="upper right",
) as axes:
    figures.level(axes[0], samples, "p = n", axis="x", theory=False)

# %%
ledger.judge({
    "12.1a": largest(
        (table["mean"] / table.exact - 1).abs()[table.far], of=draws, digits=2
    ),
    "12.1b": largest(table.bias[table.far].diff().dropna(), of=draws, digits=2),
})

# %% [markdown]
# ## 2. What a risk without a mean looks like
#
# The variance for given inputs is $\mathrm{tr}\,(A^\top A)^{-1}$, where $A$ is a Gaussian matrix whose sides are $p$ and $n$, the
# smaller one its width. A diagonal entry of this inverse is one over the squared distance of a column from the span of the others. The
# distance has $|p-n|+1$ dimensions to live in, so the entry is $1/\chi^2_{|p-n|+1}$ exactly, and $P(\chi^2_m<1/x)\sim x^{-m/2}$. Hence
#
# $$P(\text{risk}>x)\sim x^{-(|p-n|+1)/2}:$$
#
# no mean for $|p-n|\le1$, no variance for $|p-n|\le3$. At the peak an average over seeds is then not a property of the model: it grows with the number
# of seeds, and a single seed may carry half of it (12.5d).
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.2a | The tail of the risk has the exponent of the formula for every distance of p and n from 0 to 4 | largest relative difference ≤ 0.15 | estimates err by 0.05; one dimension more is 0.17 or more | Ours |
#
# Hill's estimate reads the exponent off the largest half percent of the values. Measured, and by the formula:

# %%
gains = {k: ls.noise_gain(4, k, tail_draws, rng) for k in range(5)}
exponents = {k: ls.tail_exponent(gains[k], tail_draws // 200) for k in gains}
pd.DataFrame({
    "measured": exponents, "formula": {k: ls.tail_law(k) for k in gains}
}).T.rename_axis(columns="|p − n|").round(2)

# %% [markdown]
# How often the variance exceeds $x$. Dashed: the slope of the formula through the point at one in a thousand. A mean exists where
# the line is steeper than $-1$.

# %% tags=["hide-input"]
def exceeded(k):
    """(x, share above x, line of the predicted slope) for one distance."""
    above = np.geomspace(0.3, 1e-4, 60)
    *x, middle = np.quantile(gains[k].numpy(), 1 - np.append(above, 1e-3))
    line = 1e-3 * (np.array(x) / middle) ** -ls.tail_law(k)
    return x, above, np.where(above < 0.005, line, np.nan)


with figures.curves(
    "tail", {"": {f"|p − n| = {k}": exceeded(k) for k in gains}},
    "Share of values above x for five distances: lines of the predicted slope.",
    prediction="predicted slope", xscale="log", yscale="log", xlim=(0.5, 1e11),
    ylim=(1e-5, 1), xlabel="variance x", ylabel="share above x", legend="upper right",
):
    pass

# %%
ledger.judge({
    "12.2a": largest(
        [abs(exponents[k] / ls.tail_law(k) - 1) for k in gains],
        of=tail_draws, digits=2,
    ),
})

# %% [markdown]
# ## 3. The best ridge
#
# Nothing forces a fit to pay this price. With $|w|^2$ penalized, small singular values no longer matter. A random direction $\beta$ has entries of
# variance $1/D$ and what is unseen is noise, so the best ridge is that of Bayes: effective noise over prior variance, $D(s^2+r)$. A Bayesian never
# loses by seeing one more feature. So the risk must fall with $p$, all the way, through $p=n$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.3a | With the best ridge the mean risk rises nowhere with p, not even at the threshold | largest rise between neighbours ≤ 0.002 | two errors of a paired mean | Nakkiran et al. 2021 (statement, abstract) |
# | 12.3b | At p = n a ridge 1.5 times as large or as small as the best one is worse | smallest lower end of the interval of the mean excess ≥ 0 | below 0 the other ridge may be as good | Ours, after Hastie et al. 2019 (recalled) |
#
# Ridges of 1/4 to 4 times the best one at $p=n$, on the same problems: how much more risk, with its interval.

# %%
contest = ls.other_ridges(
    [1 / 4, 2 / 3, 1, 3 / 2, 4], samples, total, noise, draws,
    np.random.default_rng([seed, 1]),
)  # fmt: skip
excess = [mean(risk_of_one - contest[2]) for risk_of_one in contest]
dict(zip(("1/4", "2/3", "1", "3/2", "4"), excess, strict=True))

# %% [markdown]
# The key figure sets this fit beside that of least norm:

# %% tags=["hide-input"]
def least_norm(ax):
    """Means with the exact curve, medians where there is no mean."""
    for side in (range(1, samples - 1), range(samples + 2, total + 1)):
        line = [ls.least_norm_risk(p, samples, total, noise) for p in side]
        figures.predicted(ax, side, line, "_")
    for far, name in ((True, "means"), (False, "medians")):
        p = table.index[table.far == far]
        risk_of_p = [plain[k].mean() if far else plain[k].median() for k in p]
        figures.measured(ax, p, risk_of_p, f"least norm, {name}", joined=False)


with figures.curves(
    "key", {"": {"best ridge": (counts, table.ridge, table.law)}},
    "Risk against p: a peak at p = n for least norm; with ridge a gentle slope.",
    prediction="exact, limit law", yscale="log", xlim=(0, total * 1.15),
    xlabel="features p", ylabel="risk", legend="upper right",
) as axes:
    least_norm(axes[0])
    figures.level(axes[0], 1 + noise, "no fit at all", theory=False)

# %%
ledger.judge({
    "12.3a": largest(table.ridge.diff().dropna(), of=draws, digits=2),
    "12.3b": smallest([excess[k].interval[0] for k in (1, 3)], of=draws, digits=2),
})

# %% [markdown]
# ## 4. Digits
#
# Real images now, and a network: a hidden layer of $p$ ReLU units with random weights that stay as they are, and an output layer fitted
# by least squares to one-hot labels. Each split has its own 200 training images, 1,000 test images and features.
#
# Where is the threshold? There are ten outputs and $10p$ coefficients, but all ten fits share the same features: so it must be at $p=n$. Does the peak
# need noise? The formula says no, since what $p$ features cannot express is noise enough. So everything is done twice, with clean labels and with a
# fifth of the training labels wrong.
#
# And is the second descent a matter of *more* parameters? Curth and others count what a fit uses on images it has not seen. The prediction
# at $x$ is $s(x)\cdot y$, a weighted sum of the training labels, and the effective number of parameters is $n$ times the mean of $|s(x)|^2$ over
# test images. (Over the training images it is $p$, as it should be for $p\le n$.)
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.4a | On digits the largest test error of all widths is that at p = n, both with clean and with wrong labels | share of splits ≥ 0.75 | chance would be 1 in 12 | Belkin, Hsu and Xu 2019 (statement, abstract) |
# | 12.4b | With a ridge of 0.1 the test error does not rise from p = n/2 to p = n, neither with clean nor with wrong labels | mean of the larger of the two rises ≤ 0 | no rise is what is claimed | Nakkiran et al. 2021 (statement, abstract) |
# | 12.4c | Beyond p = n, the wider fit has the smaller test error and uses fewer effective parameters | mean rank correlation of the two ≥ 0.9 | two neighbours exchanged give 0.96 | Curth et al. 2023 (statement, abstract) |

# %%
ratios = (1 / 8, 1 / 4, 1 / 2, 3 / 4, 0.95, 1, 1.05, 5 / 4, 2, 4, 8, 16)  # p / n
widths = [round(m * digit_samples) for m in ratios]
grid = [0.0, wrong_labels], [0.0, digit_ridge]
fits = ls.digit_fits(widths, digit_samples, *grid, splits, rng)
at = ratios.index(1)


def errors_at(ratio):
    """Test errors (splits, labels, ridges) of fits with so many times n features."""
    return fits.errors[..., ratios.index(ratio)]

# %% [markdown]
# Clean labels: mean errors and median effective parameters, at the fewest features, at $n/2$, at $n$ and at $16n$.

# %%
pd.DataFrame({
    "error": fits.errors[:, 0, 0].mean(0), "with ridge": fits.errors[:, 0, 1].mean(0),
    "effective parameters": fits.effective[:, 0].median(0).values,
    "of the ridge": fits.effective[:, 1].median(0).values,
}, index=widths).iloc[[0, 2, 5, 11]].T.round(2)

# %% [markdown]
# Test error against $p/n$: the median of the splits, and a band that holds nine in ten of them.

# %% tags=["hide-input"]
with figures.curves(
    "digits",
    {f"labels: {labels}": {name: (ratios, fits.errors[:, i, j].mT)
     for j, name in enumerate(("least norm", f"ridge {digit_ridge:g}"))}
     for i, labels in enumerate(("clean", f"{wrong_labels:.0%} wrong"))},
    "Test error on digits against p/n: a peak at 1 without ridge, none with it.",
    band=(0.05, 0.95), xscale="log", xlabel="p / n", ylabel="test error", ylim=(0, 1),
    xlim=(0.1, 90), xticks=[1 / 8, 1, 16], xticklabels=["1/8", "1", "16"],
) as axes:
    figures.level(axes, 1, "p = n", axis="x")
    axes[0].minorticks_off()
    axes[1].minorticks_off()

# %% [markdown]
# The same errors (clean labels, medians) against the effective number of parameters. Seen from here the way from $n$ to $16n$ is no second
# descent: it runs back to fewer parameters, and below the branch it came from.

# %% tags=["hide-input"]
def branch(places, ridge):
    """(effective parameters, test error) for some widths, median of the splits."""
    used, error = fits.effective[:, ridge], fits.errors[:, 0, ridge]
    return [part[:, [*places]].median(0).values for part in (used, error)]


with figures.curves(
    "effective",
    {"": {"from n/8 to n features": branch(range(at + 1), 0),
          "from 16n to n features": branch(range(len(ratios) - 1, at - 1, -1), 0),
          f"ridge {digit_ridge:g}": branch(range(len(ratios)), 1)}},
    "Error against effective parameters: beyond n it runs back to fewer parameters.",
    xscale="log", xlabel="effective parameters on test images", ylabel="test error",
    xlim=(15, 3e7), ylim=(0, 1),
):
    pass

# %%
together = [
    spearmanr(used[0, at:], error[0, 0, at:]).statistic
    for error, used in zip(*fits, strict=True)
]
ledger.judge({
    "12.4a": share((fits.errors[:, :, 0].argmax(-1) == at).all(1)),
    "12.4b": mean((errors_at(1) - errors_at(1 / 2))[:, :, 1].amax(1)),
    "12.4c": mean(together),
})

# %% [markdown]
# ## Reading
#
# **Double descent is a peak of variance, and the trade-off stands.** The bias falls with every feature. What is not monotone is the
# variance of one particular estimator, the unpenalized one. With the ridge of Bayes there is a single descent, and no width is
# too large. The ridge need not be exact: a factor of 1.5 costs a few thousandths.
#
# **Counting parameters is what misleads.** Cho's own answer, as we remember it, is that capacity is not the number of parameters, that an effective
# dimension makes the second descent lessen, and that LeCun, Kanter and Solla (1991) and Krogh and Hertz (1992) saw the peak first. On digits this is
# so: from $n$ to $16n$ features the fit goes back from more than a hundred thousand effective parameters to fewer than $n$, and the error falls with
# them. It is not the whole story. At equally many effective parameters the wide fit is better than the narrow one, and with a ridge the error falls by
# a third from $n/2$ to $16n$ while the effective number goes from 49 to 42 only.
#
# **The peak needs no noise in the labels.** On clean digits it is about as high as with a fifth of the labels wrong. Noise decides whether
# interpolation is harmless: at $16n$ features clean labels are interpolated at no cost (12.5k), wrong ones at the cost of ten points of error (12.5l).
#
# **More data can hurt.** At 200 features, 200 images give a far larger error than 100 do (12.5m); with the ridge they help (12.5n).
#
# **Do not average at the threshold.** A curve of averages shows a number that depends on how many seeds were taken.
# Medians, and errors of classification, which are bounded, do not have this trouble.
#
# **Limits.** Features are random and only the last layer learns; a network trained end to end has its threshold elsewhere. Nothing here is
# about the number of epochs. The formula holds for independent Gaussian features.
#
# **Try.** `noise = 2`: the second descent of the Gaussian model ends above the risk of no fit, and 12.5b is not reproduced.
# `digit_ridge = 0.01`: a tenth of the ridge is as good against the peak.

# %% [markdown]
# ## 5. Checks
#
# First the Gaussian model: the height of the peak, the law of the ridge, and what single problems do to an average. For a tail of exponent
# $a<1$ the expected sum of squared shares in a sum tends to $1-a$, however many terms there are: one half at $p=n$.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.5a | The risk at p = n is many times that at n/2 | median quotient ≥ 10 | the formula is infinite there | Belkin, Hsu and Xu 2019 (statement, abstract) |
# | 12.5b | The widest fit is better than the best narrow one, which is no fit at all | mean risk less 1 + s² ≤ 0 | better is below 0 | Belkin, Hsu and Xu 2019 (statement, abstract) |
# | 12.5c | With the best ridge the mean risk is that of the limit law at every p | largest relative difference ≤ 0.003 | four errors of a mean | Hastie et al. 2019 (statement, recalled) |
# | 12.5d | At p = n single problems carry a sum of 500 variances | mean sum of squared shares 1/2 ± 0.06 | three errors; an ordinary average has 0.002 | Ours |
# | 12.5e | *control:* Four features away from the threshold no single problem carries the sum | mean sum of squared shares ≤ 0.05 | 0.002 is the least possible | Ours |
# | 12.5f | The risks of section 1 at p = n have the tail of section 2 | relative difference ≤ 0.3 | four errors of 200 values | Ours |
# | 12.5g | *control:* Without the ridge the risk at p = n is many times as high | median quotient ≥ 20 | a tenth of it would be a peak | Ours |
# | 12.5h | The fit of least norm shrinks what it sees by min(1, n/p) | largest difference ≤ 0.1 | at p = 5 a mean errs by 0.03 | Ours |

# %%
ledger.judge({
    "12.5a": median(plain[samples] / plain[samples // 2]),
    "12.5b": mean(plain[total] - (1 + noise)),
    "12.5c": largest((table.ridge / table.law - 1).abs(), of=draws, digits=1),
    "12.5d": mean(ls.squared_shares(gains[0].view(-1, 500))),
    "12.5e": mean(ls.squared_shares(gains[4].view(-1, 500))),
    "12.5f": value(
        abs(ls.tail_exponent(plain[samples], draws // 15) / ls.tail_law(0) - 1),
        of=draws // 15,
    ),
    "12.5g": median(plain[samples] / risks.ridge[counts.index(samples)]),
    "12.5h": largest(
        [abs(a - min(1, samples / p)) for p, a in table.shrinkage[table.far].items()],
        of=draws, digits=1,
    ),
})  # fmt: skip

# %% [markdown]
# Then the digits: how far the error rises and falls, what clean and wrong labels cost at large width, and what fewer images change. Linear features are
# the control: whatever their number, they have the rank of the image, which is 100. So for 200 images there is no threshold at $p=200$, and all fits
# with 100 features or more are the same function.
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 12.5i | Without a ridge the error falls from n to 16n features, with clean and with wrong labels | mean of the smaller of the two falls ≥ 0.4 | far above errors of 0.03 | Belkin, Hsu and Xu 2019 (statement, abstract) |
# | 12.5j | The second descent ends below the first, with clean and with wrong labels | mean of the smaller of the two gains ≥ 0.03 | three in a hundred is a difference one sees | Belkin, Hsu and Xu 2019 (statement, abstract) |
# | 12.5k | At 16n features clean labels need no ridge | mean error without less error with 0 ± 0.02 | two images in a hundred | Ours |
# | 12.5l | At 16n features wrong labels need a ridge | mean error without less error with ≥ 0.03 | more than clean ones may differ | Ours |
# | 12.5m | At a fixed p, n images give more errors than half of them if p = n | mean of the smaller of the two rises ≥ 0.1 | a tenth is a difference one sees | Nakkiran 2019 (statement, recalled) |
# | 12.5n | With the ridge, n images give no more errors than half of them | mean of the larger of the two rises ≤ 0 | no rise is what is claimed | Nakkiran et al. 2021 (statement, abstract) |
# | 12.5o | Linear features have no peak: the error does not depend on their number from 100 on | largest difference of two errors ≤ 0.01 | ten images of a thousand | Ours |

# %%
def square(images):
    """Test errors (splits, labels, ridges) of `digit_samples` features."""
    own = np.random.default_rng([seed, 2])  # fewer images are the first of more
    return ls.digit_fits([digit_samples], images, *grid, splits, own).errors[..., 0]


more = square(digit_samples) - square(digit_samples // 2)
more.mean(0).numpy().round(2)

# %% [markdown]
# These are the changes of the error from $n/2$ to $n$ images (first row clean labels; second column with the ridge). And the mean errors of
# 100 to 1,600 linear features:

# %%
linear = ls.digit_fits(
    [100, 150, 200, 400, 1600], 200, [0.0], [0.0], splits, rng,
    features=ls.linear_features,
).errors[:, 0, 0]  # fmt: skip
linear.mean(0).numpy().round(3)

# %% [markdown]
# The verdicts of the second table:

# %%
ledger.judge({
    "12.5i": mean((errors_at(1) - errors_at(16))[:, :, 0].amin(1)),
    "12.5j": mean((fits.errors[..., :at].amin(-1) - errors_at(16))[:, :, 0].amin(1)),
    "12.5k": mean(-errors_at(16)[:, 0].diff(), digits=1),
    "12.5l": mean(-errors_at(16)[:, 1].diff()),
    "12.5m": mean(more[:, :, 0].amin(1)),
    "12.5n": mean(more[:, :, 1].amax(1)),
    "12.5o": largest(linear - linear[..., :1], of=splits, digits=1),
})

# %%
ledger.conclude()
