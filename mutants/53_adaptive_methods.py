"""The wrong theories that 53_adaptive_methods must reject."""

from functools import partial

from lib.descent import Adam, Momentum, Plain


def _few_digits(patch):
    """For theories of bowls and linear losses: the digits need not be judged at full length."""
    patch.parameters(draws=5, tuning_draws=2, few=5)


def _same_rate(patch, method, other):
    """One method has the rate of the other."""

    def wrapper(old, name, condition):
        return old(other if name == method else name, condition)

    patch("practice.optimizers.quadratic_rate", wrapper)
    _few_digits(patch)


def momentum_gains_nothing(patch):
    """The heavy ball has the rate of descent: in the end it is only another learning rate.

    Fails: 53.1a
    """
    _same_rate(patch, "heavy ball", "descent")


def nesterov_is_the_heavy_ball(patch):
    """Nesterov's step, tuned, has the rate of the heavy ball.

    Fails: 53.1a
    """
    _same_rate(patch, "nesterov", "heavy ball")


def single_roots(patch):
    """Errors fall as rate^t: no root is double.

    Fails: 53.1a
    """
    patch(
        "practice.optimizers.fitted_rate",
        lambda old, steps, errors, power=0: old(steps, errors),
    )
    _few_digits(patch)


def step_of_the_largest_curvature(patch):
    """The best step of descent is 1/kappa, one over the largest curvature.

    Fails: 53.1a
    """

    def shorter(old, method, condition):
        return (1 / condition, 0.0) if method == "descent" else old(method, condition)

    patch("practice.optimizers.tuned", shorter)
    _few_digits(patch)


def axes_do_not_matter(patch):
    """Adam does not know where the axes are: turned or not, the bowl is the same to it.

    Fails: 53.2b, 53.2c, 53.2e
    """

    def along(old, curvature, basis, starts):
        import torch

        eye = torch.eye(basis.shape[-1], dtype=basis.dtype)
        return old(curvature, eye.expand_as(basis), starts)

    patch("practice.optimizers.turned", along)
    _few_digits(patch)


def one_size_for_all(patch):
    """What Adam divides by is one number for all coordinates: it is momentum at another rate.

    Fails: 53.2a, 53.2b, 53.2c
    """

    def momentum(old, matrices, starts, rates, steps, method):
        if isinstance(rule := method(1.0), Adam):
            method = partial(Momentum, mu=rule.beta1) if rule.beta1 else Plain
            rates = rates / rates.max() * 2e-4
        return old(matrices, starts, rates, steps, method)

    patch("practice.optimizers.quadratic_fall", momentum)
    _few_digits(patch)


def a_step_takes_momentum_off_the_error(patch):
    """In a round bowl the error, not its square, falls by mu a step.

    Fails: 53.2a
    """
    patch(
        "practice.optimizers.round_fall",
        lambda old, steps, momentum: 2 * old(steps, momentum),
    )
    _few_digits(patch)


def regret_against_zero(patch):
    """The wrong end costs |mean gradient| a step: regret is counted from the middle.

    Fails: 53.3a
    """
    patch("practice.optimizers.wrong_end_regret", lambda old, gradients: old(gradients) / 2)
    _few_digits(patch)


def adam_remembers_its_largest_gradient(patch):
    """The theorem of 2014 holds: the size that Adam divides by does not fall.

    Fails: 53.3a, 53.4a, 53.4b, 53.4c, 53.4d, 53.4e, 53.4f, 53.4g
    """

    def longest(old, gradients, periods, **options):
        return old(gradients, periods, **options | {"maximum": True})

    patch("practice.optimizers.adam_path", longest)
    _few_digits(patch)


def amsgrad_is_no_repair(patch):
    """The largest v so far changes nothing.

    Fails: 53.3b
    """

    def forgetful(old, gradients, periods, **options):
        return old(gradients, periods, **options | {"maximum": False})

    patch("practice.optimizers.adam_path", forgetful)
    _few_digits(patch)


def size_at_its_mean(patch):
    """v stays at the mean of g^2: there is no rhythm in it.

    Fails: 53.4a, 53.4b, 53.4c, 53.4d, 53.4e, 53.4f
    """

    def steady(old, values, beta):
        import numpy as np

        values = np.asarray(values, float)
        return np.full(len(values), values.mean()) if (values > 0).all() else old(values, beta)

    patch("practice.optimizers.periodic_mean", steady)
    _few_digits(patch)


def size_without_the_last_gradient(patch):
    """v is that of the step before: the gradient in hand is not in it.

    Fails: 53.4a, 53.4b, 53.4c, 53.4d, 53.4e
    """

    def before(old, values, beta):
        import numpy as np

        found = old(values, beta)
        return np.roll(found, 1) if (np.asarray(values) > 0).all() else found

    patch("practice.optimizers.periodic_mean", before)
    _few_digits(patch)


def edge_of_the_proof(patch):
    """Adam fails below the beta2 of the proof, 1/(1 + C^2), and nowhere else.

    Fails: 53.4a, 53.4b, 53.4c, 53.4d, 53.4e, 53.4f
    """

    def small(old, gradients, beta1=0.0):
        return 1 / (1 + max(gradients) ** 2)

    patch("practice.optimizers.critical_beta2", small)
    _few_digits(patch)


def momentum_has_no_say(patch):
    """Where Adam goes is a matter of beta2 alone.

    Fails: 53.4f, 53.4i
    """

    def without(old, gradients, periods, **options):
        return old(gradients, periods, **options | {"beta1": 0.0})

    patch("practice.optimizers.adam_path", without)
    _few_digits(patch)


def memory_of_a_hundred_steps(patch):
    """No memory reaches farther back than a hundred steps.

    Fails: 53.4f, 53.4h
    """

    def shorter(old, gradients, periods, *, beta2, **options):
        import numpy as np

        return old(gradients, periods, beta2=np.minimum(beta2, 0.99), **options)

    patch("practice.optimizers.adam_path", shorter)
    _few_digits(patch)


def one_rate_for_all(patch):
    """The rate that is best for Adam does for descent.

    Fails: 53.5a, 53.5d
    """

    def shared(old, problems, batch_size, rates, method):
        rates = [0.01] * len(rates) if method is Plain else rates
        return old(problems, batch_size, rates, method)

    patch("practice.optimizers.contest", shared)


def momentum_leaves_the_rate(patch):
    """Momentum smooths the path; the learning rate stays that of descent.

    Fails: 53.5b, 53.5e
    """

    def unchanged(old, problems, batch_size, rates, method):
        rates = [1.0] * len(rates) if isinstance(method(1.0), Momentum) else rates
        return old(problems, batch_size, rates, method)

    patch("practice.optimizers.contest", unchanged)


def size_leaves_the_rate(patch):
    """Dividing by the root of the mean square leaves the learning rate what it is for momentum.

    Fails: 53.5c, 53.5f
    """

    def unchanged(old, problems, batch_size, rates, method):
        rates = [0.1] * len(rates) if getattr(method(1.0), "beta1", 1) == 0 else rates
        return old(problems, batch_size, rates, method)

    patch("practice.optimizers.contest", unchanged)


def rate_is_a_matter_of_units(patch):
    """Adam's steps do not depend on the scale of the loss, so its rate does not matter.

    Fails: 53.6b
    """

    def scaled(old, problems, batch_size, rates, method):
        adam = isinstance(method(1.0), Adam)
        same = [0.003] * len(rates) if len(rates) == 3 and adam else rates
        return old(problems, batch_size, same, method)

    patch("practice.optimizers.contest", scaled)
    patch.parameters(draws=5)


def no_line_to_cross(patch):
    """Only 1 - beta2 counts as a memory: beta1 above its root is as good.

    Fails: 53.6c
    """

    def below(old, problems, batch_size, rates, method):
        rule = method(1.0)
        if isinstance(rule, Adam) and rule.beta1 > rule.beta2**0.5:
            method = partial(Adam, beta1=0.9 * rule.beta2**0.5, beta2=rule.beta2)
        return old(problems, batch_size, rates, method)

    patch("practice.optimizers.contest", below)
    patch.parameters(draws=5)


def no_correction_of_the_bias(patch):
    """Dividing m and v by 1 - beta^t is cosmetics.

    Fails: 53.6a
    """

    def bare(old, problems, batch_size, rates, method):
        if isinstance(method(1.0), Adam):
            method = partial(method, corrected=False)
        return old(problems, batch_size, rates, method)

    patch("practice.optimizers.contest", bare)
    patch.parameters(draws=5)
