"""Searches better fusion weights for the champion, and makes a challenger of it where there are."""

from bundle.challenger import Order, Outcome
from bundle.manifest import HELD_OUT
from tune.fusion import search
from tune.fusion_point import FusionPoint
from tune.held_out import HeldOutLogits
from tune.publish import publish_point

TRIALS = 5000


def fusion(order: Order) -> Outcome:
    """Search over the votes that the champion's training kept of rows no expert had seen.

    Raises:
        TuneError: the champion keeps no such votes, or they are too few.
        NoSuchVersionError: there is no champion.
    """
    champion = order.store.manifest()
    held_out = HeldOutLogits.read(order.store.open_path(champion.version) / HELD_OUT, champion.experts)
    order.release_cpu()
    found = search(held_out, FusionPoint.of(champion.experts), trials=TRIALS, progress=order.progress)
    if not found.better:
        low, high = found.gain.interval
        gain = f"{found.gain.weighted_f1:+.4f}, 95 % {low:+.4f} to {high:+.4f}"
        return Outcome(None, champion.metrics, f"the present weights stay: no better ones were found (F1 {gain})")
    version = publish_point(order.store, champion.version, found.best, held_out, promote=order.promote)
    return Outcome(version, order.store.manifest(version).metrics, "")
