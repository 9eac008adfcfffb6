//! Pages written from templates: how their blanks and slashes are treated.

use minijinja::syntax::{SyntaxConfig, SyntaxConfigBuilder};

/// Tags take the line that they stand in alone with them.
pub fn syntax() -> SyntaxConfigBuilder {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    syntax
}

/// Minijinja escapes slashes too, which guards nothing here and garbles every address.
pub fn with_slashes(html: &str) -> String {
    html.replace("&#x2f;", "/")
}
