"""Blame of suppliers, colleagues and customers, which explains nothing to those who read it (BL)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import Cause
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.people import find_deeds, find_given_names
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import find_names

#: Suppliers that many build on; a page of one of them names it in `words.products`.
_SUPPLIERS = (
    *(
        "AWS",
        "Amazon Web Services",
        "Amazon",
        "Azure",
        "Microsoft",
        "Google Cloud",
        "Google",
        "GCP",
        "Cloudflare",
        "Fastly",
    ),
    *(
        "Akamai",
        "Twilio",
        "Stripe",
        "Okta",
        "Auth0",
        "Heroku",
        "DigitalOcean",
        "Linode",
        "OVH",
        "Hetzner",
        "Equinix",
        "GitHub",
    ),
    *(
        "Slack",
        "SendGrid",
        "Mailgun",
        "PagerDuty",
        "Datadog",
        "Salesforce",
        "Shopify",
        "PayPal",
        "Vonage",
        "Verizon",
        "AT&T",
    ),
    *(
        "T-Mobile",
        "Level 3",
        "Level3",
        "Lumen",
        "CenturyLink",
        "Cogent",
        "Comcast",
        "Telia",
        "Zayo",
        "Vercel",
        "Netlify",
    ),
    *("MongoDB Atlas", "Snowflake", "CrowdStrike", "OpenAI", "Anthropic", "Facebook", "Meta", "Apple", "Oracle", "IBM"),
)
#: Names that are words as well when they are written small.
_ALSO_WORDS = frozenset({"Slack", "Meta", "Level 3", "Lumen", "Cogent", "Apple", "Oracle", "Snowflake"})
_BECAUSE = Folded(
    r"(?<!\w)(?:due to|caused by|because of|result of|thanks to|owing to|blame[sd]? on|fault of|traced to)"
    r"(?P<rest>[^.;:!?\n]{1,80})",
)
_TROUBLE = Folded(
    r"(?<!\w)(?:outage|failure|issue|issues|problem|problems|incident|disruption|downtime|degradation|error|errors"
    r"|fault|bug"
    r"|mistake|maintenance|event|interruption|impairment)(?!\w)",
)
_EXCUSE = Folded(
    r"(?<!\w)(?:(?:beyond|outside(?: of)?|out of) our (?:direct )?control|not our (?:fault|responsibility|problem)"
    r"|(?:their|(?:the|our) (?:(?:hosting|cloud|dns|network) )?(?:provider|vendor|supplier|partner|carrier"
    r"|third[- ]party|isp)(?:['’]s)?) (?:own )?(?:fault|mistake"
    r"|negligence|error"
    r"|incompetence)|(?:due to|because of|caused by) their (?:own )?(?:failure|outage|problems?|issues?|errors?)"
    r"|their failure(?= (?:to|caused|led|has|is|was|brought))|(?:fault|mistake|negligence|incompetence) (?:of"
    r"|by) our (?:\w+ ){0,2}(?:provider|vendor|supplier|partner|carrier|isp|data cent(?:er|re))"
    r"|(?:our|the) (?:\w+ ){0,2}(?:provider|vendor|supplier|carrier|isp) (?:messed up|screwed up|failed to|forgot to"
    r"|broke)"
    r"|nothing (?:that )?we (?:can|could) do(?! to)|let us down"
    r"|(?:no |not (?:the |any )?)fault of (?:ours|our own)|(?:incompetent|careless|unreliable|sloppy"
    r"|hopeless) (?:\w+ )?"
    r"(?:provider|vendor|supplier|partner|carrier|isp)"
    r"|entirely (?:on )?their (?:side|end)"
    r"|to blame|(?:is|was|it['’]s|that['’]s) out of our hands|with our (?:\w+ )?(?:provider|vendor|supplier|carrier"
    r"|isp),? (?:and )?not"
    r" (?:with )?us|(?:provider|vendor|supplier|carrier|isp) dropped the ball|^their failure(?=[.!]))(?!\w)",
    needs=(
        " broke| by our | carrier| control| forgot | isp| messed | not us| not wit| of our| partner| screwed"
        "| supplie| third| vendor| we coul|eless |failed t|incompet|let us d|not our |provider|ropped t|sloppy "
        "|thei|to blame|unreliab|we can d"
    ),
)
_BLAMED_BEFORE = Folded(r"(?:\b(?:because|since|as)|\b(?:blame|thanks to)) (?:of )?$")
_FAULT_OF = Folded(
    r"\b(?:(?:fault|blame|failure|mistake)s? (?:lies?|is|was|rests) (?:solely |entirely )?(?:with|at|on)|blame"
    r"|(?P<is_a>(?:this|it|that) (?:is|was) (?:all |yet )?(?:an?|another))"
    r"|(?P<is_on>(?:issue|problem|trouble) (?:is|was|lies) (?:with|at|on))) $"
)
_ITS_TROUBLE = Folded(r"(?:['’]s (?:end|side)\b| (?:issue|problem|outage|failure|fault|thing)\b)")
_BLAMED_AFTER = Pattern(
    r" (?:(?:has|have) )?(?:had|is having|are having|was having|suffered) (?:an? |some |another |its )?(?:\w+ )?"
    r"(?:outages?|problems?|issues?|failures?|trouble|incident)\b| broke\b|"
    r"['’]s? (?:fault|mistake|failure|outage|negligence|incompetence)\b| is down,? (?:so|and (?:so|therefore))\b"
    r"| (?:(?:has|have) )?(?:once again |again )?(?:messed|screwed|mucked|cocked) (?:\w+ )?up\b| dropped the ball\b"
    r"| (?:broke|failed|let down|took down"
    r"|brought down) (?:us|our|the|it|everything|this)\b| (?:is|was) (?:fully |solely )?responsible for\b"
    r"| (?:issue|problem|outage|failure|fault) (?:and )?not (?:ours|us|of ours)\b| and they (?:failed|broke)\b"
    r"| (?:took|brought) (?:us|our \w+) down\b| let us down\b| (?:is|was|are) (?:solely |entirely )?to blame\b"
)
_DID = Pattern(r" (?:is|was|went|has|had|broke|failed|fails|keeps|cannot|could not)\b")
_PERSON = (
    r"(?:engineers?|developers?|technicians?|contractors?|interns?|sysadmins?|team members?|devops"
    r"|(?:our|an|a|one of our) (?:\w+ )?(?:employees?|operators?|administrators?|admins?|colleagues?"
    r"|staff(?: members?)?"
    r"|dbas?)"
    r"|(?:support|operations|ops|platform|network|database|dev|qa|security|infrastructure|deployment|release) team"
    r"|someone|somebody|one of (?:our (?:\w+ )?(?:team|people)|us)|ops)"
)
_SLIP = (
    r"(?:(?:had |has )?(?:accidentally|mistakenly|inadvertently|erroneously|wrongly|carelessly|incorrectly"
    r"|unintentionally)(?! (?:see|sees|seeing|saw|receiv\w+|gets?|got|were|was|are|being|appear\w*|show\w*|listed"
    r"|marked"
    r"|flagged|charged|billed|logged|blocked|detected|identified))"
    r"|(?:had |has )?(?:mistyped|misconfigured|misread|forgot(?:ten)?(?= to)|fat-?fingered"
    r"|made (?:a|an) (?:\w+ )?(?:mistake|error|typo)|messed up|screwed up|neglected to|overlooked"
    r"|did(?: not|n['’]t) (?:follow|check|test|verify|notice|read)"
    r"|failed to (?:follow|check|test|verify|notice|read|renew|update|apply|communicate|escalate)|ran the wrong"
    r"|by mistake"
    r"|(?:deleted|dropped|pushed|pulled|unplugged|typed|applied) the wrong|should have (?:known|checked|tested)))"
)
_HUMAN = Folded(
    r"(?<!\w)(?:(?:human|manual|employee|engineer|technician|staff|personnel)(?:['’]s)?[ -](?:error|mistake)s?"
    r"|(?:operator|administrator)(?:['’]s)?[ -](?:error|mistake))"
    r"(?! (?:rate|message|code|report|log|page|handl))(?!\w)"
    r"|(?<!\w)(?:fat[- ]finger\w*|careless|(?:caused|triggered) by (?:an?|one of our) (?:\w+ )?(?:engineer|developer"
    r"|technician|administrator"
    r"|sysadmin|dba|operator|employee|colleague|intern)|our team failed to|a typo made by|negligence (?:of|by)"
    r"|carelessness)(?!\w)",
    needs=(
        "a typo m|careless|ed by a|ed by on|employee|finger|human|manual|negligen|ngineer |ngineer'|ngineer-"
        "|ngineer’|personne|r team f|rator|staff|technici"
    ),
)
#: What a team guards against is no blame.
_GUARDED = Folded(
    r"(?i:\b(?:potential|risks?|likelihood|chances?|possibility|probability|opportunit\w+|prevent\w*|avoid\w*"
    r"|reduc\w+|eliminat\w+|minimi[sz]\w+|limit\w*|protect\w*|guard\w*|safeguards?|unless|if|against|catch\w*"
    r"|detect\w*|rule out)\b[^.!?\n]{0,40}\Z)"
)
_COLLEAGUE = Folded(
    rf"(?<!\w){_PERSON} (?:\w+ )?{_SLIP}(?!\w)",
    needs=(
        "accident|careless|did not |didn|erroneou|failed t|fingered|forgot|hould ha|inadvert|made a|messed u"
        "|misconfi|misread|mist|ncorrectl|neglecte|overlook|screwed |unintent|wrong"
    ),
)
_MISTAKE_BY = Folded(
    r"(?<!\w)(?:mistake|error|oversight|typo|slip|negligence)s? (?:made |caused |committed )?(?:by|of|from) "
    rf"(?:(?:an?|our|the|one of (?:our|the)) )?(?:\w+ )?{_PERSON}(?!\w)",
    needs=(
        "admin|ase team|atform t|colleagu|contract|cture te|curity t|dba|dev team|employee|engineer|etwork t"
        "|eveloper|intern|one of |operator|ops|qa team|somebody|someone|staff|t team|team mem|technici|tions te"
    ),
)
# A client may be a program: it is a customer only where it is somebody.
_CLIENT = r"(?:customers?|clients?(?= who|['’]s? )|users?|tenants?|subscribers?|merchants?)"
_SOMEBODY = r"(?:customer|client|user|tenant|subscriber|merchant)"
_CLIENT_BLAME = Folded(
    r"(?<!\w)(?:(?:due to|caused by|because of|triggered by|result of|traced to) "
    r"(?:(?:a|an|one|the|some|certain|single|another|individual|particular|specific|large|few|of our|misbehaving"
    r"|abusive"
    rf"|heavy|high-volume) ){{1,4}}{_CLIENT}"
    r"(?![- ](?:facing|reported|report|impact|support|portal|api|account|session|data|dashboard|authentication"
    r"|management"
    r"|experience|communication|service|interface|login))(?:['’]s?)?"
    r"(?= (?:\w+ ){0,2}(?:misconfigur|mistake|misuse|error|script|fault|abuse|overload|traffic|workload|job|sending"
    r"|who|that"
    r"|making|running|generating))"
    rf"|(?:an?|one|the|one of our|another|some) (?:(?:large|single|abusive|misbehaving|certain) )?{_CLIENT} "
    r"(?:had |has |have |was |were )?(?:misconfigured|overload(?:ed|ing)|abus(?:ed|ing)|misus(?:ed|ing)|flood(?:ed|ing)"
    r"|brought down|broke|hammer(?:ed|ing)|sent (?:us )?(?:too many|an excessive|a (?:huge|flood|burst|very large))"
    r"|caused (?:this|the|an?) (?:\w+ )?(?:outage|incident|issue|problem|disruption|overload))"
    rf"|(?:an?|one|another|a single) (?:(?:large|big|single|certain|new|very|\w+ing) ){{0,2}}{_SOMEBODY}['’]s?"
    r" (?:[\w-]+ ){0,3}(?:script|import|integration|workload|jobs?|quer(?:y|ies)|traffic|bots?|app|code|batch|export"
    r"|upload"
    r"|campaign|test|load|requests|crawler|misconfiguration)s? (?:\w+ )?(?:overload(?:ed|s)|overwhelm(?:ed|s)|caused"
    r"|causes|broke|breaks|took|flood(?:ed|s)|brought|exhaust(?:ed|s)|filled|fills|saturat(?:ed|es)|hogg?(?:ed|s)"
    r"|used up"
    r"|knocked)"
    rf"|(?:an?|one|another|a single) (?:\w+ )?{_SOMEBODY} (?:is|was|keeps|has been) (?:abusing|flooding|overloading"
    r"|hammering|misusing|attacking|overwhelming|sending (?:us )?too)"
    rf"|(?:traffic|requests|load|calls|quer(?:y|ies)|jobs) (?:from|of|by) (?:an?|one|a single"
    rf"|a large) (?:\w+ )?{_SOMEBODY}"
    r" (?:\w+ )?(?:overload(?:ed|s)|overwhelm(?:ed|s)|caused|broke|took|flood(?:ed|s)|brought|exhaust(?:ed|s)|filled"
    r"|saturat(?:ed|es))"
    rf"|{_CLIENT} who (?:had |have )?(?:misconfigured|misused|abused|overloaded|flooded|broke)"
    r"|(?:an?|one|the|our) clients? (?:misused|abused|misconfigured|overloaded|flooded)"
    r"|(?:customers?['’]?s?|users?['’]?s?|your|their) (?:own )?(?:misconfiguration|misuse|mistake|negligence|fault)"
    r"(?! (?:tolera|domain|detect|isolat|inject|line))"
    r"|(?:customers?|users?) (?:are|were) (?:to blame|responsible for (?:this|the)|at fault|using it wrong(?:ly)?)"
    r"|(?:caused by|due to) (?:customer|user) (?:error|misconfiguration|misuse)(?!s? (?:rate|message|page)))(?!\w)",
    needs=(
        " a burst| a huge| an exce| attacki| fault| mistake| neglige| overwhe| too|a very l|abusing|affic by"
        "|affic fr|broke|brought |bscriber|calls |client|due to |ecause o|er error|flood|ggered b|hammer|ing it w"
        "|jobs |load by |load fro|load of |merchant|misconfi|misus|overload|queries |query |raffic o|re respons"
        "|re to bl|result o|s by |tenant|traced t|uests fr|uests of|used|user'|user’|ustomer'|ustomer’"
    ),
)
#: What is said of programs and crowds too.
_CLIENT_HINT = Folded(
    r"(?:^|(?<=[.!?] ))a (?:user|customer|tenant|client) (?:\w+ly )?(?:deleted|dropped|uploaded|imported|triggered"
    r"|disabled|misconfigured)\b|^user errors?(?=[.!]|$)|\b(?:an?|the|one) (?:customer|client|tenant) broke (?:their"
    r"|its)\b|\b(?:was|due to"
    r"|caused by|simply|just) (?:an? )?user error\b|\b(?:an?|one|single) (?:\w+ )?(?:abusive|misbehaving|malicious"
    r"|rogue) (?:client|customer|user|tenant|account)\b"
    r"|\b(?:customer|tenant|client|user|merchant)['’]s (?:traffic|script|workload|jobs?|quer(?:y|ies)|load|requests) "
    r"(?:\w+ )?(?:brought|took|caused|overload\w*|broke)\b|\bmisuse by (?:\w+ )?(?:customers?|users?|clients?"
    r"|tenants?)\b"
    r"|\b(?:a|one|single) (?:\w+ )?(?:customer|tenant|client) (?:ran|started|launched) an?\b"
    r"|\b(?:(?:customers?|users?|clients|subscribers) (?:who |that )?(?:(?:should have|failed to|neglected to"
    r"|forgot to)"
    r" (?:read|know|upgrade|update|renew|follow|check|migrate|act)\w*|ignored|misus\w+|misconfigured|abused?|(?:is"
    r"|are|were|was) abusing|do not read|did not read)"
    r"|(?:a|one|single|the) (?:\w+ )?(?:customer|tenant|client|user) (?:\w+ )?(?:hogged|is responsible for"
    r"|was responsible for|is to blame|is at fault)|you (?:should have (?:read|known|up|re|fol|check|migr)\w*"
    r"|misconfigured|failed to (?:read|renew|update)"
    r"|ignored|did(?: not|n['’]t) (?:read|renew|update|follow))"
    r"|(?:your|the (?:customer|client|user)['’]?s?) (?:own )?fault\b(?! (?:tolera|domain|detect|isolat|inject|line))"
    r"|(?:fault|mistake|blame|error) (?:is |was |lies )?"
    r"on (?:your|the (?:customer|client|user)s?['’]?s?) (?:end|side)|improper use by"
    r"|(?:customer|tenant|client|user|merchant)['’]s (?:\w+ ){1,2}(?:brought|took) (?:us|the|our|it) down)",
    needs=(
        " broke | lies on| not rea| was on |a custom|a user |abus|blame|brought |client |did not |didn|ed to "
        "|error on|fault|forgot t|hogged|hould ha|ignored|improper|maliciou|misbehav|misconfi|mistake |misus|rogue"
        "|ror is o|s job|s load |s quer|s reques|s responsi|s script|s traffic |s worklo|stomer l|tenant |tomer ra"
        "|tomer st|took |user err"
    ),
)


def _find_suppliers(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    own = {name.lower() for name in (*tuning.words.products, *context.names)}
    names = [name for name in (*tuning.words.suppliers, *_SUPPLIERS) if name.lower() not in own]
    names += [name.lower() for name in names if name not in _ALSO_WORDS and not name.islower()]
    has_link = bool(context.facts.provider_url) or any(not _is_own(link.url, context) for link in post.body.links)
    is_ours_to_tell = context.cause in (Cause.UPSTREAM, Cause.SHARED)
    level = Level.BLOCK if is_ours_to_tell and not has_link else Level.WARN if not has_link else Level.INFO
    for part, reading in post.parts:
        for match in reading.seek(_EXCUSE):
            yield Remark(
                *match.span(),
                "Say what you do about it: customers chose you, not your supplier.",
                part,
                level=Level.WARN,
            )
        for start, end in _named_suppliers(reading, names):
            name = reading.text[start:end]
            text = f"{name} is no excuse: say 'a fault at our supplier', link its own notice, and say what you do."
            yield Remark(start, end, text, part, level=level)


def _is_own(url: str, context: Context) -> bool:
    return bool(context.page_url and url.startswith(context.page_url))


def _named_suppliers(reading: Reading, names: list[str]) -> Iterator[tuple[int, int]]:
    prose = reading.prose
    names = [name for name in names if name in prose]
    for match in _BECAUSE.finditer(prose) if names else ():
        start = match.start("rest")
        rest = prose[start : match.end("rest")]
        found = [
            (start + low, start + high)
            for name in names
            if name in rest
            for low, high in find_names(rest, (name,))
            if (_TROUBLE.search(rest) or low <= 4) and not rest[:low].rstrip().endswith(("outside", "outside of"))
        ]
        if found:
            yield min(found, key=lambda span: (span[0], -span[1]))
    for name in names:
        for start, end in find_names(prose, (name,)):
            before = _FAULT_OF.search(prose, max(0, start - 40), start)
            is_blamed = _BLAMED_AFTER.match(prose, end) or (
                before and (not (before["is_a"] or before["is_on"]) or _ITS_TROUBLE.match(prose, end))
            )
            if is_blamed or (_BLAMED_BEFORE.search(prose, max(0, start - 12), start) and _DID.match(prose, end)):
                yield start, end


def _find_colleagues(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for pattern in (_HUMAN, _COLLEAGUE, _MISTAKE_BY):
            for match in reading.seek(pattern):
                if pattern is _HUMAN and _GUARDED.search(reading.prose, max(0, match.start() - 60), match.start()):
                    continue
                text = "This blames a person: say what went wrong, such as 'one wrong value in a configuration file'."
                yield Remark(*match.span(), text, part)
        told: list[tuple[int, int]] = []
        for start, end in find_deeds(reading):
            told.append((start, end))
            yield Remark(start, end, "This blames a person: say what went wrong, not who did it.", part)
        for start, end, level in find_given_names(reading):
            if not any(low <= start < high for low, high in told):
                shown = reading.text[start:end]
                yield Remark(start, end, f"'{shown}' is a person: no names of people in public.", part, level=level)
        for start, end in find_names(reading.text, tuning.words.people):
            if not reading.is_meant(start, end):
                yield Remark(
                    start, end, f"'{reading.text[start:end]}' is a colleague: no names of people in public.", part
                )


def _find_customers(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        for match in reading.seek(_CLIENT_BLAME):
            yield Remark(*match.span(), "This blames a customer: tell that one directly, and here what failed.", part)
        for match in reading.seek(_CLIENT_HINT):
            text = "This may read as blame of a customer: say what failed, and what you limit now."
            yield Remark(*match.span(), text, part, level=Level.WARN)


RULES = (
    Rule("BL001", Level.WARN, "A supplier as the excuse", _find_suppliers),
    Rule("BL002", Level.BLOCK, "A person or team blamed", _find_colleagues),
    Rule("BL003", Level.BLOCK, "A customer blamed in public", _find_customers),
)
