//! QR codes as SVG.

use std::fmt::Write as _;

use gravity_core::SecretString;
use qrcode::{Color, EcLevel, QrCode};

/// How many modules of margin there are around the code (ISO 18004).
const MARGIN: usize = 4;

/// A QR code of a text. One that no QR code has room for gives an empty image.
pub(super) fn svg(text: &str) -> SecretString {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::L));
    let (width, modules) = code.map(|code| (code.width(), code.into_colors())).unwrap_or_default();
    let size = width + 2 * MARGIN;
    // Room for a run of dark modules for every four modules, so that no copy is left behind when it grows.
    let mut svg = String::with_capacity(512 + modules.len() * 4);
    // Writing to a text does not fail.
    let _ = write!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d=""##
    );
    for (row, modules) in modules.chunks(width.max(1)).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|one, other| one == other) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, length) = (column + MARGIN, row + MARGIN, run.len());
                let _ = write!(svg, "M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    svg.push_str(r#""/></svg>"#);
    SecretString::new(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that an image shows.
    fn modules(svg: &str) -> Vec<(usize, usize)> {
        let (_, path) = svg.split_once("fill=\"#000\" d=\"").unwrap();
        let (path, _) = path.split_once('"').unwrap();
        let runs = path.split_terminator('z').flat_map(|run| {
            let (x, rest) = run.strip_prefix('M').unwrap().split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let [x, y, length] = [x, y, length].map(|number| number.parse::<usize>().unwrap());
            (x..x + length).map(move |x| (x - MARGIN, y - MARGIN))
        });
        runs.collect()
    }

    #[test]
    fn shows_the_dark_modules_and_no_others() {
        let svg = svg("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP");
        let code = QrCode::with_error_correction_level(
            "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP",
            EcLevel::M,
        )
        .unwrap();
        let shown = modules(svg.expose());
        for y in 0..code.width() {
            for x in 0..code.width() {
                assert_eq!(shown.contains(&(x, y)), code[(x, y)] == Color::Dark, "{x} {y}");
            }
        }
        let size = code.width() + 8;
        assert!(svg.expose().contains(&format!("viewBox=\"0 0 {size} {size}\"")));
        assert!(svg.expose().len() < 512 + code.width() * code.width() * 4);
    }

    #[test]
    fn what_has_no_room_gives_an_empty_image() {
        assert_eq!(modules(svg(&"x".repeat(10_000)).expose()), []);
    }
}
