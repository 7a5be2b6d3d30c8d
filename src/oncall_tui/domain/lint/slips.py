"""Slips of the pen that need no word list: a word written twice, `a` before a vowel, and the commonest misspellings."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern, join_pairs
from oncall_tui.domain.lint.reading import Post
from oncall_tui.domain.lint.signs import fold, holds_any

_TWICE_WORDS = (
    "the|a|an|to|of|for|with|are|is|was|were|we|our|has|have|been|and|at|by|be|this|it|will|from|as|or|your|you|may|can"
    "|not|some|region|service|services|issue|users|customers"
)
_TWICE = Folded(rf"(?<![\w'’-])(?P<word>{_TWICE_WORDS}) (?P=word)(?![\w'’-])")
_TWICE_PAIRS = frozenset(f"{word} {word}" for word in _TWICE_WORDS.split("|"))
_AN_WORDS = (
    "issue|error|outage|incident|update|increase|increased|unexpected|engineer|interruption|upstream|alert|api|internal"
    "|external|investigation|intermittent|elevated|ongoing|underlying|automatic|additional|alternative|early|hour"
    "|important|overload|expired|old|older|initial|urgent|emergency|improvement|action|affected|eta|example|invalid|end"
    "|address|account|app|email"
)
_A_WORDS = (
    "problem|fix|service|fault|partial|user|server|network|database|customer|delay|patch|new|major|minor|few|scheduled"
    "|solution|small|unique|short|bug|change|degraded|degradation|high|higher|large|long|temporary|third|previous"
    "|planned|data|disk|full|mail|message|website|provider|supplier|unit|configuration|deployment|release|rollback"
    "|failure|failed|disruption|power|root|cause|resolution|workaround"
)
_WRONG_A = Folded(
    rf"(?<![\w'’.-])(?P<word>a) (?=(?:{_AN_WORDS})(?![\w-]))|(?<![\w'’.-])(?P<word2>an) (?=(?:{_A_WORDS})(?![\w-]))"
)
_WRONG_PAIRS = join_pairs("a", _AN_WORDS) | join_pairs("an", _A_WORDS)
_MISSPELT = {
    "recieve": "receive", "recieved": "received", "recieving": "receiving", "occured": "occurred",
    "occuring": "occurring", "occurence": "occurrence", "reoccuring": "recurring", "seperate": "separate",
    "seperately": "separately", "definately": "definitely", "untill": "until", "wich": "which", "teh": "the",
    "hte": "the", "adn": "and", "adress": "address", "maintainance": "maintenance", "maintenence": "maintenance",
    "maintanence": "maintenance", "accomodate": "accommodate", "inconvience": "inconvenience",
    "inconvinience": "inconvenience", "inconvenince": "inconvenience", "inconveniance": "inconvenience",
    "temporarly": "temporarily", "temporarely": "temporarily", "availible": "available", "avaliable": "available",
    "availabe": "available", "unavailble": "unavailable", "unavaliable": "unavailable", "sucessful": "successful",
    "succesful": "successful", "successfull": "successful", "sucessfully": "successfully",
    "succesfully": "successfully", "perfomance": "performance", "performace": "performance",
    "degredation": "degradation", "degridation": "degradation", "mitgate": "mitigate", "mitgated": "mitigated",
    "mitagate": "mitigate", "investgating": "investigating", "investigting": "investigating",
    "invesitgating": "investigating", "invesigating": "investigating", "investigatin": "investigating",
    "investiage": "investigate", "identifed": "identified", "indentified": "identified", "resovled": "resolved",
    "resloved": "resolved", "resovle": "resolve", "custmers": "customers", "cutomers": "customers",
    "costumers": "customers", "custumers": "customers", "expereince": "experience", "experiance": "experience",
    "experiencig": "experiencing", "expirience": "experience", "enviroment": "environment",
    "enviroments": "environments", "intermitent": "intermittent", "intermittant": "intermittent",
    "intermittment": "intermittent", "connectvity": "connectivity", "conectivity": "connectivity",
    "authetication": "authentication", "authentification": "authentication", "databse": "database",
    "serivce": "service", "serivces": "services", "sevice": "service", "servcies": "services", "udpate": "update",
    "updte": "update", "upate": "update", "thier": "their", "becuase": "because", "beacuse": "because",
    "immediatly": "immediately", "immediatley": "immediately", "currenty": "currently", "curently": "currently",
    "neccessary": "necessary", "necesary": "necessary", "appologise": "apologise",
    "appologize": "apologize", "aplogize": "apologize", "apoligize": "apologize",
    "acknowlege": "acknowledge", "acknowleged": "acknowledged", "begining": "beginning", "beleive": "believe",
    "commited": "committed", "completly": "completely", "compeltely": "completely", "consistant": "consistent",
    "deploment": "deployment", "diffrent": "different", "dissapear": "disappear",
    "existance": "existence", "freqent": "frequent",
    "garantee": "guarantee", "guarentee": "guarantee", "implmented": "implemented", "implemeted": "implemented",
    "impementing": "implementing", "impementation": "implementation", "knowlege": "knowledge", "liason": "liaison",
    "messsage": "message", "mesage": "message", "monitering": "monitoring", "montioring": "monitoring",
    "moniter": "monitor", "notifed": "notified", "noticable": "noticeable", "oppertunity": "opportunity",
    "outtage": "outage", "outtages": "outages", "particpants": "participants", "patiance": "patience",
    "persistant": "persistent", "posible": "possible", "prefered": "preferred", "prevously": "previously",
    "priviledge": "privilege", "proccess": "process", "proccessing": "processing", "proplem": "problem",
    "probelm": "problem", "probem": "problem", "publically": "publicly", "recomend": "recommend",
    "reccomend": "recommend", "refering": "referring", "relevent": "relevant", "remaning": "remaining",
    "responce": "response", "responsability": "responsibility", "resouce": "resource", "resoure": "resource",
    "restarded": "restarted", "shedule": "schedule", "sheduled": "scheduled", "schedualed": "scheduled",
    "scheudled": "scheduled", "similiar": "similar", "somtimes": "sometimes", "suport": "support",
    "sytem": "system", "sytems": "systems", "systmes": "systems", "teamporary": "temporary", "temproary": "temporary",
    "tommorow": "tomorrow", "tommorrow": "tomorrow", "tomorow": "tomorrow", "tranfer": "transfer",
    "troughout": "throughout", "truely": "truly", "understaning": "understanding", "unfortunatly": "unfortunately",
    "unfortunatley": "unfortunately", "usally": "usually", "verison": "version", "wierd": "weird",
    "withing": "within", "workaroud": "workaround", "yestarday": "yesterday", "yesteday": "yesterday",
    "alot": "a lot", "dont": "don't", "doesnt": "doesn't", "cant": "can't", "wont": "won't", "isnt": "isn't",
    "arent": "aren't", "didnt": "didn't", "havent": "haven't", "hasnt": "hasn't", "couldnt": "couldn't",
    "shouldnt": "shouldn't", "wasnt": "wasn't", "werent": "weren't",
}  # fmt: skip
_LETTERS = Pattern(r"[a-z]+")
#: Words that take no article, though what they belong to does.
_UNCOUNTED = Folded(
    r"\b(?P<word>an? (?:hardware|software|networking|infrastructure|equipment|traffic|connectivity))"
    r" (?:with|in|at|on|of|for|from|by)\b|\b(?P<word2>an? something)\b",
    needs=("ware ", "networking", "structure", "equipment", "traffic", "connectivity", "something"),
)


def _find_slips(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        prose = reading.prose
        folded = fold(prose)
        if holds_any(folded, reading.pairs & _TWICE_PAIRS):
            for match in _TWICE.finditer(prose):
                shown = prose[match.start("word") : match.end("word")]
                if not reading.is_meant(*match.span()):
                    text = f"'{shown}' stands here twice."
                    yield Remark(*match.span(), text, part, Fix("leave one", shown))
        for match in _WRONG_A.finditer(prose) if reading.pairs & _WRONG_PAIRS else ():
            group = "word" if match["word"] else "word2"
            right = "an" if group == "word" else "a"
            start, end = match.span(group)
            right = right.capitalize() if prose[start].isupper() else right
            yield Remark(start, end, f"It is '{right}' before this word.", part, Fix(f"write '{right}'", right))
        for match in _UNCOUNTED.finditer(prose):
            yield Remark(*match.span("word" if match["word"] else "word2"), "A word is missing or too many here.", part)
        is_misspelt = not _MISSPELT.keys().isdisjoint(_LETTERS.compiled.findall(folded))
        for word in reading.words if is_misspelt else ():
            right = _MISSPELT.get(folded[word.start : word.end], "")
            if right and not reading.is_meant(word.start, word.end):
                right = right.capitalize() if prose[word.start].isupper() else right
                shown = prose[word.start : word.end]
                text = f"'{shown}' is written '{right}'."
                yield Remark(word.start, word.end, text, part, Fix(f"write '{right}'", right))


RULES = (Rule("SP002", Level.INFO, "A slip of the pen", _find_slips),)
