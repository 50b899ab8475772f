"""Rules of the prose tagger as spaCy components; `extractor.entities` puts them to work.

A file a kind: `titles`, `dates`, `figures` and `agencies` propose spans, `pipeline` keeps the
longest that do not overlap, `values` and `subjects` say what they mean. The last two work on any
pipeline's `doc.ents`, so a trained one only replaces the first four.
"""
