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
# # Small networks learn in stages where input-output covariances are spread out
#
# ![verdict](../figures/43_stagewise_networks/verdict.svg)
#
# **Question.** When a network starts near zero, its loss falls in stairs: long plateaus, sudden drops. Arata's thesis traces the stairs to anisotropic
# inputs (whose variance depends on the direction) and to one matrix that turns all units the same way; is that what happens, and how fast?
#
# **Answer.** A spread-out input-output covariance makes the stairs: anisotropic inputs are one way to it, and a teacher that undoes them removes the
# stairs. On leaving zero, linear units turn to one direction; the misalignment is a power of the start's scale, predicted to 0.01.
#
# ![loss in stairs](../figures/43_stagewise_networks/stairs.svg)
#
# One linear network from three start scales $\epsilon$: the smaller the scale, the longer the same stairs. Dashed: the least loss that a matrix of rank
# 0, 1, 2 reaches, under the square loss
# and under cross-entropy, whose plateaus are computed by an optimizer that knows nothing of descent.
#
# *Source:* Arata, *Stage-wise learning of nonlinear neural networks caused by anisotropic inputs*, summary of a master's thesis at
# the University of Tokyo (in Japanese): definition 1, lemmas 1 and 2, theorem 1. It states no rates and no sizes; those are ours.
#
# Before: [42](42_greedy_low_rank.ipynb) · Next: [44](44_skipping_plateaus.ipynb) · [symbols](../NOTATION.md)

# %% [markdown]
# ## The model in ten lines
#
# A linear network of two layers, $A$ and $B$, learns $y=Tx$ from inputs of covariance $C$. Descent sees its data only through $C$ and the input-output
# covariance $C_{yx}=TC$. Thirty hidden units, three inputs, three outputs, all weights about $10^{-8}$ at the start:

# %%
import numpy as np


def learn(T, C, scale=1e-8, eta=0.05, steps=4000):
    """The loss at each step of descent on <(T - BA) C, T - BA>/2."""
    rng = np.random.default_rng(1)
    A, B = scale * rng.normal(size=(30, 3)), scale * rng.normal(size=(3, 30))
    losses = []
    for _ in range(steps):
        E = T - B @ A
        losses.append(np.sum(E @ C * E) / 2)
        A, B = A + eta * B.T @ E @ C, B + eta * E @ C @ A.T
    return np.array(losses)


def plateaus(losses):
    """The losses at which a step lowers the loss by less than a ten thousandth."""
    quiet = (-np.diff(np.log(losses)) < 1e-4) & (losses[1:] > 1e-5 * losses[0])
    arrives = quiet & ~np.append(False, quiet[:-1])
    return [float(loss) for loss in losses[1:][arrives].round(2)]

# %% [markdown]
# Anisotropic inputs, and a teacher that treats all directions alike. Three plateaus:

# %%
plateaus(learn(T=np.eye(3), C=np.diag([3, 1, 0.3])))

# %% [markdown]
# Inputs that are alike in all directions, and an anisotropic teacher. Three plateaus again, at other losses:

# %%
plateaus(learn(T=np.diag([3, 1, 0.3]), C=np.eye(3)))

# %% [markdown]
# Anisotropic inputs and an anisotropic teacher, which undoes them, so that $C_{yx}=TC$ is alike in all directions. One plateau, the one at the start:

# %%
plateaus(learn(T=np.diag([1 / 3, 1, 1 / 0.3]), C=np.diag([3, 1, 0.3])))

# %% [markdown]
# So the cause is neither the inputs nor the teacher but the matrix $C_{yx}$, in which the two meet. While the weights are tiny it moves every unit: the fastest of its
# directions grows up first, and the others wait. The rest of this notebook shows that this is so for random problems, with what power the units turn,
# and where it stops being true. Its parameters:

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
seeds = 80  # in [4, 2000]: problems with their starts
singular_values = [3, 1, 0.3]  # each of 2 or more in [0.01, 10]: of the teacher T, well apart: every plateau is long
input_variances = [2, 0.5]  # each of 2 in [0.05, 10]: largest and smallest eigenvalue of the inputs' covariance
widths = [10, 50, 6]  # each of 3 in [3, 200]: inputs, units, outputs
learning_rate = 0.02  # in [0.001, 0.05]: eta
large_rate = 0.2  # in [0.01, 0.25]: a second one, where log(1 + eta s) is not eta s
start_scales = [1e-12, 1e-8, 1e-4]  # each of 2 or more in [1e-13, 1e-3]: start scales of sections 1 and 3
nonlinear_seeds = 40  # in [4, 500]: problems with ReLU, tanh and linear units

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("43_stagewise_networks", globals())  # reads and checks the parameters

from lib import linear_networks as ln
from lib.descent import Plain, Record, descend
from lib.stages import (
    cross_entropy as ce,
    layerwise,
    stage_records as sr,
    stagewise as sw,
    two_layer as tl,
)
from lib.statistics import largest, mean, median, ratio, share, smallest
from lib.suite import figures

from functools import partial

import pandas as pd
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# `lib` takes the same steps, from the moments $C_{xx}$, $C_{yx}$ and $\|Y\|^2/2n$ of many problems at once:

# %%
np.allclose(
    learn(T=np.diag([3, 1, 0.3]), C=np.eye(3), steps=400),
    descend(
        tl.moment_gradients,
        (lambda g: [torch.from_numpy(1e-8 * g.normal(size=(1, *shape)))
                    for shape in ((30, 3), (3, 30))])(np.random.default_rng(1)),
        Plain(0.05), steps=399,
        record=Record(
            range(400), lambda w, *m: {"loss": tl.moment_loss(w[1] @ w[0], *m)}),
        problem=[torch.from_numpy(m)[None] for m in (
            np.eye(3), np.diag([3, 1, 0.3]), np.array(10.09 / 2))],
        ).records["loss"][:, 0],
)  # fmt: skip

# %% [markdown]
# ## 1. What makes the stages
#
# Five kinds of problem, three inputs and three outputs, rotated at random. The inputs have variances 1, 1, 1 or 3, 1, 0.3; the teacher has
# singular values 1, 1, 1 (it is orthogonal) or 3, 1, 0.3; the fifth teacher is $T=QC_{xx}^{-1}$ with an orthogonal $Q$. A plateau is seen where descent promises a
# relative fall of the loss below $10^{-4}$ a step, $\eta\|\nabla\|^2<10^{-4}\,\ell$.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 43.1a | Anisotropic inputs alone make stages: with an orthogonal teacher there are as many plateaus as directions, three | share of problems ≥ 0.9 | rare starts pass a saddle fast | Arata, title (statement, read) |
# | 43.1b | Anisotropic inputs make no stages if the teacher undoes them: there is one plateau, at the start | share of problems ≥ 0.9 | as for the stages themselves | Ours |
#
# A kind of problem is specified by the variances, the singular values, and whether the teacher undoes the inputs:

# %%
def arm(variances, values, undone=False):
    """Moments of problems of one kind."""
    inputs, outputs = tl.teacher_problem(
        seeds, rng, variances=variances, singular_values=values, outputs=3, samples=12
    )
    cxx = inputs @ inputs.mT / 12
    teacher = ln.orthogonal(3, rng, (seeds,)) @ torch.linalg.inv(cxx)
    return tl.moments(inputs, teacher @ inputs if undone else outputs)


# %% [markdown]
# Singular values of $C_{yx}$ for each kind (medians):

# %%
arms = {
    "neither": arm([1, 1, 1], [1, 1, 1]), "inputs": arm([3, 1, 0.3], [1, 1, 1]),
    "teacher": arm([1, 1, 1], [3, 1, 0.3]), "both": arm([3, 1, 0.3], [3, 1, 0.3]),
    "inputs, undone": arm([3, 1, 0.3], [1, 1, 1], undone=True),
}  # fmt: skip
pd.DataFrame({name: torch.linalg.svdvals(moments[1]).median(0).values.numpy()
              for name, moments in arms.items()},
             index=["s₁", "s₂", "s₃"]).T.round(2)  # fmt: skip

# %% [markdown]
# What descent makes of them: its plateaus, and $\sigma_2/\sigma_1$ of the matrix of all units, which is small where they share one direction:

# %%
def stages(moments, scale):
    """Plateaus of descent, and σ₂/σ₁ of the units when they leave the origin."""
    begin = ln.gaussian_weights([3, 30, 3], seeds, rng)
    run = sw.staged_descent(
        tuple(scale * w for w in begin), moments, sw.REGRESSION, steps=40_000,
        learning_rate=learning_rate, check_every=10, final_loss=1e-6 * moments[2])
    omega = tl.exit_units(begin, moments, [scale], exit_scale=1e-3,
                          learning_rate=learning_rate)  # fmt: skip
    sizes = torch.linalg.svdvals(omega[0])
    return run.saddles.isfinite().sum(1), sizes[:, 1] / sizes[:, 0]

# %% [markdown]
# From the smallest start scale (medians):

# %%
staged = {name: stages(moments, min(start_scales)) for name, moments in arms.items()}
pd.DataFrame({
    name: [float(count.double().median()), f"{float(apart.median()):.1g}"]
    for name, (count, apart) in staged.items()
}, index=["plateaus", "σ₂/σ₁ at the exit"]).T  # fmt: skip

# %%
ledger.judge({
    "43.1a": share(staged["inputs"][0] == 3),
    "43.1b": share(staged["inputs, undone"][0] == 1),
})

# %% [markdown]
# The title of the thesis is right for teachers that treat all directions alike. But anisotropic inputs are not the cause: a teacher alone can make the
# stages, and can unmake them.
#
# ## 2. All units turn to one direction
#
# A **unit** $w_i$ is row $i$ of $W_1$ together with column $i$ of $W_2$; $\Omega$ stacks the units. A step of descent multiplies every unit of a linear
# network by the same matrix, $\begin{pmatrix}I&\eta M^\top\\\eta M&I\end{pmatrix}$, $M=-\partial\ell/\partial W$, $W=W_2W_1$ (lemma 1). With $M=\sum_ks_kb_ka_k^\top$ its eigenvalues are
# $1\pm\eta s_k$ and 1. While the weights are tiny $M$ stands still, and what lies along the top eigenvector $(a_1,b_1)/\sqrt2$ outgrows the rest. From
# scale $\epsilon$ to an exit scale $r$ the misalignment, $P$ projecting onto that vector, falls as
#
# $$\frac{\|(I-P)\Omega\|}{\|P\Omega\|}\sim\Bigl(\frac\epsilon r\Bigr)^{1-\log(1+\eta s_2)/\log(1+\eta s_1)},$$
#
# and for small $\eta$ its exponent is gradient flow's, $1-s_2/s_1$. Theorem 1 says that the ratio goes to zero, under a Lipschitz loss. The square loss
# is not Lipschitz, so the theorem does not speak of it. Softmax cross-entropy is Lipschitz: there $M=(Y-\frac1C)X^\top/n$ at the origin, for $C$
# classes with labels
# $Y$. We draw noisy labels, so that the loss has a finite minimum.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 43.2a* | Under the square loss the misalignment falls with the predicted exponent | mean of exponent − predicted 0 ± 0.02 | gradient flow's is off by 0.07 at the larger step size | Arata, theorem 1 (statement, read) |
# | 43.2c* | Under cross-entropy, which meets the theorem's premise, the misalignment falls with the predicted exponent | mean of exponent − predicted 0 ± 0.01 | gradient flow's is off by 0.02 at the larger step size | Arata, theorem 1 (statement, read) |
#
# Each problem has its own teacher, inputs and start: they are the sample. We follow them over three to seven decades, up to weights of $10^{-5}$.

# %%
make = partial(tl.teacher_problem, outputs=widths[2], samples=100,
               variances=np.linspace(*input_variances, widths[0]))  # fmt: skip
problem = tl.moments(*make(seeds, rng, singular_values=singular_values))
start = ln.gaussian_weights(widths, seeds, rng)

# %% [markdown]
# For cross-entropy there are twenty classifications with four classes, with starts of their own:

# %%
unsure = ln.gaussian_weights([6, 20, 4], 20, rng), ce.label_problem(
    20, rng, deviations=[1.5, 1.3, 1.1, 0.9, 0.8, 0.7],
    singular_values=[3, 1.5, 0.6], classes=4, samples=200,
)  # fmt: skip
{name: tuple(x.shape) for name, x in zip(("inputs", "labels"), unsure[1], strict=True)}

# %% [markdown]
# Mean exponents, predicted and measured:

# %%
ratios = 10.0 ** -np.arange(3, 8)
turned = {
    f"square loss, η = {rate}": tl.exit_misalignment(
        start, problem, ratios, learning_rate=rate
    )
    for rate in (learning_rate, large_rate)
} | {
    f"cross-entropy, η = {rate}": tl.exit_misalignment(
        *unsure, ratios, learning_rate=rate, slope=ce.cross_entropy_slope
    )
    for rate in (0.05, 0.5)
}
pd.DataFrame({
    name: [float(law.mean()), float(tl.powers(ratios, y).nanmean())]
    for name, (y, law) in turned.items()
}, index=["predicted", "measured"]).T.round(4)  # fmt: skip

# %% [markdown]
# The lines have the predicted slopes, one for each step size (medians; bands from the 10th to the 90th percentile). With larger steps the exponent is
# smaller: finite steps weaken the alignment.

# %% tags=["hide-input"]
with figures.curves(
    "alignment",
    {loss: {
        name.split(", ")[1]: (
            -np.log10(ratios), y,
            float(y[0].nanmedian()) * (ratios / ratios[0]) ** float(law.mean()))
        for name, (y, law) in turned.items() if name.startswith(loss)
    } for loss in ("square loss", "cross-entropy")},
    "Misalignment falls with the start scale at the predicted slopes.",
    prediction="predicted slope", band=(0.1, 0.9), yscale="log", legend="lower left",
    xlabel="decades from the start to the exit", ylabel="misalignment at the exit",
):  # fmt: skip
    pass

# %%
ledger.judge({
    "43.2a*": {name: mean(tl.powers(ratios, y) - law, digits=1)
               for name, (y, law) in turned.items() if "square" in name},
    "43.2c*": {name: mean(tl.powers(ratios, y) - law, digits=1)
               for name, (y, law) in turned.items() if "cross" in name},
})  # fmt: skip

# %% [markdown]
# ## 3. Which saddles, and how long at each
#
# The network stops at matrices of low rank. Under the square loss the saddle of rank $k$ is the solution of reduced-rank regression, with loss
# $\frac{\|Y\|^2}{2n}-\frac12\sum_{j\le k}\sigma_j^2$, $\sigma$ the singular values of $C_{yx}C_{xx}^{-1/2}$ (Gidel et al. 2019,
# [notebook 45](45_discrete_stages.ipynb)). For cross-entropy there is no formula; the best matrix of rank $k$ is found by L-BFGS from random starts.
#
# How long does it stay? At the origin $\log(1/\epsilon)/\log(1+\eta s_1)$ steps. While the first direction waits, the next ones grow too, at the lower speeds of the
# same saddle, so that each stage uses up a known share of $\log(1/\epsilon)$. No constant is fitted.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 43.3a | Under the square loss plateaus lie at the losses of reduced-rank regression | largest relative distance, where all plateaus are seen ≤ 0.001 | the plateaus' own losses differ fivefold and more | Arata, section 3 (statement, read) |
# | 43.3b | Under cross-entropy plateaus lie at the best losses of rank 1 and 2 | median of the larger distance / gap to the next rank ≤ 0.1 | a tenth of the way; neighbouring ranks lie at 1, and a rare saddle is passed fast | Arata, section 3 (statement, read) |
# | 43.3c | The steps of a whole run grow with each decade of the start scale as the saddles' speeds say | mean of measured / predicted 1 ± 0.01 | gradient flow's would be off by 3% | Arata, section 4 (statement, read) |
#
# Where do the networks wait, from the smallest start scale? The first problem's plateaus and the predicted losses:

# %%
levels = tl.saddle_losses(*problem)[:, : len(singular_values)]
square = sw.staged_descent(
    *tl.scaled_runs(start, problem, sorted(start_scales)), sw.REGRESSION,
    learning_rate=learning_rate, steps=60_000, check_every=10,
    final_loss=1e-6 * problem[2].repeat(len(start_scales)),
)  # fmt: skip
pd.DataFrame([square.saddles[0, : levels.shape[1]].numpy(), levels[0].numpy()],
             index=["plateaus", "predicted"]).round(4)  # fmt: skip

# %% [markdown]
# Under cross-entropy the lowest losses of each rank are found without descent:

# %%
lowest = torch.stack([
    ce.best_of_rank(*unsure[1], k, np.random.default_rng([seed, k])) for k in range(4)
], -1)  # fmt: skip
[round(float(loss), 4) for loss in lowest[0]]  # of the first problem, ranks 0 to 3

# %% [markdown]
# And where does descent wait in this problem, at the step size 0.5 and from the smallest start scale? The loss falls slowly even between these
# plateaus. So a plateau is here a dip in the relative fall of the loss a step, assigned to the nearest of the losses of rank 0, 1 and 2:

# %%
def classify(scale):
    """Losses of descent on the classifications, and the losses on its plateaus."""
    record = descend(
        lambda w, *d: ln.layer_gradients(w, lambda m: ce.cross_entropy_slope(m, *d)),
        [scale * w for w in unsure[0]], Plain(0.5), problem=unsure[1], steps=5000,
        record=Record(range(0, 5001, 10), partial(ce.loss_record, learning_rate=0.5)),
    ).records  # fmt: skip
    plateaus = sr.plateau_depths(record["fall"], record["loss"], lowest[:, :3])[1]
    return record["loss"], plateaus


entropy = {scale: classify(scale) for scale in sorted(start_scales)}
[round(float(loss), 4) for loss in entropy[min(start_scales)][1][0, 1:]]  # ranks 1, 2

# %% tags=["hide-input"]
with figures.curves(
    "stairs",
    {"square loss": {f"ε = {scale:g}": sw.above(
        float(levels[0, -1]) / 100, *square.curve(k * seeds))
        for k, scale in enumerate(entropy)},
     "cross-entropy": {f"ε = {scale:g}": (range(0, 701, 10), y[:71, 0])
                       for scale, (y, _) in entropy.items()}},
    "The loss falls in stairs, at the losses of the best matrices of each rank.",
    sharey=False, xlabel="step", ylabel="loss",
) as axes:  # fmt: skip
    axes[0].set(yscale="log")
    [figures.level(axes[k], float(loss), "_", lw=1)
     for k, losses in enumerate((levels[0], lowest[0, :3])) for loss in losses]

# %% [markdown]
# How many more steps a run takes for a decade of start scale, measured and predicted (means):

# %%
pace = (
    -square.steps.reshape(-1, seeds)[:2].double().diff(dim=0)[0]
    / np.diff(np.log(sorted(start_scales)))[0],
    sw.steps_per_log_scale(*problem[:2], learning_rate, len(singular_values)).sum(-1),
)
[round(float(y.mean() * np.log(10)), 1) for y in pace]

# %%
ledger.judge({
    "43.3a": largest(sw.distance_in_order(square.saddles[:seeds], levels),
                     of=seeds, digits=1),
    "43.3b": median(ce.distance_from_ranks(entropy[min(entropy)][1], lowest), digits=1),
    "43.3c": mean(pace[0] / pace[1], digits=4),
})  # fmt: skip

# %% [markdown]
# ## 4. ReLU and tanh units
#
# The summary says that with nonlinear units the dynamics are the same. Here one teacher teaches linear units and units with bends, ReLU and tanh. A
# plateau is again a dip in the relative fall of the loss a step. Its depth is how much slower the fall is there than in the slower of the two drops
# beside it. We assign a dip to the nearest loss
# of reduced-rank regression (on a log scale), the saddles of the *linear* network. That this makes sense is itself the claim.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 43.4a* | Networks with bends rest where the linear network does, at the best loss of rank 1 | median of loss on the plateau / predicted 1 ± 0.1 | losses of ranks 0, 1, 2 differ fivefold | Arata, section 1 (statement, read) |
#
# The function trains one kind of unit on all problems; the starts are the same for each kind:

# %%
def bends(name):
    """Losses of descent; its plateaus' depths and losses over the saddles'."""
    own = np.random.default_rng([seed, 4])
    data = make(nonlinear_seeds, own, singular_values=[3, 1.5, 0.75])
    begin = ln.gaussian_weights([widths[0], 40, widths[2]], nonlinear_seeds, own, 1e-5)
    record = sr.activation_record(begin, *data, learning_rate, name, steps=1500)
    ranks = tl.saddle_losses(*tl.moments(*data))[:, :3]
    depth, at = sr.plateau_depths(record["fall"], record["loss"], ranks)
    return record["loss"] / ranks[:, 1], depth, at / ranks

# %% [markdown]
# How deep, in decades, are the plateaus at the saddles of rank 1 and 2 (means)?

# %%
bent = {name: bends(name) for name in tl.ACTIVATIONS}
pd.DataFrame({name: y[:, 1:].mean(0).numpy() for name, (_, y, _) in bent.items()},
             index=["rank 1", "rank 2"]).round(2)  # fmt: skip

# %% [markdown]
# One network with each kind of unit: all three rest at the dashed loss, and with bends the next plateau is blurred.

# %% tags=["hide-input"]
with figures.curves(
    "units",
    {"": {name: sw.above(1e-4, torch.arange(0, 1501, 10), y[:, 0])
          for name, (y, *_) in bent.items()}},
    "Linear, ReLU and tanh networks rest at the same loss; with bends, less long.",
    yscale="log", xlabel="step", ylabel="loss / best loss of rank 1",
) as axes:  # fmt: skip
    figures.level(axes, 1, "best of rank 1")

# %%
ledger.judge({
    "43.4a*": {name: median(bent[name][2][:, 1]) for name in ("relu", "tanh")}
})

# %% [markdown]
# ## Reading
#
# **The cause.** Stages need singular values of $C_{yx}$ that are spread out. With an orthogonal teacher the spread is that of the inputs, and the title
# of the thesis is right; with isotropic inputs it is the teacher's; where the two cancel there is one plateau and one drop. How far apart the plateaus
# lie in loss is another matter: that is set by $C_{yx}C_{xx}^{-1/2}$, and the order of the stages by $C_{yx}$ ([notebook 45](45_discrete_stages.ipynb)
# shows what follows if the two disagree).
#
# **The theorem.** The misalignment follows its power to a hundredth, for the square loss, which the theorem leaves out, as for cross-entropy, which it
# covers. The power is the *discrete* one, so $\eta\to0$ is not needed. The theorem needs, but does not say, a gap $s_1>s_2$ (43.5f), and a small exit
# scale besides a small start: $M$ moves with the square of the weights, and leaves a floor of order $r^2$ that no smaller start removes (43.5g). No law
# of the start's entries is needed: with Cauchy's, which has no variance, the power is the same (43.5c).
#
# **Lemma 2** bounds by what factor the part of a unit across one direction grows during a drop. It holds as it is written for some fixed direction, not
# that in which the units left (43.5m). Across the direction that is carried along by lemma 1's matrix the bound holds for every unit and step (43.5l).
# We suggest that as the statement.
#
# **Nonlinear units.** Lemma 1 is exact for ReLU units, but not for tanh, where it is off by the square of the weights' scale (43.5i to 43.5k). The
# plateau of rank 1 is seen with either (43.4a, 43.4b); that of rank 2 is shallower than the linear network's (43.5u, 43.5v). "The same dynamics" is
# right for the beginning only.
#
# **Deeper networks, layer by layer.** The summary trains deeper networks one layer at a time, and finds that the layers approach rank 1 on a plateau. They do so
# just as closely if all are trained together (43.5r): $\sigma_2/\sigma_1$ there is what the start has left, in proportion to it (43.5q).
#
# **Limits.** The summary gives no sizes, so none of these numbers is its own. Singular values are well apart here. With starts below $10^{-13}$ later
# modes would be lost to rounding.
#
# **Try.** `input_variances = [1, 1]`: the direction no longer turns during the drop, and 43.5g finds no floor. `singular_values = [3, 1.5, 0.75]`: some networks pass a
# saddle too fast to count, and 43.5h fails. `input_variances = [5, 0.1]`: the old and the new directions lie further apart, and 43.5h fails.

# %% [markdown]
# ## 5. Checks
#
# | | check | holds if | why this bound | source |
# |---|---|---|---|---|
# | 43.5a | *control:* Isotropic inputs with an orthogonal teacher make no stages: there is one plateau, at the start | share of problems ≥ 0.9 | as for the stages themselves | Ours |
# | 43.5b | An anisotropic teacher makes stages with isotropic inputs: there are three plateaus | share of problems ≥ 0.9 | rare starts pass a saddle fast | Ours |
# | 43.5c* | Starts of other laws than Gauss's give the predicted exponent of the misalignment over the last decades | median of exponent − predicted 0 ± 0.02 | as for Gaussian starts; Cauchy's rare large entries decide a mean | Arata, section 1 (statement, read) |
# | 43.5f | *control:* Without a gap, all singular values equal, the misalignment does not fall | mean exponent 0 ± 0.02 | nothing singles out a direction | Ours |
# | 43.5g | The floor of the misalignment grows as the square of the exit scale | mean power of the exit scale 2 ± 0.1 | the next order in the exit scale | Ours |
# | 43.5h | From the least start scale exactly as many plateaus are seen as the teacher has directions | share of networks ≥ 0.9 | some teachers' saddles are passed fast | Arata, section 3 (statement, read) |
# | 43.5i | Lemma 1's matrices make the very step of descent for ReLU units | largest relative difference ≤ 1e-14 | rounding of sums over 100 samples | Arata, lemma 1 (statement, read) |
# | 43.5j | *control:* Lemma 1's matrices do not make the step of descent for tanh units of weight scale 1 | smallest relative difference ≥ 0.1 | σ(z)/z and σ'(z) differ by a share of order one | Arata, lemma 1 (statement, read) |
# | 43.5k | For tanh units near zero lemma 1 is off by the square of the weight scale | mean power of the weight scale 2 ± 0.05 | next order is 1e-4 of it | Ours |
# | 43.5l | Lemma 2's bound holds for every unit and step, across the direction that is carried along | largest growth / bound ≤ 1 | derived as an inequality | Arata, lemma 2 (statement, read) |
# | 43.5m | Some fixed direction keeps lemma 2's bound for the whole drop | share of networks ≥ 0.95 | the quantifier of lemma 2 | Arata, lemma 2 (statement, read) |
# | 43.5n* | At later saddles the unused parts of the units leave within 2% of the new matrix's top direction | share of networks ≥ 0.9 | a rare start is almost orthogonal to it | Arata, theorem 1 (statement, read) |
# | 43.5p | *control:* At the first saddle the unused parts leave far from the origin's second direction | median of misalignment with it / with the new top direction ≥ 100 | the old direction is a few degrees off | Ours |
# | 43.5q | In networks of three layers, trained layer by layer, σ₂/σ₁ on the rank-1 plateau is proportional to the start scale | mean power of the start scale 1 ± 0.15 | the next order, over a third of a decade | Arata, section 1 (statement, read) |
# | 43.5r | On the rank-1 plateau σ₂/σ₁ is the same whether layers are trained one by one or together | ratio of the two, least start scale 1 ± 0.1 | if going layer by layer made the rank small, far below 1 | Ours |
# | 43.5s* | Networks with bends have a plateau at rank 1 at all | mean depth in decades ≥ 0.3 | twofold; below that no plateau is seen | Arata, section 3 (statement, read) |
# | 43.5u* | *control:* Networks with bends have a shallower plateau at rank 2 than the linear network | mean difference in decades ≤ -0.3 | shallower by a factor of two at least | Ours |
#
# Here are starts of other laws, the control without a gap, and the floor. The floor is taken from starts so small that nothing else is left:
# $10^{-30}$, carried to about $10^{-6}$ in closed form with $M$ frozen, and stepped from there:

# %%
def other(law, given):
    """Misalignment of starts of some law, and its predicted exponent."""
    begin = [torch.from_numpy(law((seeds, widths[k + 1], widths[k]))) for k in (0, 1)]
    return tl.exit_misalignment(begin, given, ratios, learning_rate=learning_rate)

# %% [markdown]
# Medians of the measured exponents less the predicted ones, over the last decades:

# %%
laws = {
    "uniform": other(lambda shape: rng.uniform(-1, 1, shape), problem),
    "signs": other(lambda shape: rng.choice([-1.0, 1.0], shape), problem),
    "Cauchy": other(rng.standard_cauchy, problem),
    "no gap": other(rng.standard_normal, tl.moments(
        *make(seeds, rng, variances=np.ones(widths[0]), singular_values=[2, 2, 2]))),
}  # fmt: skip
{n: round(float((tl.powers(ratios[2:], y[2:]) - law).nanmedian()), 4)
 for n, (y, law) in laws.items()}  # fmt: skip

# %% [markdown]
# Lemma 1 takes one step:

# %%
def lemma_1(name, scale):
    """Relative difference between lemma 1's step and descent's."""
    own = np.random.default_rng([seed, 5])
    data = make(seeds, own, singular_values=singular_values)
    begin = ln.gaussian_weights(widths, seeds, own, scale)
    return tl.one_step_difference(begin, *data, learning_rate, name)

# %% [markdown]
# The verdicts on these and on the floor:

# %%
ledger.judge({
    "43.5a": share(staged["neither"][0] == 1),
    "43.5b": share(staged["teacher"][0] == 3),
    "43.5c*": {n: median(tl.powers(ratios[2:], y[2:]) - law, digits=2)
               for n, (y, law) in laws.items() if n != "no gap"},
    "43.5f": mean(tl.powers(ratios, laws["no gap"][0]), digits=1),
    "43.5g": mean(tl.powers([1e-4, 3e-4, 1e-3, 3e-3], tl.misalignment_floors(
        start, problem, [1e-4, 3e-4, 1e-3, 3e-3], learning_rate=learning_rate))),
    "43.5h": share(square.saddles[:seeds].isfinite().sum(1) == len(singular_values)),
    "43.5i": largest(
        [lemma_1("relu", s) for s in (1, 1e-2, 1e-3)], of=seeds, rounding=True),
})  # fmt: skip

# %% [markdown]
# The median misalignment of the unused parts at the later saddles:

# %%
def later(used, direction=None):
    """Misalignment of the unused parts of the units when they leave a later saddle."""
    omega = tl.exit_units(start, problem, [min(start_scales)], exit_scale=1e-3,
                          used=used, learning_rate=learning_rate)[0]
    new = tl.growing_directions(tl.saddle_matrix(*problem[:2], used))[1][..., 0]
    return tl.misalignment(omega, new if direction is None else direction)


gone = {f"saddle of rank {k}": later(k) for k in range(1, len(singular_values))}
{name: float(y.median()) for name, y in gone.items()}

# %% [markdown]
# And lemma 2 along the first drop: the largest growth over the bound, across the direction that is carried along:

# %%
drop = tl.transported_residual(
    tl.from_units(tl.exit_units(start, problem, [1e-8], learning_rate=learning_rate,
                                exit_scale=1e-2)[0], widths[0]),
    *problem, direction=tl.growing_directions(problem[1])[1][..., 0],
    learning_rate=learning_rate, steps=150,
)  # fmt: skip
drop["used"] = drop["moving"] / drop["moving"][0] / drop["bound"].exp()[..., None]
round(float(drop["used"][1:].max()), 3)

# %%
ledger.judge({
    "43.5j": smallest(lemma_1("tanh", 1)),
    "43.5k": mean((lemma_1("tanh", 1e-2) / lemma_1("tanh", 1e-3)).log10(), digits=4),
    "43.5l": largest(drop["used"][1:], of=seeds),
    "43.5m": share((tl.fixed_residuals(drop, np.linspace(0, 1, 41))[1] <= 1).any(0)),
    "43.5n*": {name: share(y <= 0.02) for name, y in gone.items()},
    "43.5p": median(later(1, tl.growing_directions(problem[1])[1][..., 1])
                    / gone["saddle of rank 1"], digits=1),
})  # fmt: skip

# %% [markdown]
# Networks of three layers with square targets and starts of 0.02, 0.014 and 0.01 (larger ones have no plateau to speak of) are trained layer by layer
# and all together. Where the gradient is smallest near the rank-1 loss we take the largest $\sigma_2/\sigma_1$ of the layers (means):

# %%
def layered(scheme):
    """σ₂/σ₁ on the rank-1 plateau, (start scales, networks)."""
    own = np.random.default_rng([seed, 3])
    sizes = torch.tensor([3, 1.5, 0.7, 0, 0, 0, 0, 0], dtype=torch.float64)
    drawn = ln.gaussian_weights([8, 20, 20, 8], 32, own)
    begin, (goal,) = tl.scaled_runs(drawn, (ln.rotated(sizes.expand(32, 8), own),),
                                    [0.02, 0.014, 0.01])  # fmt: skip
    return layerwise.rank_one_plateau(
        begin, goal, scheme=scheme, learning_rate=0.1, steps=20_000
    )["spread"].reshape(3, 32)  # fmt: skip


deep = {scheme: layered(scheme) for scheme in ("layer-wise", "together")}
pd.DataFrame({scheme: y.mean(1).numpy().round(3) for scheme, y in deep.items()},
             index=[0.02, 0.014, 0.01]).T  # fmt: skip

# %% [markdown]
# The verdicts on them and on the bends of section 4:

# %%
ledger.judge({
    "43.5q": mean(tl.powers([0.02, 0.014, 0.01], deep["layer-wise"])),
    "43.5r": ratio(deep["layer-wise"][-1], deep["together"][-1]),
    "43.5s*": {n: mean(bent[n][1][:, 1], digits=2) for n in ("relu", "tanh")},
    "43.5u*": {
        n: mean(bent[n][1][:, 2] - bent["linear"][1][:, 2], digits=2)
        for n in ("relu", "tanh")
    },
})

# %%
ledger.conclude()
