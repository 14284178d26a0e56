"""Reads tokens of ours by their published keys, and makes some for us to read, with joserfc.

Standard input: {"jwks": ..., "secret": base64url, "tokens": {algorithm: token}}
Standard output: {"read": {algorithm: claims}, "made": {algorithm: token}, "jwks": ...}
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

given = json.load(sys.stdin)
published = KeySet.import_key_set(given["jwks"])
secret = OctKey.import_key({"kty": "oct", "k": given["secret"]})

read = {}
for name, token in given["tokens"].items():
    key = secret if name == "HS256" else published
    decoded = jwt.decode(token, key, algorithms=[name])
    rules = jwt.JWTClaimsRegistry(
        now=given["claims"]["iat"], iss={"essential": True, "value": "https://us"}, aud={"essential": True, "value": "api"}, exp={"essential": True}
    )
    rules.validate(decoded.claims)
    assert decoded.header["typ"] == "at+jwt", decoded.header
    read[name] = decoded.claims

for key in published.keys:
    assert key.thumbprint() == key.kid, "the name is the thumbprint"
    assert not key.is_private

own = {
    "EdDSA": OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True),
    "ES256": ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True),
    "RS256": RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True),
}
made = {}
for name, key in own.items():
    header = {"alg": name, "typ": "at+jwt", "kid": key.kid}
    made[name] = jwt.encode(header, given["claims"], key, algorithms=[name])
header = {"alg": "HS256", "typ": "at+jwt", "kid": given["secret_id"]}
made["HS256"] = jwt.encode(header, given["claims"], secret, algorithms=["HS256"])

document = {"keys": [key.as_dict(private=False) for key in own.values()]}
json.dump({"read": read, "made": made, "jwks": document}, sys.stdout)
