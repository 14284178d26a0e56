//! The routes: what is asked, who may ask, and who answers.

mod api_keys;
mod browser;
mod codes;
mod cookies;
mod documents;
mod follows;
mod forgery;
mod fresh;
mod impersonate;
mod inputs;
#[cfg(feature = "client")]
mod oauth;
#[cfg(feature = "client")]
mod oauth_table;
mod orgs;
mod orgs_table;
mod paging;
mod passkeys;
mod passwords;
mod people;
mod people_table;
mod possession;
mod presented;
mod problems;
mod register;
mod roles;
mod second_factor;
mod sessions;
mod sign_in;
mod table;
mod tokens;
mod views;
mod who;

pub use api_keys::{
    ApiKeyInput, ApiKeyList, ApiKeyPatchInput, ApiKeyQuery, ApiKeyView, IssuedApiKeyView, RotateInput,
    ServiceAccountInput,
};
pub use cookies::Cookies;
pub use follows::{Followed, PictureForm, SearchQuery};
pub(crate) use forgery::{check_forgery, origin_of};
pub use impersonate::{ImpersonateInput, Impersonated, Me};
pub use inputs::{
    ChangeEmailInput, ChangePasswordInput, CodeInput, EmailInput, LoginInput, NameInput, RefreshInput,
    RegisterInput, ResetPasswordInput, TicketInput, TokenInput,
};
#[cfg(feature = "client")]
pub use oauth::{
    CallbackInput, HandoverInput, LinkInput, LinkedAccountList, LinkedAccountView, ProviderList,
    ProviderView, SentOff, StartInput,
};
pub use orgs::{
    AcceptInput, InvitationInput, InvitationList, InvitationView, MemberInput, OrgInput, OrgList, OrgView,
};
pub use passkeys::{
    AddedPasskeyView, NewPasskeyInput, PasskeyInput, PasskeyList, PasskeyNameInput, PasskeyOptionsView,
    PasskeySignInInput, PasskeyView, WaitingInput,
};
pub use people::{DeleteMeInput, NewUserInput, UserRoleInput, UsersQuery};
pub(crate) use problems::{FORGED_REQUEST, INVALID_PROOF};
pub use roles::{RoleDeletion, RoleInput, RoleList, RolePatchInput, RoleView};
pub use second_factor::{
    ConfirmTotpInput, DeviceList, DeviceView, RecoveryCodes, RemoveTotpInput, SecondFactorInput,
    SecondFactorRequired, SecondFactorsView, StepUpInput, TotpOffer,
};
pub use table::{TOKENS_INTROSPECT, routes};
pub use views::{Answer, Discovery, IntrospectionView, SessionList, SessionView, Signed, Validity};
