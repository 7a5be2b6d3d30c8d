"""Whether a text says who is hit and what is done about it, however it says so (MS003, MS004)."""

from __future__ import annotations

from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading

_CROWD = (
    r"(?:users?|customers?|clients?|subscribers?|visitors?|members?|tenants?|merchants?|people|accounts?|callers?"
    r"|shops?|stores?|teams?|organi[sz]ations?|companies|readers|players|drivers|partners|developers|admins?"
    r"|administrators?|viewers|guests|buyers|sellers|employees|students|patients|hosts|sites|websites|domains|projects"
    r"|workspaces|instances|servers|devices|apps|machines|mailboxes|requests|calls|messages|orders|attempts"
    r"|transactions|payments|connections|sessions|emails?|regions?|zones|countr\w+|files|jobs|builds|deployments"
    r"|tickets)"
)
_COUNTED = Folded(
    r"\d ?%|\bper ?cent\b|\b(?:all|every|each|both|only|any|no|half|a third|a quarter|two thirds|several|most|many|some"
    rf"|few|one|two|three|four|five|six|seven|eight|nine|ten|\d[\d,.]*[km]?) (?:of )?(?:[\w'’-]+ ){{0,3}}{_CROWD}\b"
    r"|\b(?:\d[\d,.]*|one|two|three|four|five) (?:in|of|out of) (?:every )?(?:\d|two|three|four|five|six|seven|eight"
    r"|nine|ten|a hundred)|\b(?:subset|portion|number|fraction|group|share|minority|majority|part|handful|half|third"
    r"|quarter|percentage|set) of\b"
    r"|\b(?:everyone|everybody|nobody|no one|worldwide|global\w*|everywhere|(?:not )?limited to|scope|how many"
    r"|affected:|whom|which (?:customers|users|regions))\b"
    r"|\b(?:do(?:n['’]t| not)|not) (?:yet )?know (?:yet )?(?:how many|who|which|whom)\b"
    rf"|\b(?:about|around|roughly|nearly|almost|over|more than|up to) (?:[\w-]+ ){{1,2}}{_CROWD}\b"
    r"|\b[a-z]{2,4}-[a-z]+-\d[a-d]?\b"
)
#: Whom a crowd is made of: what they have, use or do.
_WHICH = Folded(
    rf"\b{_CROWD} (?:who|whose|that|which|with|without|of|on|using|in|from|at|via|through|by|above|over|below|under"
    r"|between|outside|inside|created|placed|sent|made|hosted|running|connected|trying|attempting|accessing|visiting"
    r"|signing|logging|signed|based|located|near|behind|when)\b"
    r"|\b(?:versions?|release|android|ios|iphone|ipad|windows|mac ?os|linux|chrome|firefox|safari|edge|tvs?|tablets?"
    r"|desktop|mobile|browser)s?\b"
    rf"|\b(?:new|existing|free|paid|paying|trial|enterprise|business|premium|mobile|web|european|american|asian|german"
    rf"|french|british|australian|japanese|canadian|indian) {_CROWD}\b"
)
#: What begins with a capital and names neither a place nor a part of what we offer.
_NO_NAME = (
    r"(?:APIs?|HTTPS?|DNS|SSL|TLS|URLs?|UTC|GMT|[PMCE][SD]?T|We|Our|The|This|These|It|They|I|You|If|There|A|An|All"
    r"|Mon|Tue"
    r"|Wed|Thu|Fri|Sat|Sun|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov"
    r"|Dec|(?:Janu|Febru)ary|March|April|August|(?:Septem|Octo|Novem|Decem)ber|ETA|SLA|SEV\d|Engineering|Customers?"
    r"|Users?"
    r"|Support|Investigating|Identified|Update|Monitoring|Resolved)"
)
#: A name behind such a word, or before people: a place, a product, a network or a plan.
_NAMED = Pattern(
    r"\b(?:[Ii]n|[Ff]rom|[Oo]f|[Tt]o|[Ff]or|[Oo]n|[Aa]t|[Aa]cross|[Nn]ear|[Vv]ia|[Ww]ith|[Tt]hrough|[Oo]utside"
    r"|[Ww]ithin|[Bb]etween|[Uu]sing|[Oo]ver) (?:(?:the|our|all|parts of|northern|southern|eastern|western|central)"
    rf" )*(?!{_NO_NAME}\b)[A-Z][\w&.-]*"
    r"|\b(?!(?:Some|Many|Most|Numerous|Several|Certain|Multiple|A|An|Few|Various|Other|All|The|Our|These|Those|Affected"
    r"|Impacted|Selected|Any|No|For|And|But|As|Only|Not|Your|Their|Both|Each|Every|Fewer|More)\b)"
    r"[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:users?|customers?|clients?|visitors?|accounts?|callers?|subscribers?|members?"
    r"|shops?|merchants?)\b"
    r"|\b(?:EU|US|USA|UK|APAC|EMEA|LATAM|AU|NA|[A-Z]{3}\d)\b|\b(?:Europe|America|Asia|Africa|Australia|Canada|India"
    r"|Japan"
    r"|China|Germany|France|Brazil|Mexico)\b"
)

#: What they do by which they are known.
_WHILE = Folded(
    r"\b(?:when|while|after) [a-z]+ing\b|\b(?:attempting|trying) to [a-z]+\b|\b(?:when|if|who) they [a-z]+\b|\bvia\b"
)

_WE = (
    r"(?:we|i|engineers?|technicians?|operations|specialists|they|(?:our|the|a|an|another|their) (?:[\w'’-]+ ){0,4}?"
    r"(?:teams?|engineers?|engineering|technicians?|staff|colleagues|experts?|specialists?|developers?|provider"
    r"|supplier|carrier|partners?|vendor|maker|operator|company)|(?:[a-z-]+ )?teams?|[a-z]+(?=(?: is"
    r"| are) (?:investigating|aware|working"
    r"|tracking|looking)))"
)
_HOW = (
    r"(?:(?:now|still|also|currently|actively|already|just|both|all|again|then|since|aware(?: of)?|continuing to|busy"
    r"|hard at work|closely|urgently|immediately|been|and|further|always|fully) )*"
)
_NOTICING = (
    r"(?:experienc|see|observ|notic|hav|receiv|hear|get|be|do|expect|hop|apologi[sz]|regrett|suffer|encounter|happen"
    r"|go|fail)ing"
)
_NOTICED = (
    r"(?:had|seen|noticed|experienced|received|observed|been|heard|apologi[sz]ed|become|got|detected|felt|expected"
    r"|happened|failed|lost)"
)
_ACTING = Folded(
    rf"\b{_WE}(?:['’]re| are| is|['’]s| am) {_HOW}(?!{_NOTICING}\b)[a-z-]{{2,20}}ing\b"
    rf"|\b{_WE}(?:['’]ve| have| has) {_HOW}(?!{_NOTICED}\b)(?:[a-z-]{{2,20}}(?:ed|wn|un|ut|ft|en|ept|aid|ade|id|old"
    rf"|ought"
    r"|one|ound|et|elt|ent|ung))\b(?! (?:issues|errors|problems|trouble)\b)"
    rf"|\b{_WE}(?:['’]ll| will| shall) {_HOW}(?!be (?:down|offline|unavailable)|(?:have|see|notice|experience|keep you"
    r"|post|provide|update|share|inform|tell|let)\b)[a-z-]{2,20}\b"
    rf"|\b{_WE} {_HOW}(?:continues?|keeps?|found|identified|started|began|stopped|restarted|replaced|returned|rolled"
    r"|turned|switched|moved|added|installs?|works?|investigates?|looks?|turns?|moves?|adds?|restores?|repairs?"
    r"|fix(?:es)?"
    r"|replaces?|restarts?|tr(?:y|ies)|tests?|checks?|searche?s?|believes?|thinks?|knows?|go(?:es)? on)\b"
    rf"|\b{_WE}(?:['’]re| are| is|['’]s) {_HOW}(?:on it|on site|on this|at work|in (?:contact|touch|talks)|engaged|able"
    r" to|in the process|underway|on (?:the|its) way|aware|back at it|done|after it)\b"
    r"|\b(?:fix\w*|mitigation|work|repairs?|investigation|rollback|replacement|restart|update|upgrade|patch|change"
    r"|spare"
    r"|technicians?|engineers?|help|recovery|restore|rebuild|test|workaround|solution|disk|part|copy|index|servers?) "
    r"(?:(?:[\w-]+ ){0,5}?)(?:is|has|was|are|have|were) (?:[\w-]+ )?(?:on (?:its|the|their) (?:way|site)|being \w+|been"
    r" \w+|under ?way|in progress|running|ongoing|ready|done|complete\w*|live|in place|with|expected|rolling|out|copied"
    r"|rebuilt|replaced|restarted|implemented|deployed|applied|underway|scheduled|started|continuing|found"
    r"|identified)\b"
    r"|\b(?:is|are|being) (?:being )?(?:(?:now|currently|actively|already|also|again|still|each) )?(?:being )"
    r"(?!seen|affected|impacted|experienced|rejected|refused|dropped|returned|delayed|blocked|reported|observed)[a-z-]"
    r"{3,20}(?:ed|t|n)\b"
    rf"|\b(?:is|are|and|has been|have been) {_HOW}(?:applying|working (?:on|to|with|hard|through)|implementing|testing"
    r"|deploying|repairing|fixing|mitigating|addressing|replacing|preparing|searching|reviewing)\b"
    rf"|\b{_WE} (?:now )?(?:have|has) (?:an?|the|our) (?:[\w-]+ )?(?:fix|patch|workaround|repair|replacement|plan)\b"
    r"|\bout of (?:service|rotation)\b|\b(?:investigati(?:ng|on)|monitoring|rolling (?:back|out)|working (?:on|to"
    r"|with)|looking (?:into|for|at)"
    r"|restarting"
    r"|repairing|restoring|tracking|troubleshooting|mitigating|(?:on it|team['’]s on it))\b"
    r"|\b(?:maintenance|next steps?|actions? taken|engaged|escalated|rerouting|re-routing)\b"
)


def names_part(reading: Reading, start: int, end: int) -> bool:
    """Tells whether a stretch of a text names a place, a product, or what people do there."""
    return bool(_NAMED.search(reading.prose, start, end) or _WHILE.search(reading.prose, start, end))


def says_whom(reading: Reading) -> bool:
    """Tells whether a text says who is hit: how many, where, or by what they have in common."""
    prose = reading.prose
    return bool(_COUNTED.search(prose) or _WHICH.search(prose) or _NAMED.search(prose))


def says_action(reading: Reading) -> bool:
    """Tells whether a text says what anybody does about it."""
    return _ACTING.search(reading.prose) is not None
