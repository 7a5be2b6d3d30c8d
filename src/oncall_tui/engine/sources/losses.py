"""What a source can tell nothing of: targets that it fails to ask, and those that it tells of no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from oncall_tui.domain.counting import count_words
from oncall_tui.domain.intake import Labels
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation

_NAMED = 3


def tell_unscraped(unscraped: Iterable[Labels], known: Iterable[Labels]) -> Observation:
    """Returns what Prometheus cannot scrape: wrong where it is all of a job, worse where it is a part of one.

    `known` are the labels of all targets, the unscraped among them.
    """
    failing = Counter(_find_job(labels) for labels in unscraped)
    if not failing:
        return Observation()
    all_of = Counter(_find_job(labels) for labels in known)
    dead = [job for job, count in failing.items() if count >= all_of[job]]
    chosen = dead or list(failing)
    named = ", ".join(sorted(chosen)[:_NAMED]) + (" and others" if len(chosen) > _NAMED else "")
    jobs = clean_line(f"{'job' if len(chosen) == 1 else 'jobs'} {named}")
    count = count_words(sum(failing[job] for job in chosen), "target")
    if dead:
        return Observation(
            wrong=f"{jobs}: Prometheus gets no answer from blackbox_exporter, nothing is known of {count}"
        )
    return Observation(worse=f"{jobs}: Prometheus fails to scrape {count}, of which nothing is known")


def explain_unscraped(labels: Labels) -> str:
    """Returns why nothing is known of a target."""
    return f"Prometheus gets no answer from blackbox_exporter (job {_find_job(labels)})"


def tell_lost(lost: Sequence[str]) -> Observation:
    """Returns that targets fell silent that were red or told to a hook; nobody may take them for well."""
    if not lost:
        return Observation()
    named = ", ".join(lost[:_NAMED]) + (" and others" if len(lost) > _NAMED else "")
    return Observation(
        worse=f"tells no more of {count_words(len(lost), 'target')} that had trouble: {named}; "
        "acknowledge what is gone for good"
    )


def tell_losses(unscraped: Collection[Labels], known: Collection[Labels], lost: Sequence[str]) -> Observation:
    """Returns the worst of what is not known."""
    found = tell_unscraped(unscraped, known)
    return found if found.wrong or found.worse else tell_lost(lost)


def _find_job(labels: Labels) -> str:
    return dict(labels).get("job", "?")
