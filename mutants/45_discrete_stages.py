"""The wrong theories that 45_discrete_stages must reject."""


def half_of_the_exponent(patch):
    """The closed form with e^(-sigma t): the strength grows as one layer does.

    Fails: 45.1a
    """
    patch("stages.discrete_stages.mode_strength", lambda old, t, *rest: old(t / 2, *rest))


def inputs_left_out(patch):
    """The closed form without lambda: every component ends at sigma.

    Fails: 45.1a
    """
    patch(
        "stages.discrete_stages.mode_strength",
        lambda old, t, sigma, variance, delta: old(t, sigma, 0 * variance + 1, delta),
    )


def any_small_start(patch):
    """The start need not be aligned: any orthogonal factors do.

    Fails: 45.1a, 45.1b
    """

    def turned(old, *given):
        (first, second), moments = old(*given)
        return (first, second.roll(1, -1)), moments

    patch("stages.discrete_stages.commuting_problem", turned)


def time_of_the_flow(patch):
    """Components switch at the flow's time, 1 / (eta sigma) for each unit of delta.

    Fails: 45.2a
    """

    def flow(old, delta, sigma, variance, rate):
        return old(delta, sigma, variance, 1e-9) * 1e-9 / rate

    patch("stages.discrete_stages.switch_steps", flow)


def layers_share_a_step(patch):
    """Both layers move, so each takes half of its gradient.

    Fails: 45.2a, 45.2b, 45.4a, 45.4b, 45.5c
    """
    patch(
        "stages.two_layer.moment_gradients",
        lambda old, *given: tuple(g / 2 for g in old(*given)),
    )


def delta_of_the_product(patch):
    """The start's smallness is that of the product: e^-delta where e^-2 delta belongs.

    Fails: 45.2a
    """
    patch("stages.discrete_stages.switch_steps", lambda old, d, *rest: old(d / 2, *rest))


def target_size_left_out(patch):
    """The switch comes when the start has grown to one, whatever sigma / lambda is.

    Fails: 45.2a
    """
    patch(
        "stages.discrete_stages.switch_steps",
        lambda old, d, sigma, variance, rate: old(d, sigma, sigma, rate),
    )


def order_of_the_regression(patch):
    """Components come in the order of sigma^2 / lambda, at its rate.

    Fails: 45.2a, 45.5a
    """
    patch(
        "stages.discrete_stages.switch_steps",
        lambda old, d, sigma, variance, rate: old(d, sigma**2 / variance, variance, rate),
    )


def first_plateau_is_the_best(patch):
    """Descent goes by what lowers the loss most, as if inputs were whitened.

    Fails: 45.5a, 45.5b
    """

    def whitened(old, sigma, variances, *rest):
        root = variances**0.5
        return old(sigma / root, variances / variances, *rest) / root

    patch("stages.discrete_stages.strength_path", whitened)


def exponent_of_the_layer(patch):
    """What is not learned yet counts once and not twice: the size of a layer, not of the product.

    Fails: 45.3b, 45.3c, 45.3d
    """

    def once(old, sigma, rate, stage):
        now, later = (1 / (rate * sigma[..., i]).log1p() for i in (stage - 1, stage))
        return 1 - (now + later) / 2 / later

    patch("stages.discrete_stages.stage_exponent", once)


def settling_is_slowest(patch):
    """What is learned settles last: the distance is what is missing in component k.

    Fails: 45.3b, 45.3c, 45.3d
    """

    def settling(old, sigma, rate, stage):
        now, later = (1 / (rate * sigma[..., i]).log1p() for i in (stage - 1, stage))
        return (now - later) / 2 * (-2 * rate * sigma[..., stage - 1]).log1p()

    patch("stages.discrete_stages.stage_exponent", settling)


def variances_exchanged(patch):
    """The forgetting rate with lambda_1 and lambda_2 exchanged.

    Fails: 45.5c
    """
    patch(
        "stages.discrete_stages.forgetting_rate",
        lambda old, sigma, variances: old(sigma, variances.flip(-1)).abs(),
    )


def what_is_learned_is_kept(patch):
    """A network of width 1 keeps its first component: no noise makes it leave.

    Fails: 45.5c, 45.5d
    """
    patch(
        "stages.discrete_stages.forgetting_run",
        lambda old, sigma, variances, noise, *rest: old(sigma, variances, 0.0, *rest),
    )


def solutions_by_covariance(patch):
    """Reduced-rank regression keeps the top singular vectors of Cyx, unwhitened.

    Fails: 45.6a, 45.6b
    """

    def plain(old, cxx, cyx, rank):
        full = old(cxx, cyx, min(cyx.shape[-2:]))
        u = cyx.svd().U[..., :rank]
        return u @ (u.mT @ full)

    patch("stages.discrete_stages.regression_solution", plain)


def scale_does_not_matter(patch):
    """How near descent comes has nothing to do with the scale of the start.

    Fails: 45.6a, 45.6b, 45.6c, 45.7d
    """
    patch(
        "stages.two_layer.scaled_runs",
        lambda old, weights, problem, scales: old(weights, problem, [1e-2] * len(scales)),
    )
