"""The wrong theories that 41_saddle_to_saddle must reject."""

import torch


def second_pair(patch):
    """A saddle is left along the second singular pair of minus the gradient.

    Fails: 41.7a, 41.7b, 41.7c, 41.7d, 41.3a
    """

    def second(old, slope):
        _, u, v = old(slope)
        s = old(slope)[0]
        return old(slope + s[..., None, None] * u[..., :, None] * v[..., None, :])

    patch("stages.low_rank.escape", second)


def gradient_of_the_wrong_sign(patch):
    """The new direction is the top pair of the gradient, not of minus the gradient.

    Fails: 41.7a, 41.3a
    """
    patch("stages.low_rank._along_top_pair", lambda old, matrix, slope: old(matrix, -slope))


def direction_of_the_origin(patch):
    """Every saddle is left along the top pair of the gradient at the origin.

    Fails: 41.7a, 41.7b, 41.7c, 41.7d
    """

    def wrapper(old, walk, greedy, target, mask, rank, **options):
        start = greedy.matrices.clone()
        start[rank] = start[0]
        return old(walk, greedy._replace(matrices=start), target, mask, rank, **options)

    patch("stages.low_rank.exit_cosine", wrapper)


def greedy_without_training(patch):
    """The greedy algorithm adds its units and does not train them to rest.

    Fails: 41.1a, 41.1b, 41.1c, 41.1d
    """
    patch(
        "stages.low_rank.greedy_completion",
        lambda old, *given, **options: old(*given, **options | {"steps": 60}),
    )


def truncated_picture_names_the_saddles(patch):
    """The saddles are the truncated singular value decompositions of the target.

    Fails: 41.1a, 41.1b, 41.1c, 41.1d
    """

    def wrapper(old, target, mask, depth, ranks, **options):
        u, s, v = torch.linalg.svd(target)
        found = [(u[..., :k] * s[..., None, :k]) @ v[..., :k, :] for k in range(ranks + 1)]
        path = old(target, mask, depth, ranks, **options)
        losses = [(mask * (m - target)).square().sum((-2, -1)) / 2 for m in found]
        return path._replace(losses=torch.stack(losses), matrices=torch.stack(found))

    patch("stages.low_rank.greedy_completion", wrapper)


def plateau_of_the_next_rank(patch):
    """The k-th plateau is the saddle of rank k + 1: an index off by one.

    Fails: 41.1a, 41.1b, 41.1c, 41.1d
    """
    patch(
        "stages.low_rank.plateau_errors",
        lambda old, walk, greedy: old(walk, greedy._replace(losses=greedy.losses.roll(-1, 0))),
    )


def wait_with_the_power_of_depth(patch):
    """A layer's singular value grows as s a^N, not s a^(N-1): the depth off by one.

    Fails: 41.2d
    """
    patch(
        "stages.low_rank.escape_time",
        lambda old, speed, start, end, depth: old(speed, start, end, depth + 1),
    )


def wait_without_the_factor(patch):
    """The wait is eps^-(N-2) / s_1, without the factor 1/(N-2).

    Fails: 41.2d
    """
    patch(
        "stages.low_rank.escape_time",
        lambda old, speed, start, end, depth: old(speed, start, end, depth) * max(depth - 2, 1),
    )


def clock_of_steps(patch):
    """Time is counted in steps of adapted length, each as long as any other.

    Fails: 41.2b, 41.2c, 41.2d
    """

    def wrapper(old, *given):
        found = old(*given)
        return type(found)(found.time.log(), found.cosine, found.fastest.log(), found.promised)

    patch("stages.low_rank.origin_exits", wrapper)


def kernel_of_one_layer(patch):
    """The tangent kernel is that of one layer: the others do not learn.

    Fails: 41.4f
    """

    def wrapper(old, *given):
        matrix, lower, upper = old(*given)
        lower, upper = lower.copy(), upper.copy()
        lower[1:] = 0
        return matrix, lower, upper

    patch("stages.wide_starts.network_grams", wrapper)


def unbalanced_minimum(patch):
    """The nearest minimum has all of the target in one layer: (sum s^2 + N - 1)^(1/2) a mode.

    Fails: 41.4e
    """
    patch(
        "stages.wide_starts.minimum_norm",
        lambda old, values, depth: sum(s**2 + depth - 1 for s in values) ** 0.5,
    )


def starts_of_middle_size(patch):
    """A start of any size above the lazy regime gives the staircase: gamma 1.5 will do.

    Fails: 41.1a, 41.1c, 41.8a
    """
    patch.parameters(gammas=[1.5, 1.5])


def entries_of_deviation_w_to_the_gamma(patch):
    """The weights have the standard deviation w^-gamma, not the variance.

    Fails: 41.4c, 41.4d
    """
    patch.parameters(problems=10)

    def wrapper(old, target, width, gamma, **options):
        return old(target, width, gamma * 2 if gamma < 1.5 else gamma, **options)

    patch("stages.wide_starts.start_distances", wrapper)


def deep_networks_need_no_small_start(patch):
    """Four layers are greedy from any start: gamma 1.25 will do.

    Fails: 41.1c, 41.8b
    """
    patch.parameters(gammas=[3.2, 1.25], problems=12)
