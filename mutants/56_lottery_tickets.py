"""The wrong theories that 56_lottery_tickets must reject."""


def _fewer(patch):
    """Five splits are enough for most rows."""
    patch.parameters(splits=5)


def _one_arm(patch, name, change):
    """Train the arm `name` as change(weights, mask)."""

    def changed(old, digits, arms, **how):
        return old(digits, {k: change(*v) if k == name else v for k, v in arms.items()}, **how)

    patch("practice.lottery_tickets.train_arms", changed)
    _fewer(patch)


def pruned_at_random(patch):
    """Which weights are pruned is of no account: their number counts.

    Fails: 56.1b, 56.2b
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

    Fails: 56.1a, 56.1b, 56.4a
    """
    patch(
        "practice.lottery_tickets.keep_largest",
        lambda old, weights, *rest: old(tuple(1 / w for w in weights), *rest),
    )
    _fewer(patch)


def nothing_is_pruned(patch):
    """A ticket is the dense network: masks do not matter.

    Fails: 56.1a, 56.1b, 56.2b
    """
    patch("practice.lottery_tickets.keep_largest", lambda old, weights, mask, keep: mask)
    _fewer(patch)


def the_mask_is_the_ticket(patch):
    """The connections alone are the ticket: every start serves as well as the own one.

    Fails: 56.1a
    """
    drawn = {}

    def once(old, widths, generators):
        return drawn.setdefault("start", old(widths, generators))

    patch("practice.lottery_tickets.new_weights", once)
    _fewer(patch)


def places_do_not_matter(patch):
    """The start alone is the ticket: its weights serve at any places.

    Fails: 56.1b
    """
    patch("practice.lottery_tickets.shuffled", lambda old, mask, generators: mask)
    _fewer(patch)


def signs_do_not_matter(patch):
    """The sizes of a start are the ticket: tossing the signs changes nothing.

    Fails: 56.2b, 56.3c
    """
    patch("practice.lottery_tickets.random_signs", lambda old, weights, generators: weights)
    _fewer(patch)


def one_sign_for_all(patch):
    """A weight is known by being open: one size and one sign do for a layer.

    Fails: 56.2a
    """
    patch(
        "practice.lottery_tickets.constant_size",
        lambda old, weights: tuple(w.abs() for w in old(weights)),
    )
    _fewer(patch)


def movement_is_size(patch):
    """What has moved far is what is large: both criteria choose the same weights.

    Fails: 56.3b
    """

    def by_size(old, digits, keep, rounds, **how):
        return old(digits, keep, rounds, **how | {"by": "size"})

    patch("practice.lottery_tickets.prune_by_rounds", by_size)
    _fewer(patch)


def what_moved_least_is_kept(patch):
    """Weights that training leaves alone were right from the start.

    Fails: 56.3a
    """

    def still(old, digits, keep, rounds, **how):
        from lib.practice import lottery_tickets as lt

        right = lt.keep_largest
        if how.get("by") == "movement":
            lt.keep_largest = lambda far, *rest: right(tuple(1 / f for f in far), *rest)
        try:
            return old(digits, keep, rounds, **how)
        finally:
            lt.keep_largest = right

    patch("practice.lottery_tickets.prune_by_rounds", still)
    _fewer(patch)


def pruned_weights_come_back(patch):
    """It is enough to set the small weights to 0 once; training may move them again.

    Fails: 56.1a
    """

    def free(old, draws, arms, **options):
        from lib.practice import lottery_tickets as lt

        def opened(weights, mask):
            weights = [w.repeat(len(m) // len(w), 1, 1) for w, m in zip(weights, mask, strict=True)]
            return lt.masked(weights, mask), lt.open_mask(mask)

        return old(draws, {name: opened(*arm) for name, arm in arms.items()}, **options)

    patch("practice.lottery_tickets.train_arms", free)
    _fewer(patch)
