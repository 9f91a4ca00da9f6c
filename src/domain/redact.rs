//! What never leaves: payment cards, security codes, national ids. Fails closed.
