"""Full stops that end no sentence: abbreviations, ordinals and dates, by language.

Only what ``sentencex`` and its lists lack; joining two sentences costs a little room, cutting one
in two says something else.
"""

from __future__ import annotations

import re
import unicodedata

# The end of a link is no abbreviation, however short what stands behind its last mark is.
_BEFORE = re.compile(r"(?<![\w./?=&#@%~])([^\W_]+(?:[^\S\n]?\.[^\W_]+)*)\.[\"'”’)\]]*\s*\Z")
_REACH = 48  # characters looked at before a stop
_COUNTED = frozenset("de da nb nn no fi et lv lt cs sk sl hr bs sr hu pl tr is".split())
"""Languages that write ordinals with a full stop: ``im 3. OG``, ``am 1. Juli``."""
_NAMES = frozenset("dr prof mr mrs ms st jr sr ing mag dipl vs cf fig no nr art".split())
_WORDS = {
    "en": "approx incl excl est dept ext max min para pt vol ed eds ch sec tel ref gov gen sgt col",
    "de": "abs abb allg anm aufl bd bzgl bzw ca chr ebd einschl etc evtl exkl fr frl gem ggf ggü "
    "hr hrsg inkl insb kap lfd lt max mind min mio mrd mwst n nr o pos rd s sen sog str std stk "
    "tel tgl u usf usw v verf vgl vorm z zt zus zzgl zzt kfm staatl techn verw ziff",
    "fr": "m mm mme mmes mlle mlles me mgr av bd boul env éd etc ex hab max min mn p pp pl rem "
    "réf tél vol ch chap dép doc n t",
    "es": "sr sra sres srta d dña dra dres ud uds vd vds av avda c cap col dpto ed etc ext gral "
    "izq dcha máx mín núm nº pág págs pl pza tel teléf vol aprox ej lic art párr",
    "it": "sig sigg sigra signa dott dottssa avv arch geom rag on etc ecc es pag pagg cap c ca "
    "cfr n nn num p pp prof profssa tel v vol all ed max min spett gent egr lett co",
    "pt": "sr sra srs sras srta d dra exmo exma av apto art aprox cap cf cx ed esc etc ex fl n núm "
    "nº pág págs p pp r séc tel v vol máx mín eng arq",
    "nl": "dhr mevr mw ir drs mr bijv bv blz ca d dd enz etc evt excl fam fig ged hfst i incl jl "
    "m max min mln mld nl nr o ong p par pag pos resp s st t tel tav tov u vd vgl vlg z zgn zn",
    "ru": "ул г гг им руб стр п пп рис тыс др пр см т д е ч н э кв корп стр обл р пер пл просп ш "
    "наб бул мкр тел коп млн млрд шт экз гл разд ст абз напр ред изд вв в м мин сек час чел проф "
    "акад доц гр оз о",
    "uk": "вул м р рр ім грн коп стор п пп рис тис ін див т д буд кв обл пл просп тел млн млрд",
    "pl": "ul al pl os św godz min sek tys mln mld zł gr r w nr str s zob por np itd itp tj tzn "
    "tzw m ob wg ok pt poz pkt ust art rozdz tab rys cd red wyd inż mgr doc hab lek adw ks gen płk "
    "kpt p pp ds jw in dz woj pow gm tel zam dot egz",
    "tr": "av sn bkz vb vs mah cad sok apt no doç yrd öğr alb yzb hz örn krş sf ed çev tic şti ltd "
    "tel max min müd bşk",
    "cs": "p pí sl ul nám č čís str s tj tzn tzv např apod atd popř mj ing mgr judr mudr tel ok r",
    "da": "bl a f eks fx ca dvs evt hhv jf kl mht mv nr osv pga pr stk s tlf vedr",
    "sv": "bl a ca dvs d v s e ex fr o p g resp s k st t tel tex kl nr",
    "hu": "ún pl stb ill kb u utca sz old dr ifj id özv tel vö",
}
_BY_LANGUAGE = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_STOPS = re.compile(r"[\s.]")


def ends_no_sentence(text: str, start: int, cut: int, language: str) -> bool:
    """Whether the stop before ``cut`` is part of a word in the sentence that began at ``start``.

    ``cut`` is where the next sentence would begin.

    >>> t = "Im 3. OG, zzgl. 210 Euro, wohnt Dr. Wendt. Er bleibt."
    >>> [ends_no_sentence(t, 0, t.index(w), "de") for w in ("OG", "210", "Wendt", "Er")]
    [True, True, True, False]
    """
    match = _BEFORE.search(text[max(start, cut - _REACH) : cut])
    if match is None or cut >= len(text):
        return False
    word = unicodedata.normalize("NFC", match[1]).casefold()
    last = _STOPS.split(word)[-1]
    following = text[cut]
    if last.isdigit():
        return len(last) <= 2 and (language in _COUNTED or following.islower())
    if len(last) <= 5 and (following.isdigit() or following in "§№&,;:"):
        return True
    if len(last) <= 3 and following.islower():
        return True
    if len(last) == 1 and last.isalpha() and last < "\u0590":
        return True
    known = _BY_LANGUAGE.get(language, frozenset())
    return last in _NAMES or last in known or word.replace(".", "").replace(" ", "") in known
