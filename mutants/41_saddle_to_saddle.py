"""The wrong theories that 41_saddle_to_saddle must reject."""

from dataclasses import replace

import torch


def second_pair(patch):
    """A saddle is left along the second singular pair of minus the gradient.

    Fails: 41.2a, 41.2b, 41.2c, 41.2d
    """
    patch.parameters(problems=20)

    def second(right, slope):
        s, u, v = right(slope)
        return right(slope + s[..., None, None] * u[..., :, None] * v[..., None, :])

    patch("stages.low_rank.escape", second)


def gradient_of_the_wrong_sign(patch):
    """The new direction is the top pair of the gradient, not of minus the gradient.

    Fails: 41.2a, 41.2b, 41.2c, 41.2d
    """
    patch.parameters(problems=20)
    patch("stages.staircases._along_top_pair", lambda right, matrix, slope: right(matrix, -slope))


def direction_of_the_origin(patch):
    """Every saddle is left along the top pair of the gradient at the origin.

    Fails: 41.2a, 41.2b, 41.2c, 41.2d
    """
    patch.parameters(problems=20)

    def wrong(right, stairs, rank):
        matrices = stairs.greedy.matrices.clone()
        matrices[rank] = matrices[0]
        return right(replace(stairs, greedy=stairs.greedy._replace(matrices=matrices)), rank)

    patch("stages.staircases.GreedyComparison.cosine", wrong)


def greedy_without_training(patch):
    """The greedy algorithm adds its units and does not train them to rest.

    Fails: 41.1a, 41.1b
    """
    patch.parameters(problems=20)

    def wrong(right, *given):
        path = right(*given, steps=20)
        return path._replace(settled=torch.ones_like(path.settled))

    patch("stages.low_rank.greedy_completion", wrong)


def old_modes_stay_as_they_are(patch):
    """The greedy algorithm adds to a saddle the best matrix of rank one, and the old modes do not follow.

    Fails: 41.1a, 41.1b
    """
    patch.parameters(problems=20)

    def wrong(right, target, mask, depth, ranks):
        path, matrix = right(target, mask, depth, 1), torch.zeros_like(target)
        losses, matrices, settled = [path.losses[0]], [matrix], [path.settled[0]]
        for _ in range(ranks):
            step = right(target - matrix, mask, depth, 1)
            matrix = matrix + step.matrices[1]
            losses.append(step.losses[1])
            matrices.append(matrix)
            settled.append(step.settled[1])
        return type(path)(*(torch.stack(x) for x in (losses, matrices, settled)))

    patch("stages.low_rank.greedy_completion", wrong)


def truncated_picture_names_the_saddles(patch):
    """The saddles are the truncated singular value decompositions of the target.

    Fails: 41.1a, 41.1b
    """
    patch.parameters(problems=20)

    def wrong(right, target, mask, depth, ranks):
        u, s, v = torch.linalg.svd(target)
        found = [(u[..., :k] * s[..., None, :k]) @ v[..., :k, :] for k in range(ranks + 1)]
        losses = [(mask * (m - target)).square().sum((-2, -1)) / 2 for m in found]
        path = right(target, mask, depth, ranks)
        return path._replace(losses=torch.stack(losses), matrices=torch.stack(found))

    patch("stages.low_rank.greedy_completion", wrong)


def plateau_of_the_next_rank(patch):
    """The k-th plateau is the saddle of rank k + 1: an index off by one.

    Fails: 41.1a, 41.1b
    """
    patch.parameters(problems=20)

    def wrong(right, *given):
        path = right(*given)
        return path._replace(losses=path.losses.roll(-1, 0))

    patch("stages.low_rank.greedy_completion", wrong)


def starts_of_middle_size(patch):
    """A start of any size above the lazy regime gives the staircase: gamma 1.5 will do.

    Fails: 41.1a, 41.1b
    """
    patch.parameters(gammas=[1.5, 1.5], problems=20)


def wait_with_the_power_of_depth(patch):
    """A layer's singular value grows as s a^N, not s a^(N-1): the depth off by one.

    Fails: 41.2e
    """
    patch.parameters(problems=10)
    patch(
        "stages.low_rank.escape_time",
        lambda right, speed, start, end, depth: right(speed, start, end, depth + 1),
    )


def wait_without_the_factor(patch):
    """The wait is eps^-(N-2) / s_1, without the factor 1/(N-2).

    Fails: 41.2e
    """
    patch.parameters(problems=10)
    patch(
        "stages.low_rank.escape_time",
        lambda right, speed, start, end, depth: right(speed, start, end, depth) * max(depth - 2, 1),
    )


def speed_of_all_directions(patch):
    """The speed at which a saddle is left is the norm of the gradient, not its top singular value.

    Fails: 41.2e
    """
    patch.parameters(problems=10)

    def wrong(right, slope):
        _, u, v = right(slope)
        return torch.linalg.matrix_norm(slope), u, v

    patch("stages.low_rank.escape", wrong)


def clock_of_steps(patch):
    """Time is counted in steps of adapted length, each as long as any other.

    Fails: 41.2e
    """
    patch.parameters(problems=10)

    def wrong(right, *given):
        found = right(*given)
        return replace(found, time=found.time.log(), fastest=found.fastest.log())

    patch("stages.staircases.origin_exits", wrong)


def kernel_of_one_layer(patch):
    """The tangent kernel is that of one layer: the others do not learn.

    Fails: 41.3a
    """
    patch.parameters(problems=10)

    def wrong(right, *given):
        matrix, lower, upper = right(*given)
        lower, upper = lower.copy(), upper.copy()
        lower[1:] = 0
        return matrix, lower, upper

    patch("stages.wide_starts.network_grams", wrong)


def entries_of_deviation_w_to_the_gamma(patch):
    """The weights have the standard deviation w^-gamma, not the variance.

    Fails: 41.3a
    """
    patch.parameters(problems=10)
    patch(
        "stages.wide_starts.start_distances",
        lambda right, target, width, gamma, **options: right(
            target, width, gamma * 2 if gamma < 1.5 else gamma, **options
        ),
    )


def unbalanced_minimum(patch):
    """The nearest minimum has all of the target in one layer: (sum s^2 + N - 1)^(1/2) a mode.

    Fails: 41.3b
    """
    patch.parameters(problems=10)
    patch(
        "stages.wide_starts.minimum_norm",
        lambda right, values, depth: sum(s**2 + depth - 1 for s in values) ** 0.5,
    )


def minimum_of_two_layers(patch):
    """How far the nearest minimum is does not depend on the depth: (2 sum s)^(1/2).

    Fails: 41.3b
    """
    patch.parameters(problems=10)
    patch("stages.wide_starts.minimum_norm", lambda right, values, depth: right(values, 2))


def three_layers_need_no_small_start(patch):
    """What is not seen is found from starts of gamma 1.5, too.

    Fails: 41.4a
    """
    patch.parameters(gammas=[1.5, 2.5], problems=20)


def deep_networks_need_no_small_start(patch):
    """Four layers are greedy from any start: gamma 1.25 will do.

    Fails: 41.1b, 41.4b
    """
    patch.parameters(gammas=[3.2, 1.25], problems=20)
