"""Whether a sentence says what it says only behind the one before it.

"It must not freeze." is about anything at all once the sentence that names it is gone. By the
words that a sentence begins with, in the languages listed; where subjects are left out ("Debe
limpiarse"), by the lack of any. Errs towards saying that a sentence leans on the one before it.
"""

from __future__ import annotations

import re
import unicodedata

_OPENING = 160  # characters of a sentence that are looked at
_WORD = re.compile(r"[^\s.,;:!?…।،؛؟\"“”„«»()\[\]*_]+")  # with its marks, which are not in \\w
_EARLY = 5
"""Words within which a subject pronoun is the sentence's subject ("In 1990 he moved")."""

_FIRST = {
    "en": "it its it's it’s it'll it’ll itself they they're they’re they've they’ve their theirs "
    "them he he's he’s he'll his him she she's she’s she'll her hers this that that's that’s these "
    "those such both neither either former latter same otherwise instead but so thus hence "
    "therefore then nor however nevertheless nonetheless except here there",
    "de": "er sie es ihr ihre ihren ihrem ihrer ihres sein seine seinen seinem seiner seines ihm "
    "ihn ihnen dies diese dieser dieses diesen diesem jene jener jenes jenen jenem solche solcher "
    "solches dessen deren denen beide beides letztere letzterer erstere ersterer dort damit dafür "
    "dabei dazu darin davon danach daran darauf daraus dadurch dagegen dann da sonst andernfalls "
    "ansonsten deshalb daher deswegen stattdessen trotzdem dennoch aber doch jedoch sondern und "
    "oder denn ebenso auch hier hierbei hierfür hierzu derselbe dieselbe dasselbe",
    "fr": "il ils elle elles ce c'est c’est cet cette ces cela ceci ça celui celle ceux celles son "
    "sa ses leur leurs lui eux y en sinon mais donc or et ou puis alors ainsi cependant toutefois "
    "pourtant néanmoins autrement idem on",
    "es": "él ella ello ellos ellas esto eso aquello este ese esta esa éste ése ésta ésa estos "
    "esos estas esas éstos ésos aquel aquella aquellos aquellas su sus dicho dicha dichos dichas "
    "ambos ambas lo le les se pero sino y o entonces luego así además también tampoco mismo misma "
    "allí ahí aquí",
    "it": "egli ella esso essa essi esse lui lei loro questo questa questi queste quello quella "
    "quelli quelle quei ciò suo sua suoi sue tale tali entrambi entrambe ne vi ci lo si ma però "
    "invece altrimenti quindi dunque poi così anche neanche inoltre e o lì qui",
    "pt": "ele ela eles elas isto isso aquilo este esse esta essa estes esses estas essas aquele "
    "aquela aqueles aquelas seu sua seus suas dele dela tal tais ambos ambas mas porém senão e ou "
    "então assim também tampouco além mesmo mesma lá ali aqui caso se",
    "nl": "hij zij ze hem haar hen hun zijn dit dat deze die beide beiden daar daarin daarmee "
    "daarvoor daarna dan dus anders toch maar echter en of want ook hier hierin hiermee er "
    "dezelfde hetzelfde diens dezen",
    "ru": "он она оно они его её ее их ему ей им ним него неё нее них этот эта это эти этого этой "
    "этих тот та то те того той тех такой такая такое такие там тут здесь тогда потом иначе но а и "
    "или однако зато поэтому также тоже оба обе не",
    "uk": "він вона воно вони його її їх їхній йому їй їм цей ця це ці той та те ті такий там тут "
    "тоді інакше але а і й або однак тому також обидва не",
    "pl": "on ona ono oni one jego jej ich go ją je mu im ten ta to te ci tego tej tych tamten "
    "tamta tamto taki taka takie takich tam tu tutaj wtedy potem inaczej ale a i lub albo jednak "
    "więc dlatego także też również oba obie obaj nie można należy trzeba wolno",
    "cs": "on ona ono oni ony jeho její jejich ho ji mu jim ten ta to ti ty tento tato toto tito "
    "tyto takový tam tu pak jinak ale a i nebo však proto také ne",
    "tr": "o bu şu onlar bunlar şunlar onun bunun onu bunu ona buna ondan bundan onların bunların "
    "kendisi kendileri orada burada böyle öyle ancak fakat ama ve veya yoksa aksi ayrıca ise",
    "hi": "वह वे यह ये वो उस उन इस इन उसे उन्हें इसे इन्हें उसका उसकी उसके इसका इसकी इसके उनका उनकी "
    "उनके इनका इनकी इनके उसने इसने उन्होंने इन्होंने उसमें इसमें वहाँ यहाँ लेकिन पर परंतु किंतु और या "
    "वरना अन्यथा इसलिए तब फिर दोनों वही यही",
    "ar": "هو هي هم هن هما هذا هذه ذلك تلك هؤلاء أولئك ذاك لكن لكنه لكنها لكنهم ثم أو إلا إنه إنها "
    "إنهم أنه فإنه فإنها هناك هنا كذلك كلاهما لا لم لن ليس ليست قد",
}
"""Words with which a sentence about something named before begins, lower case."""

_SUBJECTS = {
    "en": "he she they it",
    "de": "er sie es",
    "fr": "il elle ils elles",
    "es": "él ella ellos ellas",
    "it": "esso essa essi esse egli",
    "pt": "ele ela eles elas",
    "nl": "hij zij ze",
    "ru": "он она оно они",
    "uk": "він вона воно вони",
    "pl": "ona ono oni one",
    "tr": "onlar kendisi",
}
"""Pronouns that are the subject where no name stands before them."""

_VERB_BEHIND = {
    "de": (
        "das die der den dem",
        "ist sind war waren wird werden wurde wurden kann können muss müssen darf dürfen soll "
        "sollen gilt gelten hat haben heißt bedeutet geht macht hängt betrifft kostet reicht",
    ),
    "nl": (
        "het",
        "is was wordt werd kan moet mag zal zou heeft had blijft gaat zit staat ligt hoeft komt "
        "werkt dient geldt kost duurt hangt bevat vervalt verliep verloopt brak maakt kwam begon",
    ),
}
"""Articles that are pronouns in front of a verb."""

_LEFT_OUT = {
    "es": "el la los las un una unos unas cada todo toda todos todas ningún ninguna algún alguna "
    "algunos algunas nadie quien quienes mi mis nuestro nuestra nuestros nuestras otro otra otros "
    "otras cualquier varios varias muchos muchas pocos pocas al del en a por para con sin desde "
    "hasta tras durante si cuando donde aunque como según sobre entre ante bajo sr sra don doña "
    "dos tres cuatro cinco seis siete ocho nueve diez solo sólo hay yo nosotros usted ustedes qué "
    "quién cuándo dónde cómo cuál",
    "it": "il lo la i gli le l un uno una ogni tutto tutta tutti tutte nessun nessuno nessuna "
    "qualche alcuni alcune chi mio mia nostro nostra altro altra altri altre qualsiasi vari varie "
    "molti molte pochi poche al allo alla ai agli alle del dello della dei degli delle nel nello "
    "nella nei negli nelle dal dalla sul sulla in a da di per con senza fino dopo durante se "
    "quando dove come secondo su tra fra sotto prima sig dott due tre quattro cinque sei sette "
    "otto nove dieci solo c'è c’è io noi all dell nell dall sull",
    "pt": "o a os as um uma uns umas cada todo toda todos todas nenhum nenhuma algum alguma alguns "
    "algumas ninguém quem meu minha nosso nossa outro outra outros outras qualquer vários várias "
    "muitos muitas poucos poucas ao à aos às do da dos das no na nos nas em por para com sem desde "
    "até após durante quando onde embora como segundo sobre entre sob sr sra dona dois duas três "
    "quatro cinco seis sete oito nove dez só apenas há eu nós você vocês",
}
"""Words that open a sentence with a subject, or stand before one; other first words are taken for
verbs whose subject is left out, unless a name, a number or a code stands there."""

_UNSPACED = {
    "zh": re.compile(
        r"[“「（(]*(?:它|他|她|其(?!他|余)|该|此|这|那|前者|后者|两者|但|不过|否则|因此|所以|然而|"
        r"同时|并|而|则|也|还|另|如此|同样)"
    ),
    "ja": re.compile(
        r"[「（(]*(?:それ|これ|あれ|その|この|あの|そこ|ここ|そう|こう|彼|同(?!時)|当該|なお|ただし|"
        r"但し|しかし|また|だから|したがって|なので|もし?くは|さらに|すると|ほか|両者|前者|後者|本(?:剤|機|品|製品)は)"
    ),
    "ko": re.compile(
        r"[“‘(]*(?:그것|이것|저것|그는|그가|그를|그의|그녀|그들|이들|이는|이를|이에|그\s|이\s|저\s|해당|"
        r"그러나|하지만|단[,\s]|다만|그래서|따라서|또한|또는|그리고|그렇지|거기|여기|둘\s|양쪽|"
        r"전자|후자|본\s|동\s)"
    ),
}
_NO_SUBJECT = {
    "ja": re.compile(r"[はがも](?![がはもかけげこごじらっれろあいうおく])"),
    "ko": re.compile(r"(?:은|는|이|가|께서|도|에는|에서는)(?=[\s,.])"),
}
"""What marks a topic or a subject; a sentence without one is about what was said before."""

_FIRST_WORDS, _SUBJECT_WORDS, _LEFT_OUT_WORDS = (
    {language: frozenset(words.split()) for language, words in table.items()}
    for table in (_FIRST, _SUBJECTS, _LEFT_OUT)
)
_NONE: frozenset[str] = frozenset()
_CAPITALISED_PRONOUN = re.compile(r"(?:It|They|He|She|This|That|These|Those)\b")


def leans(text: str, start: int, end: int, language: str) -> bool:
    """Whether the sentence ``text[start:end]`` needs the one before it to be understood.

    >>> [leans(t, 0, len(t), "en") for t in ("It must not freeze.", "In 1990 he moved.", "Ulm is.")]
    [True, True, False]
    >>> [leans(t, 0, len(t), "es") for t in ("Debe limpiarse.", "El filtro es azul.")]
    [True, False]
    """
    opening = unicodedata.normalize("NFC", text[start : min(end, start + _OPENING)]).lstrip(
        " \t\r\n*_-–—•>\"'“„«‘¿¡([0123456789.)"
    )
    if language in _UNSPACED:
        if _UNSPACED[language].match(opening):
            return True
        marks = _NO_SUBJECT.get(language)
        return marks is not None and marks.search(opening) is None
    words = _WORD.findall(opening)
    if not words:
        return False
    return _begins_so(words, language) or _lacks_subject(words, opening, language)


def _begins_so(words: list[str], language: str) -> bool:
    """Whether a pronoun, a demonstrative or a conjunction is what the sentence begins with."""
    lower = [word.lower() for word in words[: _EARLY + 1]]
    first = lower[0].split("'")[0].split("’")[0]
    if lower[0] in _FIRST_WORDS.get(language, _NONE) or first in _FIRST_WORDS.get(language, _NONE):
        return True
    if (
        language == "ar"
        and first[0] in "وف"
        and (len(first) > 3 or first[1:] in _FIRST_WORDS["ar"])
    ):
        return True
    if language in _VERB_BEHIND and len(lower) > 1:
        articles, verbs = _VERB_BEHIND[language]
        if lower[0] in articles.split() and lower[1] in verbs.split():
            return True
    if language == "en" and lower[1:2] in (["only"], ["instead"]) and first not in ("the", "an"):
        return True  # "If nothing is there, do not guess. Reply only so."
    if not language and _CAPITALISED_PRONOUN.match(words[0]):
        return True
    return _early_pronoun(words, language)


def _early_pronoun(words: list[str], language: str) -> bool:
    """Whether a subject pronoun stands among the first words, and no name before it."""
    pronouns = _SUBJECT_WORDS.get(language, _NONE)
    for at, word in enumerate(words[: _EARLY + 1]):
        if at and word[0].isupper() and word.lower() not in pronouns:
            return False
        if at and word.lower() in pronouns:
            return True
    return False


def _lacks_subject(words: list[str], opening: str, language: str) -> bool:
    """Whether a language that may leave the subject out seems to have done so."""
    if language not in _LEFT_OUT:
        return False
    first = words[0].lower().split("'")[0].split("’")[0]
    if first in _LEFT_OUT_WORDS[language] or words[0].isupper() or any(map(str.isdigit, words[0])):
        return False
    return not (len(words) > 1 and words[1][:1].isupper())
