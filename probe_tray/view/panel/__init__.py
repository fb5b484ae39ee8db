"""The panel: summary, cards, and what each account looks like."""
