"""What the demo begins with where a scene is asked for: its accounts, their past, and what goes wrong with them."""
