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
# # Soft targets teach classes never shown; about classes shown, smooth labels teach more
#
# ![verdict](../figures/54_distillation/verdict.svg)
#
# **Question.** A large network, or an ensemble, is to be squeezed into a small one: the student is trained on the teacher's probabilities instead of labels. What is in these
# probabilities that is not in the labels?
#
# **Answer.** Two things, of very different worth. A student shown only 7s and 8s, with the teacher's probabilities, then knows the other eight digits as well (accuracy 0.81); with labels it knows none of them. For a linear student this is a
# theorem: it ends at the projection of its teacher on the span of the images, whatever their class. But where all digits are shown, what the teacher says about wrong classes is worth nothing: a network that learns from six gains
# 1.3 points of accuracy where the six together gain 1.4, and more than twice as much if the rest is spread evenly over the wrong classes. That soft targets beat such flattened ones is *not reproduced* (54.4e).
#
# ![agreement with the teacher against the number of images](../figures/54_distillation/key.svg)
#
# *The claim:* Hinton, Vinyals and Dean 2015, *Distilling the knowledge in a neural network* ([arXiv:1503.02531](https://arxiv.org/abs/1503.02531); abstract read, the rest
# recalled): sections 2.1 (matching logits), 3 (the digit 3 left out; only 7s and 8s kept), 5 (soft targets hold what labels do not). The linear limit: Phuong and Lampert 2019, *Towards
# understanding knowledge distillation* (two classes; recalled).

# %% [markdown]
# ## Setting
#
# A teacher gives an image the scores $v$, a student the scores $z$. At temperature $T$ the targets are $\mathrm{softmax}(v/T)$, and the student descends on
# $T^2$ times the cross-entropy of $\mathrm{softmax}(z/T)$ against them. Its gradient in the scores is $T\,(\mathrm{softmax}(z/T)-\mathrm{softmax}(v/T))$. High temperatures make the probabilities of the wrong classes
# visible: "this 7 looks a little like a 1". Hinton calls this dark knowledge.
#
# First a linear student, whose end can be computed. Then 5,000 real digits, cut to the middle $20\times20$ pixels, shrunk to $10\times10$ and put on one scale, 4,000 to train on. Networks have one
# hidden layer of ReLU units and learn by Adam on minibatches. A **draw** is a random split with its own starts and orders; all kinds of targets share it, so comparisons are
# paired, and draws are the sample.

# %% tags=["parameters"]
seed = 0  # in [0, 4294967295]: seed of every random draw
problems = 20  # in [5, 500]: linear teachers
dimension = 20  # in [10, 25]: pixels of their Gaussian images
sizes = [2, 5, 10, 15, 30]  # each in [1, 60]: images of the transfer set
linear_steps = 5000  # in [1000, 50000]: steps of a linear student
temperatures = [10, 20, 40, 80, 160]  # each in [5, 10000]: of the matching of logits
draws = 8  # in [4, 100]: splits of the digits
teacher_hidden = 200  # in [20, 1000]: hidden units of the teacher of section 3
teacher_steps = 700  # in [100, 20000]: steps of the teacher
student_hidden = 64  # in [8, 1000]: hidden units of its students
student_steps = 1200  # in [300, 20000]: steps of these students
teachers = 6  # in [2, 20]: networks of the ensemble of section 4
ensemble_hidden = 100  # in [20, 400]: hidden units there, of teachers and students
labelled = 200  # in [100, 1000]: labelled images of section 4; all 4000 are shown
ensemble_steps = 3000  # in [50, 20000]: steps of its students

# %% tags=["hide-input"]
from lib.suite.claims import Ledger

ledger = Ledger("54_distillation", globals())  # reads and checks the parameters

from lib.data import small_digits
from lib.practice import distillation as di
from lib.practice.draws import batches, draw_order, draw_splits
from lib.practice.networks import accuracy, scores as scores_of
from lib.practice.starts import he, normal_start
from lib.statistics import largest, mean, smallest
from lib.suite import figures

import numpy as np
import torch

figures.style()
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. A linear student ends at the teacher's projection
#
# Let teacher and student be linear, $v=W_Tx$ and $z=Wx$, ten classes, and let the transfer set hold $m$ images $x$ of **one class only**. Every gradient is a sum of (something) $x^\top$: across the span of the images the
# student never moves. Along it, the loss is convex and least where the scores agree. So, from $W_0$,
#
# $$W\;\to\;W_0+(W_T-W_0)\,P,$$
#
# $P$ the projection on the span. (Scores are centred over the classes.) The class of the images does not occur in this formula. What a student learns about the other nine classes
# depends on the directions that the images have, not on their labels; with $m\ge d$ images in general position it learns everything. The temperature does not occur either.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 54.1a | images of one class, soft targets at T = 4, start 0: the end is the projected teacher | largest distance, in units of the teacher ≤ 1e-6 | what 5,000 steps leave; 1e-7 in pilots | derived here; Phuong, Lampert 2019, recalled |
# | 54.1b | the same at T = 20 | largest distance, in units of the teacher ≤ 1e-6 | as above | derived here |
# | 54.1c | from a random start the end keeps what the start has across the span | largest distance, in units of the teacher ≤ 1e-6 | as above | derived here |
# | 54.1d | with 30 images of class 0 the student answers as the teacher does, for images of all classes | smallest share of fresh images, over problems ≥ 1 | theory leaves no exception | derived here |
# | 54.1e | *control:* with their hard labels instead it does not | mean share ≤ 0.3 | pilots 0.14 to 0.17 | derived here |
#
# Teachers are random, with scores of standard deviation 3; images are standard normal, those that the teacher calls 0. (Students first made 2,500 steps at momentum 0.98. On 3 of 16 fresh seeds
# a student was then still up to a thousandth from its end, along directions with some $10^{-5}$ of the largest curvature. It is 5,000 at 0.993 since; the bound stayed.)

# %%
linear = di.draw_teachers(problems, 10, dimension, 3.0, rng)
zero = torch.zeros_like(linear)
start = di.draw_teachers(problems, 10, dimension, 3.0, rng)
shown = {m: di.images_of_class(linear, 0, m, rng) for m in sizes}


def student(m, start, temperature, kind=lambda p: p):
    targets = kind(di.soften(shown[m] @ linear.mT, temperature))
    return di.linear_student(shown[m], targets, start, temperature, steps=linear_steps)


ends = {T: {m: student(m, zero, T) for m in sizes} for T in (4, 20)}
moved = {m: student(m, start, 4) for m in sizes}
hard = student(max(sizes), zero, 1, di.hardened)


# %% [markdown]
# Fresh images are of any class. The student is asked for the class of the largest score.


# %%
def distance(found, start):
    """From where the formula says, in units of the teacher: (sizes, problems)."""
    limits = [di.student_limit(linear, shown[m], start) for m in sizes]
    off = [(found[m] - w).norm(dim=(1, 2)) for m, w in zip(sizes, limits, strict=True)]
    return torch.stack(off) / linear.norm(dim=(1, 2))


fresh = torch.from_numpy(rng.standard_normal((problems, 1000, dimension)))
answers = (fresh @ linear.mT).argmax(-1)
agreed = {m: accuracy(fresh @ end.mT, answers) for m, end in ends[4].items()}
agreed_hard = accuracy(fresh @ hard.mT, answers)

# %% [markdown]
# The share of fresh images on which student and teacher agree, against the number of images of class 0 that the student has seen: every problem is a point. The dashed line is the formula with other images of
# class 0, at every $m$; it reaches 1 at $m=d$.

# %% tags=["hide-input"]
counts = range(1, max(sizes) + 1)
more = di.images_of_class(linear, 0, max(sizes), rng)
limits = [di.student_limit(linear, more[:, :m], zero) for m in counts]
formula = [accuracy(fresh @ w.mT, answers).median() for w in limits]
fig, (ax,) = figures.panels(width=7)
for m in sizes:
    every = {"joined": False, "alpha": 0.35}
    figures.measured(ax, [m] * problems, agreed[m], "soft targets", **every)
every["alpha"] = 1
figures.measured(ax, [max(sizes)], [agreed_hard.median()], "hard labels", **every)
figures.predicted(ax, counts, formula)
figures.level(ax, dimension, "m = d", axis="x", theory=False)
ax.set(xlabel="images of class 0 in the transfer set")
ax.set(ylabel="agreement on all classes")
ax.set(ylim=(0, 1.05))
words = "Agreement with the teacher rises to 1 at as many images as pixels."
figures.save(fig, "key", words, legend="upper left")

# %%
ledger.judge({
    "54.1a": largest(distance(ends[4], zero), rounding=True, of=problems),
    "54.1b": largest(distance(ends[20], zero), rounding=True, of=problems),
    "54.1c": largest(distance(moved, start), rounding=True, of=problems),
    "54.1d": smallest(agreed[max(sizes)]),
    "54.1e": mean(agreed_hard, digits=2),
})

# %% [markdown]
# ## 2. Hot targets match logits
#
# At high temperature a softmax is nearly linear, $\mathrm{softmax}(z/T)=\frac1C\bigl(1+\frac zT+\frac{z^2-\overline{z^2}}{2T^2}+\dots\bigr)$ for centred $z$ and $C$ classes. So the gradient becomes that of a square,
#
# $$T\,\bigl(\mathrm{softmax}(z/T)-\mathrm{softmax}(v/T)\bigr)=\frac{z-v}C+\frac1T\,\frac{c(z^2)-c(v^2)}{2C}+\dots,$$
#
# where $c$ takes the mean over classes away. Hot distillation is regression on logits, and the factor $T^2$ keeps the gradient from fading.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 54.2a | the relative error of the matched logits falls as 1/T | mean exponent −1 ± 0.03 | the next term is of order 1/T²; pilots −1.00 to −0.99 | Hinton et al. 2015, eq. 4, recalled |
# | 54.2b | its size is that of the next term | mean measured/predicted at the highest T 1 ± 0.03 | the term after it is of order sd/T, 3/160 | derived here |
# | 54.2c | with the factor T² the gradient keeps its size | mean quotient, highest T / lowest T 1 ± 0.05 | pilots 0.99 to 1.02 | Hinton et al. 2015, section 2, recalled |
# | 54.2d | *control:* at T = 1 logits are not matched | mean relative error ≥ 0.5 | more than half of it | derived here |

# %%
z, v = (torch.from_numpy(3 * rng.standard_normal((1000, 10))) for _ in range(2))
matched = di.matching_gradient(z, v)
heats = [1, *temperatures]
gradients = torch.stack([di.soft_gradient(z, v, T) for T in heats])
errors = (gradients - matched).norm(dim=-1) / matched.norm(dim=-1)  # (heats, pairs)
first = torch.stack([di.matching_error(z, v, T) for T in heats])
exponents = np.polyfit(np.log(temperatures), np.log(errors[1:]), 1)[0]
sizes_kept = gradients[-1].norm(dim=-1) / gradients[1].norm(dim=-1)

# %% [markdown]
# The relative error for pairs of random scores (standard deviation 3): median and eight tenths of the pairs. Dashed: the next term.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(width=7)
figures.measured(ax, heats, errors.numpy(), "measured", band=(0.1, 0.9), every=1)
figures.predicted(ax, heats, first.median(1).values)
ax.set(xscale="log", yscale="log", xlabel="temperature T")
ax.set(ylabel="relative error of (z − v) / C")
words = "The error of matching logits falls as the inverse temperature, as computed."
figures.save(fig, "matching", words)

# %%
ledger.judge(
    {
        "54.2a": mean(exponents),
        "54.2b": mean(errors[-1] / first[-1]),
        "54.2c": mean(sizes_kept),
        "54.2d": mean(errors[0]),
    }
)

# %% [markdown]
# ## 3. Digits never seen
#
# Now networks. A teacher learns all ten digits from labels. Its students see the 7s and 8s only, or all digits but the 3s, as images with the teacher's probabilities. (The paper's students needed a correction of the
# biases at the end; ours get none.) Section 1 is no theorem here, but says what to look for: images of two classes have nearly all directions, so they should teach the
# other eight.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 54.3a | from 7s and 8s alone, T = 4, the student knows the other eight digits | mean accuracy on them ≥ 0.7 | earlier runs 0.84 to 0.85 | Hinton et al. 2015, section 3, recalled |
# | 54.3b | the same at T = 20 | mean accuracy on them ≥ 0.7 | earlier runs 0.85 | Hinton et al. 2015, section 3, recalled |
# | 54.3c | T = 1 teaches less of them than T = 4 | mean paired difference ≥ 0.03 | three points; earlier runs 0.09 to 0.10 | Hinton et al. 2015, section 3, recalled |
# | 54.3d | without 3s, T = 4, the student knows 3s | mean accuracy on them ≥ 0.6 | earlier runs 0.83, a pilot 0.78 ± 0.06 | Hinton et al. 2015, section 3, recalled |
# | 54.3e | the same at T = 20 | mean accuracy on them ≥ 0.6 | as above | Hinton et al. 2015, section 3, recalled |
# | 54.3f | *control:* hard labels of 7s and 8s teach nothing of the others | largest accuracy on them ≤ 0.02 | their scores are only pushed down | derived here |
# | 54.3g | *control:* nor do hard labels of all but the 3s of 3s | largest accuracy on them ≤ 0.02 | as above | derived here |
# | 54.3h | *control:* nor do soft ones with the wrong classes permuted image by image (7s and 8s, T = 4) | mean accuracy on the others ≤ 0.2 | earlier runs 0.06 to 0.07 | derived here |



# %%
def generators(which):
    return [np.random.default_rng([seed, which, k]) for k in range(draws)]


sets, tests = draw_splits(*small_digits(), 4000, generators(1))
order = batches(draw_order(4000, teacher_steps * 32, generators(2)), 32)
wide = normal_start([100, teacher_hidden, 10], generators(3), he)
truth = {"labels": torch.nn.functional.one_hot(sets[1]).double()}
teacher = di.learn_from(wide, sets[0], truth, order, learning_rate=1e-3)["labels"]
accuracy(scores_of(teacher, tests[0]), tests[1]).mean()

# %% [markdown]
# That is the teacher's test accuracy. All students of a draw start from the same weights, see the same images in the same order, and differ in the targets only.

# %%
small = normal_start([100, student_hidden, 10], generators(4), he)


def students(classes):
    x, labels = di.of_classes(*sets, classes)
    order = batches(draw_order(x.shape[1], student_steps * 32, generators(5)), 32)
    v = scores_of(teacher, x)
    soft = {T: {f"T = {T}": di.soften(v, T)} for T in (1, 4, 20)}
    soft[1]["labels"] = torch.nn.functional.one_hot(labels, 10).double()
    soft[4]["permuted"] = di.permuted(di.soften(v, 4), generators(6))
    options = {"learning_rate": 3e-3}
    runs = [di.learn_from(small, x, soft[T], order, temperature=T, **options)
            for T in soft]
    ends = {kind: network for run in runs for kind, network in run.items()}
    return {kind: scores_of(network, tests[0]) for kind, network in ends.items()}


# %% [markdown]
# Accuracy on test images of every class.

# %%
kept = {"7 and 8": [7, 8], "all but 3": [k for k in range(10) if k != 3]}
apart, unseen = {}, {}
for name, classes in kept.items():
    others = [k for k in range(10) if k not in classes]
    for kind, scores in students(classes).items():
        apart[name, kind] = di.class_accuracy(scores, tests[1])  # (draws, classes)
        unseen[name, kind] = apart[name, kind][:, others].mean(1)

# %% [markdown]
# Left: students that have seen 7s and 8s only, on every digit; the mean over draws. Right: the accuracy on digits never seen, for both transfer sets, against the temperature of
# the targets; each draw and the median. Dotted: with hard labels.

# %% tags=["hide-input"]
fig, (left, right) = figures.panels(2)
for kind in ("T = 20", "T = 4", "T = 1", "permuted", "labels"):
    figures.measured(left, range(10), apart["7 and 8", kind].mean(0), kind, every=1)
for name in kept:
    heat = np.array([unseen[name, f"T = {T}"].numpy() for T in (1, 4, 20)])
    figures.measured(right, [1, 4, 20], heat, f"shown {name}", every=1)
    low = float(unseen[name, "labels"].mean())
    figures.level(right, low, of=f"shown {name}", theory=False)
left.set(xlabel="digit", ylabel="accuracy, shown 7 and 8", xticks=range(10))
right.set(xscale="log", xticks=[1, 4, 20], xticklabels=[1, 4, 20])
right.set(xlabel="temperature T", ylabel="accuracy on digits never seen")
right.minorticks_off()
words = "Students of soft targets know digits that they have never seen; others do not."
figures.legend_beside(fig)
figures.save(fig, "unseen", words)

# %%
seven, three = ({kind: u for (name, kind), u in unseen.items() if name == own}
                for own in kept)  # fmt: skip
ledger.judge({
    "54.3a": mean(seven["T = 4"]),
    "54.3b": mean(seven["T = 20"]),
    "54.3c": mean(seven["T = 4"] - seven["T = 1"]),
    "54.3d": mean(three["T = 4"]),
    "54.3e": mean(three["T = 20"]),
    "54.3f": largest(seven["labels"], digits=1),
    "54.3g": largest(three["labels"], digits=1),
    "54.3h": mean(seven["permuted"], digits=2),
})

# %% [markdown]
# ## 4. An ensemble in one network
#
# This was the purpose of the paper: an ensemble answers better than each of its networks, and one network is to answer like the ensemble. Six networks learn 200 labelled digits, from six starts in six orders.
# Their mean probabilities at $T=3$ are the targets of a student of the same size, on those 200 and 3,800 more digits whose labels nobody looks at.
#
# Which part of the targets does it? Three other students, on the same images: one has the targets of one teacher; one has the ensemble's
# answers as hard labels; one has the same confidences as the soft targets, but the rest spread evenly over the nine other classes (*flattened*): no dark knowledge is left.
#
# | | claim | holds if | why this bound | source |
# |---|---|---|---|---|
# | 54.4a | the ensemble is better than its networks are | mean gain in accuracy ≥ 0.005 | half a point; earlier runs 0.016 to 0.018 | Hinton et al. 2015, section 1 |
# | 54.4b | its student has at least half of the gain (on 28 of 30 fresh seeds; eight draws just show it) | mean of the student's gain less half the ensemble's ≥ 0 | half; earlier runs nine tenths | Hinton et al. 2015, abstract |
# | 54.4c | the student is within a point of the ensemble | mean paired difference 0 ± 0.01 | one point; earlier runs −0.002 to 0 | Hinton et al. 2015, abstract |
# | 54.4d | its gain on single networks is above that of one teacher's student on its own teacher | mean difference of the gains ≥ 0 | the sign | derived here |
# | 54.4e | "soft targets hold what confidence alone does not": they beat flattened ones | mean paired difference ≥ 0 | the sign | Hinton et al. 2015, section 5, recalled |
# | 54.4f | flattened targets make a student better than the ensemble itself | mean paired difference ≥ 0 | the sign; earlier runs 0.011 to 0.015 | derived here |
# | 54.4g | the ensemble's hard labels are as good as its soft targets | mean paired difference 0 ± 0.015 | the ensemble's gain; a pilot 0.003 ± 0.008 | derived here |
# | 54.4h | *control:* the student of one teacher gains nothing on it | mean paired difference 0 ± 0.01 | one point; earlier runs −0.002 to 0.000 | derived here |
#
# Earlier runs, with other generators, had contradicted 54.4e; it stands as the paper has it, and 54.4f and g came from those runs. 54.4d was changed after the first run: it was the difference of the two students (0.006 ± 0.011),
# which the luck of the one teacher decides; each student is now compared with the teachers it had. A pilot
# eased 54.3d, e (from 0.7) and 54.4g (from 0.01): with eight draws its intervals ended at these bounds.

# %%
x, few = sets[0], sets[0][:, :labelled]
truth = {"labels": torch.nn.functional.one_hot(sets[1][:, :labelled], 10).double()}
six = normal_start([100, ensemble_hidden, 10], generators(7), he, teachers)
order = batches(draw_order(labelled, 1200 * 32, generators(8)), 32)
ensemble = di.learn_from(six, few, truth, order, learning_rate=1e-3)["labels"]


def said(images):
    scores = scores_of(ensemble, images)
    return scores.view(teachers, draws, *scores.shape[1:])


# %% [markdown]
# The students' targets, and the students.

# %%
v, soft = said(x), di.ensemble_targets(said(x), 3)
kinds = {"ensemble": soft, "one teacher": di.soften(v[0], 3),
         "flattened": di.spread_evenly(soft),
         "hard labels": di.hardened(soft)}
one = normal_start([100, ensemble_hidden, 10], generators(9), he)
order = batches(draw_order(4000, ensemble_steps * 64, generators(10)), 64)
taught = di.learn_from(one, x, kinds, order, learning_rate=3e-3, temperature=3)

# %% [markdown]
# Test accuracies. The ensemble answers with the class of the largest mean probability.

# %%
answers = {kind: scores_of(network, tests[0]) for kind, network in taught.items()}
right = {kind: accuracy(scores, tests[1]) for kind, scores in answers.items()}
alone = accuracy(said(tests[0]), tests[1])  # (teachers, draws)
together = accuracy(di.ensemble_targets(said(tests[0]), 1), tests[1])
single = alone.mean(0)
gain = together - single

# %% [markdown]
# Every student against the mean of the single networks of its draw: small points are draws, large ones their mean. Dotted: the single networks and the ensemble, in the mean.

# %% tags=["hide-input"]
fig, (ax,) = figures.panels(width=7)
for place, accuracies in enumerate(right.values()):
    gains = (accuracies - single).numpy()
    figures.measured(ax, [place] * draws, gains, "a draw", joined=False, alpha=0.35)
    figures.measured(ax, [place], [gains.mean()], "mean", joined=False, markersize=9)
for height, name in ((float(gain.mean()), "ensemble"), (0, "single network")):
    figures.level(ax, height, theory=False)
    ax.text(-0.55, height, name, va="bottom")
ax.set(xticks=range(len(right)), xticklabels=list(right), xlim=(-0.6, len(right) - 0.4))
ax.set(xlabel="targets of the student", ylabel="accuracy − that of single networks")
words = "Gains of the students: flattened targets gain most, one teacher's least."
figures.save(fig, "ensemble", words, legend="best")

# %%
ledger.judge(
    {
        "54.4a": mean(gain),
        "54.4b": mean(right["ensemble"] - single - gain / 2),
        "54.4c": mean(right["ensemble"] - together, digits=2),
        "54.4d": mean(right["ensemble"] - single - (right["one teacher"] - alone[0])),
        "54.4e": mean(right["ensemble"] - right["flattened"]),
        "54.4f": mean(right["flattened"] - together),
        "54.4g": mean(right["hard labels"] - right["ensemble"], digits=2),
        "54.4h": mean(right["one teacher"] - alone[0], digits=2),
    }
)

# %% [markdown]
# ## All verdicts

# %%
ledger.conclude()

# %% [markdown]
# ## Reading
#
# **Classes never shown.** A hard label of a 7 says one thing about 3s: not this. It pushes the score of 3 down on every image, and nothing ever lifts it. Soft targets ask for the teacher's
# score of 3 on images that are no 3s, and so for the teacher's weights into that score, along all directions that the images have. In the linear case this is a theorem. Permuting the wrong classes keeps every confidence and destroys these scores, and with them what is learned of digits never seen (54.3h).
#
# **Temperature.** The limit does not know it, but the time does. A sure teacher leaves at $T=1$ nearly nothing for the wrong classes to pull with: in a pilot the linear student of section 1 was then, after 6,000 steps, still
# up to 0.36 of the teacher's size away from its end. So 54.3c seems a matter of how long the teacher has learned: a surer one in another pilot (1,500 steps at three times the rate, all starts
# uniform and smaller) taught its students 7% of the digits never seen at $T=1$, and 72% at $T=4$.
#
# **Classes shown.** We contradict the paper's reading, not its recipe: one network does what six do (54.4b, c). But of the two things a soft target has more than a label, how sure and which other class, the second is worth
# less than nothing on these digits: spread evenly, the rest makes a better student (54.4e), better than the ensemble (54.4f), and hard labels do as well as soft ones (54.4g). Why evenness
# helps we did not find out. What teachers of 200 labels say of wrong classes is noisy, and the student copies the noise; one that knows more may be worth copying.
#
# **Limits.** Small networks of one hidden layer, one data set whose 5,000 digits all draws share, Adam at one rate.
#
# **Try.** `linear_steps = 1000`: 54.1a to d fail, for the students are still some hundredths away from their ends. `sizes = [2, 5, 10, 19, 30]`: nineteen images nearly fill the space of twenty pixels, 5,000 steps are far too few
# for the narrowest direction, and 54.1a to c stop a tenth away. `draws = 4`, `student_steps = 300` and `ensemble_steps = 300`: the students know 0.72 of the digits never
# seen and the intervals reach below 0.7, so that 54.3a and b are only partly reproduced, as are 54.4b, c, g and h; the flattened targets are ahead all the same.
