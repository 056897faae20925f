"""The wrong theories that 25_saddles must reject."""

import torch


def power_on_the_missing_mode(patch):
    """The eigenvalue at a balanced point with the power 1 instead of 1 - 2/N of the learned mode.

    Fails: 25.1a
    """

    def wrong(right, singular_values, learned, depth):
        s = singular_values.expand(learned.shape)
        if depth == 2:
            return right(singular_values, learned, depth)
        pairs = s[..., None, :] * (s[..., None, :] - s[..., :, None])
        allowed = ~learned[..., :, None] & learned[..., None, :]
        return torch.where(allowed, pairs, 0).amin((-2, -1))

    patch("landscapes.saddles.smallest_curvature", wrong)


def gauss_newton(patch):
    """The Hessian without the part that the residual makes: no saddle would be strict.

    Fails: 25.1a, 25.1b
    """
    patch("landscapes.saddles._second_slopes", lambda right, *given: 0 * right(*given))


def all_saddles_strict(patch):
    """Middle layers of full rank everywhere: theorem 2.3 (iv) without its condition.

    Fails: 25.1a, 25.1b
    """
    patch(
        "landscapes.saddles.critical_weights",
        lambda right, *given, middle=0.0, **named: right(*given, middle=0.7, **named),
    )


def weakest_first(patch):
    """Greedy learning that takes the weakest modes first.

    Fails: 25.1b
    """
    patch("landscapes.saddles.greedy", lambda right, learned: right(learned.flip(-1)))


def plateaus_stay_strict(patch):
    """The eigenvalue at the saddles passed does not depend on the start.

    Fails: 25.2a, 25.2b, 25.2c, 25.2d, 25.2e
    """
    patch("landscapes.saddles.plateau_exponent", lambda right, depth: 0)


def plateau_exponent_always_one(patch):
    """The eigenvalue at the saddles passed is proportional to the start at every depth.

    Fails: 25.2d, 25.2e
    """
    patch("landscapes.saddles.plateau_exponent", lambda right, depth: 1)


def plateau_exponent_half(patch):
    """The eigenvalue at the saddles passed has the power (N - 1) / 2 of the start.

    Fails: 25.2d, 25.2e
    """
    patch("landscapes.saddles.plateau_exponent", lambda right, depth: (depth - 1) / 2)


def list_of_widest_layer(patch):
    """The critical values are those of the widest layer.

    Fails: 25.3a
    """
    patch("landscapes.saddles.critical_losses", lambda right, s, width: right(s, 3))


def one_hidden_unit_less(patch):
    """Baldi and Hornik's list for one hidden unit less.

    Fails: 25.3a
    """
    patch("landscapes.saddles.critical_losses", lambda right, s, width: right(s, width - 1))


def search_from_small_weights(patch):
    """A search begins where descent does, and finds what descent passes.

    Fails: 25.3b
    """
    patch(
        "landscapes.saddles.network_saddles",
        lambda right, *given: right(*given, init_scale=0.05),
    )


def search_near_zero_only(patch):
    """A search that finds x = 0 and nothing else has seen all saddles.

    Fails: 25.4a, 25.4b
    """
    patch(
        "landscapes.strict_saddles.search",
        lambda right, field, starts, **options: right(field, 0 * starts, **options),
    )


def few_measurements_are_enough(patch):
    """Phase retrieval from four measurements for each unknown.

    Fails: 25.4a
    """
    patch(
        "landscapes.strict_saddles.retrieval_forms",
        lambda right, size, measurements, rng: right(size, 4 * size, rng),
    )


def sensing_without_its_premise(patch):
    """Matrix sensing from eight measurements.

    Fails: 25.4a
    """
    patch(
        "landscapes.strict_saddles.sensing_forms",
        lambda right, eigenvalues, size, measurements, rng: right(eigenvalues, size, 8, rng),
    )


def half_of_the_entries(patch):
    """Completion from 40% of the entries: the premise of enough of them is left out.

    Fails: 25.4b
    """
    patch(
        "landscapes.strict_saddles.completion_forms",
        lambda right, size, share, rng: right(size, 0.4, rng),
    )


def curvature_without_residual(patch):
    """Sums of squares with the Gauss-Newton matrix as Hessian: their saddles would not be strict.

    Fails: 25.4a, 25.4b
    """

    def blind(right, field, starts, **options):
        found = right(field, starts, **options)
        return type(found)(found.points, found.curvature.abs(), found.problem)

    patch("landscapes.strict_saddles.search", blind)


def minimum_from_a_larger_constant(patch):
    """The bad minimum appears only at a larger isometry constant: k > 2.

    Fails: 25.5a
    """
    patch("landscapes.strict_saddles.isometry_surface", lambda right, k: right(k - 0.5))


def constant_without_a_common_factor(patch):
    """The isometry constant is max(1/2, k - 1): no factor brings the measurements nearer.

    Fails: 25.6j
    """
    patch("landscapes.strict_saddles.isometry_constant", lambda right, k: max(0.5, k - 1))


def middle_power_off_by_one(patch):
    """The middle layers enter the eigenvalue with c^(N - 1).

    Fails: 25.6a
    """
    patch(
        "landscapes.saddles.middle_curvature",
        lambda right, s, learned, depth, c: right(s, learned, depth + 1, c),
    )


def one_layer_moves(patch):
    """The largest drop s r^N, as if each layer could use the whole distance.

    Fails: 25.6b
    """
    patch("landscapes.saddles.largest_drop", lambda right, s, r, depth: s * r**depth)


def index_of_the_support(patch):
    """The index k instead of k - 1, and the curvature -1/k.

    Fails: 25.6l
    """
    patch(
        "landscapes.strict_saddles.tensor_law",
        lambda right, size: {k: (n, i + 1, c / 2) for k, (n, i, c) in right(size).items()},
    )


def pairs_that_count_themselves(patch):
    """The tensor objective with the sign of its gradient turned.

    Fails: 25.6m
    """
    patch("landscapes.strict_saddles.pairs_gradient", lambda right, *given: -right(*given))
