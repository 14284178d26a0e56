//! Money: whole numbers of the smallest unit of a currency, and never a float.

mod allocate;
mod amount;
mod currency;
mod iso4217;
mod rounding;
mod text;

pub use amount::{Money, MoneyError};
pub use currency::{Currency, UnknownCurrency};
pub use rounding::Rounding;
