"""True and false statements by kind: no rule of the local check flags a true one, and none passes a false one.

What no figure, date, name or quotation gives away is left to the second look, which has the last word on it.
"""

import pytest
from stub_model import hit_of

from index.embedding.embedders import MiniLM
from qa.checking.citations import CitationBook, Draft
from qa.checking.grounding import CheckResult, Grounder
from qa.models import Support
from qa.prompting.evidence import number_evidence

TRUE = {
    "a capital stands for its state": (
        "The grant of $7 million mends 30 bridges, said a spokeswoman of the French foreign ministry.",
        "Paris pays $7 million for 30 bridges [1].",
    ),
    "a negative word in another clause": (
        "The union barred the skipper for two races on Sunday, and although her team had tried to stop that, it starts "
        "without her.",
        "The union barred the skipper for two races [1].",
    ),
    "not yet, in other words": (
        "The ministry has still to publish its own count.",
        "The ministry has not yet published its own count [1].",
    ),
    "a short statement of a long sentence": (
        "Ines Vale does not think that the 6-point deduction for late accounts will cost her side the title, though "
        "she has warned the fans.",
        "The side lost 6 points for late accounts [1].",
    ),
    "an abbreviation that the article introduces": (
        "Harbour Freight Lines (HF) is based in Northport. HF shed about 940 posts in 2022.",
        "- Harbour Freight Lines: about 940 [2]",
    ),
    "an abbreviation of a name that is not shown": (
        "HF shed about 940 posts in 2022.",
        "- Harbour Freight: about 940 [1]",
    ),
    "a person named in the sentence before": (
        "Marta Lund spoke for an hour. She was plain: the bank had moved the money, and Orr-Blake had signed for it.",
        "Marta Lund testified that the bank moved the money and that Orr-Blake signed for it [2].",
    ),
    "marks of doubt, and a negation": (
        "The shop deceives them by calling the bag free, for it is not free when they pay with their address.",
        "The shop deceives people by calling the bag free although they pay for it with their address [1].",
    ),
    "another language": (
        "The council will spend $9 million on the new school.",
        "Der Rat gibt 9 Millionen Dollar für die neue Schule aus [1].",
    ),
}
FALSE = {
    "asked, agreed": ("The mayor asked Spain to lend her two boats.", "Spain agreed to lend the mayor two boats [1]."),
    "did not comment, confirmed": (
        "Asked whether the two had met in the port of Sol, Rojas would not comment.",
        "Rojas confirmed that the two had met in the port of Sol [1].",
    ),
    "not, did": (
        "Keller is not thought to have known of the plan, but helped later to hide it.",
        "Keller knew of the plan beforehand and took part in it [1].",
    ),
    "subject and comparison swapped": (
        "Those who took rilax were 2.4 times as likely to faint as those who took another drug, benol.",
        "Benol raised the risk of fainting 2.4 times [1].",
    ),
    "two sentences mixed": (
        "Vera Moss became head of the bank. Its board is now Hugo Lind and three others.",
        "Hugo Lind became head of the bank [1][2].",
    ),
    "on trial, found guilty": (
        "Tarrant is on trial for four counts of theft.",
        "The jury found Tarrant guilty of four counts of theft [1].",
    ),
    "a part, all of it": (
        "The brigade guards about a third of the coast.",
        "The brigade guards the whole coast [1].",
    ),
    "less, none": (
        "The treaty asks its members to burn less coal.",
        "The treaty asks its members to stop burning coal [1].",
    ),
    "did not say, said": (
        "The ministry did not say in which towns the drill would be held, or who would take part.",
        "The ministry said that the navy would hold the drill in all towns [1].",
    ),
}


def judged(text: str, reply: str, embedder: MiniLM) -> CheckResult:
    evidence = number_evidence([hit_of("a.txt", text)])
    draft = Draft.parsed(reply)
    return Grounder(embedder).judge(draft.claim, CitationBook(evidence).cited(draft), evidence=evidence)


@pytest.mark.parametrize("kind", TRUE)
def test_a_true_statement_is_not_flagged(kind: str, embedder: MiniLM) -> None:
    verdict = judged(*TRUE[kind], embedder)
    assert verdict.support in (Support.SUPPORTED, Support.UNCHECKED), verdict.problems
    assert not verdict.is_hard


@pytest.mark.parametrize("kind", FALSE)
def test_a_false_statement_is_never_called_supported_by_the_local_check(kind: str, embedder: MiniLM) -> None:
    assert judged(*FALSE[kind], embedder).support in (Support.UNCHECKED, Support.UNSUPPORTED)
