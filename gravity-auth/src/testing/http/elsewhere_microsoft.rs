//! Microsoft, where an administrator may write any address into an account of their tenant.

use serde_json::{Value, json};

use super::elsewhere::{Doubles, code_of, fragment};
use super::stage::{Reply, Stage};

/// A company, and that of private accounts.
const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const PRIVATE: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

pub(super) async fn run(stage: &Stage, doubles: &Doubles) {
    an_address_that_is_not_proven_there_links_nothing(stage, doubles).await;
    an_address_that_is_proven_there_links(stage, doubles).await;
    a_token_is_of_the_tenant_that_it_names(stage, doubles).await;
}

/// Somebody of a tenant signs in, with these claims beside.
async fn back(stage: &Stage, doubles: &Doubles, tenant: &str, email: &str, more: &Value) -> Reply {
    let journey = stage.depart("microsoft").await;
    let mut claims = doubles.sure.claims(&journey.url, &stage.unique(), email);
    claims["iss"] = json!(format!("{}/{tenant}/v2.0", doubles.sure.issuer()));
    claims["tid"] = json!(tenant);
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let code = doubles.sure.code(&journey.url, &claims);
    stage.come_back(&journey, &journey.answer(&code)).await
}

/// Somebody who has an account here, with a password, at an address about which Microsoft decides.
async fn somebody(stage: &Stage) -> String {
    let email = format!("{}@sure.example", stage.unique());
    let new = crate::Registration {
        email: email.parse().unwrap(),
        password: super::stage::PASSWORD.into(),
        user_name: None,
        first_name: None,
        last_name: None,
    };
    stage.auth.create_user(new).await.unwrap();
    email
}

async fn an_address_that_is_not_proven_there_links_nothing(stage: &Stage, doubles: &Doubles) {
    for said in [
        json!({}),
        // What the tenant says of it is worth nothing.
        json!({ "email_verified": true }),
        json!({ "email_verified": "true", "verified_primary_email": ["ada@sure.example"] }),
        json!({ "xms_edov": false }),
        json!({ "xms_edov": 0 }),
        json!({ "xms_edov": "0" }),
        json!({ "xms_edov": null }),
        json!({ "xms_edov": ["1"] }),
        json!({ "xms_edov": 10 }),
    ] {
        let email = somebody(stage).await;
        let reply = back(stage, doubles, TENANT, &email, &said).await;
        assert_eq!(fragment(&reply), "error=auth.no_vouched_address", "{said}");
        let ada = stage.sign_in(&email).await;
        let linked = stage.ask("GET", &ada.access, "/linked-accounts", Value::Null).await;
        assert_eq!(linked.body["items"], json!([]), "{said}");
        // Nor does it make an account, or verify anything.
        let new = format!("{}@sure.example", stage.unique());
        let reply = back(stage, doubles, TENANT, &new, &said).await;
        assert_eq!(fragment(&reply), "error=auth.no_vouched_address", "{said}");
        assert!(stage.auth.store().by_email(&new.parse().unwrap()).await.unwrap().is_none());
    }
}

async fn an_address_that_is_proven_there_links(stage: &Stage, doubles: &Doubles) {
    let owned = [json!({ "xms_edov": true }), json!({ "xms_edov": 1 }), json!({ "xms_edov": "1" })];
    let private = [json!({}), json!({ "email_verified": false })];
    let of = |tenant: &'static str| move |said: Value| (tenant, said);
    let all = owned.into_iter().map(of(TENANT)).chain(private.into_iter().map(of(PRIVATE)));
    for (tenant, said) in all {
        let email = somebody(stage).await;
        let reply = back(stage, doubles, tenant, &email, &said).await;
        let signed = stage.hand_over(&code_of(&reply)).await;
        assert_eq!((signed.status, &signed.body["user"]["email"]), (200, &json!(email)), "{said}");
    }
}

async fn a_token_is_of_the_tenant_that_it_names(stage: &Stage, doubles: &Doubles) {
    let email = somebody(stage).await;
    let base = doubles.sure.issuer();
    for (tenant, more) in [
        // Whoever has a tenant says that they are private.
        (TENANT, json!({ "tid": PRIVATE })),
        (PRIVATE, json!({ "iss": format!("{base}/{TENANT}/v2.0") })),
        (TENANT, json!({ "tid": null })),
        (TENANT, json!({ "iss": base })),
        (TENANT, json!({ "iss": format!("{base}/{{tenantid}}/v2.0") })),
        (TENANT, json!({ "iss": format!("https://evil.example/{TENANT}/v2.0") })),
        ("{tenantid}", json!({})),
        ("common", json!({})),
        ("../evil", json!({})),
        ("", json!({})),
    ] {
        let reply = back(stage, doubles, tenant, &email, &more).await;
        assert_eq!(fragment(&reply), "error=auth.invalid_provider_answer", "{tenant} {more}");
    }
}
