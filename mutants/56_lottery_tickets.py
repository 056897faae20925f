"""The wrong theories that 56_lottery_tickets must reject."""


def _fewer(patch):
    """Five draws of six epochs: enough for every row but 56.4c, and half the time."""
    patch.parameters(draws=5, epochs=6)


def _rounds_by(choose):
    """Pruning by rounds where `choose` says from the start, and from the rounds so far, what comes next:
    (the weights to start from, the weights whose sizes decide, the mask that is thinned, the shares)."""

    def prune(old, draws, keep, rounds, **options):
        from lib.practice import lottery_tickets as lt

        found = old(draws, keep, 0, **options)
        for _ in range(rounds):
            weights, sizes, mask, shares = choose(draws.start, found, keep)
            mask = lt.keep_largest(sizes, mask, shares)
            arm = {"ticket": (weights, mask)}
            found.append(lt.Round(mask, lt.train_arms(draws, arm, **options)["ticket"]))
        return found

    return prune


def pruned_at_random(patch):
    """Which weights are pruned is of no account: their number counts.

    Fails: 56.1a, 56.1b, 56.1d, 56.1e, 56.2d, 56.2e, 56.3b, 56.3d, 56.3f, 56.4a
    """

    import numpy as np
    import torch

    rng = np.random.default_rng(5)

    def random(old, weights, mask, keep):
        sizes = tuple(torch.from_numpy(rng.uniform(size=tuple(w.shape))) for w in weights)
        return old(sizes, mask, keep)

    patch("practice.lottery_tickets.keep_largest", random)
    _fewer(patch)


def the_largest_are_pruned(patch):
    """Large weights are overfitted: the small ones are the ticket.

    Fails: 56.1a, 56.1b, 56.2e, 56.3b, 56.3d, 56.4a, 56.4b, 56.4d
    """
    patch(
        "practice.lottery_tickets.keep_largest",
        lambda old, weights, *rest: old(tuple(1 / w for w in weights), *rest),
    )
    _fewer(patch)


def chosen_at_the_start(patch):
    """Weights that start large are the ticket: one need not train to find it.

    Fails: 56.2d, 56.2e, 56.3d, 56.3e, 56.3f
    """
    patch(
        "practice.lottery_tickets.prune_by_rounds",
        _rounds_by(lambda start, found, keep: (start, start, found[-1].mask, keep)),
    )
    _fewer(patch)


def not_rewound(patch):
    """Setting the weights back is a detail: the ticket may go on from where it was.

    Fails: 56.2b, 56.2c, 56.4e
    """

    def onward(start, found, keep):
        ended = found[-1].trained.weights
        return ended, ended, found[-1].mask, keep

    patch("practice.lottery_tickets.prune_by_rounds", _rounds_by(onward))
    _fewer(patch)


def rounds_are_not_needed(patch):
    """The dense network says once and for all which weights matter.

    Fails: 56.1e, 56.3f
    """

    def from_dense(start, found, keep):
        shares = [k ** len(found) for k in keep]
        return start, found[0].trained.weights, found[0].mask, shares

    patch("practice.lottery_tickets.prune_by_rounds", _rounds_by(from_dense))
    _fewer(patch)


def nothing_is_pruned(patch):
    """A ticket is the dense network: masks do not matter.

    Fails: 56.1a, 56.1c, 56.3b, 56.3d, 56.3e, 56.4d, 56.4e
    """
    patch("practice.lottery_tickets.keep_largest", lambda old, weights, mask, keep: mask)
    _fewer(patch)


def pruned_weights_come_back(patch):
    """It is enough to set the small weights to 0 once; training may move them again.

    Fails: 56.1a, 56.2d, 56.2e, 56.4e
    """

    def free(old, draws, arms, **options):
        from lib.practice import lottery_tickets as lt

        opened = {name: (lt.masked(*arm), lt.open_mask(arm[1])) for name, arm in arms.items()}
        return old(draws, opened, **options)

    patch("practice.lottery_tickets.train_arms", free)
    _fewer(patch)


def the_mask_is_the_ticket(patch):
    """The connections alone are the ticket: every start serves as well as the own one.

    Fails: 56.1a, 56.1b, 56.3a
    """

    drawn = {}

    def once(old, widths, generators):
        return drawn.setdefault("start", old(widths, generators))

    patch("practice.lottery_tickets.new_weights", once)
    _fewer(patch)


def places_do_not_matter(patch):
    """The start alone is the ticket: its weights serve at any places.

    Fails: 56.1c, 56.1d
    """
    patch("practice.lottery_tickets.shuffled", lambda old, mask, generators: mask)
    _fewer(patch)


def signs_do_not_matter(patch):
    """The sizes of a start are the ticket: tossing the signs changes nothing.

    Fails: 56.2d, 56.2e, 56.3a, 56.3g
    """
    patch("practice.lottery_tickets.random_signs", lambda old, weights, generators: weights)
    _fewer(patch)


def one_sign_for_all(patch):
    """A weight is known by being open: one size and one sign do for a layer.

    Fails: 56.2a, 56.2b, 56.2c, 56.2f, 56.3e
    """
    patch(
        "practice.lottery_tickets.constant_size",
        lambda old, weights: tuple(w.abs() for w in old(weights)),
    )
    _fewer(patch)


def weights_hardly_move(patch):
    """Training is lazy: no weight goes far enough to change its sign.

    Fails: 56.3c, 56.3d, 56.3e
    """
    _fewer(patch)
    patch.parameters(learning_rate=1e-4)
