"""The wrong theories that 36_identity_initialization must reject."""


def step_from_the_weakest_eigenvalue(patch):
    """Step size c/(L lambda_max), the power of lambda_max left out: exponent in kappa off.

    Fails: 36.1a
    """
    patch.parameters(depths=[2, 3], normal_count=20)
    patch("trajectories.exact_dynamics.curvature_step", lambda right, s, n, c: c / (n * s**2))


def time_along_the_arc(patch):
    """Eigenvalues go round on the circle: time without the passage near 0.

    Fails: 36.2a
    """
    patch.parameters(depths=[2, 3], normal_count=20)

    from numpy import log

    def round_trip(right, u, s, n, left):
        return log(1 / left) / n if abs(abs(s) - 1) < 1e-9 else right(u, s, n, left)

    patch("trajectories.exact_dynamics.transit_time", round_trip)


def targets_are_not_normal(patch):
    """The chord law for any target with these eigenvalues: oblique eigenvectors.

    Fails: 36.2b
    """
    patch.parameters(depths=[2, 3], normal_count=20)

    def oblique(right, eigenvalues, rng):
        from torch import diag_embed, linspace

        target, basis = right(eigenvalues, rng)
        shear = diag_embed(linspace(0.5, 2, target.shape[-1]).double())
        turned = basis @ shear @ basis.mT
        return turned @ target @ turned.inverse(), basis

    patch("trajectories.identity_start.normal_targets", oblique)


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
    """A member of the class that turns the first row of every layer to its negative.

    Fails: 36.4b
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def flipped(weights):
        for w in weights:
            w[:, 0].neg_()
        return weights

    patch("trajectories.identity_start.toward_identity", lambda right, amount: flipped)


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


def margin_of_the_worst_direction(patch):
    """The margin as its bound, 1 - 2r: no target beyond 1/2 has one.

    Fails: 36.5t
    """
    patch.parameters(depths=[2, 3], conditions=[16, 32], normal_count=20, generic=60)

    def worst(right, matrix, target):
        from torch import linalg

        return 1 - 2 * linalg.matrix_norm(target - matrix)

    patch("linear_networks.deficiency_margin", worst)
