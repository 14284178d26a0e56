//! Several measurements of the same.

/// What came out, round by round.
#[derive(Clone, Default)]
pub(super) struct Figures(Vec<f64>);

impl Figures {
    pub(super) fn add(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The one in the middle.
    pub(super) fn median(&self) -> f64 {
        self.sorted().get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn least(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn most(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }

    /// Each in relation to what another has had in the same round.
    pub(super) fn by(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect())
    }

    /// The median with the least and the most, such as `8.10 (7.90 to 8.34)`.
    pub(super) fn spread(&self, decimals: usize) -> String {
        let [median, least, most] = [self.median(), self.least(), self.most()];
        format!("{median:.decimals$} ({least:.decimals$} to {most:.decimals$})")
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    }
}
