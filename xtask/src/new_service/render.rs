//! Filling in the templates: `{{name}}` in what they hold, and `__name__` in what they are called.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::name::Name;

/// The files of the folder `templates` for a service of that name: paths within its crate, and contents.
pub(super) fn render(templates: &Path, name: &Name) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    walk(templates, Path::new(""), &mut files)
        .with_context(|| format!("no templates in {}", templates.display()))?;
    files.sort();
    files.into_iter().map(|file| Ok((target(&file, name)?, fill(templates, &file, name)?))).collect()
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(root.join(dir))? {
        let entry = entry?;
        let path = dir.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            walk(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn target(file: &Path, name: &Name) -> Result<PathBuf> {
    let path = file.to_str().context("a template's path is not UTF-8")?;
    // The suffix keeps cargo and editors from taking a template for a crate.
    Ok(path.strip_suffix(".tmpl").unwrap_or(path).replace("__name__", &name.snake()).into())
}

fn fill(templates: &Path, file: &Path, name: &Name) -> Result<String> {
    let text = std::fs::read_to_string(templates.join(file))?;
    let text = text
        .replace("{{package}}", &name.package())
        .replace("{{crate}}", &name.package().replace('-', "_"))
        .replace("{{name}}", name.kebab())
        .replace("{{snake}}", &name.snake())
        .replace("{{Type}}", &name.camel());
    if let Some(line) = text.lines().position(has_mark) {
        bail!("{}:{} holds a mark that nothing fills in", file.display(), line + 1);
    }
    Ok(text)
}

/// Whether a mark is left in a line; `{{` alone is how Rust's format strings write a brace.
fn has_mark(line: &str) -> bool {
    let starts = line.split("{{").skip(1);
    starts.filter_map(|rest| rest.split_once("}}")).any(|(word, _)| {
        word.starts_with(char::is_alphabetic) && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_filled_in_names_and_contents() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("src")).unwrap();
        std::fs::write(
            dir.path().join("Cargo.toml.tmpl"),
            "{{package}} {{crate}} {{name}} {{snake}} {{Type}}",
        )
        .unwrap();
        std::fs::write(dir.path().join("src/__name__.rs.tmpl"), "").unwrap();
        let name = Name::parse("gift-cards").unwrap();
        let files = render(dir.path(), &name).unwrap();
        let filled = "gravity-gift-cards gravity_gift_cards gift-cards gift_cards GiftCards";
        assert_eq!(files[0], (PathBuf::from("Cargo.toml"), filled.to_owned()));
        assert_eq!(files[1].0, PathBuf::from("src/gift_cards.rs"));

        std::fs::write(dir.path().join("src/bad.rs"), "format!(\"{{ {x} }}\")\n{{nam}}").unwrap();
        assert!(render(dir.path(), &name).unwrap_err().to_string().contains("bad.rs:2"));
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        assert!(render(Path::new("/no/such/templates"), &Name::parse("notes").unwrap()).is_err());
    }
}
