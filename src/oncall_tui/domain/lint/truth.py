"""What contradicts the incident, its probes or itself (TR)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.lint.contradictions import find_contradictions
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Post, Reading, Sentence
from oncall_tui.domain.lint.unfinished import find_unfinished, tells_end

_OVER = Folded(
    r"(?i:\b(?:resolved?|resolution|resolving|restored?|recover(?:ed|y|ing)|fixed|mitigated|remediated|corrected"
    r"|completed?|solved"
    r"|closed?|closing|normal(?:ly)?|operational|no longer|ended|over|back (?:up|online)|subsided|cleared|stable"
    r"|stabili[sz]ed|healthy"
    r"|(?:fix|patch|change|workaround|update) (?:has been |was |is )?(?:now )?(?:implemented|deployed|applied"
    r"|released|in place"
    r"|rolled out)|(?:working|operating|functioning|running) (?:normally|as expected|again|as usual|properly"
    r"|correctly)|postmortem"
    r"|post-mortem|root cause|rca|summary|incident report|was caused|concluded|finished|successful(?:ly)?|monitor\w*"
    r"|reverted"
    r"|rolled back|no further|not (?:seen|seeing|observed)|false (?:alarm|positive))\b)"
)
_AT_WORK = Folded(
    r"\b(?=\w)(?i:\b(?:we|our (?:\w+ ){0,3}(?:team|engineers|staff|colleagues)|engineers|(?:the"
    r"|\w+) (?:\w+ )?team)(?: are"
    r"|'re|’re| is| have)?"
    r"(?: now| still| currently| actively| also| continuing to| continue to| continues to)*"
    r" (?:investigat(?:e|ing)|looking into|look into|working (?:on|to|with|hard|diligently)|work (?:on|to)"
    r"|experiencing|trying to)\b"
    r"|\b(?:is|are) (?:currently |still )?experiencing\b|\band (?:is|are) (?:looking into|investigating|working on)\b"
    r"|\b(?:still|continu\w+ to|currently) (?:investigat\w+|experienc\w+|work\w* on|see\w* (?:errors|failures|issues"
    r"|delays|problems)|fail\w*)\b"
    r"|\b(?:is|are) (?:currently|still) (?:down|unavailable|failing|affected|degraded|not (?:working|available))\b"
    r"|\b(?:we|our (?:\w+ ){0,2}team|engineers|the team) (?:(?:still )?keeps? (?:working|looking)|(?:are"
    r"|is) (?:still )?looking for)\b"
    r"|\bthe investigation (?:is (?:still )?ongoing|continues)\b|^investigation continues\b"
    r"|\b(?:a|the) fix is (?:still |now )?being (?:prepared|developed|tested|deployed|implemented|rolled out"
    r"|worked on)\b)",
    needs=" fix is | look| trying | work on| work to| working|continu|currentl|nvestiga|perienci|still",
)
#: Work that goes on after an end is no contradiction.
_LINGERING = Folded(
    r"\b(?=\w)(?i:\b(?:customers|users|clients) still (?:cannot|can['’]t|see|get|experience)\b|\bhave no eta\b"
    r"|\b(?:is|are) (?:failing|being deployed)\b|\bwaiting (?:for|on) (?:our|the) (?:provider|supplier|vendor)"
    r"|\b(?:work|repair|recovery|investigation|a fix) is (?:still )?(?:in progress|under ?way|ongoing)\b|\b(?:is"
    r"|are) down\b|\bpersists?\b|\bbeing investigated\b|\bmay (?:still )?experience\b"
    r"|\b(?:users|customers|clients) (?:can ?not|can['’]t|are (?:still )?unable to|still see)\b"
    r"|\b(?:outage|issue|problem|incident|disruption) (?:is (?:still )?ongoing|continues)\b"
    r"|\b(?:is|are) (?:only )?partially (?:working|available|operational|restored|functional)\b|\bremains? (?:down"
    r"|unavailable|degraded|affected|unreachable)\b|\bnext update (?:by|in|at|is)\b"
    r"|\bdo(?: not|n['’]t) (?:yet )?have an? eta\b|\bwe(?: are|['’]re) on it\b"
    r"|\bhave(?: not|n['’]t) (?:yet )?found the (?:root )?cause\b"
    r"|^investigating\b)",
    needs=(
        " is in p| still |are down|are fail|ave an e|e continues|eing dep|eing inve|found the|have a e|have no "
        "|ident co|is down|is faili|is on|may expe|persist|ption co|re on|remain|roblem c|rtially |s are unab"
        "|s can|s un|stigatin|t update |waiting "
    ),
)
_STILL_DOWN = Folded(
    r"\b(?:is|are|remains?) down\b|\b(?:users|customers|clients) (?:can ?not|can['’]t|are unable to)\b",
    needs="are down|remain d|s are unab|s can|s down",
)
_AFTERWARDS = Folded(
    r"(?i:\b(?:root cause|why|cause of|post-?mortems?|review|prevent\w*|avoid\w*|reoccur\w*|recur\w*|future"
    r"|follow[- ]up|improve\w*"
    r"|if you|please|contact|support|should you|anyone|any (?:customers?|users?)|long[- ]term|permanent|underlying"
    r"|further|additional|automat\w+|detect\w*|safeguards?|tooling"
    r"|were|was|had|between|during|separate|another|other|earlier|previously|backlog|queued?|refund\w*|monitor\w*)\b)"
)
#: A duplicate ends while what it spoke of goes on elsewhere.
_MOVED = Folded(
    r"(?i:\bconsolidat\w+|\bmerg(?:ed|ing) (?:this |it )?(?:in)?to\b|\bduplicate\b"
    r"|\b(?:another|separate|new|main|original|existing|primary|parent|other|different|single|one) (?:public "
    r"|status |ongoing )?"
    r"(?:incident|post|notice|page|event|thread)\b)"
)
_PAST = Folded(r"(?i:\b(?:was|were|had|experienced|occurred|caused|led to|resulted in|did)\b)")
_FIX_DONE = Folded(
    r"\b(?=\w)(?i:\b(?:the|a) (?:patch|hotfix|rollback) is (?:now )?(?:live|in place|complete)\b"
    r"|\b(?:mitigation|patch|fix|hotfix) (?:was |is |has been )?applied\b|\b(?:(?:we|engineers) (?:have |has "
    r"|['’]ve )?(?:now )?(?:fixed|repaired) (?:the|this|it)|(?:the"
    r"|a) fix is (?:now )?live"
    r"|fix (?:implemented|deployed)|(?:issue|problem|incident|fault) has been (?:mitigated|fixed)|(?:a|the|our"
    r"|this) (?:\w+ ){0,2}(?:fix|patch|hotfix|mitigation|remediation|rollback"
    r"|solution) (?:has been|was|is|have been)"
    r" (?:now |successfully |also |fully )*(?:implemented|deployed|applied|released|in place|rolled out|shipped"
    r"|completed)"
    r"|(?:we|engineers|our (?:\w+ ){0,2}(?:team|engineers)|the (?:\w+ )?team) (?:have |has |'ve |’ve )?(?:now "
    r"|successfully |just |also )*"
    r"(?:implemented|deployed|applied|released|rolled out|shipped) (?:a|the|our|this) (?:\w+ ){0,2}(?:fix|patch"
    r"|hotfix|mitigation|remediation|solution))\b)",
    needs=(
        " fixed| repaire|applied|eased a |ed ou|ed this|eployed |fix |iation i|itigation is|leased t|lution is"
        "|mented a |mented t|ollback |patch |s been m|shipped |tion ha|tion was"
    ),
)
_SOME = Folded(
    r"(?i:\b(?:to (?:ensure|make sure|see (?:if|that)|verify|check)|ensur\w+|verify\w*"
    r"|partial\w*|some|most|temporar\w*|first|initial|interim|part of|one of|but|however|not|previous|earlier"
    r"|will|once|when|until|if|confirm\w*|as soon as|reverted|unfortunately|still)\b)"
)
_UNKNOWN_CAUSE = Folded(
    r"\b(?=\w)(?i:\bcause(?: is|:)? (?:still )?(?:unknown|unclear)\b|\b(?:(?:root )?cause (?:of (?:this"
    r"|the) \w+ )?(?:is"
    r"|remains|are) (?:still |currently |as yet |not yet |yet )*"
    r"(?:unknown|unclear|not known|undetermined|unidentified)"
    r"|(?:do not|don't|don’t) (?:yet |currently )?know (?:yet )?(?:why|what happened|(?:the"
    r"|what) (?:root )?caus\w+))\b)",
    needs="know|unclear|undeterm|unidenti",
)
_FOUND = Folded(
    r"\b(?:(?<!not )(?<!not yet )(?<!n't )identified"
    r"|(?<!not )(?<!not yet )found|fix\w*|patch\w*|deploy\w*|mitigat\w+|restor\w+|recover\w+|implement\w*|underlying"
    r"|rolled back)\b"
)
_SEEKING = Folded(
    r"\b(?:look|search|hunt)(?:ing)? for (?:the |its |a )?(?:root )?(?:cause|reason|fault)\b"
    r"|\b(?:finding|find) out why\b|\bnot (?:yet )?found the (?:root )?cause\b",
    needs="look|search|hunt|find|found",
)
_CAUSE_KNOWN = Folded(
    r"\bwe (?:now )?know the (?:root )?cause\b|\b(?:(?:have|has) (?:now |already )?(?:identified|found"
    r"|determined) the (?:root )?cause"
    r"|(?:root )?cause (?:has been|was|is) (?:now )?(?:found|identified|known|determined))\b",
    needs="cause |d the |know the",
)
_NO_CAUSE = Folded(
    r"\b(?=\w)(?i:\bcause(?: is|:)? (?:still )?(?:unknown|unclear)\b|\bno idea (?:what|why)\b|\byet to (?:find|identify"
    r"|determine)"
    r" (?:the|a) (?:root )?cause\b|\b(?:looking|searching) for the (?:reason|cause)\b"
    r"|\b(?:(?:root )?cause (?:of (?:this|the) \w+ )?(?:is|remains|are) (?:still |currently |as yet |not yet |yet )*"
    r"(?:unknown|unclear|not known|undetermined|being investigated|under investigation|unidentified)"
    r"|(?:do not|don't|don’t) (?:yet |currently )?know (?:why|what happened|the reason|(?:the|what) (?:root )?caus\w+)"
    r"|reason (?:is|remains) (?:still |as yet )?(?:unknown|unclear|not known)"
    r"|(?:it is|it['’]s|remains) (?:still |as yet )?(?:unclear|unknown|not (?:known|clear)) (?:why|what)"
    r"|why (?:this|it) (?:happens|happened|fails|failed) is (?:still )?(?:not (?:yet )?known|unknown|unclear)"
    r"|(?:investigating|trying to (?:find|identify|determine|understand)) (?:the (?:root )?cause|why)"
    r"|(?:have|has) (?:not|n't) (?:yet |been able to |been )*(?:identif\w+|f[io]und|determine\w*) (?:the"
    r"|a) (?:root )?cause"
    r"|(?:still|continu\w+ to) (?:look\w* for|search\w* for|try\w* to (?:find|identify|determine)|identify|determine)"
    r" (?:the|a) (?:root )?cause)\b)",
    needs=(
        " n't | to find|ating the c|clear|eing inve|etermine|g to und|has not |have not|identify|know|look"
        "|no idea |r the ca|search|the reas|ting the r|ting why|under in|unidenti"
    ),
)
_RESOLVED_ALREADY = Folded(
    r"\b(?=\w)(?i:(?:^|(?<=[.!?] )|(?<=\n))(?:it is|it['’]s|this (?:is|has been|was)|all|now) (?:now )?(?:resolved"
    r"|fixed"
    r"|solved|repaired)\b"
    r"|^(?:fixed|resolved|solved)[.! ]*$|\bwe(?: have|['’]ve) got it (?:fixed|resolved)\b|\b(?:(?:this"
    r"|the) (?:incident|issue|problem|outage) (?:has been|is|was) (?:now |fully "
    r"|completely )*(?:resolved|closed|solved|over)|this is (?:now )?(?:resolved|solved|over))\b)",
    needs=" outage | over| repaire| was |dent has|fixed|ident is|issue is|problem |solved|ue has b",
)
_NONSENSE = Folded(
    r"\b(?=\w)(?i:\b(?:outage|incident|issue|error)s? (?:is|are) (?:now )?(?:down|working (?:normally|fine"
    r"|as expected)|operational)\b|\b(?:recovered|restored|resolved|fixed|working again),? (?:and|but|yet)(?: it"
    r"| they)?(?: is"
    r"| are)? still (?:fails?"
    r"|failing|down|broken|not working|unavailable)\b|\b(?:is|are) (?:up|operational|working|available) (?:but|and|yet)"
    r" (?:down|unavailable|broken|not working|offline)\b|\bworks again (?:but|and) does not work\b"
    r"|\b(?:fully )?operational (?:but|and) (?:unavailable|down|offline)\b|\b(?:all (?:services|systems|components)"
    r" (?:are|is) (?:operational|up|working)),? (?:but|and) (?:[\w-]+ ){1,3}(?:is|are) (?:down|unavailable|failing)\b"
    r"|\bno (?:impact|effect)(?: on (?:users|customers))? and (?:all|every|most)\b|\bsuccessful (?:(?!(?:and|or|but"
    r"|in|at|to|after|the|a|because|since|despite|without|while|following|of|with"
    r"|from"
    r"|for|is|are|was|were|no|instead|rather|than)\b)[\w-]{1,40} ){0,4}"
    r"(?P<one>failures?|errors?|outages?|delays?|time-?outs?|degradation)\b"
    r"|\b(?:recovered|restored|resolved|fixed) (?:and|but) (?:(?:is|are) )?still (?:failing|down|unavailable)\b"
    r"|\b(?:has|have) (?:now )?(?:recovered|been (?:restored|resolved|fixed)) (?:and|but) (?:is|are) still (?:failing"
    r"|down"
    r"|unavailable|not working|degraded)\b"
    r"|\b(?:fully |completely )(?:recovered|restored|resolved|operational)(?: and| but|,| though)?"
    r"(?: (?:is|are|it is|they are))? still (?:failing|down|unavailable|not working|affected|experiencing|degraded)\b"
    r"|\b(?:increased|elevated) (?:number of |rate of |levels? of )?(?:normal operation|success rates?"
    r"|availability)\b)",
    needs=(
        " are dow| is down| now dow| still d| still f| up | up, | working|availab|ct and |ers and |es not w"
        "|l experienci|peration|still af|still br|success"
    ),
)
_RATE_AFTER = Folded(
    r"(?i:\s*(?:rates?|ratio|vs|versus|and|or|code|messages?|handling|recovery|logs?|reports?|for|while|instead))"
)
_CLAIMS_CAUSE = Folded(
    r"\b(?=\w)(?i:(?:^|(?<=[.!?] )|(?<=\n))(?:caused by\b|(?:reason|cause): \w)|\b(?:is|was) the (?:reason|cause"
    r"|culprit"
    r"|trigger)\b|\bresults? from\b"
    r"|\b(?:an?|our|one|the) (?:[\w-]+ ){1,4}(?:broke|took down|knocked out|brought down|overloaded|overwhelmed)\b"
    r"|\b(?:bad|faulty|broken|failed|wrong|expired) (?:[\w-]+ ){1,2}(?:broke|took)\b"
    r"|\b(?:power cut|attack|outage|failure) (?:took|broke|knocked)"
    r"|\b(?:ddos|cyber|denial[- ]of[- ]service) ?attack is (?:under ?way|ongoing|in progress)\b|\b(?:(?:was|were|is"
    r"|are|been) caused by|triggered by|caused (?:this|the (?:errors|outage|problem|issue))"
    r"|due to|because (?:of|an?)\b|as a result of|result(?:ed"
    r"|ing)? from|stem\w* from|com(?:es|ing) from an?|attributed to|introduced by|(?:is|was|are) to blame|caused it"
    r"|(?:problem|culprit|reason|trigger|issue) (?:is|was) an?\b|root cause: |the (?:root )?cause\b(?= ?(?:[.,;]"
    r"|$))"
    r"|(?:it|this) (?:is|was) an? (?:\w+ ){0,2}(?:problem|issue|fault|bug|failure|overload|attack)\b"
    r"|(?:led|leads) to (?:this|the) ?(?:outage|problem|issue|errors)?|traced (?:it|this|the \w+) (?:back )?to"
    r"|(?:change|deployment|release|update|upgrade|certificate) (?:broke|took down)"
    r"|(?:root )?cause (?:is|was|of (?:this|the) \w+ (?:is|was)|has been (?:found|identified|determined|traced))"
    r"|traced (?:back )?to|(?:found|identified|determined|know) (?:the|a) "
    r"(?:root )?cause)\b)",
needs=(" is a| to blam|ads to t|attack i|broke|brought |cause|comes fr|due to|ggered b|ibuted t|ing from|is the "
"|knocked|led to t|ntroduce|overload|overwhel|reason: |result |stem|sulted f|sults fr|took|traced |was "),
)  # fmt: skip
_NO_CLAIM = Folded(
    r"(?i:\b(?:not|n't|n’t|if|whether|may|might|could|possibl\w+|unknown|investigat\w+|looking|try\w*|find"
    r"|inconvenience|maintenance|delay\w*)\b)"
)


def search(reading: Reading, pattern: Pattern, *unless: Pattern) -> Iterator[tuple[int, int, Sentence]]:
    """Yields where a pattern matches, with its sentence, unless that matches one of the others."""
    judged: dict[int, bool] = {}
    for match in reading.seek(pattern):
        sentence = reading.sentence_at(match.start())
        if sentence is None:
            continue
        if sentence.start not in judged:
            judged[sentence.start] = not any(other.search(sentence.text) for other in unless)
        if judged[sentence.start]:
            yield match.start(), match.end(), sentence


def show(reading: Reading, start: int, end: int) -> str:
    return " ".join(reading.text[start:end].split())


def join_names(names: Sequence[str]) -> str:
    """Returns some names with the verb that belongs to them, the first three at most."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{shown} {'is' if len(names) == 1 else 'are'}"


def _find_early_end(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status is IncidentStatus.RESOLVED and context.red_probes:
        yield Remark(0, 0, f"This says that it is over, but {join_names(context.red_probes)} not up.")


def _is_report(reading: Reading) -> bool:
    """Tells whether a text tells a story that has an end: the present in it is mostly of what comes after."""
    return len(reading.sentences) > 3 and sum(_PAST.search(each.text) is not None for each in reading.sentences) > 1


def _find_contradictions(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    body, status = post.body, context.status
    if status is IncidentStatus.RESOLVED:
        is_over = _OVER.search(body.prose) or _MOVED.search(body.prose) or _is_report(body)
        going = list(search(body, _AT_WORK, _AFTERWARDS, _OVER))
        for start, end, _ in going:
            text = f"'{show(body, start, end)}' goes on, but the state says resolved: tell what happened, in the past."
            yield Remark(start, end, text, level=Level.WARN if is_over else Level.BLOCK)
        told = {sentence.start for _, _, sentence in going}
        for start, end, is_certain in find_unfinished(body):
            sentence = body.sentence_at(start)
            if sentence is not None and sentence.start not in told:
                told.add(sentence.start)
                text = f"'{show(body, start, end)}', but the state says resolved: tell how it ended, or go back."
                yield Remark(start, end, text, level=Level.BLOCK if is_certain else Level.WARN)
        for start, end, sentence in search(body, _LINGERING, _AFTERWARDS, _OVER, _AT_WORK):
            if sentence.start not in told:
                text = f"'{show(body, start, end)}' is told as of now, but the state says resolved: use the past."
                yield Remark(start, end, text, level=Level.WARN)
    elif status is IncidentStatus.INVESTIGATING:
        for start, end, _ in search(body, _FIX_DONE, _SOME):
            text = f"'{show(body, start, end)}', but the state says investigating: set it to monitoring."
            yield Remark(start, end, text, level=Level.WARN)
        for start, end, _ in search(body, _CAUSE_KNOWN, _SOME):
            text = f"'{show(body, start, end)}', but the state says investigating: set it to identified."
            yield Remark(start, end, text, level=Level.WARN)
    elif status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING):
        unknown = _NO_CAUSE if status is IncidentStatus.IDENTIFIED else _UNKNOWN_CAUSE
        for start, end, _ in search(body, unknown, _FOUND):
            text = f"'{show(body, start, end)}', but the state says {status.value}: go back to investigating."
            yield Remark(start, end, text, level=Level.WARN)
    if status is IncidentStatus.MONITORING and not tells_end(body):
        for start, end, _ in search(body, _SEEKING):
            text = f"'{show(body, start, end)}', but the state says monitoring: say what was done, or go back."
            yield Remark(start, end, text, level=Level.WARN)
    if status is IncidentStatus.MONITORING and not _OVER.search(body.prose):
        going = [*search(body, _AT_WORK, _AFTERWARDS), *search(body, _STILL_DOWN, _AFTERWARDS, _AT_WORK)]
        for start, end, _ in going:
            text = f"'{show(body, start, end)}', but the state says monitoring: say what was done, or go back."
            yield Remark(start, end, text, level=Level.WARN)
    if status is not None and status.is_open:
        for start, end, _ in search(body, _RESOLVED_ALREADY, _SOME):
            text = f"'{show(body, start, end)}', but the state says {status.value}: set it to resolved."
            yield Remark(start, end, text, level=Level.WARN)


def _find_nonsense(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in reading.seek(_NONSENSE):
            if match["one"] and _RATE_AFTER.match(reading.prose, match.end()):
                continue
            shown = show(reading, *match.span())
            yield Remark(*match.span(), f"'{shown}' contradicts itself: did an edit change one word too many?", part)
    for start, end, other in find_contradictions(post.body):
        text = f"'{show(post.body, start, end)}' cannot be while '{' '.join(other.split())}': correct one of them."
        yield Remark(start, end, text)


def _find_claimed_causes(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.cause is not Cause.UNKNOWN or context.status is IncidentStatus.RESOLVED:
        return
    for start, end, _ in search(post.body, _CLAIMS_CAUSE, _NO_CLAIM, _NO_CAUSE):
        text = f"'{show(post.body, start, end)}' names a cause, but the incident has none yet: set it, or leave it out."
        yield Remark(start, end, text)


RULES = (
    Rule("TR002", Level.BLOCK, "Resolved while a probe is red or silent", _find_early_end),
    Rule("TR003", Level.BLOCK, "Words that contradict the state", _find_contradictions),
    Rule("TR006", Level.WARN, "Words that contradict themselves", _find_nonsense),
    Rule("TR008", Level.WARN, "A cause, while the cause is unknown", _find_claimed_causes),
)
