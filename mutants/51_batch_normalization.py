"""The wrong theories that 51_batch_normalization must reject."""


def _short(patch):
    """For theories of sections 1 and 6: races are cut off after 60 steps."""

    def cut(right, problems, start, arm, size, targets, steps, **options):
        return right(problems, start, arm, size, targets, min(steps, 60), **options)

    patch("practice.batch_normalization.steps_to_accuracy", cut)
    patch.parameters(draws=5, tuning_draws=2, hidden=20)


def _raced(patch):
    """For theories of the races: fewer draws, and little of section 1."""
    patch.parameters(draws=5, tuning_draws=2, width=64, nets=3)


def mean_is_forgotten(patch):
    """A layer passes on E f^2, not the variance: gradients of rectifiers keep their size.

    Fails: 51.1a
    """
    import torch

    def second_moment(right, activation, batch):
        z = torch.linspace(-8, 8, 100_000, dtype=torch.float64)
        p = torch.exp(-z * z / 2)
        h = activation.apply(z.clone())
        found = (p * activation.slope(h).square()).sum() / (p * h * h).sum()
        return float(found) * (batch - 2) / (batch - 3)

    patch("practice.batch_normalization.growth_factor", second_moment)
    patch.parameters(nets=3)


def size_is_kept(patch):
    """Normalization keeps the size of a gradient, as it keeps that of a signal.

    Fails: 51.1a
    """
    patch("practice.batch_normalization.growth_factor", lambda right, *given: 1.0)
    patch.parameters(nets=3)


def any_activation_alike(patch):
    """The factor of a layer is that of rectifiers, whatever the units.

    Fails: 51.1a
    """
    from math import pi

    patch("practice.batch_normalization.growth_factor", lambda right, *given: pi / (pi - 1))
    patch.parameters(nets=3)


def minibatches_of_any_size(patch):
    """Minibatches of 64 are as good as infinite ones: no factor (B - 2)/(B - 3).

    Fails: 51.1a
    """
    patch("practice.batch_normalization.growth_factor", lambda right, f, *batch: right(f))


def statistics_held_fixed(patch):
    """Mean and sd of a minibatch are constants in the gradient.

    Fails: 51.6p
    """
    patch(
        "practice.networks.slope_before",
        lambda right, slope, z, sd, **_: (
            slope / sd.repeat_interleave(z.shape[-1] // sd.shape[-1], -1)
        ),
    )
    _short(patch)


def gradients_decay_all_the_same(patch):
    """Normalization steadies signals only: gradients of sigmoids decay as without it.

    Fails: 51.1b
    """

    def plain(right, form, *given, **options):
        return right(form._replace(normalized=False), *given, **options)

    patch("practice.batch_normalization.gradient_squares", plain)
    patch.parameters(nets=3, width=64)


def normalization_does_nothing(patch):
    """The speed-up is luck: both arms are plain networks.

    Fails: 51.2a
    """

    def plain(right, tuning, judged, arm, *given):
        form = arm.form._replace(normalized=False)
        return right(tuning, judged, arm._replace(form=form, shaken=None), *given)

    patch("practice.batch_normalization.race_at_its_best", plain)
    _raced(patch)


def start_is_right_already(patch):
    """The usual start keeps the scale of a sigmoid network, as that of weights times 4 does.

    Fails: 51.2a
    """
    patch("practice.starts.normal_start", lambda right, *given, gain=1.0: right(*given, gain=4.0))
    _raced(patch)


def scale_is_everything(patch):
    """Only scale matters: a network that is only scaled is normalized.

    Fails: 51.3a
    """

    def scaled(right, tuning, judged, arm, *given):
        form = arm.form._replace(centred=True) if arm.form.scaled else arm.form
        return right(tuning, judged, arm._replace(form=form), *given)

    patch("practice.batch_normalization.race_at_its_best", scaled)
    _raced(patch)


def mean_is_everything(patch):
    """Only the mean matters: a network that is only centred is normalized.

    Fails: 51.3a
    """

    def centred(right, tuning, judged, arm, *given):
        if not arm.form.scaled:
            arm = arm._replace(form=arm.form._replace(scaled=True), rates=[0.25, 0.5, 1])
        return right(tuning, judged, arm, *given)

    patch("practice.batch_normalization.race_at_its_best", centred)
    _raced(patch)


def rates_do_not_change(patch):
    """Normalized networks of rectifiers stop at the same learning rates as plain ones.

    Fails: 51.4a
    """

    def stopped(right, problems, start, arm, size, targets, steps, **options):
        found = right(problems, start, arm, size, targets, steps, **options)
        if steps == 200 and arm.form.normalized:
            found[:, [rate > 0.8 for rate in arm.rates]] = float("inf")
        return found

    patch("practice.batch_normalization.steps_to_accuracy", stopped)
    _raced(patch)


def size_of_the_minibatch_is_no_matter(patch):
    """Statistics of two images are as good as those of fifty.

    Fails: 51.5a
    """

    def fifty(right, problems, start, arm, size, *given, **options):
        size = 50 if size == 2 and arm.form.normalized else size
        return right(problems, start, arm, size, *given, **options)

    patch("practice.batch_normalization.steps_to_accuracy", fifty)
    _raced(patch)


def rate_in_proportion(patch):
    """Weights c times as large ask for a rate c times as large.

    Fails: 51.6r
    """

    def linear(right, *given, factors=None, **options):
        roots = None if factors is None else factors.map(lambda f: f**0.5)
        return right(*given, factors=roots, **options)

    patch("practice.classifiers.train_apart", linear)
    _short(patch)


def excess_as_the_distance(patch):
    """The excess shrinks by 1 - eta lambda a step, not by its square.

    Fails: 51.6v
    """

    def slower(right, *given):
        count, rate = right(*given)
        return 2 * count, rate

    patch("practice.conditioning.formula_steps", slower)
    _short(patch)


def mean_of_the_inputs_is_harmless(patch):
    """Centring is not needed: the bias takes care of the mean.

    Fails: 51.6x
    """
    patch(
        "practice.conditioning.prepare",
        lambda right, x, how: right(x, "raw 0..1" if how == "centred" else how),
    )
    _short(patch)


def unit_variances_are_white(patch):
    """Whitening is to give each pixel unit variance.

    Fails: 51.6y
    """
    patch(
        "practice.conditioning.prepare",
        lambda right, x, how: right(x, "standardized" if how == "ZCA" else how),
    )
    _short(patch)
