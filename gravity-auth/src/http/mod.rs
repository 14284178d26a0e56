//! The routes: what is asked, who may ask, and who answers.

mod codes;
mod cookies;
mod documents;
mod follows;
mod forgery;
mod fresh;
mod inputs;
#[cfg(feature = "client")]
mod oauth;
#[cfg(feature = "client")]
mod oauth_table;
mod passwords;
mod people;
mod people_table;
mod presented;
mod problems;
mod register;
mod second_factor;
mod sessions;
mod sign_in;
mod table;
mod tokens;
mod views;
mod who;

pub use cookies::Cookies;
pub use follows::{Followed, PictureForm, SearchQuery};
pub(crate) use forgery::check_forgery;
pub use inputs::{
    ChangeEmailInput, ChangePasswordInput, CodeInput, EmailInput, LoginInput, NameInput, RefreshInput,
    RegisterInput, ResetPasswordInput, TicketInput, TokenInput,
};
#[cfg(feature = "client")]
pub use oauth::{
    CallbackInput, HandoverInput, LinkInput, LinkedAccountList, LinkedAccountView, ProviderList,
    ProviderView, SentOff, StartInput,
};
pub use people::{DeleteMeInput, NewUserInput, RoleInput, UsersQuery};
pub(crate) use problems::FORGED_REQUEST;
pub use second_factor::{
    ConfirmTotpInput, DeviceList, DeviceView, RecoveryCodes, RemoveTotpInput, SecondFactorInput,
    SecondFactorRequired, SecondFactorsView, StepUpInput, TotpOffer,
};
pub use table::{TOKENS_INTROSPECT, routes};
pub use views::{Answer, Discovery, IntrospectionView, SessionList, SessionView, Signed, Validity};
