"""The wrong theories that 53_adaptive_methods must reject."""

from dataclasses import replace


def _few_digits(patch):
    """Fewer splits of the digits: all claims keep their verdicts."""
    patch.parameters(draws=6, tuning_draws=2)


def _adam(patch, step):
    """step(rule, weights, m, v, slopes, rates, t) in place of Adam's."""

    def wrong(right, rule, weights, kept, slopes, rates, t):
        rates = [float(r) if isinstance(r, float) else r for r in rates]
        step(rule, weights, *kept, slopes, rates, t)

    patch("descent.Adam.step", wrong)


def one_size_for_all(patch):
    """What Adam divides by is one number for all coordinates.

    Fails: 53.1a, 53.3a
    """

    def step(rule, weights, m, v, slopes, rates, t):
        first, second = 1 - rule.beta1**t, 1 - rule.beta2**t
        if not rule.corrected:
            first = second = 1.0
        count = sum(w[0].numel() for w in weights)
        whole = sum(g.square().flatten(1).sum(1) for g in slopes) / count  # (seeds,)
        for w, a, b, g, rate in zip(weights, m, v, slopes, rates, strict=True):
            a.mul_(rule.beta1).add_(g, alpha=1 - rule.beta1)
            mean = whole.reshape(-1, *[1] * (w.ndim - 1))
            b.mul_(rule.beta2).add_(mean, alpha=1 - rule.beta2)
            w.sub_(a / first * rate / ((b / second).sqrt() + rule.epsilon))

    _adam(patch, step)
    _few_digits(patch)


def momentum_at_ten_times_the_rate(patch):
    """Adam is momentum, whose rate has another unit: a tenth of momentum's.

    Fails: 53.1a, 53.3a
    """

    def step(rule, weights, m, v, slopes, rates, t):
        for w, u, g, rate in zip(weights, m, slopes, rates, strict=True):
            w.add_(u.mul_(rule.beta1).sub_(10 * rate * g))

    _adam(patch, step)
    _few_digits(patch)


def memory_of_momentum_is_two_steps(patch):
    """Momentum needs no long memory: 1/2 does what any other would.

    Fails: 53.1b
    """

    def short(right, rule, *given):
        right(replace(rule, mu=0.5), *given)

    patch("descent.Momentum.step", short)
    _few_digits(patch)


def no_correction_of_the_bias(patch):
    """Dividing m and v by 1 - beta^t is cosmetics.

    Fails: 53.4a
    """

    def bare(right, rule, *given):
        right(replace(rule, corrected=False), *given)

    patch("descent.Adam.step", bare)
    patch.parameters(draws=10)


def division_without_the_root(patch):
    """A step is m / v: what takes out the curvature is the square.

    Fails: 53.1a
    """

    def step(rule, weights, m, v, slopes, rates, t):
        first, second = 1 - rule.beta1**t, 1 - rule.beta2**t
        for w, a, b, g, rate in zip(weights, m, v, slopes, rates, strict=True):
            a.mul_(rule.beta1).add_(g, alpha=1 - rule.beta1)
            b.mul_(rule.beta2).addcmul_(g, g, value=1 - rule.beta2)
            w.sub_(a / first * rate / (b / second + rule.epsilon))

    _adam(patch, step)
    _few_digits(patch)


def signs_of_the_mean(patch):
    """Adam takes the sign of its mean gradient: sizes are forgotten.

    Fails: 53.1a
    """

    def step(rule, weights, m, v, slopes, rates, t):
        for w, a, g, rate in zip(weights, m, slopes, rates, strict=True):
            a.mul_(rule.beta1).add_(g, alpha=1 - rule.beta1)
            w.sub_(a.sign() * rate)

    _adam(patch, step)
    _few_digits(patch)


def axes_do_not_matter(patch):
    """Adam does not know where the axes are: turned or not, bowl and digits are the same to it.

    Fails: 53.1b, 53.3a
    """

    def along(right, curvature, basis, starts):
        import torch

        return right(curvature, torch.eye(len(curvature)).to(basis).expand_as(basis), starts)

    patch("practice.optimizers.turned", along)
    patch("practice.optimizers.unequal_pixels", lambda right, *given: (right(*given)[0],) * 2)
    _few_digits(patch)


def a_step_takes_momentum_off_the_error(patch):
    """In a round bowl the error, not its square, falls by mu a step.

    Fails: 53.1a
    """
    patch("practice.optimizers.round_fall", lambda right, *given: 2 * right(*given))
    _few_digits(patch)


def adam_remembers_its_largest_gradient(patch):
    """The theorem of 2014 holds: the size that Adam divides by does not fall.

    Fails: 53.2a
    """

    def longest(right, gradients, periods, **options):
        return right(gradients, periods, **options | {"maximum": True})

    patch("practice.optimizers.adam_path", longest)
    _few_digits(patch)


def amsgrad_is_a_long_memory(patch):
    """AMSGrad is Adam with beta2 = 0.9999: a memory long enough for every loss.

    Fails: 53.2b
    """

    def long(right, gradients, periods, **options):
        if options.get("maximum"):
            options |= {"beta2": 0 * options["beta2"] + 0.9999, "maximum": False}
        return right(gradients, periods, **options)

    patch("practice.optimizers.adam_path", long)
    _few_digits(patch)


def size_at_its_mean(patch):
    """v stays at the mean of g^2: there is no rhythm in it.

    Fails: 53.2a
    """

    def steady(right, values, beta):
        import numpy as np

        values = np.asarray(values, float)
        return np.full(len(values), values.mean()) if (values > 0).all() else right(values, beta)

    patch("practice.optimizers.periodic_mean", steady)
    _few_digits(patch)


def size_without_the_last_gradient(patch):
    """v is that of the step before: the gradient in hand is not in it.

    Fails: 53.2a
    """

    def before(right, values, beta):
        import numpy as np

        found = right(values, beta)
        return np.roll(found, 1) if (np.asarray(values) > 0).all() else found

    patch("practice.optimizers.periodic_mean", before)
    _few_digits(patch)


def edge_of_the_proof(patch):
    """Adam fails below the beta2 of the proof, 1/(1 + C^2), and nowhere else.

    Fails: 53.2a
    """

    def small(right, gradients, beta1=0.0):
        return 1 / (1 + max(gradients) ** 2)

    patch("practice.optimizers.critical_beta2", small)
    _few_digits(patch)


def edge_close_to_balance(patch):
    """The critical memory is 4 (C - 2) / 3, the first term, everywhere.

    Fails: 53.2a
    """

    def first(right, gradients, beta1=0.0):
        return 1 - 4 / 3 * (max(gradients) - 2) if len(gradients) == 3 else right(gradients, beta1)

    patch("practice.optimizers.critical_beta2", first)
    _few_digits(patch)


def smallest_rate_serves_all(patch):
    """Rates need no tuning: the smallest of the grid does for every form of the digits.

    Fails: 53.3a
    """
    patch("practice.optimizers.best_rate", lambda right, losses: 0)
    _few_digits(patch)


def rescaled_by_the_first_layer(patch):
    """The sizes of pixels do not matter: the first layer makes up for them at once.

    Fails: 53.3a
    """

    def equal(right, problems, spread, generators):
        return right(problems, 1.0, generators)

    patch("practice.optimizers.unequal_pixels", equal)
    _few_digits(patch)
