"""The wrong theories that 59_attention_scale must reject."""


def _smaller(patch):
    """Parameters at which all rows keep their verdicts, in half of the time."""
    patch.parameters(draws=400, size_draws=100, small=[16], large=[64, 80], spreads=[1.0, 4.0, 8.0])


def every_query_is_typical(patch):
    """Softness hardly differs between queries: the mean tells all.

    Fails: 59.1a
    """
    _smaller(patch)

    def alike(right, x):
        found = right(x)
        middle = found.softness.mean()
        return found._replace(softness=middle + 0.01 * (found.softness - middle))

    patch("practice.random_energy.softness", alike)


def products_do_not_grow(patch):
    """The logits have the same spread at every dimension.

    Fails: 59.1a
    """
    _smaller(patch)
    patch(
        "practice.random_energy.products_of_keys",
        lambda right, n, d, draws, rng: right(n, d, draws, rng) * 3 / d**0.5,
    )


def softmax_passes_its_gradient(patch):
    """The squared loss sends p - e to the logits: the softmax does not stand in the way.

    Fails: 59.2a
    """
    _smaller(patch)
    patch(
        "practice.attention.logit_gradient",
        lambda right, logits, on_weights=False: right(logits, True),
    )


def softmax_without_competition(patch):
    """The Jacobian of the softmax is diag(p): a weight does not feel the others.

    Fails: 59.2a
    """
    _smaller(patch)

    def alone(right, logits, on_weights=False):
        from torch import softmax

        return softmax(logits, -1) * right(logits, True)

    patch("practice.attention.logit_gradient", alone)


def small_gradients_only_need_a_larger_step(patch):
    """A frozen softmax shrinks gradients and keeps their direction: scaled to unit length they learn.

    Fails: 59.2a
    """
    _smaller(patch)

    def unit(right, logits, on_weights=False):
        away = right(logits, True)
        return right(logits, False).norm(dim=-1, keepdim=True).clamp(min=0.1) * away

    patch("practice.attention.logit_gradient", unit)


def factor_is_a_learning_rate(patch):
    """The factor only rescales the learning rate.

    Fails: 59.2b
    """
    _smaller(patch)

    def rescaled(right, start, rates, scale, *rest, **options):
        return right(start, [rate * scale**2 for rate in rates], 1.0, *rest, **options)

    patch("practice.attention.solving_steps", rescaled)


def entries_of_any_size_will_do(patch):
    """The size of the embeddings does not matter once the factor is there.

    Fails: 59.2b
    """
    _smaller(patch)
    patch(
        "practice.attention.dot",
        lambda right, words, d, seeds, sd, rng: right(words, d, seeds, 3 * sd, rng),
    )


def rate_of_the_root_serves_all_factors(patch):
    """The factor 1/d needs no learning rate of its own: it is tried at those of the root.

    Fails: 59.3a
    """
    _smaller(patch)

    def same(right, start, rates, scale, *rest, **options):
        ratio = min(scale**2 * start.q.shape[-1], 1.0)
        rates = rates if "rule" in options else [rate * ratio for rate in rates]
        return right(start, rates, scale, *rest, **options)

    patch("practice.attention.solving_steps", same)


def hidden_units_are_linear(patch):
    """Additive attention needs no tanh: queries and keys are added up, and that is all.

    Fails: 59.4a
    """
    _smaller(patch)
    patch(
        "practice.attention.Additive._hidden",
        lambda right, own: (own.q.unsqueeze(2) + own.k.unsqueeze(1)) / 4,
    )


def additive_scores_saturate(patch):
    """Entries of any size will do for additive attention: its tanh keeps them in bounds.

    Fails: 59.4a
    """
    _smaller(patch)

    def large(right, words, d, seeds, spread, rng):
        found = right(words, d, seeds, spread, rng)
        return found._replace(q=30 * found.q, k=30 * found.k)

    patch("practice.attention.additive", large)
