"""Questions on outside articles: is the evidence found, is it shown, is it known what the articles do not say?

`multihop`, `squad2`, `clapnq` and `mtrag` measure retrieval as a whole and by each leg; `newsquestions` and `given`
measure the reader beside the plain baseline; `ramdocs` asks whether answers that differ are shown. Each has
`run(data, data_dir)`; `answerability` is shared. All ask the service by the path of the product.
"""
