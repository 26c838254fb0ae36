"""What the canary signs in with."""

from tests.sso.conftest import no_nonces, provider  # noqa: F401  (fixtures)
