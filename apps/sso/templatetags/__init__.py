"""Template tags of single sign-on."""
