"""The wrong theories that 51_batch_normalization must reject."""


def _exact(patch):
    """For theories of sections 1 and 6: the races are cut off after 50 steps."""

    def short(old, tuning, judged, rates, size, targets, steps, **options):
        return old(tuning, judged, rates, size, targets, min(steps, 50), **options)

    patch("practice.batch_normalization.race_at_its_best", short)
    patch.parameters(draws=5, tuning_draws=2, exact_draws=5, hidden=20)


def _raced(patch):
    """For theories of the races: fewer draws, and little of the exact parts."""
    patch.parameters(draws=5, tuning_draws=2, exact_draws=2, splits=2)


def statistics_held_fixed(patch):
    """Mean and sd of a minibatch are constants in the gradient.

    Fails: 51.1a, 51.1b
    """
    patch(
        "practice.networks.slope_before",
        lambda old, slope, z, sd, **_: (
            slope / sd.repeat_interleave(z.shape[-1] // sd.shape[-1], -1)
        ),
    )
    _exact(patch)


def growth_as_the_step(patch):
    """The square of the weights grows by twice the square of the step.

    Fails: 51.1b
    """

    def doubled(old, *given, **options):
        found = old(*given, **options)
        return found._replace(growth=2 * found.growth)

    patch("practice.batch_normalization.paths", doubled)
    _exact(patch)


def rate_in_proportion(patch):
    """Weights c times as large ask for a rate c times as large.

    Fails: 51.1c
    """

    def linear(old, *given, factors=None, **options):
        roots = None if factors is None else factors.map(lambda f: f**0.5)
        return old(*given, factors=roots, **options)

    patch("practice.classifiers.train_apart", linear)
    _exact(patch)


def centring_is_enough(patch):
    """What normalization does is to take off the mean: the sd may stay.

    Fails: 51.1a, 51.1c
    """

    patch("practice.networks.normalize", lambda old, *given, **_: old(*given, scaled=False))
    patch("practice.networks.slope_before", lambda old, *given, **_: old(*given, scaled=False))
    _exact(patch)


def normalization_does_nothing(patch):
    """The speed-up is luck: both arms are plain networks.

    Fails: 51.2b, 51.2c, 51.2d, 51.2e, 51.2f, 51.2g, 51.4c, 51.6a
    """

    def plain(old, *given, form, **options):
        return old(*given, form=form._replace(normalized=False), **options)

    patch("practice.batch_normalization.race_at_its_best", plain)
    _raced(patch)


def start_does_not_matter(patch):
    """Four times larger weights change nothing: what counts is depth.

    Fails: 51.3a, 51.3c
    """
    patch("practice.starts.normal_start", lambda old, *given, gain=1.0: old(*given))
    _raced(patch)


def start_is_right_already(patch):
    """The usual start keeps the scale of a sigmoid network, as that of weights times 4 does.

    Fails: 51.2b, 51.2c, 51.2f, 51.3c, 51.4a, 51.4b
    """
    patch("practice.starts.normal_start", lambda old, *given, gain=1.0: old(*given, gain=4.0))
    _raced(patch)


def mean_does_not_matter(patch):
    """Only scale matters: tanh may be replaced by a sigmoid with weights times 4.

    Fails: 51.3b, 51.3d
    """
    from lib.practice.networks import SIGMOID, TANH

    def sigmoid(old, tuning, judged, rates, *given, form, **options):
        if form.activation is not TANH or len(judged[1].weights) != 6:
            return old(tuning, judged, rates, *given, form=form, **options)
        four = [(problems, start.map(lambda x: 4 * x)) for problems, start in (tuning, judged)]
        higher = [10 * rate for rate in rates]
        return old(*four, higher, *given, form=form._replace(activation=SIGMOID), **options)

    patch("practice.batch_normalization.race_at_its_best", sigmoid)
    _raced(patch)


def shallow_networks_suffer_alike(patch):
    """One layer of sigmoids shrinks gradients as badly as many: its start is far too small.

    Fails: 51.2a
    """

    def small(old, widths, *given, gain=1.0):
        return old(widths, *given, gain=gain / 30 if len(widths) == 3 else gain)

    patch("practice.starts.normal_start", small)
    _raced(patch)


def size_of_the_minibatch_is_no_matter(patch):
    """Statistics of two images are as good as those of fifty.

    Fails: 51.5a, 51.5b
    """

    def fifty(old, tuning, judged, rates, size, *given, form, **options):
        if size < 16 and form.normalized:
            rates, size = [0.1, 0.3, 1], 50
        return old(tuning, judged, rates, size, *given, form=form, **options)

    patch("practice.batch_normalization.race_at_its_best", fifty)
    _raced(patch)


def noise_hurts_at_every_size(patch):
    """A large minibatch does not help: statistics are those of two images each.

    Fails: 51.5c, 51.5d
    """

    def ghosts(old, *given, form, **options):
        two_layers = len(given[1][1].weights) == 3
        groups = given[3] // 2 if form.normalized and two_layers else 1
        return old(*given, form=form._replace(groups=groups), **options)

    patch("practice.batch_normalization.race_at_its_best", ghosts)
    _raced(patch)


def excess_as_the_distance(patch):
    """The excess shrinks by 1 - eta lambda a step, not by its square.

    Fails: 51.6c
    """

    def slower(old, *given):
        count, rate = old(*given)
        return 2 * count, rate

    patch("practice.conditioning.formula_steps", slower)
    _exact(patch)


def safe_rate_for_the_best(patch):
    """The best rate stays at half of what one would take: no direction may overshoot.

    Fails: 51.6c, 51.6f
    """

    def careful(old, ways, rates, left):
        return old(ways, [rate / 2 for rate in rates], left)

    patch("practice.conditioning.descent_steps", careful)
    _exact(patch)


def condition_number_tells(patch):
    """A tenth of the excess is gone when the slowest direction has lost it.

    Fails: 51.6d
    """

    def slowest(old, problems, rates, left, *given):
        import torch

        found = old(problems, rates, left, *given)
        slow = [float(1 / q.eigenvalues[0] / rate) for q, rate in zip(problems, rates, strict=True)]
        return found.maximum(torch.tensor(slow).long())

    patch("practice.conditioning.descent_steps", slowest)
    _exact(patch)


def mean_of_the_inputs_is_harmless(patch):
    """Centring is not needed: the bias takes care of the mean.

    Fails: 51.6e
    """
    patch(
        "practice.conditioning.prepare",
        lambda old, x, how: old(x, "raw 0..1" if how == "centred" else how),
    )
    _exact(patch)


def unit_variances_are_white(patch):
    """Whitening is to give each pixel unit variance.

    Fails: 51.6f
    """
    patch(
        "practice.conditioning.prepare",
        lambda old, x, how: old(x, "standardized" if how == "ZCA" else how),
    )
    _exact(patch)
