"""An app beside the shop, for what only a browser needs."""
