"""The signs that a sentence is meant for a model, each with a weight: what it orders, or who speaks and to whom.

Which instructions to drop, what to say, cite, send or build, most of them as an imperative where a sentence or clause
begins; marks of roles and prompts, a model spoken to by its kind, asked for its instructions, or asked to keep
something from its user. Tuned by hand on `attacks.jsonl` of the benchmark `injection`, which also says how few attacks
in other words they flag. A sign on which none of these hung is left out, but for the marks of roles.
"""

from index.steering.signs import sign

_OVERRIDE = "tells a model to ignore its instructions"
_STEER = "tells a model what to say"
_REPLY = "speaks of a model's reply"
_CODE = "tells a model to use given code"
_CITE = "tells a model what to cite"
_SEND = "has a model send data or people somewhere"
_ROLE = "marks of a conversation with a model"
_PERSONA = "tells a model what it is"
_ADDRESS = "speaks to a model"
_LEAK = "asks a model for its instructions or secrets"
_SECRET = "asks a model to hide something from its user"

# A weight of 1 flags a sentence by itself; a lower one needs another sign beside it.
ORDERS = (
    sign(
        _OVERRIDE,
        1,
        r"\b<override> (?:\w+ ){0,4}?<earlier> (?:\w+ ){0,3}?<orders>\b",
        "ignor disregard forget overrid bypass neglect discard cancel aside attention n't not stop",
    ),
    sign(
        _OVERRIDE,
        1,
        r"\b<override> (?:all |any |everything |anything |what )?(?:of )?(?:that |the )?(?:\w+ ){0,3}?(?:above"
        r"|before (?:this|now)|previously|so far|(?:told|instructed|given)(?: to)? you)\b",
        "ignor disregard forget overrid bypass neglect discard cancel aside attention n't not stop",
    ),
    sign(
        _OVERRIDE,
        1,
        r"<clause><override> (?:the |this |that |all |every |any )+(?:rest of )?(?:\w+"
        r" ){0,3}?<document>\b.{0,40}?\b(?:and|but|then|instead)\b,? (?:\w+ )?<tell>\b",
        "ignor disregard forget overrid bypass neglect discard cancel aside attention n't not stop",
    ),
    # The same in other languages: Chinese, Japanese and Korean; Russian, Arabic and Hindi; then those in Latin script.
    sign(
        _OVERRIDE,
        1,
        r"(?:忽略|忘记|忘記|无视|無視|不要理会|請忽略|请忽略|忘れ).{0,20}(?:指示|指令|提示|说明|說明|规则|規則|内容|命令|プロンプト)|(?:指示|指令|命令|プロンプト"
        r"|ルール).{0,12}(?:無視|忘れ)|(?:지시|명령|프롬프트|지침).{0,12}(?:무시|잊)",
        "忽略 忘 无视 無視 不要理会 무시 잊",
    ),
    sign(
        _OVERRIDE,
        1,
        r"(?:игнорируй|проигнорируй|забудь|не обращай)\w*.{0,40}(?:инструкц|указани|команд|правил)|(?:تجاهل"
        r"|انس).{0,30}(?:تعليمات|أوامر|توجيهات)|(?:निर्देश|आदेश).{0,30}(?:अनदेखा|भूल|नज़रअंदाज़|अनदेखी)",
        "игнорируй забудь обращай تجاهل انس निर्देश आदेश",
    ),
    sign(
        _OVERRIDE,
        1,
        r"\b(?:ignor(?:a|ad|ar|ate|en|es|ez|i|e (?:l[aeo]s?|el|as?|os?))|olvid[ae]\w*|descart[ae]\w*|omit[ae]\w*"
        r"|desconsider\w+|esque[cç]\w+|oubli(?:e|ez)|faites abstraction|dimentica\w*|ignoriere\w*|vergiss"
        r"|vergessen sie|missachte\w*|negeer|vergeet|zignoruj\w*|zapomnij\w*|yok say|görmezden gel"
        r"|unut)\b.{0,40}?(?:instruc|instru[cç]|instruktion|anweisung|vorgaben|befehle|indicacion|órdenes"
        r"|consignes|directives|istruzioni|p[aá]gin|anterior|précéd|vorherig|preceden|instructies|instrukcj"
        r"|polece|talimat|komut)",
        "ignor olvid descart omit desconsider esque oubli abstraction dimentica vergiss vergessen missachte"
        " negeer vergeet zignoruj zapomnij yok görmezden unut",
    ),
    sign(
        _STEER,
        1,
        r"<clause>(?:respond|reply|answer)(?: (?:only|exactly|simply|just|always|all \w+|every \w+|me|back|to"
        r" (?:this|the|all|any|every) (?:\w+ )?\w+))* (?:with|in|using|by|as|like|that)\b",
        "respond reply answer",
    ),
    sign(
        _STEER,
        0.7,
        r"\b(?:let's|let us|we (?:might|could|can|will|should|would)) (?:just )?(?:state|claim|output|print)\b",
        "state claim output print",
    ),
    sign(
        _STEER,
        0.3,
        r"\b(?:state|say|claim)s?\b.{0,60}\b(?:is|are|following|state)\s?: ?\S|\bmight (?:say|state):",
        ":",
    ),
    sign(
        _STEER,
        0.6,
        r"\b(?:hypothetical\w*|(?:fictional|imaginary|alternate|alternative|parallel|dystopian|made-up) (?:\w+"
        r" )?(?:world|universe|scenario|reality|story|timeline))\b.{0,80}\b(?:we|you)\b",
        "hypothetical world universe scenario reality story timeline",
    ),
    sign(
        _STEER,
        0.5,
        r"\b(?:we|you|output|answer) (?:might|could|can|should|would) (?:say|state|be|claim|answer"
        r"|ignore)\b.{0,40}(?::|'\w|\"\w|\bis '|\bis \")",
        r": ' \"",
    ),
    sign(
        _STEER,
        1,
        r"\b(?:if|whenever) (?:you are |you're |the user |users? |anyone |someone |somebody )?(?:asks?|asked"
        r"|questioned|queried|prompted)\b.{0,60}?,? (?:then )?(?:you (?:must|should) )?<tell>\b(?: \w+){0,3}"
        r" (?:that|is|with|as|only)\b",
        "ask question quer prompted",
    ),
    sign(_STEER, 0.6, r"\b(?:repeat|print|write|say|output|translate) (?:the following\b|<?\{)", "{ following"),
    sign(
        _STEER,
        1,
        r"<start>(?:replace|substitute|swap|convert|change|remove|drop|reverse|scramble|shuffle|jumble|rearrange"
        r"|anagram|misspell|encode|encrypt|capitali[sz]e|group|combine|separate|translate|write|spell"
        r"|use)\b.{0,40}\b(?:letters?|vowels?|consonants?|characters|anagrams?|punctuation|(?:each|every|all|third"
        r"|second|fourth) words?|(?:morse|base ?\d\d|caesar|rot-?13|cipher|emojis?|pig latin|leetspeak|binary"
        r"|hexadecimal))\b",
        "letter vowel consonant character anagram punctuation word morse base caesar rot cipher emoji latin leet"
        " binary hex",
    ),
    sign(
        _STEER,
        1,
        r"<start>(?:translate|convert|rewrite|respond|reply|answer|how (?:do|would) (?:you|i) say|what(?:'s| is)"
        r"|give|provide|write|say|speak|continue|summari[sz]e)\b.{0,60}\b(?:to|into|in) (?:french|spanish|german"
        r"|italian|portuguese|dutch|russian|chinese|mandarin|japanese|korean|arabic|hindi|turkish|polish|latin"
        r"|greek|swedish|english|another language)(?: (?:word|equivalent|translation|language|for|instead|only"
        r"|from now on)\b|\W|$)",
        "french spanish german italian portug dutch russian chinese mandarin japan korea arab hindi turk polish"
        " latin greek swedish english language",
    ),
    sign(
        _STEER,
        1,
        r"<start>(?:can you |could you )?(?:show|write|give|provide|create|generate|explain)(?: me)?(?! your)"
        r"(?: \w+){0,8} (?:in |using )?(?:python|javascript|java|sql|php|bash|perl|html|css|typescript|c\+\+)\b",
        "python java sql php bash perl html css typescript c++",
    ),
    sign(
        _REPLY,
        0.7,
        r"\b(?:in|into|to|of|with|within|from|at|throughout|inside|for|by|on|through|after|before) (?:each of "
        r"|every |the (?:\w+ ){1,3}(?:of|in) )?your (?:\w+ ){0,2}?<reply>\b",
        "your",
    ),
    sign(_REPLY, 0.4, r"\byour (?:\w+ ){0,2}?(?:<reply>|message)\b", "your"),
    sign(
        _REPLY,
        0.6,
        r"(?:^|[.!?:]\s+)(?:please |also |always |kindly )?(?!(?:when|if|as|for|but|and|with"
        r"|while)\b)[a-z]{3,}(?!ed\b|ing\b|s\b) your (?:\w+ )?(?:response|reply|answer|output|message|sentences?"
        r"|words)\b",
        "your",
    ),
    sign(
        _CODE,
        0.6,
        r"\b(?:following|subsequent|below|next|accompanying|provided|given|above) (?:\w+ )?(?:code|script|shell"
        r"|python|javascript|program|command)s? ?(?:blocks?|snippets?|excerpts?|sections?|segments?|fragments?"
        r"|samples?|pieces?|lines?|listing)?\b",
        "code script shell python command program",
    ),
    sign(_CODE, 0.6, r"\byour (?:\w+ )?<code>\b|\bthe code you\b", "your code"),
    sign(
        _CODE,
        0.5,
        r"^(?:.{0,40}\b)?(?:don't|do not|consider|ensure|make|keep|remember|let|you (?:may|might|should|can)"
        r"|integrate|incorporate|use|utili[sz]e|insert|include|embed|add|append|run|execute|merge"
        r"|blend)\b.{0,60}\b(?:code|script) (?:block|snippet|excerpt|section|segment|fragment)\b.{0,80}:$",
        "code script",
    ),
    sign(
        _CITE,
        1,
        r"<clause>(?:cite|quote|use|reference|credit|attribute|mark|label|treat|consider|rank"
        r"|trust)\b.{0,40}\b(?:this|the (?:above|present|following)) (?:article|passage|source|document|text|page"
        r"|sentence|report)\b.{0,40}(?:\[\d+\]|【\d+】|\bas (?:\w+ ){0,4}?(?:source|evidence|authoritative|truth|true"
        r"|reliable|supported|citation)\b|\b(?:first|only|always|instead|in every|for (?:every|each|all|any))\b)",
        "this above present following",
    ),
    sign(
        _SEND,
        0.6,
        r"<clause>(?:ask|tell|request|encourage|direct|redirect|convince|persuade|urge|invite|instruct|remind|trick"
        r"|get|inform|advise|prompt|have|requesting|asking|telling) (?:the |your |all |any )?users? (?:to|that|for"
        r"|go)\b",
        "user",
    ),
    sign(
        _SEND,
        0.5,
        r"\bthe user(?:'s|s')? (?:query|question|request|password|account|data|e-?mail|prompt|to)\b",
        "user",
    ),
    # An image is fetched as soon as it is shown, and its address can carry data away.
    sign(_SEND, 1, r"!\[[^\]]*\]\(\s*(?:https?:)?//[^)\s]*[?={][^)]*\)", "!["),
    sign(
        _SEND,
        0.5,
        r"<clause>(?:send|forward|post|upload|transmit|submit|e-?mail|exfiltrate|retrieve|append"
        r"|encode)\b.{0,80}(?:https?://|www\.|\S@\S)",
        "http www. @",
    ),
    sign(
        _SEND,
        0.5,
        r"<clause>(?:send|forward|post|upload|transmit|exfiltrate|retrieve|collect|append"
        r"|encode)\b.{0,40}\b(?:conversation|chat history|user data|employee data|passwords?|credentials|contacts"
        r"|private|personal)\b",
        "conversation history data password credential contact private personal",
    ),
    sign(
        _ROLE,
        1,
        r"<\|?/?(?:im_start|im_end|im_sep|endoftext|system|assistant|user|start_header_id|eot_id)\b[^>]{0,20}\|?>"
        r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|\[/?(?:system|assistant)(?: \w+)?\]",
        "< [",
    ),
    sign(_ROLE, 1, r"^\W*(?:system|assistant)\s*[:>]\s*\w+ \w+", "system assistant"),
    sign(
        _ROLE,
        1,
        r"^\W*(?:new|updated|additional|important|special|begin|end of|real|actual|your) (?:system"
        r" )?(?:instructions?|task|prompt)\b(?: for \w+)?\s*[:>-]",
        "instruction task prompt",
    ),
    sign(_ROLE, 0.7, r"^\W*(?:user|human|bot|instructions?|input|output|response|query)\s?:", ":"),
    sign(
        _PERSONA,
        1,
        r"(?:^|[.!?:]\s*)(?:from now on|starting now|henceforth|for the rest of this (?:chat|conversation)),? you\b",
        "you",
    ),
    sign(
        _PERSONA,
        1,
        r"\b(?:i'm|i am|this is|we are) your (?:\w+ )?(?:developer|creator|administrator|admin|owner|programmer"
        r"|operator|god|openai|anthropic)s?\b",
        "your",
    ),
    sign(
        _PERSONA,
        1,
        r"\b(?:you must|you have to|you will|you should|you shall|you need to) (?:now |always |only )?(?:listen to"
        r"|obey|follow|comply with|execute|carry out|adhere to) (?:my|these|the following|all my|this|our)\b",
        "you",
    ),
    sign(_PERSONA, 1, r"\byou(?: are|'re| will)? (?:about|going|now|to|will)(?: \w+){0,5} roles?\b", "role"),
    sign(
        _ADDRESS,
        1,
        r"\b<agent>(?:s|\(s\))? (?:that (?:is|are) |which (?:is|are) |currently |who (?:is|are) )?(?:reading"
        r"|processing|summari[sz]ing|parsing|indexing|analy[sz]ing|reviewing|scanning) (?:this|the (?:above"
        r"|following|text|page|article|document))\b",
        "reading processing summari parsing indexing analy reviewing scanning",
    ),
    sign(
        _ADDRESS,
        1,
        r"^\W*(?:attention|note|notice|message|memo|instructions?|important|reminder|hint|hey|dear|hello),?(?:"
        r" \w+)?:? (?:to |for )?(?:all |any |the |every |you )?<agent>s?\b",
    ),
    sign(
        _LEAK,
        1,
        r"<clause>(?:reveal|print|repeat|show|output|leak|disclose|display|expose|share|tell me|give me|list|dump"
        r"|write|include|append)\b.{0,30}\b(?:system|hidden|initial|secret|original|your) (?:\w+ )?(?:prompts?"
        r"|instructions?|rules|guidelines|configuration|context window|api keys?|passwords?|credentials|secrets?"
        r"|environment variables)\b",
        "prompt instruction rule guideline config window key password credential secret variable",
    ),
    sign(
        _LEAK,
        1,
        r"\b(?:share|tell|give|show|send|provide|need|what(?:'s| is| are))\b.{0,20}\b(?:your|the system|system|the"
        r" admin|the hidden) (?:\w+ )?(?:passwords?|api keys?|credentials|secret key|access tokens?)\b",
        "password key credential token",
    ),
    sign(
        _SECRET,
        1,
        r"\b(?:do not|don't|never|without|avoid)(?: ever)? (?:tell|inform|mention|reveal|disclos|alert|notify|warn"
        r"|let|show|admit|acknowledg)\w*\b.{0,40}?\b(?:to )?(?:the |your |any )users?\b",
        "user",
    ),
    sign(
        _SECRET,
        1,
        r"\b(?:do not|don't|never) (?:mention|reveal|disclose|acknowledge|refer to|cite|quote"
        r"|report)\b.{0,20}\b(?:this|these|the above|the following) (?:instructions?|prompts?|messages?|notes?|text"
        r"|paragraph|rules?|commands?)",
        "this these above following",
    ),
)
