//! [`Metadata`]: where a provider's endpoints are.

use serde::Deserialize;

use super::provider::{Kind, is_tenant};
use super::{OAuthError, Provider, ProviderCalls};

/// What of an issuer's discovery document is used.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    #[serde(default)]
    pub(super) userinfo_endpoint: Option<String>,
    /// Empty for GitHub, which signs nothing.
    #[serde(default)]
    pub(super) jwks_uri: String,
    /// Whether every answer names its issuer (RFC 9207).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub(super) names_issuer: bool,
}

impl Metadata {
    /// Finds the endpoints of a provider.
    pub(super) async fn load(provider: &Provider, calls: &ProviderCalls) -> Result<Self, OAuthError> {
        let issuer = match &provider.kind {
            Kind::Oidc { issuer } | Kind::Apple { issuer } => issuer.to_string(),
            Kind::Microsoft { base, tenant } => format!("{base}/{tenant}/v2.0"),
            Kind::GitHub { web, .. } => return Ok(Self::github(web)),
        };
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Self = calls.get("its discovery document", &url, None).await?;
        // Another issuer's document would send codes and secrets to that one's endpoints.
        let is_named = match &provider.kind {
            Kind::Microsoft { base, tenant } if !is_tenant(tenant) => {
                is_one_of(&format!("{base}/{TENANT}/v2.0"), &metadata.issuer)
            }
            _ => metadata.issuer == issuer,
        };
        if !is_named {
            return Err(OAuthError::Answer("its discovery document is that of another issuer"));
        }
        let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        endpoints.into_iter().chain(&metadata.userinfo_endpoint).try_for_each(|url| calls.check(url))?;
        Ok(metadata)
    }

    fn github(web: &str) -> Self {
        Self {
            issuer: format!("{web}/login/oauth"),
            authorization_endpoint: format!("{web}/login/oauth/authorize"),
            token_endpoint: format!("{web}/login/oauth/access_token"),
            userinfo_endpoint: None,
            jwks_uri: String::new(),
            names_issuer: false,
        }
    }

    /// Whether an answer that names this issuer is this provider's.
    pub(super) fn is_issuer(&self, named: &str) -> bool {
        is_one_of(&self.issuer, named)
    }

    /// The issuer of a token whose claim `tid` is this.
    pub(super) fn issuer_of(&self, tenant: Option<&str>) -> Option<String> {
        if !self.issuer.contains(TENANT) {
            return Some(self.issuer.clone());
        }
        tenant.filter(|tenant| is_tenant(tenant)).map(|tenant| self.issuer.replace(TENANT, tenant))
    }
}

/// What stands for the tenant in the document for several.
const TENANT: &str = "{tenantid}";

/// Whether an issuer is this one, or one of those that this one stands for.
fn is_one_of(template: &str, issuer: &str) -> bool {
    let tenant =
        template.split_once(TENANT).and_then(|(start, end)| issuer.strip_prefix(start)?.strip_suffix(end));
    issuer == template || tenant.is_some_and(is_tenant)
}
