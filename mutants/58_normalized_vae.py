"""The wrong theories that 58_normalized_vae must reject."""


def _few(patch):
    """Fewer draws than are judged in earnest: these theories are far off."""
    patch.parameters(draws=4, tuning_draws=1)


def group_of_the_whole_minibatch(patch):
    """Groups do not matter: mean and variance are those of the whole minibatch.

    Fails: 58.2a, 58.2b, 58.2d, 58.4c, 58.4d, 58.4e
    """

    def whole(old, *given, groups=1, **options):
        return old(*given, **options)

    patch("practice.autoencoders.train_autoencoders", whole)
    _few(patch)


def minibatch_of_no_consequence(patch):
    """The size of the minibatch is of no consequence: all arms see 64 images a step.

    Fails: 58.1a, 58.1b, 58.1e, 58.3a, 58.3b, 58.4a, 58.4b
    """

    def large(old, problems, rates, batch, steps, **options):
        return old(problems, rates, 64, 600, **options)

    patch("practice.autoencoders.train_autoencoders", large)
    _few(patch)


def bad_for_every_minibatch(patch):
    """Normalization is bad for this model as such: as if every minibatch were cut into pairs.

    Fails: 58.1c, 58.1d
    """

    def pairs(old, problems, rates, batch, steps, **options):
        return old(problems, rates, batch, steps, **options | {"groups": batch // 2})

    patch("practice.autoencoders.train_autoencoders", pairs)
    _few(patch)


def layers_that_do_nothing(patch):
    """Normalization makes no difference to what is learned: plain networks end where they do.

    Fails: 58.1a, 58.1b, 58.1e, 58.2d, 58.3a, 58.3b, 58.3c, 58.4a, 58.4b, 58.4c
    """

    def plain(old, *given, where=(), groups=1):
        return old(*given)

    patch("practice.autoencoders.train_autoencoders", plain)
    _few(patch)


def any_cut_does_it(patch):
    """To cut a minibatch does the harm, whatever the size of the pieces.

    Fails: 58.2b, 58.2c
    """

    def cut(old, problems, rates, batch, steps, *, groups=1, **options):
        groups = batch // 2 if groups > 1 else 1
        return old(problems, rates, batch, steps, groups=groups, **options)

    patch("practice.autoencoders.train_autoencoders", cut)
    _few(patch)


def one_member_more(patch):
    """A value does not count itself: a group of m is as good as one of m + 1.

    Fails: 58.2e
    """
    patch("practice.autoencoders.kept_signal", lambda old, size: old(size + 1))
    _few(patch)


def unbiased_spread(patch):
    """The group divides by m - 1, so that more of a value is kept.

    Fails: 58.2e
    """
    patch(
        "practice.autoencoders.kept_signal",
        lambda old, size: old(size) * ((size - 1) / size) ** 0.5,
    )
    _few(patch)


def variance_for_correlation(patch):
    """What is kept is the square of the correlation.

    Fails: 58.2e
    """
    patch("practice.autoencoders.kept_signal", lambda old, size: old(size) ** 2)
    _few(patch)


def statistics_held_fixed(patch):
    """Mean and sd of a group are constants in the gradient.

    Fails: 58.2f
    """

    def fixed(old, slope, values, sd, **_):
        return slope / sd.repeat_interleave(values.shape[-1] // sd.shape[-1], -1)

    patch("practice.networks.slope_before", fixed)
    _few(patch)


def one_direction_lost(patch):
    """A slope loses its mean in the group and nothing else.

    Fails: 58.2f
    """

    def centred(old, slope, values, sd, **_):
        return old(slope, values * 0, sd)

    patch("practice.networks.slope_before", centred)
    _few(patch)


def the_last_minibatch_for_tests(patch):
    """Averages are not needed: the statistics of the last minibatch do for the tests.

    Fails: 58.3d
    """
    patch.value("practice.autoencoders.KEPT", 0.0)
    _few(patch)


def kl_without_logarithm(patch):
    """KL is the square of the code less what the prior has: no logarithm.

    Fails: 58.4a, 58.4b
    """

    def without(old, run, images):
        m, log_variance = run.code
        likelihood, _ = old(run, images)
        return likelihood, (m.square() + log_variance.exp() - 1).sum(1) / 2

    patch("practice.autoencoders._terms", without)
    _few(patch)


def encoder_for_decoder(patch):
    """The encoder is where small groups silence the code.

    Fails: 58.4d, 58.4e
    """
    patch.value(
        "practice.autoencoders.WHERE",
        {"plain": (), "both": (0, 1), "encoder": (1,), "decoder": (0,)},
    )
    _few(patch)
