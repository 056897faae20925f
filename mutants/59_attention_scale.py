"""The wrong theories that 59_attention_scale must reject."""


def entropy_without_the_factor_two(patch):
    """The entropy with s^2/2 where the integration by parts gives s^2.

    Fails: 59.1b, 59.1c, 59.1d, 59.1e, 59.1j
    """

    def wrong(old, logits, sd):
        h, soft = old(logits, sd)
        return type(old(logits, sd))(h + sd**2 * soft / 2, soft)

    patch("practice.random_energy.mean_softness", wrong)


def limit_for_the_integral(patch):
    """Derrida's limit of large n is good enough at n = 64.

    Fails: 59.1b, 59.1c, 59.1g, 59.1h
    """
    from math import log

    def limit(old, logits, sd):
        critical = (2 * log(logits)) ** 0.5
        cold = sd > critical
        h = 0.0 if cold else log(logits) - sd**2 / 2
        return type(old(logits, sd))(h, critical / sd if cold else 1.0)

    patch("practice.random_energy.mean_softness", limit)


def products_grow_faster(patch):
    """The product of two vectors has a standard deviation of d^(3/4).

    Fails: 59.1a, 59.1c, 59.1d, 59.1g, 59.1h, 59.3b
    """
    patch(
        "practice.random_energy.products_of_keys",
        lambda old, n, d, draws, rng: d**0.25 * old(n, d, draws, rng),
    )


def factor_one_over_d(patch):
    """The factor that leaves logits of unit variance is 1/d.

    Fails: 59.1j
    """

    def wrong(old, logits, dimension, scaled, quantiles=15):
        if not scaled:
            return old(logits, dimension, False, quantiles)
        from lib.practice.random_energy import mean_softness

        return mean_softness(logits, dimension**-0.5)

    patch("practice.random_energy.softness_of_keys", wrong)


def entropy_in_bits(patch):
    """The softmax at s = 1 loses half a bit.

    Fails: 59.1b, 59.1c, 59.1d, 59.1e, 59.2a
    """
    from math import log

    patch(
        "practice.random_energy.softness",
        lambda old, x: old(x)._replace(entropy=old(x).entropy / log(2)),
    )


def freezing_too_late(patch):
    """The softmax freezes at 2 sqrt(ln n).

    Fails: 59.2b
    """
    patch("practice.random_energy.critical_sd", lambda old, logits: 2**0.5 * old(logits))


def freezing_too_early(patch):
    """The softmax freezes at sqrt(ln n)/2: half of it is soft, and so is twice of it.

    Fails: 59.2b, 59.2c
    """
    patch("practice.random_energy.critical_sd", lambda old, logits: old(logits) / 8**0.5)


def every_query_is_typical(patch):
    """Softness hardly differs between queries: the mean tells all.

    Fails: 59.3a
    """

    def alike(old, x):
        found = old(x)
        middle = found.softness.mean()
        return found._replace(softness=middle + 0.01 * (found.softness - middle))

    patch("practice.random_energy.softness", alike)


def softmax_passes_its_gradient(patch):
    """The squared loss sends p - e to the logits: the softmax does not stand in the way.

    Fails: 59.4b, 59.5b
    """
    patch(
        "practice.attention.logit_gradient",
        lambda old, logits, on_weights=False: old(logits, True),
    )


def cross_entropy_freezes_too(patch):
    """A frozen softmax does not learn, whatever the loss.

    Fails: 59.4e
    """
    patch(
        "practice.attention.logit_gradient",
        lambda old, logits, on_weights=False: old(logits, False),
    )


def factor_is_a_learning_rate(patch):
    """The factor only rescales the learning rate.

    Fails: 59.4c, 59.4d
    """

    def rescaled(old, start, rates, scale, *rest, **options):
        return old(start, [rate * scale for rate in rates], 1.0, *rest, **options)

    patch("practice.attention.solving_steps", rescaled)


def small_weights_do_not_help(patch):
    """It is the dimension that freezes the softmax, not the size of the weights.

    Fails: 59.5a, 59.5c
    """
    patch(
        "practice.attention.products",
        lambda old, words, d, seeds, sd, rng: old(words, d, seeds, 1.0, rng),
    )


def one_rate_for_all(patch):
    """The search for a learning rate may be left out.

    Fails: 59.4a
    """

    def first(old, start, rates, *rest, **options):
        return old(start, rates[:1], *rest, **options)

    patch("practice.attention.solving_steps", first)
