"""The wrong theories that 21_overparameterization must reject."""

import torch

from lib.landscapes import perceptrons


def _few(patch, **numbers):
    """Fewer networks where they are not the point."""
    few = {"symmetry_networks": 20, "online_networks": 10}
    patch.parameters(**few | numbers)


def any_new_unit_frees(patch):
    """A silent unit is a unit like another: it gets the weights of the first, halved.

    Fails: 21.2a, 21.2b
    """
    patch(
        "landscapes.perceptrons.add_silent",
        lambda right, weights: perceptrons.split_units(weights, 1),
    )


def time_alone_frees(patch):
    """New units have nothing to do with it: the silent arm trains on unchanged.

    Fails: 21.2a, 21.2b
    """
    patch("landscapes.perceptrons.add_silent", lambda right, weights: weights)


def noise_frees(patch):
    """A unit without weights is a way to add noise: half of the start's will do.

    Fails: 21.2a, 21.2b
    """
    import numpy as np

    rng = np.random.default_rng(0)
    patch(
        "landscapes.perceptrons.add_silent",
        lambda right, weights: perceptrons.add_noise(weights, 0.3, rng),
    )


def always_freed(patch):
    """A silent unit always opens a way down: its eigenvalue is below -0.01.

    Fails: 21.3a
    """

    def open_everywhere(right, weights, task):
        silent = (weights[0][:, -1].abs().amax(-1) == 0) & (weights[1][:, -2] == 0)
        return right(weights, task).where(~silent, -0.02)

    patch("landscapes.perceptrons.smallest_eigenvalue", open_everywhere)


def eigenvalue_of_the_old_network(patch):
    """What counts is the curvature before the unit was added.

    Fails: 21.3b, 21.5n
    """

    def without_the_last_unit(right, weights, task):
        hidden, output = weights
        silent = (hidden[:, -1].abs().amax(-1) == 0) & (output[:, -2] == 0)
        if not bool(silent.all()):
            return right(weights, task)
        return right((hidden[:, :-1], torch.cat([output[:, :-2], output[:, -1:]], 1)), task)

    patch("landscapes.perceptrons.smallest_eigenvalue", without_the_last_unit)


def one_unit_for_each_bit(patch):
    """Parity of n bits needs n units, and more bring nothing.

    Fails: 21.1a
    """
    _few(patch, xor_networks=50)

    def no_more(right, seeds, inputs, hidden_units, half_width, rng):
        most = inputs if inputs == 4 else hidden_units
        return right(seeds, inputs, min(hidden_units, most), half_width, rng)

    patch("landscapes.perceptrons.start", no_more)


def copies_are_as_good_as_new_units(patch):
    """More weights are enough: wider networks start with copies of the units of the narrowest.

    Fails: 21.1a
    """
    _few(patch, xor_networks=50)

    def copied(right, seeds, inputs, hidden_units, half_width, rng):
        have = 3 if inputs == 4 else 2
        weights = right(seeds, inputs, min(have, hidden_units), half_width, rng)
        while have < hidden_units:
            count = min(have, hidden_units - have)
            weights, have = perceptrons.split_units(weights, count), have + count
        return weights

    patch("landscapes.perceptrons.start", copied)


def coupling_without_the_quarter(patch):
    """The coupling of a silent unit is q = sum (y - t) y (1 - y) x: the factor 1/4 forgotten.

    Fails: 21.5o
    """
    patch("landscapes.perceptrons.silent_coupling", lambda right, *given: 4 * right(*given))


def upper_bound_of_two_thirds(patch):
    """The eigenvalue is above -|q| / 2 and below -|q| / 3.

    Fails: 21.5o
    """

    def bounds(right, *given):
        size = -right(*given)[1] * 5**0.5 / 2
        return -size / 2, -size / 3

    patch("landscapes.perceptrons.silent_eigenvalue_bounds", bounds)


def connections_do_nothing(patch):
    """Direct connections stay at weight zero.

    Fails: 21.5j
    """
    patch("landscapes.perceptrons.add_connections", lambda right, weights: weights)


def stuck_is_only_slow(patch):
    """Stuck is another word for slow: whoever is not there after a hundred sweeps rests where it is.

    Fails: 21.5a
    """
    _few(patch, xor_networks=100, parity_networks=50)

    def early(right, weights, task, *, sweeps, **setting):
        most = 100 if task.inputs.shape[1] < 6 else sweeps  # mirror symmetry is not the point
        return right(weights, task, sweeps=most, **setting)

    patch("landscapes.perceptrons.train", early)


def copies_free_as_new_units_do(patch):
    """Added units free by their number of weights: copies of old units will do.

    Fails: 21.5i
    """
    _few(patch, xor_networks=200, parity_networks=50)

    def copies(right, weights, count, half_width, rng):
        for have in range(0, count, 2):
            weights = perceptrons.split_units(weights, min(2, count - have))
        return weights

    patch("landscapes.perceptrons.add_units", copies)
