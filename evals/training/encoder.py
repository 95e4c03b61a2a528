"""Train the reader's encoder and its layer, and write them as int8 ONNX and JSON.

    python evals/training/encoder.py MODEL HITS.jsonl FOLDER [EPOCHS [FIRST.pt]]

MODEL is the folder of all-MiniLM-L6-v2 (`model.safetensors`, `tokenizer.json`), HITS what `hits` wrote. It runs in an
environment of its own (`requirements.txt`) and imports nothing of the project; `qa/reader/late_interaction.py` computes
the same numbers from what it writes: FOLDER/encoder.int8.onnx and FOLDER/layer.json. A checkpoint is kept, and gone on
from, in FOLDER/reader.pt.

The loss is a softmax over all sentences of a question's hits (listwise, Cao et al. 2007), plus the logistic loss of
whether any answers. Questions about one article share a step, since their hits do, and a few of the other sets join
them. Embeddings and the first layer of the encoder stay as they are; every seventh answerable question
loses the hits of its article, and is then unanswerable.
"""

import collections
import itertools
import json
import random
import sys
from bisect import bisect_left
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertModel

BEGIN, END = 101, 102
QUESTION, PASSAGE = 64, 384
EVERYWHERE = float(np.log(2))
TOGETHER, HITS, FURTHER, BEST = 14, 3, 1, 5
BESIDE = 5
TOKENS_AT_ONCE = 3000
WITHOUT_ITS_ARTICLE = 0.15
RATES = (8e-5, 5e-3)
WARM_UP = 60
KEPT_EVERY = 150
unit = torch.nn.functional.normalize


class Passage:
    """The token ids of a hit, and from which to which each of its sentences reaches."""

    def __init__(self, hit, tokenizer):
        """Cut a hit into tokens."""
        encoded = tokenizer.encode(hit["text"])
        self.ids = cut(encoded.ids, PASSAGE)
        starts = [start for start, _ in encoded.offsets[1:-1]]
        self.spans, self.numbers, self.answers = [], [], []
        for one in hit["sentences"]:
            first, last = (min(1 + bisect_left(starts, at), len(self.ids) - 1) for at in one["span"])
            self.spans.append((first, last) if first < last else (0, 1))


def cut(ids, most):
    """Return at most so many ids, the mark of the end kept."""
    return ids if len(ids) <= most else [*ids[: most - 1], END]


def read(file, tokenizer):
    """Return the rows with their questions, numbers and labels, and the passages by key."""
    rows, passages = [], {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        encoded = tokenizer.encode(row["question"])
        row["ids"] = cut(encoded.ids, QUESTION)
        rarity = [
            next((told for start, end, told in row["words"] if start <= at < end), EVERYWHERE)
            for at, _ in encoded.offsets[: len(row["ids"])]
        ]
        row["rarity"] = [0.0 if one in (BEGIN, END) else told for one, told in zip(row["ids"], rarity, strict=True)]
        row["keys"], row["search"], row["held"], row["answers"] = [], [], [], []
        for place, hit in enumerate(row["hits"]):
            if not hit["sentences"]:
                continue
            key = (hit["path"], hit["text"])
            if key not in passages:
                passages[key] = Passage(hit, tokenizer)
            row["keys"].append(key)
            row["search"].append([[hit["score"] / 2, place / 8, min(one["at"], 5) / 5] for one in hit["sentences"]])
            row["held"].append([one["held"] for one in hit["sentences"]])
            row["answers"].append([one["answers"] for one in hit["sentences"]])
        del row["hits"]
        if row["keys"]:
            rows.append(row)
    return rows, passages


class Reader(torch.nn.Module):
    """The encoder, a weight for each token of a question, and the layer; its numbers are those of `NUMBERS`."""

    def __init__(self, model, passages):
        """Begin with the encoder in the folder `model`, and a layer set by hand; `passages` are known by key."""
        super().__init__()
        self.passages = passages
        self.encoder = BertModel.from_pretrained(model, add_pooling_layer=False, attn_implementation="sdpa")
        self.token = torch.nn.Linear(384, 1)
        self.score = torch.nn.Parameter(torch.tensor([14.0, 10.0, 0.0, 0.0, 4.0, 2.0]))
        self.search = torch.nn.Parameter(torch.tensor([0.5, -1.0, 0.0]))
        self.none = torch.nn.Parameter(torch.tensor(18.0))  # about the summed scores' logarithm before training
        torch.nn.init.zeros_(self.token.weight)
        torch.nn.init.zeros_(self.token.bias)

    def encode(self, texts):
        """Return the token vectors of texts, given as ids; those of like length are encoded together."""
        states = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        while order:
            some = [order.pop(0)]
            while order and len(texts[order[0]]) * (len(some) + 1) <= TOKENS_AT_ONCE:
                some.append(order.pop(0))
            longest = max(len(texts[at]) for at in some)
            ids = torch.tensor([texts[at] + [0] * (longest - len(texts[at])) for at in some])
            mask = torch.tensor([[1] * len(texts[at]) + [0] * (longest - len(texts[at])) for at in some])
            with torch.autocast("cpu", torch.bfloat16):
                found = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
            for at, state in zip(some, found.float(), strict=True):
                states[at] = state[: len(texts[at])]
        return states

    def forward(self, batch, chosen):
        """Yield for each question the scores of its sentences, how sure it is that one answers, and which do."""
        keys = list(dict.fromkeys(row["keys"][at] for row, hits in zip(batch, chosen, strict=True) for at in hits))
        encoded = self.encode([self.passages[key].ids for key in keys])
        known = {key: unit(state, dim=-1) for key, state in zip(keys, encoded, strict=True)}
        for row, hits, state in zip(batch, chosen, self.encode([row["ids"] for row in batch]), strict=True):
            weights = torch.tensor(row["rarity"]) * torch.exp(self.token(state)[:, 0])
            weights, tokens = weights / weights.sum(), unit(state, dim=-1)
            whole, numbers = unit(tokens.mean(0), dim=-1), []
            for at in hits:
                against = known[row["keys"][at]]
                similar = tokens @ against.T
                of_hit = held(weights, similar)
                for (start, end), share in zip(self.passages[row["keys"][at]].spans, row["held"][at], strict=True):
                    own = held(weights, similar[:, start:end])
                    alike = whole @ unit(against[start:end].mean(0), dim=-1)
                    numbers.append(torch.stack([own[0], of_hit[0], own[1], of_hit[1], alike, torch.tensor(share)]))
            numbers = torch.stack(numbers)
            own = numbers @ self.score
            ranks = own + torch.tensor([one for at in hits for one in row["search"][at]]) @ self.search
            answers = torch.tensor([one for at in hits for one in row["answers"][at]])
            yield ranks, torch.logsumexp(own.topk(min(BEST, len(own))).values, 0) - self.none, answers


def held(weights, similar):
    """Return the weighted mean of each token's nearest match, and of the square of what is lacking in it."""
    nearest = similar.max(1).values
    return (weights * nearest).sum(), (weights * (1 - nearest) ** 2).sum()


def steps(rows, beside=0):
    """Return the questions of `newsquestions` in groups about one article, shuffled, with so many others in each.

    The others are gone through before they begin anew. Without any `beside`, all questions are grouped by article.
    """
    by_article, others, found = collections.defaultdict(list), [], []
    for row in rows:
        if beside and row["set"] != "newsquestions":
            others.append(row)
        else:
            by_article[row["article"]].append(row)
    dealt = itertools.cycle(random.sample(others, len(others)))
    for of_article in by_article.values():
        random.shuffle(of_article)
        found += [of_article[at : at + TOGETHER] for at in range(0, len(of_article), TOGETHER)]
    random.shuffle(found)
    return [[*group, *itertools.islice(dealt, beside)] for group in found]


def chosen_hits(row):
    """Return which hits a question is trained with, and whether they answer it: the first, and some of the others."""
    first, further = list(range(len(row["keys"])))[:HITS], range(HITS, len(row["keys"]))
    first += random.sample(further, min(FURTHER, len(further)))
    answering = [at for at, answers in enumerate(row["answers"]) if any(answers)]
    if not row["answerable"] or row["set"] != "newsquestions":
        return first, row["answerable"]
    others = [at for at, (path, _) in enumerate(row["keys"]) if path != row["article"]][:HITS]
    if others and random.random() < WITHOUT_ITS_ARTICLE:
        return others, False
    return (first if set(first) & set(answering) else [*first, *answering[:1]]), True


def loss_of(reader, batch):
    """Return the mean loss of the questions of one step."""
    chosen, losses = [chosen_hits(row) for row in batch], []
    for (ranks, sure, answers), (_, answered) in zip(reader(batch, [hits for hits, _ in chosen]), chosen, strict=True):
        if answered and answers.any():
            first = torch.logsumexp(ranks, 0) - torch.logsumexp(ranks[answers], 0)
            losses.append(first + torch.nn.functional.softplus(-sure))
        elif not answered:
            losses.append(torch.nn.functional.softplus(sure))
    return torch.stack(losses).mean() if losses else None


@torch.no_grad()
def evaluate(reader, rows, name):
    """Print how often the evidence is among the first 1, 2, 3, and how well answerable is told from unanswerable."""
    first, sure = [], {True: [], False: []}
    for batch in steps(rows):
        found = reader(batch, [range(len(row["keys"])) for row in batch])
        for row, (ranks, sureness, answers) in zip(batch, found, strict=True):
            order = ranks.argsort(descending=True)
            if row["answerable"] and row["set"] != "ramdocs":
                first.append([bool(answers[order[:n]].any()) for n in (1, 2, 3)])
            sure[row["answerable"]].append(float(sureness))
    mark = np.quantile(sure[True], 0.1)
    above = np.mean([one > other for one in sure[True] for other in sure[False]])
    print(name, np.round(np.mean(first or [[0, 0, 0]], 0), 3), "AUROC", above.round(3), "at a tenth lost", end=" ")
    print(np.mean([one < mark for one in sure[False]]).round(3), flush=True)


def train(reader, rows, folder, epochs):
    """Train for so many epochs; the rate warms up, then falls to nothing."""
    for name, parameter in reader.encoder.named_parameters():
        parameter.requires_grad = not name.startswith(("embeddings", "encoder.layer.0."))
    slow = [one for one in reader.encoder.parameters() if one.requires_grad]
    fast = [one for name, one in reader.named_parameters() if not name.startswith("encoder.")]
    groups = [{"params": some, "lr": rate} for some, rate in zip((slow, fast), RATES, strict=True)]
    optimizer = torch.optim.AdamW(groups)
    last = int(epochs * len(steps(rows, BESIDE)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda at: min((at + 1) / WARM_UP, max(0.02, 1 - at / last))
    )
    at, losses, kept = 0, [], folder / "reader.pt"
    reader.train()  # with the encoder's dropout of a tenth
    if kept.exists():
        state = torch.load(kept, weights_only=False)
        reader.load_state_dict(state["reader"]), optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        at = state["at"]
    while at < last:
        for batch in steps(rows, BESIDE)[: last - at]:
            if (loss := loss_of(reader, batch)) is not None:
                loss.backward()
                losses.append(float(loss.detach()))
                torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
            schedule.step()
            at += 1
            if at % KEPT_EVERY == 0 or at == last:
                print(f"step {at} of {last}, loss {np.mean(losses[-KEPT_EVERY:]):.3f}", flush=True)
                parts = {"reader": reader, "optimizer": optimizer, "schedule": schedule}
                unfinished = kept.with_suffix(".new")
                torch.save({name: part.state_dict() for name, part in parts.items()} | {"at": at}, unfinished)
                unfinished.replace(kept)
    reader.eval()


class Exported(torch.nn.Module):
    """The encoder with the two outputs that the program reads."""

    def __init__(self, encoder):
        """Wrap the encoder."""
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids, attention_mask):
        """Return the mean of the token vectors, of unit length, and the vectors."""
        tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).float()
        return unit((tokens * mask).sum(1) / mask.sum(1).clamp(min=1), dim=-1), tokens


def export(trained, model, file):
    """Write an encoder as ONNX, its weights in int8; `embedding` is `[batch, 384]`, `tokens` `[batch, tokens, 384]`."""
    encoder = BertModel.from_pretrained(model, add_pooling_layer=False, attn_implementation="eager")
    encoder.load_state_dict(trained.state_dict())
    whole, some = file.with_suffix(".f32"), torch.ones(1, 16, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "tokens")}
    torch.onnx.export(
        Exported(encoder).eval(),
        (some, some),
        str(whole),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding", "tokens"],
        dynamic_axes=axes | {"embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(str(whole), str(file), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    whole.unlink()


def layer_of(reader):
    """Return the fitted layer as the program reads it, not yet calibrated."""
    token = [*reader.token.weight[0].tolist(), float(reader.token.bias[0])]
    layer = {"token": token, "score": reader.score.tolist(), "search": reader.search.tolist()}
    return {name: [float(f"{one:.5g}") for one in row] for name, row in layer.items()} | {
        "sure": [1.0, -float(reader.none), 0.0]
    }


def main(model, hits, folder, epochs="3", first=None):
    """Train, evaluate and write; `first` is the reader.pt of an earlier run to begin with.

    What is written is then the mean of both, which keeps what the first run knew of other data (Wortsman et al. 2022,
    arXiv 2109.01903).
    """
    torch.manual_seed(1)
    random.seed(1)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows, passages = read(Path(hits), tokenizer)
    reader = Reader(model, passages)
    if first:
        reader.load_state_dict(torch.load(first, weights_only=False)["reader"])
    used = [row for row in rows if row["split"] == "train"]
    others = [row for row in rows if row["split"] != "train"]
    sets = {name: [row for row in others if row["set"] == name] for name in dict.fromkeys(row["set"] for row in others)}
    for name, of_set in sets.items() if not first else ():
        evaluate(reader, of_set, f"untrained, {name}")
    before = {name: value.clone() for name, value in reader.state_dict().items()}
    train(reader, used, folder, float(epochs))
    if first:
        reader.load_state_dict({name: (before[name] + value) / 2 for name, value in reader.state_dict().items()})
    for name, of_set in sets.items():
        evaluate(reader, of_set, name)
    (folder / "layer.json").write_text(json.dumps(layer_of(reader)) + "\n", encoding="utf-8")
    export(reader.encoder, model, folder / "encoder.int8.onnx")


if __name__ == "__main__":
    main(*sys.argv[1:])
