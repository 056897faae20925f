"""The wrong theories that 25_saddles must reject."""

import torch


def power_on_the_missing_mode(patch):
    """The eigenvalue at a balanced point with the power 1 instead of 1 - 2/N of the learned mode.

    Fails: 25.1a
    """

    def wrong(singular_values, learned, depth):
        s = singular_values.expand(learned.shape)
        if depth == 2:
            return -torch.where(learned, 0, s).amax(-1)
        pairs = s[..., None, :] * (s[..., None, :] - s[..., :, None])
        allowed = ~learned[..., :, None] & learned[..., None, :]
        return torch.where(allowed, pairs, 0).amin((-2, -1))

    patch.value("landscapes.saddles.smallest_curvature", wrong)


def gauss_newton(patch):
    """The Hessian without the part that the residual makes: no saddle would be strict.

    Fails: 25.1a, 25.1b, 25.1d, 25.2a, 25.4a, 25.5c, 25.5d
    """
    patch(
        "landscapes.saddles._second_slopes",
        lambda old, *given: torch.zeros_like(old(*given)),
    )


def all_saddles_strict(patch):
    """Middle layers of full rank everywhere: theorem 2.3 (iv) without its condition.

    Fails: 25.1a, 25.1c, 25.1d, 25.3a
    """
    patch(
        "landscapes.saddles.critical_weights",
        lambda old, *given, middle=0.0, **named: old(*given, middle=0.7, **named),
    )


def weakest_first(patch):
    """Greedy learning that takes the weakest modes first.

    Fails: 25.1d
    """
    patch("landscapes.saddles.greedy", lambda old, learned: old(learned.flip(-1)))


def middle_power_off_by_one(patch):
    """The middle layers enter the eigenvalue with c^(N - 1).

    Fails: 25.2a
    """
    patch(
        "landscapes.saddles.middle_curvature",
        lambda old, s, learned, depth, c: old(s, learned, depth + 1, c),
    )


def one_layer_moves(patch):
    """The largest drop s r^N, as if each layer could use the whole distance.

    Fails: 25.3b
    """
    patch("landscapes.saddles.largest_drop", lambda old, s, r, depth: s * r**depth)


def plateaus_stay_strict(patch):
    """The eigenvalue at the plateaus of three layers does not depend on the start.

    Fails: 25.4b, 25.4c, 25.4d
    """
    patch("landscapes.saddles.plateau_exponent", lambda old, depth: 0)


def one_hidden_unit_less(patch):
    """Baldi and Hornik's list for one hidden unit less.

    Fails: 25.5a
    """
    patch("landscapes.saddles.critical_losses", lambda old, s, width: old(s, width - 1))


def one_hidden_unit_more(patch):
    """Baldi and Hornik's list for one hidden unit more.

    Fails: 25.5b
    """
    patch("landscapes.saddles.critical_losses", lambda old, s, width: old(s, width + 1))


def too_few_measurements(patch):
    """Sensing with 8 measurements: the premise of the theorem is left out.

    Fails: 25.6a
    """
    patch.parameters(sensors=8)


def curvature_without_residual(patch):
    """Sums of squares with the Gauss-Newton matrix as Hessian: their saddles would not be strict.

    Fails: 25.6b, 25.6c
    """

    def blind(old, field, starts, **options):
        found = old(field, starts, **options)
        values = torch.linalg.eigvalsh(field(found.points)[1])
        return type(found)(found.points, values[:, 0].abs())

    patch("landscapes.strict_saddles.search", blind)


def completion_with_a_gap(patch):
    """Completion whose saddles keep a common gap, as with the regularizer.

    Fails: 25.6d
    """
    patch(
        "landscapes.strict_saddles.completion_forms",
        lambda old, size, share, rng: old(size, 1.0, rng),
    )


def half_of_the_entries(patch):
    """Completion from 40% of the entries: the premise of enough of them is left out.

    Fails: 25.6e
    """
    patch(
        "landscapes.strict_saddles.completion_forms",
        lambda old, size, share, rng: old(size, 0.4, rng),
    )


def signs_forgotten(patch):
    """Critical points of the tensor counted without their signs.

    Fails: 25.7a
    """

    def wrong(size):
        from math import comb

        return {k: (comb(size, k) * 3**k, k - 1, -2 / k if k > 1 else 1.0) for k in range(1, 5)}

    patch.value("landscapes.strict_saddles.tensor_law", wrong)


def index_of_the_support(patch):
    """The index k instead of k - 1, and the curvature -1/k.

    Fails: 25.7c, 25.7d
    """

    def wrong(old, size):
        return {k: (n, i + 1, c / 2) for k, (n, i, c) in old(size).items()}

    patch("landscapes.strict_saddles.tensor_law", wrong)


def pairs_that_count_themselves(patch):
    """The tensor objective with the sign of its gradient turned.

    Fails: 25.7e
    """
    patch("landscapes.strict_saddles.pairs_gradient", lambda old, *given: -old(*given))


def minimum_from_a_larger_constant(patch):
    """The bad minimum appears only at an isometry constant of 1.

    Fails: 25.8b, 25.8c, 25.8d
    """
    patch("landscapes.strict_saddles.isometry_surface", lambda old, k: old(k - 0.5))


def two_components_are_enough(patch):
    """The list holds for fewer components than dimensions: two of the four make the tensor.

    Fails: 25.7a, 25.7b
    """

    def two(old, components):
        kept = components.clone()
        kept[2:] = 0
        return old(kept)

    patch("landscapes.strict_saddles.tensor_field", two)
