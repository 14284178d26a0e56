//! Money as decimal text.

use std::fmt;
use std::str::FromStr;

use super::{Currency, Money, MoneyError};

impl Money {
    /// Reads a decimal number such as `-19.99` or `5` as an amount of a currency.
    ///
    /// There are digits before the point, and after it at most as many as the currency has; no plus
    /// sign, no spaces, no separators of thousands.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(MoneyError::Malformed),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::Malformed);
        }
        let missing = usize::from(currency.exponent())
            .checked_sub(fraction.len())
            .ok_or(MoneyError::TooPrecise(currency))?;

        let zeros = std::iter::repeat_n(b'0', missing);
        let mut minor: i64 = 0;
        for digit in whole.bytes().chain(fraction.bytes()).chain(zeros) {
            let digit = i64::from(digit - b'0');
            // Counting down from zero reaches the lowest number, too.
            minor = minor
                .checked_mul(10)
                .and_then(|minor| minor.checked_sub(digit))
                .ok_or(MoneyError::Overflow)?;
        }
        let money = Self::new(minor, currency);
        if negative { Ok(money) } else { money.checked_neg() }
    }

    /// The amount as a decimal number, with as many digits after the point as the currency has.
    pub fn to_decimal(self) -> String {
        let exponent = usize::from(self.currency().exponent());
        let sign = if self.is_negative() { "-" } else { "" };
        let digits = format!("{:0>1$}", self.minor().unsigned_abs(), exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// `19.99 EUR`
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.to_decimal(), self.currency()))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what [`Display`](fmt::Display) writes: `19.99 EUR`.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, code) = text.split_once(' ').ok_or(MoneyError::Malformed)?;
        let currency = code.parse().map_err(|_| MoneyError::Malformed)?;
        Self::parse(amount, currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_follow_the_currency() {
        for (minor, code, text) in [
            (1999, "EUR", "19.99 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (1999, "JPY", "1999 JPY"),
            (1999, "KWD", "1.999 KWD"),
            (1999, "CLF", "0.1999 CLF"),
            (i64::MIN, "EUR", "-92233720368547758.08 EUR"),
        ] {
            let money = Money::new(minor, Currency::new(code));
            assert_eq!(money.to_string(), text);
            assert_eq!(text.parse(), Ok(money));
        }
    }

    #[test]
    fn reads_fewer_places_and_refuses_more() {
        let eur = Currency::new("EUR");
        assert_eq!(Money::parse("5", eur), Ok(Money::new(500, eur)));
        assert_eq!(Money::parse("5.5", eur), Ok(Money::new(550, eur)));
        assert_eq!(Money::parse("007.50", eur), Ok(Money::new(750, eur)));
        assert_eq!(Money::parse("5.500", eur), Err(MoneyError::TooPrecise(eur)));
        let jpy = Currency::new("JPY");
        assert_eq!(Money::parse("5.0", jpy), Err(MoneyError::TooPrecise(jpy)));
        for text in [
            "", "-", ".", "5.", ".5", "+5", "--5", "5-", "1,000", "1 000", " 5", "5\n", "1e3", "5.5.5", "٥",
            "0x10", "NaN", "5.-5",
        ] {
            assert_eq!(Money::parse(text, eur), Err(MoneyError::Malformed), "{text:?}");
        }
        for text in ["92233720368547758.08", "-92233720368547758.09", "99999999999999999999999"] {
            assert_eq!(Money::parse(text, eur), Err(MoneyError::Overflow), "{text}");
        }
        for text in ["5 XXX", "5", "EUR 5", "5  EUR", "5 EUR "] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError::Malformed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(minor: i64, at in 0..Currency::all().count()) {
            let money = Money::new(minor, Currency::all().nth(at).unwrap());
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|-?[0-9]{0,22}\\.?[0-9]{0,5}") {
            if let Ok(money) = Money::parse(&text, Currency::new("EUR")) {
                prop_assert_eq!(Money::parse(&money.to_decimal(), Currency::new("EUR")), Ok(money));
            }
        }
    }
}
