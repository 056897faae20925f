"""The wrong theories that 57_minibatches must reject."""


def _few_digits(patch):
    """Fewer splits of the digits: all claims keep their verdicts."""
    patch.parameters(draws=8, tuning_draws=2)


def d_for_d_plus_one(patch):
    """The critical batch is d: the mean square of the length counts, not the fourth moment.

    Fails: 57.1a
    """
    patch(
        "practice.minibatches.examples_per_efold",
        lambda right, batch, critical: right(batch, critical - 1),
    )


def inputs_of_fixed_length(patch):
    """Gaussian inputs do not vary in length enough to matter.

    Fails: 57.1a
    """
    patch(
        "practice.minibatches.draw_inputs",
        lambda right, shape, rng, _=None: right(shape, rng, "sphere"),
    )


def steps_for_examples(patch):
    """Cost is counted in steps: a larger batch is always cheaper.

    Fails: 57.1a
    """
    patch(
        "practice.minibatches.examples_per_efold",
        lambda right, batch, critical: right(batch, critical) / batch,
    )


def efold_of_the_error(patch):
    """The e-fold is one of the error, not of its square: twice the examples.

    Fails: 57.1a
    """
    patch("practice.minibatches.examples_per_efold", lambda right, *given: 2 * right(*given))


def heaps_average_better(patch):
    """Examples seen together do more than examples one by one: B of them average as B^2 would.

    Fails: 57.1a
    """

    def together(right, dimension, batch_size, draws, *rest):
        size = min(batch_size**2, 1000)
        return right(dimension, size, max(200, draws * batch_size // size), *rest)

    patch("practice.minibatches.step_moments", together)


def dimensions_are_counted(patch):
    """The critical batch is d + 1 whatever the spectrum of the inputs.

    Fails: 57.2a
    """
    patch("practice.minibatches.critical_batch_found", lambda right, h: len(h) + 1.0)


def directions_do_not_disturb_each_other(patch):
    """The noise along a direction comes from the error along that direction alone.

    Fails: 57.2a
    """

    def apart(right, curvatures, batch_size, rates, steps):
        from numpy import array, asarray, errstate, ones

        h, rate = asarray(curvatures, float), asarray(rates, float)[:, None]
        m, found = ones((len(rate), len(h))), [ones(len(rate))]
        own = 1 - 2 * rate * h + rate**2 * (1 + 2 / batch_size) * h**2
        with errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                m = own * m
                found.append(m @ h / h.sum())
        return array(found)

    patch("practice.minibatches.mean_losses", apart)


def smallest_rate_serves_all(patch):
    """Rates need no tuning: the smallest will do for every batch.

    Fails: 57.3a
    """
    _few_digits(patch)

    def first(right, losses):
        from numpy import zeros

        return zeros(len(losses), int)

    patch("practice.minibatches.least_loss", first)


def epochs_are_what_counts(patch):
    """So many passes over the images do the same in steps of all at once as in steps of 64.

    Fails: 57.3b
    """
    _few_digits(patch)

    def passes(right, problems, batch_size, rates, looks):
        from numpy import full

        if batch_size < 2048:
            return right(problems, batch_size, rates, looks)
        return right(problems, 64, full(len(looks), 0.5), looks)

    patch("practice.minibatches.race_at_its_rates", passes)
