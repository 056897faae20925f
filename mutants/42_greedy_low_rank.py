"""The wrong theories that 42_greedy_low_rank must reject."""

import torch


def _short(patch, **values):
    """Where the first two sections are not the point, make them short."""
    patch.parameters(problems=10, **values)


def gap_in_the_exponent_of_every_depth(patch):
    """With three and four layers, too, the gap stands in the exponent: twice 1 - mu_2/mu_1.

    Fails: 42.2a, 42.2b, 42.2c, 42.2d
    """

    def wrapper(right, starts, greedy, target, mask, drops):
        far = right(starts, greedy, target, mask, drops)
        modes = torch.linalg.eigvalsh(mask * target)
        return far if len(starts) == 2 else far ** (1 - modes[:, -2] / modes[:, -1])

    patch("stages.factorization.greedy_distances", wrapper)


def greedy_between_two_eigenvectors(patch):
    """The greedy path leaves the origin half-way between the top two eigenvectors.

    Fails: 42.1a, 42.1b, 42.2a, 42.2b
    """

    def wrapper(right, starts, greedy, target, mask, drops):
        _, vectors = torch.linalg.eigh(mask * target)
        top, second = vectors[..., -1], vectors[..., -2]
        shift = (top + second) / 2**0.5 - top
        turn = torch.eye(len(top[0])).double() + shift[:, :, None] * top[:, None, :]
        lower, *middle, upper = greedy
        turned = [lower @ turn.mT, turn @ upper]
        if middle:
            turned = [turn @ w @ turn.mT for w in greedy]
        return right(starts, turned, target, mask, drops)

    patch("stages.factorization.greedy_distances", wrapper)


def clocks_that_differ(patch):
    """Two flows may be compared where their clocks differ a little, here by 2%.

    Fails: 42.1a, 42.1b, 42.2a, 42.2b
    """

    def wrapper(right, weights, target, mask, drops):
        seeds = drops.shape[1]
        late = drops * torch.where(torch.arange(seeds) < 20, 1.0, 1.02)
        return right(weights, target, mask, late)

    patch("stages.factorization.flow_to_drops", wrapper)


def scale_of_the_matrix_in_each_layer(patch):
    """U starts at the scale eps of W, not at its root: the exponent twice as large.

    Fails: 42.1a, 42.1b
    """
    patch(
        "stages.factorization.linear_phase",
        lambda right, slope, factor, log_scale, largest: right(
            slope, factor, 2 * torch.as_tensor(log_scale), largest
        ),
    )


def second_mode_keeps_its_share(patch):
    """All modes grow alike before W counts: the linear phase rescales the start.

    Fails: 42.1a, 42.1b, 42.3a, 42.3b, 42.5b
    """

    def wrapper(right, slope, factor, log_scale, largest):
        _, vectors = torch.linalg.eigh(-slope)
        size = (vectors.mT @ factor)[..., -1, :].square().sum(-1)
        return factor * (largest / size).sqrt()[..., None, None]

    patch("stages.factorization.linear_phase", wrapper)


def gaussian_where_the_identity_should_be(patch):
    """Products of the modes count from an identity start too: every start is a random one.

    Fails: 42.2a, 42.2b
    """

    def wrapper(right, starts, greedy, target, mask, drops):
        rng = torch.Generator().manual_seed(0)
        if len(starts) > 2:
            noise = torch.randn(starts[0].shape, generator=rng, dtype=torch.float64)
            size = starts[0].square().sum((-2, -1), keepdim=True).sqrt() ** 0.5
            starts = [starts[0] + 0.05 * size * noise / noise.shape[-1], *starts[1:]]
        return right(starts, greedy, target, mask, drops)

    patch("stages.factorization.greedy_distances", wrapper)


def nuclear_norm_wins(patch):
    """The limit is the completion of least trace, 4R, from a start that is small but not tiny.

    Fails: 42.3a, 42.5b
    """
    _short(patch, mode_share=1e-6)
    patch(
        "stages.factorization.complete_counterexample",
        lambda right, ratio, scales, *given: right(ratio, scales * 0.1, *given),
    )


def delay_of_the_matrix(patch):
    """What is left of the second mode in W is its share in U, not the square of it.

    Fails: 42.3b, 42.3c, 42.3d
    """
    _short(patch)

    def wrapper(right, *given):
        found = right(*given)
        return type(found)(found.trace, found.second.sqrt())

    patch("stages.factorization.complete_counterexample", wrapper)


def depth_does_not_matter(patch):
    """At one scale of W(0) all depths recover alike.

    Fails: 42.4b, 42.5c
    """
    _short(patch, starts=10, recoveries=10)
    patch(
        "stages.factorization.recovery",
        lambda right, target, mask, depth, scales, **options: right(
            target, mask, max(depth, 3), scales, **options
        ),
    )


def scale_of_the_layers(patch):
    """Each layer starts at the scale that W should have.

    Fails: 42.4b
    """
    _short(patch, starts=10, recoveries=10)
    patch(
        "stages.factorization.recovery",
        lambda right, target, mask, depth, scales, **options: right(
            target, mask, depth, [max(float(s) ** depth, 1e-12) for s in scales], **options
        ),
    )


def no_small_starts_needed(patch):
    """Recovery does not need small starts: any scale below one will do.

    Fails: 42.4a, 42.5d
    """
    _short(patch, starts=10, recoveries=10)
    patch(
        "stages.factorization.recovery",
        lambda right, target, mask, depth, scales, **options: right(
            target, mask, depth, [0.5 for _ in scales], **options
        ),
    )


def each_layer_saves_as_much(patch):
    """Every layer more saves as many decades as the third did: 1.8.

    Fails: 42.4c
    """
    _short(patch, starts=10, recoveries=10)
    patch(
        "stages.factorization.recovery",
        lambda right, target, mask, depth, scales, **options: right(
            target, mask, depth, scales / 10 ** (1.8 if depth == 4 else 0), **options
        ),
    )


def three_layers_are_as_good_as_four(patch):
    """From three layers on depth saves nothing more.

    Fails: 42.4c
    """
    _short(patch, starts=10, recoveries=10)
    patch(
        "stages.factorization.recovery",
        lambda right, target, mask, depth, scales, **options: right(
            target, mask, min(depth, 3), scales, **options
        ),
    )
