"""The wrong theories that 58_normalized_vae must reject."""


def _few(patch):
    """Fewer draws than are judged in earnest, and a short long run: these theories are far off."""
    patch.parameters(draws=4, tuning_draws=1, longer=2500, channels=4)


def group_of_the_whole_minibatch(patch):
    """Groups do not matter: mean and variance are those of the whole minibatch.

    Fails: 58.2a, 58.2b
    """

    def whole(right, *given, groups=1, **options):
        return right(*given, **options)

    patch("practice.autoencoders.train_autoencoders", whole)
    _few(patch)


def minibatch_of_no_consequence(patch):
    """The size of the minibatch is of no consequence: all arms see 64 images a step.

    Fails: 58.1a
    """

    def large(right, problems, rates, batch, steps, **options):
        return right(problems, rates, 64, 600, **options)

    patch("practice.autoencoders.train_autoencoders", large)
    _few(patch)


def layers_that_do_nothing(patch):
    """Normalization makes no difference to what is learned: plain networks end where they do.

    Fails: 58.1a, 58.2b
    """

    def plain(right, *given, where=(), groups=1, how=None):
        return right(*given)

    patch("practice.autoencoders.train_autoencoders", plain)
    _few(patch)


def only_size_is_taken_in_pairs(patch):
    """The mean of a pair is as good as that of the minibatch; its size does the harm.

    Fails: 58.2b
    """

    def sized(right, *given, groups=1, how=None, **options):
        groups = 1 if how is not None and not how.scaled else groups
        return right(*given, groups=groups, **options | ({} if how is None else {"how": how}))

    patch("practice.autoencoders.train_autoencoders", sized)
    _few(patch)


def noise_of_the_step(patch):
    """It is the noise of the gradient: pairs in minibatches of 64 lose a fourth of what minibatches of two lose.

    Fails: 58.2a
    """

    def eight(right, *given, groups=1, **options):
        return right(*given, groups=max(1, groups // 4), **options)

    patch("practice.autoencoders.train_autoencoders", eight)
    _few(patch)


def bad_for_every_minibatch(patch):
    """Normalization is bad for this model as such: as if every minibatch were cut into pairs.

    Fails: 58.5c
    """

    def pairs(right, problems, rates, batch, steps, **options):
        over_units = "how" in options and options["how"].over == "units"
        groups = options.pop("groups", 1) if over_units else batch // 2
        return right(problems, rates, batch, steps, **options | {"groups": groups})

    patch("practice.autoencoders.train_autoencoders", pairs)
    _few(patch)


def one_member_more(patch):
    """A value does not count itself: a group of m is as good as one of m + 1.

    Fails: 58.5j
    """
    patch("practice.autoencoders.kept_signal", lambda right, size: right(size + 1))
    _few(patch)


def unbiased_spread(patch):
    """The group divides by m - 1, so that more of a value is kept.

    Fails: 58.5j
    """
    patch(
        "practice.autoencoders.kept_signal",
        lambda right, size: right(size) * ((size - 1) / size) ** 0.5,
    )
    _few(patch)


def statistics_held_fixed(patch):
    """Mean and sd of a group are constants in the gradient.

    Fails: 58.5k
    """

    def fixed(right, slope, values, sd, **_):
        return slope / sd.repeat_interleave(values.shape[-1] // sd.shape[-1], -1)

    patch("practice.networks.slope_before", fixed)
    _few(patch)


def one_direction_lost(patch):
    """A slope loses its mean in the group and nothing else.

    Fails: 58.5k
    """

    def centred(right, slope, values, sd, **options):
        return right(slope, values * 0, sd, **options)

    patch("practice.networks.slope_before", centred)
    _few(patch)


def halves_are_exchanged(patch):
    """The encoder is the worse place: it decides what is coded.

    Fails: 58.5d, 58.5e
    """
    patch.value(
        "practice.autoencoders.WHERE",
        {"plain": (), "both": (0, 1), "encoder": (1,), "decoder": (0,)},
    )
    _few(patch)
