"""The wrong theories that 38_logistic_rate must reject."""

import numpy as np
import torch


def _small(patch):
    """One depth is enough where depth is not the point."""
    patch.parameters(problems=10, deeper=[2], steps=10_000, far_steps=4000)


def the_rate_is_linear(patch):
    """A step removes its share of the loss: d(1/L)/dt is the larger, the smaller the loss.

    Fails: 38.1b
    """
    _small(patch)
    patch(
        "trajectories.separable.growth",
        lambda right, margin, sizes, depth: right(margin, sizes, depth) * sizes,
    )


def examples_pull_with_a_square_loss(patch):
    """The slope falls with the root of the loss, so that the loss falls exponentially.

    Fails: 38.1a, 38.1b
    """
    _small(patch)

    def slope(right, w, z):
        m = (z @ w.mT)[..., 0]
        return -(1 - m).clamp(min=0)[:, None] @ z / z.shape[1]

    patch("trajectories.separable.logistic_slope", slope)


def the_margin_of_the_centroid(patch):
    """The direction of the mean example has the margin that counts.

    Fails: 38.1b, 38.2a, 38.3a
    """
    _small(patch)

    def centroid(right, z):
        way = z.mean(1)
        way = way / way.norm(dim=-1, keepdim=True)
        found = right(z)
        return found._replace(
            direction=way, size=(z @ way[..., None])[..., 0].amin(-1).clamp(min=1e-3)
        )

    patch("trajectories.separable.largest_margin", centroid)


def the_mean_margin(patch):
    """All examples pull, not the nearest: their mean distance from the border stands for the margin.

    Fails: 38.1b, 38.2a
    """
    _small(patch)

    def average(right, z):
        found = right(z)
        return found._replace(size=(z @ found.direction[..., None])[..., 0].mean(-1))

    patch("trajectories.separable.largest_margin", average)


def depth_changes_nothing(patch):
    """Deep networks have the rate of one layer.

    Fails: 38.1b, 38.2a
    """
    patch.parameters(problems=10, deeper=[2], steps=10_000, far_steps=4000)
    patch(
        "trajectories.separable.growth", lambda right, margin, sizes, depth: right(margin, sizes, 1)
    )
    patch("trajectories.separable.gradient_square", lambda right, *given: right(*given[:3], 1))


def layers_do_not_add_up(patch):
    """The power of |w| without the factor N: each layer learns, but they do not help each other.

    Fails: 38.1b, 38.2a
    """
    patch.parameters(problems=10, deeper=[2], steps=10_000, far_steps=4000)
    patch(
        "trajectories.separable.growth",
        lambda right, margin, sizes, depth: right(margin, sizes, depth) / depth,
    )
    patch(
        "trajectories.separable.gradient_square",
        lambda right, *given: right(*given) - np.log(given[-1]),
    )


def the_power_two_minus_one_over_depth(patch):
    """1/L grows with ln(1/L) to 2 - 1/N: the path of far descent goes at another pace.

    Fails: 38.2b
    """
    patch.parameters(problems=10, deeper=[2], steps=5000, far_steps=4000)

    def faster(right, far):
        rise, x = right(far)
        return rise + x / 2, x

    patch("trajectories.separable.measured_growth", faster)


def time_is_the_number_of_steps(patch):
    """Steps of descent on ln L are steps of the flow.

    Fails: 38.2b
    """
    _small(patch)

    def counted(right, *given, **options):
        far = right(*given, **options)
        steps = torch.arange(len(far.log_time), dtype=torch.float64)[:, None]
        return far._replace(log_time=(steps + 1e-3).log().expand_as(far.log_time))

    patch("trajectories.separable.far_run", counted)


def w_turns_to_the_least_squares(patch):
    """The direction of the square loss is that of every loss.

    Fails: 38.3a
    """
    _small(patch)

    def squares(right, z):
        w = torch.linalg.lstsq(z, torch.ones(*z.shape[:2], 1, dtype=z.dtype)).solution[..., 0]
        return right(z)._replace(direction=w / w.norm(dim=-1, keepdim=True))

    patch("trajectories.separable.largest_margin", squares)


def the_angle_falls_as_a_power_of_time(patch):
    """1 - cos falls as 1/t^0.1, not as a power of ln t: time counts by its logarithm's exponential.

    Fails: 38.3b
    """
    _small(patch)

    def stretched(right, *given, **options):
        far = right(*given, **options)
        return far._replace(log_time=far.log_time.clamp(min=1e-6) ** 2)

    patch("trajectories.separable.far_run", stretched)
