"""The wrong theories that 21_overparameterization must reject."""

import torch


def coupling_without_the_quarter(patch):
    """The coupling of a silent unit is q = sum (y - t) y (1 - y) x: the factor 1/4 forgotten.

    Fails: 21.4l
    """
    patch("landscapes.perceptrons.silent_coupling", lambda old, *given: 4 * old(*given))


def upper_bound_of_two_thirds(patch):
    """The eigenvalue is above -|q| / 2 and below -|q| / 3.

    Fails: 21.4l
    """

    def bounds(old, *given):
        _, high = old(*given)
        size = -high * 5**0.5 / 2
        return -size / 2, -size / 3

    patch("landscapes.perceptrons.silent_eigenvalue_bounds", bounds)


def any_new_unit_frees(patch):
    """A silent unit is a unit like another: it gets the weights of the first, halved.

    Fails: 21.4e, 21.4g
    """
    from lib.landscapes import perceptrons

    patch(
        "landscapes.perceptrons.add_silent",
        lambda old, weights: perceptrons.split_units(weights, 1),
    )


def time_alone_frees(patch):
    """New units have nothing to do with it: the silent arm trains on unchanged.

    Fails: 21.4e, 21.4g
    """
    patch("landscapes.perceptrons.add_silent", lambda old, weights: weights)


def connections_do_nothing(patch):
    """Direct connections stay at weight zero.

    Fails: 21.4r
    """
    patch("landscapes.perceptrons.add_connections", lambda old, weights: weights)


def eigenvalue_of_the_old_network(patch):
    """What counts is the curvature before the unit was added.

    Fails: 21.4e
    """

    def without_the_last_unit(old, weights, task):
        hidden, output = weights
        silent = (hidden[:, -1].abs().amax(-1) == 0) & (output[:, -2] == 0)
        if not bool(silent.all()):
            return old(weights, task)
        return old((hidden[:, :-1], torch.cat([output[:, :-2], output[:, -1:]], 1)), task)

    patch("landscapes.perceptrons.smallest_eigenvalue", without_the_last_unit)


def narrow_starts_only(patch):
    """Width does not matter, the start does: every XOR network starts as two units do.

    Fails: 21.1d, 21.1e
    """

    def two_units(old, seeds, inputs, hidden_units, half_width, rng):
        return old(seeds, inputs, 2 if inputs == 2 else hidden_units, half_width, rng)

    patch("landscapes.perceptrons.start", two_units)


def parity_of_two_bits(patch):
    """Four bits are no harder than two: the answer is the parity of the first two.

    Fails: 21.2b
    """
    from lib.landscapes import perceptrons

    def easier(old, bits):
        task = old(bits)
        if bits != 4:
            return task
        return perceptrons.Task(task.inputs, (task.inputs[:, 0] + task.inputs[:, 1]) % 2)

    patch("landscapes.perceptrons.parity", easier)


def symmetry_by_counting(patch):
    """Mirror symmetry told by the number of ones in either half: weights 1:1:1.

    Fails: 21.3c, 21.3d
    """
    from lib.landscapes import perceptrons

    def by_count(old, bits=6):
        task = old(bits)
        left, right = (
            task.inputs[:, : bits // 2].sum(1),
            task.inputs[:, bits // 2 : bits].sum(1),
        )
        return perceptrons.Task(task.inputs, (left == right).double())

    patch("landscapes.perceptrons.mirror_symmetry", by_count)


def _few(patch, **numbers):
    """Fewer networks where they are not the point."""
    few = {"parity_networks": 50, "symmetry_networks": 20, "symmetry_sweeps": 1500}
    patch.parameters(**few | numbers)


def copies_are_as_good_as_new_units(patch):
    """More weights are enough: wider XOR networks start with copies of two units.

    Fails: 21.1a, 21.1c, 21.1e
    """
    from lib.landscapes import perceptrons

    _few(patch)

    def copied(old, seeds, inputs, hidden_units, half_width, rng):
        if inputs != 2:
            return old(seeds, inputs, hidden_units, half_width, rng)
        weights = old(seeds, inputs, 2, half_width, rng)
        for have in range(2, hidden_units, 2):
            weights = perceptrons.split_units(weights, min(2, hidden_units - have))
        return weights

    patch("landscapes.perceptrons.start", copied)


def one_unit_for_each_bit(patch):
    """Parity of n bits needs n units, and more bring nothing.

    Fails: 21.2a, 21.2c
    """
    patch.parameters(xor_networks=50, symmetry_networks=20, symmetry_sweeps=1500)

    def no_more(old, seeds, inputs, hidden_units, half_width, rng):
        most = inputs if inputs == 4 else hidden_units
        return old(seeds, inputs, min(hidden_units, most), half_width, rng)

    patch("landscapes.perceptrons.start", no_more)


def stuck_is_only_slow(patch):
    """Stuck is another word for slow: whoever is not there after a hundred sweeps rests where it is.

    Fails: 21.1f, 21.4c, 21.4d
    """
    _few(patch, xor_networks=100)

    def early(old, weights, task, *, sweeps, **setting):
        most = 100 if task.inputs.shape[1] < 6 else sweeps  # mirror symmetry is not the point
        return old(weights, task, sweeps=most, **setting)

    patch("landscapes.perceptrons.train", early)


def copies_free_as_new_units_do(patch):
    """Added units free by their number of weights: copies of old units will do.

    Fails: 21.4i, 21.4j, 21.4m, 21.4n
    """
    from lib.landscapes import perceptrons

    _few(patch, xor_networks=200)

    def copies(old, weights, count, half_width, rng):
        for have in range(0, count, 2):
            weights = perceptrons.split_units(weights, min(2, count - have))
        return weights

    patch("landscapes.perceptrons.add_units", copies)
