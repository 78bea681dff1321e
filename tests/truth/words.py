"""The judge's own word lists: what turns, limits, conditions or measures a statement.

One row a language. Entries are separated by ``;`` and are patterns: ``~`` stands for the
rest of a word; comparisons are parted by `` // ``, and only their groups count. Chinese,
Japanese and Korean patterns may stand inside a word. The product's rules use none of this.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns of one language; ``final`` says that its predicates end the clause."""

    negation: regex.Pattern[str]
    quantity: regex.Pattern[str]
    condition: regex.Pattern[str]
    comparison: regex.Pattern[str]
    auxiliary: regex.Pattern[str]
    number: regex.Pattern[str]
    function: regex.Pattern[str]
    final: bool


PREDICATE_LAST = ("tr", "ja", "ko", "hi")
INSIDE_WORDS = ("zh", "ja", "ko")
LETTER = r"[\w\p{M}]"

_TABLE: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "en": (
        r"not;no;never;none;nobody;nothing;neither;nor;cannot;without;~n['’]t",
        r"only;at least;at most;up to;no more than;more than;fewer than;less than;nearly;almost;"
        r"about;all;all but;every;each;any;some;most;half;a third;between;solely;exactly;twice;"
        r"both",
        r"unless;except;but not;if;when;whenever;until;till;after;before;once;provided;as long as;"
        r"even if;only;in case;apart from;as soon as;while;on condition",
        r"(\w+er|more|less|fewer)\b[^;]*?\b(than) // \b(as) \w+\b[^;]*?\b(as) // "
        r"\b(half as much|twice as much|half as much again)\b[^;]*?\b(as)",
        "is;are;was;were;can;may;must;will;does;do;did;has;have;should;would;could;shall",
        "two;three;four;five;six;seven;eight;nine;ten;eleven;twelve;hundred;thousand;dozen",
        "the;a;an;is;are;was;were;be;been;has;have;had;of;in;on;at;to;and;or;with;by;for;from;"
        "before;after;as;it;its;which;that;will;may;must;when;this",
    ),
    "de": (
        "nicht;nie;niemals;kein~;weder;noch;nichts;niemand;ohne",
        "nur;mindestens;höchstens;bis zu;nicht mehr als;mehr als;weniger als;fast;beinahe;etwa;"
        "alle~;jede~;einige;halb~;hälfte;drittel;wenigstens;ausschließlich;lediglich;beide~;genau",
        "es sei denn;außer;mit ausnahme;falls;wenn;sobald;solange;bis;nachdem;bevor;sofern;nur;"
        "erst;ausgenommen;es sei",
        r"(\w+er|mehr|weniger)\b[^;]*?\b(als) // \b(so) \w+\b[^;]*?\b(wie)",
        "ist;sind;war;waren;kann;darf;muss;schon;soll;wird;hat;haben;werden;zahlen",
        "zwei;drei;vier;fünf;sechs;sieben;acht;neun;zehn;elf;zwölf;zweimal;doppelt",
        "der;die;das;den;dem;des;ein;eine;einer;einem;ist;sind;war;und;oder;mit;von;zu;in;im;am;"
        "auf;für;bei;des;an;es;sie;vor;nach;aus;zum",
    ),
    "fr": (
        "ne;n;pas;jamais;aucun~;ni;rien;sans",
        "seul~;seulement;uniquement;au moins;au plus;jusqu'à;pas plus de;plus de;moins de;presque;"
        "environ;tous;toutes;tout;toute;chaque;moitié;tiers",
        "sauf;si;lorsque;lorsqu;quand;dès que;tant que;jusqu;jusqu'à ce que;après;avant;à moins;"
        "qu'après;excepté;hormis;pourvu;en cas",
        r"\b(plus|moins|aussi|autant)\b[^;]*?\b(que?)\b",
        "est;sont;l'est;peut;doit;a;ont;était;oui;non",
        "deux;trois;quatre;cinq;six;sept;huit;neuf;dix;douze;vingt;cent;mille",
        "le;la;les;l;un;une;des;de;du;d;à;au;aux;et;ou;est;sont;était;a;ont;en;dans;par;pour;avec;"
        "sur;qui;que;se;ce;il;elle",
    ),
    "es": (
        "no;nunca;jamás;ningun~;ningún;ninguno;ni;nada;nadie;sin",
        "solo;sólo;solamente;únicamente;al menos;como máximo;hasta;no más de;más de;menos de;casi;"
        "unos;todos;todas;todo;toda;cada;mitad;tercio;doble",
        "excepto;salvo;si;cuando;en cuanto;mientras;hasta que;después;antes;a menos que;solo;"
        "siempre que;en caso",
        r"\b(más|menos|menor|mayor|mejor|peor|doble)\b[^;]*?\b(que) // \b(doble)\b[^;]*?\b(que)",
        "es;son;está;están;puede;debe;sí;ha;fue",
        "dos;tres;cuatro;cinco;seis;siete;ocho;nueve;diez;doce;cien;mil",
        "el;la;los;las;un;una;de;del;a;al;y;o;en;con;por;para;es;son;era;fue;que;se;su;este;está;ha",
    ),
    "it": (
        "non;no;mai;nessun~;né;niente;nulla;nessuno;senza",
        "solo;soltanto;solamente;almeno;al massimo;fino a;non più di;più di;meno di;meno della;"
        "quasi;circa;tutti;tutte;tutto;ogni;metà;terzo",
        "tranne;eccetto;salvo;ma non;se;quando;appena;finché;dopo;prima;a meno che;solo;solo dopo;"
        "purché;in caso",
        r"\b(più|meno|metà)\b[^;]*?\b(di|del|della|dello|dei|degli|delle|che)\b",
        "è;sono;può;deve;sì;no;ha;va;vanno",
        "due;tre;quattro;cinque;sei;sette;otto;nove;dieci;dodici;cento;mille",
        "il;lo;la;i;gli;le;l;un;una;uno;di;del;della;a;al;e;o;in;con;per;da;è;sono;che;si;va;ha;"
        "su;nel;alla;dal;dall;all",
    ),
    "pt": (
        "não;nunca;jamais;nenhum~;nem;nada;ninguém;sem",
        "só;somente;apenas;pelo menos;no máximo;até;não mais de;mais de;menos de;quase;cerca de;"
        "todos;todas;todo;cada;metade;terço",
        "exceto;salvo;se;quando;assim que;enquanto;até que;depois;antes;a não ser que;só;só depois;"
        "desde que;em caso",
        r"\b(mais|menos|menor|maior|melhor|pior)\b[^;]*?\b(que)\b",
        "é;são;está;estão;pode;deve;sim;há;foi",
        "dois;duas;três;quatro;cinco;seis;sete;oito;nove;dez;doze;cem;mil;duas vezes",
        "o;a;os;as;um;uma;de;do;da;dos;das;e;ou;em;no;na;com;por;para;é;são;foi;que;se;ao;à;está",
    ),
    "nl": (
        "niet;nooit;geen;noch;niets;niemand;zonder",
        "alleen;slechts;minstens;ten minste;hoogstens;ten hoogste;tot;niet meer dan;meer dan;"
        "minder dan;bijna;ongeveer;alle;elke;ieder~;sommige;helft;derde",
        "tenzij;behalve;als;wanneer;zodra;zolang;totdat;tot;nadat;voordat;mits;pas;indien;na;voor",
        r"(\w+er|minder|meer)\b[^;]*?\b(dan) // \b(zo) \w+\b[^;]*?\b(als)",
        "is;zijn;was;kan;mag;moet;wel;heeft;wordt;worden",
        "twee;drie;vier;vijf;zes;zeven;acht;negen;tien;elf;twaalf;honderd",
        "de;het;een;van;in;op;aan;te;en;of;met;door;voor;is;zijn;was;werd;wordt;die;dat;om;er;bij;"
        "hij;uit;uw",
    ),
    "ru": (
        r"ни(?: \w+)? одн~;не;ни;нет;нельзя;никогда;никто;ничего;без",
        "только;лишь;не менее;не более;не больше;хотя бы;по крайней мере;до;более;менее;меньше;"
        "почти;около;все;всех;каждый;каждая;половин~;треть;вдвое",
        "если;кроме;пока;когда;как только;после;до;перед;при условии;только;только после;в случае;"
        "за исключением",
        r"\b(\w+ее|больше|меньше|ниже|выше|реже|чаще|лучше|хуже)\b[^;]*?\b(чем) // "
        r"\b(вдвое \w+ее) (\w+)",
        "есть;может;должен;должна;был;была;можно;затронута",
        "два;две;двух;три;четыре;пять;шесть;шести;семь;восемь;девять;десять;двенадцать",
        "и;в;во;на;с;со;к;по;из;за;у;о;от;для;что;это;он;она;его;был;была;а;или",
    ),
    "pl": (
        "nie;nigdy;żaden;żadn~;ani;nic;nikt;bez;nie wolno",
        "tylko;jedynie;wyłącznie;co najmniej;najwyżej;najwięcej;nie więcej niż;więcej niż;"
        "mniej niż;prawie;około;wszyscy;wszystk~;każd~;połow~;większość;dwa razy",
        "chyba że;oprócz;poza;jeśli;jeżeli;gdy;gdy tylko;kiedy;dopóki;aż;po;dopiero;zanim;przed;"
        "pod warunkiem;w razie",
        r"\b(\w+(?:szy|sza|sze|ej)|więcej|mniej)\b[^;]*?\b(niż)\b",
        "jest;są;był;była;może;musi;można;wolno",
        "dwa;dwie;dwóch;trzy;cztery;pięć;sześć;siedem;osiem;dziewięć;dziesięć;dwanaście",
        "i;w;we;na;z;ze;do;po;o;u;od;dla;że;to;jest;są;był;a;lub;oraz;się;jego;ma",
    ),
    "tr": (
        r"değil~;hiç;asla;yok~;ne;ne de;~m[ae]yın\w*;~m[ae]z;~m[ae]zlar;~m[ae]dı;~m[ae]di;"
        r"~m[ae]malı\w*;~memeli\w*;~[ae]maz;~[ae]mez;~masın;~mesin;yasak~",
        "yalnız;yalnızca;sadece;en az;en çok;en fazla;neredeyse;yaklaşık;hepsi;tüm;bütün;her;"
        "yarısı~;üçte biri",
        r"hariç;dışında;eğer;ancak;sonra;önce;kadar;~[ae]dikçe;~m[ae]dikçe;~ınca;~ince;~unca;~ünce;"
        r"~[dt]\w+ğ[uü]nd[ae];~ys[ae];~m[ae]d[ıi]k[çc][ae];ama",
        r"(\w+[dt][ae]n|göre)\b[^;]*?\b(daha)",
        "etkilendi;var;olabilir;edilir;değildir",
        "iki;üç;dört;beş;altı;yedi;sekiz;dokuz;on;oniki",
        "ve;veya;bir;bu;şu;o;ile;için;de;da;olup;gibi",
    ),
    "zh": (
        "不;没;未;无;别;莫;非",
        "只;仅;至少;最多;不超过;不到;超过;几乎;大约;所有;全部;每;一半;都;多数;两倍;一倍",
        r"除;除非;如果;只有;只要;之后;以后;之前;以前;直到;才;(?<!小)时(?!间)",
        r"(比)[^，。]+?(更\w|\w一倍)",
        "是;有;能;可以;会;受到",
        "[二三四五六七八九十百千两]",
        "的;了;在;和;与;或",
    ),
    "ja": (
        r"ない;ません;(?<!ま)ず(?=[にと、。]);なし;いけません;禁止",
        "だけ;のみ;以上;以下;未満;少なくとも;最大;ほとんど;すべて;全て;(?<!契)約;半分;半数;まで;ごと",
        r"場合;限り;除い;とき;(?<![一二三四五六七八九十\d])時(?!間);から;まで;後;前;なら;たら;れば",
        r"(より)\w+?(く|い|多)",
        "です;ます;ました;います;できます;ません",
        "[二三四五六七八九十百千]",
        "の;は;が;を;に;で;と",
    ),
    "ko": (
        "않;못;없;아니;마십시오;마세요;안 ;지 말",
        r"만(?!\w);최대;최소;이상;이하;미만;적어도;거의;모두;전부;모든;약 ;절반;오직;까지",
        "경우;한 ;제외하고;면 ;뒤에;후에;전에;때;까지;않는 한",
        r"(보다)[^;]*?(더)",
        "입니다;합니다;됩니다;받았습니다;있습니다",
        "두;세;네;다섯;여섯;일곱;여덟;아홉;열",
        "의;및;또는;그리고",
    ),
    "hi": (
        "नहीं;न;मत;बिना;कभी न",
        "केवल;सिर्फ़;सिर्फ;कम से कम;अधिक से अधिक;ज़्यादा से ज़्यादा;लगभग;सभी;सब;हर;आधे;आधा;से कम;दोगुनी",
        "अगर;यदि;जब;जब तक;छोड़कर;के बाद;पहले;तो;केवल;ही;सिवाय;पर ही",
        r"(से)(?: \S+)? (कम|ज़्यादा|अधिक|तेज़)",
        "है;हैं;था;थे;थी;होंगे;सकता;सकती;सकते;चाहिए",
        "दो;तीन;चार;पाँच;छह;सात;आठ;नौ;दस;बारह",
        "का;की;के;में;से;को;पर;और;या;है;हैं;ने;एक;यह;वह",
    ),
    "ar": (
        "لا;لم;لن;ليس;ليست;غير;ما;ولا;فلا;دون;بدون;ألا;بلا",
        "فقط;على الأقل;على الأكثر;أكثر من;أقل من;تقريبا;نحو;حوالي;كل;جميع;نصف;ثلث;حتى;معظم;مرتين",
        "إلا;إلا إذا;ما عدا;باستثناء;إذا;عندما;كلما;بعد;قبل;بعد أن;حتى;طالما;بشرط;دون",
        r"\b(أقل|أكثر|أسرع|أكبر|أصغر)\b[^;]*?\b(من)\b",
        "هو;هي;كان;كانت;فمتأثرة;يمكن;يجوز",
        "ثلاثة;أربعة;خمسة;ستة;سبعة;ثمانية;تسعة;عشرة;اثنان;لترين;يومين;قرصين",
        "في;من;على;إلى;و;أو;عن;هذا;هذه;أن;التي;الذي;مع",
    ),
}
PARTITIVE = frozenset(
    (
        "of",
        "der",
        "von",
        "des",
        "de",
        "d",
        "di",
        "dei",
        "degli",
        "delle",
        "della",
        "del",
        "dos",
        "das",
        "do",
        "van",
        "из",
        "z",
        "ze",
        "spośród",
    )
)
"""What opens the whole of which a quantity is a part; matched after quantities only."""

ARTICLES = frozenset(
    (
        "the",
        "a",
        "an",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "le",
        "la",
        "les",
        "l",
        "el",
        "los",
        "las",
        "il",
        "lo",
        "gli",
        "i",
        "o",
        "os",
        "as",
        "de",
        "het",
        "een",
        "un",
        "une",
        "una",
    )
)
"""Words that a pair's ``must_together`` may lose without harm."""


def _pattern(entries: str, inside: bool) -> regex.Pattern[str]:
    rows = sorted((e for e in entries.split(";") if e.strip()), key=len, reverse=True)
    body = "|".join(row.replace("~", rf"{LETTER}*") for row in rows)
    if not inside:
        body = rf"(?<!{LETTER})(?:{body})(?!{LETTER})"
    return regex.compile(body, regex.IGNORECASE)


def _comparisons(rows: str) -> regex.Pattern[str]:
    return regex.compile("|".join(rows.split(" // ")), regex.IGNORECASE)


def _words(language: str) -> Words:
    row, inside = _TABLE[language], language in INSIDE_WORDS
    patterns = [_pattern(entries, inside) for entries in row]
    patterns[3] = _comparisons(row[3])
    return Words(*patterns, final=language in PREDICATE_LAST)


WORDS = {language: _words(language) for language in _TABLE}
