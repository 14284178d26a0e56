//! The list of members in a workspace's `Cargo.toml`, changed in place so that the rest of the file stays as it is.

use anyhow::{Context, Result, bail};

/// The text with `package` among the members, sorted, one a line.
pub(super) fn insert(manifest: &str, package: &str) -> Result<String> {
    let (start, end) = list(manifest).context("the Cargo.toml has no list `members`")?;
    let inner = &manifest[start..end];
    if inner.contains('#') {
        bail!("the list of members holds a comment: add \"{package}\" by hand");
    }
    let names = inner.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
    let mut names: Vec<&str> = names.collect();
    if names.contains(&package) {
        bail!("{package} is a member already");
    }
    names.push(package);
    names.sort_unstable();
    let lines = names.join("\",\n    \"");
    Ok(format!("{}\n    \"{lines}\",\n{}", &manifest[..start], &manifest[end..]))
}

/// Where the list's content lies, between its brackets.
fn list(manifest: &str) -> Option<(usize, usize)> {
    let mut offset = 0;
    for line in manifest.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("members")
            && rest.trim_start().starts_with('=')
        {
            let start = offset + manifest[offset..].find('[')? + 1;
            return Some((start, start + manifest[start..].find(']')?));
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_joins_in_order() {
        let one_line =
            "[workspace]\nresolver = \"3\"\nmembers = [\"gravity-core\", \"xtask\"]\n\n[workspace.package]\n";
        let expected = "[workspace]\nresolver = \"3\"\nmembers = [\n    \"gravity-core\",\n    \"gravity-notes\",\n    \"xtask\",\n]\n\n[workspace.package]\n";
        let once = insert(one_line, "gravity-notes").unwrap();
        assert_eq!(once, expected);
        let twice = insert(&once, "gravity-auth").unwrap();
        assert_eq!(
            twice,
            expected.replace("    \"gravity-core\",\n", "    \"gravity-auth\",\n    \"gravity-core\",\n")
        );
    }

    #[test]
    fn what_cannot_be_changed_safely_is_left_alone() {
        assert!(insert("[package]\nname = \"x\"\n", "gravity-notes").is_err());
        assert!(insert("members = [\n  # why\n  \"a\",\n]\n", "gravity-notes").is_err());
        assert!(insert("members = [\"gravity-notes\"]\n", "gravity-notes").is_err());
    }
}
