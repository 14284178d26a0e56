//! [`SoftAuthenticator`]: an authenticator in the process.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::passkey::{AuthenticationResponse, RegistrationResponse};

/// An authenticator with one passkey, and the browser before it. What it says can be changed between two ceremonies.
pub struct SoftAuthenticator {
    pair: Pair,
    id: [u8; 32],
    /// Whose passkey it is.
    pub user_handle: Option<String>,
    /// The origin of the page.
    pub origin: String,
    /// User present, verified, fit for backup, backed up.
    pub flags: u8,
    /// What it counts up to with each use; at 0 it does not count.
    pub counter: u32,
    /// Members that are added to the client data, or replace those that are there.
    pub client_data: Value,
    /// What it says that its key is, in COSE, in place of what it is.
    pub key: Option<Vec<u8>>,
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl SoftAuthenticator {
    /// One with a key for ES256, on a page of this origin.
    ///
    /// # Panics
    /// When the system gives no random bytes.
    pub fn es256(origin: &str) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
        Self::of(Pair::Es256(pair), origin)
    }

    /// One with a key for `EdDSA`, on a page of this origin.
    ///
    /// # Panics
    /// When the system gives no random bytes.
    pub fn eddsa(origin: &str) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::of(Pair::EdDsa(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap()), origin)
    }

    fn of(pair: Pair, origin: &str) -> Self {
        let mut id = [0; 32];
        SystemRandom::new().fill(&mut id).unwrap();
        Self {
            pair,
            id,
            user_handle: None,
            origin: origin.into(),
            flags: 0x05,
            counter: 1,
            client_data: json!({}),
            key: None,
        }
    }

    /// Makes its passkey by these options.
    ///
    /// # Panics
    /// When the options are not those of a registration.
    pub fn register(&mut self, options: &Value) -> RegistrationResponse {
        self.user_handle = options["user"]["id"].as_str().map(str::to_owned);
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), self.flags | 0x40);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id);
        data.extend(self.key.clone().unwrap_or_else(|| self.cose()));
        let length = [u8::try_from(data.len()).unwrap()];
        let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..], &length, &data].concat();
        let response = json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(self.client(options, "webauthn.create").as_bytes()),
                "attestationObject": encode(&object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        });
        serde_json::from_value(response).unwrap()
    }

    /// Uses its passkey by these options.
    ///
    /// # Panics
    /// When the options are not those of an authentication.
    pub fn authenticate(&mut self, options: &Value) -> AuthenticationResponse {
        if self.counter > 0 {
            self.counter += 1;
        }
        let data = self.data(options["rpId"].as_str().unwrap(), self.flags);
        let client = self.client(options, "webauthn.get");
        let signed = [&data, digest::digest(&digest::SHA256, client.as_bytes()).as_ref()].concat();
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.sign(&signed).as_ref().to_vec(),
        };
        let response = json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encode(client.as_bytes()),
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
                "userHandle": self.user_handle,
            },
            "clientExtensionResults": {},
        });
        serde_json::from_value(response).unwrap()
    }

    fn data(&self, site: &str, flags: u8) -> Vec<u8> {
        let site = digest::digest(&digest::SHA256, site.as_bytes());
        [site.as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client(&self, options: &Value, kind: &str) -> String {
        let mut client = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        for (name, value) in self.client_data.as_object().into_iter().flatten() {
            client[name] = value.clone();
        }
        client.to_string()
    }

    fn cose(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Es256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                [&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], x, b"\x22\x58\x20", y].concat()
            }
            Pair::EdDsa(pair) => {
                [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], pair.public_key().as_ref()].concat()
            }
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
