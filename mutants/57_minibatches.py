"""The wrong theories that 57_minibatches must reject."""

from dataclasses import replace


def _few_digits(patch):
    """For theories of the regression: the digits need not be judged at full length."""
    patch.parameters(draws=5, tuning_draws=2)


def d_for_d_plus_one(patch):
    """The critical batch is d: the mean square of the length counts, not the fourth moment.

    Fails: 57.1a, 57.1b, 57.1d, 57.2a, 57.2b
    """

    def plain(old, dimension, inputs="gaussian"):
        return dimension

    patch("practice.minibatches.critical_batch", plain)
    _few_digits(patch)


def fixed_length_like_gaussian(patch):
    """Only the covariance of the inputs matters: fixed length is no different.

    Fails: 57.1d
    """
    patch("practice.minibatches.critical_batch", lambda old, d, inputs="gaussian": old(d))
    _few_digits(patch)


def inputs_of_fixed_length(patch):
    """Gaussian inputs do not vary in length enough to matter.

    Fails: 57.1a, 57.1b, 57.2a, 57.2b
    """
    patch(
        "practice.minibatches.draw_inputs",
        lambda old, shape, rng, _=None: old(shape, rng, "sphere"),
    )
    _few_digits(patch)


def rate_of_the_full_batch(patch):
    """The best learning rate is that of the full batch, whatever the minibatch.

    Fails: 57.1b
    """
    patch("practice.minibatches.cheapest_rate", lambda old, batch, critical: old(10**9, critical))
    _few_digits(patch)


def linear_scaling_for_ever(patch):
    """The best rate is in proportion to the batch at every size.

    Fails: 57.1b
    """
    patch(
        "practice.minibatches.cheapest_rate",
        lambda old, batch, critical: batch * old(1, critical),
    )
    _few_digits(patch)


def noise_without_batch(patch):
    """A step on many examples is as noisy as a step on one.

    Fails: 57.1a, 57.1c
    """
    patch(
        "practice.minibatches.step_factor",
        lambda old, rate, batch, critical: old(rate, 1, critical),
    )
    _few_digits(patch)


def noise_falls_as_the_square(patch):
    """The noise in the mean square of a step falls as 1/B^2.

    Fails: 57.1a, 57.1c
    """
    patch(
        "practice.minibatches.step_factor",
        lambda old, rate, batch, critical: old(rate, batch**2, critical),
    )
    _few_digits(patch)


def heaps_average_better(patch):
    """Examples seen together do more than examples one by one: B of them average as B^2 would.

    Fails: 57.1a, 57.1b, 57.2a, 57.2c
    """

    def together(old, dimension, batch_size, draws, *rest):
        size = min(batch_size**2, 1000)
        return old(dimension, size, max(200, draws * batch_size // size), *rest)

    patch("practice.minibatches.step_moments", together)
    _few_digits(patch)


def step_of_the_flow(patch):
    """A step takes off what gradient flow would: the square of the step is left out.

    Fails: 57.1a, 57.1c
    """
    patch("practice.minibatches.step_factor", lambda old, rate, batch, critical: 1 - 2 * rate)
    _few_digits(patch)


def one_and_the_same_minibatch(patch):
    """Fresh examples do not matter: every step may see the first minibatch again.

    Fails: 57.1c
    """

    def frozen(old, dimension, batch, rates, steps, runs, rng):
        import copy

        class Again:
            def standard_normal(self, shape):
                return copy.deepcopy(rng).standard_normal(shape)

        return old(dimension, batch, rates, steps, runs, Again())

    patch("practice.minibatches.error_after", frozen)
    _few_digits(patch)


def steps_for_examples(patch):
    """Cost is counted in steps: a larger batch is always cheaper.

    Fails: 57.2a
    """
    patch(
        "practice.minibatches.examples_per_efold",
        lambda old, batch, critical: old(batch, critical) / batch,
    )
    _few_digits(patch)


def efold_of_the_error(patch):
    """The e-fold is one of the error, not of its square: twice the examples.

    Fails: 57.2a
    """
    patch("practice.minibatches.examples_per_efold", lambda old, *given: 2 * old(*given))
    _few_digits(patch)


def examples_do_not_matter(patch):
    """Losses after equal numbers of steps are what is to be compared.

    Fails: 57.3c, 57.3d, 57.3e, 57.3f, 57.3k
    """

    def by_steps(old, problems, batch, rates, looks):
        last = problems.order.shape[1]
        return old(problems, batch, rates, [min(last, n * batch // 64) for n in looks])

    patch("practice.minibatches.race", by_steps)


def all_batches_alike(patch):
    """The size of the batch is of no consequence: every arm steps on 64 examples.

    Fails: 57.3a, 57.3c, 57.3g, 57.3k
    """
    patch(
        "practice.minibatches.race",
        lambda old, problems, batch, *rest: old(problems, 64, *rest),
    )


def rate_for_each_example(patch):
    """A learning rate belongs to an example: the sum of the gradients is what one must keep.

    Fails: 57.3b, 57.3c
    """

    def shared(old, start, sets, orders, rule, **options):
        rule = replace(rule, rate=rule.rate * 64 / orders.shape[-1])
        return old(start, sets, orders, rule, **options)

    patch("practice.classifiers.train_apart", shared)


def one_rate_for_all(patch):
    """Rates need not be chosen for each batch: that of B = 64 does for all.

    Fails: 57.3c, 57.3d, 57.3e, 57.3i
    """
    patch(
        "practice.minibatches.race_at_its_rates",
        lambda old, problems, batch, rates, looks: old(problems, batch, [0.5] * len(looks), looks),
    )


def copies_are_new_data(patch):
    """Eight copies of a set are worth as much as a set eight times as large.

    Fails: 57.4c
    """

    def others(old, problems, copies, generators):
        import torch

        many = old(problems, copies, generators)
        return many._replace(
            images=torch.cat([problems.images.roll(k, 0) for k in range(copies)], 1),
            labels=torch.cat([problems.labels.roll(k, 0) for k in range(copies)], 1),
        )

    patch("practice.minibatches.copied", others)


def copies_cost_nothing(patch):
    """The full batch does not notice copies either: it steps once for every digit that differs.

    Fails: 57.4b
    """

    def distinct(old, problems, batch, *rest):
        first, second = problems.images[:, :256], problems.images[:, 256:512]
        doubled = first.shape == second.shape and bool((first == second).all())
        return old(problems, min(batch, 256) if doubled else batch, *rest)

    patch("practice.minibatches.race", distinct)
