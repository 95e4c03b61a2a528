"""What a text says, whatever is asked: nothing here knows a question, an article or a snapshot.

`terms` has words, stems, stopwords, names, figures and quotations; `amounts` compares figures by value, unit and what
they count; `facts` has figures and dates in a form that can be compared, and the entries of live reports; `dates` finds
the days that a text names or means ("yesterday"); `currencies` says in which currency a figure stands. The rules are
for English; another language yields fewer names and terms, not an error.
"""
