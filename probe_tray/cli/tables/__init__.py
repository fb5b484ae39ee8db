"""Tables on a terminal, and the files of ``--output``."""
