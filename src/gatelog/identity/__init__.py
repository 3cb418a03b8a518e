"""Who the gate is and whom it believes: tokens for backends, keys for `validate-jwt`.

interface.py    the seam: Identity, Token, IssuerKeys and the errors
local.py        LocalIssuer: an OpenID issuer of our own, in this process (keyring.py its keys, endpoints.py its HTTP answers)
provider.py     OidcProvider: any OpenID provider or Entra ID (fetch.py reads its documents without being led astray)
tokens.py       signing and verifying
"""

from gatelog.identity.interface import Identity, IssuerKeys, KeysUnavailable, Token, TokenRejected, TokenUnavailable
from gatelog.identity.keyring import Keyring
from gatelog.identity.local import LocalIssuer
from gatelog.identity.provider import ClientCredential, ManagedIdentity, OidcProvider

__all__ = [
    "ClientCredential",
    "Identity",
    "IssuerKeys",
    "KeysUnavailable",
    "Keyring",
    "LocalIssuer",
    "ManagedIdentity",
    "OidcProvider",
    "Token",
    "TokenRejected",
    "TokenUnavailable",
]
