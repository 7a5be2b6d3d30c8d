"""What a source can tell nothing of: targets that it fails to ask, and those that it tells of no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

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
    jobs = _name_jobs(chosen)
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


def find_quiet(silent: Iterable[Labels | None], known: Iterable[Labels | None]) -> dict[str, int]:
    """Returns by job how many targets fell silent, where all of a job did: one alone may have been taken out."""
    quiet, all_of = (Counter(map(_find_job, each)) for each in (silent, known))
    return {job: count for job, count in quiet.items() if count >= all_of[job]}


def tell_quiet(quiet: Mapping[str, int]) -> Observation:
    """Returns that whole jobs fell silent, whose targets are stale and would leave the board one by one."""
    if not quiet:
        return Observation()
    count = count_words(sum(quiet.values()), "target")
    return Observation(worse=f"{_name_jobs(quiet)}: nothing new of {count}, and no failed scrape")


def tell_losses(
    unscraped: Collection[Labels], known: Collection[Labels], lost: Sequence[str], quiet: Mapping[str, int]
) -> Observation:
    """Returns the worst of what is not known."""
    told = (tell_unscraped(unscraped, known), tell_lost(lost), tell_quiet(quiet))
    return next((each for each in told if each.wrong or each.worse), Observation())


def _name_jobs(jobs: Iterable[str]) -> str:
    names = sorted(jobs)
    named = ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
    return clean_line(f"{'job' if len(names) == 1 else 'jobs'} {named}")


def _find_job(labels: Labels | None) -> str:
    return dict(labels or ()).get("job", "?")
