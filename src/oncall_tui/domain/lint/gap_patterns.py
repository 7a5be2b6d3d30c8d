"""Words that cannot meet in a sentence unless something between them is gone (PH004)."""

from __future__ import annotations

import re

from oncall_tui.domain.lint.pattern import Pattern, join_pairs

_VERBS = "is|are|was|were|has|have|had|will|would|can|could|may|might|should|must"
_IS = rf"(?:{_VERBS})"
_DOES = (
    r"is|are|was|were|has|have|had|will|would|can|could|should|must|continues|conducted|understands|experienced|"
    r"responded|offers|provides|uses|utilizes|sends|took|began|started|launched|reported|confirmed|apologised"
    r"|apologized|works|"
    r"worked|deployed|implemented|plans|needs|wants|knows|believes|expects|decided|announced|acknowledged|identified"
)
_CROWD = (
    r"(?:team|teams|engineers|staff|experts|colleagues|developers|technicians|users|customers|people|users|clients|"
    r"everyone|operators|partners)"
)
_STARTER = r"(?:The|This|These|Those|We|They|There|It|However|Many)"
_OPEN_END = (
    r"(?:the|an|our|your|their|and|or|affecting|impacting|regarding|concerning|between|due to|because of|via|during)"
)
_DONE_BY = (
    r"(?:caused|experienced|used|provided|hosted|operated|reported|offered|affected|impacted|triggered|sent|owned|run)"
)
_AMOUNTS = "minutes|mins|hours|hrs|days|percent|%"
_AMOUNT = rf"(?:{_AMOUNTS})"

_THING = r"(?:[Ss]ign-ins?|[Ll]ogins?|[Aa]ccess|[Cc]onnections?|[Ii]ntegrations?|[Cc]alls|[Rr]equests|[Dd]elivery)"

#: Each with what is wrong where it matches; a group called `at` marks the place, else the whole match does.
GAPS: tuple[tuple[Pattern, str], ...] = (
    (
        Pattern(
            rf"\b{_CROWD} (?P<at>(?:at|from|of|in|with|behind) (?:{_DOES}))\b",
            pairs=join_pairs("at|from|of|in|with|behind", _DOES),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            rf"\b(?:of|by|from)(?<!aware of)(?<!kind of)(?<!sort of)(?<!capable of)(?<!care of) {_IS}\b(?!-)",
            pairs=join_pairs("of|by|from", _VERBS),
        ),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:for|at) (?:is|are|was|were|has|have|had|can|could)\b", pairs=join_pairs("for|at", _VERBS)),
        "a name is missing here",
    ),
    (
        Pattern(
            r"(?<!be )(?<!being )\b(?:used|operated|provided|hosted|offered|relying|relied|rely|relies|reliant|depend"
            r"|depends|dependent|based|run|owned) (?:by|on|upon) to [a-z]+\b",
            needs=(" by to ", " on to ", " upon to "),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?P<at>(?:by|of|from|with|at|for|between),) (?:a|an|the|there|several|its|which|who|this)\b",
            needs=("by, ", "of, ", "from, ", "with, ", "at, ", "for, ", "between, "),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?:by|from) (?:during|since|until|because|of|with|due)\b(?! to \d)",
            pairs=join_pairs("by|from", "during|since|until|because|of|with|due"),
        ),
        "a name is missing here",
    ),
    (Pattern(rf"\b{_DONE_BY} by[.,;](?=\s|$)", needs=(" by.", " by,", " by;")), "a name is missing here"),
    (Pattern(rf"\b{_OPEN_END} ?[.;!?](?=\s|$)"), "the sentence ends too early"),
    (Pattern(r"\b(?:the|an|your|their), ", needs=("the, ", "an, ", "your, ", "their, ")), "a word is missing here"),
    (
        Pattern(
            r"\b(?:[Tt]he|[Aa]n) (?:is|are|was|were|has|had|of|for|from|by|with|and|or)\b(?!-|/)",
            pairs=join_pairs("the|an", "is|are|was|were|has|had|of|for|from|by|with|and|or"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Oo]ur|[Yy]our) (?:is|are|was|were|has|had|of|from|by|for|with)\b",
            pairs=join_pairs("our|your", "is|are|was|were|has|had|of|from|by|for|with"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(r"\b(?:for|of|from|by|at|with|the|an|our|and|or|affecting)[ \t]*(?=\n[ \t]*\n|\Z)"),
        "the sentence ends too early",
    ),
    (
        Pattern(
            rf"\b(?:for|from|of|by|at|with|on|to) (?P<at>{_STARTER}) (?=[a-z])", needs=(" T", " W", " H", " I", " M")
        ),
        "a name is missing before this, or a full stop",
    ),
    (
        Pattern(
            r"(?<=[.!?] )(?:responded|continues|should|is|was|were|are|has|had|have|will|can|could|would|must|may|"
            r"experienced|apologi[sz]ed|understands|offers|provides|took|began|launched|acknowledged)\b(?= [a-z])"
        ),
        "the subject is missing here",
    ),
    (
        Pattern(
            r"\bnote that (?P<at>(?:has|have|is|was|were|will|can))\b(?! (?:not|why|the|our|a|an|when|what)\b)",
            needs=("note that",),
        ),
        "the subject is missing here",
    ),
    (
        Pattern(
            r"\bthat (?:offers|provides|uses|utilizes|experienced|supports)[.,]",
            needs=tuple(
                f"{word}{sign}" for word in ("ffers", "vides", "uses", "lizes", "enced", "ports") for sign in ".,"
            ),
        ),
        "the subject is missing here",
    ),
    (
        Pattern(r"\b(?:considering|choosing|selecting) as (?:a|an|the|their|its|our|your)\b", needs=("ing as ",)),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:This|That|It|which) (?:allows|allowed|enables|enabled) to\b", needs=("llow", "nable")),
        "it is missing whom this helps",
    ),
    (
        Pattern(
            r"\b(?:affecting|impacting) (?:since|from|until|between|is|are|was|were|has|and|for|as of)\b",
            needs=("affecting", "impacting"),
        ),
        "it is missing what is affected",
    ),
    (
        Pattern(
            r"\b(?:[Aa]pproximately|[Aa]bout|[Aa]round|[Rr]oughly|[Nn]early|[Ee]xactly|lasting|lasted)"
            rf"[ \t]+{_AMOUNT}(?!\w)",
            pairs=join_pairs("approximately|about|around|roughly|nearly|exactly|lasting|lasted", _AMOUNTS),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:for|in|within|after|every|of|over|by|lasted)[ \t]{2,}"
            rf"(?:{_AMOUNT}|users|customers|requests)(?!\w)",
            needs=("  ", "\t"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            rf"(?i:\bupdates? (?:in|every|within)[ \t]+{_AMOUNT}(?!\w))",
            pairs=join_pairs("update|updates", "in|every|within"),
        ),
        "a number is missing here",
    ),
    (Pattern(r"%(?= of\b)(?:(?<=\s%)(?<!\d\s%)|(?<=^%))", re.MULTILINE, needs="%"), "a number is missing here"),
    (
        Pattern(
            r"\b(?:[Aa]t|[Bb]y|[Uu]ntil|[Aa]round|[Bb]efore|[Aa]fter|[Ss]ince)[ \t]+(?:UTC|GMT|AM|PM)\b"
            r"(?![ ]?[\d+-]|[ ](?:midnight|noon|time|day))",
            pairs=join_pairs("at|by|until|around|before|after|since", "utc|gmt|am|pm"),
        ),
        "a time is missing here",
    ),
    (
        Pattern(
            r"(?i:\bnext update (?:by|at|in|is)(?: ?[.;]|[ \t]*$))",
            re.MULTILINE,
            pairs=join_pairs("next", "update"),
        ),
        "a time is missing here",
    ),
    (
        Pattern(
            r"\b(?:unable|not able|able|trying|attempting) to (?:(?:are|is|their|our|since|because|due"
            r"|from|until)\b"
            r"(?! (?:then|start) )|(?:access|open|reach|use|load|view|send|create|visit) (?:since|because|due to|until"
            r"|between|but|are|is|as of)\b)",
            needs="ble to |ying to |ting to ",
        ),
        "it is missing what",
    ),
    (
        Pattern(
            r"\b(?:cannot|can['’]t|can not) (?:their|our|the|since|from|and|because|due)\b",
            needs="cannot |can't |can’t |can not ",
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:errors|issues|problems|failures|delays|outages|time-?outs|trouble) (?:in|with|on|at|for|of)"
            r" (?:and|or|but|are|is|since)\b",
            pairs=join_pairs("in|with|on|at|for|of", "and|or|but|are|is|since"),
        ),
        "a name is missing here",
    ),
    (
        Pattern(r"\b[Ww]ork(?:ing|ed)? with to\b", pairs=join_pairs("with", "to")),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b[Ff]rom (?:to|until|till)(?= ?[0-2]?\d[:.h]\d\d)|\b[Bb]etween and(?= ?[0-2]?\d[:.h]\d\d)",
            pairs=join_pairs("from|between", "to|until|till|and"),
        ),
        "a time is missing here",
    ),
    (
        Pattern(
            r"\b(?:requests|calls|connections|messages|logins) to (?:time out|fail) (?:since|as of)\b",
            needs="requests to |calls to |connections to |messages to |logins to ",
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b[Tt]he (?:will|would|should|could|must|may|might|can) (?:be|have|not|remain|see|continue)\b",
            pairs=join_pairs("the", "will|would|should|could|must|may|might|can"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:our|your|using|an) (?P<at>(?:We|The|Our|They|This|It|There)) (?=[a-z])",
            needs=" We | The | Our | They | This | It | There ",
        ),
        "a name is missing before this, or a full stop",
    ),
    (
        Pattern(
            r"\b[Bb]etween and\b|\bfrom to\b(?! )|\bfrom[ \t]{2,}to\b|\bbetween[ \t]{2,}and\b",
            needs=("etween", "from to", "  ", "\t"),
        ),
        "a time or a name is missing here",
    ),
    (
        Pattern(r"['’](?:(?<=[\s(].)|(?<=[a-z]{4}[.,;:!?].)|(?<=^.))s\b(?!['’])", re.MULTILINE, needs=("'s", "’s")),
        "a name is missing before 's",
    ),
    (
        Pattern(r"(?:\((?<=\s.)|^\()[ \t]*\)|“[ \t]*”", needs=("(", "“")),
        "the brackets or quotes are empty",
    ),
    (Pattern(r"\bDear ?,", needs=("Dear",)), "a name is missing here"),
    (Pattern(r"\bfrom to (?:UTC|GMT|on|and)\b", pairs=join_pairs("from", "to")), "a time is missing here"),
    (Pattern(r"\b(?:of|to) for\b", pairs=join_pairs("of|to", "for")), "a word is missing here"),
    (Pattern(r"\bby at\b(?! (?:least|most))", pairs=join_pairs("by", "at")), "a name is missing here"),
    (
        Pattern(
            r"\b(?:[Pp]lease|to|can|may|should) contact (?:at|if|for any|with|or|and|immediately)\b",
            pairs=join_pairs("contact", "at|if|for|with|or|and|immediately"),
        ),
        "it is missing whom",
    ),
    (
        Pattern(
            r"\b(?:will|to|shall|can) (?:inform|notify) (?:when|once|if|as soon|about|of)\b",
            pairs=join_pairs("inform|notify", "when|once|if|as|about|of"),
        ),
        "it is missing whom",
    ),
    (
        Pattern(
            r"\b(?:with|in|using|affecting|impacting|by|for|of|at|from|on|via|about|approximately|[Tt]he|[Aa]n?"
            r"|[Oo]ur|to|and|or)"
            r"[ \t]{2,3}(?=[a-z])(?!(?:a|an|the|our|your|all|some|about|at least|more|less|each|every|this|these)\b)",
            needs=("  ", "\t"),
        ),
        "something is missing in this gap",
    ),
    (
        Pattern(rf"\b\w+[ \t]{{2,3}}(?:{_AMOUNT}|users|customers|requests)(?!\w)", needs=("  ", "\t")),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:about|approximately|nearly|roughly) of\b",
            pairs=join_pairs("about|approximately|nearly|roughly", "of"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Dd]ue to|caused by|[Bb]ecause of|was|by|with) an? (?:in|on|of|for|from|with|by|at|and)\b(?!-)",
            pairs=join_pairs("a|an", "in|on|of|for|from|with|by|at|and"),
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Oo]ur|[Yy]our|[Tt]heir) (?:at|in|on)\b(?![-\w])", pairs=join_pairs("our|your|their", "at|in|on")
        ),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Aa]pproximately|[Rr]oughly|[Nn]early) (?:users|customers|requests|calls)\b",
            pairs=join_pairs("approximately|roughly|nearly", "users|customers|requests|calls"),
        ),
        "a number is missing here",
    ),
    (
        Pattern(
            r"\b[Cc]ustomers using (?:cannot|can|is|are|was|were|may|will)\b"
            r"|\b[Uu]sers of (?:cannot|can|may|will|could)\b|\b(?:issues?|problems?|outage|incident|errors?|fault)"
            r" (?:with|of|in|at) (?:has|have|is|was|were|are)\b",
            pairs=join_pairs("using|of|with|in|at", "cannot|can|is|are|was|were|may|will|could|has|have"),
        ),
        "a name is missing here",
    ),
    (
        Pattern(r"\b(?:for|with|from) and (?:are|is|have|will|were|was)\b", pairs=join_pairs("for|with|from", "and")),
        "a word is missing here",
    ),
    (
        Pattern(
            r"\b(?:thank|thanking) for\b|\bus at (?:or|and)\b", pairs=join_pairs("thank|thanking|at", "for|or|and")
        ),
        "it is missing whom or where",
    ),
    (
        Pattern(
            r"\b(?:[Ss]ee|[Vv]isit) for (?:details|more|further)\b",
            pairs=join_pairs("see|visit", "for"),
        ),
        "a link is missing here",
    ),
    (Pattern(r"\bcause (?:was|is),", needs=("cause was,", "cause is,")), "it is missing what it was"),
    (
        Pattern(
            r"\b(?:[Uu]sers|[Cc]ustomers|[Cc]lients) (?:in|of|from|at|with) and\b",
            pairs=join_pairs("in|of|from|at|with", "and"),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            rf"\b{_THING} (?:with|via|through) (?:is|are|was|were|has|have)\b",
            pairs=join_pairs("with|via|through", _VERBS),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?:[Aa]ffects|[Ii]mpacts|[Aa]ffecting|[Ii]mpacting) (?:in(?! particular| part| general| any| some)|at"
            r"|across)\b",
            pairs=join_pairs("affects|impacts|affecting|impacting", "in|at|across"),
        ),
        "it is missing what is affected",
    ),
    (Pattern(r"\bby in\b(?!-)", pairs=join_pairs("by", "in")), "a name is missing here"),
    (
        Pattern(r" (?:at|from|of|with|by),(?=[ \t]*(?:\n|\Z))", needs=("at,", "from,", "of,", "with,", "by,")),
        "a name is missing here",
    ),
    (
        Pattern(
            r"(?:^|(?<=[.!?] )|(?<=\n))(?:Requests|Calls|Connections|Messages|Logins) to (?:time out|fail|are|is|have"
            r"|get)\b",
            needs=("Requests to ", "Calls to ", "Connections to ", "Messages to ", "Logins to "),
        ),
        "a name is missing here",
    ),
    (
        Pattern(
            r"\b(?:can|may|to|[Pp]lease) reach (?:at(?! (?:least|most|any\w+ \w))|by|via|on|for)\b",
            pairs=join_pairs("reach", "at|by|via|on|for"),
        ),
        "it is missing whom",
    ),
    (
        Pattern(r"\bfor (?:hours|days) and (?:minutes|hours)\b", pairs=join_pairs("hours|days", "and")),
        "a number is missing here",
    ),
    (Pattern(r"(?<![\w\"=:,{\[])\"\"(?![\w\",}\]])", needs=('""',)), "the quotes are empty"),
    (
        Pattern(
            r"\b(?:[Aa]n?|[Oo]ne|[Aa]nother|[Tt]he"
            r"|[Tt]his) (?:[a-z]+ ){0,2}(?P<noun>[a-z]{4,30})\b[^.,;:!?\n]{1,80} (?:is|was)"
            r" the (?P<at>(?P=noun))(?=[.,;!]|$)",
            re.MULTILINE,
            needs=("is the ", "was the "),
        ),
        "it is missing which one",
    ),
)
