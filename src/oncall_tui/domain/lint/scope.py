"""Who is hit, how sure we are, and what we promise (SC)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern, any_word
from oncall_tui.domain.lint.reading import MASK, Post, Sentence
from oncall_tui.domain.lint.signs import fold, holds_any
from oncall_tui.domain.lint.whom import names_part

_CROWD = (
    "users|customers|accounts|clients|requests|visitors|subscribers|organi[sz]ations|people|members|tenants|merchants"
    "|sites|calls"
    "|messages|websites|instances|projects|workspaces|teams"
)
_SOME = Folded(
    rf"(?<!\w)(?<!how )(?:some|most|numerous|selected|a couple|an unknown number|a part"
    rf"|certain|several|multiple|not all|a few|many|a (?:small |large |limited "
    rf"|very small )?(?:subset|portion|group|set|share|part|slice"
    rf"|number"
    rf"|fraction|percentage|handful"
    rf"|proportion|minority|majority)|a subset|various) (?:of )?(?:our |the |your "
    rf"|all )?(?:\w+ ){{0,2}}?(?:{_CROWD})(?!\w)|(?<!\w)some of you(?!\w)",
    needs=(
        "a couple|a few|an unkno|certain|fraction|group|handful|many|most|multiple|not all|number|numerous|ority"
        "|part|percenta|portion|selected|set|several|share|slice|some|various"
    ),
)
#: What makes a crowd a known one: a number, a place, or a feature that only they use.
_NUMBER = Pattern(
    r"\d ?%|\bper ?cent\b|\b\d[\d.,]*[kKmM]? (?:of |out of )|\b(?:one|two|three|1|2|3) (?:in|out of) (?:\w+|\d+)\b"
    rf"|\b\d[\d.,]*[kKmM]? (?:\w+ ){{0,2}}(?:{_CROWD})\b|\b(?:half|a third|a quarter|two thirds) of\b"
)
_PLACE = Pattern(
    r"\b(?:in|from|within|across|of|to|for) (?:the |our |a |parts of |part of )?(?:single |northern |southern "
    r"|eastern |western |central )?"
    r"(?:[A-Z]{2,4}\b|[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:region|regions|zone|data ?cent(?:er|re)s?|cell|cluster|pop)\b"
    r"|(?:North |South |East |West |Central )?"
    r"(?:America|Europe|Asia|Africa|Australia|India|Japan|Brazil|Canada|Germany|France|Singapore|Ireland|London"
    r"|Frankfurt|Sydney|Tokyo|Mumbai|Virginia"
    r"|Oregon|Ohio|California|United|UK|Pacific|Latin|Middle))|\b(?:us|eu|ap|sa|ca|me|af|asia|europe|australia"
    r"|northamerica|southamerica)-[a-z]{2,12}-?\d?"
    r"|\b(?:EU|US|UK|APAC|EMEA|LATAM|NA|AU)\b"
)
_FEATURE = Folded(
    r"\b(?:using|with|on|who (?:use|have|are on|signed|sign|log|were|try|tried|sent|created|connect)|that (?:use|have)"
    r"|via|through|running"
    r"|whose|accessing|hosted|behind|connected to|logging in) (?!us\b|our\b|it\b|this\b|the issue)\w",
)
_HEDGES = frozenset(
    {"some", "certain", "several", "few", "may", "might", "could", "possibly", "possible", "potential", "potentially",
     "intermittent", "intermittently", "occasional", "occasionally", "sometimes", "sporadic", "sporadically", "seem",
     "seems", "seemingly", "apparently", "likely", "perhaps", "probably", "partially", "partial", "limited", "various",
     "presumably"}
)  # fmt: skip
_HEDGING = any_word("a (?:small )?(?:subset|number|portion|fraction|percentage) of|appears? to|at times|to some extent")
_HEDGING_SIGNS = (" of ", "appear", "at times", "to some")
_GUESS = any_word(
    "(?:smells|sounds) like (?:an?|the|some)|(?:^|(?<=[.!?] )|(?<=\\n))(?:might|may|could) be (?!able|late|slow|down"
    "|back|resolved|fixed)\\w+|(?:it|this|that) appears to be (?:the|an?|our)|(?:our|the) (?:best )?(?:guess"
    "|hunch) is|have a hunch"
    "|(?:our|the|one|a) (?:\\w+ ){0,2}?(?:theory|hypothesis|assumption|suspicion|conjecture) (?:is|was|so far)"
    "|working theory"
    "|looks like (?:an?|the|our)|(?:we|our engineers) (?:think|suspect|guess|reckon) (?:that )?(?:the|an?|our|it)"
    "|(?:it|this) could be an?|(?:maybe|perhaps),? (?:it['’]?s|it is|this is|the|an?) \\w+"
    "|most likely,? (?:the|an?|our|it)|(?:is|are) (?:believed|thought|suspected|assumed) to be (?!affect|impact|limit"
    "|isolat|resol|fixed|over|back)\\w+"
    "|possible that (?:an?|the|our) (?:\\w+ ){0,3}(?:caused|led|broke|triggered)"
    "|(?:initial|early|first) (?:signs|indications|evidence|findings) (?:point|suggest|indicate|hint)\\w*"
    "|(?:fairly|pretty|quite|almost) (?:sure|certain|confident) (?:that )?(?:it|this|the|an?)"
    "|(?:may|might|could) (?:well )?be the (?:root )?(?:cause|reason|culprit)|(?:we|our (?:team"
    "|engineers)) (?:currently |now |also )?(?:believe|suspect|think|assume"
    "|suppose) (?:that )?(?:\\w+ ){0,6}?(?:cause|caused|due to"
    "|related to|stems? from|originat\\w+|root cause|triggered|linked|because|responsible|reason|source)"
    "|(?:is|was|are|be|been|were) (?:most |very |quite )?(?:likely|possibly|probably|presumably|potentially"
    "|perhaps) (?:caused by|due to|related to|the result"
    " of|a result of|linked to|connected to|triggered by|because of|a|an)"
    "|(?:seems?|appears?) to (?:be|have been) (?:caused by|due to|related to|the result of|linked to|connected to"
    "|triggered by|because of|a problem with"
    "|an? issue (?:with|at|in))|(?:may|might|could) (?:be|have been) (?:caused by|due to|the result of|triggered by"
    "|because of)"
    "|(?:it|this|that) (?:is|was) (?:most |very |quite )?(?:likely|probably|possibly|presumably) "
    "|(?:it|this|that|the cause) (?:may|might|could) (?:well )?be (?:an?|the|related to|down to) "
    "|(?:may|might|could) be related to|(?:seems?|appears?) (?:to be )?(?:related to|a |an )|(?:it|this) (?:seems"
    "|appears|looks)"
    " (?:to be|like|as if|that) an?|apparently,? (?:an?|the|our)|(?:possibly|probably|presumably) (?:due to|caused by"
    "|related to|the"
    "|because)|(?:we|our (?:team|engineers)) (?:suspect|assume|guess) (?:that )?(?:it|an?|the|this)"
    "|we (?:think|believe) (?:that )?(?:it is|it['’]s|this is|this was|it was|an?) (?!(?:now|resolved|fixed|over|back"
    "|limited|only|safe)\\b)\\w+"
    "|(?:most )?(?:likely|probable|suspected) (?:root )?cause|(?:likely|probably|possibly|presumably) (?:an?"
    "|the) (?:\\w+ ){0,2}?(?:attack|outage|failure"
    "|fault|bug|ddos)"
)
_NEVER_AGAIN = any_word(
    "(?:(?:it|this|that|these|such|they|the (?:same )?(?:issue|problem|incident|outage|error)s?|something like this"
    "|an? (?:issue|incident|outage|problem) like"
    " this|(?:this|such an?|these|similar) (?:\\w+ )?(?:issue|problem|incident|outage|error|event|disruption|failure"
    "|type of (?:issue|problem|incident|outage))s?)"
    " )?(?:will|would|can|could|shall|does|do)(?: ?n[o']t|n['’]t| never|not) (?:ever )?(?:happen|occur|recur|reoccur"
    "|be repeated|take place|come back|return)"
    "(?: ever)? (?:again|in the future|any ?more)|(?:won['’]?t|can['’]?t|cannot) (?:ever )?(?:happen|occur"
    "|take place) again|(?:can|could|will|would|shall) never (?:ever )?(?:happen|occur|recur|reoccur|come back"
    "|be repeated)"
    "|(?:won['’]?t|will not|will never|can never|cannot|can['’]t) (?:ever )?(?:be (?:a|an) (?:problem|issue|concern)"
    "|be seen|see (?:this|it|that|such \\w+)|have (?:this|that|such) \\w+|come back|return) (?:ever )?(?:again"
    "|any ?more)"
    "|never see this again|will never (?:happen|occur|recur|be repeated)|(?:won['’]t|will not"
    "|would not|wouldn['’]t) (?:recur|reoccur"
    "|be repeated)",
    needs=" again| any mor| anymore| be repe| the fut|ever |t re",
)
_ABSOLUTE = any_word(
    "once and for all|(?:we|i) (?:can |do |will |fully |hereby )?guarantee(?: that)?|(?:is|are|be) guaranteed (?:to"
    "|that|not)"
    "|guaranteed (?:fix|uptime|solution|resolution)"
    "|(?:100 ?%|100 per ?cent|one hundred percent|completely and) (?:fixed|resolved|solved|sure|certain|confident"
    "|safe|secure"
    "|reliable|reliability|uptime|availability|stable"
    "|guaranteed?)|permanently (?:fixed|resolved|solved|eliminated|cured|prevented)|(?:fixed|resolved|solved|gone"
    "|eliminated) (?:permanently|for good|once and for"
    " all|forever)|(?:impossible|no way) (?:for this )?(?:to happen again|to recur)|never (?:again|happen again"
    "|fail again|go down again)|bullet-?proof",
    needs=" again| forever| to recu|100 |100% |for good|guarante|letely a|once and|one hund|permanen|proof",
)
#: What sounds like a promise and may be none.
_BOLD = any_word(
    "(?:zero|no) chance (?:of|that)|(?:ensured|made sure) (?:that )?(?:it|this) (?:cannot|can['’]t|will not"
    "|won['’]t) (?:recur|reoccur|happen|come back|return)|(?:was|will be) the last (?:outage|incident|time)"
    "|thing of the past"
    "|(?:absolutely )?no risk|unbreakable|foolproof"
    "|fail-?safe now|(?:you have|we give you) (?:our|my) word|no repeat|no way (?:that )?(?:this|it) (?:can|could"
    "|will|happens|recurs|returns|comes back)"
    "|(?:is|are) now impossible|zero downtime (?:from now|going forward|guaranteed)|(?:fix|repair"
    "|solution) is permanent"
    "|we (?:promise|vow|swear|pledge|assure you)(?: you)? (?:that )?(?:this|it|such|these) (?:stays?|will stay|never"
    "|remains?)|there will be no (?:further|more|repeat)(?: \\w+)?|no more (?:outages?|downtime|failures)|zero risk"
    "|(?:is"
    "|be) the last time"
    "|impossible now",
    needs=(
        " chance | is perm| the las| word|e will be n|foolproo|impossib|no more |no r|no way |safe now|sure"
        "|thing of|unbreaka|we p|we swear|we vow |zero "
    ),
)
_HASTE = any_word(
    "(?:around|round)-the-clock|24x7|day and night|full steam(?: ahead)?|flat out|all the stops|(?:giving"
    "|give) it our all"
    "|with all our might|top priorities|at (?:our|your) earliest convenience|swiftly|(?:around|round) the clock"
    "|doing (?:everything|all) (?:that )?we can|do(?:ing)? our best|24/7"
    "|in a timely (?:manner|fashion)|(?:as )?(?:soon|quickly|fast|rapidly|swiftly|promptly) as (?:possible|we can"
    "|practical|practicable"
    "|we possibly can|humanly possible)|asap|a\\.s\\.a\\.p\\.?"
    "|(?:working|worked|works?) (?:tirelessly|around the clock|round the clock|hard|diligently|feverishly|non-?stop"
    "|as hard as (?:we|they) can)"
    "|(?:all hands on deck|every effort|with (?:the )?(?:utmost|highest|great) (?:urgency|priority|speed)"
    "|at the earliest(?: possible)?(?: opportunity)?|in due course"
    "|top priority|highest priority|utmost importance)",
    needs=(
        " as prac| diligen| earlies| hard| possibl| priorit| tireles|24/7|24x7|a.s.a.p|all hand|as we ca|asap"
        "|clock|day and |do our b|doing |ever|full ste|in a tim|in due c|ith all |ith the |stop|swiftly|t ou"
        "|t speed|t urgenc|utmost i"
    ),
)
_SMALL = any_word(
    "nothing to worry about|no (?:need|reason) to (?:panic|worry)|don['’]t panic|(?:just |only )?a (?:little"
    "|bit) slow\\w*"
    "|(?:hardly|barely) (?:any ?one|anybody|noticeabl[ey]|any (?:users|customers)|noticed)|momentary|a negligible"
    "|(?:simple|easy|trivial) (?:issue|problem|fix|matter)|only (?:some|one or two) (?:users|customers)"
    "|nothing serious|no big deal|not an? (?:major|big|serious) (?:problem|issue|outage|incident)|just some|merely"
    "|(?:short|small|minor|slight|tiny|brief|quick|little) (?:and \\w+ )?(?:blip|hiccup|glitch|bump|hitch|snag|issue"
    "|problem"
    "|outage|disruption|interruption|incident|impact"
    "|inconvenience|error|degradation|delay|slowdown|service (?:disruption|interruption|degradation))s?|blips?"
    "|hiccups?|(?:just|merely|only) (?:an?|some) (?:\\w+ )?(?:few"
    "|small|minor|brief|handful|fraction|subset|short|temporary|cosmetic)|(?:very|relatively|fairly) (?:small|minor"
    "|brief|few|limited)|(?:minimal|negligible|insignificant)"
    " (?:\\w+ )?(?:impact|effect|disruption)?",
    needs=(
        " big | major | panic| problem| seriou| to worr|a bit sl|barely|blip|brief|easy |elativel|fairly |hardly"
        "|hiccup|insignif|just |little |merely|minimal |minor|momentar|negligib|nothing |only |quick |short "
        "|simple |slight |small|tiny |trivial |very few|y limite"
    ),
)
_GUESS_SIGNS = (
    *("smells like", "sounds like", "might be ", "may be ", "could be "),
    *(
        "believe",
        "suspect",
        "think",
        "assume",
        "suppose",
        "hunch",
        "theory",
        "hypothes",
        "assumpt",
        "suspici",
        "conject",
        "reckon",
        "maybe",
        "possible that",
        "signs",
        "indicat",
        "evidence",
        "findings",
        " sure",
        "certain",
        "confident",
        "thought",
        "likely",
        "guess",
        "apparently",
        "looks",
        "probabl",
        "possibly",
        "presum",
    ),
    *("potentially", "perhaps", "seem", "appear", "may be", "might be", "could be", "may have", "might have"),
    *(
        "could have",
        "could well",
        "might well",
    ),
)


def _find_crowds(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    facts = context.facts
    if facts.scope or facts.is_scope_unknown:
        return
    if any(_PLACE.search(reading.prose) for _, reading in post.parts):
        return
    # Where the incident is known, the scope is a question with an answer; in a text alone nobody can tell.
    level = Level.WARN if context.is_first is not None and context.components is not None else Level.INFO
    for match in post.body.seek(_SOME):
        sentence = post.body.sentence_at(match.start())
        text = sentence.text if sentence else post.body.prose
        low, high = (sentence.start, sentence.end) if sentence else (0, len(post.body.prose))
        if not (
            _NUMBER.search(text)
            or _FEATURE.match(post.body.prose[match.end() :].lstrip()[:40])
            or names_part(post.body, low, high)
        ):
            shown = post.body.text[match.start() : match.end()]
            words = f"'{shown}': how many, where, or using what? If nobody knows yet, say that."
            yield Remark(*match.span(), words, level=level)
            return


def _find_hedges(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for sentence in post.body.sentences:
        folded = fold(sentence.text)
        found = [word for word in (each.strip(".,;:()*_\"'") for each in folded.split()) if word in _HEDGES]
        if found and holds_any(folded, _HEDGING_SIGNS):
            found += [match.group() for match in _HEDGING.finditer(folded)]
        if len(set(found)) >= 3:
            shown = ", ".join(f"'{word}'" for word in dict.fromkeys(found))
            level = None if len(set(found)) > 3 or context.severity is not None else Level.INFO
            yield Remark(sentence.start, sentence.end, f"{shown} in one sentence: say what is known.", level=level)


def _find_guesses(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.status is not None and context.status is not IncidentStatus.INVESTIGATING:
        return
    for match in _GUESS.finditer(post.body.prose) if holds_any(fold(post.body.prose), _GUESS_SIGNS) else ():
        text = "This is a guess at the cause: leave it out until it is known."
        yield Remark(*match.span(), text, level=None if context.status else Level.INFO)


def _find_promises(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    prose = post.body.prose
    for match in post.body.seek(_NEVER_AGAIN):
        if _is_aim(post.body.sentence_at(match.start()), match.start()):
            yield Remark(*match.span(), "Nobody can promise that: say what you change.", level=Level.WARN)
        else:
            yield Remark(
                *match.span(), "Nobody can promise that: say what you change, such as 'we have added a test for this'."
            )
    for match in post.body.seek(_BOLD):
        yield Remark(*match.span(), "Can you promise that? Say what you change.", level=Level.WARN)
    for match in post.body.seek(_ABSOLUTE):
        if _DENIED.search(prose, max(0, match.start() - 24), match.start()):
            continue
        yield Remark(*match.span(), "Nobody can promise that: say what was done and how it was checked.")


_AIM = Folded(
    r"(?<!\w)(?:ensure|make sure|prevent|so that|so|in order to|hope|aim|try|trying|working|goal|if|unless"
    r"|until|when|confident|cannot|can['’]t|not"
    r" (?:promise|guarantee|sure|certain)|expect|believe|confirm|verify|monitor\w*|to be sure)(?!\w)",
)


_DENIED = Folded(r"(?i:(?:\b(?:not|cannot|never|nor|hardly)|n['’]t) (?:(?:be|yet|been|to|fully|really) ){0,2}\Z)")


def _is_aim(sentence: Sentence | None, at: int) -> bool:
    return sentence is not None and bool(_AIM.search(sentence.text[: at - sentence.start]))


def _find_haste(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    prose = post.body.prose
    for match in post.body.seek(_HASTE):
        start = match.start() - (prose[match.start() - 1 : match.start()] == " ")
        start -= prose[start - 1 : start] == "," == prose[match.end() : match.end() + 1]
        fix = (
            Fix("take it out", "")
            if match.group().lower().startswith(("as ", "asap")) and start < match.start()
            else None
        )
        span = (start, match.end()) if fix else match.span()
        yield Remark(*span, "This says nothing: say when customers hear from you next.", fix=fix)


def _find_small(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.severity is not None and context.severity > Severity.SEV2:
        return
    level = Level.INFO if context.severity is None else None
    for part, reading in post.parts:
        for match in reading.seek(_SMALL):
            if MASK not in match.group():
                shown = reading.text[match.start() : match.end()]
                text = f"'{shown}' is for customers to say: give the length and the share instead."
                yield Remark(*match.span(), text, part, level=level)


RULES = (
    Rule("SC001", Level.WARN, "Some users, without a number, region or feature", _find_crowds),
    Rule("SC002", Level.WARN, "Three hedges in a sentence", _find_hedges),
    Rule("SC003", Level.WARN, "A guess at the cause", _find_guesses),
    Rule("SC004", Level.BLOCK, "A promise that nobody can keep", _find_promises),
    Rule("SC005", Level.INFO, "Haste without a time", _find_haste),
    Rule("SC006", Level.WARN, "A bad incident made small", _find_small),
)
