"""Mail: reading messages, delivering them, filtering them."""
