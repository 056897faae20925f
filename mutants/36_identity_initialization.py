"""The wrong theories that 36_identity_initialization must reject."""


def line_with_one_more_factor(patch):
    """The scalar line with x^L where the gradient has x^(L-1): index off by one.

    Fails: 36.1a
    """

    def wrong_power(old, start, wanted, depth, *, learning_rate, record):
        from numpy import array

        if hasattr(wanted, "numpy"):  # the comparison with whole matrices
            x, s = 1.0, wanted.numpy()
            for _ in range(max(record)):
                x = x - learning_rate * x**depth * (x**depth - s)
            return array([x**depth])
        return old(start, wanted, depth, learning_rate=learning_rate, record=record)

    patch("trajectories.exact_dynamics.equal_layers_descent", wrong_power)


def decay_without_depth(patch):
    """Late decay 1 - eta lambda^(2 - 2/L): as if one of the L layers moved.

    Fails: 36.1b
    """
    patch("trajectories.identity_start.late_decay", lambda old, s, n, rate: old(s, n, rate / n))


def decay_with_the_square(patch):
    """Late decay from lambda_min^2: the exponent of infinite depth at every depth.

    Fails: 36.1b
    """
    patch(
        "trajectories.identity_start.late_decay",
        lambda old, s, n, rate: old(s, 10**9, rate * n / 1e9),
    )


def step_from_the_weakest_eigenvalue(patch):
    """Step size c/(L lambda_max), the power of lambda_max left out: exponent in kappa off.

    Fails: 36.1c
    """
    patch("trajectories.exact_dynamics.curvature_step", lambda old, s, n, c: c / (n * s**2))


def time_along_the_arc(patch):
    """Eigenvalues go round on the circle: time without the passage near 0.

    Fails: 36.2a
    """

    from numpy import log

    def round_trip(old, u, s, n, left):
        return log(1 / left) / n if abs(abs(s) - 1) < 1e-9 else old(u, s, n, left)

    patch("trajectories.exact_dynamics.transit_time", round_trip)


def speed_with_the_wrong_power(patch):
    """Speed L |w|^(2 - 1/L) along the chord.

    Fails: 36.2a
    """
    patch(
        "trajectories.exact_dynamics.transit_time",
        lambda old, u, s, n, left: 2 * old(u, s, 2 * n, left),
    )


def gradient_without_the_conjugate(patch):
    """The complex step with x^(L-1) for its conjugate: not a gradient.

    Fails: 36.2a, 36.2b
    """

    def holomorphic(old, start, wanted, depth, *, learning_rate, record):
        from numpy import array, asarray, full, iscomplexobj

        if not iscomplexobj(wanted):
            return old(start, wanted, depth, learning_rate=learning_rate, record=record)
        s = asarray(wanted)
        x, kept = full(s.shape, 1 + 0j), []
        for _ in record:
            kept.append(x**depth)
            x = x - learning_rate * x ** (depth - 1) * (x**depth - s)
        return array(kept)

    patch("trajectories.exact_dynamics.equal_layers_descent", holomorphic)


def chord_from_zero(patch):
    """The straight line leads from 0 to the eigenvalue, not from 1.

    Fails: 36.2c, 36.2d
    """

    def from_zero(old, path, wanted):
        return old(path + 1, wanted + 1)

    patch("trajectories.identity_start.chord_distance", from_zero)


def targets_are_not_normal(patch):
    """The chord law for any target with these eigenvalues: oblique eigenvectors.

    Fails: 36.2c, 36.2d
    """

    def oblique(old, eigenvalues, rng):
        from torch import diag_embed, linspace

        target, basis = old(eigenvalues, rng)
        shear = diag_embed(linspace(0.5, 2, target.shape[-1]).double())
        turned = basis @ shear @ basis.mT
        return turned @ target @ turned.inverse(), basis

    patch("trajectories.identity_start.normal_targets", oblique)


def premise_is_the_determinant(patch):
    """The premise u'Phi u > 0 read as det(Phi) > 0.

    Fails: 36.3a
    """

    from torch import linalg

    def determinant(old, matrix):
        return linalg.det(matrix)

    patch("trajectories.identity_start.positivity", determinant)


def start_is_off_the_identity(patch):
    """Starts that are the identity but for a tenth: balance and symmetry given up.

    Fails: 36.4a
    """

    from numpy.random import default_rng

    def noisy(old, target, depth, noise=0.0, rng=None):
        return old(target, depth, noise or 0.1, rng or default_rng(0))

    patch("trajectories.identity_start.identity_weights", noisy)


def regularizer_of_one_layer(patch):
    """A regularizer that treats the layers differently: outside the class of the theorem.

    Fails: 36.4a
    """

    def one_layer_only(old, amount):
        pull = old(amount)
        return lambda weights: (pull(weights)[0], *weights[1:])

    patch("trajectories.identity_start.toward_identity", one_layer_only)


def roots_turned_too_far(patch):
    """W_j with R^(j/L) for R^((j-1)/L) on its left: index off by one on one side.

    Fails: 36.5a
    """

    def turned(old, matrix, depth):
        from lib.trajectories import identity_start as ids

        part = ids.rotation_power(ids.polar(matrix)[0], 1 / depth)
        return tuple(part @ w for w in old(matrix, depth))

    patch("trajectories.identity_start.root_factors", turned)


def roots_by_the_singular_bases(patch):
    """Balanced factors from the singular value decomposition: all of the rotation in two layers.

    Fails: 36.5c
    """

    from lib import linear_networks as ln

    def by_svd(old, matrix, depth):
        return ln.balanced_factors(matrix, [matrix.shape[-1]] * (depth + 1))

    patch("trajectories.identity_start.root_factors", by_svd)


def projection_far_inside(patch):
    """The projection on u'Au >= gamma with ten times the gamma: it acts all the time.

    Fails: 36.5d, 36.5f
    """
    patch(
        "trajectories.identity_start.to_positive",
        lambda old, matrix, gamma: old(matrix, 10 * gamma),
    )


def margin_without_the_distance(patch):
    """The margin as the smallest singular value alone.

    Fails: 36.6b
    """

    from lib import linear_networks as ln

    def value_alone(old, matrix, target):
        return ln.smallest_singular_value(target)

    patch("linear_networks.deficiency_margin", value_alone)


def any_orthogonal_start(patch):
    """Balance is all that the start needs: any orthogonal first layer does as well as the identity.

    Fails: 36.3c, 36.3d, 36.6d, 36.6e, 36.6f, 36.6g, 36.6h
    """

    def orthogonal_first(old, target, depth, noise=0.0, rng=None):
        from numpy.random import default_rng

        from lib import linear_networks as ln

        first, *rest = old(target, depth, noise, rng)
        turn = ln.orthogonal(target.shape[-1], default_rng(0), target.shape[:1])
        return (first @ turn, *rest)

    patch("trajectories.identity_start.identity_weights", orthogonal_first)


def steps_keep_the_balance(patch):
    """Descent keeps the layers balanced at any step size, as the flow does.

    Fails: 36.3b
    """

    def balanced(old, target, depth, *, learning_rate, steps, final_loss=1e-08):
        from lib import linear_networks as ln
        from lib.descent import Plain, descend

        if learning_rate != 0.08:  # small steps: the flow already
            return old(target, depth, learning_rate=learning_rate, steps=60)
        sizes = [target.shape[-1]] * (depth + 1)
        run = descend(
            ln.gradients,
            ln.balanced_factors(0 * target + ln.torch.eye(sizes[0]), sizes),
            rule=Plain(learning_rate),
            steps=2000,
            problem=(target,),
            retraction=lambda w: ln.balanced_factors(ln.end_to_end(w), sizes),
            stop=lambda weights, target: ln.loss(weights, target) <= final_loss,
        )
        return run.stopped >= 0, ln.loss(run.weights, target)

    patch("trajectories.identity_start.reach", balanced)


def distance_in_the_operator_norm(patch):
    """Targets at a distance in the operator norm, for the Frobenius norm of the margin.

    Fails: 36.6h
    """

    def operator(old, distance, seeds, size, rng):
        from torch import eye, linalg

        way = old(distance, seeds, size, rng) - eye(size)
        return eye(size) + distance * way / linalg.matrix_norm(way, 2)[:, None, None]

    patch("trajectories.identity_start.at_distance", operator)
