//! [`Currency`]: a currency of ISO 4217.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::iso4217::CURRENCIES;

/// A currency of ISO 4217 that is in use, such as `EUR`.
///
/// ```
/// use gravity_core::money::Currency;
///
/// const EUR: Currency = Currency::new("EUR");
/// assert_eq!(EUR.exponent(), 2);
/// assert!("BTC".parse::<Currency>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    /// Where it stands in the list, which is in the order of the codes.
    index: u8,
}

/// A text or a number is not the code of a currency in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a currency, three capital letters such as `EUR`")]
pub struct UnknownCurrency;

impl Currency {
    /// The currency of that code, as a constant.
    ///
    /// # Panics
    ///
    /// If there is none. In a constant that is a compile error; elsewhere parse the code.
    pub const fn new(code: &str) -> Self {
        match Self::find(code) {
            Some(currency) => currency,
            None => panic!("not the code of a currency in use"),
        }
    }

    const fn find(code: &str) -> Option<Self> {
        let wanted = code.as_bytes();
        if wanted.len() != 3 {
            return None;
        }
        let mut index: u8 = 0;
        while (index as usize) < CURRENCIES.len() {
            let known = CURRENCIES[index as usize].0.as_bytes();
            if known[0] == wanted[0] && known[1] == wanted[1] && known[2] == wanted[2] {
                return Some(Self { index });
            }
            index += 1;
        }
        None
    }

    /// The currency of that number, such as 978 for the euro.
    pub fn from_number(number: u16) -> Result<Self, UnknownCurrency> {
        Self::all().find(|currency| currency.number() == number).ok_or(UnknownCurrency)
    }

    /// Every currency, in the order of the codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (0u8..).take(CURRENCIES.len()).map(|index| Self { index })
    }

    const fn entry(self) -> &'static (&'static str, u16, u8) {
        &CURRENCIES[self.index as usize]
    }

    /// Three capital letters, such as `EUR`.
    pub const fn code(self) -> &'static str {
        self.entry().0
    }

    /// The number, such as 978, which is written with three digits.
    pub const fn number(self) -> u16 {
        self.entry().1
    }

    /// How many digits stand after the decimal point: 2 for the euro, 0 for the yen.
    pub const fn exponent(self) -> u8 {
        self.entry().2
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::find(code).ok_or(UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "gravity_core::Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<_> = Self::all().map(Self::code).collect();
        json_schema!({
            "description": "A currency code of ISO 4217.",
            "type": "string",
            "enum": codes,
        })
    }
}

crate::sql_value::sql_value!(
    [] Currency as String,
    |currency| currency.code().to_owned(),
    |code| Ok(code.parse()?)
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_in_order_and_without_duplicates() {
        assert!(CURRENCIES.is_sorted_by(|one, other| one.0 < other.0));
        assert!(u8::try_from(CURRENCIES.len()).is_ok());
        let numbers: BTreeSet<_> = CURRENCIES.iter().map(|entry| entry.1).collect();
        assert_eq!(numbers.len(), CURRENCIES.len());
        for currency in Currency::all() {
            assert_eq!(currency.code().parse(), Ok(currency));
            assert_eq!(Currency::from_number(currency.number()), Ok(currency));
        }
    }

    #[test]
    fn exponents_that_are_not_two() {
        let with = |exponent| {
            Currency::all()
                .filter(move |currency| currency.exponent() == exponent)
                .map(Currency::code)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            with(0),
            [
                "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
                "VUV", "XAF", "XOF", "XPF"
            ]
        );
        assert_eq!(with(3), ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]);
        assert_eq!(with(4), ["CLF", "UYW"]);
    }

    #[test]
    fn unknown_codes_are_refused() {
        for code in ["", "eur", "EURO", "EU", "XXX", "XAU", "DEM", "BTC", "€€€", "É"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
        assert_eq!(Currency::from_number(0), Err(UnknownCurrency));
        assert!(serde_json::from_str::<Currency>("978").is_err());
    }
}
