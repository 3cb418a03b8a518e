"""What expressions may use of tokens and credentials: Jwt, BasicAuthCredentials, Encrypt and Decrypt."""

from __future__ import annotations

from typing import Final

from gatelog.policy.dotnet.jwt import Jwt
from gatelog.policy.dotnet.jwt import try_parse as try_jwt
from gatelog.policy.dotnet.metadata import TypeDef
from gatelog.policy.dotnet.values import BasicAuthCredentials, try_basic

NS: Final = "Microsoft.Azure.ApiManagement."

TYPES: Final = (
    TypeDef(
        NS + "Jwt",
        (
            ("string Algorithm", lambda j: j.header.get("alg")),
            ("string Type", lambda j: j.header.get("typ")),
            ("IEnumerable<string> Audiences", Jwt.audiences),
            ("IReadOnlyDictionary<string, string[]> Claims", "{0}.claims"),
            ("string Id", lambda j: j.word("jti")),
            ("string Issuer", lambda j: j.word("iss")),
            ("string Subject", lambda j: j.word("sub")),
            ("DateTime? ExpirationTime", lambda j: j.time("exp")),
            ("DateTime? NotBefore", lambda j: j.time("nbf")),
            ("DateTime? IssuedAt", lambda j: j.time("iat")),
        ),
    ),
    TypeDef(NS + "BasicAuthCredentials", (("string UserId", "{0}.user"), ("string Password", "{0}.password"))),
    TypeDef(
        NS + "IdentityExtensions",
        (
            ("static Jwt AsJwt(this string input)", Jwt.parse),
            ("static bool TryParseJwt(this string input, out Jwt result)", try_jwt),
            ("static BasicAuthCredentials AsBasic(this string input)", BasicAuthCredentials.parse),
            ("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", try_basic),
        ),
        kind="static",
    ),
)
