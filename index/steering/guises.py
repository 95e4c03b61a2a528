"""The signs that a sentence is part of a talk with a model, each with a weight.

The patterns are about who speaks and to whom: marks of roles and prompts, a model told what it is or spoken to by its
kind, asked for its instructions, or asked to keep something from its user.
"""

from index.steering.signs import sign

_ROLE = "marks of a conversation with a model"
_PERSONA = "tells a model what it is"
_ADDRESS = "speaks to a model"
_LEAK = "asks a model for its instructions or secrets"
_SECRET = "asks a model to hide something from its user"

GUISES = (
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
        r"^\W*(?:new |updated |important |end of |begin )?(?:system|assistant|developer|ai|llm|chatgpt|admin|hidden"
        r"|secret) (?:prompt|message|note|instructions?|override|command|mode)\s*[:>]",
        "prompt message note instruction override command mode",
    ),
    sign(
        _ROLE,
        1,
        r"^\W*(?:new|updated|additional|important|special|begin|end of|real|actual|your) (?:system"
        r" )?(?:instructions?|task|prompt)\b(?: for \w+)?\s*[:>-]",
        "instruction task prompt",
    ),
    sign(_ROLE, 0.7, r"^\W*(?:user|human|bot|instructions?|input|output|response|query)\s?:", ":"),
    sign(
        _ROLE,
        0.6,
        r"</?(?:articles?|passages?|sources?|documents?|evidence|context|instructions?|prompt|question|(?:\w+"
        r" ){1,5}\w+)>|^[-=#*_]{3,}\s*(?:end|begin|start|new)\b",
        "> --- === ### *** ___",
    ),
    sign(_ROLE, 0.3, r"<!--", "<!--"),
    sign(
        _PERSONA,
        1,
        r"\byou (?:are|'re|will be|must be)(?: now| no longer| not)*(?: in)?(?: an?| the| my| our| in)?(?:"
        r" \w+){0,3} (?:<agent>|dan|developer mode|debug mode|god mode|jailbroken|unrestricted|unfiltered)\b",
        "you",
    ),
    sign(
        _PERSONA,
        1,
        r"(?:^|[.!?:]\s*)(?:from now on|starting now|henceforth|for the rest of this (?:chat|conversation)),? you\b",
        "you",
    ),
    sign(
        _PERSONA,
        1,
        r"<clause>(?:act|behave|pretend|role-?play|respond|speak|simulate)\b (?:to be |being |as if |as though "
        r"|like |as )(?:you |an? |the )(?:\w+ ){0,3}?(?:<agent>|are|were|character|persona|expert|hacker|terminal)\b",
        "to as like",
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
    sign(
        _PERSONA,
        0.7,
        r"\b(?:developer|debug|god|admin|sudo|override|maintenance|jailbreak|dan|root|unrestricted)[ _]mode\b",
        "mode",
    ),
    sign(
        _PERSONA,
        0.5,
        r"\byou (?:have been|were|are) (?:instructed|told|programmed|ordered|authori[sz]ed|required) to\b",
        "you",
    ),
    sign(
        _PERSONA,
        1,
        r"\bas an? (?:ai|large language|language)(?: language)? model,? (?:i|you|developed|trained)\b",
        "model",
    ),
    sign(_PERSONA, 1, r"\byou(?: are|'re| will)? (?:about|going|now|to|will)(?: \w+){0,5} roles?\b", "role"),
    sign(
        _PERSONA,
        0.6,
        r"\b(?:roles?|persona|character) of (?:an? |another |the )?(?:\w+ ){0,2}<agent>\b",
        "role persona character",
    ),
    sign(_ADDRESS, 1, r"\b(?:if|since|because) you(?: are|'re) (?:an? |the |one of )?(?:\w+ ){0,2}?<agent>\b", "you"),
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
        _ADDRESS,
        1,
        r"<clause>(?:any |all |every |the |an? )?(?:ai|llm|language model|chatbot|ai model|ai assistant)s?"
        r" (?:assistants? |systems? |models? )?(?:must|shall|are to|is to|should) (?:\w+ )?(?:<tell>|<override>"
        r"|cite|treat|rank|use)\b",
        "ai llm model chatbot",
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
    sign(_LEAK, 0.4, r"\bsystem prompt\b", "system"),
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
