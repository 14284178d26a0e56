"""Makes one-time passwords with pyotp, and is an authenticator with python-fido2 and cryptography.

Standard input: {"uris": [...], "times": [...], "registration": options, "authentication": options, "origin": ...}
Standard output: {"apps": [{"issuer", "name", "codes"}], "passkeys": {name: {"made", "used"}}}
"""

import json
import os
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2.cose import ES256, RS256, EdDSA
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

given = json.load(sys.stdin)


def encode(data):
    return urlsafe_b64encode(data).decode().rstrip("=")


def decode(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


apps = []
for uri in given["uris"]:
    app = pyotp.parse_uri(uri)
    codes = [app.at(time) for time in given["times"]]
    apps.append({"issuer": app.issuer, "name": app.name, "codes": codes})

ec_key = ec.generate_private_key(ec.SECP256R1())
ed_key = ed25519.Ed25519PrivateKey.generate()
rsa_key = rsa.generate_private_key(65537, 2048)
keys = {
    "ES256": (ES256, ec_key, lambda data: ec_key.sign(data, ec.ECDSA(hashes.SHA256()))),
    "EdDSA": (EdDSA, ed_key, ed_key.sign),
    "RS256": (RS256, rsa_key, lambda data: rsa_key.sign(data, padding.PKCS1v15(), hashes.SHA256())),
}

FLAG = AuthenticatorData.FLAG
passkeys = {}
for name, (cose, key, sign) in keys.items():
    credential = os.urandom(48)

    def client(kind, options):
        return CollectedClientData.create(kind, decode(options["challenge"]), given["origin"])

    options = given["registration"]
    public = cose.from_cryptography_key(key.public_key())
    assert {"type": "public-key", "alg": public[3]} in options["pubKeyCredParams"]
    site = sha256(options["rp"]["id"].encode()).digest()
    attested = AttestedCredentialData.create(Aaguid(os.urandom(16)), credential, public)
    flags = FLAG.UP | FLAG.UV | FLAG.BE | FLAG.BS
    data = AuthenticatorData.create(site, flags | FLAG.AT, 0, attested)
    made = client("webauthn.create", options)
    statement = {"alg": public[3], "sig": sign(data + made.hash)}
    for form, statement in (("packed", statement), ("none", {})):
        attestation = AttestationObject.create(form, data, statement)
        passkeys[f"{name} {form}"] = {
            "made": {
                "id": encode(credential),
                "rawId": encode(credential),
                "type": "public-key",
                "response": {
                    "clientDataJSON": encode(made),
                    "attestationObject": encode(attestation),
                    "transports": ["internal", "hybrid"],
                },
                "clientExtensionResults": {},
            }
        }

    used = client("webauthn.get", given["authentication"])
    data = AuthenticatorData.create(site, flags, 0)
    response = {
        "id": encode(credential),
        "type": "public-key",
        "response": {
            "clientDataJSON": encode(used),
            "authenticatorData": encode(data),
            "signature": encode(sign(data + used.hash)),
            "userHandle": options["user"]["id"],
        },
    }
    for form in ("packed", "none"):
        passkeys[f"{name} {form}"]["used"] = response

json.dump({"apps": apps, "passkeys": passkeys}, sys.stdout)
