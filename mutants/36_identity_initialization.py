"""The wrong theories that 36_identity_initialization must reject."""


def line_with_one_more_factor(patch):
    """The scalar line with x^L where the gradient has x^(L-1): index off by one.

    Fails: 36.5a
    """

    def wrong_power(right, start, wanted, depth, *, learning_rate, record):
        from numpy import array

        if hasattr(wanted, "numpy"):  # the comparison with whole matrices
            x, s = 1.0, wanted.numpy()
            for _ in range(max(record)):
                x = x - learning_rate * x**depth * (x**depth - s)
            return array([x**depth])
        return right(start, wanted, depth, learning_rate=learning_rate, record=record)

    patch("trajectories.exact_dynamics.equal_layers_descent", wrong_power)


def decay_without_depth(patch):
    """Late decay 1 - eta lambda^(2 - 2/L): as if one of the L layers moved.

    Fails: 36.5b
    """
    patch("trajectories.identity_start.late_decay", lambda right, s, n, rate: right(s, n, rate / n))


def step_from_the_weakest_eigenvalue(patch):
    """Step size c/(L lambda_max), the power of lambda_max left out: exponent in kappa off.

    Fails: 36.1a
    """
    patch("trajectories.exact_dynamics.curvature_step", lambda right, s, n, c: c / (n * s**2))


def time_along_the_arc(patch):
    """Eigenvalues go round on the circle: time without the passage near 0.

    Fails: 36.2a
    """

    from numpy import log

    def round_trip(right, u, s, n, left):
        return log(1 / left) / n if abs(abs(s) - 1) < 1e-9 else right(u, s, n, left)

    patch("trajectories.exact_dynamics.transit_time", round_trip)


def speed_with_the_wrong_power(patch):
    """Speed L |w|^(2 - 1/L) along the chord.

    Fails: 36.2a
    """
    patch(
        "trajectories.exact_dynamics.transit_time",
        lambda right, u, s, n, left: 2 * right(u, s, 2 * n, left),
    )


def gradient_without_the_conjugate(patch):
    """The complex step with x^(L-1) for its conjugate: not a gradient.

    Fails: 36.2a
    """

    def holomorphic(right, start, wanted, depth, *, learning_rate, record):
        from numpy import array, asarray, full, iscomplexobj

        if not iscomplexobj(wanted):
            return right(start, wanted, depth, learning_rate=learning_rate, record=record)
        s = asarray(wanted)
        x, kept = full(s.shape, 1 + 0j), []
        for _ in record:
            kept.append(x**depth)
            x = x - learning_rate * x ** (depth - 1) * (x**depth - s)
        return array(kept)

    patch("trajectories.exact_dynamics.equal_layers_descent", holomorphic)


def chord_from_zero(patch):
    """The straight line leads from 0 to the eigenvalue, not from 1.

    Fails: 36.2b
    """

    def from_zero(right, path, wanted):
        return right(path + 1, wanted + 1)

    patch("trajectories.identity_start.chord_distance", from_zero)


def targets_are_not_normal(patch):
    """The chord law for any target with these eigenvalues: oblique eigenvectors.

    Fails: 36.2b
    """

    def oblique(right, eigenvalues, rng):
        from torch import diag_embed, linspace

        target, basis = right(eigenvalues, rng)
        shear = diag_embed(linspace(0.5, 2, target.shape[-1]).double())
        turned = basis @ shear @ basis.mT
        return turned @ target @ turned.inverse(), basis

    patch("trajectories.identity_start.normal_targets", oblique)


def premise_is_the_determinant(patch):
    """The premise u'Phi u > 0 read as det(Phi) > 0.

    Fails: 36.5g
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    from torch import linalg

    def determinant(right, matrix):
        return linalg.det(matrix)

    patch("trajectories.identity_start.positivity", determinant)


def start_is_off_the_identity(patch):
    """Starts that are the identity but for a tenth: balance and symmetry given up.

    Fails: 36.3b, 36.4b
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    from numpy.random import default_rng

    def noisy(right, target, depth, noise=0.0, rng=None):
        return right(target, depth, noise or 0.1, rng or default_rng(0))

    patch("trajectories.identity_start.identity_weights", noisy)


def zero_layer_is_no_better(patch):
    """Residual layers are what counts: a last layer of zero does what the identity does.

    Fails: 36.3c
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def identity(right, target, depth):
        from lib.trajectories import identity_start as ids

        return ids.identity_weights(target, depth)

    patch("trajectories.identity_start.zero_asymmetric_weights", identity)


def one_layer_takes_the_product(patch):
    """Power projection may factor the product in any way: all of it in the first layer.

    Fails: 36.4a
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def all_in_one(right, matrix, depth):
        from torch import eye

        rest = eye(matrix.shape[-1]).double().expand(matrix.shape)
        return (matrix, *[rest.clone() for _ in range(depth - 1)])

    patch("trajectories.identity_start.root_factors", all_in_one)


def regularizer_flips_the_sign(patch):
    """A member of the class that turns every layer to its negative.

    Fails: 36.4b
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)
    patch(
        "trajectories.identity_start.toward_identity",
        lambda right, amount: lambda weights: tuple(-w for w in weights),
    )


def regularizer_of_one_layer(patch):
    """A regularizer that treats the layers differently: outside the class of the theorem.

    Fails: 36.4b
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def one_layer_only(right, amount):
        pull = right(amount)
        return lambda weights: (pull(weights)[0], *weights[1:])

    patch("trajectories.identity_start.toward_identity", one_layer_only)


def roots_turned_too_far(patch):
    """W_j with R^(j/L) for R^((j-1)/L) on its left: index off by one on one side.

    Fails: 36.5p
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def turned(right, matrix, depth):
        from lib.trajectories import identity_start as ids

        part = ids.rotation_power(ids.polar(matrix)[0], 1 / depth)
        return tuple(part @ w for w in right(matrix, depth))

    patch("trajectories.identity_start.root_factors", turned)


def roots_by_the_singular_bases(patch):
    """Balanced factors from the singular value decomposition: all of the rotation in two layers.

    Fails: 36.5p
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    from lib import linear_networks as ln

    def by_svd(right, matrix, depth):
        return ln.balanced_factors(matrix, [matrix.shape[-1]] * (depth + 1))

    patch("trajectories.identity_start.root_factors", by_svd)


def projection_reflects(patch):
    """The projection goes as far beyond the rim of its set as the target lies outside.

    Fails: 36.5o
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def reflected(right, matrix, gamma):
        nearest, far = right(matrix, gamma)
        return 2 * nearest - matrix, far

    patch("trajectories.identity_start.to_positive", reflected)


def projection_drops_the_skew_part(patch):
    """The projection keeps the symmetric part alone.

    Fails: 36.5o
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def symmetric(right, matrix, gamma):
        nearest, far = right(matrix, gamma)
        return (nearest + nearest.mT) / 2, far

    patch("trajectories.identity_start.to_positive", symmetric)


def large_steps_stay_on_their_side(patch):
    """Descent keeps the layers balanced at any step size, as the flow does: 0.08 acts as 0.0067.

    Fails: 36.5h
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def small(right, target, depth, *, learning_rate, **options):
        if isinstance(learning_rate, float):
            learning_rate = min(learning_rate, 0.02 / 3)
        return right(target, depth, learning_rate=learning_rate, **options)

    patch("trajectories.identity_start.reach", small)


def any_orthogonal_start(patch):
    """Balance is all that the start needs: any orthogonal first layer does as well as the identity.

    Fails: 36.3a
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def orthogonal_first(right, target, depth, noise=0.0, rng=None):
        from numpy.random import default_rng

        from lib import linear_networks as ln

        first, *rest = right(target, depth, noise, rng)
        turn = ln.orthogonal(target.shape[-1], default_rng(0), target.shape[:1])
        return (first @ turn, *rest)

    patch("trajectories.identity_start.identity_weights", orthogonal_first)


def margin_without_the_distance(patch):
    """The margin as the smallest singular value alone.

    Fails: 36.5u
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    from lib import linear_networks as ln

    def value_alone(right, matrix, target):
        return ln.smallest_singular_value(target)

    patch("linear_networks.deficiency_margin", value_alone)


def margin_of_the_worst_direction(patch):
    """The margin as its bound, 1 - 2r: no target beyond 1/2 has one.

    Fails: 36.5t
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def worst(right, matrix, target):
        from torch import linalg

        return 1 - 2 * linalg.matrix_norm(target - matrix)

    patch("linear_networks.deficiency_margin", worst)


def distance_in_the_operator_norm(patch):
    """Targets at a distance in the operator norm, for the Frobenius norm of the margin.

    Fails: 36.5t
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def operator(right, distance, seeds, size, rng):
        from torch import eye, linalg

        way = right(distance, seeds, size, rng) - eye(size)
        return eye(size) + distance * way / linalg.matrix_norm(way, 2)[:, None, None]

    patch("trajectories.identity_start.at_distance", operator)
