"""The wrong theories that 45_discrete_stages must reject."""

import torch


def time_of_the_flow(patch):
    """Components switch at the flow's time, 1 / (eta sigma) for each unit of delta.

    Fails: 45.1a
    """
    patch(
        "stages.discrete_stages.switch_steps",
        lambda right, delta, sigma, variance, rate: (
            right(delta, sigma, variance, 1e-9) * 1e-9 / rate
        ),
    )


def layers_share_a_step(patch):
    """Both layers move, so each takes half of its gradient.

    Fails: 45.1a, 45.2a, 45.3b
    """
    patch(
        "stages.two_layer.moment_gradients",
        lambda right, *given: tuple(g / 2 for g in right(*given)),
    )


def delta_of_the_product(patch):
    """The start's smallness is that of the product: e^-delta where e^-2 delta belongs.

    Fails: 45.1a
    """
    patch("stages.discrete_stages.switch_steps", lambda right, d, *rest: right(d / 2, *rest))


def target_size_left_out(patch):
    """The switch comes when the start has grown to one, whatever sigma / lambda is.

    Fails: 45.1a
    """
    patch(
        "stages.discrete_stages.switch_steps",
        lambda right, d, sigma, variance, rate: right(d, sigma, sigma, rate),
    )


def order_of_the_regression(patch):
    """Components come in the order of sigma^2 / lambda, at its rate.

    Fails: 45.1a, 45.3a
    """
    patch(
        "stages.discrete_stages.switch_steps",
        lambda right, d, sigma, variance, rate: right(d, sigma**2 / variance, variance, rate),
    )


def exponent_of_the_flow(patch):
    """The nearest approach has the flow's exponent, whatever the step.

    Fails: 45.2a, 45.2b, 45.2c
    """
    patch(
        "stages.discrete_stages.approach_exponent",
        lambda right, sigma, rate, stage: right(sigma, 1e-9, stage),
    )


def growth_alone(patch):
    """What is learned settles at once: the distance is what the next component has by then.

    Fails: 45.2a, 45.2b, 45.2c
    """
    patch(
        "stages.discrete_stages.approach_exponent",
        lambda right, sigma, rate, stage: (
            1 - (rate * sigma.mT[stage]).log1p() / (rate * sigma.mT[stage - 1]).log1p()
        ),
    )


def first_plateau_is_the_best(patch):
    """Descent goes by what lowers the loss most, as if inputs were whitened.

    Fails: 45.3a
    """

    def whitened(right, sigma, variances, *rest):
        root = torch.as_tensor(variances, dtype=torch.float64) ** 0.5
        return right(torch.as_tensor(sigma) / root, torch.ones_like(root), *rest) / root

    patch("stages.discrete_stages.strength_path", whitened)


def variances_exchanged(patch):
    """The forgetting rate with lambda_1 and lambda_2 exchanged.

    Fails: 45.3b
    """
    patch(
        "stages.discrete_stages.forgetting_rate",
        lambda right, sigma, variances: right(sigma, variances.flip(-1)).abs(),
    )


def what_is_learned_is_kept(patch):
    """A network of width 1 keeps its first component: no noise makes it leave.

    Fails: 45.3b, 45.5h
    """
    patch(
        "stages.discrete_stages.forgetting_run",
        lambda right, sigma, variances, noise, *rest: right(sigma, variances, 0.0, *rest),
    )


def solutions_without_the_inputs(patch):
    """The solution of rank k is the best approximation of Cyx itself, as if inputs were white.

    Fails: 45.4a, 45.5j
    """

    def plain(right, cxx, cyx, rank):
        u = cyx.svd().U[..., :rank]
        return u @ (u.mT @ cyx)

    patch("stages.discrete_stages.regression_solution", plain)


def gaps_do_not_matter(patch):
    """Every rank is passed at the same distance: the exponents know the ranks, not the gaps.

    Fails: 45.4d
    """
    patch(
        "stages.discrete_stages.approach_exponent",
        lambda right, sigma, rate, stage: right(sigma, rate, stage) * 0 + stage,
    )


def no_stages_in_one_pass(patch):
    """A network from a start of usual size passes as near.

    Fails: 45.4a
    """
    patch.parameters(start_scale=0.01)


def half_of_the_exponent(patch):
    """The closed form with e^(-sigma t): the strength grows as one layer does.

    Fails: 45.5a
    """
    patch("stages.discrete_stages.regression_strength", lambda right, t, *rest: right(t / 2, *rest))


def inputs_left_out(patch):
    """The closed form without lambda: every component ends at sigma.

    Fails: 45.5a
    """
    patch(
        "stages.discrete_stages.regression_strength",
        lambda right, t, sigma, variance, delta: right(t, sigma, 0 * variance + 1, delta),
    )


def any_small_start(patch):
    """The start need not be aligned: any orthogonal factors do.

    Fails: 45.5b
    """

    def turned(right, *given):
        (first, second), moments = right(*given)
        return (first, second.roll(1, -1)), moments

    patch("stages.discrete_stages.commuting_problem", turned)


def scale_does_not_matter(patch):
    """How near descent comes has nothing to do with the scale of the start.

    Fails: 45.5j, 45.5k, 45.5l
    """
    patch(
        "stages.two_layer.scaled_runs",
        lambda right, weights, problem, scales: right(weights, problem, [1e-2] * len(scales)),
    )
