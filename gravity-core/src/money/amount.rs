//! [`Money`]: an amount of a currency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Currency, Rounding};

/// An amount of a currency, in whole numbers of its smallest unit; it may be negative.
///
/// Nothing is ever rounded without being told how, sums of two currencies are refused, and what does
/// not fit is an error. In JSON it is `{"amount": 1999, "currency": "EUR"}`, for 19.99 euros.
///
/// ```
/// use gravity_core::money::{Currency, Money, Rounding};
///
/// const EUR: Currency = Currency::new("EUR");
/// let price = Money::parse("19.99", EUR).unwrap();
/// let vat = price.multiply_ratio(19, 100, Rounding::HalfEven).unwrap();
/// assert_eq!(price.checked_add(vat).unwrap().to_string(), "23.79 EUR");
///
/// let parts = Money::new(100, EUR).allocate(&[1, 1, 1]).unwrap();
/// assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [34, 33, 33]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the smallest unit of the currency: cents of the euro.
    #[serde(rename = "amount")]
    minor: i64,
    /// The currency.
    currency: Currency,
}

/// Why a sum cannot be worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The two amounts are of different currencies.
    #[error("{left} and {right} are different currencies")]
    CurrencyMismatch {
        /// That of the first amount.
        left: Currency,
        /// That of the second amount.
        right: Currency,
    },
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// A ratio has the denominator zero.
    #[error("a ratio has no denominator of zero")]
    ZeroDenominator,
    /// There are no weights, or all of them are zero.
    #[error("an amount is allocated to one weight at least that is not zero")]
    NoWeights,
    /// The text is not a decimal number.
    #[error("an amount is a decimal number such as `-19.99`")]
    Malformed,
    /// The text has more digits after the point than the currency.
    #[error("an amount in {0} has at most {places} digits after the point", places = .0.exponent())]
    TooPrecise(Currency),
}

impl Money {
    /// An amount in the smallest unit of its currency.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in the smallest unit of the currency.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is less than zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency })
        }
    }

    pub(super) fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        let minor = minor.ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Which of two amounts of one currency is greater.
    pub fn compare(self, other: Self) -> Result<std::cmp::Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// The difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// So many times the amount.
    pub fn checked_mul(self, times: i64) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_mul(times))
    }

    /// The amount with the other sign.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with(self.minor.checked_neg())
    }

    /// The sum of amounts, all in this currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The amount times `numerator / denominator`, worked out exactly and then rounded once.
    pub fn multiply_ratio(
        self,
        numerator: i64,
        denominator: i64,
        rounding: Rounding,
    ) -> Result<Self, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::ZeroDenominator);
        }
        // The product of two `i64`s fits an `i128`.
        let product = i128::from(self.minor) * i128::from(numerator);
        let minor = rounding.divide(product, denominator.into()).and_then(|minor| i64::try_from(minor).ok());
        self.with(minor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EUR: Currency = Currency::new("EUR");
    const JPY: Currency = Currency::new("JPY");

    #[test]
    fn currencies_do_not_mix() {
        let mismatch = MoneyError::CurrencyMismatch { left: EUR, right: JPY };
        let (euros, yen) = (Money::new(1, EUR), Money::new(1, JPY));
        assert_eq!(euros.checked_add(yen), Err(mismatch));
        assert_eq!(euros.checked_sub(yen), Err(mismatch));
        assert_eq!(euros.compare(yen), Err(mismatch));
        assert_eq!(Money::sum(EUR, [euros, yen]), Err(mismatch));
        assert_eq!(Money::sum(EUR, []), Ok(Money::zero(EUR)));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (most, least) = (Money::new(i64::MAX, EUR), Money::new(i64::MIN, EUR));
        assert_eq!(most.checked_add(most), Err(MoneyError::Overflow));
        assert_eq!(least.checked_sub(most), Err(MoneyError::Overflow));
        assert_eq!(least.checked_neg(), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
        assert_eq!(most.multiply_ratio(3, 2, Rounding::Down), Err(MoneyError::Overflow));
        assert_eq!(least.multiply_ratio(-1, 1, Rounding::Up), Err(MoneyError::Overflow));
        assert_eq!(most.multiply_ratio(1, 0, Rounding::Up), Err(MoneyError::ZeroDenominator));
        assert_eq!(least.multiply_ratio(i64::MIN, i64::MIN, Rounding::HalfEven), Ok(least));
    }

    #[test]
    fn json_is_whole_numbers_and_a_known_currency() {
        let json = r#"{"amount":-1999,"currency":"EUR"}"#;
        let money: Money = serde_json::from_str(json).unwrap();
        assert_eq!(money, Money::new(-1999, EUR));
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
        for bad in [
            r#"{"amount":19.99,"currency":"EUR"}"#,
            r#"{"amount":"1","currency":"EUR"}"#,
            r#"{"amount":1,"currency":"eur"}"#,
            r#"{"amount":1}"#,
            r#"{"amount":1,"currency":"EUR","minor":2}"#,
            r#"{"amount":9223372036854775808,"currency":"EUR"}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
            let value = serde_json::from_str(bad).unwrap();
            let schema = crate::validate::Schema::of::<Money>().unwrap();
            assert!(schema.validate(&value).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn adding_then_subtracting_returns(one: i64, other: i64) {
            let (one, other) = (Money::new(one, EUR), Money::new(other, EUR));
            if let Ok(sum) = one.checked_add(other) {
                prop_assert_eq!(sum.checked_sub(other), Ok(one));
            }
        }

        #[test]
        fn a_ratio_of_one_changes_nothing(minor: i64, part in any::<i64>().prop_filter("zero", |p| *p != 0)) {
            for rounding in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down, Rounding::Up] {
                let money = Money::new(minor, EUR);
                prop_assert_eq!(money.multiply_ratio(part, part, rounding), Ok(money));
            }
        }
    }
}
