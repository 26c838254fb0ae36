"""Single sign-on: people whom a broker or an identity provider vouches for."""
